"""Kinds of windows: fiscal years, billing cycles, rolling and anchored days, hours, and the term."""

import calendar
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reckoning.canonical import canonical_json
from reckoning.errors import InputError
from reckoning.terms.windows import WindowTerms
from reckoning.timeline import Window, add_months, cycle_of, next_window, window_of, windows
from tests.reckoning.test_timeline import ZONES

NOON = timedelta(hours=12)


def block(**fields: Any) -> WindowTerms:
    return WindowTerms.model_validate(fields)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(window: Window) -> tuple[str, str]:
    """First and last local day."""
    return window.start.astimezone(ZoneInfo(window.zone)).date().isoformat(), window.last_day.isoformat()


@pytest.mark.parametrize(
    ("fields", "zone", "instant", "first", "last", "label"),
    [
        (
            {"kind": "calendar_quarter", "first_month": 2},
            "UTC",
            "2024-01-20",
            "2023-11-01",
            "2024-01-31",
            "2023-Q4",
        ),
        (
            {"kind": "calendar_quarter", "first_month": 2},
            "UTC",
            "2024-02-01",
            "2024-02-01",
            "2024-04-30",
            "2024-Q1",
        ),
        (
            {"kind": "calendar_quarter", "first_month": 2, "label_year": "ends"},
            "UTC",
            "2024-01-20",
            "2023-11-01",
            "2024-01-31",
            "2024-Q4",
        ),
        (
            {"kind": "calendar_year", "first_month": 4},
            "UTC",
            "2025-03-31",
            "2024-04-01",
            "2025-03-31",
            "2024",
        ),
        (
            {"kind": "calendar_year", "first_month": 4},
            "UTC",
            "2025-04-01",
            "2025-04-01",
            "2026-03-31",
            "2025",
        ),
        (
            {"kind": "calendar_year", "first_month": 4, "first_day": 6},
            "Europe/London",
            "2025-04-05",
            "2024-04-06",
            "2025-04-05",
            "2024",
        ),
        (
            {"kind": "calendar_quarter", "first_month": 4, "first_day": 6},
            "UTC",
            "2024-07-05",
            "2024-04-06",
            "2024-07-05",
            "2024-Q1",
        ),
        ({"kind": "calendar_year"}, "UTC", "2024-07-05", "2024-01-01", "2024-12-31", "2024"),
        (
            {"kind": "billing_cycle", "anchor_day": 31},
            "UTC",
            "2024-02-29",
            "2024-02-29",
            "2024-03-30",
            "2024-02-29/2024-03-30",
        ),
        (
            {"kind": "billing_cycle", "anchor_day": 31},
            "UTC",
            "2023-03-30",
            "2023-02-28",
            "2023-03-30",
            "2023-02-28/2023-03-30",
        ),
        (
            {"kind": "billing_cycle", "anchor_on": "2024-01-15", "months": 3},
            "UTC",
            "2024-04-14",
            "2024-01-15",
            "2024-04-14",
            "2024-01-15/2024-04-14",
        ),
        (
            {"kind": "billing_cycle", "anchor_on": "2024-01-01", "days": 28},
            "UTC",
            "2023-12-31",
            "2023-12-04",
            "2023-12-31",
            "2023-12-04/2023-12-31",
        ),
        (
            {"kind": "rolling_days", "days": 30},
            "UTC",
            "2026-05-10",
            "2026-04-11",
            "2026-05-10",
            "2026-04-11/2026-05-10",
        ),
        (
            {"kind": "anchored", "days": 30, "anchor": "claim", "direction": "before"},
            "UTC",
            "2026-05-11",
            "2026-04-11",
            "2026-05-10",
            "2026-04-11/2026-05-10",
        ),
        (
            {
                "kind": "anchored",
                "days": 30,
                "anchor": "claim",
                "direction": "before",
                "anchor_day_included": True,
            },
            "UTC",
            "2026-05-11",
            "2026-04-12",
            "2026-05-11",
            "2026-04-12/2026-05-11",
        ),
        (
            {"kind": "anchored", "months": 3, "anchor": "incident_start", "direction": "after"},
            "UTC",
            "2026-01-31",
            "2026-02-01",
            "2026-04-30",
            "2026-02-01/2026-04-30",
        ),
        (
            {"kind": "term", "first_on": "2024-04-21", "last_on": "2025-04-20"},
            "Asia/Tokyo",
            "2024-12-31",
            "2024-04-21",
            "2025-04-20",
            "2024-04-21/2025-04-20",
        ),
        ({"kind": "day"}, "America/New_York", "2024-03-10", "2024-03-10", "2024-03-10", "2024-03-10"),
    ],
)
def test_the_window_that_holds_a_day(
    fields: dict[str, Any], zone: str, instant: str, first: str, last: str, label: str
) -> None:
    window = window_of(block(**fields), zone, at(f"{instant}T12:00"))
    assert (*local(window), window.label) == (first, last, label)


