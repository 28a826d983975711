"""Claims in both directions: ours on vendors, customers' on us, each in time or not at all."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.errors import Conflict
from base.models import User
from contracts.models import Contract
from credits.actors import require_job_or
from credits.errors import (
    BY_CONSTRAINT,
    ClaimTooLate,
    MemoNotIssued,
    ReasonMissing,
    WrongAmount,
    WrongStep,
)
from credits.locks import hold
from credits.models import Account, Claim, ClaimStep, CreditMemo, MemoStep
from credits.reading import claims_with_state, last_claim_step, memo_of
from credits.rules import Line, credit, debit, require_amount
from credits.services.ledger import account_for, write_entry, write_reversal
from credits.services.memos import issue_entry

Kind = ClaimStep.Kind
Purpose = Account.Purpose


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def send_claim(claim: Claim, *, sent_on: date, reference: str) -> ClaimStep:
    """Send our claim to the vendor, with its issued memo, on or before the last day; again is free.

    ``sent_on`` is a day in the zone of the terms. Raises ClaimTooLate, MemoNotIssued, WrongStep, NotAllowed
    (a vendor manager or finance sends).
    """
    actor = require_person("vendor_manager", "finance")
    done = _begin(claim, Kind.SENT, sent_on, reference=reference)
    if done:
        return done
    _require_direction(claim, Contract.Direction.PROMISED_TO_US)
    last = _require_state(claim, (Kind.FOUND,), Kind.SENT)
    _require_in_time(claim, sent_on, "sent_on")
    issued = _issued(claim)
    after = {"reference": reference, "document_number": issued.document_number}
    return _step(claim, last, Kind.SENT, sent_on, actor, reference=reference, told=after)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def acknowledge_claim(
    claim: Claim, *, taken_on: date, amount: Decimal | None = None, reference: str = "", reason: str = ""
) -> ClaimStep:
    """The vendor acknowledges our claim, whole or up to ``amount``: from memorandum to receivable.

    Raises WrongAmount above the memo's amount, WrongStep, PeriodClosed, NotAllowed.
    """
    actor = require_person("vendor_manager", "finance")
    memo = _memo(claim)
    given = _amount(amount, memo.amount, memo)
    done = _begin(claim, Kind.ACKNOWLEDGED, taken_on, amount=given)
    if done:
        return done
    last = _require_state(claim, (Kind.SENT,), Kind.ACKNOWLEDGED)
    issued = _issued(claim)
    number = issued.document_number or ""
    reversal, _ = write_reversal(issue_entry(memo, number), effective_on=taken_on)
    entry = _post(
        memo,
        f"{number}/acknowledge",
        "acknowledged",
        taken_on,
        [
            debit(_account(memo, Purpose.RECEIVABLE_FROM_VENDORS), given),
            credit(_account(memo, Purpose.RECOVERIES), given),
        ],
    )
    after = {"amount": given, "entries": [reversal.reference, entry]}
    return _step(
        claim, last, Kind.ACKNOWLEDGED, taken_on, actor, reason, amount=given, reference=reference, told=after
    )


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def refuse_claim(claim: Claim, *, taken_on: date, reason: str, reference: str = "") -> ClaimStep:
    """The vendor refuses our claim, with its reason: the memorandum entry is reversed.

    Raises ReasonMissing, WrongStep, PeriodClosed, NotAllowed.
    """
    actor = require_person("vendor_manager", "finance")
    _require_reason(reason)
    done = _begin(claim, Kind.REFUSED, taken_on)
    if done:
        return done
    last = _require_state(claim, (Kind.SENT,), Kind.REFUSED)
    after = {"entries": _reverse_memorandum(claim, taken_on)}
    return _step(claim, last, Kind.REFUSED, taken_on, actor, reason, reference=reference, told=after)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def receive_payment(
    claim: Claim, *, taken_on: date, amount: Decimal | None = None, reference: str = ""
) -> ClaimStep:
    """The acknowledged credit arrives on the vendor's invoice: from receivable to clearing.

    Raises WrongAmount above what was acknowledged, WrongStep, PeriodClosed, NotAllowed (finance receives).
    """
    actor = require_person("finance")
    memo = _memo(claim)
    acknowledged = claim.steps.filter(kind=Kind.ACKNOWLEDGED).first()
    if acknowledged is None or acknowledged.amount is None:
        raise WrongStep(
            f"claim: {claim} is {last_claim_step(claim).kind}; only one that is acknowledged is paid"
        )
    given = _amount(amount, acknowledged.amount, memo)
    done = _begin(claim, Kind.PAID, taken_on, amount=given)
    if done:
        return done
    last = _require_state(claim, (Kind.ACKNOWLEDGED,), Kind.PAID)
    number = _issued(claim).document_number or ""
    entry = _post(
        memo,
        f"{number}/pay",
        "received",
        taken_on,
        [
            debit(_account(memo, Purpose.CLEARING), given),
            credit(_account(memo, Purpose.RECEIVABLE_FROM_VENDORS), given),
        ],
    )
    after = {"amount": given, "entries": [entry]}
    return _step(claim, last, Kind.PAID, taken_on, actor, amount=given, reference=reference, told=after)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def record_customer_claim(claim: Claim, *, taken_on: date, reference: str) -> ClaimStep:
    """A customer's claim on us came on ``taken_on`` (a day in the zone of the terms): the credit is earned.

    Raises ClaimTooLate after the last day, WrongStep, NotAllowed (customer success or finance records).
    """
    actor = require_person("customer_success", "finance")
    done = _begin(claim, Kind.CLAIMED, taken_on, reference=reference)
    if done:
        return done
    _require_direction(claim, Contract.Direction.PROMISED_BY_US)
    last = _require_state(claim, (Kind.FOUND,), Kind.CLAIMED)
    _require_in_time(claim, taken_on, "taken_on")
    return _step(
        claim, last, Kind.CLAIMED, taken_on, actor, reference=reference, told={"reference": reference}
    )


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def waive_claim(claim: Claim, *, taken_on: date, reason: str) -> ClaimStep:
    """Give a customer the credit without a claim, by decision. It bars from approving the memo (rule 20).

    Raises ReasonMissing, WrongStep (also once the claim is forfeited), NotAllowed (finance waives).
    """
    actor = require_person("finance")
    _require_reason(reason)
    done = _begin(claim, Kind.WAIVED, taken_on)
    if done:
        return done
    _require_direction(claim, Contract.Direction.PROMISED_BY_US)
    last = _require_state(claim, (Kind.FOUND,), Kind.WAIVED)
    return _step(claim, last, Kind.WAIVED, taken_on, actor, reason)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def forfeit_overdue(*, as_of: date) -> list[ClaimStep]:
    """Forfeit every claim, in either direction, whose last day lies before ``as_of`` unused. For the job.

    Each is an act of its own in the record; a memorandum entry behind it is reversed.
    """
    actor = require_job_or("finance", "vendor_manager")
    overdue = claims_with_state().filter(state=Kind.FOUND, deadline_on__lt=as_of).order_by("pk")
    steps = []
    for claim in overdue.select_related("breach__assessment__commitment__version__contract"):
        hold("claim", claim.pk)
        last = last_claim_step(claim)
        if last.kind != Kind.FOUND:
            continue  # somebody claimed it meanwhile
        after = {"entries": _reverse_memorandum(claim, as_of)}
        reason = f"not claimed by {claim.deadline_on}, the last day in time"
        steps.append(_step(claim, last, Kind.FORFEITED, as_of, actor, reason, told=after))
    return steps


# Below the acts ------------------------------------------------------------------------------------------


def _begin(
    claim: Claim, kind: Kind, taken_on: date, *, amount: Decimal | None = None, reference: str | None = None
) -> ClaimStep | None:
    """Be alone with the claim. The step, where it was taken already with this content; Conflict with other."""
    hold("claim", claim.pk)
    done = claim.steps.filter(kind=kind).first()
    if done is None:
        return None
    same = done.taken_on == taken_on and done.amount == amount and reference in (None, done.reference)
    if not same:
        raise Conflict(f"claim: {claim} is {kind.label.lower()} already, on {done.taken_on} and otherwise")
    return done


def _contract(claim: Claim) -> Contract:
    return claim.breach.assessment.commitment.version.contract


def _require_direction(claim: Claim, wanted: Contract.Direction) -> None:
    if _contract(claim).direction != wanted:
        raise WrongStep(f"claim: {claim} is not {wanted.label.lower()}")


def _require_state(claim: Claim, before: tuple[str, ...], wanted: Kind) -> ClaimStep:
    last = last_claim_step(claim)
    if last.kind not in before:
        raise WrongStep(
            f"claim: {claim} is {last.kind}; only one that is {' or '.join(before)} can be {wanted}"
        )
    return last


def _require_in_time(claim: Claim, day: date, field: str) -> None:
    if claim.deadline_on is not None and day > claim.deadline_on:
        late = (day - claim.deadline_on).days
        raise ClaimTooLate(
            f"{field}: {day} is {late} days after {claim.deadline_on}, the last day for {claim}"
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why")


def _memo(claim: Claim) -> CreditMemo:
    memo = memo_of(claim)
    if memo is None or memo.direction != Contract.Direction.PROMISED_TO_US:
        raise WrongStep(f"claim: {claim} has no memo on a vendor")
    return memo


def _issued(claim: Claim) -> MemoStep:
    """The step that issued the claim's memo."""
    memo = memo_of(claim)
    last = memo.steps.order_by("number").last() if memo else None
    if last is None or last.state != CreditMemo.State.ISSUED:
        raise MemoNotIssued(
            f"claim: the memo of {claim} is {last.state if last else 'not proposed'}; it must be issued first"
        )
    return last


