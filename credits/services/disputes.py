"""Disputes about issued memos: opened, answered, resolved by somebody else. Meanwhile nothing of the credit is used."""

from datetime import date

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.models import User
from credits.errors import BY_CONSTRAINT, InDispute, NotIssued, ReasonMissing, SelfResolved, WrongStep
from credits.locks import hold
from credits.models import CreditMemo, Dispute, DisputeStep
from credits.reading import is_in_dispute, last_memo_step

Kind = DisputeStep.Kind


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def open_dispute(memo: CreditMemo, *, taken_on: date, reason: str, reference: str = "") -> Dispute:
    """Somebody doubts an issued memo, with a reason. Raises NotIssued, InDispute where one is open, NotAllowed."""
    actor = require_person("finance", "customer_success", "vendor_manager")
    _require_reason(reason)
    hold("memo", memo.pk)
    if last_memo_step(memo).state != CreditMemo.State.ISSUED:
        raise NotIssued(f"memo: {memo} is {last_memo_step(memo).state}; only an issued one is disputed")
    if is_in_dispute(memo):
        raise InDispute(f"memo: {memo} is in dispute already; answer or resolve that first")
    dispute = Dispute.objects.create(memo=memo, number=memo.disputes.count() + 1)
    _step(dispute, Kind.OPENED, taken_on, actor, reason, reference)
    return dispute


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def answer_dispute(dispute: Dispute, *, taken_on: date, reason: str, reference: str = "") -> DisputeStep:
    """Answer a dispute in words; it stays open. Raises WrongStep where it is resolved, ReasonMissing, NotAllowed."""
    actor = require_person("finance", "finance_approver", "customer_success", "vendor_manager", "legal")
    _require_reason(reason)
    _unresolved(dispute)
    return _step(dispute, Kind.ANSWERED, taken_on, actor, reason, reference)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def resolve_dispute(
    dispute: Dispute, *, verdict: str, taken_on: date, reason: str, reference: str = ""
) -> DisputeStep:
    """Resolve a dispute: the memo ``stands``, it is to be made ``correct`` by further acts, or it was ``withdrawn``.

    Whoever opened it does not resolve it. Raises SelfResolved, WrongStep, ReasonMissing, NotAllowed (a finance
    approver resolves).
    """
    actor = require_person("finance_approver")
    _require_reason(reason)
    if verdict not in DisputeStep.Verdict.values:
        raise WrongStep(f"verdict: {verdict!r} is none of {', '.join(DisputeStep.Verdict.values)}")
    first = _unresolved(dispute)
    if first.taken_by_id == actor.pk:
        raise SelfResolved(f"actor: {actor.display_name} opened {dispute}; somebody else must resolve it")
    return _step(dispute, Kind.RESOLVED, taken_on, actor, reason, reference, verdict)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say what is doubted, answered or decided")


def _unresolved(dispute: Dispute) -> DisputeStep:
    """The first step of a dispute that is open."""
    hold("dispute", dispute.pk)
    steps = list(dispute.steps.order_by("number"))
    if steps[-1].kind == Kind.RESOLVED:
        raise WrongStep(f"dispute: {dispute} was resolved on {steps[-1].taken_on}")
    return steps[0]


def _step(
    dispute: Dispute,
    kind: Kind,
    taken_on: date,
    actor: User,
    reason: str,
    reference: str,
    verdict: str = "",
) -> DisputeStep:
    last = dispute.steps.order_by("number").last()
    if last is not None and taken_on < last.taken_on:
        raise WrongStep(f"taken_on: {taken_on} lies before {last.taken_on}, the dispute's last step")
    step = DisputeStep.objects.create(
        dispute=dispute,
        number=last.number + 1 if last else 1,
        kind=kind,
        verdict=verdict,
        taken_on=taken_on,
        reason=reason,
        reference=reference,
        taken_by=actor,
    )
    verb = {Kind.OPENED: "open", Kind.ANSWERED: "answer", Kind.RESOLVED: "resolve"}[kind]
    after = {"dispute": dispute.number, "state": kind.value, "verdict": verdict, "taken_on": taken_on}
    record(f"dispute.{verb}", dispute.memo, after=after, reason=reason)
    return step


__all__ = ["answer_dispute", "open_dispute", "resolve_dispute"]
