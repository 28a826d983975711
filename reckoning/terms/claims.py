"""The blocks of a claim: whether a credit must be asked for, in which steps, by when, and who may ask."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Flag, Name, Text, Value
from reckoning.terms.calendars import CalendarTerms
from reckoning.terms.faults import fault
from reckoning.terms.windows import WindowTerms

AnchorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""The name of a fact to count from. Known without being told: window_start, window_end, previous_step, and the
name of an earlier step."""

ElapsedUnit = Literal["seconds", "minutes", "hours", "business_hours"]
DayUnit = Literal["days", "business_days", "weeks", "months", "cycles", "quarters", "years"]
Period = Literal["month", "quarter", "year", "cycle", "window"]

ELAPSED: tuple[str, ...] = ("seconds", "minutes", "hours", "business_hours")
MOST: dict[str, int] = {
    "seconds": 400_000_000,
    "minutes": 6_000_000,
    "hours": 100_000,
    "business_hours": 5_000,
    "days": 3_660,
    "business_days": 1_000,
    "weeks": 520,
    "months": 120,
    "cycles": 120,
    "quarters": 40,
    "years": 10,
}
"""The longest that may be counted: about ten years, and less where counting takes long."""
SECONDS: dict[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "business_hours": 3600}


def is_period_end(anchor: str) -> bool:
    """Whether an anchor is the end of a period, so that its instant is the first one after the period.

    Names that end in _end are, but for the ends of things that happen: incident_end, outage_end, event_end.
    """
    return anchor.endswith("_end") and anchor not in ("incident_end", "outage_end", "event_end")


class After(Value):
    """So long after the anchor."""

    count: Annotated[int, Field(strict=True, ge=0, le=400_000_000)]
    unit: ElapsedUnit | DayUnit

    @model_validator(mode="after")
    def _can_be_waited_for(self) -> Self:
        most = MOST[self.unit]
        if self.count > most:
            raise fault("count", f"{self.count} is too many; at most {most} {self.unit} can be waited for")
        return self


class By(Value):
    """A point of the calendar: the end, a day or a business day of a period counted from the anchor's own."""

    of: Period
    later: Annotated[int, Field(strict=True, ge=0, le=120)] = Field(
        default=0, description="0: the anchor's own period; 1: the next one; 2: the second after it."
    )
    day: Annotated[int, Field(strict=True, ge=1, le=366)] | None = Field(
        default=None, description="That day of the period; its last one where it is shorter."
    )
    business_day: Annotated[int, Field(strict=True, ge=-30, le=250)] | None = Field(
        default=None, description="That business day of the period; -1 is the last."
    )

    @model_validator(mode="after")
    def _names_one_point(self) -> Self:
        if self.day is not None and self.business_day is not None:
            raise fault("business_day", "stands beside day; one of them names the point, neither the end")
        if self.business_day == 0:
            raise fault("business_day", "is 0; count from 1, or backwards from -1")
        if self.of == "window" and self.later:
            raise fault("later", "cannot be counted in windows; use month, quarter, year or cycle")
        return self


class Point(Value):
    """A point in time by an anchor: `after` it, or `by` a date that the calendar gives."""

    anchor: AnchorName
    after: After | None = None
    by: By | None = None
    included: Flag = Field(
        default=True,
        description="Whether the day, or the instant, itself is still in time (or already open).",
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.after is None) == (self.by is None):
            raise fault("after", "or by must be given, and not both")
        return self


class ClaimStep(Value):
    """One act of a claim: a ticket, a report, the claim itself, an answer."""

    name: AnchorName
    who: Literal["customer", "provider"] = "customer"
    deadlines: tuple[Point, ...] = Field(
        default=(), max_length=5, description="Empty: the step must be taken, at any time."
    )
    decisive: Literal["earliest", "latest"] = Field(
        default="earliest", description="Which of several deadlines counts."
    )
    opens: Point | None = Field(default=None, description="Before this it is too early.")
    if_missed: Literal["forfeits", "nothing"] = Field(
        default="forfeits", description="What the customer loses by a late or missing act."
    )
    form: Name | None = Field(default=None, description="written, ticket, e-mail, portal, ...")
    to: Name | None = Field(default=None, description="To whom or where.")
    contents: tuple[Name, ...] = Field(default=(), max_length=50, description="What it must hold.")


