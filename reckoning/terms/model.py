"""The terms of a contract as one typed, immutable document."""

from copy import deepcopy
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, JsonValue, ValidationError, model_validator

from reckoning.canonical import canonical_json, canonical_object
from reckoning.errors import TermsError
from reckoning.fields import EVERY_FIELD, Currency, Day, GrownValue, Name, Percent, Slug, Text, Value, Zone
from reckoning.terms.blocks import (
    AmountRounding,
    Band,
    Cap,
    ClaimTerms,
    Combination,
    ExclusionTerms,
    FeeBase,
    LevelRounding,
    Limit,
    MinimumPayout,
    WindowTerms,
)
from reckoning.terms.calendars import CalendarTerms
from reckoning.terms.faults import fault
from reckoning.terms.indicators import (
    TIMED,
    Composite,
    ErrorRate,
    EventsOnTime,
    FormulaIndicator,
    Indicator,
    Quantity,
    UptimeFromIntervals,
    UptimeFromWeightedSeconds,
    WeightedParts,
)
from reckoning.terms.origin import FilledFrom
from reckoning.terms.paths import faults_of, replace_at
from reckoning.terms.remedy import RemedyTerms
from reckoning.terms.schedules import Schedule

# An alternative is reckoned on the inputs of the chosen reading, so it may not change what those inputs are.
_LATER_KINDS = (ErrorRate, EventsOnTime, Quantity, WeightedParts, Composite, FormulaIndicator)
_FIXED_IN_ALTERNATIVES = ("key", "title", "services", "source_role", "window", "readings", "cut_off_days")


class Alternative(Value):
    """Another way to read the text: what would be replaced in the commitment."""

    name: Name
    set: dict[Name, JsonValue] = Field(
        min_length=1,
        max_length=20,
        description='New values by path, for example "indicator.weights.partial".',
    )


class Reading(Value):
    """An ambiguity, how it was read, by whom, when and why (rule 11)."""

    name: Name
    question: Text
    chosen: Text
    chosen_by: Name
    chosen_on: Day
    why: Text
    alternatives: tuple[Alternative, ...] = Field(default=(), max_length=10)


