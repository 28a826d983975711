"""What the vendor answered, in its own words, and what the books make of it."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from credits.locks import hold
from credits.models import Claim
from credits.reading import memo_of
from credits.services import acknowledge_claim, refuse_claim
from vendors.errors import BY_CONSTRAINT, AnsweredAlready, AnswerIncomplete
from vendors.models import Answer

TAKERS = ("vendor_manager", "finance")
Verdict = Answer.Verdict


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def record_answer(
    claim: Claim,
    *,
    verdict: str,
    received_on: date,
    amount: Decimal | None = None,
    words: str = "",
    reference: str = "",
) -> Answer:
    """Record the vendor's answer to a claim that was sent, and post what follows from it.

    ``verdict`` is acknowledged_whole (no amount), acknowledged_part (``amount`` below the claimed one, and the
    vendor's ``words``) or refused (its words). The same answer again is free. Raises AnswerIncomplete,
    AnsweredAlready, and what the claim's step raises: WrongStep, WrongAmount, PeriodClosed, NotAllowed.
    """
    actor = require_person(*TAKERS)
    hold("claim", claim.pk)
    words, reference = words.replace("\r\n", "\n").strip(), reference.strip()
    _require_whole(claim, verdict, amount, words)
    done = Answer.objects.filter(claim=claim).first()
    if done is not None:
        given = done.verdict, done.received_on, done.words, done.reference
        same = given == (verdict, received_on, words, reference) and amount in (None, done.amount)
        if not same:
            raise AnsweredAlready(f"claim: the vendor's answer is on record already: {done}")
        return done
    if verdict == Verdict.REFUSED:
        step = refuse_claim(claim, taken_on=received_on, reason=words, reference=reference)
    else:
        step = acknowledge_claim(
            claim, taken_on=received_on, amount=amount, reference=reference, reason=words
        )
    answer = Answer.objects.create(
        claim=claim,
        step=step,
        verdict=verdict,
        received_on=received_on,
        amount=step.amount,
        words=words,
        reference=reference,
        recorded_by=actor,
    )
    record(
        "claim_answer.record",
        answer,
        after={"claim": claim.pk, "verdict": verdict, "received_on": received_on, "amount": step.amount},
        label=f"answer to {claim}",
    )
    return answer


def _require_whole(claim: Claim, verdict: str, amount: Decimal | None, words: str) -> None:
    if verdict not in Verdict.values:
        raise AnswerIncomplete(f"verdict: {verdict!r} is none of {', '.join(Verdict.values)}")
    if verdict != Verdict.WHOLE and not words:
        raise AnswerIncomplete("words: say with which words the vendor refuses, whole or in part")
    if (amount is not None) != (verdict == Verdict.PART):
        raise AnswerIncomplete(
            "amount: give it where the vendor acknowledges a part, and only there; else it is the whole or nothing"
        )
    memo = memo_of(claim)
    if amount is not None and memo is not None and amount == memo.amount:
        raise AnswerIncomplete(
            f"amount: {amount} {memo.currency} is the whole; record it as acknowledged in full"
        )
