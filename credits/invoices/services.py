"""What can be done with invoices: they are imported, whole files at a time, and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection, transaction

from audit.record import current_actor, record
from base.access import require_role
from base.csvio import Fault
from base.models import User
from credits.invoices.errors import InvoicesConflict
from credits.invoices.models import Invoice, InvoiceFile, InvoiceLine
from credits.invoices.planning import plan_invoices

PREVIEWED_ROWS = 10
BATCH = 2_000


@dataclass(frozen=True)
class InvoicePreview:
    """What importing a file would do. Nothing was written."""

    name: str
    row_count: int
    invoices: int
    lines: int
    repeated: int
    rows: tuple[Mapping[str, str], ...]
    faults: tuple[Fault, ...]
    fault_count: int
    replays: bool


def preview_invoices_csv(*, name: str, content: bytes) -> InvoicePreview:
    """Show what importing the file would do, faults and contradictions included. Raises NotAllowed."""
    _require_importer()
    plan = plan_invoices(content)
    faults = sorted([*plan.table.faults.listed, *plan.conflicts.listed], key=lambda fault: fault.row)
    return InvoicePreview(
        name=name,
        row_count=plan.table.row_count,
        invoices=len(plan.invoices),
        lines=len(plan.lines),
        repeated=plan.repeated,
        rows=tuple(row.raw for row in plan.table.rows[:PREVIEWED_ROWS]),
        faults=tuple(faults),
        fault_count=plan.table.faults.total + plan.conflicts.total,
        replays=InvoiceFile.objects.filter(sha256=sha256(content).hexdigest()).exists(),
    )


@transaction.atomic
def import_invoices_csv(*, name: str, content: bytes) -> InvoiceFile:
    """Keep a file of invoices byte for byte and its invoices with their lines; all of it or nothing.

    The same content again gives the file that is there and adds nothing. Amounts are net of tax, in whole minor
    units of the contract's currency; periods are days, the last one excluded. Raises ImportRefused with every
    fault, InvoicesConflict where an external id stands for other content, NotAllowed (finance or a job
    imports). Having imported a fee bars from approving credits that rest on it (rule 20).
    """
    actor = _require_importer()
    digest = sha256(content).hexdigest()
    with connection.cursor() as cursor:
        # One import at a time: external ids are looked up before they are written.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('invoices_import', 0))")
    there = InvoiceFile.objects.filter(sha256=digest).first()
    if there is not None:
        return there
    plan = plan_invoices(content)
    plan.table.faults.refuse(name)
    if plan.conflicts.total:
        raise InvoicesConflict(name, plan.conflicts.listed, plan.conflicts.total)
    file = InvoiceFile.objects.create(
        name=name[:200],
        sha256=digest,
        content=content,
        row_count=plan.table.row_count,
        imported_by=actor,
    )
    for invoice in plan.invoices:
        invoice.file = file
    Invoice.objects.bulk_create(plan.invoices, batch_size=BATCH)
    InvoiceLine.objects.bulk_create(plan.lines, batch_size=BATCH)
    record(
        "invoice_file.import",
        file,
        after={
            "sha256": digest,
            "row_count": file.row_count,
            "invoices": len(plan.invoices),
            "lines": len(plan.lines),
            "repeated": plan.repeated,
        },
    )
    return file


def _require_importer() -> User:
    user = current_actor().user
    return user if not user.is_person else require_role("finance")
