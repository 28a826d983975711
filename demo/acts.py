"""What people do in the replayed history. Every act looks first whether it was done already, so that the replay
can be broken off anywhere and go on."""

from contextlib import AbstractContextManager
from datetime import date, datetime

from audit.record import Actor, acting
from contracts.models import Service
from credits.invoices.models import InvoiceFile
from credits.invoices.services import import_invoices_csv
from demo import files
from demo.people import person
from demo.schedule import MonthPlan, at
from demo.world import CUSTOMER_CONTRACT, INCIDENTS_SOURCE, SECONDS_SOURCE, contract
from measurements import services as measurements
from measurements.models import Exclusion, Payload, Source

ORIGIN = "demo/data, cut by month"


def acting_as(username: str, reason: str = "") -> AbstractContextManager[Actor]:
    """Act as one of the demo's people, from a command."""
    return acting(person(username), via="command", reason=reason)


# Data ----------------------------------------------------------------------------------------------------


def import_measurements(plan: MonthPlan) -> None:
    """The month's seconds, incidents as first shown, and published figures arrive."""
    known_at = plan.data_known_at
    seconds, incidents = _source(SECONDS_SOURCE), _source(INCIDENTS_SOURCE)
    with acting_as("vera", "the month's data from the status page"):
        for kind, source, service, content, more in (
            ("seconds", seconds, measurements.import_daily_seconds_csv, files.daily_seconds(plan.month), {}),
            (
                "incidents",
                incidents,
                measurements.import_intervals_csv,
                files.incidents(plan.month),
                {"covers_until": at(plan.after, 0)},
            ),
            (
                "published",
                seconds,
                measurements.import_vendor_figures_csv,
                files.published_uptime(plan.month),
                {},
            ),
        ):
            name = f"{kind}-{plan.month:%Y-%m}.csv"
            if content and not _has_file(source, name):
                service(
                    source=source,
                    name=name,
                    content=content,
                    retrieved_at=known_at,
                    known_at=known_at,
                    origin=ORIGIN,
                    **more,
                )


def import_corrections(plan: MonthPlan) -> None:
    """Post-mortems say when it was really down."""
    source, name = _source(INCIDENTS_SOURCE), f"incidents-{plan.month:%Y-%m}-corrected.csv"
    content = files.corrected_incidents(plan.month)
    if content and not _has_file(source, name):
        with acting_as("vera", "the times of downtime after the post-mortems"):
            measurements.import_intervals_csv(
                source=source,
                name=name,
                content=content,
                retrieved_at=plan.corrections_known_at,
                known_at=plan.corrections_known_at,
                origin=ORIGIN,
            )


def import_invoices(plan: MonthPlan) -> None:
    """The invoices that were issued after the month: ours each month, the vendor's after a quarter."""
    for kind in ("customer", "vendor"):
        name, content = f"{kind}-invoices-{plan.month:%Y-%m}.csv", files.invoices(kind, plan.month)
        if content and not InvoiceFile.objects.filter(name=name).exists():
            with acting_as("fay", "the month's invoices"):
                import_invoices_csv(name=name, content=content)


def _source(code: str) -> Source:
    return Source.objects.get(code=code)


def _has_file(source: Source, name: str) -> bool:
    return Payload.objects.filter(source=source, name=name).exists()


# Exclusions ----------------------------------------------------------------------------------------------


def propose_maintenance(plan: MonthPlan) -> None:
    """Maintenance that began in the month and had been announced to the customer is proposed as excluded."""
    wanted = contract(CUSTOMER_CONTRACT)
    for row in _notices_of(plan):
        if not Exclusion.objects.filter(contract=wanted, external_id=row["external_id"]).exists():
            with acting_as("cleo", "maintenance announced to the customer"):
                measurements.propose_exclusion(
                    contract=wanted,
                    service=Service.objects.get(code=row["service"]),
                    kind=row["kind"],
                    start=datetime.fromisoformat(row["start"]),
                    end=datetime.fromisoformat(row["end"]),
                    announced_at=datetime.fromisoformat(row["announced_at"]),
                    evidence=row["evidence"],
                    external_id=row["external_id"],
                    proposed_at=at(plan.day(2), 9),
                )


def decide_maintenance(plan: MonthPlan) -> None:
    """Somebody else decides on what was proposed."""
    for row in _notices_of(plan):
        exclusion = Exclusion.objects.get(
            contract__reference=CUSTOMER_CONTRACT, external_id=row["external_id"]
        )
        if not hasattr(exclusion, "decision"):
            with acting_as("leo"):
                measurements.decide_exclusion(
                    exclusion=exclusion,
                    verdict=row["verdict"],
                    reason=row["reason"],
                    decided_at=at(plan.day(3), 9),
                )


def _notices_of(plan: MonthPlan) -> list[files.Row]:
    return [
        row for row in files.notices() if date.fromisoformat(row["start"][:10]).replace(day=1) == plan.month
    ]
