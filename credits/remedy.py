"""What the terms say about the money after the result: in what form a credit is given, how much of an invoice it may
take, and when it comes to an end.

Reckoned by ``reckoning.assessment.remedy`` where the terms have such a block. Terms without one say nothing: a
credit is then set against invoices and never lapses. Nothing else here knows where in the document the blocks stand.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from contracts.models import Commitment
from contracts.reading import terms_of
from reckoning.assessment.remedy import assess_remedy
from reckoning.assessment.remedy_facts import RemedyFacts
from reckoning.fields import zone_info

PAID = ("refund", "payment_card", "cash")


@dataclass(frozen=True)
class InvoiceCap:
    """The most of one receiving invoice that credits may take, in percent of its net total or as an amount."""

    kind: Literal["percent_of_fee", "amount"]
    value: Decimal
    carry_over: bool


@dataclass(frozen=True)
class Remedy:
    """What a clause says about giving a credit that was issued on a day."""

    form: Literal["invoice_credit", "payout"] = "invoice_credit"
    expires_on: date | None = None
    at_the_end: Literal["lost", "paid_out"] = "lost"
    invoice_cap: InvoiceCap | None = None


def remedy_of(commitment: Commitment, window_end: Any, issued_on: date) -> Remedy:
    """The remedy for a credit of the window that ends at ``window_end`` (aware), issued on a day.

    ``expires_on`` is the last day of use in the contract's zone; None: it does not lapse.
    """
    terms = terms_of(commitment.version)
    clause = terms.commitment(commitment.key)
    block = getattr(clause, "remedy", None) or getattr(terms, "remedy", None)
    cap = invoice_cap_of(commitment)
    if block is None:
        return Remedy(invoice_cap=cap)
    zone = terms.zone_of(clause)
    last_day = (window_end - timedelta(microseconds=1)).astimezone(zone_info(zone)).date()
    until = commitment.version.effective_until_on
    facts = RemedyFacts(
        issued_on=issued_on,
        window_last_day=last_day,
        term_last_day=None if until is None else until - timedelta(days=1),
    )
    ends = assess_remedy(block, facts, currency=terms.currency, zone=zone).expiry
    forms = block.form.given_as if block.form is not None else ()
    return Remedy(
        form="payout" if forms and all(one in PAID for one in forms) else "invoice_credit",
        expires_on=None if ends is None else ends[0],
        at_the_end="paid_out" if ends is not None and block.expiry.then == "paid_out" else "lost",
        invoice_cap=cap,
    )


def invoice_cap_of(commitment: Commitment) -> InvoiceCap | None:
    """The cap on a receiving invoice, where the clause has one in percent or as an amount."""
    for cap in terms_of(commitment.version).commitment(commitment.key).caps:
        if cap.per == "receiving_invoice" and cap.kind in ("percent_of_fee", "amount"):
            return InvoiceCap(cap.kind, cap.value, cap.carry_over)
    return None
