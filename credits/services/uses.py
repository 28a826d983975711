"""What becomes of an issued credit: applied to invoices, paid out, set off, lapsed; or found to be wrong after it was
used, and then asked back or let go, by decision (rule 15). Each act posts an entry of its own."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.models import Sum

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.errors import Conflict
from base.models import User
from contracts.models import Contract
from credits.actors import require_job_or
from credits.errors import (
    BY_CONSTRAINT,
    InDispute,
    NotIssued,
    OtherParties,
    OutOfTime,
    ReasonMissing,
    WrongAmount,
)
from credits.invoices.models import Invoice
from credits.locks import hold
from credits.models import Account, CreditMemo, MemoStep, MemoUse
from credits.reading import ZERO, is_in_dispute, memo_balance, memo_uses
from credits.remedy import invoice_cap_of, remedy_of
from credits.rules import Line, credit, debit, require_amount
from credits.services.ledger import account_for, write_entry
from credits.services.memos import require_other_hands
from credits.services.reductions import write_use
from reckoning.money import round_amount

Purpose = Account.Purpose
Kind = MemoUse.Kind
OURS = Contract.Direction.PROMISED_BY_US
# Kind of use: the accounts that it debits and credits.
ACCOUNTS = {
    Kind.APPLIED: (Purpose.PAYABLE_TO_CUSTOMERS, Purpose.APPLIED),
    Kind.PAID_OUT: (Purpose.PAYABLE_TO_CUSTOMERS, Purpose.PAYOUTS),
    Kind.SET_OFF: (Purpose.PAYABLE_TO_CUSTOMERS, Purpose.RECEIVABLE_FROM_CUSTOMERS),
    Kind.EXPIRED: (Purpose.PAYABLE_TO_CUSTOMERS, Purpose.BREAKAGE),
    Kind.REDUCED: (Purpose.PAYABLE_TO_CUSTOMERS, Purpose.SERVICE_CREDIT_EXPENSE),
    Kind.CLAWED_BACK: (Purpose.RECEIVABLE_FROM_CUSTOMERS, Purpose.PAYABLE_TO_CUSTOMERS),
    Kind.WRITTEN_OFF: (Purpose.WRITE_OFF, Purpose.PAYABLE_TO_CUSTOMERS),
}


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def apply_credit(
    memo: CreditMemo, *, invoice: Invoice, taken_on: date, amount: Decimal | None = None, reason: str = ""
) -> MemoUse:
    """Apply a credit, or ``amount`` of it, to an invoice of the same parties; once per invoice, again is free.

    Without an amount: as much as the balance, the invoice and the terms' cap on a receiving invoice allow; what is
    above stays for the next invoice where the terms carry it over, and lapses on this day where they do not. Raises
    WrongAmount, OtherParties, OutOfTime after the last day, InDispute, NotIssued, PeriodClosed, NotAllowed.
    """
    actor = require_person("finance")
    reference = f"invoice {invoice.external_id}"
    done = _begin(memo, Kind.APPLIED, reference, amount)
    if done:
        return done
    issued = _usable(memo, taken_on)
    contract = invoice.contract
    parties = contract.counterparty_id, contract.legal_entity_id, invoice.currency
    if parties != (memo.counterparty_id, memo.legal_entity_id, memo.currency):
        raise OtherParties(
            f"invoice: {invoice.external_id} is not between the parties of {memo}, or not in {memo.currency}"
        )
    _require_in_time(issued, taken_on)
    hold("invoice", invoice.pk)
    balance, room = memo_balance(memo), room_on(invoice, memo)
    most = min(balance, room)
    given = _amount(amount, most, memo, f"{room} {memo.currency} is left of invoice {invoice.external_id}")
    use = _use(memo, Kind.APPLIED, given, taken_on, actor, reference, reason, invoice=invoice)
    cap = invoice_cap_of(memo.basis.commitment) if memo.basis else None
    rest = balance - given
    if amount is None and rest > 0 and cap is not None and not cap.carry_over:
        why = f"the terms let invoice {invoice.external_id} take no more, and carry nothing over"
        _use(memo, Kind.REDUCED, rest, taken_on, actor, f"not carried over, {reference}", why)
    return use


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def pay_out(
    memo: CreditMemo, *, taken_on: date, reference: str, amount: Decimal | None = None, reason: str = ""
) -> MemoUse:
    """Pay a credit out instead of applying it; ``reference`` names the payment. Again is free.

    Raises WrongAmount, InDispute, NotIssued, PeriodClosed, NotAllowed (finance pays).
    """
    actor = require_person("finance")
    if not reference.strip():
        raise ReasonMissing("reference: is empty; name the payment")
    done = _begin(memo, Kind.PAID_OUT, reference, amount)
    if done:
        return done
    _usable(memo, taken_on)
    given = _amount(amount, memo_balance(memo), memo)
    return _use(memo, Kind.PAID_OUT, given, taken_on, actor, reference, reason)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def set_off(
    memo: CreditMemo, *, against: MemoUse, taken_on: date, amount: Decimal | None = None, reason: str = ""
) -> MemoUse:
    """Set a credit off against what was clawed back from the same customer. Again is free.

    Raises WrongAmount, OtherParties, OutOfTime, InDispute, NotIssued, PeriodClosed, NotAllowed (finance sets off).
    """
    actor = require_person("finance")
    reference = f"claw-back {against.memo_id}/{against.number}"
    done = _begin(memo, Kind.SET_OFF, reference, amount)
    if done:
        return done
    issued = _usable(memo, taken_on)
    _require_in_time(issued, taken_on)
    other = against.memo
    same = (other.counterparty_id, other.legal_entity_id, other.currency) == (
        memo.counterparty_id,
        memo.legal_entity_id,
        memo.currency,
    )
    if against.kind != Kind.CLAWED_BACK or not same:
        raise OtherParties(f"against: use {reference} is no claw-back from the customer of {memo}")
    hold("claw_back", against.pk)
    taken = against.set_off_by.aggregate(total=Sum("amount", default=ZERO))["total"]
    most = min(memo_balance(memo), against.amount - taken)
    given = _amount(amount, most, memo)
    return _use(memo, Kind.SET_OFF, given, taken_on, actor, reference, reason, against=against)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def lapse_credits(*, as_of: date) -> list[MemoUse]:
    """Let every credit whose last day lies before ``as_of`` lapse, or pay it out where its terms say so. For the job.

    A credit in dispute waits for its resolution. Each is an act of its own in the record.
    """
    actor = require_job_or("finance")
    due = MemoStep.objects.filter(state="issued", expires_on__lt=as_of).exclude(memo__steps__state="reversed")
    uses = []
    for step in due.select_related("memo__legal_entity", "memo__counterparty").order_by("memo_id"):
        memo = step.memo
        hold("memo", memo.pk)
        balance = memo_balance(memo)
        if balance <= 0 or is_in_dispute(memo):
            continue
        basis = memo.basis
        paid = basis is not None and (
            remedy_of(basis.commitment, basis.window_end, issued_on(memo)).at_the_end == "paid_out"
        )
        why = f"not used by {step.expires_on}, its last day"
        kind = Kind.PAID_OUT if paid else Kind.EXPIRED
        uses.append(_use(memo, kind, balance, as_of, actor, f"end {step.expires_on}", why))
    return uses


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def withdraw_credit(
    memo: CreditMemo, *, taken_on: date, reason: str, amount: Decimal | None = None
) -> MemoUse:
    """Take back a credit that is wrong and of which something was used: it is reduced by a further entry (rule 15).

    What had been used already leaves a balance below zero, about which :func:`decide_used_part` decides. Raises
    ReasonMissing, WrongAmount, HasAHandInIt (whoever approved or issued it), NotIssued, PeriodClosed, NotAllowed
    (a finance approver withdraws).
    """
    actor = require_person("finance_approver")
    _require_reason(reason)
    hold("memo", memo.pk)
    _usable(memo, taken_on, also_in_dispute=True)
    require_other_hands(memo, actor, "withdraw")
    reduced = memo_uses(memo).get(Kind.REDUCED, ZERO)
    given = _amount(amount, memo.amount - reduced, memo)
    number = memo.uses.filter(kind=Kind.REDUCED).count() + 1
    return _use(memo, Kind.REDUCED, given, taken_on, actor, f"withdrawal {number}", reason)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def decide_used_part(
    memo: CreditMemo, *, verdict: str, taken_on: date, reason: str, amount: Decimal | None = None
) -> MemoUse:
    """Decide about what was used of a credit that is less than it was: ``claw_back`` or ``write_off``.

    Without an amount: all of it. Raises WrongAmount where nothing, or less, was used too much; ReasonMissing,
    HasAHandInIt, NotIssued, PeriodClosed, NotAllowed (a finance approver decides).
    """
    actor = require_person("finance_approver")
    _require_reason(reason)
    if verdict not in ("claw_back", "write_off"):
        raise WrongAmount(f"verdict: {verdict!r} is neither claw_back nor write_off")
    hold("memo", memo.pk)
    _usable(memo, taken_on, also_in_dispute=True)
    require_other_hands(memo, actor, "decide about")
    kind = Kind.CLAWED_BACK if verdict == "claw_back" else Kind.WRITTEN_OFF
    given = _amount(amount, -memo_balance(memo), memo, "was used of it and is not owed")
    number = memo.uses.filter(kind=kind).count() + 1
    return _use(memo, kind, given, taken_on, actor, f"{verdict.replace('_', ' ')} {number}", reason)


# Below the acts ------------------------------------------------------------------------------------------


def room_on(invoice: Invoice, memo: CreditMemo) -> Decimal:
    """How much of an invoice credits may still take: its net total, or what the terms cap it at, less what took."""
    net = invoice.lines.aggregate(total=Sum("net_amount", default=ZERO))["total"]
    cap = invoice_cap_of(memo.basis.commitment) if memo.basis else None
    most = net
    if cap is not None:
        limit = cap.value if cap.kind == "amount" else Fraction(net) * Fraction(cap.value) / 100
        most = min(net, round_amount(Fraction(limit), memo.currency, "down"))
    taken = invoice.credits_applied.aggregate(total=Sum("amount", default=ZERO))["total"]
    return max(most - taken, ZERO)


def issued_on(memo: CreditMemo) -> date:
    """The day of a memo's issue."""
    return memo.steps.get(state="issued").taken_on


