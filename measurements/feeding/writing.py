"""What an adapter parsed, stored: names become services, and each kind goes to its function of ``ingest``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from base.csvio import Faults, Row, Table
from contracts.models import Service
from measurements import ingest
from measurements.adapters.daily_seconds_csv import DAILY_SECONDS_CSV
from measurements.adapters.plan import Plan, services_of, unknown_component
from measurements.adapters.seam import BucketRow, DayRow, IntervalRow, Kind, NoticeRow, Parsed, SampleRow
from measurements.copying import copy_rows
from measurements.deliveries import Counts, Covered, Delivery, Listed, Recorded, begin, keep
from measurements.errors import RowsConflict
from measurements.models import IntervalObservation, MaintenanceNotice, SecondsObservation, Source

ONE_SECOND = timedelta(seconds=1)
ONE_DAY = timedelta(days=1)


@dataclass
class Names:
    """The services of a source by the names under which it may name them, and faults for the others."""

    source: Source
    services: Mapping[str, Service]
    faults: Faults

    @classmethod
    def of(cls, source: Source, faults: Faults) -> "Names":
        """Looked up once."""
        return cls(source, services_of(source), faults)

    def find(self, name: str, number: int) -> Service | None:
        """The service, or None: with a fault, unless the source's names of untracked components have it."""
        service = self.services.get(name)
        if service is None and name not in self.source.untracked_components:
            self.faults.add(
                number,
                "component",
                unknown_component(name, self.services)
                + "; add it to the source's untracked names if nothing is promised for it",
            )
        return service


def store(source: Source, kind: Kind, parsed: Parsed, delivery: Delivery) -> Recorded:
    """Keep what a page says, all of it or nothing. Raises what ``measurements.ingest`` raises."""
    names = Names.of(source, Faults())
    if kind == Kind.INTERVALS:
        recorded = _store_intervals(source, names, parsed, delivery)
    elif kind == Kind.DAILY_SECONDS:
        rows = [row for row in parsed.rows if isinstance(row, DayRow)]
        recorded = store_days(source, names, rows, delivery)
    elif kind == Kind.SAMPLES:
        samples = [
            ingest.Sample(service.pk, row.at, row.up)
            for number, row in enumerate(parsed.rows, 1)
            if isinstance(row, SampleRow) and (service := names.find(row.component, number))
        ]
        names.faults.refuse(delivery.name)
        recorded = ingest.record_samples(source=source, delivery=delivery, rows=samples)
    else:
        buckets = [
            ingest.Bucket(service.pk, row.start, row.good, row.total)
            for number, row in enumerate(parsed.rows, 1)
            if isinstance(row, BucketRow) and (service := names.find(row.component, number))
        ]
        names.faults.refuse(delivery.name)
        recorded = ingest.record_buckets(source=source, delivery=delivery, rows=buckets)
    if not recorded.replayed:
        _keep_notices(source, parsed.notices, recorded, delivery)
    return recorded


# Incidents ------------------------------------------------------------------------------------------------


def _store_intervals(source: Source, names: Names, parsed: Parsed, delivery: Delivery) -> Recorded:
    rows = [row for row in parsed.rows if isinstance(row, IntervalRow)]
    stored = IntervalObservation.objects.filter(
        source=source, external_id__in=[row.external_id for row in rows]
    )
    known = {row.external_id: row for row in stored.order_by("known_at")}
    told: list[ingest.StateInterval] = []
    listed: list[Listed] = []
    for number, row in enumerate(rows, 1):
        found = {service.code for name in row.components if (service := names.find(name, number))}
        # What goes on has lasted until now, and the next look says more.
        end = row.end or max(delivery.known_at.replace(microsecond=0), row.start + ONE_SECOND)
        reason = _why_listed(row, found, end)
        before = known.get(row.external_id)
        if reason is None:
            told.append(
                ingest.StateInterval(
                    row_number=number,
                    external_id=row.external_id,
                    start=row.start,
                    end=end,
                    severity=row.severity,
                    components=tuple(sorted(found)),
                    title=row.title,
                    withdrawn=row.withdrawn,
                )
            )
        elif before is not None:
            # The newest account leaves nothing to reckon from: what was said before is taken back by it.
            told.append(_taken_back(number, before))
        else:
            content = {
                "start": row.start.isoformat(),
                "end": end.isoformat(),
                "severity": row.severity,
                "components": ";".join(row.components),
                "title": row.title,
            }
            listed.append(Listed(number, reason, content, row.external_id))
    names.faults.refuse(delivery.name)
    return ingest.record_state_intervals(
        source=source,
        delivery=replace(
            delivery,
            listed=(*delivery.listed, *listed),
            coverage=(*delivery.coverage, *_coverage(source, parsed, delivery)),
        ),
        rows=told,
    )


