"""Which lines of which invoices a memo credits, and with which tax.

A credit note refers to the invoice that it corrects and carries its tax (Art. 219 of the VAT directive). The
lines are those that the fee was summed from; the memo's amount is split over them by largest remainder (rule 12).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from credits.invoices.models import CreditedLine, InvoiceLine
from credits.models import CreditMemo
from reckoning.money import allot, minor_digits, round_fraction


@dataclass(frozen=True)
class TaxTotal:
    """What of a memo stands under one tax: its net amount and the tax on it, each in whole minor units."""

    category: str
    percent: Decimal
    exemption_reason: str
    net_amount: Decimal
    tax_amount: Decimal


def split_over_lines(memo: CreditMemo) -> list[CreditedLine]:
    """The unsaved lines of a memo, in the order of the invoice lines' ids; empty where no invoice bears it.

    A line that a share of nothing falls on is left out.
    """
    wanted = memo.facts.get("fee_lines") or []
    rows = list(
        InvoiceLine.objects.filter(external_id__in=wanted, invoice__contract=memo.contract_id)
        .select_related("invoice")
        .order_by("external_id")
    )
    weights = [row.net_amount for row in rows]
    if not any(weights):
        return []
    shares = allot(memo.amount, weights, memo.currency)
    credited = [(row, share) for row, share in zip(rows, shares, strict=True) if share]
    return [
        CreditedLine(
            memo=memo,
            number=number,
            invoice_line=row,
            net_amount=share,
            tax_category=row.tax_category,
            tax_percent=row.tax_percent,
            tax_exemption_reason=row.tax_exemption_reason,
        )
        for number, (row, share) in enumerate(credited, start=1)
    ]


def write_credited_lines(memo: CreditMemo) -> list[CreditedLine]:
    """Keep the lines that a memo credits; to be called in the transaction that issues it, once."""
    return CreditedLine.objects.bulk_create(split_over_lines(memo))


def credited_lines(memos: Sequence[CreditMemo]) -> dict[int, list[CreditedLine]]:
    """The lines of issued memos by the memo's key, with their invoice.

    For a memo that was issued before lines were kept, they are worked out as they would have been: fees and
    invoices are never changed.
    """
    found: dict[int, list[CreditedLine]] = defaultdict(list)
    rows = CreditedLine.objects.filter(memo__in=memos).select_related("invoice_line__invoice")
    for row in rows.order_by("memo_id", "number"):
        found[row.memo_id].append(row)
    for memo in memos:
        if memo.pk not in found and (lines := split_over_lines(memo)):
            found[memo.pk] = lines
    return dict(found)


def tax_totals(lines: Iterable[CreditedLine], currency: str) -> list[TaxTotal]:
    """Net and tax by category, rate and reason; the tax is rounded once per total, half up."""
    sums: dict[tuple[str, Decimal, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.tax_category, line.tax_percent, line.tax_exemption_reason] += line.net_amount
    return [
        TaxTotal(
            category,
            percent,
            reason,
            net,
            round_fraction(Fraction(net) * Fraction(percent) / 100, minor_digits(currency), "half_up"),
        )
        for (category, percent, reason), net in sorted(sums.items())
    ]
