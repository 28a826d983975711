"""Everything that a result depends on besides the terms. The same inputs have the same canonical bytes."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from reckoning.canonical import canonical_json, canonical_object, sha256_hex
from reckoning.fields import Amount, Count, Currency, Flag, Instant, Name, Value
from reckoning.terms.blocks import ExclusionKind

MAX_ROWS = 200_000


class _Stretch(Value):
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

    id: Name
    severity: Name
    components: tuple[Name, ...] = Field(default=(), max_length=1000)
    observation: Name


class DaySeconds(_Stretch):
    """Seconds of outage by class in one UTC day, as a source without times of day reports them."""

    classes: dict[Name, Count]
    incidents: tuple[Name, ...] = Field(default=(), max_length=1000)
    observation: Name


class ExcludedTime(_Stretch):
    """Time that somebody wants left out. It acts only when approved and when a clause allows it."""

    id: Name
    kind: ExclusionKind
    announced_at: Instant | None = None
    approved: Flag


class Fee(Value):
    """The fee of the service for the window, before tax. `lines` names the invoice lines that it sums."""

    amount: Amount
    currency: Currency
    lines: tuple[Name, ...] = Field(default=(), max_length=10_000)


class AssessmentInputs(Value):
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
