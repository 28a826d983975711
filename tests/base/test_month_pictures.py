"""Columns by month and the curve of attainment: unknown is hatched, never empty; and both go into a PDF."""

from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from base.svg import Mark, Series, month_columns, month_table, step_curve
from credits.whatif_curve import Curve

MONTHS = ("2024-12", "2025-01", "2025-02")
SERIES = (
    Series("In effect", (Decimal(0), Decimal(100), "unknown"), ("EUR 0.00", "EUR 100.00", "unknown")),
    Series("Candidate", (Decimal(50), None, "unknown"), ("EUR 50.00", "—", "unknown")),
)


def drawn(*series: Series) -> str:
    return month_columns(MONTHS, series, unit="EUR", title="Credits", desc="By month", id_prefix="x")


def test_an_unknown_month_is_a_whole_hatched_column_and_zero_is_a_line():
    picture = drawn(*SERIES)
    ElementTree.fromstring(picture)
    assert picture.count('class="c-unknown"') == 3  # two columns and the key
    assert "c-mark-unknown" in picture
    assert "unknown: no figure" in picture
    assert picture == drawn(*SERIES)


def test_without_unknown_months_the_key_does_not_name_them():
    assert "unknown" not in drawn(Series("A", (Decimal(1), Decimal(2), None), ("1", "2", "—"))).replace(
        "desc", ""
    )


def test_the_table_says_the_same():
    assert month_table(MONTHS, SERIES).rows[2] == ("2025-02", "unknown", "unknown")


def test_a_fifth_series_cannot_be_told_apart():
    with pytest.raises(ValueError, match="1 to 4"):
        drawn(*[SERIES[0]] * 5)


LEVELS = tuple(Fraction(one, 10_000) for one in (9990, 9995, 9999, 10_000))


def test_the_curve_steps_down_at_every_level():
    picture = step_curve(LEVELS, [Mark(Fraction(999, 1000), "99.9 %")], title="t", desc="d", id_prefix="c")
    ElementTree.fromstring(picture)
    assert picture.count("L") >= len(LEVELS)


@pytest.mark.parametrize(
    ("share", "target"),
    [(100, 9990), (76, 9990), (75, 9995), (74, 9995), (50, 9999), (25, 10_000), (1, 10_000)],
)
def test_the_highest_target_that_a_share_of_the_months_keeps_is_exact(share: int, target: int):
    curve = Curve("k", Fraction(999, 1000), LEVELS)
    assert curve.target_at(Fraction(share, 100)) == Fraction(target, 10_000)
    assert curve.share_at(curve.target_at(Fraction(share, 100))) >= Fraction(share, 100)


def test_a_level_at_the_target_keeps_it_and_just_below_does_not():
    curve = Curve("k", Fraction(999, 1000), LEVELS)
    assert curve.share_at(Fraction(9995, 10_000)) == Fraction(3, 4)
    assert curve.share_at(Fraction(9995, 10_000) + Fraction(1, 10**9)) == Fraction(1, 2)
