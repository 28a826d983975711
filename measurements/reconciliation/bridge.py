"""From the internal figure to the contractual one, in lines that sum exactly.

The internal figure is what we hold ourselves to: the downtime that our own source saw and that was ours, to the
second, nothing excluded, unknown time not counted. Each line changes one thing of the method, in a fixed order, and is
what that change alone moved. The last line arrives at the level that the contract compares. Lost time is the part of
the window by which the level falls short of one: time removed from the base and a rounded level are minutes too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from contracts.models import Commitment
from contracts.reading import terms_of
from measurements.models import Attribution, Source
from measurements.reading import Clause, clauses_of, inputs_for, inputs_of_clauses
from measurements.reconciliation.figures import NO_OUTAGE, clause_for
from reckoning.assessment import AssessmentInputs, reckon
from reckoning.money import round_fraction
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.timeline import Window
from reckoning.timeline.spans import seconds, to_us

# What nobody attributed counts as our own.
CONTROLLABLE = frozenset({Attribution.Party.OWN_FAULT})
ANY_CURRENCY = "EUR"  # no line of a bridge is about money


@dataclass(frozen=True)
class BridgeLine:
    """What one difference of method moves: lost seconds (more is worse), and the level in points of a percent."""

    name: str
    words: str
    lost_seconds: Fraction
    percent_points: Fraction


@dataclass(frozen=True)
class Bridge:
    """Both figures and the lines between them. ``contractual`` is None where the terms leave the level to a person."""

    internal: Fraction
    contractual: Fraction | None
    window_seconds: Fraction
    lines: tuple[BridgeLine, ...]

    @property
    def internal_lost(self) -> Fraction:
        """Lost seconds by the internal method."""
        return (1 - self.internal) * self.window_seconds

    @property
    def contractual_lost(self) -> Fraction | None:
        """Lost seconds by the contract's."""
        return None if self.contractual is None else (1 - self.contractual) * self.window_seconds


@dataclass(frozen=True)
class _Stage:
    name: str
    words: str
    terms: CommitmentTerms
    inputs: AssessmentInputs
    rounded: bool = False


def bridge(
    terms: CommitmentTerms,
    inputs: AssessmentInputs,
    internal_terms: CommitmentTerms,
    internal_inputs: AssessmentInputs,
    attributed: Mapping[str, str],
    *,
    zone: str,
) -> Bridge:
    """The bridge between two readings of one window. Pure.

    ``internal_terms`` say how the internal source is read; ``attributed`` whose each of its incidents was.
    """
    stages = list(_stages(terms, inputs, internal_terms, internal_inputs, attributed))
    window = seconds(to_us(inputs.window_end) - to_us(inputs.window_start))
    levels = [_level(stage, zone) for stage in stages]
    first = levels[0]
    if first is None:
        # Nothing is left to measure over: both figures are empty.
        return Bridge(Fraction(1), None, window, ())
    lines = []
    reached: Fraction | None = first
    for stage, level in zip(stages[1:], levels[1:], strict=True):
        if level is None or reached is None:
            reached = None
            break
        lines.append(BridgeLine(stage.name, stage.words, (reached - level) * window, (level - reached) * 100))
        reached = level
    return Bridge(first, reached, window, tuple(lines))


def _level(stage: _Stage, zone: str) -> Fraction | None:
    level = reckon(stage.terms, stage.inputs, currency=ANY_CURRENCY, terms_sha256="0" * 64, zone=zone).level
    rounding = stage.terms.level_rounding
    if level is None or not stage.rounded or rounding is None:
        return level
    return Fraction(round_fraction(level * 100, rounding.places, rounding.mode)) / 100


def _plain(terms: CommitmentTerms, **changes: object) -> CommitmentTerms:
    """The terms without what the later lines bring in."""
    bare: dict[str, object] = {
        "exclusions": (),
        "unknown_time": "up",
        "readings": (),
        "caps": (),
    }
    return terms.model_copy(update=bare | changes)


