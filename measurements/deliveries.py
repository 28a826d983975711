"""What a source delivered: kept byte for byte, once, with the knowledge of when it came and from where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit.record import current_actor, record
from base.access import require_role
from base.models import User
from measurements.errors import FieldRefused, KnowledgeGoesBack, WrongShape
from measurements.models import Coverage, ListedRow, Payload, Source

IMPORTERS = ("vendor_manager", "finance", "customer_success", "administrator")
BATCH = 2_000


@dataclass(frozen=True)
class Covered:
    """Time [start, end) in which the source watched, or of which it says that it was blind itself.

    ``service_id`` None: everything that the source reports.
    """

    start: datetime
    end: datetime
    watched: bool = True
    service_id: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Listed:
    """A row that nothing can be reckoned from, for the list of the payload."""

    row_number: int
    reason: str
    content: Mapping[str, Any]
    external_id: str = ""


@dataclass(frozen=True)
class Delivery:
    """A payload as it came, before anything of it is kept.

    ``content`` are the bytes that are kept (after redaction). ``known_at`` is the moment of knowledge that all of
    its rows carry, and never goes back for one source and parser. ``source_clock_at`` is what the source's own
    clock showed at ``retrieved_at``, where it says so: their difference is its skew.
    """

    name: str
    content: bytes
    retrieved_at: datetime
    known_at: datetime
    parser: str
    parser_version: int
    origin: str = ""
    source_clock_at: datetime | None = None
    coverage: tuple[Covered, ...] = ()
    listed: tuple[Listed, ...] = ()

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal digits."""
        return sha256(self.content).hexdigest()

    @property
    def covers_until(self) -> datetime | None:
        """The end of the watched time that it tells of. The same bytes are news when they cover more."""
        return max((one.end for one in self.coverage if one.watched), default=None)


@dataclass(frozen=True)
class Recorded:
    """What became of a delivery's rows. ``replayed``: exactly it was there before, and nothing was added.

    ``accepted`` rows became knowledge, ``superseding`` of them as corrections; ``repeated`` said nothing new;
    ``listed`` are kept on the payload's list.
    """

    payload: Payload
    replayed: bool
    accepted: int
    superseding: int
    repeated: int
    listed: int


@dataclass
class Counts:
    """The rows of a delivery, counted while they are weighed."""

    rows: int = 0
    accepted: int = 0
    superseding: int = 0
    listed: list[Listed] = field(default_factory=list)


def require_importer() -> User:
    """The acting user, who may import: a scheduled job, or a person in one of the roles of ``IMPORTERS``."""
    user = current_actor().user
    return user if not user.is_person else require_role(*IMPORTERS)


def begin(source: Source, delivery: Delivery, *shapes: str) -> tuple[Source, Recorded | None]:
    """The source, locked until the transaction ends, and what became of the same delivery where it came before.

    Raises FieldRefused, WrongShape, KnowledgeGoesBack, NotAllowed.
    """
    require_importer()
    _check(delivery)
    if source.shape not in shapes:
        wanted = " or ".join(str(Source.Shape(shape).label).lower() for shape in shapes)
        raise WrongShape(
            f"source: {source.code} reports {source.get_shape_display().lower()}, and this is {wanted}; "
            "choose another source"
        )
    source = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    earlier = earlier_payload(source, delivery.parser, delivery.content, delivery.covers_until)
    if earlier is not None:
        return source, Recorded(earlier, True, 0, 0, earlier.row_count - earlier.listed, earlier.listed)
    latest = Payload.objects.filter(source=source, parser=delivery.parser).defer("content")
    newest = latest.order_by("-known_at").first()
    if newest is not None and newest.known_at > delivery.known_at:
        raise KnowledgeGoesBack(
            f"known_at: {delivery.known_at.isoformat()} lies before {newest.known_at.isoformat()}, when "
            f"{source.code} last reported ({newest.name}); results of that time would change in hindsight. Give "
            "the moment at which this became known"
        )
    return source, None


def keep(source: Source, delivery: Delivery, counts: Counts) -> Payload:
    """Write the payload with its counts, its list and the time that it covers, and record the act."""
    listed = [*delivery.listed, *counts.listed]
    listed_rows = len({row.row_number for row in listed})
    row_count = counts.rows + len({row.row_number for row in delivery.listed})
    payload = Payload.objects.create(
        source=source,
        name=delivery.name,
        sha256=delivery.sha256,
        content=delivery.content,
        origin=delivery.origin,
        retrieved_at=delivery.retrieved_at,
        known_at=delivery.known_at,
        covers_until=delivery.covers_until,
        parser=delivery.parser,
        parser_version=delivery.parser_version,
        source_clock_at=delivery.source_clock_at,
        row_count=row_count,
        accepted=counts.accepted,
        repeated=row_count - counts.accepted - listed_rows,
        listed=listed_rows,
        imported_by=current_actor().user,
    )
    ListedRow.objects.bulk_create(
        [
            ListedRow(
                payload=payload,
                row_number=row.row_number,
                external_id=row.external_id,
                reason=row.reason,
                content=dict(row.content),
            )
            for row in listed
        ],
        batch_size=BATCH,
    )
    _keep_coverage(payload, delivery.coverage)
    record(
        "payload.import",
        payload,
        after={
            "source": source.code,
            "parser": payload.parser,
            "sha256": payload.sha256,
            "known_at": payload.known_at,
            "covers_until": payload.covers_until,
            "row_count": payload.row_count,
            "accepted": payload.accepted,
            "superseding": counts.superseding,
            "repeated": payload.repeated,
            "listed": payload.listed,
        },
    )
    return payload


def earlier_payload(
    source: Source, parser: str, content: bytes, covers_until: datetime | None
) -> Payload | None:
    """The payload of the same bytes that covers no less, where there is one."""
    same = Payload.objects.filter(source=source, parser=parser, sha256=sha256(content).hexdigest())
    for payload in same.defer("content"):
        reaches_further = covers_until is not None and (
            payload.covers_until is None or covers_until > payload.covers_until
        )
        if not reaches_further:
            return payload
    return None


def _keep_coverage(payload: Payload, coverage: Iterable[Covered]) -> None:
    Coverage.objects.bulk_create(
        [
            Coverage(
                source_id=payload.source_id,
                service_id=one.service_id,
                during=DateTimeTZRange(one.start, one.end, "[)"),
                watched=one.watched,
                reason=one.reason,
                known_at=payload.known_at,
                payload=payload,
            )
            for one in coverage
        ],
        batch_size=BATCH,
    )


def _check(delivery: Delivery) -> None:
    if not delivery.name.strip() or len(delivery.name) > 200 or not delivery.name.isprintable():
        raise FieldRefused("name: is not the name of a file; 1 to 200 characters of plain text are expected")
    moments = [("retrieved_at", delivery.retrieved_at), ("known_at", delivery.known_at)]
    if delivery.source_clock_at is not None:
        moments.append(("source_clock_at", delivery.source_clock_at))
    for one in delivery.coverage:
        moments += [("coverage", one.start), ("coverage", one.end)]
    for name, value in moments:
        if value.tzinfo is None:
            raise FieldRefused(f"{name}: {value.isoformat()} has no time zone; give an aware instant")
    for one in delivery.coverage:
        if one.end <= one.start:
            raise FieldRefused(f"coverage: ends at {one.end.isoformat()}, not after {one.start.isoformat()}")
        if one.watched and one.end > delivery.known_at:
            raise FieldRefused(
                f"coverage: reaches to {one.end.isoformat()}, after known_at {delivery.known_at.isoformat()}; "
                "nobody can have watched what was still to come"
            )
