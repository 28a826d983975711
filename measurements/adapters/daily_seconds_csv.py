"""Seconds of partial and of major outage by component and UTC day. ``docs/imports.md`` describes the file."""

from datetime import UTC, datetime, time, timedelta

from base import csvio
from base.csvio import Column, Row
from contracts.models import Service
from measurements.adapters.plan import Adapter, Plan, code_of, latest_by_key, services_of, unknown_component
from measurements.models import Payload, SecondsObservation, Source

DAY_SECONDS = 86_400

COLUMNS = (
    Column("component"),
    Column("day", csvio.day),
    Column("partial_seconds", csvio.count),
    Column("major_seconds", csvio.count),
    Column("incidents", csvio.names(), blank=True, empty=(), max_length=2000),
)


def _fill(plan: Plan) -> None:
    services = services_of(plan.source)
    rows = []
    once = plan.refuse_repeats(
        ("component", "day"), lambda row: (code_of(row["component"], services), row["day"])
    )
    for row in once:
        service = services.get(row["component"])
        if service is None:
            plan.faults.add(row.number, "component", unknown_component(row["component"], services))
        elif _is_possible(plan, row, service):
            rows.append((row, service))
    if not rows:
        return
    days = [row["day"] for row, _ in rows]
    stored = SecondsObservation.objects.filter(
        source=plan.source,
        service__in={service.pk for _, service in rows},
        day__range=(min(days), max(days)),
    )
    known = latest_by_key(stored, "service_id", "day")
    for row, service in rows:
        new = SecondsObservation(
            service=service,
            day=row["day"],
            partial_seconds=row["partial_seconds"],
            major_seconds=row["major_seconds"],
            incidents=sorted(row["incidents"]),
        )
        before = known.get((service.pk, row["day"]))
        plan.weigh(row, new, before, before is not None and _content(new) == _content(before))


def _is_possible(plan: Plan, row: Row, service: Service) -> bool:
    before = plan.faults.total
    begins = datetime.combine(row["day"], time(0), tzinfo=UTC)
    ends = begins + timedelta(days=1)
    if ends > plan.known_at:
        plan.faults.add(
            row.number,
            "day",
            f"is not over at known_at {plan.known_at:%Y-%m-%dT%H:%M:%SZ}; a day is reported when it is over",
        )
    if service.existed_from and ends <= service.existed_from:
        plan.faults.add(
            row.number,
            "day",
            f"lies before {service.code} existed, which is from {service.existed_from:%Y-%m-%dT%H:%M:%SZ}; "
            "leave the row out",
        )
    if service.existed_until and begins >= service.existed_until:
        plan.faults.add(
            row.number,
            "day",
            f"lies after {service.code} existed, which is until {service.existed_until:%Y-%m-%dT%H:%M:%SZ}; "
            "leave the row out",
        )
    partial, major = row["partial_seconds"], row["major_seconds"]
    if partial + major > DAY_SECONDS:
        column = "major_seconds" if major > DAY_SECONDS else "partial_seconds"
        plan.faults.add(
            row.number, column, f"makes {partial + major} s of outage in a day that has {DAY_SECONDS} s"
        )
    if any(len(name) > 100 for name in row["incidents"]):
        plan.faults.add(
            row.number, "incidents", "holds a name of more than 100 characters; at most 100 are kept"
        )
    return plan.faults.total == before


def _content(row: SecondsObservation) -> tuple[object, ...]:
    return (row.partial_seconds, row.major_seconds, row.incidents)


DAILY_SECONDS_CSV = Adapter(
    parser=Payload.Parser.DAILY_SECONDS_CSV,
    version=1,
    columns=COLUMNS,
    shape=Source.Shape.DAILY_SECONDS,
    fill=_fill,
)
