"""What a format writes, as plain values: journals and credit notes. No format reads the database."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from base.csvio import FORMULA_STARTS
from credits.exports.errors import ProfileRefused
from reckoning.money import minor_digits


@dataclass(frozen=True)
class JournalLine:
    """One posting. ``amount`` is above zero; ``side`` is debit or credit."""

    purpose: str
    purpose_words: str
    kind: str
    counterparty: str
    counterparty_name: str
    side: str
    amount: Decimal

    @property
    def signed(self) -> Decimal:
        """Debits above zero, credits below."""
        return self.amount if self.side == "debit" else -self.amount

    @property
    def is_memorandum(self) -> bool:
        """Whether it stands outside of the balance sheet."""
        return self.kind == "memorandum"


@dataclass(frozen=True)
class Journal:
    """The postings of one entry in one currency; they balance."""

    entry_id: int
    reference: str
    description: str
    effective_on: date
    currency: str
    lines: tuple[JournalLine, ...]
    reverses: str = ""
    several_currencies: bool = False

    @property
    def own_reference(self) -> str:
        """The entry's reference; with the currency where the entry has more than one."""
        return f"{self.reference}/{self.currency}" if self.several_currencies else self.reference

    @property
    def amount(self) -> Decimal:
        """The sum of its debits."""
        return sum((line.amount for line in self.lines if line.side == "debit"), Decimal(0))

    def without_memorandum(self) -> "Journal":
        """What of it belongs into a balance sheet; memorandum accounts balance among themselves."""
        kept = tuple(line for line in self.lines if not line.is_memorandum)
        return Journal(
            self.entry_id,
            self.reference,
            self.description,
            self.effective_on,
            self.currency,
            kept,
            self.reverses,
            self.several_currencies,
        )


@dataclass(frozen=True)
class Party:
    """One side of a credit note."""

    code: str
    name: str
    country: str
    vat_id: str = ""
    registration_id: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True)
class CreditedPart:
    """A line of a credit note: the part of the credit that falls on one line of an invoice. ``net`` is above zero."""

    number: int
    description: str
    net: Decimal
    tax: Decimal
    tax_category: str
    tax_percent: Decimal
    exemption_reason: str
    invoice: str
    invoiced_on: date
    invoice_line: str


@dataclass(frozen=True)
class TaxSum:
    """Net amount and tax under one category and rate."""

    category: str
    percent: Decimal
    exemption_reason: str
    net: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Note:
    """An issued credit to a customer. Amounts are above zero, tax apart."""

    memo_id: int
    number: str
    issued_on: date
    kind: str
    is_reversed: bool
    seller: Party
    buyer: Party
    currency: str
    contract: str
    description: str
    parts: tuple[CreditedPart, ...]
    taxes: tuple[TaxSum, ...]
    net_amount: Decimal

    @property
    def tax(self) -> Decimal:
        """All tax on it."""
        return sum((one.tax for one in self.taxes), Decimal(0))

    @property
    def amount(self) -> Decimal:
        """The total with tax."""
        return self.net_amount + self.tax


@dataclass(frozen=True)
class Rate:
    """What one unit of a foreign currency is worth in that of the books, of which day and from whom."""

    rate: Decimal
    on: date
    source: str


@dataclass(frozen=True)
class Context:
    """For whom and when a batch is written."""

    entity_code: str
    entity_name: str
    functional_currency: str
    from_on: date
    until_on: date
    number: int
    exported_at: datetime
    options: Mapping[str, Any]
    accounts: Mapping[str, str]
    rates: Mapping[tuple[str, date], Rate] = field(default_factory=dict)
    opened_before: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What the files of the batch are called by."""
        return f"{self.entity_code}-{self.number:04d}"

    def account(self, line: JournalLine) -> str:
        """The other side's account of a posting. Raises ProfileRefused naming the purpose that has none."""
        found = self.accounts.get(f"{line.purpose}:{line.counterparty}") or self.accounts.get(line.purpose)
        if not found:
            raise ProfileRefused(
                f"accounts: there is no account for {line.purpose} ({line.purpose_words}); "
                "set it in the profile, for all or as purpose:counterparty"
            )
        return found


@dataclass(frozen=True)
class Written:
    """A file: its rows without headers, its bytes."""

    name: str
    media_type: str
    row_count: int
    content: bytes


def money_text(amount: Decimal, currency: str) -> str:
    """An amount with exactly the decimals of its currency and a point."""
    return f"{amount:.{minor_digits(currency)}f}"


def guarded(text: str) -> str:
    """Text for a cell that a spreadsheet may open: what begins like a formula gets an apostrophe, lines are joined."""
    flat = re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
    return f"'{flat}" if flat.startswith(FORMULA_STARTS) else flat


def csv_bytes(header: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> bytes:
    """CSV as RFC 4180 wants it. Cells are written as they are: guard text, never numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def fitted(reference: str, limit: int, allowed: str = r"A-Za-z0-9/_-") -> str:
    """A reference where the other side takes it as it is; else a stable one that does not collide.

    It begins with a letter or a digit, has no character outside of ``allowed`` and at most ``limit``, and ends with
    12 digits of the SHA-256 of the reference.
    """
    if re.fullmatch(rf"[A-Za-z0-9][{allowed}]*", reference) and len(reference) <= limit:
        return reference
    digest = hashlib.sha256(reference.encode()).hexdigest()[:12]
    clean = re.sub(rf"[^{allowed}]+", "-", reference).strip("-/_")
    head = re.sub(r"^[^A-Za-z0-9]+", "", clean)[: max(0, limit - 13)]
    return f"{head}-{digest}" if head else digest
