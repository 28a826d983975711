"""Taking in what sources deliver: one public function for each kind of measurement.

Each function is one act in one transaction: the payload, its rows and the time that it covers are kept together or
not at all, under the lock of the source. The same delivery again changes nothing. A row that says what was known
already is counted as repeated; one that says otherwise supersedes from its ``known_at`` on; one that says otherwise
at the same ``known_at`` is refused with the whole delivery. Instants are aware; a slot is named by its start.

What lies further in the future than ``AHEAD`` is put on the payload's list and not reckoned from: a clock may be
a little fast, but not by hours. ``docs/measurements.md`` describes the storage.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from base.csvio import Faults
from measurements.copying import copy_rows
from measurements.deliveries import Counts, Covered, Delivery, Listed, Recorded, begin, keep
from measurements.errors import RowsConflict
from measurements.models import EventObservation, HistogramObservation, IntervalObservation, Payload, Source
from measurements.packing import DAY, Packer, seconds_of
from measurements.staging import Stage, make_months, series_numbers
from measurements.weighing import latest_accounts, once, weigh

AHEAD = timedelta(minutes=5)

__all__ = [
    "AHEAD",
    "Bucket",
    "Covered",
    "Delivery",
    "EventTold",
    "HistogramTold",
    "Listed",
    "Recorded",
    "Sample",
    "StateInterval",
    "record_buckets",
    "record_events",
    "record_histograms",
    "record_samples",
    "record_state_intervals",
]


class Bucket(NamedTuple):
    """Good of total in [start, start + the source's width). The segment "" is the whole service."""

    service_id: int
    start: datetime
    good: int
    total: int
    segment: str = ""


class Sample(NamedTuple):
    """A probe of a whole second. It speaks from there for the source's width, or until the next probe."""

    service_id: int
    at: datetime
    up: bool
    segment: str = ""


class HistogramTold(NamedTuple):
    """Values in [start, start + the source's width) by upper bound; one more count than bounds."""

    service_id: int
    start: datetime
    bounds: tuple[int, ...]
    counts: tuple[int, ...]
    segment: str = ""


class EventTold(NamedTuple):
    """All that is known of a ticket or delivery: its steps (kind, instant) in order, the first of them opened."""

    row_number: int
    external_id: str
    service_id: int
    steps: tuple[tuple[str, datetime], ...]
    category: str = ""
    due_at: datetime | None = None
    withdrawn: bool = False


class StateInterval(NamedTuple):
    """An incident or state [start, end) of services, by their codes. ``weight``: the part that was lost."""

    row_number: int
    external_id: str
    start: datetime
    end: datetime
    severity: str
    components: tuple[str, ...]
    title: str = ""
    weight: Decimal | None = None
    withdrawn: bool = False


@transaction.atomic
def record_buckets(*, source: Source, delivery: Delivery, rows: Iterable[Bucket]) -> Recorded:
    """Keep good/total counts of a source of buckets. Rows may come in any order, and from an iterator.

    A bucket that is never told of is unknown; one of total 0 is known and saw nobody. Raises
    base.csvio.ImportRefused with every row that cannot be, RowsConflict, KnowledgeGoesBack, FieldRefused,
    WrongShape, NotAllowed; then nothing is kept.
    """
    source, before = begin(source, delivery, Source.Shape.BUCKETS)
    if before is not None:
        return before
    return _record_slots(source, delivery, rows, width=source.width_seconds or DAY, step=1)


@transaction.atomic
def record_samples(*, source: Source, delivery: Delivery, rows: Iterable[Sample]) -> Recorded:
    """Keep probes of a source of samples, each under its second. Raises as :func:`record_buckets`.

    Probes of several places or checks of one service go under segments, so that two of one second can differ.
    """
    source, before = begin(source, delivery, Source.Shape.SAMPLES)
    if before is not None:
        return before
    counted = ((service, at.replace(microsecond=0), int(up), 1, segment) for service, at, up, segment in rows)
    return _record_slots(source, delivery, counted, width=1, step=source.width_seconds or 1)


def _record_slots(
    source: Source,
    delivery: Delivery,
    rows: Iterable[tuple[int, datetime, int, int, str]],
    *,
    width: int,
    step: int,
) -> Recorded:
    faults = Faults()
    packer = Packer(width, seconds_of(delivery.known_at + AHEAD), faults)
    with Stage(source, step) as stage:
        stage.fill(packer, rows)
        faults.refuse(delivery.name)
        conflicts = Faults()
        counts = stage.weigh(delivery.known_at, conflicts)
        if conflicts.total:
            raise RowsConflict(delivery.name, conflicts.listed, conflicts.total)
        counts.rows = packer.row_count
        counts.listed = [
            Listed(number, "in_the_future", dict(zip(Bucket._fields, row, strict=True)))
            for number, row in packer.future
        ]
        payload = keep(source, delivery, counts)
        stage.settle(payload)
    return _recorded(payload, counts)


@transaction.atomic
def record_histograms(*, source: Source, delivery: Delivery, rows: Iterable[HistogramTold]) -> Recorded:
    """Keep histograms. Bounds are whole, ascending, and in one unit for the source. Raises as
    :func:`record_buckets`."""
    source, before = begin(source, delivery, Source.Shape.HISTOGRAMS)
    if before is not None:
        return before
    faults, counts = Faults(), Counts()
    told = once(
        [(n, (one.service_id, one.segment, one.start), one) for n, one in enumerate(rows, 1)],
        faults,
    )
    counts.rows = told.rows
    good: list[HistogramTold] = []
    for number, one in told.kept:
        wrong = _wrong_histogram(one, source.width_seconds or DAY)
        if wrong:
            faults.add(number, *wrong)
        elif one.start + timedelta(seconds=source.width_seconds or DAY) > delivery.known_at + AHEAD:
            content = one._asdict() | {"start": one.start.isoformat()}
            counts.listed.append(Listed(number, "in_the_future", content))
        else:
            good.append(one)
    faults.refuse(delivery.name)
    series = series_numbers(source, {(one.service_id, one.segment) for one in good})
    new = [
        HistogramObservation(
            series_id=series[one.service_id, one.segment],
            starts_at=one.start,
            bounds=list(one.bounds),
            counts=list(one.counts),
            known_at=delivery.known_at,
        )
        for one in good
    ]
    near = HistogramObservation.objects.filter(series__in=set(series.values()))
    if good:
        near = near.filter(starts_at__range=(min(one.start for one in good), max(one.start for one in good)))
    known = {(row.series_id, row.starts_at): row for row in near.order_by("known_at")} if good else {}
    kept = weigh(
        new,
        lambda row: known.get((row.series_id, row.starts_at)),
        lambda row: (row.bounds, row.counts),
        delivery,
        counts,
    )
    make_months({row.starts_at.astimezone(UTC).date() for row in kept})
    payload = keep(source, delivery, counts)
    for row in kept:
        row.payload = payload
    kept.sort(key=lambda row: (row.series_id, row.starts_at))
    copy_rows(HistogramObservation, kept)
    return _recorded(payload, counts)


def _wrong_histogram(one: HistogramTold, width: int) -> tuple[str, str] | None:
    if one.start.tzinfo is None or one.start.microsecond or seconds_of(one.start) % width:
        return "start", f"is {one.start.isoformat()}, which no bucket of {width} s starts at"
    if not one.bounds or list(one.bounds) != sorted(set(one.bounds)):
        return "bounds", "are not ascending; each upper bound stands once, the smallest first"
    if len(one.counts) != len(one.bounds) + 1 or any(count < 0 for count in one.counts):
        return (
            "counts",
            f"are {len(one.counts)} for {len(one.bounds)} bounds; one more than bounds, none below 0",
        )
    return None


@transaction.atomic
def record_events(*, source: Source, delivery: Delivery, rows: Iterable[EventTold]) -> Recorded:
    """Keep tickets or deliveries, each with all of its steps. Raises as :func:`record_buckets`."""
    source, before = begin(source, delivery, Source.Shape.EVENTS)
    if before is not None:
        return before
    faults, counts = Faults(), Counts()
    told = once([(one.row_number, one.external_id, one) for one in rows], faults)
    counts.rows = told.rows
    good: list[EventTold] = []
    for number, one in told.kept:
        wrong = wrong_steps(one.steps)
        if wrong:
            faults.add(number, "steps", wrong)
        elif one.steps[-1][1] > delivery.known_at + AHEAD:
            steps = [[kind, at.isoformat()] for kind, at in one.steps]
            counts.listed.append(Listed(number, "in_the_future", {"steps": steps}, one.external_id))
        else:
            good.append(one)
    faults.refuse(delivery.name)
    new = [
        EventObservation(
            source=source,
            service_id=one.service_id,
            external_id=one.external_id,
            category=one.category,
            opened_at=one.steps[0][1],
            due_at=one.due_at,
            steps=[kind for kind, _ in one.steps],
            step_instants=[at for _, at in one.steps],
            withdrawn=one.withdrawn,
            known_at=delivery.known_at,
            row_number=one.row_number,
        )
        for one in good
    ]
    known = latest_accounts(EventObservation, source, [row.external_id for row in new])
    kept = weigh(
        new,
        lambda row: known.get(row.external_id),
        lambda row: (
            row.service_id,
            row.category,
            row.due_at,
            row.steps,
            row.step_instants,
            row.withdrawn,
        ),
        delivery,
        counts,
    )
    payload = keep(source, delivery, counts)
    for row in kept:
        row.payload = payload
    copy_rows(EventObservation, kept)
    return _recorded(payload, counts)


def wrong_steps(steps: Sequence[tuple[str, datetime]]) -> str | None:
    """What is wrong with the steps of an event, or None. They begin with opened, are in order of time, pause only
    what runs and resume only what is paused, and nothing follows completed."""
    if not steps or steps[0][0] != "opened":
        return "do not begin with opened"
    paused = False
    for at, (kind, instant) in enumerate(steps):
        if instant.tzinfo is None:
            return f"have {kind} at {instant.isoformat()}, without a time zone"
        if at and instant < steps[at - 1][1]:
            return f"have {kind} at {instant.isoformat()}, before what stands before it"
        if kind not in EventObservation.Step.values or (kind == "opened") != (at == 0):
            return f"have {kind!r} as step {at + 1}"
        if (kind == "paused" and paused) or (kind == "resumed" and not paused):
            return f"have {kind} where it {'is paused already' if paused else 'is not paused'}"
        if at and steps[at - 1][0] == "completed":
            return f"have {kind} after completed"
        paused = (paused or kind == "paused") and kind != "resumed"
    return None


@transaction.atomic
def record_state_intervals(*, source: Source, delivery: Delivery, rows: Iterable[StateInterval]) -> Recorded:
    """Keep incidents of a source of intervals. The time between them is up only where the delivery's coverage says
    that the source watched. Raises as :func:`record_buckets`."""
    source, before = begin(source, delivery, Source.Shape.INTERVALS)
    if before is not None:
        return before
    faults, counts = Faults(), Counts()
    told = once([(one.row_number, one.external_id, one) for one in rows], faults)
    counts.rows = told.rows
    good: list[StateInterval] = []
    for number, one in told.kept:
        if one.start.tzinfo is None or one.end.tzinfo is None or one.end <= one.start:
            faults.add(number, "end", "is not after start, or one of them has no zone")
        elif one.weight is not None and not 0 <= one.weight <= 1:
            faults.add(number, "weight", f"is {one.weight}; a part from 0 to 1 is expected")
        elif one.end > delivery.known_at + AHEAD:
            content = one._asdict() | {"start": one.start.isoformat(), "end": one.end.isoformat()}
            content["weight"] = None if one.weight is None else str(one.weight)
            counts.listed.append(Listed(number, "in_the_future", content, one.external_id))
        else:
            good.append(one)
    faults.refuse(delivery.name)
    new = [
        IntervalObservation(
            source=source,
            external_id=one.external_id,
            during=DateTimeTZRange(one.start, one.end, "[)"),
            severity=one.severity,
            components=sorted(one.components),
            title=one.title,
            weight=one.weight,
            withdrawn=one.withdrawn,
            known_at=delivery.known_at,
            row_number=one.row_number,
        )
        for one in good
    ]
    known = latest_accounts(IntervalObservation, source, [row.external_id for row in new])
    kept = weigh(
        new,
        lambda row: known.get(row.external_id),
        lambda row: (
            row.during.lower,
            row.during.upper,
            row.severity,
            row.components,
            row.title,
            row.weight,
            row.withdrawn,
        ),
        delivery,
        counts,
    )
    payload = keep(source, delivery, counts)
    for row in kept:
        row.payload = payload
    copy_rows(IntervalObservation, kept)
    return _recorded(payload, counts)


def _recorded(payload: Payload, counts: Counts) -> Recorded:
    return Recorded(payload, False, payload.accepted, counts.superseding, payload.repeated, payload.listed)
