"""hledger's journal format: plain text that a second, independent program can add up."""

import re
from collections.abc import Sequence

from credits.exports.formats.journals import no_check
from credits.exports.models import Target
from credits.exports.values import Context, Journal, JournalLine, Written, fitted, money_text

ROOTS = {
    "asset": ("assets", "A"),
    "liability": ("liabilities", "L"),
    "income": ("revenues", "R"),
    "expense": ("expenses", "X"),
    "memorandum": ("memorandum", "E"),
}


def account_name(entity: str, line: JournalLine) -> str:
    """Such as assets:us:receivable_from_vendors:github; one name for each of our accounts but for its currency."""
    return ":".join((ROOTS[line.kind][0], entity, line.purpose, line.counterparty))


class Hledger:
    """Every entry, memorandum accounts included."""

    target = Target.HLEDGER
    of_notes = False
    options: dict[str, tuple[str, str]] = {}
    accounts: dict[str, str] = {}
    check = staticmethod(no_check)

    def external_id(self, item: Journal) -> str:
        """The transaction's code."""
        return fitted(item.own_reference, 120)

    def refusal(self, item: Journal, context: Context) -> str:
        """It takes everything."""
        return ""

    def write(self, items: Sequence[Journal], context: Context) -> list[Written]:
        """One journal; those of several batches may be included in one."""
        declared = {
            account_name(context.entity_code, line): ROOTS[line.kind][1]
            for item in items
            for line in item.lines
        }
        text = [
            f"; {_plain(context.entity_name)}, effective from {context.from_on} until {context.until_on} (excluded)",
            "decimal-mark .",
            "",
            *(f"account {name}  ; type:{kind}" for name, kind in sorted(declared.items())),
        ]
        for item in items:
            text += ["", f"{item.effective_on} * ({self.external_id(item)}) {_plain(item.description)}"]
            if item.reverses:
                text.append(f"    ; reverses:{_plain(item.reverses)}")
            text += [
                f"    {account_name(context.entity_code, line)}  {_signed(line, item.currency)}"
                for line in item.lines
            ]
        content = ("\n".join(text) + "\n").encode()
        rows = sum(len(item.lines) for item in items)
        return [Written(f"{context.name}.journal", "text/plain; charset=utf-8", rows, content)]


def _plain(text: str) -> str:
    """Without what begins a comment or another line."""
    return re.sub(r"[\x00-\x1f\x7f;|]+", " ", text).strip()


def _signed(line: JournalLine, currency: str) -> str:
    return f"{money_text(line.signed, currency)} {currency}"
