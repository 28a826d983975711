"""What a vendor published as its uptime: a claim to be reconciled, never a measurement (rule 6)."""

from datetime import UTC, date, datetime, time

from base import csvio
from base.csvio import Column, Row
from measurements.adapters.plan import Adapter, Plan, code_of, latest_by_key, services_of, unknown_component
from measurements.models import Payload, VendorFigure

COLUMNS = (
    Column("component"),
    Column("month", csvio.month),
    Column("uptime", csvio.decimal(digits=1, places=20)),
)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _fill(plan: Plan) -> None:
    services = services_of(plan.source)
    rows = []
    once = plan.refuse_repeats(
        ("component", "month"), lambda row: (code_of(row["component"], services), row["month"])
    )
    for row in once:
        service = services.get(row["component"])
        if service is None:
            plan.faults.add(row.number, "component", unknown_component(row["component"], services))
        elif _is_possible(plan, row):
            rows.append((row, service))
    stored = VendorFigure.objects.filter(source=plan.source, service__in={service.pk for _, service in rows})
    known = latest_by_key(stored, "service_id", "month_on")
    for row, service in rows:
        new = VendorFigure(service=service, month_on=row["month"], uptime_ratio=row["uptime"])
        before = known.get((service.pk, row["month"]))
        plan.weigh(row, new, before, before is not None and before.uptime_ratio == row["uptime"])


def _is_possible(plan: Plan, row: Row) -> bool:
    before = plan.faults.total
    if row["uptime"] > 1:
        plan.faults.add(
            row.number, "uptime", f"is {row.raw['uptime']}; a ratio from 0 to 1 is expected, 99.9 % is 0.999"
        )
    if datetime.combine(month_after(row["month"]), time(0), tzinfo=UTC) > plan.known_at:
        plan.faults.add(
            row.number,
            "month",
            f"is not over at known_at {plan.known_at:%Y-%m-%dT%H:%M:%SZ}; a month is reported when it is over",
        )
    return plan.faults.total == before


VENDOR_FIGURES_CSV = Adapter(
    parser=Payload.Parser.VENDOR_FIGURES_CSV,
    version=1,
    columns=COLUMNS,
    shape=None,
    fill=_fill,
)
