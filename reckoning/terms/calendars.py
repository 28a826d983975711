"""The block that says which days and hours are business days and business hours."""

from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from reckoning.fields import Day, Value, Zone
from reckoning.terms.faults import fault
from reckoning.timeline.calendars import END_OF_DAY, BusinessCalendar

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def _clock_in(value: Any) -> Any:
    if isinstance(value, time):
        return value
    text = value if isinstance(value, str) else ""
    if text == "24:00":
        return END_OF_DAY
    parts = text.split(":")
    if len(parts) == 2 and all(len(part) == 2 and part.isascii() and part.isdecimal() for part in parts):
        hour, minute = int(parts[0]), int(parts[1])
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError('is not a time of the clock; write it as text, for example "09:00" or "24:00"')


def clock_text(value: time) -> str:
    """HH:MM; the end of the day is 24:00."""
    return "24:00" if value == END_OF_DAY else f"{value:%H:%M}"


Clock = Annotated[
    time,
    BeforeValidator(_clock_in),
    PlainSerializer(clock_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"}),
]
"""A time of the clock on the wall, written HH:MM."""


class OpeningHours(Value):
    """When work is done on these weekdays. Several entries for one weekday add up, as for a lunch break."""

    weekdays: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    opens: Clock
    closes: Clock = Field(description="Not before opens; 24:00 is the end of the day.")

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes <= self.opens:
            raise fault(
                "closes", f"{clock_text(self.closes)} is not after opens; divide hours that go over midnight"
            )
        return self


class CalendarTerms(Value):
    """Business days, and where they matter, business hours."""

    zone: Zone | None = Field(default=None, description="Whose days and clock. Empty: the contract's zone.")
    working_days: tuple[Weekday, ...] = Field(
        default=WEEKDAYS[:5], min_length=1, max_length=7, description="Weekdays that are worked."
    )
    hours: tuple[OpeningHours, ...] = Field(
        default=(), max_length=50, description="Business hours. Empty: working days count round the clock."
    )
    holidays: tuple[Day, ...] = Field(
        default=(), max_length=2000, description="Days on which nobody works; the facts may name more."
    )
    extra_working_days: tuple[Day, ...] = Field(
        default=(), max_length=500, description="Worked although their weekday or a holiday says otherwise."
    )

    @model_validator(mode="after")
    def _hours_lie_on_working_days(self) -> Self:
        for index, entry in enumerate(self.hours):
            for weekday in entry.weekdays:
                if weekday not in self.working_days:
                    raise fault(f"hours.{index}.weekdays", f"{weekday} is not among the working_days")
        return self

    def calendar(self, zone: str, holidays: tuple[date, ...] = ()) -> BusinessCalendar:
        """The calendar to count with; `zone` is the contract's, `holidays` are further ones from the facts."""
        hours: dict[int, tuple[tuple[time, time], ...]] = {}
        for entry in self.hours:
            for weekday in entry.weekdays:
                number = WEEKDAYS.index(weekday)
                hours[number] = (*hours.get(number, ()), (entry.opens, entry.closes))
        return BusinessCalendar(
            zone=self.zone or zone,
            weekdays=frozenset(WEEKDAYS.index(weekday) for weekday in self.working_days),
            holidays=frozenset(self.holidays) | frozenset(holidays),
            extra_days=frozenset(self.extra_working_days),
            hours=hours,
        )
