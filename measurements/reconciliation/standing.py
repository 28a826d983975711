"""Whether two sources agree about a window, what was decided where they do not, and what still needs an explanation.

The contract says how many seconds of a window may stay unexplained (a tolerance per source). A line on which the
sources differ is explained by a decision that names the accepted figure and why. What then remains of the line is how
far the contract's source is from the accepted figure: a result is never final on another figure than the accepted one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from contracts.models import Commitment
from measurements.bases import sources_of
from measurements.errors import DifferenceUnexplained, NotComparable
from measurements.models import DifferenceDecision, DifferenceTolerance, Source
from measurements.reading import Clause, clauses_of
from measurements.reconciliation.figures import Figures, figures_of
from reckoning.money import round_fraction
from reckoning.timeline import Window

WHOLE = DifferenceDecision.WHOLE_WINDOW


@dataclass(frozen=True)
class Line:
    """One day (UTC) on which any of the two tells of downtime. Exact seconds; the difference is contract's less
    other's. ``decision`` is the last word on it, and holds while the other source says what it said then."""

    key: str
    contractual_seconds: Fraction
    other_seconds: Fraction
    contractual_names: tuple[str, ...]
    other_names: tuple[str, ...]
    decision: DifferenceDecision | None = None

    @property
    def difference(self) -> Fraction:
        """What the contract's source has more; negative where it has less."""
        return self.contractual_seconds - self.other_seconds

    @property
    def holds(self) -> bool:
        """Whether the decision is about what the other source says now."""
        return self.decision is not None and _micro(self.other_seconds) == self.decision.other_seconds

    @property
    def remaining(self) -> Fraction:
        """What nobody has explained, in seconds, never negative."""
        return _remaining(self.contractual_seconds, self.other_seconds, self.decision if self.holds else None)

    @property
    def suggestion(self) -> str:
        """The category that the two accounts suggest; a person decides."""
        if not self.contractual_seconds or not self.other_seconds:
            shared = set(self.contractual_names) & set(self.other_names)
            return DifferenceDecision.Category.DATE_SHIFT if shared else DifferenceDecision.Category.ONE_SIDED
        if abs(self.difference) < 1:
            return DifferenceDecision.Category.ROUNDING
        return DifferenceDecision.Category.LENGTH


@dataclass(frozen=True)
class Compared:
    """The contract's source and another one over a window. Days that either does not know are in no line;
    ``contractual_alone`` is the downtime that the contract's source has on days of which the other knows nothing."""

    source: Source
    contractual: Source
    tolerance: int | None
    lines: tuple[Line, ...]
    contractual_alone: Fraction
    days_compared: int
    days: int
    decision: DifferenceDecision | None = None

    @property
    def contractual_seconds(self) -> Fraction:
        """What the contract's source gives on the days that both know."""
        return sum((one.contractual_seconds for one in self.lines), Fraction(0))

    @property
    def other_seconds(self) -> Fraction:
        """What the other gives on them."""
        return sum((one.other_seconds for one in self.lines), Fraction(0))

    @property
    def difference(self) -> Fraction:
        """The sum of the lines' differences, exactly."""
        return self.contractual_seconds - self.other_seconds

    @property
    def holds(self) -> bool:
        """Whether the decision on the whole window is about what the other source says now."""
        return self.decision is not None and _micro(self.other_seconds) == self.decision.other_seconds

    @property
    def unexplained(self) -> Fraction:
        """Seconds that nobody has explained: minutes that hide each other on two days are both counted."""
        if self.holds:
            return _remaining(self.contractual_seconds, self.other_seconds, self.decision)
        return sum((one.remaining for one in self.lines), Fraction(0))

    @property
    def blocks(self) -> bool:
        """Whether the result may not become final: strictly more than the tolerance is unexplained."""
        return self.tolerance is not None and self.unexplained > self.tolerance

    @property
    def silent(self) -> bool:
        """Whether there is no day that both know."""
        return self.days_compared == 0


@dataclass(frozen=True)
class Standing:
    """How a window of a commitment stands between its sources."""

    commitment: Commitment
    window: Window
    known_at: datetime
    contractual: Figures
    compared: tuple[Compared, ...]

    def compared_with(self, source: Source) -> Compared | None:
        """The comparison with one source; None where it was not asked for."""
        return next((one for one in self.compared if one.source.pk == source.pk), None)

    @property
    def blocking(self) -> tuple[Compared, ...]:
        """Those that keep the result from becoming final."""
        return tuple(one for one in self.compared if one.blocks)


def standing_of(
    commitment: Commitment, window: Window, known_at: datetime, *, sources: Iterable[Source] | None = None
) -> Standing:
    """Compare the contract's source with ``sources``: those that the contract tolerates a difference to, if not given.

    Raises NotComparable where the terms measure what has no downtime by day.
    """
    [clause] = clauses_of([commitment])
    tolerances = tolerances_of([commitment], window.start, known_at)
    wanted = list(sources) if sources is not None else [row.source for row in tolerances]
    return _standing(clause, window, known_at, wanted, tolerances)


