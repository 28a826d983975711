"""Reading of measurements: what was known at a moment, as the pure inputs of a reckoning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from contracts.models import Commitment, Contract
from contracts.reading import commitment_terms
from measurements.errors import SourceUnbound, WrongShape
from measurements.models import (
    Exclusion,
    ExclusionDecision,
    IntervalObservation,
    Payload,
    SecondsObservation,
    Source,
    SourceBinding,
)
from reckoning.assessment import AssessmentInputs, DaySeconds, ExcludedTime, Interval, KnownTime
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import UptimeFromIntervals

ONE_DAY = timedelta(days=1)


# Inputs of a reckoning -----------------------------------------------------------------------------------


def inputs_for(
    commitment: Commitment, window_start: datetime, window_end: datetime, known_at: datetime
) -> AssessmentInputs:
    """What was known at ``known_at`` about one commitment's service in [window_start, window_end), without fee.

    Raises SourceUnbound, WrongShape.
    """
    return inputs_for_many([commitment], window_start, window_end, known_at)[commitment.pk]


def inputs_for_many(
    commitments: Sequence[Commitment], window_start: datetime, window_end: datetime, known_at: datetime
) -> dict[int, AssessmentInputs]:
    """The inputs of several commitments in one window, by the commitment's key in the database, without fees.

    The number of queries does not depend on the number of commitments. Hand over commitments whose ``service``
    and ``version__contract`` are selected. Raises SourceUnbound, WrongShape.
    """
    return inputs_of_clauses(clauses_of(commitments), window_start, window_end, known_at)


def clauses_of(commitments: Sequence[Commitment]) -> list["Clause"]:
    """Commitments with their terms."""
    return [Clause(one, commitment_terms(one)) for one in commitments]


def inputs_of_clauses(
    clauses: Sequence["Clause"],
    window_start: datetime,
    window_end: datetime,
    known_at: datetime,
    *,
    sources: dict[int, Source] | None = None,
) -> dict[int, AssessmentInputs]:
    """As :func:`inputs_for_many`, for terms that the caller read already.

    ``sources`` by commitment are read instead of those that the contract binds: a result from them is not
    contractual, and their shape must be what the terms read.
    """
    if not clauses:
        return {}
    sources = sources or sources_of(clauses)
    known = _Knowledge(clauses, sources, window_start, window_end, known_at)
    return {
        clause.commitment.pk: AssessmentInputs(
            window_start=window_start,
            window_end=window_end,
            known_at=known_at,
            service=clause.commitment.service.code,
            existed_from=clause.commitment.service.existed_from,
            existed_until=clause.commitment.service.existed_until,
            **known.facts_of(clause, sources[clause.commitment.pk]),
        )
        for clause in clauses
    }


@dataclass(frozen=True)
class Clause:
    """A commitment with its terms."""

    commitment: Commitment
    terms: CommitmentTerms

    @property
    def reads_intervals(self) -> bool:
        """Whether it is measured by intervals, and not by daily seconds."""
        return isinstance(self.terms.indicator, UptimeFromIntervals)

    @property
    def readings(self) -> list[UptimeFromIntervals]:
        """The chosen reading of the indicator and the others, as far as they read intervals."""
        every = [self.terms, *(terms for _, terms in self.terms.alternatives)]
        return [terms.indicator for terms in every if isinstance(terms.indicator, UptimeFromIntervals)]

    @property
    def components(self) -> set[str]:
        """The codes of which an incident must name one, in any reading."""
        found: set[str] = set()
        for indicator in self.readings:
            found |= set(indicator.down_components) or {self.commitment.service.code}
        return found


def sources_of(clauses: Sequence[Clause]) -> dict[int, Source]:
    """The source that plays the role of each clause, by commitment. Raises SourceUnbound, WrongShape."""
    contracts = {clause.commitment.version.contract_id for clause in clauses}
    bindings = SourceBinding.objects.filter(contract__in=contracts).select_related("source")
    played = {(binding.contract_id, binding.role): binding.source for binding in bindings}
    found: dict[int, Source] = {}
    for clause in clauses:
        contract = clause.commitment.version.contract
        source = played.get((contract.pk, clause.terms.source_role))
        if source is None:
            raise SourceUnbound(
                f"source_role: no source plays {clause.terms.source_role!r} for {contract.reference}; "
                "bind one to it"
            )
        needed = Source.Shape.INTERVALS if clause.reads_intervals else Source.Shape.DAILY_SECONDS
        if source.shape != needed:
            raise WrongShape(
                f"source_role: {source.code} plays {clause.terms.source_role!r} for {contract.reference} and "
                f"reports {source.get_shape_display().lower()}, but the terms read {needed.label.lower()}"
            )
        found[clause.commitment.pk] = source
    return found


class _Knowledge:
    """Everything that concerns some commitments in one window, fetched at once."""

    def __init__(
        self,
        clauses: Sequence[Clause],
        sources: dict[int, Source],
        window_start: datetime,
        window_end: datetime,
        known_at: datetime,
    ) -> None:
        self.start, self.end, self.known_at = window_start, window_end, known_at
        by_intervals = [clause for clause in clauses if clause.reads_intervals]
        by_seconds = [clause for clause in clauses if not clause.reads_intervals]
        self.intervals = self._fetch_intervals(by_intervals, sources) if by_intervals else []
        self.covered = self._fetch_coverage(by_intervals, sources) if by_intervals else {}
        self.seconds = self._fetch_seconds(by_seconds, sources) if by_seconds else {}
        self.exclusions = self._fetch_exclusions(clauses)

    def facts_of(self, clause: Clause, source: Source) -> dict[str, object]:
        """The facts of one commitment, under the names of the fields of AssessmentInputs."""
        commitment = clause.commitment
        excluded = self.exclusions.get((commitment.version.contract_id, commitment.service_id), ())
        if not clause.reads_intervals:
            return {
                "seconds": self.seconds.get((source.pk, commitment.service_id), ()),
                "exclusions": excluded,
            }
        components = clause.components
        return {
            "coverage": self.covered.get(source.pk, ()),
            "intervals": tuple(
                interval
                for source_pk, interval in self.intervals
                if source_pk == source.pk and not components.isdisjoint(interval.components)
            ),
            "exclusions": excluded,
        }

    def _fetch_intervals(
        self, clauses: Sequence[Clause], sources: dict[int, Source]
    ) -> list[tuple[int, Interval]]:
        """Incidents that touch the window, whole; and so far around it that a minimum length can be tested.

        An outage that began before the window is long enough as soon as it reaches the minimum before it, so
        that nothing further away can matter.
        """
        margin = timedelta(
            seconds=max(reading.minimum_run_seconds for clause in clauses for reading in clause.readings)
        )
        near = DateTimeTZRange(self.start - margin, self.end + margin, "[]")
        components = set[str]().union(*(clause.components for clause in clauses))
        rows = latest_intervals(self.known_at).filter(
            Q(during__overlap=near) | Q(during__adjacent_to=near),
            source__in={sources[clause.commitment.pk].pk for clause in clauses},
            components__overlap=sorted(components),
        )
        return [
            (row.source_id, _interval(row))
            for row in rows.select_related("payload").defer("payload__content")
        ]

    def _fetch_coverage(
        self, clauses: Sequence[Clause], sources: dict[int, Source]
    ) -> dict[int, tuple[KnownTime, ...]]:
        """For each source of intervals the part of the window that it knows: one stretch or none."""
        wanted = {source.pk: source for clause in clauses for source in [sources[clause.commitment.pk]]}
        rows = Payload.objects.filter(
            source__in=wanted, known_at__lte=self.known_at, covers_until__isnull=False
        )
        found: dict[int, tuple[KnownTime, ...]] = {}
        for pk, until in rows.order_by().values_list("source").annotate(until=Max("covers_until")):
            begins = wanted[pk].covers_from
            if begins is None:
                continue
            start, end = max(begins, self.start), min(until, self.end)
            if start < end:
                found[pk] = (KnownTime(start=start, end=end),)
        return found

    def _fetch_seconds(
        self, clauses: Sequence[Clause], sources: dict[int, Source]
    ) -> dict[tuple[int, int], tuple[DaySeconds, ...]]:
        """The days of the window that a source knows, by source and service."""
        first = self.start.astimezone(UTC).date()
        last = (self.end.astimezone(UTC) - timedelta(microseconds=1)).date()
        rows = (
            SecondsObservation.objects.filter(
                source__in={sources[clause.commitment.pk].pk for clause in clauses},
                service__in={clause.commitment.service_id for clause in clauses},
                day__range=(first, last),
                known_at__lte=self.known_at,
            )
            .order_by("source_id", "service_id", "day", "-known_at")
            .distinct("source_id", "service_id", "day")
            .values_list(
                "source_id",
                "service_id",
                "day",
                "partial_seconds",
                "major_seconds",
                "incidents",
                "payload__sha256",
                "row_number",
            )
        )
        found: dict[tuple[int, int], list[DaySeconds]] = {}
        for source, service, day, partial, major, incidents, digest, row_number in rows:
            start = datetime.combine(day, time(0), tzinfo=UTC)
            found.setdefault((source, service), []).append(
                DaySeconds(
                    start=start,
                    end=start + ONE_DAY,
                    classes={"partial": partial, "major": major},
                    incidents=tuple(incidents),
                    observation=reference(digest, row_number),
                )
            )
        return {key: tuple(days) for key, days in found.items()}

    def _fetch_exclusions(self, clauses: Sequence[Clause]) -> dict[tuple[int, int], tuple[ExcludedTime, ...]]:
        """What was proposed and touches the window, by contract and service; approved or not yet, or refused."""
        rows = Exclusion.objects.filter(
            contract__in={clause.commitment.version.contract_id for clause in clauses},
            service__in={clause.commitment.service_id for clause in clauses},
            during__overlap=DateTimeTZRange(self.start, self.end, "[)"),
            proposed_at__lte=self.known_at,
        ).annotate(
            approved=Exists(
                ExclusionDecision.objects.filter(
                    exclusion=OuterRef("pk"),
                    verdict=ExclusionDecision.Verdict.APPROVED,
                    decided_at__lte=self.known_at,
                )
            )
        )
        found: dict[tuple[int, int], list[ExcludedTime]] = {}
        for row in rows.order_by("during", "pk"):
            found.setdefault((row.contract_id, row.service_id), []).append(
                ExcludedTime(
                    id=str(row.pk),
                    kind=row.kind,
                    start=row.during.lower,
                    end=row.during.upper,
                    announced_at=row.announced_at,
                    approved=row.approved,
                )
            )
        return {key: tuple(times) for key, times in found.items()}


def _interval(row: IntervalObservation) -> Interval:
    return Interval(
        id=row.external_id,
        start=row.during.lower,
        end=row.during.upper,
        severity=row.severity,
        components=tuple(row.components),
        observation=reference(row.payload.sha256, row.row_number),
    )


# Where an input came from --------------------------------------------------------------------------------


def reference(sha256: str, row_number: int) -> str:
    """How inputs name an observation: the start of its file's hash and the row in it."""
    return f"{sha256[:16]}:{row_number}"


