"""Reading of series and events as the pure inputs of a reckoning: counts, probes, histograms, tickets."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from measurements.models import BucketDay, BucketDaySum, EventObservation, HistogramObservation, Source
from measurements.packing import unpack
from reckoning.assessment import Interval, KnownTime
from reckoning.assessment.inputs import BucketRun, Event, Pause, Sample
from reckoning.timeline import Span, from_us, to_us
from reckoning.timeline.clocks import clock_of
from reckoning.timeline.histograms import Histogram, merge_histograms, values_of
from reckoning.timeline.states import Seen, states_of_probes

SECOND = 1_000_000
DOWN = "down"  # the severity of what probes saw
Key = tuple[int, int]  # source, service
Slot = tuple[int, int, int, str]  # seconds since 1970, good, bad, the payload's hash


def slots_of(
    sources: Iterable[Source],
    services: Iterable[int],
    start: datetime,
    end: datetime,
    known_at: datetime,
    segment: str = "",
) -> dict[Key, list[Slot]]:
    """Every known slot that begins in [start, end), in order of time, by source and service.

    Of several accounts of a slot the latest up to ``known_at`` holds. Each names its payload by its SHA-256, so that
    any minute leads to what it was read from.
    """
    widths = {one.pk: 1 if one.shape == Source.Shape.SAMPLES else one.width_seconds or 1 for one in sources}
    first, last = to_us(start) // SECOND, -(-to_us(end) // SECOND)
    rows = (
        BucketDay.objects.filter(
            series__source__in=widths,
            series__service__in=set(services),
            series__segment=segment,
            day__range=(_day(first), _day(last - 1)),
            known_at__lte=known_at,
        )
        .order_by("known_at", "payload_id")
        .values_list(
            "series__source_id",
            "series__service_id",
            "day",
            "first_slot",
            "step",
            "slots",
            "counts",
            "good",
            "bad",
            "payload__sha256",
        )
    )
    told: dict[Key, dict[int, tuple[int, int, str]]] = {}
    for source, service, day, first_slot, step, slots, counts, good, bad, digest in rows:
        midnight = (day - date(1970, 1, 1)).days * 86_400
        here = told.setdefault((source, service), {})
        for slot, (is_good, is_bad) in unpack(first_slot, step, slots, counts, good, bad).items():
            at = midnight + slot * widths[source]
            if first <= at < last:
                here[at] = (is_good, is_bad, digest)
    return {key: [(at, *here[at]) for at in sorted(here)] for key, here in told.items()}


def bucket_runs(slots: Sequence[Slot]) -> tuple[BucketRun, ...]:
    """Known buckets as runs of equal ones, in order of time. A bucket that nobody told of is none of them."""
    runs = groupby(slots, key=lambda slot: slot[1:3])
    return tuple(
        BucketRun(repeat=len(list(equal)), requests=good + bad, errors=bad) for (good, bad), equal in runs
    )


def probe_states(
    slots: Sequence[Slot], source: Source, code: str, start: datetime, end: datetime
) -> tuple[tuple[Interval, ...], tuple[KnownTime, ...]]:
    """What probes saw: outages of the severity ``down``, each named by its payload, and the time that is known."""
    width = (source.width_seconds or 1) * SECOND
    down, known = states_of_probes([Seen(at * SECOND, not bad) for at, _, bad, _ in slots], width)
    digests = {at * SECOND: digest for at, _, _, digest in slots}
    intervals = tuple(
        Interval(
            id=f"{source.code}:{code}:{from_us(one.start):%Y-%m-%dT%H:%M:%SZ}",
            start=from_us(one.start),
            end=from_us(one.end),
            severity=DOWN,
            components=(code,),
            observation=f"{digests[one.start][:16]}:0",
        )
        for one in down
    )
    window = Span(to_us(start), to_us(end))
    inside = [Span(max(one.start, window.start), min(one.end, window.end)) for one in known]
    return intervals, tuple(
        KnownTime(start=from_us(one.start), end=from_us(one.end)) for one in inside if one.start < one.end
    )


def events_of(
    sources: Iterable[Source], services: Iterable[int], start: datetime, end: datetime, known_at: datetime
) -> dict[Key, tuple[Event, ...]]:
    """The tickets and deliveries that were opened in [start, end), by their newest accounts as of ``known_at``.

    What is still open has no end: nobody knows yet how long it took. Pauses are handed over as they were, so that a
    clock with business hours can leave out what of them it would not have counted anyway.
    """
    rows = EventObservation.objects.filter(
        source__in=list(sources),
        service__in=set(services),
        known_at__lte=known_at,
    ).order_by("source_id", "external_id", "-known_at")
    found: dict[Key, list[Event]] = {}
    for row in rows.distinct("source_id", "external_id"):
        if row.withdrawn or not start <= row.opened_at < end:
            continue
        steps = [(kind, to_us(at)) for kind, at in zip(row.steps, row.step_instants, strict=True)]
        clock = clock_of(steps, to_us(known_at))
        paused = clock.pauses if clock.completed is not None else ()
        found.setdefault((row.source_id, row.service_id), []).append(
            Event(
                id=row.external_id,
                kind=row.category or None,
                at=row.opened_at,
                started_at=row.opened_at,
                ended_at=None if clock.completed is None else from_us(clock.completed),
                paused=tuple(
                    Pause(start=from_us(one.start), end=from_us(one.end))
                    for one in paused
                    if one.start < one.end
                ),
            )
        )
    return {key: tuple(sorted(told, key=lambda one: (str(one.at), one.id))) for key, told in found.items()}


def merged_histogram(
    source: Source, service: int, start: datetime, end: datetime, known_at: datetime, segment: str = ""
) -> Histogram | None:
    """All histograms of [start, end) as known at ``known_at``, added up; None where there is none."""
    told = [
        Histogram(tuple(row.bounds), tuple(row.counts))
        for row in _histograms(source, service, start, end, known_at, segment)
    ]
    return merge_histograms(told) if told else None


def histogram_samples(histogram: Histogram) -> tuple[Sample, ...]:
    """Values at the upper bounds of their buckets: a percentile of them is never better than that of the raw ones,
    and worse by less than the width of a bucket. Raises ValueError where values lie above every bound."""
    if histogram.counts[-1]:
        raise ValueError(
            f"histogram: {histogram.counts[-1]} values lie above the last bound {histogram.bounds[-1]}; nobody knows "
            "how far"
        )
    return tuple(Sample(value=bound, repeat=count) for bound, count in values_of(histogram))


def silent(
    pairs: Iterable[tuple[Source, int]], start: datetime, end: datetime, known_at: datetime
) -> set[Key]:
    """Those sources of series and events that told nothing of a service in the window."""
    wanted = {(source.pk, service): source for source, service in pairs}
    sources, services = {key[0] for key in wanted}, {key[1] for key in wanted}
    days = (start.astimezone(UTC).date(), (end.astimezone(UTC) - timedelta(microseconds=1)).date())
    spoke: set[Key] = set()
    shapes = {source.shape for source in wanted.values()}
    looked: list[QuerySet[Any]] = []
    if shapes & {Source.Shape.BUCKETS, Source.Shape.SAMPLES}:
        looked.append(BucketDaySum.objects.filter(day__range=days, slots__gt=0))
    if Source.Shape.HISTOGRAMS in shapes:
        looked.append(HistogramObservation.objects.filter(starts_at__gte=start, starts_at__lt=end))
    for rows in looked:
        told = rows.filter(known_at__lte=known_at, series__source__in=sources, series__service__in=services)
        spoke |= set(told.values_list("series__source_id", "series__service_id").distinct())
    if Source.Shape.EVENTS in shapes:
        events = EventObservation.objects.filter(
            known_at__lte=known_at,
            opened_at__gte=start,
            opened_at__lt=end,
            source__in=sources,
            service__in=services,
        )
        spoke |= set(events.values_list("source_id", "service_id").distinct())
    return set(wanted) - spoke


def _histograms(
    source: Source, service: int, start: datetime, end: datetime, known_at: datetime, segment: str
) -> QuerySet[HistogramObservation]:
    rows = HistogramObservation.objects.filter(
        series__source=source,
        series__service=service,
        series__segment=segment,
        starts_at__gte=start,
        starts_at__lt=end,
        known_at__lte=known_at,
    )
    return rows.order_by("series_id", "starts_at", "-known_at").distinct("series_id", "starts_at")


def _day(seconds: int) -> date:
    return date(1970, 1, 1) + timedelta(days=seconds // 86_400)