def unexplained_of(
    commitments: Sequence[Commitment], window: Window, known_at: datetime
) -> dict[int, DifferenceUnexplained]:
    """The commitments whose result may not become final, by key, each with the error that says why.

    All are of one contract. Costs one query where the contract tolerates no difference to any source, which means
    that nothing is compared.
    """
    tolerances = tolerances_of(commitments, window.start, known_at)
    if not tolerances:
        return {}
    found: dict[int, DifferenceUnexplained] = {}
    for clause in clauses_of(commitments):
        sources = [row.source for row in tolerances]
        try:
            standing = _standing(clause, window, known_at, sources, tolerances)
        except NotComparable:
            # What cannot be set side by side is not blocked by it; the page says that it is not compared.
            continue
        if standing.blocking:
            found[clause.commitment.pk] = _error(standing)
    return found


def require_explained(commitment: Commitment, window: Window, known_at: datetime) -> None:
    """Raise DifferenceUnexplained where the sources differ by more than the contract tolerates."""
    for error in unexplained_of([commitment], window, known_at).values():
        raise error


def tolerances_of(
    commitments: Sequence[Commitment], window_start: datetime, known_at: datetime
) -> list[DifferenceTolerance]:
    """The tolerances in force at ``known_at`` for windows that begin at ``window_start``, by source."""
    contracts = {commitment.version.contract_id for commitment in commitments}
    rows = (
        DifferenceTolerance.objects.filter(contract__in=contracts, set_at__lte=known_at)
        .order_by("contract_id", "source_id", "-set_at")
        .distinct("contract_id", "source_id")
        .select_related("source")
    )
    return [row for row in rows if row.seconds is not None and row.windows_from <= window_start]


def _standing(
    clause: Clause,
    window: Window,
    known_at: datetime,
    sources: Sequence[Source],
    tolerances: Sequence[DifferenceTolerance],
) -> Standing:
    bound = sources_of([clause])[clause.commitment.pk]
    ours = figures_of(clause, bound, window, known_at)
    allowed = {row.source_id: row.seconds for row in tolerances}
    decided = _decisions(clause.commitment, window, known_at)
    compared = tuple(
        _compare(
            ours,
            figures_of(clause, source, window, known_at),
            allowed.get(source.pk),
            decided.get(source.pk, {}),
        )
        for source in sources
        if source.pk != bound.pk
    )
    return Standing(clause.commitment, window, known_at, ours, compared)


def _compare(
    ours: Figures, theirs: Figures, tolerance: int | None, decided: dict[str, DifferenceDecision]
) -> Compared:
    both = ours.known & theirs.known
    lines = tuple(
        Line(
            key=day.isoformat(),
            contractual_seconds=ours.days.get(day, Fraction(0)),
            other_seconds=theirs.days.get(day, Fraction(0)),
            contractual_names=ours.names.get(day, ()),
            other_names=theirs.names.get(day, ()),
            decision=decided.get(day.isoformat()),
        )
        for day in sorted(both)
        if day in ours.days or day in theirs.days
    )
    alone = sum((seconds for day, seconds in ours.days.items() if day not in both), Fraction(0))
    return Compared(
        source=theirs.source,
        contractual=ours.source,
        tolerance=tolerance,
        lines=lines,
        contractual_alone=alone,
        days_compared=len(both),
        days=len(ours.known | theirs.known),
        decision=decided.get(WHOLE),
    )


def _decisions(
    commitment: Commitment, window: Window, known_at: datetime
) -> dict[int, dict[str, DifferenceDecision]]:
    rows = (
        DifferenceDecision.objects.filter(
            commitment=commitment, window_start=window.start, decided_at__lte=known_at
        )
        .select_related("decided_by")
        .order_by("decided_at", "pk")
    )
    found: dict[int, dict[str, DifferenceDecision]] = {}
    for row in rows:
        found.setdefault(row.source_id, {})[row.line] = row
    return found


def _remaining(ours: Fraction, theirs: Fraction, decision: DifferenceDecision | None) -> Fraction:
    if decision is None:
        return abs(ours - theirs)
    # Accepted figures are kept to the microsecond; what is finer is no difference.
    return abs(Fraction(_micro(ours)) - Fraction(decision.accepted_seconds))


def _micro(seconds: Fraction) -> Decimal:
    return round_fraction(seconds, 6, "half_even")


def _error(standing: Standing) -> DifferenceUnexplained:
    one = max(standing.blocking, key=lambda compared: compared.unexplained)
    return DifferenceUnexplained(
        f"sources: {one.contractual.code} and {one.source.code} leave {_micro(one.unexplained).normalize():f} s of "
        f"{standing.commitment} {standing.window.label} unexplained, and the contract tolerates {one.tolerance} s; "
        "say which figure is accepted and why, or correct the source"
    )
