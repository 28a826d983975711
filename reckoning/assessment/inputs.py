"""Everything that a result depends on besides the terms. The same inputs have the same canonical bytes."""

from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reckoning.assessment.claims import ClaimFacts
from reckoning.canonical import canonical_json, canonical_object, sha256_hex
from reckoning.fields import (
    Amount,
    Count,
    Currency,
    Day,
    Exact,
    Flag,
    GrownValue,
    Instant,
    Name,
    Number,
    Value,
)
from reckoning.terms.blocks import ExclusionKind

MAX_ROWS = 200_000


class _Stretch(GrownValue):
    """Time from `start`, which belongs to it, to `end`, which does not."""

    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _end_is_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"end {self.end.isoformat()} is not after start {self.start.isoformat()}")
        return self


class KnownTime(_Stretch):
    """Time for which the source would have reported an outage."""


class Interval(_Stretch):
    """A reported outage. `observation` names the stored observation that it comes from."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"reported_at", "closed_at", "users_from", "users_to", "users", "share", "cause"}
    )

    id: Name
    severity: Name
    components: tuple[Name, ...] = Field(default=(), max_length=1000)
    observation: Name
    reported_at: Instant | None = Field(default=None, description="When it was reported or ticketed.")
    closed_at: Instant | None = Field(default=None, description="When its ticket was closed.")
    users_from: Count | None = Field(default=None, description="First affected user, counted from 1.")
    users_to: Count | None = Field(default=None, description="Last affected user.")
    users: Count | None = Field(
        default=None, description="Number of affected users, where no range is known."
    )
    share: Exact | None = Field(default=None, description="Share of all customers that is affected, 0 to 1.")
    cause: Name | None = Field(default=None, description="Names the incident that several misses share.")


class DaySeconds(_Stretch):
    """Seconds of outage by class in one UTC day, as a source without times of day reports them."""

    classes: dict[Name, Count]
    incidents: tuple[Name, ...] = Field(default=(), max_length=1000)
    observation: Name


class ExcludedTime(_Stretch):
    """Time that somebody wants left out. It acts only when approved and when a clause allows it."""

    id: Name
    later: ClassVar[frozenset[str]] = frozenset({"notice_given_seconds"})

    kind: ExclusionKind
    announced_at: Instant | None = None
    notice_given_seconds: Count | None = Field(
        default=None, description="Where only the length of the notice is known, not its instant."
    )
    approved: Flag


class Fee(Value):
    """The fee of the service for the window, before tax. `lines` names the invoice lines that it sums."""

    amount: Amount
    currency: Currency
    lines: tuple[Name, ...] = Field(default=(), max_length=10_000)


class GivenFigure(Value):
    """A figure that is known already aggregated, and stands in place of the measured one.

    `level` may be given in percent or as a ratio, lengths of time in any unit of time.
    """

    figure: Name
    value: Exact
    unit: Literal["ratio", "percent", "seconds", "minutes", "hours", "days", "count", "number"]

    @property
    def exact(self) -> Fraction:
        """The value in the unit in which figures are kept: ratio, seconds, count or number."""
        factor = {"percent": Fraction(1, 100), "minutes": Fraction(60), "hours": Fraction(3600)}
        factor["days"] = Fraction(86_400)
        return self.value * factor.get(self.unit, Fraction(1))


class OutageLength(Value):
    """An outage of which only the length is known, not when it was."""

    seconds: Exact
    users: Count | None = Field(default=None, description="Number of affected users, for a weight.")
    share: Exact | None = Field(default=None, description="Share of all customers that is affected, 0 to 1.")
    cause: Name | None = None


class Cells(Value):
    """A number of bad grid cells that a source counted, at `at` or on its day."""

    at: Instant
    count: Count


class Probes(Value):
    """Probes at a fixed interval: 1 is bad, 0 is good. They begin at `start`, or with the window."""

    start: Instant | None = None
    interval_seconds: Annotated[int, Field(strict=True, ge=1, le=86_400)]
    bad: tuple[Annotated[int, Field(strict=True, ge=0, le=1)], ...] = Field(max_length=MAX_ROWS)


class BucketRun(Value):
    """`repeat` intervals one after the other, each with so many requests and errors."""

    repeat: Annotated[int, Field(strict=True, ge=1, le=10**8)] = 1
    requests: Count
    errors: Count

    @model_validator(mode="after")
    def _errors_are_requests(self) -> Self:
        if self.errors > self.requests:
            raise ValueError(
                f"has {self.errors} errors of {self.requests} requests; errors are a part of requests"
            )
        return self


class Attempts(Value):
    """The instants, in seconds from any origin, at which one and the same request failed again and again."""

    at_seconds: tuple[Exact, ...] = Field(min_length=1, max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.at_seconds) != sorted(self.at_seconds):
            raise ValueError("at_seconds must rise")
        return self


class Pause(_Stretch):
    """Time in which the clock of an event stands still."""


class Event(Value):
    """A thing that happened once and took some time: a delivery, a repair, a failed level."""

    id: Name
    kind: Name | None = None
    at: Instant | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    paused: tuple[Pause, ...] = Field(
        default=(),
        max_length=1000,
        description="Stretches in which the clock stood still: waiting for the customer.",
    )
    paused_seconds: Count = Field(
        default=0, description="Where only the length of the pauses is known. Not with business hours."
    )
    seconds: Exact | None = Field(default=None, description="How long it took, where only that is known.")
    cause: Name | None = None
    quantities: dict[Name, Exact] = Field(default={}, max_length=50)


class Sample(Value):
    """A measured number; `repeat` of them in a row."""

    value: Number
    repeat: Annotated[int, Field(strict=True, ge=1, le=10**8)] = 1


class EarlierWindow(GrownValue):
    """What an earlier window, or several of them in one sum, came to. Needed by rules over several windows."""

    later: ClassVar[frozenset[str]] = frozenset({"starts_on"})

    windows: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    outcome: Literal["met", "breach"] | None = None
    credit_amount: Exact | None = None
    fee_amount: Exact | None = None
    starts_on: Day | None = Field(default=None, description="Its first local day, for a cap per year.")


class Facts(GrownValue):
    """The facts that do not depend on how a source hands them over."""

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "given",
            "lengths",
            "cells",
            "probes",
            "components_in_use",
            "population",
            "used_until",
            "allowance_used_seconds",
            "buckets",
            "failed_attempts",
            "events",
            "samples",
            "failed_parts",
            "quantities",
            "fees",
            "earlier",
            "carried_amount",
            "holidays",
            "claim",
        }
    )

    given: tuple[GivenFigure, ...] = Field(default=(), max_length=50)
    lengths: tuple[OutageLength, ...] = Field(default=(), max_length=MAX_ROWS)
    cells: tuple[Cells, ...] = Field(default=(), max_length=MAX_ROWS)
    probes: Probes | None = None
    components_in_use: tuple[Name, ...] = Field(
        default=(),
        max_length=200,
        description="The components that this customer uses, for component_rule all.",
    )
    population: Count | None = Field(default=None, description="All users, for weights by affected users.")
    used_until: Instant | None = Field(
        default=None, description="Instant of the last paid claim: downtime before it has been used."
    )
    allowance_used_seconds: dict[Name, Count] = Field(
        default={},
        max_length=20,
        description="By kind of exclusion: what earlier windows used of an allowance.",
    )
    buckets: tuple[BucketRun, ...] = Field(default=(), max_length=MAX_ROWS)
    failed_attempts: tuple[Attempts, ...] = Field(
        default=(), max_length=10_000, description="Repeated requests that failed, for a retry filter."
    )
    events: tuple[Event, ...] = Field(default=(), max_length=MAX_ROWS)
    samples: tuple[Sample, ...] = Field(default=(), max_length=MAX_ROWS)
    failed_parts: tuple[Name, ...] = Field(default=(), max_length=1000)
    quantities: dict[Name, Exact] = Field(
        default={}, max_length=100, description="Numbers that a factor, a ratio or a formula names."
    )
    fees: dict[Name, Amount] = Field(
        default={}, max_length=100, description="Fees by name, in the contract's currency: parts of a base."
    )
    earlier: tuple[EarlierWindow, ...] = Field(
        default=(), max_length=1000, description="Earlier windows, oldest first."
    )
    carried_amount: Exact | None = Field(
        default=None, description="Credit that the last receiving invoice had no room for."
    )
    holidays: tuple[Day, ...] = Field(
        default=(), max_length=2000, description="Holidays besides those that the terms name."
    )
    claim: ClaimFacts | None = Field(default=None, description="Dates and conditions of a claim.")


class AssessmentInputs(Facts):
    """The facts of one service in one window, as they were known at `known_at`.

    Hand over every interval that overlaps or adjoins the window whole, never clipped: a length may be tested
    before clipping. Intervals and daily seconds of one source exclude each other.
    """

    window_start: Instant
    window_end: Instant
    known_at: Instant
    service: Name
    existed_from: Instant | None = None
    existed_until: Instant | None = None
    coverage: tuple[KnownTime, ...] = Field(default=(), max_length=MAX_ROWS)
    intervals: tuple[Interval, ...] = Field(default=(), max_length=MAX_ROWS)
    seconds: tuple[DaySeconds, ...] = Field(default=(), max_length=MAX_ROWS)
    exclusions: tuple[ExcludedTime, ...] = Field(default=(), max_length=MAX_ROWS)
    fee: Annotated[Fee | None, Field()] = None

    @model_validator(mode="after")
    def _times_are_in_order(self) -> Self:
        if self.window_end <= self.window_start:
            raise ValueError("window_end is not after window_start")
        if self.existed_from and self.existed_until and self.existed_until <= self.existed_from:
            raise ValueError("existed_until is not after existed_from")
        return self

    def document(self) -> dict[str, Any]:
        """The inputs as plain JSON values, in canonical spelling."""
        plain: dict[str, Any] = canonical_object(self.model_dump())
        return plain

    def canonical(self) -> bytes:
        """The canonical bytes."""
        return canonical_json(self.model_dump())

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes."""
        return sha256_hex(self.canonical())