@dataclass(frozen=True)
class Act:
    """Somebody's act that a result rests on."""

    user_id: int
    sentence: str


def acts_behind(inputs: AssessmentInputs) -> list[Act]:
    """Every act of this room that the inputs rest on: files imported, exclusions proposed (rule 20).

    Approving an exclusion is not among them: it does not bar from approving the credit.
    """
    observations = [row.observation for row in inputs.intervals] + [row.observation for row in inputs.seconds]
    digests = {observation.split(":")[0] for observation in observations}
    acts = []
    if digests:
        named = Q()
        for digest in sorted(digests):
            named |= Q(sha256__startswith=digest)
        files = Payload.objects.filter(named).order_by("pk").values_list("imported_by_id", "name")
        acts = [Act(user_id, f"imported {name}") for user_id, name in files]
    proposals = Exclusion.objects.filter(pk__in=[int(one.id) for one in inputs.exclusions]).order_by("pk")
    return acts + [Act(row.proposed_by_id, f"proposed exclusion {row.pk}, {row}") for row in proposals]


# What was known ------------------------------------------------------------------------------------------


def latest_intervals(known_at: datetime) -> QuerySet[IntervalObservation]:
    """The newest account of every incident as of ``known_at``, without those taken back; in order of time."""
    newer = IntervalObservation.objects.filter(
        source=OuterRef("source"),
        external_id=OuterRef("external_id"),
        known_at__gt=OuterRef("known_at"),
        known_at__lte=known_at,
    )
    rows = IntervalObservation.objects.filter(~Exists(newer), known_at__lte=known_at, withdrawn=False)
    return rows.order_by("during", "external_id")


def known_intervals(source: Source, known_at: datetime) -> QuerySet[IntervalObservation]:
    """What ``source`` reported up to ``known_at``, each incident by its newest account."""
    return latest_intervals(known_at).filter(source=source)


def roles_played(contract: Contract) -> list[str]:
    """The roles that a source plays for a contract; legal's linter asks."""
    return list(SourceBinding.objects.filter(contract=contract).values_list("role", flat=True))
