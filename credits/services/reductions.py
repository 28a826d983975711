"""What a reduction takes from the credits that it restates."""

from datetime import date
from decimal import Decimal

from django.db.models import Q

from base.models import User
from credits.errors import NotIssued
from credits.locks import hold
from credits.models import CreditMemo, JournalEntry, MemoStep, MemoUse
from credits.reading import memo_uses

ZERO = Decimal(0)


def credits_of_window(memo: CreditMemo) -> list[CreditMemo]:
    """The issued credits of the window that a memo is about, the last one first; reductions are none of them."""
    assert memo.restatement is not None
    final = memo.restatement.finalisation_id
    standing = MemoStep.objects.filter(state="issued").values("memo")
    gone = MemoStep.objects.filter(state="reversed").values("memo")
    rows = CreditMemo.objects.filter(
        Q(assessment__finalisation=final) | Q(restatement__finalisation=final), pk__in=standing
    ).exclude(pk__in=gone)
    return list(rows.exclude(kind=CreditMemo.Kind.REDUCTION).order_by("-pk"))


def reduce_original(memo: CreditMemo, entry: JournalEntry, number: str, taken_on: date, actor: User) -> None:
    """Write what a reduction takes from each of the window's credits. Raises NotIssued where they do not reach."""
    left = memo.amount
    for credited in credits_of_window(memo):
        hold("memo", credited.pk)
        room = credited.amount - memo_uses(credited).get(MemoUse.Kind.REDUCED, ZERO)
        if taken := min(room, left):
            write_use(
                credited,
                MemoUse.Kind.REDUCED,
                taken,
                taken_on,
                actor,
                entry,
                reference=number,
                reason=f"restated: {memo.facts.get('reason', number)}",
            )
            left -= taken
    if left:
        raise NotIssued(
            f"memo: the credits of {memo} were issued for {memo.amount - left} {memo.currency} only; issue them "
            "before they are reduced"
        )


def write_use(
    memo: CreditMemo,
    kind: MemoUse.Kind,
    amount: Decimal,
    taken_on: date,
    actor: User,
    entry: JournalEntry,
    **more: object,
) -> MemoUse:
    """The row of a use; to be called in the transaction that posts its entry and records the act."""
    last = memo.uses.order_by("-number").values_list("number", flat=True).first() or 0
    return MemoUse.objects.create(
        memo=memo,
        number=last + 1,
        kind=kind,
        amount=amount,
        taken_on=taken_on,
        entry=entry,
        taken_by=actor,
        **more,
    )