class CommitmentTerms(GrownValue):
    """One promised level with everything that a miss of it costs."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"service_hours", "limit", "no_base", "bands", "minimum", "remedy"}
    )

    key: Slug = Field(description="Names the commitment for as long as the contract lives.")
    title: Name
    services: tuple[Name, ...] = Field(
        min_length=1, max_length=200, description="Codes of the services, each assessed on its own."
    )
    source_role: Name = Field(description='Whose measurement decides, by role: "independent monitor".')
    indicator: Indicator
    window: WindowTerms
    excluded_time: Literal["removed_from_base", "counted_as_up"] | None = Field(
        default=None, description="Needed where time is measured: what becomes of excluded time."
    )
    unknown_time: Literal["up", "down", "excluded", "carry_last", "escalate"] | None = Field(
        default=None, description="Needed where time is measured: what becomes of time that nobody knows."
    )
    part_life: Literal["shorten_window", "deemed_up"] | None = Field(
        default=None, description="Needed where time is measured: a service that lives for part of a window."
    )
    service_hours: CalendarTerms | None = Field(
        default=None, description="Time is measured within these hours only. Empty: round the clock."
    )
    exclusions: tuple[ExclusionTerms, ...] = Field(default=(), max_length=20)
    target_percent: Percent | None = Field(
        default=None, description="The level that is promised. Empty: there is none, or `limit` says it."
    )
    target_inclusive: Annotated[bool, Field(strict=True)] = True
    level_rounding: LevelRounding | None = None
    limit: Limit | None = Field(default=None, description="A promise about another figure than the level.")
    no_base: Literal["ask", "met"] = Field(
        default="ask", description="Where nothing can be measured: a person decides, or the promise is kept."
    )
    bands: tuple[Band, ...] = Field(default=(), max_length=10, description="Names for ranges of levels.")
    schedule: Schedule
    fee_base: FeeBase = FeeBase()
    caps: tuple[Cap, ...] = Field(default=(), max_length=10)
    minimum: MinimumPayout | None = None
    rounding: AmountRounding = AmountRounding()
    claim: ClaimTerms
    remedy: RemedyTerms | None = Field(
        default=None, description="Form and life of the credit, and the rights that misses give."
    )
    cut_off_days: Annotated[int, Field(strict=True, ge=0, le=3660)] = Field(
        description="Days after the window's end when results become final."
    )
    readings: tuple[Reading, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _blocks_fit_together(self) -> Self:
        # A commitment that was read before is put into a document as it is, and asked once more.
        if "_fits" not in self.__dict__:
            self._refuse_what_does_not_fit()
            self.__dict__["_fits"] = True
        return self

    def _refuse_what_does_not_fit(self) -> None:
        _refuse_repeats("services", self.services)
        _refuse_repeats("exclusions", [clause.kind for clause in self.exclusions])
        _refuse_repeats("readings", [reading.name for reading in self.readings])
        if isinstance(self.indicator, TIMED):
            for name in ("excluded_time", "unknown_time", "part_life"):
                if getattr(self, name) is None:
                    raise fault(
                        name, f"is missing; {self.indicator.kind} measures time, so the terms must say"
                    )
        if self.service_hours is not None and not isinstance(self.indicator, UptimeFromIntervals):
            raise fault("service_hours", "need intervals, which have a time of day: uptime_from_intervals")
        promised = self.target_percent is not None or self.limit is not None
        if not promised and self.schedule.requires_missed_target and self.schedule.kind != "nothing":
            raise fault(
                "target_percent",
                "is missing: say which level is promised, or a limit; where the schedule alone decides, set "
                "schedule.requires_missed_target to false",
            )
        if self.target_percent is not None and self.limit is not None:
            raise fault("limit", "stands beside target_percent; a commitment promises one of them")
        if self.unknown_time == "carry_last" and isinstance(self.indicator, UptimeFromWeightedSeconds):
            raise fault("unknown_time", "carry_last needs intervals: daily seconds have no last state")
        for number, reading in enumerate(self.readings):
            _refuse_repeats(f"readings.{number}.alternatives", [other.name for other in reading.alternatives])
            for index, alternative in enumerate(reading.alternatives):
                try:
                    with_alternative(self, alternative)
                except TermsError as error:
                    path, sentence = error.findings[0]
                    raise fault(
                        f"readings.{number}.alternatives.{index}.set",
                        f"cannot be applied: {path}: {sentence}",
                    ) from None

    @cached_property
    def alternatives(self) -> tuple[tuple[str, "CommitmentTerms"], ...]:
        """Every alternative of every reading as (name, the commitment under it), computed once."""
        return tuple(
            (f"{reading.name}: {alternative.name}", with_alternative(self, alternative))
            for reading in self.readings
            for alternative in reading.alternatives
        )

    @cached_property
    def is_first_edition(self) -> bool:
        """Whether the commitment uses nothing that came after the first edition of the language.

        Results of such commitments are written as they always were, so that evidence from then still agrees.
        """
        kinds = (self.schedule.kind, self.claim.kind)
        return kinds in (("tiers", "automatic"), ("tiers", "by_deadline")) and not _uses_later(self)

    @cached_property
    def canonical(self) -> bytes:
        """The commitment's canonical bytes, computed once: what is known of one text is known of its equal."""
        return canonical_json(self.model_dump())

    def __copy__(self) -> Self:
        """A copy forgets the alternatives: it may be about to get other fields (model_copy)."""
        copied = super().__copy__()
        copied.__dict__.pop("alternatives", None)
        copied.__dict__.pop("is_first_edition", None)
        copied.__dict__.pop("canonical", None)
        copied.__dict__.pop("_pieces", None)
        copied.__dict__.pop("_fits", None)
        return copied

    def document(self) -> dict[str, Any]:
        """The commitment as plain JSON values, in canonical spelling."""
        plain: dict[str, Any] = canonical_object(self.model_dump())
        return plain


