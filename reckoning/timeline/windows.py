"""Windows: the stretches of time over which a level is measured.

A zone is used for one thing only: to find the instant at which a local day or hour begins (rule 1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, Protocol

from reckoning.errors import InputError
from reckoning.fields import zone_info

WindowKind = Literal[
    "calendar_month",
    "calendar_quarter",
    "calendar_year",
    "billing_cycle",
    "rolling_days",
    "day",
    "hour",
    "anchored",
    "term",
]

_MONTHS = {"calendar_month": 1, "calendar_quarter": 3, "calendar_year": 12}
_SINGLE = ("anchored", "term")
_KINDS = (*_MONTHS, "billing_cycle", "rolling_days", "day", "hour", *_SINGLE)
_MIDNIGHT = time(0)
_HOUR = timedelta(hours=1)


class WindowShape(NamedTuple):
    """A kind of window with everything that its edges depend on but the zone.

    Lengths stand in exactly one of `months`, `days` and `hours`, where the kind has a length of its own.
    """

    kind: str
    first_month: int = 1
    first_day: int = 1
    label_year: Literal["begins", "ends"] = "begins"
    anchor_day: int = 1
    anchor_on: date | None = None
    months: int | None = None
    days: int | None = None
    hours: int | None = None
    step_days: int = 1
    direction: Literal["before", "after"] = "before"
    anchor_day_included: bool = False
    to_the_second: bool = False
    first_on: date | None = None
    last_on: date | None = None


class HasShape(Protocol):
    """The terms of a window, which know their shape."""

    def shape(self) -> WindowShape: ...


@dataclass(frozen=True, slots=True)
class Window:
    """A window [start, end) in UTC with the zone that its edges come from.

    Labels: 2026-03, 2026-Q1, 2026, 2026-04-05, 2026-04-05T13:00+02:00, or first day/last day.
    """

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


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of a month that is too short.

    31 January and one month are 28 or 29 February. Raises InputError outside the calendar (years 1 to 9999).
    """
    return _clipped(*_month_index(day, months), day.day)


def window_of(kind: str | WindowShape | HasShape, zone: str, instant: datetime) -> Window:
    """The window of that kind and zone which holds `instant`.

    For an anchored window `instant` is the anchor; for rolling days it is any instant of the window's last
    day. Raises InputError for a naive instant, a kind that is not known, or an instant outside the term.
    """
    shape = shape_of(kind)
    if instant.tzinfo is None:
        raise InputError(f"{instant.isoformat()} has no time zone; give an aware instant", code="NAIVE_TIME")
    try:
        if shape.kind == "hour":
            return _hour(zone, instant)
        if shape.kind == "anchored":
            return _anchored(shape, zone, instant)
        if shape.kind == "term":
            return _term(shape, zone, instant)
        return _of_days(shape, zone, instant.astimezone(zone_info(zone)).date())
    except OverflowError:
        raise InputError(
            f"the window at {instant.isoformat()} lies outside the calendar", code="CALENDAR"
        ) from None


def next_window(kind: str | WindowShape | HasShape, window: Window) -> Window:
    """The window that begins where `window` ends; of rolling days, the one that ends a step later.

    Raises InputError for a kind of which there is only one.
    """
    shape = shape_of(kind)
    if shape.kind in _SINGLE:
        raise InputError(f"a window of kind {shape.kind} has no next one", code="WINDOW_SINGLE")
    if shape.kind == "rolling_days":
        return _of_days(shape, window.zone, window.last_day + timedelta(days=shape.step_days))
    return window_of(shape, window.zone, window.end)


