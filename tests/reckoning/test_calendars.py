"""Business days and business hours, with holidays, extra days and clocks that pause."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reckoning.errors import InputError
from reckoning.terms.calendars import CalendarTerms
from reckoning.timeline import Span, to_us
from reckoning.timeline.calendars import BusinessCalendar, paused_within, running_us

OFFICE = {
    "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
    "opens": "09:00",
    "closes": "17:30",
}


def calendar(zone: str = "UTC", **fields: Any) -> BusinessCalendar:
    return CalendarTerms.model_validate(fields).calendar(zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_three_business_days_after_a_month_that_ends_on_a_tuesday() -> None:
    assert calendar().add_days(date(2024, 4, 30), 3) == date(2024, 5, 3)


def test_holidays_and_weekends_do_not_count() -> None:
    chinese = calendar(holidays=["2024-05-01", "2024-05-02", "2024-05-03"])
    assert chinese.nth_day(date(2024, 5, 1), date(2024, 6, 1), 5) == date(2024, 5, 10)
    assert chinese.add_days(date(2024, 4, 30), 5) == date(2024, 5, 10)


def test_an_extra_working_day_counts_although_it_is_a_sunday_or_a_holiday() -> None:
    chinese = calendar(holidays=["2024-05-01"], extra_working_days=["2024-04-28", "2024-05-01"])
    assert chinese.is_working(date(2024, 4, 28))
    assert chinese.is_working(date(2024, 5, 1))
    assert chinese.add_days(date(2024, 4, 27), 1) == date(2024, 4, 28)


def test_the_last_business_day_of_a_month_and_one_that_is_not_there() -> None:
    assert calendar().nth_day(date(2024, 6, 1), date(2024, 7, 1), -1) == date(2024, 6, 28)
    with pytest.raises(InputError, match="20 working days"):
        calendar().nth_day(date(2024, 6, 1), date(2024, 7, 1), 21)


def test_a_calendar_that_never_works_says_so() -> None:
    never = BusinessCalendar(weekdays=frozenset())
    with pytest.raises(InputError, match="which weekdays"):
        never.add_days(date(2024, 1, 1), 1)
    with pytest.raises(InputError, match="too few"):
        never.due(at("2024-01-01T00:00"), 1)


def test_a_clock_of_office_hours_waits_over_the_night_and_the_weekend() -> None:
    berlin = calendar("Europe/Berlin", hours=[OFFICE])
    friday = datetime(2024, 5, 3, 16, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    monday = datetime(2024, 5, 6, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert berlin.due(friday, 4 * 3600) == monday.astimezone(UTC)
    assert berlin.elapsed_us(friday, monday) == 4 * 3600 * 1_000_000


def test_a_clock_ends_exactly_at_closing_time_and_not_at_the_next_opening() -> None:
    office = calendar(hours=[OFFICE])
    assert office.due(at("2024-05-03T16:30"), 3600) == at("2024-05-03T17:30")
    assert office.due(at("2024-05-03T16:30"), 3601) == at("2024-05-06T09:00:01")
    assert office.due(at("2024-05-04T10:00"), 0) == at("2024-05-04T10:00")


def test_pauses_are_subtracted_once_and_only_where_the_clock_would_have_run() -> None:
    office = calendar(hours=[OFFICE])
    waiting = [
        Span(to_us(at("2024-05-03T16:00")), to_us(at("2024-05-06T10:00"))),
        Span(to_us(at("2024-05-06T09:30")), to_us(at("2024-05-06T11:00"))),
    ]
    start, end = at("2024-05-03T15:00"), at("2024-05-06T12:00")
    assert office.elapsed_us(start, end, waiting) == 2 * 3600 * 1_000_000
    assert office.due(start, 2 * 3600, waiting) == end
    assert running_us(start, end, waiting) == 2 * 3600 * 1_000_000
    shown = paused_within(waiting, office.open_spans(date(2024, 5, 3), date(2024, 5, 7)))
    assert [(one.end - one.start) // 60_000_000 for one in shown] == [90, 120]


def test_hours_with_a_break_and_until_midnight() -> None:
    shift = calendar(
        hours=[
            {"weekdays": ["monday"], "opens": "08:00", "closes": "12:00"},
            {"weekdays": ["monday"], "opens": "20:00", "closes": "24:00"},
        ]
    )
    day = shift.open_spans(date(2024, 5, 6), date(2024, 5, 7))
    assert [(one.end - one.start) // 3_600_000_000 for one in day] == [4, 4]
    assert shift.open_spans(date(2024, 5, 7), date(2024, 5, 8)) == [], "a Tuesday without hours is closed"


def test_a_working_day_round_the_clock_has_23_hours_when_the_clocks_change() -> None:
    sunday = calendar("Europe/Berlin", working_days=["sunday"])
    (span,) = sunday.open_spans(date(2026, 3, 29), date(2026, 3, 30))
    assert span.end - span.start == 23 * 3_600_000_000


@settings(max_examples=80)
@given(
    st.integers(0, 14 * 24 * 60),
    st.integers(1, 3000),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 600)), max_size=4),
)
def test_the_clock_agrees_with_counting_minutes(
    begin: int, minutes: int, breaks: list[tuple[int, int]]
) -> None:
    """An oracle that asks of every minute whether the office was open then."""
    zone = ZoneInfo("America/New_York")
    holiday = date(2024, 3, 12)
    office = calendar("America/New_York", hours=[OFFICE], holidays=[holiday])
    origin = datetime(2024, 3, 4, tzinfo=UTC)
    start = origin + timedelta(minutes=begin)
    stopped = {minute for first, length in breaks for minute in range(first, first + length)}
    pauses = [
        Span(to_us(origin + timedelta(minutes=first)), to_us(origin + timedelta(minutes=first + length)))
        for first, length in breaks
    ]

    def running(minute: int) -> bool:
        shown = (origin + timedelta(minutes=minute)).astimezone(zone)
        inside = time(9) <= shown.time() < time(17, 30)
        return minute not in stopped and inside and shown.weekday() < 5 and shown.date() != holiday

    here, left = begin, minutes
    while left:
        left -= running(here)
        here += 1
    assert office.due(start, minutes * 60, pauses) == origin + timedelta(minutes=here)
    assert office.elapsed_us(start, origin + timedelta(minutes=here), pauses) == minutes * 60_000_000


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hours": [{**OFFICE, "opens": "9:00"}]}, "09:00"),
        ({"hours": [{**OFFICE, "opens": "24:00"}]}, "not after opens"),
        ({"hours": [{**OFFICE, "closes": "09:00"}]}, "over midnight"),
        ({"hours": [{**OFFICE, "weekdays": ["sunday"]}]}, "working_days"),
        ({"working_days": []}, "at least 1"),
        ({"holidays": ["1 May"]}, "2025-01-31"),
    ],
)
def test_a_calendar_that_means_nothing_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        calendar(**fields)
