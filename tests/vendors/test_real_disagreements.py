"""The vendor's two lists on the real data: where they disagree, by category, as docs/reconciliation.md says it."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from measurements import services
from tests.measurements import world
from tests.measurements.test_real_outages import DATA, KNOWN, given, importer, vendor  # noqa: F401
from vendors.comparing import Lists, by_category, compare_days

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reconciliation.md"
# Category: component-days, and by how many seconds the daily seconds have more than the list.
FOUND = {
    "length": (331, -1_044_640),
    "one_sided": (66, -401_990),
    "scope": (1, -184),
    "date_shift": (1, 2_217),
    "rounding": (365, -955),
}


@pytest.fixture
def lists(vendor, importer):  # noqa: F811
    seconds = world.source("daily_seconds", vendor)
    intervals = world.source("intervals", vendor)
    services.import_daily_seconds_csv(**given(seconds, "daily_seconds.csv"))
    services.import_intervals_csv(
        **given(intervals, "incidents.csv"), covers_until=world.datetime(2025, 7, 1, tzinfo=world.UTC)
    )
    return Lists(seconds, intervals)


def test_every_disagreement_has_its_category_and_they_sum_exactly(lists):
    pairs = compare_days(lists, first=date(2022, 1, 1), until=date(2025, 7, 1), known_at=KNOWN)
    found = {
        name: (days, apart // timedelta(seconds=1)) for name, (days, apart) in by_category(pairs).items()
    }
    assert found == FOUND
    compared = [one for one in pairs if one.listed is not None]
    reported = sum((one.reported for one in compared), timedelta(0))
    listed = sum((one.listed for one in compared), timedelta(0))
    assert (len(compared), len(pairs)) == (764, 825)
    assert (reported, listed) == (timedelta(seconds=3_435_328), timedelta(seconds=4_880_880))
    assert sum(apart for _, apart in found.values()) == (reported - listed) // timedelta(seconds=1)


def test_the_page_says_the_same_figures():
    rows = {
        name: (int(days.replace(",", "")), int(apart.replace(",", "").replace("−", "-")))
        for name, days, apart in re.findall(
            r"^\| (\w+) \|[^|]*\| ([\d,]+) \| ([−\d,]+) \|$", PAGE.read_text(), re.M
        )
    }
    assert rows == FOUND


def test_weight_is_the_whole_difference_between_the_seconds_and_the_published_percentages():
    """Unweighted, the seconds are more than the published figures tell by seven tenths of each partial second; that
    the weighted ones give every published figure is what tests/measurements/test_real_outages.py shows."""
    with (DATA / "daily_seconds.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    partial, major = (sum(int(row[f"{name}_seconds"]) for row in rows) for name in ("partial", "major"))
    text = PAGE.read_text()
    for figure in (partial, major, partial * 7 // 10):
        assert f"{figure:,}" in text
