"""What an import of invoices would write, worked out before anything is written."""

from collections import defaultdict
from dataclasses import dataclass, field

from base import csvio
from base.csvio import Column, Faults, Row, Table, read_csv
from contracts.models import Contract, Service
from credits.invoices.models import Invoice, InvoiceLine
from reckoning.errors import CurrencyError
from reckoning.money import minor_digits

COLUMNS = (
    Column("invoice_id", max_length=100),
    Column("contract", max_length=60),
    Column("issued_on", csvio.day),
    Column("currency", max_length=3),
    Column("line_id", max_length=100),
    Column("service", max_length=60),
    Column("period_from", csvio.day),
    Column("period_until", csvio.day),
    Column("net_amount", csvio.decimal(digits=18, places=4)),
    Column("tax_category", csvio.one_of(*InvoiceLine.TaxCategory.values)),
    Column("tax_percent", csvio.decimal(digits=3, places=3)),
    Column("description", blank=True, max_length=300),
    Column("tax_exemption_reason", blank=True, optional=True, max_length=200),
)
UNTAXED = frozenset({"AE", "E", "Z", "O"})
HEAD = ("contract", "issued_on", "currency")


@dataclass
class InvoicePlan:
    """The rows of a file as invoices with their lines; both are unsaved and lack their file."""

    table: Table
    invoices: list[Invoice] = field(default_factory=list)
    lines: list[InvoiceLine] = field(default_factory=list)
    repeated: int = 0
    conflicts: Faults = field(default_factory=Faults)


def plan_invoices(content: bytes) -> InvoicePlan:
    """Read a file and compare it with what was imported. Writes nothing, raises nothing for its faults.

    An invoice is imported whole, with all of its lines in one file: a further line under an invoice that is
    there already is a contradiction, the same lines again are a repetition.
    """
    plan = InvoicePlan(read_csv(content, COLUMNS))
    faults = plan.table.faults
    contracts = {row.reference: row for row in Contract.objects.select_related("legal_entity")}
    services = {row.code: row for row in Service.objects.all()}
    by_invoice: dict[str, list[Row]] = defaultdict(list)
    lines_seen: dict[str, int] = {}
    for row in plan.table.rows:
        earlier = lines_seen.setdefault(row["line_id"], row.number)
        if earlier != row.number:
            faults.add(
                row.number, "line_id", f"repeats {row['line_id']} of row {earlier}; each line stands once"
            )
            continue
        _check_row(row, contracts, services, faults)
        by_invoice[row["invoice_id"]].append(row)
    for rows in by_invoice.values():
        _check_heads(rows, faults)
    if not faults.total:
        _compare(plan, by_invoice, contracts, services)
    return plan


def _check_row(
    row: Row, contracts: dict[str, Contract], services: dict[str, Service], faults: Faults
) -> None:
    contract = contracts.get(row["contract"])
    if contract is None:
        faults.add(row.number, "contract", f"there is no contract with the reference {row['contract']!r}")
    elif row["currency"] != contract.currency:
        faults.add(
            row.number,
            "currency",
            f"is {row['currency']}; contract {contract.reference} is in {contract.currency}",
        )
    if row["service"] not in services:
        faults.add(row.number, "service", f"there is no service with the code {row['service']!r}")
    if row["period_until"] <= row["period_from"]:
        faults.add(
            row.number,
            "period_until",
            f"is not after period_from {row['period_from']}; it is the first day that is not covered",
        )
    if row["tax_percent"] > 100:
        faults.add(row.number, "tax_percent", f"is {row['tax_percent']}; 0 to 100 is expected")
    elif row["tax_category"] in UNTAXED and row["tax_percent"]:
        faults.add(row.number, "tax_percent", f"is {row['tax_percent']}; under {row['tax_category']} it is 0")
    if row["tax_exemption_reason"] and row["tax_category"] in ("S", "Z"):
        faults.add(
            row.number,
            "tax_exemption_reason",
            f"is given; nothing is exempt under {row['tax_category']}, leave it empty",
        )
    try:
        places = minor_digits(row["currency"])
    except CurrencyError as error:
        faults.add(row.number, "currency", str(error).removeprefix("currency: "))
        return
    amount = row["net_amount"]
    if amount != round(amount, places):
        faults.add(row.number, "net_amount", f"is {amount}; {row['currency']} has {places} decimals")


def _check_heads(rows: list[Row], faults: Faults) -> None:
    """All rows of one invoice say the same about it."""
    first = rows[0]
    for row in rows[1:]:
        for name in HEAD:
            if row[name] != first[name]:
                faults.add(
                    row.number, name, f"is {row[name]}; row {first.number} of this invoice says {first[name]}"
                )


def _compare(
    plan: InvoicePlan,
    by_invoice: dict[str, list[Row]],
    contracts: dict[str, Contract],
    services: dict[str, Service],
) -> None:
    known = {
        row.external_id: row
        for row in Invoice.objects.filter(external_id__in=by_invoice).select_related("contract")
    }
    line_ids = [row["line_id"] for rows in by_invoice.values() for row in rows]
    stored_lines = InvoiceLine.objects.filter(external_id__in=line_ids)
    lines = {row.external_id: row for row in stored_lines.select_related("invoice", "service")}
    for external_id, rows in by_invoice.items():
        there = known.get(external_id)
        first = rows[0]
        head = (first["contract"], first["issued_on"], first["currency"])
        if there and (there.contract.reference, there.issued_on, there.currency) != head:
            said = f"{there.contract.reference}, {there.issued_on}, {there.currency}"
            plan.conflicts.add(first.number, "invoice_id", f"{external_id} was imported as {said}")
            continue
        invoice = there or Invoice(
            external_id=external_id,
            contract=contracts[first["contract"]],
            issued_on=first["issued_on"],
            currency=first["currency"],
        )
        for row in rows:
            _compare_line(plan, row, lines.get(row["line_id"]), there, invoice, services[row["service"]])
        if there is None:
            plan.invoices.append(invoice)


def _compare_line(
    plan: InvoicePlan,
    row: Row,
    stored: InvoiceLine | None,
    there: Invoice | None,
    invoice: Invoice,
    service: Service,
) -> None:
    line = InvoiceLine(
        invoice=invoice,
        external_id=row["line_id"],
        service=service,
        period_from_on=row["period_from"],
        period_until_on=row["period_until"],
        net_amount=row["net_amount"],
        tax_category=row["tax_category"],
        tax_percent=row["tax_percent"],
        tax_exemption_reason=row["tax_exemption_reason"],
        description=row["description"],
    )
    if stored is None and there is None:
        plan.lines.append(line)
    elif stored is None:
        plan.conflicts.add(
            row.number,
            "line_id",
            f"is no line of {invoice.external_id} as it was imported; an invoice is whole",
        )
    elif _content(stored) == _content(line):
        plan.repeated += 1
    else:
        plan.conflicts.add(
            row.number, "line_id", f"{stored.external_id} was imported with other content; take a new invoice"
        )


def _content(line: InvoiceLine) -> tuple[object, ...]:
    return (
        line.invoice.external_id,
        line.service_id,
        line.period_from_on,
        line.period_until_on,
        line.net_amount,
        line.tax_category,
        line.tax_percent,
        line.tax_exemption_reason,
        line.description,
    )
