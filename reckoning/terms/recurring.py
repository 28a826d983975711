"""The block of a window that comes back in local time, as maintenance windows do."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from reckoning.canonical import instant_text
from reckoning.fields import Day, Name, Value, Zone
from reckoning.terms.calendars import WEEKDAYS, Clock, Weekday, clock_text
from reckoning.terms.faults import fault
from reckoning.timeline.recurring import Occurrence, Recurrence, occurrences


class RecurringWindow(Value):
    """A window that comes back every week or every month at a time of the clock on the wall."""

    name: Name | None = Field(default=None, description="What the paper calls it.")
    zone: Zone | None = Field(default=None, description="Whose clock. Empty: the contract's zone.")
    zone_name: Name | None = Field(default=None, description="How the paper writes the zone, for display.")
    every: Literal["week", "month"]
    interval: Annotated[int, Field(strict=True, ge=1, le=60)] = Field(
        default=1, description="2: every second week or month, counted from that of from_day."
    )
    weekdays: tuple[Weekday, ...] = Field(default=(), max_length=7, description="Empty: every day.")
    nth: Annotated[int, Field(strict=True, ge=-5, le=5)] | None = Field(
        default=None, description="Of a month: the first (1) to fifth of the weekdays; -1 is the last."
    )
    month_day: Annotated[int, Field(strict=True, ge=-31, le=31)] | None = Field(
        default=None, description="Of a month: its day; -1 is the last. A day that a month lacks is left out."
    )
    months: tuple[Annotated[int, Field(strict=True, ge=1, le=12)], ...] = Field(
        default=(), max_length=12, description="Only in these months. Empty: in all."
    )
    starts: Clock
    ends: Clock | None = Field(
        default=None, description="Time of the clock; not after starts: on the next day. 24:00: midnight."
    )
    lasts_minutes: Annotated[int, Field(strict=True, ge=1, le=20_160)] | None = Field(
        default=None, description="Instead of ends: the length as time really passes."
    )
    from_day: Day | None = Field(default=None, description="Not before this local day.")
    until_day: Day | None = Field(default=None, description="Not after this local day.")
    except_days: tuple[Day, ...] = Field(default=(), max_length=2000, description="Not on these days.")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.ends is None) == (self.lasts_minutes is None):
            raise fault("ends", "or lasts_minutes must be given, and not both")
        if self.every == "week" and (self.nth is not None or self.month_day is not None):
            name = "nth" if self.nth is not None else "month_day"
            raise fault(name, "belongs to a window of every month")
        if self.every == "month" and (self.month_day is None) == (self.nth is None):
            raise fault("month_day", "or nth with weekdays must say which day of the month, and not both")
        if self.nth is not None and not self.weekdays:
            raise fault("weekdays", "is missing; nth needs the weekday that is counted")
        if self.month_day is not None and self.weekdays:
            raise fault("weekdays", "stands beside month_day; one of them says which day")
        if self.nth == 0 or self.month_day == 0:
            raise fault("nth" if self.nth == 0 else "month_day", "is 0; count from 1, or backwards from -1")
        if self.interval > 1 and self.from_day is None:
            raise fault("from_day", "is missing; an interval is counted from the week or month of that day")
        if self.from_day and self.until_day and self.until_day < self.from_day:
            raise fault("until_day", "lies before from_day; exchange them")
        if clock_text(self.starts) == "24:00":
            raise fault("starts", "is the end of a day; write 00:00 of the next one")
        return self

    def recurrence(self, zone: str) -> Recurrence:
        """The rule to count with; `zone` is the contract's."""
        return Recurrence(
            every=self.every,
            starts=self.starts,
            zone=self.zone or zone,
            ends=self.ends,
            lasts_minutes=self.lasts_minutes,
            weekdays=frozenset(WEEKDAYS.index(weekday) for weekday in self.weekdays),
            nth=self.nth,
            month_day=self.month_day,
            months=frozenset(self.months),
            interval=self.interval,
            from_day=self.from_day,
            until_day=self.until_day,
            except_days=frozenset(self.except_days),
        )


def occurrences_of(window: RecurringWindow, zone: str, first: datetime, last: datetime) -> list[Occurrence]:
    """All occurrences that share time with [first, last); `zone` is the contract's."""
    return list(occurrences(window.recurrence(zone), first, last))


def occurrences_json(window: RecurringWindow, found: list[Occurrence]) -> list[dict[str, Any]]:
    """The occurrences as plain JSON values: how the wall shows them, and their instants in UTC."""
    suffix = f" {window.zone_name}" if window.zone_name else ""
    return [
        {
            "day": one.day.isoformat(),
            "local": f"{one.local}{suffix}",
            "utc_start": instant_text(one.start),
            "utc_end": instant_text(one.end),
            "seconds": (one.end - one.start) // timedelta(seconds=1),
        }
        for one in found
    ]
