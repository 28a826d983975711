"""What was known about some services over a long stretch of the past, read once and cut into windows.

The reading of one window is :func:`measurements.reading.inputs_of_clauses`; this one gives the same facts for as many
windows as are asked for, with a number of queries that grows neither with the windows nor with the clauses. So terms
that nobody signed can be reckoned on what was measured (``credits.whatif``). A test holds the two to each other.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db.models import Max

from contracts.models import Commitment, Contract, ContractVersion, Service
from measurements.allowances import begins_of_allowances, used_from
from measurements.bases import READS, Shape, first_that_speaks
from measurements.errors import SourceUnbound, WrongShape
from measurements.models import (
    BucketDaySum,
    EventObservation,
    HistogramObservation,
    Payload,
    Source,
    SourceBinding,
)
from measurements.reading import Clause, Knowledge
from measurements.reading_series import bucket_runs, histogram_samples, probe_states
from measurements.resampling import resampled
from reckoning.assessment import AssessmentInputs, KnownTime
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import ErrorRate
from reckoning.timeline import Span, from_us, to_us
from reckoning.timeline.histograms import Histogram, merge_histograms
from reckoning.timeline.spans import clip

Key = tuple[int, int]  # source, service
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """A clause of some terms on one service, with the zone of its windows. It need not be signed, nor kept."""

    terms: CommitmentTerms
    service: Service
    zone: str


class Past:
    """Everything known at ``known_at`` that clauses of one contract read, in [start, end).

    Give :meth:`inputs` windows inside of it only.
    """

    def __init__(
        self, contract: Contract, asked: Sequence[Asked], start: datetime, end: datetime, known_at: datetime
    ) -> None:
        begins = [begins_of_allowances(one.terms, start, one.zone) for one in asked]
        self.start, self.end, self.known_at = min([start, *begins]), end, known_at
        self._bound = _bindings(contract)
        version = ContractVersion(contract=contract)
        self._clauses: dict[tuple[int, int], tuple[Clause, Source]] = {}
        sources: dict[int, Source] = {}
        several: set[Key] = set()
        for number, one in enumerate(asked):
            told = self._readable(one)
            for rank, source in enumerate(told):
                # A row for the reading only: its negative key is nobody's.
                pk = -(1 + len(sources))
                row = Commitment(pk=pk, version=version, key=one.terms.key, service=one.service)
                sources[pk] = source
                self._clauses[number, rank] = (Clause(row, one.terms), source)
                if len(told) > 1:
                    several.add((source.pk, one.service.pk))
        self._numbers = {id(one): number for number, one in enumerate(asked)}
        self._asked = tuple(asked)
        clauses = [clause for clause, _ in self._clauses.values()]
        self._known = Knowledge(clauses, sources, self.start, end, known_at)
        used = {source.pk: source for source in sources.values()}
        self._histograms = self._fetch_histograms(used.values(), clauses)
        self._spoke = self._fetch_spoke(used, several)
        self._listed = self._fetch_listed(used.values())

    def inputs(self, one: Asked, window_start: datetime, window_end: datetime) -> AssessmentInputs:
        """The facts of a window without fee, as the product reads them. Raises SourceUnbound, WrongShape."""
        source, rank = self._source(one, window_start, window_end)
        clause, _ = self._clauses[self._numbers[id(one)], rank]
        excluded = self._exclusions(clause)
        return AssessmentInputs(
            window_start=window_start,
            window_end=window_end,
            known_at=self.known_at,
            service=one.service.code,
            existed_from=one.service.existed_from,
            existed_until=one.service.existed_until,
            allowance_used_seconds=used_from(one.terms, one.zone, window_start, excluded),
            exclusions=tuple(row for row in excluded if row.start < window_end and row.end > window_start),
            **self._facts(clause, source, window_start, window_end),
        )

    def was_listed(self, one: Asked, window_end: datetime) -> bool:
        """Whether a source that plays the role delivered anything after the window had ended."""
        bound = self._bound.get(one.terms.source_role, ())
        return any(self._listed.get(source.pk, window_end - ONE_DAY) >= window_end for source in bound)

    # Which source -------------------------------------------------------------------------------------------

    def _readable(self, one: Asked) -> list[Source]:
        """The sources of a clause in order of rank; none where one of them has a shape that it cannot read."""
        needed = READS.get(type(one.terms.indicator), tuple(Shape))
        bound = self._bound.get(one.terms.source_role, [])
        return bound if all(source.shape in needed for source in bound) else []

    def _source(self, one: Asked, start: datetime, end: datetime) -> tuple[Source, int]:
        bound = self._bound.get(one.terms.source_role)
        if not bound:
            raise SourceUnbound(f"source_role: no source plays {one.terms.source_role!r}; bind one to it")
        told = self._readable(one)
        if not told:
            needed = READS.get(type(one.terms.indicator), tuple(Shape))
            wanted = " or ".join(str(shape.label).lower() for shape in needed)
            have = ", ".join(f"{source.code} ({source.get_shape_display().lower()})" for source in bound)
            raise WrongShape(
                f"source_role: these terms read {wanted}, but {one.terms.source_role!r} is played by {have}"
            )
        speaks = (
            [self._speaks(source, one.service.pk, start, end) for source in told] if len(told) > 1 else []
        )
        rank = first_that_speaks(speaks)
        return told[rank], rank

    def _speaks(self, source: Source, service: int, start: datetime, end: datetime) -> bool:
        key = (source.pk, service)
        if source.shape == Shape.INTERVALS:
            return bool(clip(self._spans(key), Span(to_us(start), to_us(end))))
        if source.shape == Shape.DAILY_SECONDS:
            return bool(self._seconds(key, start, end))
        told = self._spoke.get(key, [])
        if source.shape in (Shape.BUCKETS, Shape.SAMPLES):
            first, last = _days(start, end)
            return any(first <= day <= last for day in told)
        return any(start <= at < end for at in told)

    # What it says -------------------------------------------------------------------------------------------

    def _facts(self, clause: Clause, source: Source, start: datetime, end: datetime) -> dict[str, object]:
        key = (source.pk, clause.commitment.service_id)
        match source.shape:
            case Shape.DAILY_SECONDS:
                return {"seconds": self._seconds(key, start, end)}
            case Shape.BUCKETS:
                indicator = clause.terms.indicator
                interval = indicator.interval_seconds if isinstance(indicator, ErrorRate) else None
                slots = self._slots(key, start, end)
                return {"buckets": bucket_runs(resampled(slots, source.width_seconds or 1, interval, start))}
            case Shape.EVENTS:
                told = self._known.events.get(key, ())
                return {"events": tuple(one for one in told if one.at and start <= one.at < end)}
            case Shape.HISTOGRAMS:
                rows = [row for at, row in self._histograms.get(key, ()) if start <= at < end]
                whole = merge_histograms(rows) if rows else None
                return {"samples": histogram_samples(whole) if whole and not whole.counts[-1] else ()}
            case Shape.SAMPLES:
                least = max([0, *(reading.minimum_run_seconds for reading in clause.readings)])
                margin = timedelta(seconds=least + 2 * (source.width_seconds or 1))
                slots = self._slots(key, start - margin, end + margin)
                seen = probe_states(slots, source, clause.commitment.service.code, start, end)
                return {"intervals": seen[0], "coverage": seen[1]}
        return self._intervals(clause, source, start, end)

    def _intervals(self, clause: Clause, source: Source, start: datetime, end: datetime) -> dict[str, object]:
        least = max([0, *(reading.minimum_run_seconds for reading in clause.readings)])
        near, far = start - timedelta(seconds=least), end + timedelta(seconds=least)
        components = clause.components
        window = Span(to_us(start), to_us(end))
        spans = clip(self._spans((source.pk, clause.commitment.service_id)), window)
        return {
            "coverage": tuple(KnownTime(start=from_us(one.start), end=from_us(one.end)) for one in spans),
            "intervals": tuple(
                interval
                for source_pk, interval in self._known.intervals
                if source_pk == source.pk
                and interval.start <= far
                and interval.end >= near
                and not components.isdisjoint(interval.components)
            ),
        }

    def _spans(self, key: Key) -> list[Span]:
        return [Span(to_us(one.start), to_us(one.end)) for one in self._known.covered.get(key, ())]

    def _seconds(self, key: Key, start: datetime, end: datetime) -> tuple[Any, ...]:
        """Days of UTC that the window touches."""
        rows = self._known.seconds.get(key, ())
        first, last = _days(start, end)
        low = bisect_left(rows, first, key=_day_of)
        return rows[low : bisect_left(rows, last + ONE_DAY, key=_day_of)]

    def _slots(self, key: Key, start: datetime, end: datetime) -> list[Any]:
        rows = self._known.slots.get(key, [])
        second = 1_000_000
        first, last = to_us(start) // second, -(-to_us(end) // second)
        return rows[bisect_left(rows, first, key=itemgetter(0)) : bisect_left(rows, last, key=itemgetter(0))]

    def _exclusions(self, clause: Clause) -> tuple[Any, ...]:
        row = clause.commitment
        return self._known.exclusions.get((row.version.contract_id, row.service_id), ())

    # Reading ------------------------------------------------------------------------------------------------

    def _fetch_histograms(
        self, sources: Iterable[Source], clauses: Sequence[Clause]
    ) -> dict[Key, list[tuple[datetime, Histogram]]]:
        mine = [source.pk for source in sources if source.shape == Shape.HISTOGRAMS]
        if not mine:
            return {}
        rows = (
            HistogramObservation.objects.filter(
                series__source__in=mine,
                series__service__in={clause.commitment.service_id for clause in clauses},
                series__segment="",
                starts_at__gte=self.start,
                starts_at__lt=self.end,
                known_at__lte=self.known_at,
            )
            .order_by("series_id", "starts_at", "-known_at")
            .distinct("series_id", "starts_at")
            .values_list("series__source_id", "series__service_id", "starts_at", "bounds", "counts")
        )
        found: dict[Key, list[tuple[datetime, Histogram]]] = {}
        for source, service, at, bounds, counts in rows:
            found.setdefault((source, service), []).append((at, Histogram(tuple(bounds), tuple(counts))))
        return found

    def _fetch_spoke(self, sources: dict[int, Source], several: set[Key]) -> dict[Key, list[Any]]:
        """When those of several sources of a clause told anything, that tell it in series or events."""
        found: dict[Key, list[Any]] = {}
        shapes = {sources[pk].shape for pk, _ in several}
        wanted: dict[str, Any] = {"known_at__lte": self.known_at}
        series = {"series__source__in": {pk for pk, _ in several}} | wanted
        key = ("series__source_id", "series__service_id")
        looked: list[Any] = []
        if shapes & {Shape.BUCKETS, Shape.SAMPLES}:
            days = _days(self.start, self.end)
            looked.append(
                BucketDaySum.objects.filter(day__range=days, slots__gt=0, **series).values_list(*key, "day")
            )
        if Shape.HISTOGRAMS in shapes:
            looked.append(HistogramObservation.objects.filter(**series).values_list(*key, "starts_at"))
        if Shape.EVENTS in shapes:
            rows = EventObservation.objects.filter(source__in={pk for pk, _ in several}, **wanted)
            looked.append(rows.values_list("source_id", "service_id", "opened_at"))
        for query in looked:
            for source, service, at in query.distinct().order_by():
                found.setdefault((source, service), []).append(at)
        return found

    def _fetch_listed(self, sources: Iterable[Source]) -> dict[int, datetime]:
        mine = [source.pk for source in sources if source.shape == Shape.EVENTS]
        if not mine:
            return {}
        rows = Payload.objects.filter(source__in=mine, known_at__lte=self.known_at).order_by()
        return dict(rows.values_list("source_id").annotate(last=Max("retrieved_at")))


def _day_of(row: Any) -> date:
    day: date = row.start.date()
    return day


def _days(start: datetime, end: datetime) -> tuple[date, date]:
    """The first and the last day of UTC that share time with [start, end)."""
    return start.astimezone(UTC).date(), (end.astimezone(UTC) - timedelta(microseconds=1)).date()


def _bindings(contract: Contract) -> dict[str, list[Source]]:
    rows = SourceBinding.objects.filter(contract=contract).select_related("source").order_by("rank")
    played: dict[str, list[Source]] = {}
    for row in rows:
        played.setdefault(row.role, []).append(row.source)
    return played
