"""A journal as CSV, for whatever reads CSV: every posting a row, memorandum accounts included."""

from collections.abc import Sequence

from credits.exports.formats.journals import no_check
from credits.exports.models import Target
from credits.exports.values import Context, Journal, Written, csv_bytes, fitted, guarded, money_text

HEADER = (
    "legal_entity",
    "external_id",
    "reference",
    "effective_on",
    "line",
    "account",
    "kind",
    "counterparty",
    "currency",
    "debit",
    "credit",
    "description",
    "reverses",
)


class JournalCsv:
    """Our own columns: they lose nothing."""

    target = Target.JOURNAL_CSV
    of_notes = False
    options: dict[str, tuple[str, str]] = {"byte_order_mark": ("yes: begin with a byte order mark", "no")}
    accounts: dict[str, str] = {}
    check = staticmethod(no_check)

    def external_id(self, item: Journal) -> str:
        """The entry's reference."""
        return fitted(item.own_reference, 120)

    def refusal(self, item: Journal, context: Context) -> str:
        """It takes everything."""
        return ""

    def write(self, items: Sequence[Journal], context: Context) -> list[Written]:
        """One file."""
        rows = [
            [
                context.entity_code,
                self.external_id(item),
                guarded(item.reference),
                item.effective_on.isoformat(),
                str(number),
                line.purpose,
                line.kind,
                line.counterparty,
                item.currency,
                money_text(line.amount, item.currency) if line.side == "debit" else "",
                money_text(line.amount, item.currency) if line.side == "credit" else "",
                guarded(item.description),
                guarded(item.reverses),
            ]
            for item in items
            for number, line in enumerate(item.lines, start=1)
        ]
        encoding = "utf-8-sig" if context.options.get("byte_order_mark") == "yes" else "utf-8"
        content = csv_bytes(HEADER, rows, encoding)
        return [Written(f"journal-{context.name}.csv", "text/csv; charset=utf-8", len(rows), content)]
