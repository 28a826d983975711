"""Windows that come back in local time (rule 1)."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from reckoning.errors import InputError
from reckoning.terms.recurring import RecurringWindow, occurrences_json, occurrences_of
from reckoning.timeline import to_us
from reckoning.timeline.recurring import recurring_spans

SATURDAY = {"every": "week", "weekdays": ["saturday"], "starts": "02:00", "ends": "06:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def found(first: str, last: str, zone: str = "UTC", **fields: Any) -> list[str]:
    window = RecurringWindow.model_validate(fields)
    return [one.local for one in occurrences_of(window, zone, at(first), at(last))]


def test_a_saturday_window_moves_against_utc_when_the_clocks_change() -> None:
    window = RecurringWindow.model_validate(
        {**SATURDAY, "zone": "America/New_York", "zone_name": "US Eastern"}
    )
    rows = occurrences_json(window, occurrences_of(window, "UTC", at("2024-03-01"), at("2024-03-17")))
    assert [(row["local"], row["utc_start"], row["utc_end"]) for row in rows] == [
        ("2024-03-02 02:00-06:00 US Eastern", "2024-03-02T07:00:00Z", "2024-03-02T11:00:00Z"),
        ("2024-03-09 02:00-06:00 US Eastern", "2024-03-09T07:00:00Z", "2024-03-09T11:00:00Z"),
        ("2024-03-16 02:00-06:00 US Eastern", "2024-03-16T06:00:00Z", "2024-03-16T10:00:00Z"),
    ]


def test_start_and_end_are_resolved_separately_but_a_length_passes_as_it_is() -> None:
    night = {"every": "week", "starts": "02:30", "zone": "America/New_York"}
    day = ("2026-03-08T00:00", "2026-03-09T00:00")
    assert found(*day, **night, ends="04:00")[-1] == "2026-03-08 03:30-04:00"
    assert found(*day, **night, lasts_minutes=90)[-1] == "2026-03-08 03:30-05:00"


def test_a_window_that_the_change_swallows_is_left_out() -> None:
    gone = {"every": "week", "starts": "02:45", "ends": "03:15", "zone": "America/New_York"}
    assert found("2026-03-08T00:00", "2026-03-09T12:00", **gone) == ["2026-03-09 02:45-03:15"]


def test_the_third_and_the_last_weekday_of_a_month_or_of_a_quarter() -> None:
    sunday = {"every": "month", "weekdays": ["sunday"], "starts": "01:00", "lasts_minutes": 240}
    assert found("2024-01-01", "2024-03-31", **sunday, nth=3) == [
        "2024-01-21 01:00-05:00",
        "2024-02-18 01:00-05:00",
        "2024-03-17 01:00-05:00",
    ]
    quarterly = {**sunday, "nth": -1, "months": [3, 6, 9, 12]}
    assert [one[:10] for one in found("2024-01-01", "2025-01-01", **quarterly)] == [
        "2024-03-31",
        "2024-06-30",
        "2024-09-29",
        "2024-12-29",
    ]


def test_a_day_that_a_month_lacks_is_left_out_and_minus_one_is_the_last() -> None:
    on = {"every": "month", "starts": "00:00", "ends": "24:00"}
    assert [one[:10] for one in found("2024-01-01", "2024-05-01", **on, month_day=31)] == [
        "2024-01-31",
        "2024-03-31",
    ]
    last = [one[:10] for one in found("2024-01-01", "2024-05-01", **on, month_day=-1)]
    assert last == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


def test_an_interval_counts_weeks_or_months_from_its_first_day() -> None:
    assert [
        one[:10] for one in found("2024-01-01", "2024-02-01", **SATURDAY, interval=2, from_day="2024-01-03")
    ] == [
        "2024-01-06",
        "2024-01-20",
    ]
    on = {"every": "month", "month_day": 1, "starts": "00:00", "ends": "01:00", "interval": 2}
    assert [one[:7] for one in found("2024-01-01", "2024-08-01", **on, from_day="2024-02-01")] == [
        "2024-02",
        "2024-04",
        "2024-06",
    ]


def test_a_window_over_midnight_that_began_before_is_found_and_clipped_only_as_time() -> None:
    night = {"every": "week", "weekdays": ["sunday"], "starts": "22:00", "ends": "04:00"}
    assert found("2024-01-08T00:00", "2024-01-09T00:00", **night) == ["2024-01-07 22:00-2024-01-08 04:00"]
    rule = RecurringWindow.model_validate(night).recurrence("UTC")
    (span,) = recurring_spans(rule, at("2024-01-08"), at("2024-01-09"))
    assert (span.start, span.end) == (to_us(at("2024-01-08")), to_us(at("2024-01-08T04:00")))


def test_first_and_last_day_and_exceptions() -> None:
    limits = {"from_day": "2024-01-07", "until_day": "2024-01-27", "except_days": ["2024-01-20"]}
    assert [one[:10] for one in found("2024-01-01", "2024-03-01", **SATURDAY, **limits)] == [
        "2024-01-13",
        "2024-01-27",
    ]


def test_every_local_day_of_two_years_is_found_once() -> None:
    window = RecurringWindow.model_validate({"every": "week", "starts": "00:00", "ends": "24:00"})
    rows = occurrences_of(window, "America/New_York", at("2024-01-01T05:00"), at("2026-01-01T05:00"))
    assert [one.day for one in rows] == [date(2024, 1, 1) + timedelta(days=n) for n in range(731)]
    assert all(a.end == b.start for a, b in itertools.pairwise(rows))


def test_a_search_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="at most"):
        found("1000-01-01", "9000-01-01", **SATURDAY)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"ends": None}, "ends"),
        ({"lasts_minutes": 5}, "ends"),
        ({"nth": 1}, "nth"),
        ({"every": "month"}, "month_day"),
        ({"every": "month", "nth": 0}, "nth"),
        ({"every": "month", "nth": 1, "weekdays": []}, "weekdays"),
        ({"every": "month", "month_day": 1}, "weekdays"),
        ({"interval": 2}, "from_day"),
        ({"from_day": "2024-02-01", "until_day": "2024-01-01"}, "until_day"),
        ({"starts": "24:00"}, "starts"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_named(change: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RecurringWindow.model_validate({**SATURDAY, **change})
    assert caught.value.errors()[0]["ctx"]["at"] == path