def _begin(memo: CreditMemo, kind: Kind, reference: str, amount: Decimal | None) -> MemoUse | None:
    """Be alone with the memo. The use, where it was made already; Conflict with another amount or kind."""
    hold("memo", memo.pk)
    done = memo.uses.filter(reference=reference).first()
    if done is not None and (done.kind != kind or amount not in (None, done.amount)):
        raise Conflict(f"reference: {reference!r} was used for {done.amount} already, as {done.kind}")
    return done


def _usable(memo: CreditMemo, taken_on: date, *, also_in_dispute: bool = False) -> MemoStep:
    """The step that issued a credit that stands."""
    last = memo.steps.order_by("number").last()
    if last is None or last.state != CreditMemo.State.ISSUED or memo.direction != OURS:
        raise NotIssued(
            f"memo: {memo} is {last.state if last else 'nothing'}; only a customer's issued credit is used"
        )
    if memo.kind == CreditMemo.Kind.REDUCTION:
        raise NotIssued(f"memo: {memo} is a reduction; it has no balance of its own")
    if taken_on < last.taken_on:
        raise NotIssued(f"taken_on: {taken_on} lies before {last.taken_on}, when {memo} was issued")
    if not also_in_dispute and is_in_dispute(memo):
        raise InDispute(f"memo: {memo} is in dispute; nothing of it is used until that is resolved")
    return last


