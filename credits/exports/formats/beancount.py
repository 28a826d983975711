"""Beancount's text format, for a third program that adds up."""

import re
from collections.abc import Sequence

from credits.exports.formats.journals import no_check
from credits.exports.models import Target
from credits.exports.values import Context, Journal, JournalLine, Written, fitted, money_text

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "income": "Income",
    "expense": "Expenses",
    "memorandum": "Equity:Memorandum",
}
# Accounts are opened before anything that is ever posted, so that a later batch may reach further back.
OPENED_ON = "1970-01-01"


def account_name(entity: str, line: JournalLine) -> str:
    """Such as Assets:Us:Receivable-from-vendors:Github. Codes are of small letters, so that no two names meet."""
    parts = (entity, line.purpose.replace("_", "-"), line.counterparty)
    return ":".join((ROOTS[line.kind], *(part[:1].upper() + part[1:] for part in parts)))


class Beancount:
    """Every entry, memorandum accounts included (below Equity, as Beancount knows five roots)."""

    target = Target.BEANCOUNT
    of_notes = False
    options: dict[str, tuple[str, str]] = {}
    accounts: dict[str, str] = {}
    check = staticmethod(no_check)

    def external_id(self, item: Journal) -> str:
        """The link of the transaction."""
        return fitted(item.own_reference, 120)

    def refusal(self, item: Journal, context: Context) -> str:
        """It takes everything."""
        return ""

    def write(self, items: Sequence[Journal], context: Context) -> list[Written]:
        """One file that opens the accounts which no batch before it opened; later ones are included after it."""
        names = {account_name(context.entity_code, line): line for item in items for line in item.lines}
        opened = [name for name, line in names.items() if key_of(line) not in context.opened_before]
        text = [
            f"; {_quoted(context.entity_name)}, effective from {context.from_on} until {context.until_on} (excluded)",
            *(f"{OPENED_ON} open {name}" for name in sorted(opened)),
        ]
        for item in items:
            head = f"{item.effective_on} * {_quoted(item.description)} ^{self.external_id(item)}"
            text += ["", head, f"  reference: {_quoted(item.reference)}"]
            if item.reverses:
                text.append(f"  reverses: {_quoted(item.reverses)}")
            text += [
                f"  {account_name(context.entity_code, line)}  {_signed(line, item.currency)}"
                for line in item.lines
            ]
        content = ("\n".join(text) + "\n").encode()
        rows = sum(len(item.lines) for item in items)
        return [Written(f"{context.name}.beancount", "text/plain; charset=utf-8", rows, content)]


def key_of(line: JournalLine) -> str:
    """By what ``opened_before`` knows an account."""
    return f"{line.purpose}:{line.counterparty}"


def _quoted(text: str) -> str:
    flat = re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
    return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _signed(line: JournalLine, currency: str) -> str:
    return f"{money_text(line.signed, currency)} {currency}"