def windows(
    kind: str | WindowShape | HasShape, zone: str, first: datetime, last: datetime
) -> Iterator[Window]:
    """All windows that share time with [first, last), in order.

    They tile: each begins where the last one ended. Rolling days overlap instead: there is one for each step
    whose last day shares time with [first, last). A term is the only one of its kind.
    """
    if last.tzinfo is None:
        raise InputError(f"{last.isoformat()} has no time zone; give an aware instant", code="NAIVE_TIME")
    shape = shape_of(kind)
    window = window_of(shape, zone, first)
    if first >= last:
        return
    if shape.kind in _SINGLE:
        yield window
        return
    while _newest(shape, window) < last:
        yield window
        window = next_window(shape, window)


def shape_of(kind: str | WindowShape | HasShape) -> WindowShape:
    """The shape of a kind given by name, by shape or by its terms. Raises InputError for an unknown one."""
    given = kind if isinstance(kind, str | WindowShape) else kind.shape()
    shape = WindowShape(given) if isinstance(given, str) else given
    if shape.kind not in _KINDS:
        known = ", ".join(_KINDS)
        raise InputError(f"window kind: {shape.kind!r} is unknown; known are {known}", code="WINDOW_KIND")
    return shape


def _newest(shape: WindowShape, window: Window) -> datetime:
    """The instant that must lie before the end of a search: the start, or the last day's start."""
    if shape.kind == "rolling_days":
        return local_instant(window.last_day, _MIDNIGHT, window.zone)
    return window.start


def _of_days(shape: WindowShape, zone: str, day: date) -> Window:
    """A window whose edges are local midnights, by the local day that it must hold."""
    if shape.kind in _MONTHS:
        return _calendar(shape, zone, day)
    if shape.kind == "day":
        return _between(day, day + timedelta(days=1), zone, day.isoformat())
    if shape.kind == "rolling_days":
        days = shape.days or 30
        return _spelled(day - timedelta(days=days - 1), day + timedelta(days=1), zone)
    begin, after = cycle_of(shape, day)
    return _spelled(begin, after, zone)


