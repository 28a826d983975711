"""Importing a file: planned, refused whole or kept whole, and recorded as one act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from audit.record import current_actor, record
from base.access import require_role
from base.csvio import Fault
from base.models import User
from measurements.adapters import Adapter, Plan
from measurements.adapters.plan import Observation
from measurements.errors import FieldRefused, KnowledgeGoesBack, RowsConflict, WrongShape
from measurements.models import (
    ImportRun,
    Intake,
    IntervalObservation,
    ListedRow,
    Payload,
    SecondsObservation,
    Source,
    VendorFigure,
)
from measurements.privacy import Redactions, redact_csv

IMPORTERS = ("vendor_manager", "finance", "customer_success", "administrator")
PREVIEWED_ROWS = 10
BATCH = 2_000


@dataclass(frozen=True)
class Preview:
    """What importing a file would do. Nothing was written.

    ``accepted`` rows would become observations, ``superseding`` of them corrections; ``repeated`` rows say
    nothing new; ``listed`` ones can only be kept on a list. With any fault nothing would be kept.
    ``replays``: exactly this file was imported before, and importing it again does nothing.
    """

    name: str
    row_count: int
    accepted: int
    superseding: int
    repeated: int
    listed: int
    listed_by_reason: Mapping[str, int]
    rows: tuple[Mapping[str, str], ...]
    faults: tuple[Fault, ...]
    fault_count: int
    replays: bool


def preview_csv(
    adapter: Adapter,
    *,
    source: Source,
    name: str,
    content: bytes,
    known_at: datetime,
    covers_until: datetime | None = None,
) -> Preview:
    """Show what importing the file would do, faults and contradictions included, and write nothing.

    Raises FieldRefused, WrongShape, NotAllowed.
    """
    require_importer()
    _check_arguments(adapter, source, name, known_at, known_at, covers_until)
    content, _ = _redacted(adapter, content)
    plan = adapter.plan(source, content, known_at)
    faults = sorted([*plan.faults.listed, *plan.conflicts.listed], key=lambda fault: fault.row)
    by_reason: dict[str, int] = {}
    for row in plan.listed:
        by_reason[row.reason] = by_reason.get(row.reason, 0) + 1
    return Preview(
        name=name,
        row_count=plan.table.row_count,
        accepted=len(plan.observations),
        superseding=plan.superseding,
        repeated=plan.repeated,
        listed=plan.listed_rows,
        listed_by_reason=by_reason,
        rows=tuple(row.raw for row in plan.table.rows[:PREVIEWED_ROWS]),
        faults=tuple(faults),
        fault_count=plan.faults.total + plan.conflicts.total,
        replays=_earlier(adapter, source, content, covers_until) is not None,
    )


@transaction.atomic
def import_csv(
    adapter: Adapter,
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
    covers_until: datetime | None = None,
    run: ImportRun | None = None,
) -> Payload:
    """Keep a file and its rows as observations known at ``known_at``; all of it or nothing.

    The bytes are kept as they came, unless free text of them looked personal: that is taken out before, and the
    hash of the bytes as they came is kept. A run of several parts (``run``) says so once for all of them.

    The same content again gives the payload that is there already, and adds nothing; only a ``covers_until``
    that reaches further makes it news. One import of a source runs at a time.

    Raises base.csvio.ImportRefused with every fault, RowsConflict where rows contradict what the source said
    at the same moment, KnowledgeGoesBack, FieldRefused, WrongShape, NotAllowed.
    """
    actor = require_importer()
    _check_arguments(adapter, source, name, retrieved_at, known_at, covers_until)
    source = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    original_sha256 = sha256(content).hexdigest()
    content, counted = _redacted(adapter, content)
    earlier = _earlier(adapter, source, content, covers_until)
    if earlier is not None:
        return earlier
    _check_knowledge_grows(adapter, source, known_at)
    plan = adapter.plan(source, content, known_at)
    plan.faults.refuse(name)
    if plan.conflicts.total:
        raise RowsConflict(name, plan.conflicts.listed, plan.conflicts.total)
    payload = Payload.objects.create(
        source=source,
        name=name,
        sha256=sha256(content).hexdigest(),
        content=content,
        origin=origin,
        retrieved_at=retrieved_at,
        known_at=known_at,
        covers_until=covers_until,
        parser=adapter.parser,
        parser_version=adapter.version,
        row_count=plan.table.row_count,
        accepted=len(plan.observations),
        repeated=plan.repeated,
        listed=plan.listed_rows,
        imported_by=actor,
    )
    _write(payload, plan)
    if run is None:
        told = counted.told()
        Intake.objects.create(
            payload=payload,
            original_sha256=original_sha256,
            redacted=told["redacted"],
            redacted_count=counted.total,
        )
    record("payload.import", payload, after=_summary(payload, plan))
    return payload


def _redacted(adapter: Adapter, content: bytes) -> tuple[bytes, Redactions]:
    """The file without what looks personal in its free text."""
    counted = Redactions()
    free = {column.name for column in adapter.columns if column.parse is str}
    return redact_csv(content, free, counted), counted


def require_importer() -> User:
    """The acting user, who may import: a scheduled job, or a person in one of the roles of ``IMPORTERS``."""
    user = current_actor().user
    return user if not user.is_person else require_role(*IMPORTERS)


def _earlier(
    adapter: Adapter, source: Source, content: bytes, covers_until: datetime | None
) -> Payload | None:
    same = Payload.objects.filter(source=source, parser=adapter.parser, sha256=sha256(content).hexdigest())
    for payload in same.defer("content"):
        reaches_further = covers_until is not None and (
            payload.covers_until is None or covers_until > payload.covers_until
        )
        if not reaches_further:
            return payload
    return None


def _check_arguments(
    adapter: Adapter,
    source: Source,
    name: str,
    retrieved_at: datetime,
    known_at: datetime,
    covers_until: datetime | None,
) -> None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise FieldRefused("name: is not the name of a file; 1 to 200 characters of plain text are expected")
    for argument, value in (
        ("retrieved_at", retrieved_at),
        ("known_at", known_at),
        ("covers_until", covers_until),
    ):
        if value is not None and value.tzinfo is None:
            raise FieldRefused(f"{argument}: {value.isoformat()} has no time zone; give an aware instant")
    if adapter.shape is not None and source.shape != adapter.shape:
        raise WrongShape(
            f"source: {source.code} reports {source.get_shape_display().lower()}, and this file holds "
            f"{Source.Shape(adapter.shape).label.lower()}; choose the other kind of file or another source"
        )
    if covers_until is None:
        return
    if adapter.shape != Source.Shape.INTERVALS:
        raise FieldRefused(
            "covers_until: belongs to files of intervals; the rows of other files say it themselves"
        )
    if covers_until > known_at:
        raise FieldRefused(
            f"covers_until: {covers_until.isoformat()} lies after known_at {known_at.isoformat()}; "
            "nobody can have known then that nothing more happened"
        )


def _check_knowledge_grows(adapter: Adapter, source: Source, known_at: datetime) -> None:
    latest = Payload.objects.filter(source=source, parser=adapter.parser).order_by("-known_at").first()
    if latest is not None and latest.known_at > known_at:
        raise KnowledgeGoesBack(
            f"known_at: {known_at.isoformat()} lies before {latest.known_at.isoformat()}, when {source.code} "
            f"last reported ({latest.name}); results of that time would change in hindsight. Give the moment at "
            "which this file became known"
        )


def _write(payload: Payload, plan: Plan) -> None:
    for row in (*plan.observations, *plan.listed):
        row.payload = payload
    for model in (IntervalObservation, SecondsObservation, VendorFigure):
        _copy(model, [row for row in plan.observations if isinstance(row, model)])
    ListedRow.objects.bulk_create(plan.listed, batch_size=BATCH)


def _copy(model: type[Observation], rows: Sequence[Observation]) -> None:
    """Write rows by COPY, which takes a tenth of the time of INSERT. Triggers and constraints act all the same."""
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([getattr(row, field.attname) for field in fields])


def _summary(payload: Payload, plan: Plan) -> dict[str, Any]:
    return {
        "source": payload.source.code,
        "parser": payload.parser,
        "sha256": payload.sha256,
        "known_at": payload.known_at,
        "covers_until": payload.covers_until,
        "row_count": payload.row_count,
        "accepted": payload.accepted,
        "superseding": plan.superseding,
        "repeated": payload.repeated,
        "listed": payload.listed,
    }
