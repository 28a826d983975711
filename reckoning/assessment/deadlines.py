"""Points in time by the terms: an anchor, and what is counted from it, as an instant (rule 19)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from reckoning.assessment.moments import Moment, end_of, local_day
from reckoning.assessment.result import OpenQuestion
from reckoning.terms.claims import ELAPSED, SECONDS, Point
from reckoning.timeline.calendars import BusinessCalendar
from reckoning.timeline.windows import Window, WindowShape, add_months, local_instant, window_of

_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_CYCLE_MONTHS = {"calendar_month": 1, "calendar_quarter": 3, "calendar_year": 12}


@dataclass(frozen=True, slots=True)
class Bound:
    """A point in time as an instant, with the local day that a person would name.

    `closed`: the instant itself belongs to the time before a deadline, or after an opening.
    """

    at: datetime
    closed: bool
    day: date


@dataclass(frozen=True, slots=True)
class Dates:
    """What points are resolved with: a zone, a business calendar, the billing cycle, and perhaps a window."""

    zone: str
    calendar: BusinessCalendar
    cycle: WindowShape
    window: Window | None = None

    def bound(self, point: Point, anchor: Moment, *, closing: bool) -> Bound | OpenQuestion:
        """A point as an instant: the first one that is too late, or for an opening the first one that counts.

        Hours are counted from the anchor's instant, days from its local day. An open question where the anchor
        is not known well enough.
        """
        if point.after is not None and point.after.unit in ELAPSED:
            if anchor.at is None:
                sentence = (
                    f"{point.anchor}: only its day is known, and {point.after.unit} are counted from it."
                )
                return OpenQuestion("TIME_OF_DAY", sentence)
            count = point.after.count * SECONDS[point.after.unit]
            if point.after.unit == "business_hours":
                at = self.calendar.due(anchor.at, count)
            else:
                at = anchor.at + timedelta(seconds=count)
            return Bound(at, point.included, local_day(at, self.zone))
        day = self.day_of(point, anchor)
        if isinstance(day, OpenQuestion):
            return day
        if closing:
            last = day if point.included else day - timedelta(days=1)
            return Bound(local_instant(last + timedelta(days=1), time(0), self.zone), False, last)
        first = day if point.included else day + timedelta(days=1)
        return Bound(local_instant(first, time(0), self.zone), True, first)

    def day_of(self, point: Point, anchor: Moment) -> date | OpenQuestion:
        """The local day that a point by days or by the calendar names."""
        if point.after is not None:
            return self.days_after(anchor, point.after.count, point.after.unit)
        by = point.by
        if by is None or (by.of == "window" and self.window is None):
            return OpenQuestion("WINDOW_MISSING", f"{point.anchor}: the window is not at hand that ends it.")
        if by.of == "window" and self.window is not None:
            first, after = self._days_of(self.window)
        else:
            first, after = self.period(by.of, anchor.day)
            for _ in range(by.later):
                first, after = self.period(by.of, after)
        if by.business_day is not None:
            return self.calendar.nth_day(first, after, by.business_day)
        last = after - timedelta(days=1)
        return last if by.day is None else min(first + timedelta(days=by.day - 1), last)

    def days_after(self, anchor: Moment, count: int, unit: str) -> date:
        """The local day so many days, business days, weeks, months, cycles, quarters or years on."""
        if unit == "business_days":
            return self.calendar.add_days(anchor.day, count)
        if unit in ("days", "weeks"):
            return anchor.day + timedelta(days=count * (7 if unit == "weeks" else 1))
        if unit == "cycles" and self.cycle.days is not None:
            return anchor.day + timedelta(days=count * self.cycle.days)
        in_cycle = _CYCLE_MONTHS.get(self.cycle.kind, self.cycle.months or 1)
        months = count * (in_cycle if unit == "cycles" else _MONTHS[unit])
        if anchor.period_end:
            # A month after the end of a month is the end of the next month, however long either is.
            return add_months(anchor.day + timedelta(days=1), months) - timedelta(days=1)
        return add_months(anchor.day, months)

    def period(self, of: str, day: date) -> tuple[date, date]:
        """The period that holds a local day: its first day, and the first day of the next one."""
        shape = self.cycle if of == "cycle" else WindowShape(f"calendar_{of}")
        return self._days_of(window_of(shape, self.zone, local_instant(day, time(12), self.zone)))

    def _days_of(self, window: Window) -> tuple[date, date]:
        here = replace(window, zone=self.zone)
        return local_day(window.start, self.zone), here.last_day + timedelta(days=1)


def is_before(act: Moment, bound: Bound, zone: str) -> bool | None:
    """Whether an act came before a deadline; None where only its day is known and the deadline lies in it."""
    first, last = _stretch(act, zone)

    def holds(at: datetime) -> bool:
        return at < bound.at or (bound.closed and at == bound.at)

    return True if holds(last) else (None if holds(first) else False)


def is_since(act: Moment, bound: Bound, zone: str) -> bool | None:
    """Whether an act came after an opening; None where only its day is known and the opening lies in it."""
    first, last = _stretch(act, zone)

    def holds(at: datetime) -> bool:
        return at > bound.at or (bound.closed and at == bound.at)

    return True if holds(first) else (None if holds(last) else False)


def _stretch(act: Moment, zone: str) -> tuple[datetime, datetime]:
    """The first and the last instant at which an act may have happened."""
    if act.at is not None:
        return act.at, act.at
    end = end_of(act.day, zone).at
    first = local_instant(act.day, time(0), zone)
    return first, first if end is None else end - timedelta(microseconds=1)
