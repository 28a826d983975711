"""A credit memo's life: proposed, reviewed, approved by a second person, issued with a number and posted."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.models import User
from contracts.models import Contract, LegalEntity
from contracts.reading import terms_of
from credits.actors import require_job_or
from credits.attained import attained
from credits.errors import (
    BY_CONSTRAINT,
    CannotReverse,
    CreditUsed,
    HasAHandInIt,
    NotAnApprover,
    NotEarned,
    NotFinal,
    NothingToClaim,
    ReasonMissing,
    WrongStep,
)
from credits.invoices.crediting import write_credited_lines
from credits.locks import hold
from credits.models import (
    Account,
    Assessment,
    Claim,
    ClaimStep,
    CreditMemo,
    JournalEntry,
    MemoApproval,
    MemoStep,
    NumberSeries,
    Restatement,
)
from credits.reading import approvals_needed, claim_of, last_claim_step, last_memo_step
from credits.remedy import remedy_of
from credits.rule20 import acts_under
from credits.rules import credit, debit
from credits.services.ledger import account_for, write_entry, write_reversal
from credits.services.provisions import consume, held_for_memo, restore
from credits.services.reductions import reduce_original
from reckoning.terms.claims import ClaimInSteps
from reckoning.terms.wording import promise
from reckoning.timeline import Window

State = CreditMemo.State
Purpose = Account.Purpose
OURS = Contract.Direction.PROMISED_BY_US
EARNED = (ClaimStep.Kind.CLAIMED, ClaimStep.Kind.WAIVED)
Kind = CreditMemo.Kind
# Goodwill and reductions are numbered apart: they are other documents.
PREFIX = {OURS.value: "SC", Contract.Direction.PROMISED_TO_US.value: "VC"}
PREFIX_OF_KIND = {Kind.GOODWILL.value: "GW", Kind.REDUCTION.value: "RD"}


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def propose_memo(assessment: Assessment, *, taken_on: date, reason: str = "") -> CreditMemo:
    """Propose the memo of a final result; again is free.

    A vendor's memo is proposed for its breach; a customer's once the credit is earned: at once where no claim
    is needed, else by a claim in time or a waiver. Raises NotFinal, NothingToClaim, NotEarned, NotAllowed (a
    job or finance proposes).
    """
    actor = require_job_or("finance")
    return _propose(assessment, taken_on, reason, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def propose_memos_of(contract: Contract, *, window: Window, taken_on: date) -> list[CreditMemo]:
    """Propose every memo that is earned and not proposed yet, of one contract and window. For the job."""
    actor = require_job_or("finance")
    claims = Claim.objects.filter(
        breach__assessment__commitment__version__contract=contract,
        breach__assessment__window_start=window.start,
        breach__assessment__window_end=window.end,
        breach__assessment__memo=None,
    ).select_related("breach__assessment__commitment__version__contract")
    due = [claim for claim in claims.order_by("pk") if _stands_against(claim) is None]
    return [_propose(claim.breach.assessment, taken_on, "", actor) for claim in due]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def review_memo(memo: CreditMemo, *, taken_on: date, reason: str = "") -> MemoStep:
    """Take a proposed memo into review; a step that may be left out. Raises WrongStep, NotAllowed."""
    actor = require_person("finance", "finance_approver")
    return _step(memo, State.IN_REVIEW, taken_on, actor, reason)[0]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def approve_memo(memo: CreditMemo, *, taken_on: date, reason: str = "") -> MemoStep | MemoApproval:
    """Approve a memo as a second person (rule 20); again by the same person is free.

    Where the approval matrix wants several persons for the amount, the first ones leave an approval each and the
    last one's makes the memo approved. Raises NotAnApprover for a job and for whoever lacks the role finance
    approver, HasAHandInIt naming the acts of theirs that the memo rests on, WrongStep.
    """
    actor = _approver()
    if acts := acts_under(memo, actor):
        raise HasAHandInIt(
            f"actor: {actor.display_name} {', '.join(acts)}; somebody without a hand in {memo} must approve it"
        )
    hold("memo", memo.pk)
    mine = memo.approvals.filter(approved_by=actor).first()
    others = memo.approvals.exclude(approved_by=actor).count()
    last = last_memo_step(memo)
    if last.state in (State.PROPOSED, State.IN_REVIEW) and others + 1 < (needed := approvals_needed(memo)):
        return mine or _approve_beside_others(memo, last, taken_on, actor, reason, others + 1, needed)
    return _step(memo, State.APPROVED, taken_on, actor, reason)[0]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def issue_memo(memo: CreditMemo, *, taken_on: date, reason: str = "") -> MemoStep:
    """Issue an approved memo: give it the next number of its series and post it; again is free.

    A customer's credit is taken from what was provided for it, and the rest is expense, against payable; goodwill
    has its own account; a reduction goes the other way and takes from the credit that it restates. A vendor's
    stands in memorandum accounts until the vendor acknowledges it. The names, addresses and tax ids of both sides
    are copied onto the document. Raises WrongStep, PeriodClosed, NotIssued (a reduction of what was not issued),
    NotAllowed (finance or a job issues).
    """
    actor = require_job_or("finance")
    hold("memo", memo.pk)
    done = memo.steps.filter(state=State.ISSUED).first()
    if done is not None:
        return done
    claim = claim_of(memo)
    if memo.direction != OURS and claim and last_claim_step(claim).kind == ClaimStep.Kind.FORFEITED:
        raise WrongStep(f"memo: the claim behind {memo} is forfeited; there is nothing left to issue")
    _require_state(memo, (State.APPROVED,), State.ISSUED)
    number = _next_number(memo.legal_entity, PREFIX_OF_KIND.get(memo.kind, PREFIX[memo.direction]))
    entry = _post_issue(memo, number, taken_on)
    if memo.kind == Kind.REDUCTION:
        reduce_original(memo, entry, number, taken_on, actor)
        lines = []
    else:
        lines = write_credited_lines(memo)
    basis = memo.basis
    expires_on = None
    if memo.direction == OURS and basis is not None and memo.kind != Kind.REDUCTION:
        expires_on = remedy_of(basis.commitment, basis.window_end, taken_on).expires_on
    document = legal_facts(memo, number, taken_on, [line.invoice_line.invoice.external_id for line in lines])
    after = {
        "document_number": number,
        "entry": entry.reference,
        "amount": memo.amount,
        "expires_on": expires_on,
    }
    return _step(
        memo,
        State.ISSUED,
        taken_on,
        actor,
        reason,
        document_number=number,
        told=after,
        more={"document": document, "expires_on": expires_on},
    )[0]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def reverse_memo(memo: CreditMemo, *, taken_on: date, reason: str) -> MemoStep:
    """Reverse an issued memo and the entry that it was posted with. Nothing is edited (rule 14).

    Whoever issued or approved it does not reverse it. Raises ReasonMissing, CannotReverse where a vendor's
    claim was acknowledged, refused or forfeited (its entry is settled), CreditUsed where something of it was used
    (it is withdrawn by further entries, rule 15), WrongStep, PeriodClosed, NotAllowed.
    """
    actor = require_person("finance_approver")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the memo is reversed")
    hold("memo", memo.pk)
    issued = _require_state(memo, (State.ISSUED,), State.REVERSED)
    require_other_hands(memo, actor, "reverse")
    if memo.kind == Kind.REDUCTION or memo.uses.exists():
        raise CreditUsed(
            f"memo: something of {memo} was used, or it reduced another; withdraw what is wrong by further entries"
        )
    claim = claim_of(memo)
    state = last_claim_step(claim).kind if claim else ""
    if memo.direction != OURS and state not in (ClaimStep.Kind.FOUND, ClaimStep.Kind.SENT):
        raise CannotReverse(f"memo: the claim behind {memo} is {state}; that settled its entry")
    entry = issue_entry(memo, issued.document_number or "")
    reversal, _ = write_reversal(entry, effective_on=taken_on)
    restore(memo, reversal)
    return _step(memo, State.REVERSED, taken_on, actor, reason, told={"entry": reversal.reference})[0]


# Below the acts ------------------------------------------------------------------------------------------


def require_other_hands(memo: CreditMemo, actor: User, verb: str) -> None:
    """Whoever approved or issued a memo does not take it back. Raises HasAHandInIt."""
    took = memo.steps.filter(state__in=[State.APPROVED, State.ISSUED], taken_by=actor).exists()
    if took or memo.approvals.filter(approved_by=actor).exists():
        raise HasAHandInIt(
            f"actor: {actor.display_name} approved or issued {memo}; somebody else must {verb} it"
        )


def _approve_beside_others(
    memo: CreditMemo, last: MemoStep, taken_on: date, actor: User, reason: str, at: int, needed: int
) -> MemoApproval:
    """One of several approvals, before the last one."""
    if taken_on < last.taken_on:
        raise WrongStep(f"taken_on: {taken_on} lies before {last.taken_on}, when {memo} was {last.state}")
    row = MemoApproval.objects.create(memo=memo, approved_by=actor, taken_on=taken_on, reason=reason)
    record(
        "credit_memo.approve",
        memo,
        before={"state": last.state},
        after={"state": last.state, "taken_on": taken_on, "approvals": f"{at} of {needed}"},
        reason=reason,
    )
    return row


def legal_facts(memo: CreditMemo, number: str, issued_on: date, invoices: Sequence[str]) -> dict[str, Any]:
    """What a document must say of both sides, as it is on the day of its issue."""
    names = ("name", "street", "postal_code", "city", "country", "vat_id", "registration_id")

    def of(party: Any) -> dict[str, str]:
        return {name: str(getattr(party, name, "")) for name in names}

    return {
        "number": number,
        "kind": memo.kind,
        "issued_on": issued_on.isoformat(),
        "legal_entity": of(memo.legal_entity),
        "counterparty": of(memo.counterparty),
        "amount": str(memo.amount),
        "currency": memo.currency,
        "invoices": sorted(set(invoices)),
        "cites": memo.facts.get("restates", ""),
    }


def issue_entry(memo: CreditMemo, document_number: str) -> JournalEntry:
    """The entry that a memo was issued with."""
    return JournalEntry.objects.get(memo=memo, reference=f"{document_number}/issue")


def _approver() -> User:
    actor = require_person()
    if not actor.has_role("finance_approver"):
        raise NotAnApprover(f"actor: {actor.display_name} does not have the role finance approver")
    return actor


def _stands_against(claim: Claim) -> str | None:
    """Why the credit of a claim is not earned, or None where it is."""
    kind = last_claim_step(claim).kind
    if kind == ClaimStep.Kind.FORFEITED:
        return f"it was not claimed by {claim.deadline_on}"
    commitment = claim.breach.assessment.commitment
    if commitment.version.contract.direction != OURS or kind in EARNED:
        return None
    if claim.deadline_on is not None:
        return f"the customer must claim it by {claim.deadline_on}, or the claim be waived"
    block = terms_of(commitment.version).commitment(commitment.key).claim
    if isinstance(block, ClaimInSteps) and block.by_customer:
        # Its last day hangs on days that only people know; no day known is not the same as none needed.
        return "the customer must claim it in the steps of the terms, or the claim be waived"
    return None


def _propose(assessment: Assessment, taken_on: date, reason: str, actor: User) -> CreditMemo:
    hold("commitment", assessment.commitment_id)
    there = CreditMemo.objects.filter(assessment=assessment).first()
    if there is not None:
        return there
    if not hasattr(assessment, "finalisation"):
        raise NotFinal(f"assessment: {assessment} is provisional; a memo rests on a final result")
    claim = Claim.objects.filter(breach__assessment=assessment).first()
    amount = assessment.credit_amount
    if claim is None or amount is None:
        raise NothingToClaim(f"assessment: {assessment} earns no credit")
    if against := _stands_against(claim):
        raise NotEarned(f"assessment: the credit of {assessment} is not earned: {against}")
    contract = assessment.commitment.version.contract
    facts = _facts(assessment, contract)
    return write_memo(
        contract,
        Kind.SERVICE_CREDIT,
        amount,
        assessment.currency,
        facts,
        taken_on,
        reason,
        actor,
        assessment=assessment,
    )


def write_memo(
    contract: Contract,
    kind: CreditMemo.Kind,
    amount: Decimal,
    currency: str,
    facts: dict[str, Any],
    taken_on: date,
    reason: str,
    actor: User,
    *,
    assessment: Assessment | None = None,
    restatement: Restatement | None = None,
) -> CreditMemo:
    """A memo with its first step, and the event of it."""
    memo = CreditMemo.objects.create(
        kind=kind,
        assessment=assessment,
        restatement=restatement,
        contract=contract,
        legal_entity=contract.legal_entity,
        counterparty=contract.counterparty,
        direction=contract.direction,
        amount=amount,
        currency=currency,
        facts=facts,
        proposed_by=actor,
    )
    step = MemoStep.objects.create(
        memo=memo, number=1, state=State.PROPOSED, taken_on=taken_on, taken_by=actor, reason=reason
    )
    record(
        "credit_memo.propose",
        memo,
        after={
            "state": step.state,
            "kind": memo.kind,
            "amount": memo.amount,
            "currency": memo.currency,
            "taken_on": taken_on,
        },
        reason=reason,
    )
    return memo


def facts_of_result(assessment: Assessment) -> dict[str, Any]:
    """What a document says of a result."""
    return _facts(assessment, assessment.commitment.version.contract)


def earned(claim: Claim | None) -> bool:
    """Whether nothing stands against the credit of a claim; where there never was one, nothing does."""
    return claim is None or _stands_against(claim) is None


def _facts(assessment: Assessment, contract: Contract) -> dict[str, Any]:
    """What the document says, copied, so that no later change of a name changes it."""
    commitment = assessment.commitment
    version = commitment.version
    clause = terms_of(version).commitment(commitment.key)
    # A promise that is no level says in words what it is and what was reached.
    name, value = attained(clause, assessment.result)
    wide = {} if clause.is_first_edition else {"promise": promise(clause), "attained": f"{name}: {value}"}
    return wide | {
        "contract": contract.reference,
        "contract_title": contract.title,
        "legal_entity": contract.legal_entity.name,
        "counterparty": contract.counterparty.name,
        "version": version.number,
        "terms_sha256": version.terms_sha256,
        "commitment": commitment.key,
        "commitment_title": clause.title,
        "service": commitment.service.code,
        "service_name": commitment.service.name,
        "window": assessment.window_label,
        "window_start": assessment.window_start.isoformat(),
        "window_end": assessment.window_end.isoformat(),
        "target_percent": _text(clause.target_percent),
        "level_exact": assessment.level_exact,
        "level_percent": _text(assessment.level_percent),
        "tier": assessment.tier_label,
        "tier_percent": assessment.result["tier_percent"],
        "fee_amount": assessment.result["fee_amount"],
        "fee_lines": list(assessment.inputs["fee"]["lines"]) if assessment.inputs["fee"] else [],
        "claim_deadline_on": assessment.result["claim_deadline_on"],
        "result_sha256": assessment.result_sha256,
    }


def _text(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _require_state(memo: CreditMemo, before: Sequence[str], wanted: str) -> MemoStep:
    last = last_memo_step(memo)
    if last.state not in before:
        raise WrongStep(
            f"memo: {memo} is {last.state}; only one that is {' or '.join(before)} can be {wanted}"
        )
    return last


_BEFORE: dict[str, tuple[str, ...]] = {
    State.IN_REVIEW: (State.PROPOSED,),
    State.APPROVED: (State.PROPOSED, State.IN_REVIEW),
    State.ISSUED: (State.APPROVED,),
    State.REVERSED: (State.ISSUED,),
}
_VERB = {
    State.IN_REVIEW: "credit_memo.review",
    State.APPROVED: "credit_memo.approve",
    State.ISSUED: "credit_memo.issue",
    State.REVERSED: "credit_memo.reverse",
}


def _step(
    memo: CreditMemo,
    state: CreditMemo.State,
    taken_on: date,
    actor: User,
    reason: str,
    *,
    document_number: str | None = None,
    told: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> tuple[MemoStep, bool]:
    """Take one step and record it; the same step by the same person again is free. (step, whether it is new)"""
    hold("memo", memo.pk)
    done = memo.steps.filter(state=state).first()
    if done is not None and done.taken_by_id == actor.pk:
        return done, False
    last = _require_state(memo, _BEFORE[state], state)
    if taken_on < last.taken_on:
        raise WrongStep(f"taken_on: {taken_on} lies before {last.taken_on}, when {memo} was {last.state}")
    step = MemoStep.objects.create(
        memo=memo,
        number=last.number + 1,
        state=state,
        taken_on=taken_on,
        reason=reason,
        document_number=document_number,
        taken_by=actor,
        **(more or {}),
    )
    after = {"state": state.value, "taken_on": taken_on} | (told or {})
    record(_VERB[state], memo, before={"state": last.state}, after=after, reason=reason)
    return step, True


def _next_number(legal_entity: LegalEntity, prefix: str) -> str:
    """The next number of a series, such as SC-acme-00017. Its row stays locked until the issue is committed,
    so that a number that is not used is given to the next one: no gaps."""
    NumberSeries.objects.get_or_create(legal_entity=legal_entity, prefix=prefix)
    series = NumberSeries.objects.select_for_update().get(legal_entity=legal_entity, prefix=prefix)
    number = series.next_number
    series.next_number = number + 1
    series.save(update_fields=["next_number"])
    return f"{prefix}-{legal_entity.series_code or legal_entity.code}-{number:05d}"


def _post_issue(memo: CreditMemo, number: str, effective_on: date) -> JournalEntry:
    def account(purpose: Account.Purpose) -> Account:
        return account_for(memo.legal_entity, purpose, memo.counterparty, memo.currency)

    held = Decimal(0)
    if memo.direction != OURS:
        postings = [
            debit(account(Purpose.CLAIMS_NOT_ACKNOWLEDGED), memo.amount),
            credit(account(Purpose.CLAIMS_CONTRA), memo.amount),
        ]
        description = f"Claim {number} on {memo.facts['counterparty']}, not acknowledged"
    elif memo.kind == Kind.REDUCTION:
        postings = [
            debit(account(Purpose.PAYABLE_TO_CUSTOMERS), memo.amount),
            credit(account(Purpose.SERVICE_CREDIT_EXPENSE), memo.amount),
        ]
        description = (
            f"Reduction {number} of {memo.facts.get('restates', '')} to {memo.facts['counterparty']}"
        )
    elif memo.kind == Kind.GOODWILL:
        postings = [
            debit(account(Purpose.GOODWILL), memo.amount),
            credit(account(Purpose.PAYABLE_TO_CUSTOMERS), memo.amount),
        ]
        description = f"Goodwill {number} to {memo.facts['counterparty']}"
    else:
        held = min(held_for_memo(memo), memo.amount)
        postings = [credit(account(Purpose.PAYABLE_TO_CUSTOMERS), memo.amount)]
        if held < memo.amount:
            postings.insert(0, debit(account(Purpose.SERVICE_CREDIT_EXPENSE), memo.amount - held))
        if held:
            postings.insert(0, debit(account(Purpose.PROVISION), held))
        description = f"Service credit {number} to {memo.facts['counterparty']}"
    entry, _ = write_entry(
        memo.legal_entity,
        reference=f"{number}/issue",
        description=f"{description}: {memo.facts['service']} {memo.facts['window']}"[:300],
        effective_on=effective_on,
        postings=postings,
        memo=memo,
    )
    consume(memo, held, entry)
    return entry


__all__ = [
    "approve_memo",
    "issue_memo",
    "propose_memo",
    "propose_memos_of",
    "reverse_memo",
    "review_memo",
]
