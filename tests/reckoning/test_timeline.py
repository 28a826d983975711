"""Rule 1: half-open spans in UTC; a zone only finds the edges of windows."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reckoning.errors import InputError
from reckoning.timeline import (
    Span,
    clip,
    from_us,
    intersect,
    local_window,
    merge,
    subtract,
    to_us,
    total,
    truncate,
    window_of,
    windows,
)

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "Africa/Casablanca",
]
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Span(*pair)), max_size=12)


def _seconds(some: list[Span]) -> set[int]:
    return {second for start, end in some for second in range(start, end)}


@given(spans, spans, st.integers(0, 70))
def test_operations_on_spans_are_operations_on_sets_of_seconds(
    left: list[Span], right: list[Span], allowance: int
) -> None:
    a, b = merge(left), merge(right)
    assert _seconds(a) == _seconds(left)
    assert all(one.end < other.start for one, other in itertools.pairwise(a))
    assert _seconds(subtract(a, b)) == _seconds(a) - _seconds(b)
    assert _seconds(intersect(a, b)) == _seconds(a) & _seconds(b)
    assert _seconds(clip(a, Span(10, 40))) == {second for second in _seconds(a) if 10 <= second < 40}
    assert total(a) == len(_seconds(a))
    assert sorted(_seconds(truncate(a, allowance))) == sorted(_seconds(a))[:allowance]


def test_spans_that_touch_are_one_and_an_instant_between_them_parts_them() -> None:
    assert merge([Span(0, 5), Span(5, 9)]) == [Span(0, 9)]
    assert merge([Span(0, 5), Span(6, 9)]) == [Span(0, 5), Span(6, 9)]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InputError, match="time zone"):
        to_us(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(InputError, match="time zone"):
        window_of("calendar_month", "UTC", datetime(2026, 1, 1))  # noqa: DTZ001


def test_microseconds_there_and_back() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=UTC)
    assert from_us(to_us(at)) == at


def test_march_2026_in_berlin_has_44580_minutes() -> None:
    march = window_of("calendar_month", "Europe/Berlin", datetime(2026, 3, 15, tzinfo=UTC))
    assert (march.end - march.start) == timedelta(minutes=44_580)
    assert (march.label, march.days, march.last_day) == ("2026-03", 31, date(2026, 3, 31))


@pytest.mark.parametrize(
    ("zone", "month", "hours"),
    [
        ("America/Los_Angeles", 3, 743),
        ("UTC", 3, 744),
        ("America/Los_Angeles", 11, 721),
        ("UTC", 11, 720),
    ],
)
def test_a_month_with_a_change_of_clocks_has_its_true_length(zone: str, month: int, hours: int) -> None:
    window = window_of("calendar_month", zone, datetime(2024, month, 15, tzinfo=UTC))
    assert window.end - window.start == timedelta(hours=hours)


def test_quarters_have_90_91_or_92_days() -> None:
    first, last = datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    assert [(one.label, one.days) for one in windows("calendar_quarter", "UTC", first, last)] == [
        ("2023-Q1", 90),
        ("2023-Q2", 91),
        ("2023-Q3", 92),
        ("2023-Q4", 92),
        ("2024-Q1", 91),
        ("2024-Q2", 91),
        ("2024-Q3", 92),
        ("2024-Q4", 92),
    ]


def test_an_instant_on_the_edge_belongs_to_the_later_window() -> None:
    edge = datetime(2026, 4, 1, tzinfo=UTC)
    assert window_of("calendar_month", "UTC", edge).label == "2026-04"
    assert window_of("calendar_month", "UTC", edge - timedelta(microseconds=1)).label == "2026-03"
    only = list(windows("calendar_month", "UTC", edge - timedelta(days=31), edge))
    assert [one.label for one in only] == ["2026-03"]
    assert list(windows("calendar_month", "UTC", edge, edge)) == []


@pytest.mark.parametrize("kind", ["calendar_month", "calendar_quarter"])
@pytest.mark.parametrize("zone", ZONES)
def test_windows_tile(zone: str, kind: str) -> None:
    first, last = datetime(2009, 6, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
    tiles = list(windows(kind, zone, first, last))
    assert tiles[0].start <= first
    assert tiles[-1].end >= last
    for one, after in itertools.pairwise(tiles):
        assert one.start < one.end == after.start
        assert one.end.astimezone(ZoneInfo(zone)).day == 1
        assert window_of(kind, zone, one.end - timedelta(microseconds=1)) == one


def test_an_unknown_kind_of_window_is_refused() -> None:
    with pytest.raises(InputError, match="calendar_month"):
        window_of("fortnight", "UTC", datetime(2026, 1, 1, tzinfo=UTC))


NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("day", "starts", "ends"),
    [
        (date(2026, 3, 7), (2, 30), (4, 0)),
        (date(2026, 3, 8), (3, 30), (4, 0)),
        (date(2026, 11, 1), (2, 30), (4, 0)),
    ],
)
def test_a_recurring_local_window_resolves_start_and_end_separately(
    day: date, starts: tuple[int, int], ends: tuple[int, int]
) -> None:
    start, end = local_window(day, time(2, 30), time(4, 0), "America/New_York")
    assert (start.astimezone(NEW_YORK).hour, start.astimezone(NEW_YORK).minute) == starts
    assert (end.astimezone(NEW_YORK).hour, end.astimezone(NEW_YORK).minute) == ends


def test_a_local_window_over_midnight_ends_on_the_next_day() -> None:
    start, end = local_window(date(2026, 5, 1), time(23), time(1), "Europe/Berlin")
    assert end - start == timedelta(hours=2)


def test_a_local_window_that_the_spring_change_swallows_is_not_negative() -> None:
    start, end = local_window(date(2026, 3, 8), time(2, 45), time(3, 15), "America/New_York")
    assert start == end
