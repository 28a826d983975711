"""Which source a result rests on: the authoritative one, or a stand-in for a window in which it is silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from measurements.coverage import watched
from measurements.errors import SourceUnbound, WrongShape
from measurements.models import SecondsObservation, Source, SourceBinding
from measurements.reading_series import silent
from reckoning.terms.indicators import (
    ErrorRate,
    EventsOnTime,
    Quantity,
    UptimeFromIntervals,
    UptimeFromWeightedSeconds,
)

if TYPE_CHECKING:
    from measurements.reading import Clause

Shape = Source.Shape
# The shapes that an indicator can read; one that is not named here is composed of figures and reads what there is.
READS: Mapping[type, tuple[Shape, ...]] = {
    UptimeFromIntervals: (Shape.INTERVALS, Shape.SAMPLES),
    UptimeFromWeightedSeconds: (Shape.DAILY_SECONDS,),
    ErrorRate: (Shape.BUCKETS,),
    EventsOnTime: (Shape.EVENTS,),
    Quantity: (Shape.HISTOGRAMS,),
}


@dataclass(frozen=True)
class Basis:
    """What the inputs of a commitment are read from. Not ``contractual``: the authoritative source was silent in
    the whole window, and another stood in for it. Print ``source.measurement_point`` beside the figure."""

    source: Source
    authoritative: Source
    rank: int

    @property
    def contractual(self) -> bool:
        """Whether the source is the one that the contract makes authoritative."""
        return self.source.pk == self.authoritative.pk

    @property
    def sentence(self) -> str:
        """What to print beside a figure: where it was measured, and whether that is what the contract names."""
        said = f"{self.source.name}, measured at: {self.source.measurement_point}"
        if self.contractual:
            return said
        return f"{said}. Not contractual: {self.authoritative.name} was silent in this window"


def bases_of(
    clauses: Sequence["Clause"], window_start: datetime, window_end: datetime, known_at: datetime
) -> dict[int, Basis]:
    """The basis of each clause, by commitment: the first of its sources, in order of rank, that told anything of its
    service in the window up to ``known_at``; the authoritative one where all are silent.

    Two instruments are never mixed within a window: nobody would have measured the level that came of it. Raises
    SourceUnbound, WrongShape.
    """
    bound = _bindings(clauses)
    several = [(clause, told) for clause in clauses if len(told := bound[clause.commitment.pk]) > 1]
    asked = [(one.source, clause) for clause, told in several for one in told]
    nothing = _silent(asked, window_start, window_end, known_at)
    found = {}
    for clause in clauses:
        told = bound[clause.commitment.pk]
        speaks = [(one.source_id, clause.commitment.service_id) not in nothing for one in told]
        chosen = told[first_that_speaks(speaks)]
        found[clause.commitment.pk] = Basis(chosen.source, told[0].source, chosen.rank)
    return found


def first_that_speaks(speaks: Sequence[bool]) -> int:
    """The place of the first source that told anything; of the authoritative one, 0, where none did."""
    return next((at for at, told in enumerate(speaks) if told), 0)


def sources_of(clauses: Sequence["Clause"]) -> dict[int, Source]:
    """The authoritative source of each clause, by commitment. Raises SourceUnbound, WrongShape."""
    return {pk: told[0].source for pk, told in _bindings(clauses).items()}


def _bindings(clauses: Sequence["Clause"]) -> dict[int, list[SourceBinding]]:
    contracts = {clause.commitment.version.contract_id for clause in clauses}
    rows = SourceBinding.objects.filter(contract__in=contracts).select_related("source").order_by("rank")
    played: dict[tuple[int, str], list[SourceBinding]] = {}
    for row in rows:
        played.setdefault((row.contract_id, row.role), []).append(row)
    found: dict[int, list[SourceBinding]] = {}
    for clause in clauses:
        contract = clause.commitment.version.contract
        told = played.get((contract.pk, clause.terms.source_role))
        if told is None:
            raise SourceUnbound(
                f"source_role: no source plays {clause.terms.source_role!r} for {contract.reference}; "
                "bind one to it"
            )
        needed = READS.get(type(clause.terms.indicator), tuple(Shape))
        for one in told:
            if one.source.shape not in needed:
                raise WrongShape(
                    f"source_role: {one.source.code} plays {clause.terms.source_role!r} for {contract.reference} "
                    f"and reports {one.source.get_shape_display().lower()}, but the terms read "
                    + " or ".join(str(shape.label).lower() for shape in needed)
                )
        found[clause.commitment.pk] = told
    return found


def _silent(
    asked: Sequence[tuple[Source, "Clause"]], start: datetime, end: datetime, known_at: datetime
) -> set[tuple[int, int]]:
    """Those (source, service) that knew nothing of the window."""
    if not asked:
        return set()
    pairs = [(source, clause.commitment.service_id) for source, clause in asked]
    listed = [(source, service) for source, service in pairs if source.shape == Shape.INTERVALS]
    daily = [(source, service) for source, service in pairs if source.shape == Shape.DAILY_SECONDS]
    nothing: set[tuple[int, int]] = set()
    if listed:
        seen = watched(listed, start, end, known_at)
        nothing |= {(source.pk, service) for source, service in listed if not seen.get((source.pk, service))}
    if daily:
        last = (end.astimezone(UTC) - timedelta(microseconds=1)).date()
        told = set(
            SecondsObservation.objects.filter(
                source__in={source.pk for source, _ in daily},
                day__range=(start.astimezone(UTC).date(), last),
                known_at__lte=known_at,
            ).values_list("source_id", "service_id")
        )
        nothing |= {(source.pk, service) for source, service in daily} - told
    others = [pair for pair in pairs if pair not in listed and pair not in daily]
    return nothing | (silent(others, start, end, known_at) if others else set())