def _amount(amount: Decimal | None, most: Decimal, memo: CreditMemo) -> Decimal:
    given = require_amount(most if amount is None else amount, memo.currency)
    if given > most:
        raise WrongAmount(f"amount: {given} {memo.currency} is more than {most}")
    return given


def _account(memo: CreditMemo, purpose: Account.Purpose) -> Account:
    return account_for(memo.legal_entity, purpose, memo.counterparty, memo.currency)


def _post(memo: CreditMemo, reference: str, what: str, on: date, lines: list[Line]) -> str:
    entry, _ = write_entry(
        memo.legal_entity,
        reference=reference,
        description=f"Vendor credit {what}: {memo.facts['service']} {memo.facts['window']}",
        effective_on=on,
        postings=lines,
        memo=memo,
    )
    return entry.reference


def _reverse_memorandum(claim: Claim, on: date) -> list[str]:
    """Take an unsuccessful claim out of the memorandum accounts, where its memo was issued into them."""
    memo = memo_of(claim)
    if memo is None or memo.direction != Contract.Direction.PROMISED_TO_US:
        return []
    last = memo.steps.order_by("number").last()
    if last is None or last.state != CreditMemo.State.ISSUED:
        return []
    reversal, _ = write_reversal(issue_entry(memo, last.document_number or ""), effective_on=on)
    return [reversal.reference]


