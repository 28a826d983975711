"""Business days and business hours: which days count, and clocks that run only while somebody is at work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from reckoning.errors import InputError
from reckoning.fields import zone_info
from reckoning.timeline.spans import SECOND, Span, clip, from_us, intersect, merge, subtract, to_us, total
from reckoning.timeline.windows import local_instant

MONDAY_TO_FRIDAY = frozenset({0, 1, 2, 3, 4})
END_OF_DAY = time.max
"""As a closing time: midnight at the end of the day."""

# A calendar without a working day within so many days has none that anybody would wait for.
_PATIENCE = 3_700


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Working days by weekday (Monday is 0), less holidays, with extra working days, in one zone.

    `hours` gives the opening hours of a weekday in local time; a working day of a weekday that is not named
    there is open all day when `hours` is empty, and closed otherwise. An extra working day has the hours of
    its weekday, or of Monday where its weekday has none.
    """

    zone: str = "UTC"
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: frozenset[date] = frozenset()
    extra_days: frozenset[date] = frozenset()
    hours: dict[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)

    def with_holidays(self, days: Sequence[date]) -> "BusinessCalendar":
        """The same calendar with further holidays. An extra working day stays one."""
        return BusinessCalendar(
            self.zone, self.weekdays, self.holidays | frozenset(days), self.extra_days, self.hours
        )

    def is_working(self, day: date) -> bool:
        """Whether that local day is a working day."""
        if day in self.extra_days:
            return True
        return day.weekday() in self.weekdays and day not in self.holidays

    def add_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (before it, for a negative count); `day` itself never counts.

        Zero gives `day`. Raises InputError where no working day is found within ten years.
        """
        step = timedelta(days=1 if count > 0 else -1)
        idle = 0
        while count:
            try:
                day += step
            except OverflowError:
                raise _no_working_day(day) from None
            idle += 1
            if self.is_working(day):
                count += -1 if count > 0 else 1
                idle = 0
            elif idle > _PATIENCE:
                raise _no_working_day(day)
        return day

    def nth_day(self, first: date, after: date, number: int) -> date:
        """The `number`-th working day in [first, after); -1 is the last one.

        Raises InputError when the period has not so many.
        """
        days = [day for day in _days(first, after) if self.is_working(day)]
        index = number - 1 if number > 0 else len(days) + number
        if number == 0 or not 0 <= index < len(days):
            raise InputError(
                f"business_day: {number} is not among the {len(days)} working days from {first} to before {after}",
                code="BUSINESS_DAY",
            )
        return days[index]

    def days_between(self, first: date, after: date) -> int:
        """The number of working days in [first, after)."""
        return sum(self.is_working(day) for day in _days(first, after))

    def open_spans(self, first: date, after: date) -> list[Span]:
        """The opening hours on the local days [first, after), merged, as spans of UTC.

        Opening and closing are resolved separately, so that a day with a change of clocks has its true length.
        """
        return merge(span for day in _days(first, after) for span in self._spans_of(day))

    def elapsed_us(self, start: datetime, end: datetime, pauses: Sequence[Span] = ()) -> int:
        """Microseconds of opening hours in [start, end), less the pauses. Zero where end is not after start."""
        asked = Span(to_us(start), to_us(end))
        if asked.end <= asked.start:
            return 0
        day = self._local_day(start)
        hours = clip(self.open_spans(day, self._local_day(end) + timedelta(days=1)), asked)
        return total(subtract(hours, merge(pauses)))

    def due(self, start: datetime, seconds: int, pauses: Sequence[Span] = ()) -> datetime:
        """The instant at which so many seconds of opening hours, less the pauses, have run since `start`.

        A clock that starts outside the hours waits for them; zero seconds give `start` itself. Raises
        InputError where the calendar is not open long enough within ten years.
        """
        left = seconds * SECOND
        if left <= 0:
            return start
        stopped = merge(pauses)
        here = to_us(start)
        day = self._local_day(start)
        for _ in range(_PATIENCE):
            spans = [Span(max(one.start, here), one.end) for one in self._spans_of(day) if one.end > here]
            running = subtract(merge(spans), stopped)
            for span in running:
                if span.end - span.start >= left:
                    return from_us(span.start + left)
                left -= span.end - span.start
            here = max([here, *(span.end for span in spans)])
            try:
                day += timedelta(days=1)
            except OverflowError:
                break
        raise InputError(
            f"calendar: its hours are too few for {seconds} s to run within ten years of {start.isoformat()}",
            code="NEVER_OPEN",
        )

    def _local_day(self, instant: datetime) -> date:
        return instant.astimezone(zone_info(self.zone)).date()

    def _spans_of(self, day: date) -> list[Span]:
        if not self.is_working(day):
            return []
        hours = self.hours.get(day.weekday())
        if hours is None and day in self.extra_days:
            hours = self.hours.get(0)
        if hours is None:
            hours = ((time(0), END_OF_DAY),) if not self.hours else ()
        return [Span(to_us(self._at(day, opens)), to_us(self._at(day, closes))) for opens, closes in hours]

    def _at(self, day: date, clock: time) -> datetime:
        if clock == END_OF_DAY:
            return local_instant(day + timedelta(days=1), time(0), self.zone)
        return local_instant(day, clock, self.zone)


def running_us(start: datetime, end: datetime, pauses: Sequence[Span] = ()) -> int:
    """Microseconds of [start, end) less the pauses, by a clock that never closes."""
    asked = Span(to_us(start), to_us(end))
    return total(subtract(merge([asked]), merge(pauses)))


def paused_within(pauses: Sequence[Span], hours: Sequence[Span]) -> list[Span]:
    """The part of the pauses that would have counted: what a timeline shows as subtracted."""
    return intersect(merge(pauses), merge(hours))


def _days(first: date, after: date) -> Iterator[date]:
    for at in range((after - first).days):
        yield first + timedelta(days=at)


def _no_working_day(day: date) -> InputError:
    return InputError(
        f"calendar: no working day is found within ten years of {day}; which weekdays are worked?",
        code="NO_WORKING_DAY",
    )