def _stages(
    terms: CommitmentTerms,
    inputs: AssessmentInputs,
    internal_terms: CommitmentTerms,
    internal_inputs: AssessmentInputs,
    attributed: Mapping[str, str],
) -> Iterator[_Stage]:
    """Each stage differs from the one before it in one thing; the last one is the contract's own method."""
    bare_inputs = inputs.model_copy(update={"exclusions": ()})
    everything = internal_inputs.model_copy(update={"exclusions": ()})
    ours = tuple(
        one
        for one in everything.intervals
        if attributed.get(one.id, Attribution.Party.OWN_FAULT) in CONTROLLABLE
    )
    internal = _plain(internal_terms, indicator=_open(internal_terms, everything))
    yield _Stage("Internal", "", internal, everything.model_copy(update={"intervals": ours}))
    yield _Stage(
        "Attribution",
        "incidents that were not ours count too: the contract has its own rule",
        internal,
        everything,
    )
    opened = _open(terms, bare_inputs)
    yield _Stage(
        "Source", "the source that the contract makes decisive", _plain(terms, indicator=opened), bare_inputs
    )
    indicator = terms.indicator
    if isinstance(indicator, UptimeFromIntervals):
        counted = UptimeFromIntervals(
            down_severities=indicator.down_severities, down_components=indicator.down_components
        )
        yield _Stage(
            "Severity",
            "only the severities that the terms count as down",
            _plain(terms, indicator=counted),
            bare_inputs,
        )
        tested = counted.model_copy(
            update={
                "minimum_run_seconds": indicator.minimum_run_seconds,
                "minimum_run_strict": indicator.minimum_run_strict,
                "run_order": indicator.run_order,
            }
        )
        yield _Stage(
            "Minimum run",
            "losses that are too short for the terms",
            _plain(terms, indicator=tested),
            bare_inputs,
        )
        if tested != indicator:
            yield _Stage(
                "Units and clocks",
                "grids, grace, weights and clocks of the terms",
                _plain(terms),
                bare_inputs,
            )
    elif isinstance(indicator, UptimeFromWeightedSeconds):
        yield _Stage("Weights", "what a second of each class weighs", _plain(terms), bare_inputs)
    else:
        yield _Stage(
            "Indicator", "the terms measure something else than downtime", _plain(terms), bare_inputs
        )
    yield _Stage(
        "Exclusions",
        "time that the terms exclude",
        _plain(terms, exclusions=terms.exclusions),
        inputs,
    )
    whole = terms.model_copy(update={"readings": (), "caps": ()})
    yield _Stage("Unknown time", "time of which nobody knows, as the terms answer it", whole, inputs)
    yield _Stage("Rounding", "the level is rounded before it is compared", whole, inputs, rounded=True)


def _open(terms: CommitmentTerms, inputs: AssessmentInputs) -> object:
    """The indicator with everything counted alike: each severity but maintenance, each class with weight one."""
    indicator = terms.indicator
    if isinstance(indicator, UptimeFromIntervals):
        told = {one.severity for one in inputs.intervals} - set(NO_OUTAGE) | set(indicator.down_severities)
        return UptimeFromIntervals(
            down_severities=tuple(sorted(told))[:20], down_components=indicator.down_components
        )
    if isinstance(indicator, UptimeFromWeightedSeconds):
        names = {name for one in inputs.seconds for name in one.classes} | set(indicator.weights)
        return UptimeFromWeightedSeconds(weights=dict.fromkeys(sorted(names), 1))
    return indicator


# With the database ---------------------------------------------------------------------------------------


def bridge_for(commitment: Commitment, window: Window, known_at: datetime, internal: Source) -> Bridge:
    """The bridge of a window from what ``internal`` saw to what the contract counts, as known at ``known_at``.

    Raises NotComparable where ``internal`` cannot be read by the terms, SourceUnbound, WrongShape.
    """
    [clause] = clauses_of([commitment])
    read = clause_for(clause, internal)
    [ours] = inputs_of_clauses(
        [read], window.start, window.end, known_at, sources={commitment.pk: internal}
    ).values()
    return bridge(
        clause.terms,
        inputs_for(commitment, window.start, window.end, known_at),
        read.terms,
        ours,
        attributed_by(internal, known_at),
        zone=_zone(clause),
    )


def _zone(clause: Clause) -> str:
    return terms_of(clause.commitment.version).zone


def attributed_by(source: Source, known_at: datetime) -> dict[str, str]:
    """Whose each incident of a source was, by the last word as known at ``known_at``."""
    rows = (
        Attribution.objects.filter(source=source, decided_at__lte=known_at)
        .order_by("external_id", "-decided_at")
        .distinct("external_id")
    )
    return dict(rows.values_list("external_id", "party"))
