"""NetSuite: credit memos as the three linked files of its CSV import.

Oracle's help ("Credit Memo Import"): CreditMemo.csv holds the bodies, CreditMemoItems.csv the items and
CreditMemoApply.csv the invoices that are credited, all linked by External ID, which also keeps a memo from being
imported twice; at most 5,000 lines in a transaction. Invoices are named by their external ids.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from credits.exports.errors import ProfileRefused
from credits.exports.formats.notes import refusal_of_a_note
from credits.exports.models import Target
from credits.exports.values import Context, Note, Written, csv_bytes, guarded, money_text

BODY = ("External ID", "Tran ID", "Customer", "Date", "Currency", "Memo", "Subsidiary")
ITEMS = ("External ID", "Line", "Item", "Quantity", "Rate", "Amount", "Description", "Tax Code", "Tax Amount")
APPLY = ("External ID", "Apply", "Payment")
MOST_LINES = 5000


class NetSuite:
    """Credit memos by external id."""

    target = Target.NETSUITE
    of_notes = True
    options: dict[str, tuple[str, str]] = {
        "item": ("the item that service credits are credited with", "Service credit"),
        "goodwill_item": ("the item that goodwill is credited with", "Goodwill credit"),
        "subsidiary": ("our company's name there; empty without OneWorld", ""),
        "date_format": ("as the user's preferences there have it", "%m/%d/%Y"),
        "tax_code": ("{category} and {percent} stand for the invoice's", "VAT:{category}-{percent}"),
        "apply": ("no: leave it to NetSuite which invoice a memo is applied to", "yes"),
    }
    accounts: dict[str, str] = {}

    def check(self, options: Mapping[str, Any], accounts: Mapping[str, str]) -> None:
        """Items need names."""
        for name in ("item", "goodwill_item"):
            if not options.get(name):
                raise ProfileRefused(f"options: {name} is empty; each line of a memo names an item")

    def external_id(self, item: Note) -> str:
        """The number of the document."""
        return item.number

    def refusal(self, item: Note, context: Context) -> str:
        """What has no invoice, is no credit, or has too many lines is not taken."""
        if len(item.parts) > MOST_LINES:
            return f"it has {len(item.parts)} lines; NetSuite imports {MOST_LINES} in a transaction"
        return refusal_of_a_note(item)

    def write(self, items: Sequence[Note], context: Context) -> list[Written]:
        """The three files; the third one only where memos are applied."""
        body = [
            [
                guarded(note.number),
                guarded(note.number),
                guarded(note.buyer.name),
                note.issued_on.strftime(str(context.options["date_format"])),
                note.currency,
                guarded(note.description),
                guarded(str(context.options["subsidiary"])),
            ]
            for note in items
        ]
        lines = [
            [
                guarded(note.number),
                str(part.number),
                guarded(str(context.options["goodwill_item" if note.kind == "goodwill" else "item"])),
                "1",
                money_text(part.net, note.currency),
                money_text(part.net, note.currency),
                guarded(part.description),
                guarded(_tax_code(str(context.options["tax_code"]), part.tax_category, part.tax_percent)),
                money_text(part.tax, note.currency),
            ]
            for note in items
            for part in note.parts
        ]
        files = [
            _file(f"CreditMemo-{context.name}.csv", BODY, body),
            _file(f"CreditMemoItems-{context.name}.csv", ITEMS, lines),
        ]
        if context.options["apply"] == "yes":
            files.append(_file(f"CreditMemoApply-{context.name}.csv", APPLY, _applied(items)))
        return files


def _applied(notes: Sequence[Note]) -> list[list[str]]:
    rows = []
    for note in notes:
        by_invoice: dict[str, Decimal] = defaultdict(Decimal)
        for part in note.parts:
            by_invoice[part.invoice] += part.net + part.tax
        rows += [
            [guarded(note.number), guarded(invoice), money_text(amount, note.currency)]
            for invoice, amount in by_invoice.items()
        ]
    return rows


def _tax_code(pattern: str, category: str, percent: Decimal) -> str:
    return pattern.replace("{category}", category).replace("{percent}", f"{percent.normalize():f}")


def _file(name: str, header: Sequence[str], rows: list[list[str]]) -> Written:
    return Written(name, "text/csv; charset=utf-8", len(rows), csv_bytes(header, rows))
