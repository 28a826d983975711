"""Calendar windows.

A zone is used for one thing only: to find the instant at which a local day begins (rule 1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from reckoning.errors import InputError
from reckoning.fields import zone_info

WindowKind = Literal["calendar_month", "calendar_quarter"]

_MONTHS = {"calendar_month": 1, "calendar_quarter": 3}
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Window:
    """A window [start, end) in UTC with the zone that its edges come from. Label: 2026-03 or 2026-Q1."""

    start: datetime
    end: datetime
    zone: str
    label: str

    @property
    def last_day(self) -> date:
        """The last local day of the window; deadlines are counted from it."""
        return last_local_day(self.end, self.zone)

    @property
    def days(self) -> int:
        """The number of local days, whatever their length."""
        return (self.last_day - self.start.astimezone(zone_info(self.zone)).date()).days + 1


def last_local_day(end: datetime, zone: str) -> date:
    """The local day that holds the last microsecond before `end`."""
    return (end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone_info(zone)).date()


def local_instant(day: date, at: time, zone: str) -> datetime:
    """The UTC instant at which the clocks of `zone` show that time on that day.

    A time that the spring change skips is moved on by the skipped hour: 02:30 becomes 03:30. Of a time that
    the autumn change repeats, the first is meant.
    """
    return datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone_info(zone)).astimezone(UTC)


def local_window(day: date, start: time, end: time, zone: str) -> tuple[datetime, datetime]:
    """One occurrence of a daily recurring window [start, end) in local time, as UTC instants.

    Start and end are resolved separately. An end that is not after the start belongs to the next day. The
    result is empty (start equals end) when the change of clocks swallows the window.
    """
    begins = local_instant(day, start, zone)
    ends = local_instant(day if end > start else day + timedelta(days=1), end, zone)
    return begins, max(begins, ends)


def window_of(kind: str, zone: str, instant: datetime) -> Window:
    """The window of that kind and zone which holds `instant`. Raises InputError for a naive instant."""
    if instant.tzinfo is None:
        raise InputError(f"{instant.isoformat()} has no time zone; give an aware instant", code="NAIVE_TIME")
    months = _months(kind)
    local = instant.astimezone(zone_info(zone))
    first = (local.month - 1) // months * months
    return _window(kind, zone, local.year, first)


def next_window(kind: str, window: Window) -> Window:
    """The window that begins where `window` ends."""
    return window_of(kind, window.zone, window.end)


def windows(kind: str, zone: str, first: datetime, last: datetime) -> Iterator[Window]:
    """All windows that share time with [first, last), in order.

    They tile: each begins where the last one ended.
    """
    if last.tzinfo is None:
        raise InputError(f"{last.isoformat()} has no time zone; give an aware instant", code="NAIVE_TIME")
    window = window_of(kind, zone, first)
    if first >= last:
        return
    while window.start < last:
        yield window
        window = next_window(kind, window)


def _months(kind: str) -> int:
    try:
        return _MONTHS[kind]
    except KeyError:
        known = ", ".join(_MONTHS)
        raise InputError(f"window kind: {kind!r} is unknown; known are {known}", code="WINDOW_KIND") from None


def _window(kind: str, zone: str, year: int, first: int) -> Window:
    months = _months(kind)
    after, over = (year, first + months) if first + months < 12 else (year + 1, 0)
    label = f"{year:04d}-{first + 1:02d}" if months == 1 else f"{year:04d}-Q{first // 3 + 1}"
    return Window(
        start=local_instant(date(year, first + 1, 1), _MIDNIGHT, zone),
        end=local_instant(date(after, over + 1, 1), _MIDNIGHT, zone),
        zone=zone,
        label=label,
    )
