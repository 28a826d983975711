"""One spelling for every value."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest

from reckoning.canonical import canonical_json, sha256_hex
from reckoning.errors import InputError


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical_json({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("99.90"), "99.9"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("0.000001"), "0.000001"),
        (Fraction(6, 4), "3/2"),
        (Fraction(3), "3/1"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2025-12-31T23:00:00Z"),
        (datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC), "2026-01-01T00:00:00.000005Z"),
    ],
)
def test_equal_values_have_one_spelling(value: object, text: str) -> None:
    assert canonical_json(value) == f'"{text}"'.encode()


@pytest.mark.parametrize(
    "value",
    [0.1, float("nan"), Decimal("NaN"), {1: 2}, {1, 2}, datetime(2026, 1, 1), "\ud800", b"x"],  # noqa: DTZ001
)
def test_what_has_no_exact_spelling_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        canonical_json([value])


def test_the_hash_is_that_of_the_standard() -> None:
    assert sha256_hex(b"abc").startswith("ba7816bf8f01cfea")
