"""A statement as PDF and as a workbook: the same rows, parameters and control totals as its JSON and CSV."""

from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from base.pdf.blocks import Attachment, Block, Column, Document, Heading, PageSize, Pairs, Table, Text, Title
from base.pdf.document import render
from base.xlsx import Cell, Money, Sheet, workbook
from credits.explained import duration, money
from credits.models import Account
from credits.not_posted import NotPosted
from credits.statement_files import COLUMNS, document_of, rows_of, to_json
from credits.statements import SECTIONS, Statement
from measurements.models import DifferenceDecision
from reckoning.canonical import sha256_hex
from reckoning.money import minor_digits

WIDTHS = {
    "account": 26,
    "entry": 24,
    "description": 48,
    "document_number": 18,
    "commitment": 22,
    "service": 18,
}
WHOLE_WINDOW = DifferenceDecision.WHOLE_WINDOW
_PURPOSES = dict(Account.Purpose.choices)


def is_provisional(value: Statement) -> bool:
    """Whether a figure of the statement may still change: a result that is not final, or an open question."""
    return any(row.standing in ("provisional", "open question") for row in value.not_posted)


def statement_pdf(value: Statement, page_size: PageSize = "A4") -> bytes:
    """The statement as PDF/A-3b with its canonical JSON attached; marked provisional while it is."""
    document, data = document_of(value), to_json(value)
    given = document["parameters"]
    provisional = is_provisional(value)
    return render(
        Document(
            title=f"Statement {given['counterparty']} {given['from_on']}",
            author=given["legal_entity_name"],
            subject=f"{given['legal_entity_name']} with {given['counterparty_name']}",
            dated=datetime.combine(value.until_on, time(0), UTC),
            blocks=_blocks(value, document, sha256_hex(data)),
            header=f"Statement · {given['legal_entity_name']} · {given['counterparty_name']} · "
            f"{given['from_on']} to {given['until_on']} (excluded)",
            footer=f"Statement SHA-256 {sha256_hex(data)}",
            watermark="PROVISIONAL" if provisional else "",
            attachments=(
                Attachment("statement.json", data, "application/json", "The statement as data", "Data"),
            ),
        ),
        page_size=page_size,
    )


def _blocks(value: Statement, document: dict[str, Any], digest: str) -> list[Block]:
    given, control = document["parameters"], document["control"]
    standing = (
        "Provisional: a result that it lists may still change. The books change by further entries only."
        if is_provisional(value)
        else "Every result that it lists is final."
    )
    return [
        Title(
            "Statement",
            f"{given['counterparty_name']} · {given['from_on']} to {given['until_on']} (excluded)",
        ),
        Text(standing, style="note"),
        Heading("Parameters"),
        Pairs([(name.replace("_", " "), text) for name, text in given.items()]),
        Heading("Balances"),
        Table(
            [
                Column("Account", 40),
                Column("Currency", 12),
                *(_right(n) for n in ("Opening", "Movements", "Closing")),
            ],
            [
                (_account(row.account), row.currency, *(_bare(one, row.currency) for one in figures))
                for row in value.balances
                for figures in [(row.opening, row.movements, row.closing)]
            ],
            empty="Nothing stood between the two, and nothing moved.",
        ),
        Heading("From opening to closing"),
        Table(
            [
                Column("Account", 40),
                Column("Line", 26),
                Column("Entries", 12, "right"),
                Column("Amount", 18, "right"),
            ],
            [
                line
                for balance in value.balances
                for line in [
                    (_account(balance.account), "Opening", "", money(balance.opening, balance.currency)),
                    *(
                        (_account(row.account), row.words, str(row.count), money(row.amount, row.currency))
                        for row in value.sections
                        if (row.account, row.currency) == (balance.account, balance.currency)
                    ),
                    (_account(balance.account), "Closing", "", money(balance.closing, balance.currency)),
                ]
            ],
            empty="Nothing stood between the two, and nothing moved.",
        ),
        Heading("Movements"),
        Table(
            [
                Column("On", 16),
                Column("Entry and document", 27),
                Column("What it is for", 38),
                Column("Account", 24),
                Column("Amount", 18, "right"),
            ],
            [
                (
                    row.effective_on.isoformat(),
                    _lines(row.entry, row.document_number),
                    _lines(
                        row.description,
                        _facts(row.contract, row.commitment, row.service, row.window),
                        _facts(f"{row.level_percent} %" if row.level_percent else "", row.tier),
                    ),
                    _lines(_account(row.account), SECTIONS[row.section]),
                    money(row.amount, row.currency),
                )
                for row in value.movements
            ],
            totals=[
                ("Total", "", "", _account(row.account), money(row.movements, row.currency))
                for row in value.balances
            ],
        ),
        Heading("Reckoned and not in the books"),
        Table(
            [
                Column("Window", 12),
                Column("What", 40),
                Column("Level and tier", 26),
                Column("Standing", 24),
                Column("Amount", 18, "right"),
            ],
            [
                (
                    row.window,
                    _facts(row.contract, row.commitment, row.service, ""),
                    _lines(_level(row), row.tier),
                    _lines(
                        row.standing, f"claim by {row.claim_deadline_on}" if row.claim_deadline_on else ""
                    ),
                    "open" if row.amount is None else money(row.amount, row.currency),
                )
                for row in value.not_posted
            ],
            totals=[
                ("Total", "", "", "", money(total, currency))
                for currency, total in sorted(value.not_posted_totals.items())
            ],
        ),
        *_measured(value),
        Heading("Control"),
        Pairs(
            [
                ("Rows", str(control["row_count"])),
                ("Movements", str(control["movement_count"])),
                ("Not in the books", str(control["not_posted_count"])),
                ("SHA-256 of the data", digest),
            ]
        ),
    ]