def _require_in_time(issued: MemoStep, taken_on: date) -> None:
    if issued.expires_on is not None and taken_on > issued.expires_on:
        raise OutOfTime(f"taken_on: {taken_on} lies after {issued.expires_on}, the last day of the credit")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why")


def _amount(amount: Decimal | None, most: Decimal, memo: CreditMemo, why: str = "is left of it") -> Decimal:
    if most <= 0:
        raise WrongAmount(f"amount: nothing of {memo} can be taken; {max(most, ZERO)} {memo.currency} {why}")
    given = require_amount(most if amount is None else amount, memo.currency)
    if given > most:
        raise WrongAmount(f"amount: {given} {memo.currency} is more than {most}")
    return given


def _use(
    memo: CreditMemo,
    kind: Kind,
    amount: Decimal,
    taken_on: date,
    actor: User,
    reference: str,
    reason: str,
    **more: object,
) -> MemoUse:
    """Post the use, write its row and record the act."""
    number = memo.steps.get(state="issued").document_number or ""
    last = memo.uses.order_by("-number").values_list("number", flat=True).first() or 0
    entry, _ = write_entry(
        memo.legal_entity,
        reference=f"{number}/use/{last + 1}",
        description=f"{kind.label} ({reference}): {number}"[:300],
        effective_on=taken_on,
        postings=_lines(memo, kind, amount),
        memo=memo,
    )
    use = write_use(memo, kind, amount, taken_on, actor, entry, reference=reference, reason=reason, **more)
    after = {"use": kind.value, "amount": amount, "reference": reference, "entry": entry.reference}
    record(f"credit_memo.{_VERB[kind]}", memo, after=after | {"taken_on": taken_on}, reason=reason)
    return use


def _lines(memo: CreditMemo, kind: Kind, amount: Decimal) -> list[Line]:
    takes, gives = ACCOUNTS[kind]
    if kind == Kind.REDUCED and memo.kind == CreditMemo.Kind.GOODWILL:
        gives = Purpose.GOODWILL
    accounts = [
        account_for(memo.legal_entity, one, memo.counterparty, memo.currency) for one in (takes, gives)
    ]
    return [debit(accounts[0], amount), credit(accounts[1], amount)]


_VERB = {
    Kind.APPLIED: "apply",
    Kind.PAID_OUT: "pay_out",
    Kind.SET_OFF: "set_off",
    Kind.EXPIRED: "expire",
    Kind.REDUCED: "withdraw",
    Kind.CLAWED_BACK: "claw_back",
    Kind.WRITTEN_OFF: "write_off",
}

__all__ = [
    "apply_credit",
    "decide_used_part",
    "lapse_credits",
    "pay_out",
    "set_off",
    "withdraw_credit",
]
