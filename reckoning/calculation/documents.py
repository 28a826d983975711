"""The input document of a calculation: windows, and what happened in them. docs/terms/inputs.md shows it."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, JsonValue, ValidationError, model_validator

from reckoning.assessment.inputs import (
    MAX_ROWS,
    DaySeconds,
    ExcludedTime,
    Facts,
    Fee,
    Interval,
    KnownTime,
)
from reckoning.assessment.remedy_facts import RemedyFacts
from reckoning.canonical import canonical_json, sha256_hex
from reckoning.errors import TermsError
from reckoning.fields import Amount, Instant, Name, Slug, Value
from reckoning.terms.faults import fault
from reckoning.terms.paths import faults_of
from reckoning.terms.plain import read_plain

MAX_INPUT_BYTES = 64_000_000


class Outage(Interval):
    """A reported outage. Without severity or components it counts, and it concerns the service as a whole."""

    later: ClassVar[frozenset[str]] = Interval.later

    id: Name = ""
    severity: Name = Field(default="", description="Empty: the first severity that counts as down.")
    observation: Name = Field(default="", description="Empty: named by its position.")


class Exclusion(ExcludedTime):
    """Time that is to be left out."""

    id: Name = Field(default="", description="Empty: named by its position.")


class CommitmentFacts(Facts):
    """What happened to one commitment in one window."""

    service: Name | None = Field(default=None, description="Empty: the first service of the commitment.")
    known_at: Instant | None = Field(default=None, description="Empty: the window's end.")
    existed_from: Instant | None = None
    existed_until: Instant | None = None
    coverage: Literal["whole_window"] | tuple[KnownTime, ...] = Field(
        default=(),
        description="Time in which an outage would have been seen: whole_window, or stretches. Empty: none is "
        "known, and the terms say what becomes of unknown time.",
    )
    outages: tuple[Outage, ...] = Field(default=(), max_length=MAX_ROWS)
    daily_seconds: tuple[DaySeconds, ...] = Field(default=(), max_length=MAX_ROWS)
    exclusions: tuple[Exclusion, ...] = Field(default=(), max_length=MAX_ROWS)
    fee: Amount | Fee | None = Field(
        default=None, description="The fee of the window in the contract's currency, before tax."
    )
    cause: Name | None = Field(default=None, description="Names the incident that several misses share.")


class WindowRef(Value):
    """Which window: by any instant in it, or by both its ends."""

    containing: Name | None = Field(
        default=None, description="A local day (2024-04-10) or an instant within the window."
    )
    start: Name | None = Field(default=None, description="An instant, or local time or day in the zone.")
    end: Name | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.containing is None) == (self.start is None) or (self.start is None) != (self.end is None):
            raise fault("containing", "give either containing, or both start and end")
        return self


class WindowFacts(Value):
    """One window with the facts of its commitments."""

    window: WindowRef
    facts: CommitmentFacts | None = Field(
        default=None, description="The facts, where the terms have one commitment."
    )
    commitments: dict[Slug, CommitmentFacts] = Field(default={}, max_length=200)
    choices: dict[Slug, Slug] = Field(
        default={}, max_length=50, description="By combination: the commitment that the customer chose."
    )

    @model_validator(mode="after")
    def _facts_stand_once(self) -> Self:
        if self.facts is not None and self.commitments:
            raise fault("facts", "stands beside commitments; use one of them")
        return self


class CalculationInput(Value):
    """Everything besides the terms on which a calculation depends."""

    format: Literal["sla-ledger-input/1"] = "sla-ledger-input/1"
    title: Name | None = None
    parameters: dict[Name, JsonValue] = Field(
        default={}, max_length=200, description="Values of the parameters, where the terms are a template."
    )
    windows: Annotated[tuple[WindowFacts, ...], Field(max_length=2000)] = Field(
        default=(), description="In order of time; earlier ones are facts for later ones."
    )
    remedy: dict[Slug, RemedyFacts] = Field(
        default={}, max_length=200, description="By commitment: facts of remedies and rights."
    )

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes."""
        return sha256_hex(canonical_json(self.model_dump()))


def parse_input(source: Any) -> CalculationInput:
    """Read an input document from JSON or YAML (bytes or text), or from plain values.

    Raises TermsError with every fault as (path, sentence).
    """
    if isinstance(source, CalculationInput):
        return source
    plain = source
    if isinstance(source, (bytes, bytearray, str)):
        plain = read_plain(source, max_bytes=MAX_INPUT_BYTES, max_values=5_000_000)
    if not isinstance(plain, dict):
        raise TermsError([("", "is not an object of named values")])
    try:
        return CalculationInput.model_validate(_spread(plain))
    except ValidationError as error:
        raise TermsError(faults_of(error, plain)) from None


def input_json_schema() -> dict[str, Any]:
    """The JSON Schema of an input document."""
    return CalculationInput.model_json_schema(mode="validation")


def _spread(plain: dict[str, Any]) -> dict[str, Any]:
    """A document of a single window may leave the list away."""
    if "windows" in plain or "window" not in plain:
        return plain
    own = ("window", "facts", "commitments", "choices")
    rest = {name: value for name, value in plain.items() if name not in own}
    return {**rest, "windows": [{name: plain[name] for name in own if name in plain}]}