def _measured(value: Statement) -> list[Block]:
    """Where it was measured, and both figures where two sources said different things."""
    blocks: list[Block] = []
    if value.measured_by:
        blocks += [
            Heading("Where it was measured"),
            Table(
                [Column("Contract", 18), Column("Source", 34), Column("Kind", 22), Column("Measured at", 36)],
                [(row.contract, row.source, row.kind, row.measurement_point) for row in value.measured_by],
            ),
        ]
    if value.two_sources:
        blocks += [
            Heading("Where two sources differ"),
            Table(
                [
                    Column("Window", 14),
                    Column("What", 30),
                    Column("Contract's source", 18, "right"),
                    Column("The other", 18, "right"),
                    Column("Accepted", 18, "right"),
                    Column("Why", 24),
                ],
                [
                    (
                        row.window if row.line == WHOLE_WINDOW else _lines(row.window, row.line),
                        _lines(f"{row.contract} {row.service}", row.source),
                        duration(Fraction(row.contractual_seconds)),
                        duration(Fraction(row.other_seconds)),
                        duration(Fraction(row.accepted_seconds)),
                        row.why,
                    )
                    for row in value.two_sources
                ],
            ),
        ]
    return blocks


def _right(name: str) -> Column:
    return Column(name, 18, "right")


def _account(purpose: str) -> str:
    return _PURPOSES.get(purpose, purpose)


def _bare(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{minor_digits(currency)}f}"


def _level(row: NotPosted) -> str:
    """The level of a result; open where it is not known, and none where no promise stands behind (goodwill)."""
    if row.level_percent:
        return f"{row.level_percent} %"
    return "open" if row.commitment else "—"


def _facts(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def statement_xlsx(value: Statement) -> bytes:
    """The statement as a workbook: the rows of the CSV with typed cells, its totals, and the parameters."""
    document = document_of(value)
    given, control = document["parameters"], document["control"]
    rows = [row for row in rows_of(value) if row["kind"] not in ("statement", "rows")]
    last = next((at for at, row in enumerate(rows) if row["kind"].startswith("total")), len(rows))
    columns = [(name, WIDTHS.get(name, 15)) for name in COLUMNS]
    return workbook(
        [
            Sheet(
                "Statement",
                columns,
                [[_cell(name, row) for name in COLUMNS] for row in rows[:last]],
                [[_cell(name, row) for name in COLUMNS] for row in rows[last:]],
            )
        ],
        title=f"Statement {given['counterparty']} {given['from_on']}",
        author=given["legal_entity_name"],
        created=datetime.combine(value.until_on, time(0), UTC),
        parameters=[
            *given.items(),
            ("format", document["format"]),
            ("provisional", "yes" if is_provisional(value) else "no"),
            ("row_count", control["row_count"]),
            ("movement_count", control["movement_count"]),
            ("not_posted_count", control["not_posted_count"]),
            *(
                (f"not_posted_total_{one}", Decimal(sum_))
                for one, sum_ in control["not_posted_totals"].items()
            ),
            ("sha256_of_json", sha256_hex(to_json(value))),
        ],
    )


def _cell(name: str, row: dict[str, str]) -> Cell | Money:
    text = row.get(name, "")
    if not text:
        return None
    if name == "amount":
        return Money(Decimal(text), minor_digits(row["currency"]))
    if name == "level_percent":
        return Decimal(text)
    if name in ("effective_on", "claim_deadline_on"):
        return datetime.fromisoformat(text).date()
    return text