def _step(
    claim: Claim,
    last: ClaimStep,
    kind: Kind,
    taken_on: date,
    actor: User,
    reason: str = "",
    *,
    amount: Decimal | None = None,
    reference: str = "",
    told: dict[str, Any] | None = None,
) -> ClaimStep:
    if kind in (Kind.ACKNOWLEDGED, Kind.REFUSED, Kind.PAID) and taken_on < last.taken_on:
        raise WrongStep(f"taken_on: {taken_on} lies before {last.taken_on}, when {claim} was {last.kind}")
    step = ClaimStep.objects.create(
        claim=claim,
        number=last.number + 1,
        kind=kind,
        taken_on=taken_on,
        amount=amount,
        reference=reference,
        reason=reason,
        taken_by=actor,
    )
    after = {"state": kind.value, "taken_on": taken_on} | (told or {})
    record(f"claim.{_VERB[kind]}", claim, before={"state": last.kind}, after=after, reason=reason)
    return step


_VERB = {
    Kind.SENT: "send",
    Kind.ACKNOWLEDGED: "acknowledge",
    Kind.REFUSED: "refuse",
    Kind.PAID: "receive_payment",
    Kind.CLAIMED: "record_customer_claim",
    Kind.WAIVED: "waive",
    Kind.FORFEITED: "forfeit",
}

__all__ = [
    "acknowledge_claim",
    "forfeit_overdue",
    "receive_payment",
    "record_customer_claim",
    "refuse_claim",
    "send_claim",
    "waive_claim",
]
