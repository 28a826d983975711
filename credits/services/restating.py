"""Restating final results: a later revision, what it moved and why, and the difference as a document of its own.

The final result, its memo and the entries of its month stay as they are (rule 14).
"""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Max

from audit.record import record
from base.access import require_role
from base.dberrors import named_errors
from base.models import User
from contracts.models import Commitment, Contract
from contracts.reading import terms_of
from credits.caps import carries_over, reaches_over_windows, same_promise
from credits.errors import (
    BY_CONSTRAINT,
    NotEarned,
    NotFinal,
    NothingRestated,
    PeriodClosed,
    QuestionsOpen,
    ReasonMissing,
)
from credits.locks import hold, hold_period
from credits.models import Assessment, Claim, CreditMemo, Finalisation, Restatement
from credits.reading import ZERO, counted, is_closed
from credits.services.assessing import _assess, _is_answered, _tell
from credits.services.memos import earned, facts_of_result, write_memo
from credits.undecided import require_alone
from credits.windows import require_window, window_of_row
from measurements.lateness import LateFact, difference
from reckoning.assessment import AssessmentInputs
from reckoning.timeline import Window

OURS = Contract.Direction.PROMISED_BY_US
Cause = Restatement.Cause
MOST_MOVES = 60


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def restate_window(
    commitment: Commitment, *, window: Window, known_at: datetime, restated_on: date, reason: str
) -> Restatement:
    """Restate the final result of a window with what is known at ``known_at``; nothing that was issued changes.

    The difference in minutes, incidents and amounts is kept fact by fact. Where a customer's credit is earned and
    the amount differs, a memo over the difference is proposed; it cites the original and goes the way of every
    memo. Later windows whose room under a cap moves are restated along with it and name this restatement (rule 13).
    ``restated_on`` lies in an open month. What would pay more than before, while another document prevails or pays the
    same undecided, is refused. Raises NotFinal, NothingRestated, QuestionsOpen, PeriodClosed, GivesWayToAnother,
    ConflictUndecided, ReasonMissing, StaleKnowledge, NotAllowed (finance restates).
    """
    actor = require_role("finance")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the result is restated")
    window = require_window(commitment, window)
    hold("commitment", commitment.pk)
    final = _finalisation(commitment, window)
    _require_open(commitment, restated_on)
    before, payable_before, _ = counted(final)
    result = _assess([(commitment, window)], known_at, told=False)[0]
    if result.revision <= before.revision:
        raise NothingRestated(
            f"known_at: what is known at {known_at.isoformat()} changes nothing of {before}; it stays as it is"
        )
    if not _is_answered(result):
        raise QuestionsOpen(
            f"assessment: {result} has open questions; they must be answered before it counts"
        )
    require_alone(result, window, payable_before)
    if getattr(result, "is_new", False):
        _tell(result)
    row = _restate(final, result, Cause.LATE_FACT, None, restated_on, reason, actor)
    _move_later_windows(row, restated_on, actor)
    return row


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def propose_difference(restatement: Restatement, *, taken_on: date, reason: str = "") -> CreditMemo:
    """Propose the memo over a restatement's difference, once the customer's claim has earned it; again is free.

    Raises NothingRestated where the amount did not change or the promise is a vendor's, NotEarned, NotAllowed.
    """
    actor = require_role("finance")
    there = CreditMemo.objects.filter(restatement=restatement).first()
    if there is not None:
        return there
    memo = _propose(restatement, taken_on, reason or restatement.reason, actor)
    if memo is None:
        contract = restatement.assessment.commitment.version.contract
        if not restatement.difference_amount or contract.direction != OURS:
            raise NothingRestated(f"restatement: {restatement} owes no difference to a customer")
        raise NotEarned(f"restatement: the credit of {restatement} is not earned; the customer must claim it")
    return memo


# Below the acts ------------------------------------------------------------------------------------------


def _finalisation(commitment: Commitment, window: Window) -> Finalisation:
    final = (
        Finalisation.objects.filter(commitment=commitment, window_start=window.start)
        .select_related("assessment__commitment__version__contract", "assessment__commitment__service")
        .first()
    )
    if final is None:
        raise NotFinal(f"window: {commitment} {window.label} is provisional; a further fact just revises it")
    return final


def _require_open(commitment: Commitment, day: date) -> None:
    entity = commitment.version.contract.legal_entity
    hold_period(entity.pk, day, alone=False)
    if is_closed(entity, day):
        raise PeriodClosed(
            f"restated_on: {day:%Y-%m} is closed in the books of {entity.code}; take an open month"
        )