class ClaimCondition(Value):
    """Something that must be true for the credit to be due: a plan, a configuration, a paid account."""

    name: AnchorName
    sentence: Text = Field(description="The condition in words.")
    otherwise: Literal["lost", "postponed"] = Field(
        default="lost", description="lost: no credit. postponed: none until it is true."
    )


class Arrears(Value):
    """No credit while, or shortly after, the account was in arrears."""

    grace_count: Annotated[int, Field(strict=True, ge=0, le=366)] = 0
    grace_unit: Literal["days", "business_days"] = "days"
    within_cycles: Annotated[int, Field(strict=True, ge=1, le=120)] | None = Field(
        default=None,
        description="Arrears in the current cycle or in so many before it count too. Empty: only present ones.",
    )
    otherwise: Literal["lost", "postponed"] = "postponed"


class AutomaticClaim(Value):
    """The credit is given without being asked for."""

    kind: Literal["automatic"] = "automatic"


class ClaimByDeadline(Value):
    """The credit must be claimed; the last day in time is counted from the last day of the window."""

    kind: Literal["by_deadline"] = "by_deadline"
    days: Annotated[int, Field(strict=True, ge=1, le=3660)]
    anchor: Literal["window_end"] = "window_end"
    form: Literal["written"] | None = None


class ClaimInSteps(Value):
    """A claim in any number of steps, with conditions. Without steps the credit needs no claim."""

    kind: Literal["steps"] = "steps"
    steps: tuple[ClaimStep, ...] = Field(default=(), max_length=20)
    conditions: tuple[ClaimCondition, ...] = Field(default=(), max_length=50)
    arrears: Arrears | None = None
    calendar: CalendarTerms = Field(default=CalendarTerms(), description="For business days and hours.")
    cycle: WindowTerms | None = Field(
        default=None, description="The billing cycle that cycles are counted in. Empty: the calendar month."
    )

    @property
    def by_customer(self) -> bool:
        """Whether somebody who wants the credit must take a step; without one, nothing is to be claimed."""
        return any(step.who == "customer" for step in self.steps)

    @model_validator(mode="after")
    def _steps_fit_together(self) -> Self:
        seen: set[str] = set()
        for index, step in enumerate(self.steps):
            if step.name in seen:
                raise fault(
                    f"steps.{index}.name", f"{step.name!r} stands there twice; each step has its name"
                )
            for number, point in enumerate(step.deadlines):
                self._check_anchor(f"steps.{index}.deadlines.{number}", point, index)
            if step.opens is not None:
                self._check_anchor(f"steps.{index}.opens", step.opens, index)
            seen.add(step.name)
        names = [condition.name for condition in self.conditions]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise fault(f"conditions.{index}.name", f"{name!r} stands there twice; each may stand once")
        if self.cycle is not None and self.cycle.kind not in _CYCLES:
            raise fault("cycle.kind", f"{self.cycle.kind} is no cycle; one of {', '.join(_CYCLES)} is")
        return self

    def _check_anchor(self, place: str, point: Point, index: int) -> None:
        later = [step.name for step in self.steps[index:]]
        if point.anchor == "previous_step" and index == 0:
            raise fault(f"{place}.anchor", "previous_step: the first step has none before it")
        if point.anchor in later:
            raise fault(f"{place}.anchor", f"{point.anchor!r} is no earlier step; order the steps in time")


_CYCLES = ("calendar_month", "calendar_quarter", "calendar_year", "billing_cycle")

ClaimTerms = Annotated[AutomaticClaim | ClaimByDeadline | ClaimInSteps, Field(discriminator="kind")]


def as_steps(claim: AutomaticClaim | ClaimByDeadline | ClaimInSteps) -> ClaimInSteps:
    """Any claim as one in steps, which is what is reckoned with."""
    if isinstance(claim, ClaimInSteps):
        return claim
    if isinstance(claim, AutomaticClaim):
        return ClaimInSteps()
    point = Point(anchor=claim.anchor, after=After(count=claim.days, unit="days"))
    return ClaimInSteps(steps=(ClaimStep(name="claim", deadlines=(point,), form=claim.form),))