def test_a_day_of_the_spring_change_has_23_hours_and_thirty_rolling_days_keep_it() -> None:
    day = window_of("day", "America/New_York", at("2024-03-10T12:00"))
    assert day.end - day.start == timedelta(hours=23)
    rolling = window_of(block(kind="rolling_days", days=30), "America/New_York", at("2024-03-20T12:00"))
    assert rolling.end - rolling.start == timedelta(days=30) - timedelta(hours=1)


def test_hours_of_the_clock_tile_over_both_changes() -> None:
    spring = list(windows("hour", "America/New_York", at("2024-03-10T06:30"), at("2024-03-10T08:30")))
    assert [one.label for one in spring] == [
        "2024-03-10T01:00-05:00",
        "2024-03-10T03:00-04:00",
        "2024-03-10T04:00-04:00",
    ]
    autumn = list(windows("hour", "America/New_York", at("2024-11-03T05:30"), at("2024-11-03T06:30")))
    assert [one.label for one in autumn] == ["2024-11-03T01:00-04:00", "2024-11-03T01:00-05:00"]


def test_a_change_of_half_an_hour_divides_an_hour() -> None:
    """Lord Howe turns its clocks back from 02:00 to 01:30."""
    some = list(windows("hour", "Australia/Lord_Howe", at("2024-04-06T14:00"), at("2024-04-06T16:00")))
    assert [str(one.end - one.start) for one in some] == ["1:00:00", "0:30:00", "1:00:00"]
    assert all(one.end == after.start for one, after in itertools.pairwise(some))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "kind",
    [
        block(kind="hour"),
        block(kind="day"),
        block(kind="calendar_quarter", first_month=2),
        block(kind="calendar_year", first_month=4, first_day=6),
        block(kind="billing_cycle", anchor_day=31),
        block(kind="billing_cycle", anchor_on=date(2011, 11, 30), months=5),
        block(kind="billing_cycle", anchor_on=date(2012, 1, 2), days=7),
    ],
    ids=lambda one: one.model_dump_json(exclude_defaults=True),
)
def test_they_tile(zone: str, kind: WindowTerms) -> None:
    days = 12 if kind.kind == "hour" else 700
    first = datetime(2011, 12, 25, tzinfo=UTC)
    tiles = list(windows(kind, zone, first, first + timedelta(days=days)))
    assert tiles[0].start <= first
    assert tiles[-1].end >= first + timedelta(days=days)
    for one, after in itertools.pairwise(tiles):
        assert one.start < one.end == after.start
        for inside in (one.start, one.end - timedelta(microseconds=1)):
            assert window_of(kind, zone, inside) == one


@settings(max_examples=60)
@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(1, 31), st.integers(1, 18), st.dates())
def test_a_cycle_begins_on_its_day_or_on_the_last_of_a_shorter_month(
    day: date, anchor_day: int, months: int, other: date
) -> None:
    anchor = date(2000, 1, anchor_day)
    shape = block(kind="billing_cycle", anchor_on=anchor, months=months).shape()
    begin, after = cycle_of(shape, day)
    assert begin <= day < after
    for edge in (begin, after):
        length = calendar.monthrange(edge.year, edge.month)[1]
        assert edge.day == min(anchor_day, length)
        assert (edge.year * 12 + edge.month - 2000 * 12 - 1) % months == 0
    assert add_months(other, 0) == other


