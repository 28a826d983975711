"""Reading of measurements: what was known at a moment, as the pure inputs of a reckoning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.models import Commitment, Contract
from contracts.reading import commitment_terms
from measurements.allowances import used_of_allowances
from measurements.bases import bases_of
from measurements.coverage import watched
from measurements.models import (
    BucketDay,
    EventObservation,
    Exclusion,
    ExclusionDecision,
    HistogramObservation,
    IntervalObservation,
    Payload,
    SecondsObservation,
    Source,
    SourceBinding,
)
from measurements.reading_series import (
    Slot,
    bucket_runs,
    events_of,
    histogram_samples,
    merged_histogram,
    probe_states,
    slots_of,
)
from measurements.resampling import resampled
from reckoning.assessment import AssessmentInputs, DaySeconds, ExcludedTime, Interval, KnownTime
from reckoning.assessment.inputs import Event
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import ErrorRate, UptimeFromIntervals
from reckoning.timeline import from_us

ONE_DAY = timedelta(days=1)
Shape = Source.Shape


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
    if sources is None:
        bases = bases_of(clauses, window_start, window_end, known_at)
        sources = {pk: basis.source for pk, basis in bases.items()}
    known = Knowledge(clauses, sources, window_start, window_end, known_at)
    return {
        clause.commitment.pk: AssessmentInputs(
            window_start=window_start,
            window_end=window_end,
            known_at=known_at,
            service=clause.commitment.service.code,
            existed_from=clause.commitment.service.existed_from,
            existed_until=clause.commitment.service.existed_until,
            allowance_used_seconds=used_of_allowances(
                clause.commitment, clause.terms, window_start, known_at
            ),
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


class Knowledge:
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
        self.of = sources
        shaped: dict[str, list[Clause]] = {}
        for clause in clauses:
            shaped.setdefault(sources[clause.commitment.pk].shape, []).append(clause)
        by_intervals = shaped.get(Shape.INTERVALS, [])
        by_seconds = shaped.get(Shape.DAILY_SECONDS, [])
        self.intervals = self._fetch_intervals(by_intervals, sources) if by_intervals else []
        self.covered = self._fetch_coverage(by_intervals, sources) if by_intervals else {}
        self.seconds = self._fetch_seconds(by_seconds, sources) if by_seconds else {}
        self.slots = self._fetch_slots([*shaped.get(Shape.BUCKETS, []), *shaped.get(Shape.SAMPLES, [])])
        self.events = self._fetch_events(shaped.get(Shape.EVENTS, []))
        self.exclusions = self._fetch_exclusions(clauses)

    def facts_of(self, clause: Clause, source: Source) -> dict[str, object]:
        """The facts of one commitment, under the names of the fields of AssessmentInputs."""
        commitment = clause.commitment
        excluded = self.exclusions.get((commitment.version.contract_id, commitment.service_id), ())
        return self._facts_of_kind(clause, source) | {"exclusions": excluded}

    def _facts_of_kind(self, clause: Clause, source: Source) -> dict[str, object]:
        key = (source.pk, clause.commitment.service_id)
        if source.shape == Shape.DAILY_SECONDS:
            return {"seconds": self.seconds.get(key, ())}
        if source.shape == Shape.BUCKETS:
            indicator = clause.terms.indicator
            interval = indicator.interval_seconds if isinstance(indicator, ErrorRate) else None
            slots = self.slots.get(key, ())
            return {"buckets": bucket_runs(resampled(slots, source.width_seconds or 1, interval, self.start))}
        if source.shape == Shape.EVENTS:
            return {"events": self.events.get(key, ())}
        if source.shape == Shape.HISTOGRAMS:
            told = merged_histogram(*(source, key[1]), self.start, self.end, self.known_at)
            # With values above every bound nobody can tell a figure: it stays a question, as with no values.
            return {"samples": histogram_samples(told) if told and not told.counts[-1] else ()}
        if source.shape == Shape.SAMPLES:
            code = clause.commitment.service.code
            seen = probe_states(self.slots.get(key, ()), source, code, self.start, self.end)
            return {"intervals": seen[0], "coverage": seen[1]}
        components = clause.components
        return {
            "coverage": self.covered.get(key, ()),
            "intervals": tuple(
                interval
                for source_pk, interval in self.intervals
                if source_pk == source.pk and not components.isdisjoint(interval.components)
            ),
        }

    def _fetch_slots(self, clauses: Sequence[Clause]) -> dict[tuple[int, int], list[Slot]]:
        """Buckets of the window, and probes of so far around it that a minimum length can be tested."""
        if not clauses:
            return {}
        least = [reading.minimum_run_seconds for clause in clauses for reading in clause.readings]
        found: dict[tuple[int, int], list[Slot]] = {}
        for shape in (Shape.BUCKETS, Shape.SAMPLES):
            mine = [clause for clause in clauses if self.of[clause.commitment.pk].shape == shape]
            sources = {one.pk: one for clause in mine for one in [self.of[clause.commitment.pk]]}
            widths = [one.width_seconds or 1 for one in sources.values()]
            margin = timedelta(seconds=max([0, *least]) + 2 * max(widths, default=0)) * (
                shape == Shape.SAMPLES
            )
            if mine:
                services = {clause.commitment.service_id for clause in mine}
                found |= slots_of(
                    sources.values(), services, self.start - margin, self.end + margin, self.known_at
                )
        return found

    def _fetch_events(self, clauses: Sequence[Clause]) -> dict[tuple[int, int], tuple[Event, ...]]:
        if not clauses:
            return {}
        sources = {one.pk: one for clause in clauses for one in [self.of[clause.commitment.pk]]}
        services = {clause.commitment.service_id for clause in clauses}
        return events_of(sources.values(), services, self.start, self.end, self.known_at)

    def _fetch_intervals(
        self, clauses: Sequence[Clause], sources: dict[int, Source]
    ) -> list[tuple[int, Interval]]:
        """Incidents that touch the window, whole; and so far around it that a minimum length can be tested.

        An outage that began before the window is long enough as soon as it reaches the minimum before it, so
        that nothing further away can matter.
        """
        least = [reading.minimum_run_seconds for clause in clauses for reading in clause.readings]
        margin = timedelta(seconds=max([0, *least]))
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
    ) -> dict[tuple[int, int], tuple[KnownTime, ...]]:
        """The parts of the window that a source of intervals knows, by source and service."""
        pairs = {
            (source.pk, clause.commitment.service_id): (source, clause.commitment.service_id)
            for clause in clauses
            for source in [sources[clause.commitment.pk]]
        }
        return {
            key: tuple(KnownTime(start=from_us(one.start), end=from_us(one.end)) for one in spans)
            for key, spans in watched(pairs.values(), self.start, self.end, self.known_at).items()
        }

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
    digests = {observation.split(":")[0] for observation in observations} | _behind_series(inputs)
    acts = []
    if digests:
        named = Q()
        for digest in sorted(digests):
            named |= Q(sha256__startswith=digest)
        files = Payload.objects.filter(named).order_by("pk").values_list("imported_by_id", "name")
        acts = [Act(user_id, f"imported {name}") for user_id, name in files]
    proposals = Exclusion.objects.filter(pk__in=[int(one.id) for one in inputs.exclusions]).order_by("pk")
    return acts + [Act(row.proposed_by_id, f"proposed exclusion {row.pk}, {row}") for row in proposals]


def _behind_series(inputs: AssessmentInputs) -> set[str]:
    """The files behind counts, tickets and histograms, which inputs hold without naming them: all that told
    anything of the service in the window."""
    found: set[str] = set()
    if inputs.buckets:
        days = (inputs.window_start.date(), (inputs.window_end - timedelta(microseconds=1)).date())
        rows = BucketDay.objects.filter(series__service__code=inputs.service, day__range=days)
        told = rows.filter(known_at__lte=inputs.known_at)
        found |= set(told.values_list("payload__sha256", flat=True).distinct())
    if inputs.samples:
        histograms = HistogramObservation.objects.filter(
            series__service__code=inputs.service,
            starts_at__gte=inputs.window_start,
            starts_at__lt=inputs.window_end,
            known_at__lte=inputs.known_at,
        )
        found |= set(histograms.values_list("payload__sha256", flat=True).distinct())
    if inputs.events:
        events = EventObservation.objects.filter(
            service__code=inputs.service,
            external_id__in=[one.id for one in inputs.events],
            known_at__lte=inputs.known_at,
        )
        found |= set(events.values_list("payload__sha256", flat=True).distinct())
    return {digest[:16] for digest in found}


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
    return list(SourceBinding.objects.filter(contract=contract, rank=1).values_list("role", flat=True))
