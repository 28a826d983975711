"""The block that says over which period a level is measured."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Day, Flag, GrownValue, Zone
from reckoning.terms.faults import fault
from reckoning.timeline.windows import WindowKind, WindowShape

__all__ = ["WindowKind", "WindowTerms"]

_AnchorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
_Length = Annotated[int, Field(strict=True, ge=1, le=3660)]

# What each kind may say besides its zone; a field that stands elsewhere would be ignored, so it is refused.
_FIELDS: dict[str, tuple[str, ...]] = {
    "calendar_month": (),
    "calendar_quarter": ("first_month", "first_day", "label_year"),
    "calendar_year": ("first_month", "first_day", "label_year"),
    "billing_cycle": ("anchor_day", "anchor_on", "months", "days"),
    "rolling_days": ("days", "step_days"),
    "day": (),
    "hour": (),
    "anchored": ("anchor", "direction", "anchor_day_included", "to_the_second", "months", "days", "hours"),
    "term": ("first_on", "last_on"),
}


class WindowTerms(GrownValue):
    """The period over which the level is measured."""

    later: ClassVar[frozenset[str]] = frozenset(name for names in _FIELDS.values() for name in names)

    kind: WindowKind
    zone: Zone | None = Field(
        default=None, description="IANA zone whose midnights are the edges. Empty: the contract's zone."
    )
    first_month: Annotated[int, Field(strict=True, ge=1, le=12)] | None = Field(
        default=None, description="Month in which the year begins. Empty: January."
    )
    first_day: Annotated[int, Field(strict=True, ge=1, le=28)] | None = Field(
        default=None, description="Day of that month on which the year begins. Empty: the first."
    )
    label_year: Literal["begins", "ends"] | None = Field(
        default=None, description="Whether a year is named after its first or its last day. Empty: its first."
    )
    anchor_day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = Field(
        default=None, description="Day of the month on which a cycle begins; the last day of a shorter month."
    )
    anchor_on: Day | None = Field(default=None, description="A day on which a cycle began.")
    months: _Length | None = Field(default=None, description="Length in months.")
    days: _Length | None = Field(default=None, description="Length in local days.")
    hours: _Length | None = Field(default=None, description="Length in hours of 3,600 seconds.")
    step_days: _Length | None = Field(
        default=None, description="Rolling: days from one window's end to the next one's. Empty: one."
    )
    anchor: _AnchorName | None = Field(
        default=None, description="The fact that the window is counted from: claim, incident_start, ..."
    )
    direction: Literal["before", "after"] | None = Field(
        default=None, description="Whether the window lies before or after its anchor."
    )
    anchor_day_included: Flag = Field(
        default=False, description="By days or months: the anchor's own day belongs to the window."
    )
    to_the_second: Flag = Field(
        default=False, description="The window meets its anchor's instant instead of a midnight."
    )
    first_on: Day | None = Field(default=None, description="First day of the term.")
    last_on: Day | None = Field(default=None, description="Last day of the term; it belongs to it.")

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        for name in sorted(self.later):
            if (
                name not in _FIELDS[self.kind]
                and getattr(self, name) != type(self).model_fields[name].default
            ):
                owners = ", ".join(kind for kind, names in _FIELDS.items() if name in names)
                raise fault(name, f"says nothing for a window of kind {self.kind}; it belongs to {owners}")
        lengths = [name for name in ("months", "days", "hours") if getattr(self, name) is not None]
        if len(lengths) > 1:
            raise fault(lengths[1], f"stands beside {lengths[0]}; a window has one length")
        getattr(self, f"_check_{self.kind}", _nothing)()
        return self

    def _check_billing_cycle(self) -> None:
        if self.anchor_day is not None and self.anchor_on is not None:
            raise fault("anchor_day", "stands beside anchor_on; one of them says where cycles begin")
        if self.anchor_on is None and (self.days is not None or (self.months or 1) > 1):
            raise fault(
                "anchor_on", "is missing; cycles that are not of one month need a day on which one began"
            )
        if self.anchor_on is None and self.anchor_day is None:
            raise fault("anchor_day", "is missing; say on which day of the month a cycle begins")

    def _check_rolling_days(self) -> None:
        if self.days is None:
            raise fault("days", "is missing; say how many days the window has")

    def _check_anchored(self) -> None:
        if self.months is None and self.days is None and self.hours is None:
            raise fault("days", "is missing; say the length in months, days or hours")
        for name in ("anchor", "direction"):
            if getattr(self, name) is None:
                raise fault(name, "is missing; an anchored window needs it")
        if self.anchor_day_included and (self.hours is not None or self.to_the_second):
            raise fault("anchor_day_included", "means nothing where the window meets its anchor's instant")

    def _check_term(self) -> None:
        for name in ("first_on", "last_on"):
            if getattr(self, name) is None:
                raise fault(name, "is missing; a term has a first and a last day")
        if self.first_on and self.last_on and self.last_on < self.first_on:
            raise fault("last_on", f"{self.last_on} lies before first_on {self.first_on}; exchange them")

    def shape(self) -> WindowShape:
        """What the edges of these windows depend on, besides the zone."""
        return WindowShape(
            kind=self.kind,
            first_month=self.first_month or 1,
            first_day=self.first_day or 1,
            label_year=self.label_year or "begins",
            anchor_day=self.anchor_day or 1,
            anchor_on=self.anchor_on,
            months=self.months,
            days=self.days,
            hours=self.hours,
            step_days=self.step_days or 1,
            direction=self.direction or "before",
            anchor_day_included=self.anchor_day_included,
            to_the_second=self.to_the_second,
            first_on=self.first_on,
            last_on=self.last_on,
        )


def _nothing() -> None:
    """Kinds whose fields need no more than their types."""
