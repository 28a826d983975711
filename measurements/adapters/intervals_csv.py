"""Incidents with start and end. ``docs/imports.md`` describes the file."""

from collections.abc import Mapping

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from base import csvio
from base.csvio import Column, Row
from contracts.models import Service
from measurements.adapters.plan import Adapter, Plan, latest_by_key, services_of, unknown_component
from measurements.models import IntervalObservation, ListedRow, Payload, Source


def _severity(cell: str) -> str:
    if not (cell.isascii() and cell.replace("_", "").isalnum() and cell == cell.lower()):
        raise ValueError(
            f"is {cell[:30]!r}; a lower-case word such as major is expected, as the terms write it"
        )
    return cell


COLUMNS = (
    Column("external_id", max_length=100),
    Column("start", csvio.instant),
    Column("end", csvio.instant),
    Column("severity", _severity, max_length=30),
    Column("components", csvio.names(), blank=True, empty=(), max_length=2000),
    Column("title", blank=True, max_length=300),
    # What was said first, where start and end are a later and better account. Kept in the payload only.
    Column("published_start", csvio.instant, blank=True, optional=True, empty=None),
    Column("published_end", csvio.instant, blank=True, optional=True, empty=None),
    Column("withdrawn", csvio.one_of("yes", "no"), blank=True, optional=True, empty="no"),
)


def _fill(plan: Plan) -> None:
    services = services_of(plan.source)
    once = plan.refuse_repeats(("external_id",), lambda row: row["external_id"])
    rows = [row for row in once if _is_possible(plan, row, services)]
    known = latest_by_key(
        IntervalObservation.objects.filter(
            source=plan.source, external_id__in=[row["external_id"] for row in rows]
        ),
        "external_id",
    )
    for row in rows:
        before = known.get((row["external_id"],))
        new = _observation(row, services)
        reasons = _reasons_to_list(row, new)
        if new.withdrawn and before is None:
            plan.faults.add(row.number, "withdrawn", "takes back an incident that this source never reported")
        elif reasons and before is not None and not before.withdrawn and not new.withdrawn:
            plan.faults.add(
                row.number,
                "external_id",
                f"was reported before as something to reckon from, and now {reasons[0].label.lower()}; "
                "repeat it as it was with withdrawn = yes to take it back",
            )
        elif reasons:
            for reason in reasons:
                plan.list_row(row, reason, row["external_id"])
        else:
            plan.weigh(row, new, before, before is not None and _content(new) == _content(before))


def _is_possible(plan: Plan, row: Row, services: Mapping[str, Service]) -> bool:
    before = plan.faults.total
    for start, end in (("start", "end"), ("published_start", "published_end")):
        begins, ends = row[start], row[end]
        if begins and ends and ends < begins:
            plan.faults.add(
                row.number, end, f"lies before {start} {row.raw[start]}; exchange or correct them"
            )
        for column in (start, end):
            if row[column] and row[column] > plan.known_at:
                plan.faults.add(
                    row.number,
                    column,
                    f"lies after known_at {plan.known_at:%Y-%m-%dT%H:%M:%SZ}; nobody could know it then",
                )
    for name in row["components"]:
        if name not in services and name not in plan.source.untracked_components:
            plan.faults.add(
                row.number,
                "components",
                unknown_component(name, services) + "; add it to the source's untracked names if nothing is "
                "promised for it",
            )
    return plan.faults.total == before


def _observation(row: Row, services: Mapping[str, Service]) -> IntervalObservation:
    codes = {services[name].code for name in row["components"] if name in services}
    return IntervalObservation(
        external_id=row["external_id"],
        during=DateTimeTZRange(row["start"], row["end"], "[)"),
        severity=row["severity"],
        components=sorted(codes),
        title=row["title"],
        withdrawn=row["withdrawn"] == "yes",
    )


def _reasons_to_list(row: Row, new: IntervalObservation) -> list[ListedRow.Reason]:
    reasons = []
    if not row["components"]:
        reasons.append(ListedRow.Reason.NO_COMPONENT)
    elif not new.components:
        reasons.append(ListedRow.Reason.UNTRACKED_COMPONENT)
    if row["start"] == row["end"]:
        reasons.append(ListedRow.Reason.NO_LENGTH)
    return reasons


def _content(row: IntervalObservation) -> tuple[object, ...]:
    return (row.during.lower, row.during.upper, row.severity, row.components, row.title, row.withdrawn)


INTERVALS_CSV = Adapter(
    parser=Payload.Parser.INTERVALS_CSV,
    version=1,
    columns=COLUMNS,
    shape=Source.Shape.INTERVALS,
    fill=_fill,
)
