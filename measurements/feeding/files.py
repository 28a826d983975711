"""The forms that rows come in, by file or by push: their columns, how they are checked as a whole, and how they are
stored part by part. ``docs/adapters.md`` lists the columns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from base import csvio
from base.csvio import Column, Fault, ImportRefused, Row, read_csv
from measurements import ingest
from measurements.adapters import ADAPTERS, Adapter
from measurements.deliveries import Covered, Delivery, Recorded
from measurements.errors import RowsConflict
from measurements.feeding.progress import count, note_intake
from measurements.feeding.writing import Names
from measurements.importing import import_csv, preview_csv
from measurements.models import EventObservation, ImportRun, Source
from measurements.privacy import Redactions

PART_ROWS = 5_000
PREVIEWED_ROWS = 10
PARSER = "upload"


def _whole_numbers(cell: str) -> tuple[int, ...]:
    return tuple(csvio.count(part) for part in cell.split(";"))


def _steps(cell: str) -> tuple[tuple[str, datetime], ...]:
    found = []
    for part in cell.split(";"):
        kind, equals, at = part.partition("=")
        if not equals:
            raise ValueError(
                f"holds {part[:40]!r}; steps such as opened=2025-01-31T13:45:00Z;completed=... are expected"
            )
        found.append((kind, csvio.instant(at)))
    return tuple(found)


SEGMENT = Column("segment", blank=True, optional=True, max_length=100)
BUCKETS = (
    Column("component"),
    Column("start", csvio.instant),
    Column("good", csvio.count),
    Column("total", csvio.count),
    SEGMENT,
)
SAMPLES = (
    Column("component"),
    Column("at", csvio.instant),
    Column("state", csvio.one_of("up", "down")),
    SEGMENT,
)
HISTOGRAMS = (
    Column("component"),
    Column("start", csvio.instant),
    Column("bounds", _whole_numbers, max_length=4000),
    Column("counts", _whole_numbers, max_length=4000),
    SEGMENT,
)
EVENTS = (
    Column("external_id", max_length=100),
    Column("component"),
    Column("category", blank=True, max_length=60),
    Column("due_at", csvio.instant, blank=True, optional=True, empty=None),
    Column("steps", _steps, max_length=4000),
    Column("withdrawn", csvio.one_of("yes", "no"), blank=True, optional=True, empty="no"),
)


@dataclass(frozen=True)
class FileForm:
    """A form: its columns, the shape of source that it feeds (None: any), and how a part of it is stored."""

    name: str
    label: str
    shape: str | None
    columns: tuple[Column, ...]
    store: Callable[["FileForm", Source, Delivery, ImportRun | None], Recorded]
    adapter: Adapter | None = None

    def fits(self, source: Source) -> bool:
        """Whether the source takes files of this form."""
        return self.shape is None or source.shape == self.shape

    @property
    def covers(self) -> bool:
        """Whether a file of it can say up to when it is complete."""
        return self.shape == Source.Shape.INTERVALS


@dataclass(frozen=True)
class Check:
    """What importing a whole file would do. Nothing was written."""

    row_count: int = 0
    accepted: int = 0
    superseding: int = 0
    repeated: int = 0
    listed: int = 0
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    rows: tuple[dict[str, str], ...] = field(default=())


def _store_fixed(form: FileForm, source: Source, delivery: Delivery, run: ImportRun | None) -> Recorded:
    """By the import of that form, which keeps all of a file or nothing."""
    assert form.adapter is not None
    # Only the last part says up to when the file is complete.
    covers_until = delivery.coverage[-1].end if form.covers and delivery.coverage else None
    looked = preview_csv(
        form.adapter,
        source=source,
        name=delivery.name,
        content=delivery.content,
        known_at=delivery.known_at,
        covers_until=covers_until,
    )
    payload = import_csv(
        form.adapter,
        source=source,
        name=delivery.name,
        content=delivery.content,
        retrieved_at=delivery.retrieved_at,
        known_at=delivery.known_at,
        origin=delivery.origin,
        covers_until=covers_until,
        run=run,
    )
    if looked.replays:
        return Recorded(payload, True, 0, 0, payload.row_count - payload.listed, payload.listed)
    return Recorded(payload, False, payload.accepted, looked.superseding, payload.repeated, payload.listed)


def _store_told(form: FileForm, source: Source, delivery: Delivery, run: ImportRun | None) -> Recorded:
    """By the function of ``ingest`` for that kind."""
    table = read_csv(delivery.content, form.columns)
    names = Names.of(source, table.faults)
    told = []
    for row in table.rows:
        service = names.find(row["component"], row.number)
        if service is not None:
            told.append(_TOLD[form.name](row, service.pk))
        elif row["component"] in source.untracked_components:
            table.faults.add(
                row.number, "component", "is one of those that nothing is promised for; leave the row out"
            )
    table.faults.refuse(delivery.name)
    try:
        return _RECORD[form.name](source=source, delivery=delivery, rows=told)
    except (ImportRefused, RowsConflict) as error:
        if form.name != "events":
            # There rows are counted from 1; here the header is row 1.
            error.faults = [
                fault._replace(row=fault.row + 1) if fault.row else fault for fault in error.faults
            ]
        raise


def _bucket(row: Row, service: int) -> ingest.Bucket:
    return ingest.Bucket(service, row["start"], row["good"], row["total"], row["segment"])


def _sample(row: Row, service: int) -> ingest.Sample:
    return ingest.Sample(service, row["at"], row["state"] == "up", row["segment"])


def _histogram(row: Row, service: int) -> ingest.HistogramTold:
    return ingest.HistogramTold(service, row["start"], row["bounds"], row["counts"], row["segment"])


def _event(row: Row, service: int) -> ingest.EventTold:
    return ingest.EventTold(
        row_number=row.number,
        external_id=row["external_id"],
        service_id=service,
        steps=row["steps"],
        category=row["category"],
        due_at=row["due_at"],
        withdrawn=row["withdrawn"] == "yes",
    )


_TOLD: dict[str, Callable[[Row, int], Any]] = {
    "buckets": _bucket,
    "samples": _sample,
    "histograms": _histogram,
    "events": _event,
}
_RECORD: dict[str, Callable[..., Recorded]] = {
    "buckets": ingest.record_buckets,
    "samples": ingest.record_samples,
    "histograms": ingest.record_histograms,
    "events": ingest.record_events,
}
Shape = Source.Shape
FORMS: dict[str, FileForm] = {
    form.name: form
    for form in (
        *(
            FileForm(name, label, adapter.shape, adapter.columns, _store_fixed, adapter)
            for (name, adapter), label in zip(
                ADAPTERS.items(),
                (
                    "Incidents with start and end",
                    "Seconds of outage a day",
                    "Figures that a vendor published",
                ),
                strict=True,
            )
        ),
        FileForm("buckets", "Counts of good and of all", Shape.BUCKETS, BUCKETS, _store_told),
        FileForm("samples", "Probes, up or down", Shape.SAMPLES, SAMPLES, _store_told),
        FileForm("histograms", "Histograms", Shape.HISTOGRAMS, HISTOGRAMS, _store_told),
        FileForm("events", "Tickets or deliveries", Shape.EVENTS, EVENTS, _store_told),
    )
}
STEPS = tuple(EventObservation.Step.values)


def check(
    form: FileForm,
    source: Source,
    name: str,
    content: bytes,
    known_at: datetime,
    covers_until: datetime | None,
) -> Check:
    """Try a whole file: what would become of its rows, and every fault. Writes nothing.

    Raises what is not the file's fault: WrongShape, FieldRefused, KnowledgeGoesBack, NotAllowed.
    """
    table = read_csv(content, form.columns)
    rows = tuple(row.raw for row in table.rows[:PREVIEWED_ROWS])
    if table.faults.total:
        return Check(
            table.row_count, faults=tuple(table.faults.listed), fault_count=table.faults.total, rows=rows
        )
    delivery = delivery_of(source, name, content, known_at, known_at, covers_until, "")
    try:
        with transaction.atomic():
            recorded = form.store(form, source, delivery, None)
            transaction.set_rollback(True)
    except (ImportRefused, RowsConflict) as error:
        ordered = tuple(sorted(error.faults, key=lambda fault: fault.row))
        return Check(table.row_count, faults=ordered, fault_count=error.total, rows=rows)
    return Check(
        table.row_count,
        recorded.accepted,
        recorded.superseding,
        recorded.repeated,
        recorded.listed,
        rows=rows,
    )


def delivery_of(
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    covers_until: datetime | None,
    origin: str,
) -> Delivery:
    """A file, or a part of one, as a delivery. ``covers_until`` belongs to the last part of a file of incidents."""
    coverage: tuple[Covered, ...] = ()
    if covers_until is not None and source.covers_from is not None:
        begins = min(source.covers_from, covers_until - timedelta(seconds=1))
        coverage = (Covered(begins, covers_until),)
    return Delivery(
        name=name[:200],
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        parser=PARSER,
        parser_version=1,
        origin=origin,
        coverage=coverage,
    )


def store_part(run: ImportRun) -> bool:
    """Store the next rows of a run's file. Returns whether that was the last of them.

    Raises DomainError; then nothing of the part is kept.
    """
    form = FORMS[run.form]
    lines = bytes(run.content or b"").splitlines(keepends=True)
    header, rows = lines[0], lines[1:]
    part = rows[run.row_count : run.row_count + PART_ROWS]
    last = run.row_count + len(part) >= len(rows)
    parts = -(-len(rows) // PART_ROWS)
    number = run.row_count // PART_ROWS + 1
    delivery = delivery_of(
        run.source,
        run.name if parts <= 1 else f"{run.name[:170]} (part {number} of {parts})",
        header + b"".join(part),
        run.requested_at,
        run.known_at or run.requested_at,
        run.covers_until if last else None,
        f"{run.get_entrance_display().lower()} as {run.name}",
    )
    recorded = form.store(form, run.source, delivery, run)
    # What was taken out is told of the whole file, with its first part.
    taken_out = Redactions.of(run.redactions) if number == 1 else Redactions()
    note_intake(run, recorded, run.original_sha256 or delivery.sha256, taken_out)
    count(run, recorded)
    run.pages += 1
    return last