def _restate(
    final: Finalisation,
    result: Assessment,
    cause: Restatement.Cause,
    moved_by: Restatement | None,
    on: date,
    reason: str,
    actor: User,
) -> Restatement:
    """One restatement with its cuts, its event and, where it is earned, the memo over its difference."""
    before, before_amount, number = counted(final)
    payable = result.credit_amount or ZERO
    row = Restatement.objects.create(
        finalisation=final,
        number=number + 1,
        cause=cause,
        previous=before,
        assessment=result,
        moved_by=moved_by,
        previous_amount=before_amount,
        payable_amount=payable,
        difference_amount=payable - before_amount,
        currency=result.currency,
        differences=differences(before, result, before_amount, payable),
        restated_on=on,
        reason=reason,
        restated_by=actor,
    )
    record(
        "assessment.restate",
        result,
        before={"revision": before.revision, "payable_amount": before_amount},
        after={
            "revision": result.revision,
            "payable_amount": payable,
            "difference_amount": row.difference_amount,
            "cause": cause.value,
            "restated_on": on,
        },
        reason=reason,
    )
    _propose(row, on, reason, actor)
    return row


def _propose(row: Restatement, on: date, reason: str, actor: User) -> CreditMemo | None:
    """The memo over a difference; None where there is none, it is not earned, or a vendor owes it."""
    contract = row.assessment.commitment.version.contract
    if contract.direction != OURS or not row.difference_amount:
        return None
    original = CreditMemo.objects.filter(assessment__finalisation=row.finalisation_id).first()
    claim = Claim.objects.filter(breach__assessment__finalisation=row.finalisation_id).first()
    if not earned(claim) or (original is None and row.difference_amount < 0):
        return None
    issued = original.steps.filter(state="issued").first() if original else None
    facts = facts_of_result(row.assessment) | {
        "restates": (issued.document_number if issued else "") or "",
        "restatement": row.number,
        "previous_amount": str(row.previous_amount),
        "payable_amount": str(row.payable_amount),
        "reason": reason,
    }
    kind = CreditMemo.Kind.INCREASE if row.difference_amount > 0 else CreditMemo.Kind.REDUCTION
    amount = abs(row.difference_amount)
    return write_memo(contract, kind, amount, row.currency, facts, on, reason, actor, restatement=row)


def _move_later_windows(cause: Restatement, on: date, actor: User) -> None:
    """Restate the later final results of the same promise whose room under a cap is another now (rule 13).

    Each is reckoned with the knowledge that it was reckoned with before; only what earlier windows were granted is
    new. A later result that is provisional needs nothing: it is reckoned again anyway.
    """
    commitment = cause.assessment.commitment
    if not (reaches_over_windows(commitment) or carries_over(commitment)):
        return
    later = same_promise(commitment).filter(window_start__gt=cause.assessment.window_start)
    for final in later.order_by("window_start")[:MOST_MOVES]:
        hold("commitment", final.commitment_id)
        before, _, _ = counted(final)
        window = require_window(before.commitment, window_of_row(before))
        known_at = Assessment.objects.filter(
            commitment=final.commitment_id, window_start=final.window_start
        ).aggregate(last=Max("known_at"))["last"]
        result = _assess([(before.commitment, window)], known_at, told=False)[0]
        if result.revision > before.revision and _is_answered(result):
            reason = f"the room under a cap moved with {cause.assessment.window_label}"
            _restate(final, result, Cause.ROLLING_CAP, cause, on, reason, actor)


def differences(
    before: Assessment, after: Assessment, before_amount: Decimal, payable: Decimal
) -> dict[str, Any]:
    """What a restatement moved: figure by figure and fact by fact. Seconds and amounts as exact text."""
    figures = (
        "outcome",
        "level_percent",
        "down_seconds",
        "excluded_seconds",
        "unknown_seconds",
        "tier_label",
    )
    told = {name: [_text(getattr(before, name)), _text(getattr(after, name))] for name in figures}
    told["fee_amount"] = [_text(one.result.get("fee_amount")) for one in (before, after)]
    told["credit_amount"] = [_text(before.credit_amount), _text(after.credit_amount)]
    told["payable_amount"] = [str(before_amount), str(payable)]
    return {
        "revisions": [before.revision, after.revision],
        "known_at": [before.known_at.isoformat(), after.known_at.isoformat()],
        "figures": {name: pair for name, pair in told.items() if pair[0] != pair[1]},
        "facts": _facts(before, after),
    }


def _facts(before: Assessment, after: Assessment) -> list[dict[str, Any]]:
    terms = terms_of(after.commitment.version)
    inputs = [AssessmentInputs.model_validate(one.inputs) for one in (before, after)]
    return [_fact(one) for one in difference(terms, after.commitment.key, *inputs)]


def _fact(fact: LateFact) -> dict[str, Any]:
    row = asdict(fact) | {"before": None, "result": None}
    amounts = fact.before.credit_amount, fact.result.credit_amount
    moved = None if None in amounts else str((amounts[1] or ZERO) - (amounts[0] or ZERO))
    plain = {name: _text(value) for name, value in row.items() if name not in ("before", "result")}
    return plain | {"credit_amount": moved}


def _text(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case Fraction() if value.denominator == 1:
            return str(value.numerator)
        case datetime():
            return value.isoformat()
    return str(value)


__all__ = ["propose_difference", "restate_window"]
