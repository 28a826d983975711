"""What is provided for expected credits, window by window: held, used up at an issue, put back by its reversal."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Case, F, QuerySet, Sum, When

from base.fields import MoneyAmountField
from contracts.models import Commitment
from credits.models import CreditMemo, JournalEntry, ProvisionMove

ZERO = Decimal(0)
ADDS = (ProvisionMove.Kind.ACCRUED, ProvisionMove.Kind.RESTORED)


def signed_sum() -> Sum:
    """What moves sum to: accrued and restored add, released and issued take."""
    amount = Case(
        When(kind__in=ADDS, then=F("amount")), default=-F("amount"), output_field=MoneyAmountField()
    )
    return Sum(amount, default=ZERO)


def moves_of(commitment: Commitment, window_start: datetime) -> QuerySet[ProvisionMove]:
    """The moves of one window."""
    return ProvisionMove.objects.filter(commitment=commitment, window_start=window_start)


def held_for_memo(memo: CreditMemo) -> Decimal:
    """What is provided for the window that a memo is about; zero for goodwill."""
    basis = memo.basis
    if basis is None:
        return ZERO
    total: Decimal = moves_of(basis.commitment, basis.window_start).aggregate(total=signed_sum())["total"]
    return max(total, ZERO)


def consume(memo: CreditMemo, amount: Decimal, entry: JournalEntry) -> None:
    """Note that an issue used up so much of what was provided."""
    basis = memo.basis
    if not amount or basis is None:
        return
    ProvisionMove.objects.create(
        legal_entity=memo.legal_entity,
        commitment=basis.commitment,
        window_start=basis.window_start,
        assessment=basis,
        memo=memo,
        kind=ProvisionMove.Kind.ISSUED,
        amount=amount,
        currency=memo.currency,
        effective_on=entry.effective_on,
        reason=f"issued as {entry.reference.removesuffix('/issue')}",
        entry=entry,
    )


def restore(memo: CreditMemo, reversal: JournalEntry) -> None:
    """Note that the reversal of an issue put back what it had used up."""
    for move in memo.provision_moves.filter(kind=ProvisionMove.Kind.ISSUED):
        ProvisionMove.objects.create(
            legal_entity=move.legal_entity,
            commitment=move.commitment,
            window_start=move.window_start,
            assessment=move.assessment,
            memo=memo,
            kind=ProvisionMove.Kind.RESTORED,
            amount=move.amount,
            currency=move.currency,
            effective_on=reversal.effective_on,
            reason=f"the issue was reversed by {reversal.reference}"[:300],
            entry=reversal,
        )
