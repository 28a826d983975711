"""What a miss earns: each schedule turns figures into an entitlement. docs/terms/schedules.md shows each."""

from fractions import Fraction
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Amount, Count, Flag, GrownValue, Name, Number, Percent, Value
from reckoning.money import RoundingMode
from reckoning.terms.faults import fault
from reckoning.terms.formula import Formula

MAX_TIERS = 50

WorthUnit = Literal["percent", "days", "hours", "amount", "points", "price_multiple"]
WORTH_UNITS: tuple[WorthUnit, ...] = ("percent", "days", "hours", "amount", "points", "price_multiple")
BoundsIn = Literal["as_measured", "minutes", "hours", "days"]
SECONDS_IN: dict[str, int] = {"as_measured": 1, "minutes": 60, "hours": 3600, "days": 86_400}


class _Worth(GrownValue):
    """What one row, unit or event earns: exactly one of the fields is filled in."""

    later: ClassVar[frozenset[str]] = frozenset({"days", "hours", "amount", "points", "price_multiple"})

    percent: Annotated[Number, Field(ge=0)] | None = Field(
        default=None, description="Percent of the fee base."
    )
    days: Amount | None = Field(default=None, description="Days of service: so many days of the fee base.")
    hours: Amount | None = Field(default=None, description="Hours of service: so many hours of the fee base.")
    amount: Amount | None = Field(default=None, description="An amount in the contract's currency.")
    points: Amount | None = Field(default=None, description="Points, which `points` turns into percent.")
    price_multiple: Amount | None = Field(
        default=None, description="So many times the price of the time in question."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        named = [name for name in WORTH_UNITS if getattr(self, name) is not None]
        if len(named) != 1:
            given = " and ".join(named) or "none of them"
            raise fault(
                named[1] if len(named) > 1 else "percent",
                f"exactly one of {', '.join(WORTH_UNITS)} says what is earned; given is {given}",
            )
        return self

    @cached_property
    def worth_unit(self) -> WorthUnit:
        """Which of the fields is filled in."""
        return next(name for name in WORTH_UNITS if getattr(self, name) is not None)

    @cached_property
    def worth(self) -> Fraction:
        """Its value."""
        return Fraction(getattr(self, self.worth_unit))


class Worth(_Worth):
    """What a unit, an event or a miss earns."""

    later: ClassVar[frozenset[str]] = frozenset(WORTH_UNITS)


class Tier(_Worth):
    """A row of the schedule: figures between the bounds earn what the row says.

    On `level` the bounds are in percent, on any other figure in its own unit or in that of `bounds_in`.
    """

    lower: Annotated[Number, Field(ge=0)] | None = Field(default=None, description="Empty: no lower bound.")
    lower_inclusive: Flag | None = Field(
        default=None, description="Empty beside a bound: the text does not say."
    )
    upper: Annotated[Number, Field(ge=0)] | None = Field(default=None, description="Empty: no upper bound.")
    upper_inclusive: Flag | None = Field(
        default=None, description="Empty beside a bound: the text does not say."
    )

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        for side, bound, inclusive in (
            ("lower", self.lower, self.lower_inclusive),
            ("upper", self.upper, self.upper_inclusive),
        ):
            if bound is None and inclusive is not None:
                raise fault(
                    f"{side}_inclusive", f"says something about a bound that is empty; set {side} or empty it"
                )
        if self.lower is not None and self.upper is not None:
            if self.lower > self.upper:
                raise fault("lower", f"{self.lower:f} lies above upper {self.upper:f}; exchange them")
            if self.lower == self.upper and (self.lower_inclusive is False or self.upper_inclusive is False):
                raise fault("lower", "equals upper while a bound is left out: no level can be in this tier")
        return self

    def holds(self, value: Fraction) -> bool | None:
        """Whether a value lies in the tier; None when it lies on a bound of which the text does not say."""
        unsaid = False
        numerator, denominator = value.numerator, value.denominator
        for above, below, inclusive, sign in self._bounds:
            # Compared by cross-multiplication: value - bound has the sign of this whole number.
            distance = (numerator * below - above * denominator) * sign
            if distance < 0 or (distance == 0 and inclusive is False):
                return False
            unsaid = unsaid or (distance == 0 and inclusive is None)
        return None if unsaid else True

    @cached_property
    def _bounds(self) -> tuple[tuple[int, int, bool | None, int], ...]:
        """The bounds that there are, as numerator, denominator, whether they belong, and the side."""
        sides = ((self.lower, self.lower_inclusive, 1), (self.upper, self.upper_inclusive, -1))
        return tuple(
            (*bound.as_integer_ratio(), inclusive, sign)
            for bound, inclusive, sign in sides
            if bound is not None
        )

    @cached_property
    def label(self) -> str:
        """The row as an interval, for example (99, 99.9]; ? where the text is silent."""
        opening = "(" if self.lower is None else {True: "[", False: "(", None: "?"}[self.lower_inclusive]
        closing = ")" if self.upper is None else {True: "]", False: ")", None: "?"}[self.upper_inclusive]
        lower = "-inf" if self.lower is None else f"{self.lower:f}"
        upper = "+inf" if self.upper is None else f"{self.upper:f}"
        return f"{opening}{lower}, {upper}{closing}"


class Repetition(Value):
    """A miss in the window right after a miss of the same commitment earns more."""

    factor: Annotated[Number, Field(gt=0)]


class FactorRow(Value):
    """From this value on the factor is this; the last row that is reached applies."""

    from_value: Amount
    factor: Amount


class Factor(Value):
    """A number by which the entitlement is multiplied. Exactly one of `number`, `quantity` and `figure`."""

    name: Name
    number: Number | None = None
    quantity: Name | None = Field(
        default=None, description="Name of a quantity of the event, or of the facts: known case by case."
    )
    figure: Name | None = Field(default=None, description="Name of a figure of the indicator.")
    is_percent: Flag = Field(default=False, description="The number is a percentage: 40 means 0.4.")
    divided_by: Annotated[Number, Field(gt=0)] | None = None
    divided_by_quantity: Name | None = Field(
        default=None, description="Name of the quantity by which the number is divided."
    )
    rows: tuple[FactorRow, ...] = Field(
        default=(), max_length=MAX_TIERS, description="A table that turns the value into the factor."
    )
    places: Annotated[int, Field(strict=True, ge=0, le=12)] | None = Field(
        default=None, description="The factor itself is rounded to so many decimals. Empty: exact."
    )
    mode: RoundingMode = "half_up"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        named = [name for name in ("number", "quantity", "figure") if getattr(self, name) is not None]
        if len(named) != 1:
            raise fault(
                named[1] if named[1:] else "number", "exactly one of number, quantity, figure is needed"
            )
        values = [row.from_value for row in self.rows]
        if values != sorted(set(values)):
            raise fault("rows", "must rise from row to row in from_value")
        return self


class Bound(Value):
    """A number in the figure's unit (or that of `bounds_in`), or a percentage of another figure."""

    number: Amount | None = None
    percent: Percent | None = None
    of: Name | None = Field(default=None, description="The figure that the percentage is of.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.number is None) == (self.percent is None) or (self.percent is None) != (self.of is None):
            raise fault("number", "give either number, or percent together with of")
        return self


class _Schedule(GrownValue):
    """What all schedules share."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"on", "bounds_in", "each", "one_per", "together", "factors", "index", "repetition", "points_percent"}
    )

    on: Name = Field(default="level", description="The figure that is looked up.")
    bounds_in: BoundsIn = Field(
        default="as_measured", description="Unit of bounds and units, for figures in seconds."
    )
    each: Literal["window", "outage", "event", "day"] = Field(
        default="window",
        description="The schedule is applied to the window as a whole, or to each outage, event or local day.",
    )
    one_per: Literal["none", "calendar_day", "24_hours"] = Field(
        default="none",
        description="At most one of these rows earns something per local day, or in the 24 hours from the "
        "start of the last one that did.",
    )
    together: Literal["sum", "highest", "highest_per_cause"] = Field(
        default="sum", description="How rows that each earn something come together."
    )
    factors: tuple[Factor, ...] = Field(default=(), max_length=20)
    index: Name | None = Field(
        default=None, description="Name of the quantity by which amounts are indexed (1.02 for 2 % more)."
    )
    repetition: Repetition | None = None
    points_percent: Amount | None = Field(
        default=None, description="What a point is worth, in percent of the fee base."
    )
    requires_missed_target: Flag = Field(
        default=True, description="What keeps the promise earns nothing, even inside a tier."
    )


class LookupRounding(Value):
    """The figure is rounded before it is looked up, in percent for a level, else in the unit of the bounds."""

    places: Annotated[int, Field(strict=True, ge=0, le=9)]
    mode: RoundingMode


class TierSchedule(_Schedule):
    """Step tiers, read as they are stated: holes and overlaps are kept and become open questions (rule 8)."""

    later: ClassVar[frozenset[str]] = _Schedule.later | {"several", "none", "lookup_rounding"}

    kind: Literal["tiers"] = "tiers"
    basis: Literal["percent_of_fee"] = "percent_of_fee"
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=MAX_TIERS)
    several: Literal["ask", "first", "last", "highest", "lowest"] = Field(
        default="ask", description="Which row applies where several match. ask: a person decides."
    )
    none: Literal["ask", "nothing"] = Field(
        default="ask", description="What a miss earns that lies in no row. ask: a person decides."
    )
    lookup_rounding: LookupRounding | None = Field(
        default=None, description="Rounding for the look-up in the rows only. Empty: exact."
    )

    @model_validator(mode="after")
    def _rows_agree(self) -> Self:
        units = {tier.worth_unit for tier in self.tiers}
        if len(units) > 1:
            raise fault("tiers", f"rows earn in different units ({', '.join(sorted(units))}); one is needed")
        if self.on == "level":
            for index, tier in enumerate(self.tiers):
                for side in ("lower", "upper"):
                    bound = getattr(tier, side)
                    if bound is not None and bound > 100:
                        raise fault(
                            f"tiers.{index}.{side}", "is above 100; bounds of a level are percentages"
                        )
        return self


class FirstUnit(Value):
    """The first payment has a bound and a worth of its own; units are counted from that bound on."""

    from_value: Amount
    worth: Worth


class PerUnit(_Schedule):
    """So much for each unit of a figure: per started half hour, per percent point, per excess event."""

    later: ClassVar[frozenset[str]] = _Schedule.later

    kind: Literal["per_unit"] = "per_unit"
    unit: Annotated[Number, Field(gt=0)] = Field(description="Size of a unit, in the unit of `bounds_in`.")
    units: Literal["complete", "started", "proportional"] = Field(
        description="Whether an incomplete unit pays nothing, like a whole one, or its part."
    )
    beyond: Bound | None = Field(default=None, description="What is allowed. Empty: every unit counts.")
    counts: Literal["excess", "all"] = Field(
        default="excess", description="Once the allowance is broken: only what is beyond it, or everything."
    )
    up_to: Bound | None = Field(default=None, description="What lies above this costs nothing more.")
    first: FirstUnit | None = None
    most_units: Count | None = None
    worth: Worth

    @model_validator(mode="after")
    def _first_has_a_worth_of_its_own(self) -> Self:
        if self.first is not None and "price_multiple" in (
            self.worth.worth_unit,
            self.first.worth.worth_unit,
        ):
            raise fault("first", "cannot stand beside price_multiple: a bound has no length to be priced")
        return self


class Flat(_Schedule):
    """The same for every miss, however bad."""

    kind: Literal["flat"] = "flat"
    worth: Worth


class FormulaSchedule(_Schedule):
    """What is earned is computed by a formula over figures and quantities: the last resort."""

    kind: Literal["formula"] = "formula"
    formula: Formula
    unit: WorthUnit


class NoCredit(_Schedule):
    """A miss earns nothing; it may still matter for rights, reports and points of view."""

    kind: Literal["nothing"] = "nothing"


Schedule = Annotated[TierSchedule | PerUnit | Flat | FormulaSchedule | NoCredit, Field(discriminator="kind")]