class DatedText(Value):
    """The published text that these terms follow, where there is one."""

    after: Name
    dated: Annotated[str, Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")]
    note: Text


class Terms(GrownValue):
    """A whole terms document. Two equal documents have the same canonical bytes and the same hash."""

    later: ClassVar[frozenset[str]] = frozenset({"combinations", "filled_from"})

    format: Literal["sla-ledger-terms/1"] = "sla-ledger-terms/1"
    title: Name
    currency: Currency
    zone: Zone = Field(description="IANA zone of the contract: edges of windows and days of deadlines.")
    dated_text: DatedText | None = None
    commitments: tuple[CommitmentTerms, ...] = Field(min_length=1, max_length=200)
    filled_from: FilledFrom | None = Field(default=None, description="The template that was filled in.")
    combinations: tuple[Combination, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        keys = [commitment.key for commitment in self.commitments]
        _refuse_repeats("commitments", keys)
        _refuse_repeats("combinations", [combination.name for combination in self.combinations])
        for number, combination in enumerate(self.combinations):
            for index, key in enumerate(combination.commitments):
                if key not in keys:
                    raise fault(
                        f"combinations.{number}.commitments.{index}",
                        f"no commitment has the key {key!r}; there are {', '.join(keys)}",
                    )
        for number, commitment in enumerate(self.commitments):
            indicator = commitment.indicator
            for index, part in enumerate(indicator.of if isinstance(indicator, Composite) else ()):
                other = next((one for one in self.commitments if one.key == part.commitment), None)
                if other is commitment or (other and isinstance(other.indicator, Composite)):
                    raise fault(
                        f"commitments.{number}.indicator.of.{index}.commitment",
                        "is a composite itself; a composite is made of commitments that are measured",
                    )
        return self

    def commitment(self, key: str) -> CommitmentTerms:
        """The commitment of that key. Raises TermsError when there is none."""
        for commitment in self.commitments:
            if commitment.key == key:
                return commitment
        known = ", ".join(commitment.key for commitment in self.commitments)
        raise TermsError([("commitments", f"none has the key {key!r}; there are {known}")])

    def zone_of(self, commitment: CommitmentTerms) -> str:
        """The zone whose midnights are the edges of the commitment's windows."""
        return commitment.window.zone or self.zone

    def document(self) -> dict[str, Any]:
        """The document as plain JSON values, in canonical spelling, every default written out."""
        plain: dict[str, Any] = canonical_object(self.model_dump())
        return plain

    def canonical(self) -> bytes:
        """The bytes that are frozen and hashed at signing; those of each commitment are written once."""
        plain = self.model_dump(exclude={"commitments"})
        parts = {name: canonical_json(value) for name, value in plain.items()}
        parts["commitments"] = b"[%s]" % b",".join(one.canonical for one in self.commitments)
        return b"{%s}" % b",".join(b'"%s":%s' % (name.encode(), parts[name]) for name in sorted(parts))


def with_alternative(commitment: CommitmentTerms, alternative: Alternative) -> CommitmentTerms:
    """The commitment as it would be under another reading, validated anew and without readings of its own.

    Raises TermsError when a path names nothing in the commitment, names something that an alternative may not
    change, or the result is not a valid commitment.
    """
    plain = canonical_object(commitment.model_dump(context=EVERY_FIELD))
    plain["readings"] = []
    for path, value in alternative.set.items():
        if path.split(".")[0] in _FIXED_IN_ALTERNATIVES:
            raise TermsError([(path, "may not differ between readings: the measured inputs depend on it")])
        replace_at(plain, path, deepcopy(value))
    try:
        return CommitmentTerms.model_validate(plain)
    except ValidationError as error:
        raise TermsError(faults_of(error, plain)) from None


def _uses_later(value: Any) -> bool:
    """Whether a value, or any value in it, fills in a field that came later."""
    if isinstance(value, tuple):
        return any(_uses_later(item) for item in value)
    if not isinstance(value, BaseModel):
        return False
    if isinstance(value, _LATER_KINDS):
        return True
    fields = type(value).model_fields
    later = value.later if isinstance(value, GrownValue) else frozenset()
    return any(
        getattr(value, name) != fields[name].default if name in later else _uses_later(getattr(value, name))
        for name in fields
    )


def _refuse_repeats(at: str, values: tuple[str, ...] | list[str]) -> None:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise fault(f"{at}.{index}", f"{value!r} stands there twice; each may stand once")
        seen.add(value)
