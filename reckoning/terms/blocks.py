"""The blocks of which a commitment is composed. A new agreement combines them anew."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Amount, Count, Flag, GrownValue, Name, Number, Percent, Slug, Value
from reckoning.money import RoundingMode
from reckoning.terms.claims import AutomaticClaim as AutomaticClaim
from reckoning.terms.claims import ClaimByDeadline as ClaimByDeadline
from reckoning.terms.claims import ClaimTerms as ClaimTerms
from reckoning.terms.faults import fault
from reckoning.terms.recurring import RecurringWindow
from reckoning.terms.schedules import SECONDS_IN, BoundsIn
from reckoning.terms.windows import WindowKind as WindowKind
from reckoning.terms.windows import WindowTerms as WindowTerms

ExclusionKind = Literal[
    "planned_maintenance", "force_majeure", "customer_caused", "third_party", "mandated_change"
]


class ExclusionTerms(GrownValue):
    """Time of this kind is excluded, if it was approved, announced early enough, and within the allowance."""

    later: ClassVar[frozenset[str]] = frozenset({"allowance_period", "recurring"})

    kind: ExclusionKind
    notice_seconds: Count = Field(default=0, description="Least time between announcement and start.")
    allowance_seconds: Count | None = Field(
        default=None, description="Most that is excluded per window, earliest first. Empty: without limit."
    )
    allowance_period: Literal["window", "month", "quarter", "calendar_year"] = Field(
        default="window",
        description="For how long the allowance lasts; what earlier windows of it used is a fact.",
    )
    recurring: tuple[RecurringWindow, ...] = Field(
        default=(),
        max_length=20,
        description="Windows that come back in local time. They are excluded without being announced.",
    )


class LevelRounding(Value):
    """The contract itself says that the percentage is rounded before it is compared."""

    places: Annotated[int, Field(strict=True, ge=0, le=9)] = Field(description="Decimals of the percentage.")
    mode: RoundingMode


class Ratio(Value):
    """A step of pro-rating: the base is multiplied by one number and divided by another.

    Where a quantity is named (days subscribed, days in the month), its value multiplies or divides as well.
    """

    times: Amount = Decimal(1)
    times_quantity: Name | None = None
    divided_by: Annotated[Number, Field(gt=0)] = Decimal(1)
    divided_by_quantity: Name | None = None


class FeeBase(GrownValue):
    """What the percentage is taken of."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"parts", "period", "ratios", "covers_seconds", "covers_days"}
    )

    kind: Literal["service_fee_of_window"] = "service_fee_of_window"
    parts: tuple[Name, ...] = Field(
        default=(),
        max_length=50,
        description="Names of the fees that are in the base; all others are left out. Empty: the fee of the "
        "service.",
    )
    period: Literal["window", "previous_window", "next_window", "before_claim", "year", "term"] = Field(
        default="window", description="Of which period the fee is."
    )
    ratios: tuple[Ratio, ...] = Field(
        default=(),
        max_length=10,
        description="Pro-rating, step by step: a twelfth, a tenth, days of a month.",
    )
    covers_seconds: Count | None = Field(
        default=None, description="The base is the price of so many seconds (3600: an hourly price)."
    )
    covers_days: Count | None = Field(
        default=None,
        description="For a day's value the base is divided by so many days. Empty: the window's days.",
    )


class Cap(GrownValue):
    """The most that a window, an outage, or a longer time may pay."""

    later: ClassVar[frozenset[str]] = frozenset({"of", "windows", "first_month", "carry_over"})

    per: Literal["window", "outage", "rolling", "year", "term", "receiving_invoice"] = "window"
    kind: Literal["percent_of_fee", "days_of_fee", "hours_of_fee", "amount"]
    value: Amount = Field(description="Percent, days, hours, or an amount in the contract's currency.")
    of: Name | None = Field(
        default=None, description="Name of another fee that the percentage is of. Empty: the fee base."
    )
    windows: Annotated[int, Field(strict=True, ge=2, le=400)] | None = Field(
        default=None, description="rolling: so many windows, this one included."
    )
    first_month: Annotated[int, Field(strict=True, ge=1, le=12)] | None = Field(
        default=None, description="year: the month in which it begins. Empty: January."
    )
    carry_over: Flag = Field(
        default=False, description="receiving_invoice: what is above the cap moves on to the next invoice."
    )

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Self:
        if (self.per == "rolling") != (self.windows is not None):
            raise fault("windows", "belongs to a rolling cap, and is needed there")
        if self.first_month is not None and self.per != "year":
            raise fault("first_month", "belongs to a cap per year")
        if self.carry_over and self.per != "receiving_invoice":
            raise fault("carry_over", "belongs to a cap on the receiving invoice")
        return self


class MinimumPayout(Value):
    """A credit that does not reach this is not paid at all."""

    amount: Amount
    strict: Flag = Field(description="true: the credit must be more than the amount.")
    compared: Literal["unrounded", "rounded"] = "unrounded"


class AmountRounding(GrownValue):
    """Amounts are rounded once."""

    later: ClassVar[frozenset[str]] = frozenset({"places"})

    mode: RoundingMode = "half_up"
    place: Literal["final_amount"] = "final_amount"
    places: Annotated[int, Field(strict=True, ge=0, le=9)] | None = Field(
        default=None, description="Decimals of the amount. Empty: the minor unit of the currency."
    )


class Limit(Value):
    """A bound on a figure other than the level: total downtime, interruptions, loss, hours to repair."""

    on: Name = Field(description="The figure.")
    op: Literal["at_most", "less_than", "at_least", "more_than"] = Field(
        description="How the figure must compare for the promise to be kept."
    )
    value: Number
    bounds_in: BoundsIn = "as_measured"

    def kept(self, figure: Fraction) -> bool:
        """Whether a figure keeps the promise. Exact."""
        bound = Fraction(self.value) * SECONDS_IN[self.bounds_in]
        return {
            "at_most": figure <= bound,
            "less_than": figure < bound,
            "at_least": figure >= bound,
            "more_than": figure > bound,
        }[self.op]


class Band(Value):
    """A named range of levels from `from_percent` up to the next band: over-achieved, met, warning."""

    name: Name
    from_percent: Percent


class Combination(Value):
    """How the credits of several commitments come together."""

    name: Slug
    commitments: tuple[Slug, ...] = Field(min_length=1, max_length=200)
    rule: Literal["sum", "highest", "customer_choice"] = Field(
        description="customer_choice: the customer says which; until then the highest is shown."
    )
    same_cause: Literal["together", "apart"] = Field(
        default="apart",
        description="together: the rule acts among misses of one cause, and different causes are summed.",
    )
    caps: tuple[Cap, ...] = Field(default=(), max_length=10)
