"""From a final result to money in the replayed history: claims, approvals, issue, the vendor's answers.

Every act looks first whether it was done already; each is a transaction of its own.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from credits import checklist
from credits.models import Claim, ClaimStep, CreditMemo
from credits.reading import claims_with_state, is_closed, memos_with_state
from credits.services import claims, memos, periods
from demo import decisions
from demo.acts import acting_as
from demo.schedule import MonthPlan
from demo.world import CUSTOMER_CONTRACT, VENDOR_CONTRACT, contract
from vendors import services as vendors

Kind = ClaimStep.Kind


def customer_claims(plan: MonthPlan) -> None:
    """The customer claims the month's credit in time, or not at all, or we waive the claim."""
    for claim in _claims(CUSTOMER_CONTRACT, plan.label, Kind.FOUND):
        if plan.label in decisions.WAIVED:
            with acting_as("finn"):
                claims.waive_claim(claim, taken_on=plan.day(15), reason=decisions.WAIVED[plan.label])
        elif plan.label not in decisions.NEVER_CLAIMED:
            with acting_as("cleo", "the customer's letter"):
                reference = f"letter of {plan.day(14)} (invented)"
                claims.record_customer_claim(claim, taken_on=plan.day(15), reference=reference)


def approve(reference: str, label: str, day: date) -> None:
    """A second person approves what the job proposed."""
    for memo in _memos(reference, label, CreditMemo.State.PROPOSED):
        with acting_as("ada", "level, tier and fee checked against the trace"):
            memos.approve_memo(memo, taken_on=day)


def issue(reference: str, label: str, day: date) -> None:
    """Finance issues what was approved: numbered and posted."""
    for memo in _memos(reference, label, CreditMemo.State.APPROVED):
        with acting_as("finn", "approved"):
            memos.issue_memo(memo, taken_on=day)


def send_claims(label: str, day: date) -> None:
    """Our claims go to the vendor in time, but for the one that is overlooked."""
    for claim in _claims(VENDOR_CONTRACT, label, Kind.FOUND):
        if _key(claim) not in decisions.MISSED:
            with acting_as("vera", "in writing, as the terms want it"):
                vendors.send_letter(vendors.draft_letter(claim, written_on=day), sent_on=day)


def take_answers(label: str, day: date) -> None:
    """The vendor acknowledges, in part or whole, or refuses, or says nothing."""
    for claim in _claims(VENDOR_CONTRACT, label, Kind.SENT):
        key = _key(claim)
        if key in decisions.UNANSWERED:
            continue
        verdict, amount, words = _answer_to(key)
        with acting_as("vera", "the vendor's answer"):
            vendors.record_answer(
                claim,
                verdict=verdict,
                received_on=day,
                amount=amount,
                words=words,
                reference=f"answer of {day} (invented)",
            )


def _answer_to(key: tuple[str, str]) -> tuple[str, Decimal | None, str]:
    """Verdict, amount and words of the vendor, as the demo's decisions say."""
    if key in decisions.REFUSED:
        return "refused", None, decisions.REFUSED[key]
    if key in decisions.ACKNOWLEDGED_IN_PART:
        return "acknowledged_part", decisions.ACKNOWLEDGED_IN_PART[key], decisions.PARTLY
    return "acknowledged_whole", None, ""


def take_payments(label: str, day: date) -> None:
    """What was acknowledged arrives on the vendor's invoice."""
    for claim in _claims(VENDOR_CONTRACT, label, Kind.ACKNOWLEDGED):
        if _key(claim) not in decisions.NOT_PAID_YET:
            with acting_as("finn", "on the vendor's invoice"):
                claims.receive_payment(claim, taken_on=day, reference=f"invoice of {day} (invented)")


def close_books(month: date) -> None:
    """Finance looks through the checklist and closes the month's books: nothing is posted into it from then on.

    What is found and does not block is accepted with a reason: credits of the month are issued in the next one, and
    the demo's balances in dollars are not valued anew.
    """
    legal_entity = contract(CUSTOMER_CONTRACT).legal_entity
    if is_closed(legal_entity, month):
        return
    with acting_as("fay", "the month's credits are issued and its claims answered"):
        for line in checklist.standing_against(checklist.checklist(legal_entity, month)):
            if not line.item.blocks:
                reason = decisions.ACCEPTED_AT_CLOSE.get(
                    line.item.key, "known, and settled in the next month"
                )
                periods.accept_finding(legal_entity, starts_on=month, key=line.item.key, reason=reason)
        periods.close_period(legal_entity, starts_on=month)


def _claims(reference: str, label: str, state: str) -> Iterable[Claim]:
    rows: QuerySet[Claim] = claims_with_state().filter(
        state=state,
        breach__assessment__window_label=label,
        breach__assessment__commitment__version__contract__reference=reference,
    )
    return rows.select_related(
        "breach__assessment__commitment__service", "breach__assessment__commitment__version__contract"
    ).order_by("breach__assessment__commitment__service__code")


def _memos(reference: str, label: str, state: str) -> Iterable[CreditMemo]:
    rows: QuerySet[CreditMemo] = memos_with_state().filter(
        state=state, assessment__window_label=label, contract__reference=reference
    )
    return rows.order_by("assessment__commitment__service__code")


def _key(claim: Claim) -> tuple[str, str]:
    """Component and quarter."""
    result = claim.breach.assessment
    return result.commitment.service.code, result.window_label
