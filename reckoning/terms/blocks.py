"""The blocks of which a commitment is composed. A new agreement combines them anew."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reckoning.fields import Amount, Count, Flag, Name, Number, Percent, Value, Zone
from reckoning.money import RoundingMode

MAX_TIERS = 50


def fault(at: str, sentence: str) -> PydanticCustomError:
    """An error at a path below the block that raises it."""
    return PydanticCustomError("terms", "{sentence}", {"at": at, "sentence": sentence})


class UptimeFromIntervals(Value):
    """Downtime is the union of the intervals that are severe enough and concern the service."""

    kind: Literal["uptime_from_intervals"] = "uptime_from_intervals"
    down_severities: tuple[Name, ...] = Field(
        min_length=1, max_length=20, description="Severities that count as down; any other counts as up."
    )
    down_components: tuple[Name, ...] = Field(
        default=(),
        max_length=200,
        description="Down while an interval names any of these components. Empty: the service's own code.",
    )
    minimum_run_seconds: Count = Field(
        default=0, description="A loss shorter than this does not count. 0: every loss counts."
    )
    minimum_run_strict: Flag = Field(
        default=False, description="Strict: a loss of exactly the minimum length does not count either."
    )
    run_order: Literal["merge_then_test_then_clip", "clip_then_test"] = Field(
        default="merge_then_test_then_clip",
        description="Whether the length is tested on the whole loss or on its part inside the window.",
    )


class UptimeFromWeightedSeconds(Value):
    """Downtime is the sum of the reported seconds of each class times the weight of the class."""

    kind: Literal["uptime_from_weighted_seconds"] = "uptime_from_weighted_seconds"
    weights: dict[Name, Annotated[Number, Field(ge=0, le=1)]] = Field(
        min_length=1, max_length=20, description="Weight from 0 to 1 of a second of each class of outage."
    )


Indicator = Annotated[UptimeFromIntervals | UptimeFromWeightedSeconds, Field(discriminator="kind")]

WindowKind = Literal["calendar_month", "calendar_quarter"]


class WindowTerms(Value):
    """The period over which the level is measured."""

    kind: WindowKind
    zone: Zone | None = Field(
        default=None, description="IANA zone whose midnights are the edges. Empty: the contract's zone."
    )


ExclusionKind = Literal[
    "planned_maintenance", "force_majeure", "customer_caused", "third_party", "mandated_change"
]


class ExclusionTerms(Value):
    """Time of this kind is excluded, if it was approved, announced early enough, and within the allowance."""

    kind: ExclusionKind
    notice_seconds: Count = Field(default=0, description="Least time between announcement and start.")
    allowance_seconds: Count | None = Field(
        default=None, description="Most that is excluded per window, earliest first. Empty: without limit."
    )


class LevelRounding(Value):
    """The contract itself says that the percentage is rounded before it is compared."""

    places: Annotated[int, Field(strict=True, ge=0, le=9)] = Field(description="Decimals of the percentage.")
    mode: RoundingMode


class Tier(Value):
    """A row of the schedule: levels between the bounds earn `percent` of the base fee."""

    lower: Percent | None = Field(default=None, description="Empty: no lower bound.")
    lower_inclusive: Flag | None = Field(
        default=None, description="Empty beside a bound: the text does not say."
    )
    upper: Percent | None = Field(default=None, description="Empty: no upper bound.")
    upper_inclusive: Flag | None = Field(
        default=None, description="Empty beside a bound: the text does not say."
    )
    percent: Percent

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

    def holds(self, percent: Fraction) -> bool | None:
        """Whether a level lies in the tier; None when it lies on a bound of which the text does not say."""
        unsaid = False
        for bound, inclusive, sign in (
            (self.lower, self.lower_inclusive, 1),
            (self.upper, self.upper_inclusive, -1),
        ):
            if bound is None:
                continue
            distance = (percent - Fraction(bound)) * sign
            if distance < 0 or (distance == 0 and inclusive is False):
                return False
            unsaid = unsaid or (distance == 0 and inclusive is None)
        return None if unsaid else True

    @property
    def label(self) -> str:
        """The row as an interval of percentages, for example (99, 99.9]; ? where the text is silent."""
        opening = "(" if self.lower is None else {True: "[", False: "(", None: "?"}[self.lower_inclusive]
        closing = ")" if self.upper is None else {True: "]", False: ")", None: "?"}[self.upper_inclusive]
        lower = "-inf" if self.lower is None else f"{self.lower:f}"
        upper = "+inf" if self.upper is None else f"{self.upper:f}"
        return f"{opening}{lower}, {upper}{closing}"


class TierSchedule(Value):
    """Step tiers, read as they are stated: holes and overlaps are kept and become open questions (rule 8)."""

    kind: Literal["tiers"] = "tiers"
    basis: Literal["percent_of_fee"] = "percent_of_fee"
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=MAX_TIERS)
    requires_missed_target: Flag = Field(
        default=True, description="A level that meets the target earns nothing, even inside a tier."
    )


# A union with one member today; the discriminator is already part of the document.
Schedule = TierSchedule


class FeeBase(Value):
    """What the percentage is taken of."""

    kind: Literal["service_fee_of_window"] = "service_fee_of_window"


class Cap(Value):
    """The most that a window may pay."""

    per: Literal["window"] = "window"
    kind: Literal["percent_of_fee", "days_of_fee", "amount"]
    value: Amount = Field(description="Percent, days, or an amount in the contract's currency.")


class AmountRounding(Value):
    """Amounts are rounded once, to the minor unit of the currency."""

    mode: RoundingMode = "half_up"
    place: Literal["final_amount"] = "final_amount"


class AutomaticClaim(Value):
    """The credit is given without being asked for."""

    kind: Literal["automatic"] = "automatic"


class ClaimByDeadline(Value):
    """The credit must be claimed; the last day in time is counted from the last day of the window."""

    kind: Literal["by_deadline"] = "by_deadline"
    days: Annotated[int, Field(strict=True, ge=1, le=3660)]
    anchor: Literal["window_end"] = "window_end"
    form: Literal["written"] | None = None


ClaimTerms = Annotated[AutomaticClaim | ClaimByDeadline, Field(discriminator="kind")]
