"""QuickBooks Online: the CSV that its "Import data: Journal entries" reads.

Columns and rules as Intuit's help has them ("Import journal entries in QuickBooks Online"): JournalNo,
JournalDate (MM/DD/YYYY), AccountName (with its parents, account numbers turned off), Debits, Credits, Description,
Name, Currency. An entry balances; a number has at most 21 characters; a file has at most 1,000 rows.
"""

from collections.abc import Sequence

from credits.exports.formats.journals import NAMES, OFF_THE_BALANCE_SHEET, no_check, whole_chunks
from credits.exports.models import Target
from credits.exports.values import Context, Journal, Written, csv_bytes, fitted, guarded, money_text
from reckoning.money import minor_digits

HEADER = (
    "JournalNo",
    "JournalDate",
    "AccountName",
    "Debits",
    "Credits",
    "Description",
    "Name",
    "Currency",
)
MOST_ROWS = 1000
MOST_DIGITS = 21


class QuickBooks:
    """Journal entries, each in one currency."""

    target = Target.QUICKBOOKS
    of_notes = False
    options: dict[str, tuple[str, str]] = {
        "date_format": ("%m/%d/%Y, or the one of the company's region", "%m/%d/%Y")
    }
    accounts = NAMES
    check = staticmethod(no_check)

    def external_id(self, item: Journal) -> str:
        """JournalNo: at most 21 characters."""
        return fitted(item.own_reference, MOST_DIGITS)

    def refusal(self, item: Journal, context: Context) -> str:
        """Memorandum accounts, currencies of three decimals and entries larger than a file are not taken."""
        kept = item.without_memorandum()
        if not kept.lines:
            return OFF_THE_BALANCE_SHEET
        if minor_digits(item.currency) > 2:
            return f"QuickBooks keeps two decimals, and {item.currency} has {minor_digits(item.currency)}"
        if len(kept.lines) > MOST_ROWS:
            return f"it has {len(kept.lines)} lines; a file takes {MOST_ROWS}"
        return ""

    def write(self, items: Sequence[Journal], context: Context) -> list[Written]:
        """Files of at most 1,000 rows; an entry is never cut in two."""
        kept = [item.without_memorandum() for item in items]
        chunks = whole_chunks([len(item.lines) for item in kept], MOST_ROWS)
        day = str(context.options["date_format"])
        files = []
        for number, chunk in enumerate(chunks, start=1):
            rows = [
                [
                    self.external_id(item),
                    item.effective_on.strftime(day),
                    guarded(context.account(line)),
                    money_text(line.amount, item.currency) if line.side == "debit" else "",
                    money_text(line.amount, item.currency) if line.side == "credit" else "",
                    guarded(f"{item.reference}: {item.description}"),
                    guarded(line.counterparty_name) if line.kind in ("asset", "liability") else "",
                    item.currency,
                ]
                for item in (kept[at] for at in chunk)
                for line in item.lines
            ]
            name = f"quickbooks-journal-{context.name}-{number:02d}.csv"
            files.append(Written(name, "text/csv; charset=utf-8", len(rows), csv_bytes(HEADER, rows)))
        return files
