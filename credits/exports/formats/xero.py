"""Xero: manual journals and credit notes, as its import templates have them.

Manual journals (Xero's help, "Enter multiple manual journals using an import template"): Narration and Date tell
which rows are one journal, so that a narration is never used twice; Date is dd/mm/yyyy; Amount is a debit above
zero and a credit below; TaxRate is the full name of a rate; at most 300 lines a file; base currency only.
Credit notes: the template of sales invoices with the note's number and date; amounts above zero.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from credits.exports.errors import ProfileRefused
from credits.exports.formats.journals import (
    OFF_THE_BALANCE_SHEET,
    XERO,
    base_currency_only,
    no_check,
    whole_chunks,
)
from credits.exports.formats.notes import refusal_of_a_note
from credits.exports.models import Target
from credits.exports.values import Context, Journal, Note, Written, csv_bytes, fitted, guarded, money_text
from reckoning.money import minor_digits

MOST_LINES = 300
JOURNAL_HEADER = (
    "*Narration",
    "*Date",
    "Description",
    "*AccountCode",
    "*TaxRate",
    "*Amount",
    "TrackingName1",
    "TrackingOption1",
    "TrackingName2",
    "TrackingOption2",
)
NOTE_HEADER = (
    "*ContactName",
    "*CreditNoteNumber",
    "Reference",
    "*CreditNoteDate",
    "*Description",
    "*Quantity",
    "*UnitAmount",
    "*AccountCode",
    "*TaxType",
    "TaxAmount",
    "Currency",
)
MOST_NOTES = 500
DAY = "%d/%m/%Y"
TAX_NAMES = {
    "S": "Tax on Sales",
    "AE": "Reverse Charge",
    "E": "Exempt Income",
    "Z": "Zero Rated Income",
    "O": "No Tax",
}


class ManualJournals:
    """Manual journals in the currency of the books."""

    target = Target.XERO_JOURNAL
    of_notes = False
    options: dict[str, tuple[str, str]] = {"tax_rate": ("the name of the rate for no tax", "Tax Exempt")}
    accounts = XERO
    check = staticmethod(no_check)

    def external_id(self, item: Journal) -> str:
        """The first word of the narration, which is what Xero keeps a journal by."""
        return fitted(item.own_reference, 60)

    def refusal(self, item: Journal, context: Context) -> str:
        """Other currencies, memorandum accounts and journals larger than a file are not taken."""
        kept = item.without_memorandum()
        if not kept.lines:
            return OFF_THE_BALANCE_SHEET
        if len(kept.lines) > MOST_LINES:
            return f"it has {len(kept.lines)} lines; Xero imports {MOST_LINES} in a file"
        if minor_digits(item.currency) > 2:
            return f"Xero keeps two decimals, and {item.currency} has {minor_digits(item.currency)}"
        return base_currency_only(item, context, "a manual journal of Xero")

    def write(self, items: Sequence[Journal], context: Context) -> list[Written]:
        """Files of at most 300 lines; a journal is never cut in two."""
        kept = [item.without_memorandum() for item in items]
        chunks = whole_chunks([len(item.lines) for item in kept], MOST_LINES)
        files = []
        for number, chunk in enumerate(chunks, start=1):
            rows = [
                [
                    guarded(f"{self.external_id(item)} {item.description}"),
                    item.effective_on.strftime(DAY),
                    guarded(f"{line.purpose_words}: {line.counterparty_name}"),
                    guarded(context.account(line)),
                    guarded(str(context.options["tax_rate"])),
                    money_text(line.signed, item.currency),
                    "",
                    "",
                    "",
                    "",
                ]
                for item in (kept[at] for at in chunk)
                for line in item.lines
            ]
            name = f"xero-manual-journals-{context.name}-{number:02d}.csv"
            files.append(Written(name, "text/csv; charset=utf-8", len(rows), csv_bytes(JOURNAL_HEADER, rows)))
        return files


class CreditNotes:
    """Credit notes to customers, a row for each line of an invoice."""

    target = Target.XERO_CREDIT_NOTES
    of_notes = True
    options: dict[str, tuple[str, str]] = {
        f"tax_{category.lower()}": (f"the name of the rate under {category}; {{percent}} stands for it", name)
        for category, name in TAX_NAMES.items()
    }
    accounts = {"service_credit": "261", "goodwill": "485"}

    def check(self, options: Mapping[str, Any], accounts: Mapping[str, str]) -> None:
        """Both kinds of credit need an account."""
        for kind in self.accounts:
            if not accounts.get(kind):
                raise ProfileRefused(f"accounts: there is none for {kind}; notes are booked to it")

    def external_id(self, item: Note) -> str:
        """The number of the document."""
        return item.number

    def refusal(self, item: Note, context: Context) -> str:
        """What has no invoice, or is no credit, is not taken."""
        return refusal_of_a_note(item)

    def write(self, items: Sequence[Note], context: Context) -> list[Written]:
        """Files of at most 500 notes."""
        files = []
        for number, chunk in enumerate(whole_chunks([1] * len(items), MOST_NOTES), start=1):
            rows = [
                [
                    guarded(note.buyer.name),
                    guarded(note.number),
                    guarded(part.invoice),
                    note.issued_on.strftime(DAY),
                    guarded(part.description),
                    "1",
                    money_text(part.net, note.currency),
                    guarded(context.accounts["goodwill" if note.kind == "goodwill" else "service_credit"]),
                    guarded(_tax_name(context, part.tax_category, part.tax_percent)),
                    money_text(part.tax, note.currency),
                    note.currency,
                ]
                for note in (items[at] for at in chunk)
                for part in note.parts
            ]
            name = f"xero-credit-notes-{context.name}-{number:02d}.csv"
            files.append(Written(name, "text/csv; charset=utf-8", len(rows), csv_bytes(NOTE_HEADER, rows)))
        return files


def _tax_name(context: Context, category: str, percent: Decimal) -> str:
    shown = f"{percent.normalize():f}"
    return str(context.options[f"tax_{category.lower()}"]).replace("{percent}", shown)