def cycle_of(shape: WindowShape, day: date) -> tuple[date, date]:
    """The billing cycle that holds a local day: its first day, and the first day of the next one.

    A cycle of months begins on the day of the month of its anchor, or on the last day of a month that is too
    short for it; the days after do not drift. Cycles before the anchor exist as well.
    """
    if shape.days is not None:
        origin = shape.anchor_on or date(1970, 1, 5)
        begin = origin + timedelta(days=(day - origin).days // shape.days * shape.days)
        return begin, begin + timedelta(days=shape.days)
    months = shape.months or 1
    anchor = shape.anchor_on or date(1970, 1, shape.anchor_day)
    count = (day.year - anchor.year) * 12 + day.month - anchor.month
    steps = count // months
    if add_months(anchor, steps * months) > day:
        steps -= 1
    return add_months(anchor, steps * months), add_months(anchor, (steps + 1) * months)


def _calendar(shape: WindowShape, zone: str, day: date) -> Window:
    months = _MONTHS[shape.kind]
    origin = date(day.year, shape.first_month, shape.first_day)
    if shape.kind == "calendar_month":
        origin = date(day.year, 1, shape.first_day)
    elif origin > day:
        origin = add_months(origin, -12)
    steps = ((day.year - origin.year) * 12 + day.month - origin.month) // months
    begin = add_months(origin, steps * months)
    if begin > day:
        begin = add_months(begin, -months)
    after = add_months(begin, months)
    year = origin.year if shape.label_year == "begins" else (add_months(origin, 12) - timedelta(days=1)).year
    if shape.kind == "calendar_month":
        label = f"{begin.year:04d}-{begin.month:02d}"
    elif shape.kind == "calendar_quarter":
        quarter = ((begin.year - origin.year) * 12 + begin.month - origin.month) // 3 + 1
        label = f"{year:04d}-Q{quarter}"
    else:
        label = f"{year:04d}"
    return _between(begin, after, zone, label)


def _hour(zone: str, instant: datetime) -> Window:
    """From one full hour of the local clock to the next; a change of clocks inside an hour divides it."""
    here = instant.astimezone(UTC)
    offset = _offset(zone, here)
    local = (here + offset).replace(minute=0, second=0, microsecond=0)
    start = local - offset
    end = start + _HOUR
    if _offset(zone, start) != offset:
        start = _change(zone, start, here)
    if _offset(zone, end - timedelta(microseconds=1)) != offset:
        end = _change(zone, here, end)
    shown = start.astimezone(zone_info(zone))
    label = f"{shown:%Y-%m-%dT%H:%M}{'Z' if zone == 'UTC' else shown.isoformat()[-6:]}"
    return Window(start, end, zone, label)


def _offset(zone: str, instant: datetime) -> timedelta:
    return instant.astimezone(zone_info(zone)).utcoffset() or timedelta(0)


def _change(zone: str, early: datetime, late: datetime) -> datetime:
    """The first whole second after `early` at which the offset is that of `late`."""
    wanted = _offset(zone, late)
    low, high = 0, -(-(late - early) // timedelta(seconds=1))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, early + timedelta(seconds=middle)) == wanted:
            high = middle
        else:
            low = middle
    return early + timedelta(seconds=high)


def _anchored(shape: WindowShape, zone: str, anchor: datetime) -> Window:
    """So many months, days or hours before or after an anchor.

    By whole local days, unless the shape says to the second. The anchor's own day belongs to the window only
    where the shape includes it. Hours are always counted to the second.
    """
    later = shape.direction == "after"
    if shape.hours is not None:
        other = anchor.astimezone(UTC) + timedelta(hours=shape.hours if later else -shape.hours)
        begin, end = sorted((anchor.astimezone(UTC), other))
        return Window(begin, end, zone, _label(begin, end, zone))
    local = anchor.astimezone(zone_info(zone))
    day, at = local.date(), local.time()
    if not shape.to_the_second:
        # The edge of a window by days is a midnight: of the anchor's day, or of the day after it.
        at = _MIDNIGHT
        if later != shape.anchor_day_included:
            day += timedelta(days=1)
    sign = 1 if later else -1
    if shape.months is not None:
        other_day = add_months(day, sign * shape.months)
    else:
        other_day = day + timedelta(days=sign * (shape.days or 30))
    edge = anchor.astimezone(UTC) if shape.to_the_second else local_instant(day, at, zone)
    begin, end = sorted((edge, local_instant(other_day, at, zone)))
    return Window(begin, end, zone, _label(begin, end, zone))


def _term(shape: WindowShape, zone: str, instant: datetime) -> Window:
    if shape.first_on is None or shape.last_on is None:
        raise InputError("a term needs its first and its last day", code="WINDOW_TERM")
    window = _spelled(shape.first_on, shape.last_on + timedelta(days=1), zone)
    if not window.start <= instant < window.end:
        raise InputError(
            f"{instant.isoformat()} lies outside the term {window.label} in {zone}", code="OUTSIDE_TERM"
        )
    return window


def _between(begin: date, after: date, zone: str, label: str) -> Window:
    return Window(local_instant(begin, _MIDNIGHT, zone), local_instant(after, _MIDNIGHT, zone), zone, label)


def _spelled(begin: date, after: date, zone: str) -> Window:
    return _between(begin, after, zone, f"{begin.isoformat()}/{(after - timedelta(days=1)).isoformat()}")


def _label(begin: datetime, end: datetime, zone: str) -> str:
    return f"{begin.astimezone(zone_info(zone)).date().isoformat()}/{last_local_day(end, zone).isoformat()}"


def _month_index(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def _clipped(year: int, month: int, day: int) -> date:
    if not 1 <= year <= 9999:
        raise InputError(f"the year {year} lies outside the calendar", code="CALENDAR")
    after = date(year + month // 12, month % 12 + 1, 1) if year < 9999 or month < 12 else None
    last = (after - timedelta(days=1)).day if after else 31
    return date(year, month, min(day, last))