def test_rolling_windows_step_by_a_day_or_as_the_terms_say() -> None:
    daily = list(windows(block(kind="rolling_days", days=30), "UTC", at("2026-05-10"), at("2026-05-13")))
    assert [one.last_day.day for one in daily] == [10, 11, 12]
    weekly = block(kind="rolling_days", days=28, step_days=7)
    after = next_window(weekly, window_of(weekly, "UTC", at("2026-05-10")))
    assert local(after) == ("2026-04-20", "2026-05-17")


def test_an_anchored_window_in_hours_meets_the_instant() -> None:
    hours = block(kind="anchored", hours=24, anchor="incident_start", direction="after")
    window = window_of(hours, "Europe/Berlin", at("2026-03-28T22:10"))
    assert (window.start, window.end) == (at("2026-03-28T22:10"), at("2026-03-29T22:10"))
    exact = block(kind="anchored", days=1, anchor="claim", direction="before", to_the_second=True)
    short = window_of(exact, "Europe/Berlin", at("2026-03-29T10:00"))
    assert short.end - short.start == timedelta(hours=23), "the same time of the clock a day earlier"


def test_of_a_term_and_of_an_anchored_window_there_is_one() -> None:
    term = block(kind="term", first_on=date(2024, 1, 1), last_on=date(2024, 12, 31))
    assert len(list(windows(term, "UTC", at("2024-03-01"), at("2030-01-01")))) == 1
    with pytest.raises(InputError, match="outside the term"):
        window_of(term, "UTC", at("2025-01-01"))
    with pytest.raises(InputError, match="no next"):
        next_window(term, window_of(term, "UTC", at("2024-01-01")))


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("kind", ["calendar_year", "rolling_days", "day", "hour"])
def test_the_edges_of_the_calendar_are_no_crash(kind: str, text: str) -> None:
    try:
        window_of(kind, "Pacific/Apia", at(f"{text}T23:30"))
    except InputError as error:
        assert error.code == "CALENDAR"  # noqa: PT017


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"kind": "calendar_month", "first_month": 2}, "first_month", "belongs to calendar_quarter"),
        ({"kind": "billing_cycle"}, "anchor_day", "on which day"),
        ({"kind": "billing_cycle", "months": 3, "anchor_day": 1}, "anchor_on", "not of one month"),
        ({"kind": "billing_cycle", "anchor_day": 1, "anchor_on": "2024-01-01"}, "anchor_day", "beside"),
        ({"kind": "rolling_days"}, "days", "how many"),
        ({"kind": "anchored", "days": 1, "direction": "after"}, "anchor", "missing"),
        ({"kind": "anchored", "anchor": "claim", "direction": "after"}, "days", "length"),
        (
            {"kind": "anchored", "days": 1, "months": 1, "anchor": "claim", "direction": "after"},
            "days",
            "one length",
        ),
        ({"kind": "term", "first_on": "2024-01-01"}, "last_on", "missing"),
        ({"kind": "term", "first_on": "2024-01-02", "last_on": "2024-01-01"}, "last_on", "exchange"),
        (
            {
                "kind": "anchored",
                "hours": 1,
                "anchor": "a",
                "direction": "after",
                "anchor_day_included": True,
            },
            "anchor_day_included",
            "instant",
        ),
    ],
)
def test_a_field_that_says_nothing_or_is_missing_is_named(
    fields: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        block(**fields)
    (error,) = caught.value.errors()
    assert error["ctx"]["at"] == path
    assert words in error["ctx"]["sentence"]


def test_what_was_signed_before_keeps_its_bytes() -> None:
    assert (
        canonical_json(block(kind="calendar_month").model_dump()) == b'{"kind":"calendar_month","zone":null}'
    )
