"""Posting to the ledger and reversing what was posted."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db import transaction

from audit.record import current_actor, record
from base.access import require_role
from base.dberrors import named_errors
from base.errors import Conflict
from contracts.models import Counterparty, LegalEntity
from credits.errors import (
    BY_CONSTRAINT,
    CannotReverse,
    PeriodClosed,
    PeriodLocked,
    ReasonMissing,
    WrongAccount,
)
from credits.locks import hold_period, hold_reference
from credits.models import Account, CreditMemo, JournalEntry, PeriodStep, Posting
from credits.reading import period_state
from credits.rules import Line, check_lines

Purpose = Account.Purpose
KIND_OF_PURPOSE = {
    Purpose.PAYABLE_TO_CUSTOMERS: Account.Kind.LIABILITY,
    Purpose.SERVICE_CREDIT_EXPENSE: Account.Kind.EXPENSE,
    Purpose.RECEIVABLE_FROM_VENDORS: Account.Kind.ASSET,
    Purpose.RECOVERIES: Account.Kind.INCOME,
    Purpose.CLAIMS_NOT_ACKNOWLEDGED: Account.Kind.MEMORANDUM,
    Purpose.CLAIMS_CONTRA: Account.Kind.MEMORANDUM,
    Purpose.CLEARING: Account.Kind.ASSET,
    Purpose.PROVISION: Account.Kind.LIABILITY,
    Purpose.GOODWILL: Account.Kind.EXPENSE,
    Purpose.BREAKAGE: Account.Kind.INCOME,
    Purpose.WRITE_OFF: Account.Kind.EXPENSE,
    Purpose.APPLIED: Account.Kind.ASSET,
    Purpose.PAYOUTS: Account.Kind.ASSET,
    Purpose.RECEIVABLE_FROM_CUSTOMERS: Account.Kind.ASSET,
    Purpose.FX_REVALUATION: Account.Kind.ASSET,
    Purpose.FX_GAIN: Account.Kind.INCOME,
    Purpose.FX_LOSS: Account.Kind.EXPENSE,
}
# Accounts whose movements carry a story of their own (why, for which window, at which rate): not posted by hand.
KEPT_BY_SERVICES = {Purpose.PROVISION, Purpose.FX_REVALUATION}


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def post_entry(
    legal_entity: LegalEntity,
    *,
    reference: str,
    description: str,
    effective_on: date,
    postings: Sequence[Line],
    memo: CreditMemo | None = None,
) -> JournalEntry:
    """Post one whole entry by hand. The same reference with the same content is posted once (rule 17).

    Raises Conflict where the reference stands for other content, EntryIncomplete, EntryNotBalanced,
    MemorandumMixed, WrongAccount (also for accounts that services keep), WrongAmount, PeriodClosed, PeriodLocked,
    NotAllowed (finance posts).
    """
    require_role("finance")
    if kept := sorted({line.account.purpose for line in postings} & {str(one) for one in KEPT_BY_SERVICES}):
        raise WrongAccount(
            f"account: {', '.join(kept)} is not posted by hand; accruals and revaluations do, and say why"
        )
    entry, is_new = write_entry(
        legal_entity,
        reference=reference,
        description=description,
        effective_on=effective_on,
        postings=postings,
        memo=memo,
    )
    if is_new:
        record("journal_entry.post", entry, after=told(entry, postings))
    return entry


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def reverse_entry(entry: JournalEntry, *, effective_on: date, reason: str) -> JournalEntry:
    """Reverse an entry whole, once, by an entry of its own with the sides exchanged (facts are not edited).

    Again with the same day is free. Raises CannotReverse for a reversal, or for an entry that was reversed as
    of another day; ReasonMissing, PeriodClosed, NotAllowed (finance reverses).
    """
    require_role("finance")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the entry is reversed")
    if entry.memo_id is not None:
        raise CannotReverse(
            f"entry: {entry} belongs to {entry.memo}; the memo or its claim is what is reversed or refused"
        )
    reversal, is_new = write_reversal(entry, effective_on=effective_on)
    if is_new:
        record(
            "journal_entry.reverse",
            entry,
            before={"reversed_by": None},
            after={"reversed_by": reversal.reference, "effective_on": effective_on},
            reason=reason,
        )
    return reversal


# Below the acts: for services that record an event of their own --------------------------------------------


def account_for(
    legal_entity: LegalEntity, purpose: Account.Purpose, counterparty: Counterparty, currency: str
) -> Account:
    """The account of this purpose, opened on first use."""
    account, _ = Account.objects.get_or_create(
        legal_entity=legal_entity,
        purpose=purpose,
        counterparty=counterparty,
        currency=currency,
        defaults={"kind": KIND_OF_PURPOSE[purpose]},
    )
    return account


def write_entry(
    legal_entity: LegalEntity,
    *,
    reference: str,
    description: str,
    effective_on: date,
    postings: Sequence[Line],
    memo: CreditMemo | None = None,
    reverses: JournalEntry | None = None,
) -> tuple[JournalEntry, bool]:
    """Write an entry and all its postings, the latter in one statement; (entry, whether it is new).

    To be called inside the transaction of a service that records the act.
    """
    check_lines(postings, legal_entity.pk)
    hold_reference(reference)
    entry = JournalEntry(
        legal_entity=legal_entity,
        reference=reference,
        description=description,
        effective_on=effective_on,
        memo=memo,
        reverses=reverses,
        posted_by=current_actor().user,
    )
    there = JournalEntry.objects.filter(reference=reference).first()
    if there is not None:
        if _content(there) != _content(entry) or _lines_of(there) != Counter(map(_key, postings)):
            raise Conflict(f"reference: {reference} stands for another entry; take a new reference")
        return there, False
    hold_period(legal_entity.pk, effective_on, alone=False)
    _require_open(legal_entity, effective_on)
    entry.save(force_insert=True)
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            account=line.account,
            side=line.side,
            amount=line.amount,
            currency=line.account.currency,
        )
        for line in postings
    )
    return entry, True


def _require_open(legal_entity: LegalEntity, effective_on: date) -> None:
    state = period_state(legal_entity, effective_on)
    if state == PeriodStep.State.CLOSED:
        raise PeriodClosed(
            f"effective_on: {effective_on:%Y-%m} is closed in the books of {legal_entity.code}; "
            "post into an open month"
        )
    user = current_actor().user
    if state == PeriodStep.State.LOCKED and not (user.is_person and user.has_role("finance_approver")):
        raise PeriodLocked(
            f"effective_on: {effective_on:%Y-%m} is locked in the books of {legal_entity.code}; a finance approver "
            "may post into it, or post into an open month"
        )


def write_reversal(
    entry: JournalEntry, *, effective_on: date, reference: str = "", description: str = ""
) -> tuple[JournalEntry, bool]:
    """The mirror of an entry, written once; (reversal, whether it is new)."""
    if entry.reverses_id is not None:
        raise CannotReverse(f"entry: {entry} is a reversal itself; post what is right as a new entry")
    hold_reference(f"reversal of {entry.reference}")
    done = JournalEntry.objects.filter(reverses=entry).first()
    if done is not None and done.effective_on != effective_on:
        raise CannotReverse(f"entry: {entry} was reversed already, effective on {done.effective_on}")
    if done is not None:
        return done, False
    sides = {"debit": "credit", "credit": "debit"}
    mirrored = [
        Line(posting.account, sides[posting.side], posting.amount)
        for posting in entry.postings.select_related("account").order_by("pk")
    ]
    return write_entry(
        entry.legal_entity,
        reference=reference or f"{entry.reference}/reversal",
        description=description or f"Reversal of {entry.reference}: {entry.description}"[:300],
        effective_on=effective_on,
        postings=mirrored,
        memo=entry.memo,
        reverses=entry,
    )


def told(entry: JournalEntry, postings: Sequence[Line]) -> dict[str, object]:
    """An entry as the record tells it."""
    return {
        "reference": entry.reference,
        "effective_on": entry.effective_on,
        "postings": [
            [
                line.side,
                line.account.purpose,
                line.account.counterparty_id,
                line.amount,
                line.account.currency,
            ]
            for line in postings
        ],
    }


def _content(entry: JournalEntry) -> tuple[object, ...]:
    return (
        entry.legal_entity_id,
        entry.description,
        entry.effective_on,
        entry.memo_id,
        entry.reverses_id,
    )


def _key(line: Line) -> tuple[int, str, object]:
    return line.account.pk, line.side, line.amount


def _lines_of(entry: JournalEntry) -> Counter[tuple[int, str, object]]:
    return Counter(entry.postings.values_list("account_id", "side", "amount"))
