"""Finance hands the closed months to other systems in the replayed history, and loads what they said of them."""

from datetime import date, datetime, timedelta

from credits.exports import reporting
from credits.exports import services as exports
from credits.exports.errors import NothingToExport
from credits.exports.models import ExportBatch, ReportSchedule
from credits.exports.values import csv_bytes, money_text
from demo.acts import acting_as
from demo.schedule import LAST_MONTH, MonthPlan, at
from demo.world import CUSTOMER_CONTRACT, contract

# The half-year before the day of the demo; earlier months were handed over on paper.
FIRST_EXPORTED = date(2025, 1, 1)
JOURNAL, NOTES = "journal_csv", ("ubl", "netsuite")
REJECTED_IN = "2025-04"
REPORT = ("external_id", "outcome", "amount", "currency", "reason")
MAILBOX = "finance@example.com"


def export_month(plan: MonthPlan) -> None:
    """The closed month goes out, as a journal and as credit notes."""
    if not FIRST_EXPORTED <= plan.month <= LAST_MONTH:
        return
    with acting_as("finn", "the closed month"):
        for target in (JOURNAL, *NOTES):
            try:
                exports.export_batch(
                    contract(CUSTOMER_CONTRACT).legal_entity,
                    target=target,
                    from_on=plan.month,
                    until_on=plan.day(1),
                    exported_at=at(plan.day(6), 9),
                )
            except NothingToExport:
                continue


def take_reports(plan: MonthPlan) -> None:
    """The other side took everything, but for one entry of one month; the last month is not answered yet."""
    if plan.month == LAST_MONTH:
        return
    for batch in ExportBatch.objects.filter(from_on=plan.month, target=JOURNAL, corrects=None):
        with acting_as("finn", "the other side's answer"):
            name = f"report of {plan.day(7)} (invented).csv"
            exports.load_import_report(batch, name=name, content=_report(batch, plan.label == REJECTED_IN))


def ensure_schedule() -> None:
    """Finance gets the statements of every month since April."""
    entity = contract(CUSTOMER_CONTRACT).legal_entity
    if not ReportSchedule.objects.filter(legal_entity=entity, address=MAILBOX).exists():
        with acting_as("finn", "the department's statements"):
            reporting.begin_schedule(
                entity,
                department="finance",
                cadence="monthly",
                form="pdf",
                address=MAILBOX,
                first_on=date(2025, 4, 1),
            )


def make_statements(plan: MonthPlan) -> None:
    """The month's statements are made, but for the last month: that one was missed, and is seen as such."""
    if date(2025, 4, 1) <= plan.month < LAST_MONTH:
        ensure_schedule()
        with acting_as("finn", "the month's statements"):
            schedule = ReportSchedule.objects.get(address=MAILBOX)
            run_at: datetime = at(plan.day(6), 9) + timedelta(minutes=5)
            reporting.run_report(schedule, from_on=plan.month, run_at=run_at, number=1)


def _report(batch: ExportBatch, rejects: bool) -> bytes:
    rows = []
    for number, line in enumerate(batch.lines.order_by("pk")):
        if rejects and number == 0:
            rows.append([line.external_id, "rejected", "", "", "the account is locked there (invented)"])
        else:
            amount = money_text(line.amount, line.currency)
            rows.append([line.external_id, "accepted", amount, line.currency, ""])
    return csv_bytes(REPORT, rows)
