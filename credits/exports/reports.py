"""Loading what the other side said of a batch."""

from hashlib import sha256

from django.db import connection, transaction

from audit.record import record
from base import csvio
from base.access import require_role
from base.csvio import Column, read_csv
from base.dberrors import named_errors
from contracts.models import LegalEntity
from credits.exports.errors import BY_CONSTRAINT, ReportRefused
from credits.exports.models import ExportBatch, ImportReport, ImportReportLine
from credits.exports.reading import reconcile
from reckoning.errors import CurrencyError
from reckoning.money import minor_digits

BATCH = 2000
REPORT = (
    Column("external_id", max_length=160),
    Column("outcome", csvio.one_of(*ImportReportLine.Outcome.values)),
    Column("amount", csvio.decimal(digits=18, places=4), blank=True, empty=None),
    Column("currency", blank=True, max_length=3),
    Column("reason", blank=True, optional=True, max_length=500),
)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def load_import_report(batch: ExportBatch, *, name: str, content: bytes) -> ImportReport:
    """Load what the other side said of a batch: CSV with external_id, outcome, amount, currency and reason.

    The same content again gives the report that is there. Raises ImportRefused with every fault, ReportRefused
    where no id of it is the batch's, NotAllowed (finance loads).
    """
    actor = require_role("finance")
    alone(batch.legal_entity, batch.target)
    digest = sha256(content).hexdigest()
    there = batch.reports.filter(sha256=digest).first()
    if there is not None:
        return there
    table = read_csv(content, REPORT)
    _check_report(table)
    table.faults.refuse(name)
    ours = set(batch.lines.values_list("external_id", flat=True))
    if not any(row["external_id"] in ours for row in table.rows):
        raise ReportRefused(f"report: no external id of {name} is one of {batch}; is it another batch's?")
    report = ImportReport.objects.create(
        batch=batch,
        number=batch.reports.count() + 1,
        name=name[:200],
        sha256=digest,
        content=content,
        row_count=len(table.rows),
        loaded_by=actor,
    )
    ImportReportLine.objects.bulk_create(
        (ImportReportLine(report=report, **row.values) for row in table.rows), batch_size=BATCH
    )
    standing = reconcile(batch)
    record(
        "export_batch.load_report",
        batch,
        after={
            "report": report.number,
            "sha256": digest,
            "counts": standing.counts,
            "differences": {one.currency: one.difference for one in standing.sums},
        },
    )
    return report


def alone(legal_entity: LegalEntity, target: str) -> None:
    """One act at a time on the exports of a company to one system."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"export:{legal_entity.pk}:{target}"]
        )


def _check_report(table: csvio.Table) -> None:
    seen: dict[str, int] = {}
    for row in table.rows:
        earlier = seen.setdefault(row["external_id"], row.number)
        if earlier != row.number:
            table.faults.add(row.number, "external_id", f"repeats row {earlier}; each id stands once")
        if row["outcome"] == ImportReportLine.Outcome.REJECTED:
            if not row.values.get("reason"):
                table.faults.add(row.number, "reason", "is empty; say why it was rejected")
            continue
        if row["amount"] is None:
            table.faults.add(row.number, "amount", "is empty; say with which amount it was accepted")
        try:
            places = minor_digits(row["currency"])
        except CurrencyError as error:
            table.faults.add(row.number, "currency", str(error).removeprefix("currency: "))
            continue
        if row["amount"] is not None and row["amount"] != round(row["amount"], places):
            table.faults.add(
                row.number, "amount", f"is {row['amount']}; {row['currency']} has {places} decimals"
            )