def _why_listed(row: IntervalRow, found: set[str], end: datetime) -> str | None:
    if not row.components:
        return "no_component"
    if not found:
        return "untracked_component"
    return "no_length" if end <= row.start else None


def _taken_back(number: int, before: IntervalObservation) -> ingest.StateInterval:
    return ingest.StateInterval(
        row_number=number,
        external_id=before.external_id,
        start=before.during.lower,
        end=before.during.upper,
        severity=before.severity,
        components=tuple(before.components),
        title=before.title,
        weight=before.weight,
        withdrawn=True,
    )


def _coverage(source: Source, parsed: Parsed, delivery: Delivery) -> Sequence[Covered]:
    """Watched since the last look up to where the account is complete, but for what it is blind to."""
    if parsed.covers_until is None or source.covers_from is None:
        return ()
    until = min(parsed.covers_until, delivery.known_at)
    since = max(parsed.covers_since or source.covers_from, source.covers_from)
    watched = [Covered(since, until)] if since < until else []
    blind = [
        Covered(one.start, min(one.end, until), watched=False, reason=one.reason[:200])
        for one in parsed.blind
        if one.start < until
    ]
    return [*watched, *blind]


def _keep_notices(
    source: Source, notices: Sequence[NoticeRow], recorded: Recorded, delivery: Delivery
) -> None:
    stored = MaintenanceNotice.objects.filter(
        source=source, external_id__in=[row.external_id for row in notices]
    )
    known = {row.external_id: row for row in stored.order_by("known_at")}
    new = []
    for row in notices:
        notice = MaintenanceNotice(
            source=source,
            external_id=row.external_id,
            announced_at=row.announced_at,
            during=DateTimeTZRange(row.start, row.end, "[)"),
            status=row.status,
            components=sorted(row.components),
            title=row.title,
            known_at=delivery.known_at,
            payload=recorded.payload,
        )
        before = known.get(row.external_id)
        if before is None or _said(before) != _said(notice):
            new.append(notice)
    MaintenanceNotice.objects.bulk_create(new)


def _said(row: MaintenanceNotice) -> tuple[object, ...]:
    return (row.announced_at, row.during.lower, row.during.upper, row.status, row.components, row.title)


# Days -----------------------------------------------------------------------------------------------------


def store_days(source: Source, names: Names, rows: Sequence[DayRow], delivery: Delivery) -> Recorded:
    """Seconds of outage by UTC day. Days before and after a service's life are left out."""
    source, before = begin(source, delivery, Source.Shape.DAILY_SECONDS)
    if before is not None:
        return before
    table = Table(rows=[], row_count=0, faults=names.faults)
    for row in rows:
        number = table.row_count + 1
        service = names.find(row.component, number)
        begins = datetime.combine(datetime.fromisoformat(row.day).date(), time(0), tzinfo=UTC)
        if service is None or not _lived(service, begins):
            continue
        table.row_count = number
        raw = {"component": row.component, "day": row.day}
        values = {
            "component": row.component,
            "day": begins.date(),
            "partial_seconds": row.partial_seconds,
            "major_seconds": row.major_seconds,
            "incidents": row.incidents,
        }
        table.rows.append(Row(number, values, raw))
    plan = Plan(source=source, known_at=delivery.known_at, table=table)
    if table.rows:
        DAILY_SECONDS_CSV.fill(plan)
    plan.faults.refuse(delivery.name)
    if plan.conflicts.total:
        raise RowsConflict(delivery.name, plan.conflicts.listed, plan.conflicts.total)
    counts = Counts(rows=table.row_count, accepted=len(plan.observations), superseding=plan.superseding)
    payload = keep(source, delivery, counts)
    new = [one for one in plan.observations if isinstance(one, SecondsObservation)]
    for one in new:
        one.payload = payload
    copy_rows(SecondsObservation, new)
    return Recorded(payload, False, payload.accepted, counts.superseding, payload.repeated, payload.listed)


def _lived(service: Service, begins: datetime) -> bool:
    """Whether the service existed on the day that begins then, at least for a part of it."""
    if service.existed_from and begins + ONE_DAY <= service.existed_from:
        return False
    return not (service.existed_until and begins >= service.existed_until)
