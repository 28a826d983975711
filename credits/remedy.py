"""What the terms say about the money after the result: caps that reach over windows, the least that is paid, how a
credit is given and when it lapses.

The language of terms has these blocks since its second edition; a document without them says nothing, and then
nothing is capped, nothing lapses, and a credit is set against invoices. This is the only place of the room that
knows the names of those blocks.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from contracts.models import Commitment
from contracts.reading import commitment_terms
from reckoning.terms import CommitmentTerms

Form = Literal["invoice_credit", "payout"]
Limit = Literal["percent_of_fee", "amount"]


@dataclass(frozen=True)
class LongCap:
    """A cap over more than one window. ``windows`` is None for the whole term."""

    windows: int | None
    kind: Limit
    value: Decimal


@dataclass(frozen=True)
class InvoiceCap:
    """The most of one receiving invoice that credits may take, in percent of its net total or as an amount."""

    kind: Limit
    value: Decimal
    carry_over: bool


@dataclass(frozen=True)
class Remedy:
    """What a clause says about giving the credit."""

    long_caps: tuple[LongCap, ...] = ()
    invoice_cap: InvoiceCap | None = None
    minimum_amount: Decimal | None = None
    minimum_strict: bool = False
    form: Form = "invoice_credit"
    expires_after_days: int | None = None
    at_the_end: Literal["lapses", "payout"] = "lapses"

    def expires_on(self, issued_on: date) -> date | None:
        """The last day on which a credit that was issued on a day may be used; None: it does not lapse."""
        if self.expires_after_days is None:
            return None
        return issued_on + timedelta(days=self.expires_after_days)


def remedy_of(commitment: Commitment) -> Remedy:
    """The remedy of a commitment's clause."""
    return remedy_in(commitment_terms(commitment))


def remedy_in(clause: CommitmentTerms | Any) -> Remedy:
    """The same of a clause. Kinds of limit that reach beyond fee and amount are not known here and left to people."""
    long_caps = []
    invoice_cap = None
    for cap in getattr(clause, "caps", ()):
        per = getattr(cap, "per", "window")
        if cap.kind not in ("percent_of_fee", "amount"):
            continue
        if per == "rolling":
            long_caps.append(LongCap(cap.windows, cap.kind, cap.value))
        elif per == "term":
            long_caps.append(LongCap(None, cap.kind, cap.value))
        elif per == "receiving_invoice":
            invoice_cap = InvoiceCap(cap.kind, cap.value, bool(getattr(cap, "carry_over", False)))
    minimum = getattr(clause, "minimum_payout", None)
    remedy = getattr(clause, "remedy", None)
    form = str(getattr(remedy, "form", "") or getattr(remedy, "kind", ""))
    at_the_end = str(getattr(remedy, "at_the_end", "") or getattr(remedy, "on_expiry", ""))
    return Remedy(
        long_caps=tuple(long_caps),
        invoice_cap=invoice_cap,
        minimum_amount=None if minimum is None else Decimal(minimum.amount),
        minimum_strict=bool(getattr(minimum, "strict", False)),
        form="payout" if form in ("payout", "refund", "cash") else "invoice_credit",
        expires_after_days=getattr(remedy, "expires_after_days", None),
        at_the_end="payout" if at_the_end in ("payout", "paid_out", "refund") else "lapses",
    )
