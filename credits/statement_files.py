"""A statement as files: canonical JSON, and CSV as RFC 4180 wants it."""

import csv
import io
from decimal import Decimal
from typing import Any

from credits.statements import Statement
from reckoning.canonical import canonical_json
from reckoning.money import minor_digits

FORMAT = "sla-ledger-statement/2"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "kind",
    "section",
    "account",
    "currency",
    "effective_on",
    "entry",
    "document_number",
    "contract",
    "commitment",
    "service",
    "window",
    "level_percent",
    "tier",
    "standing",
    "claim_deadline_on",
    "description",
    "amount",
)
# Numbers may begin with a minus; whatever else begins like a formula is text and gets an apostrophe.
NUMBERS = ("amount", "level_percent")


def amount_text(amount: Decimal, currency: str) -> str:
    """An amount with exactly the decimals of its currency."""
    return f"{amount:.{minor_digits(currency)}f}"


def to_json(value: Statement) -> bytes:
    """Canonical JSON: parameters, balances, rows, control totals and how many rows there are."""
    return canonical_json(document_of(value)) + b"\n"


def to_csv(value: Statement) -> bytes:
    """CSV in UTF-8 with CRLF: the parameters in the first row, then openings, rows, closings and totals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows_of(value):
        writer.writerow([_cell(name, row.get(name, "")) for name in COLUMNS])
    return text.getvalue().encode()


def document_of(value: Statement) -> dict[str, Any]:
    """The statement as plain JSON values: what every form of it is made from."""
    return {
        "format": FORMAT,
        "parameters": {
            "legal_entity": value.legal_entity.code,
            "legal_entity_name": value.legal_entity.name,
            "counterparty": value.counterparty.code,
            "counterparty_name": value.counterparty.name,
            "from_on": value.from_on.isoformat(),
            "until_on": value.until_on.isoformat(),
        },
        "balances": [
            {
                "account": row.account,
                "currency": row.currency,
                "opening": amount_text(row.opening, row.currency),
                "movements": amount_text(row.movements, row.currency),
                "closing": amount_text(row.closing, row.currency),
            }
            for row in value.balances
        ],
        "sections": [
            {
                "section": row.section,
                "account": row.account,
                "currency": row.currency,
                "count": row.count,
                "amount": amount_text(row.amount, row.currency),
            }
            for row in value.sections
        ],
        "movements": [
            vars(row)
            | {
                "effective_on": row.effective_on.isoformat(),
                "amount": amount_text(row.amount, row.currency),
            }
            for row in value.movements
        ],
        "not_posted": [
            vars(row) | {"amount": None if row.amount is None else amount_text(row.amount, row.currency)}
            for row in value.not_posted
        ],
        "control": {
            "row_count": value.row_count,
            "movement_count": len(value.movements),
            "not_posted_count": len(value.not_posted),
            "not_posted_totals": {
                currency: amount_text(total, currency)
                for currency, total in sorted(value.not_posted_totals.items())
            },
        },
    }


def rows_of(value: Statement) -> list[dict[str, str]]:
    """The rows of the CSV by the names of its columns, before formulas are guarded."""
    document = document_of(value)
    given = document["parameters"]
    rows = [
        {
            "kind": "statement",
            "description": f"{given['legal_entity_name']} with {given['counterparty_name']}, "
            f"{given['from_on']} to {given['until_on']} (excluded)",
        }
    ]
    for row in document["balances"]:
        rows.append(_balance("opening", row, given["from_on"], row["opening"]))
    rows += [{"kind": "movement", **row} for row in document["movements"]]
    rows += [
        {"kind": "not posted", **{name: "" if cell is None else str(cell) for name, cell in row.items()}}
        for row in document["not_posted"]
    ]
    rows += [
        {"kind": "total of section", **{name: str(cell) for name, cell in row.items() if name != "count"}}
        for row in document["sections"]
    ]
    for row in document["balances"]:
        rows.append(_balance("total of movements", row, "", row["movements"]))
        rows.append(_balance("closing", row, given["until_on"], row["closing"]))
    for currency, total in document["control"]["not_posted_totals"].items():
        rows.append({"kind": "total not posted", "currency": currency, "amount": total})
    rows.append({"kind": "rows", "description": str(document["control"]["row_count"])})
    return rows


def _balance(kind: str, row: dict[str, str], on: str, amount: str) -> dict[str, str]:
    return {
        "kind": kind,
        "account": row["account"],
        "currency": row["currency"],
        "effective_on": on,
        "amount": amount,
    }


def _cell(name: str, text: str) -> str:
    if name not in NUMBERS and text.startswith(FORMULA_STARTS):
        return f"'{text}"
    return text
