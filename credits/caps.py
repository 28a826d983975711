"""Caps over several windows: what earlier windows were granted is a fact of each later one (rule 13).

Earlier means earlier in time, whatever was reckoned first: restating a month therefore moves the months after it, and
never those before. The reckoning takes these facts among its inputs, so that a result says itself what its caps took.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from contracts.models import Commitment
from contracts.reading import commitment_terms, zone_of
from credits.models import Assessment, ClaimStep, CreditMemo, Finalisation, MemoStep
from credits.reading import ZERO, counted
from reckoning.assessment.inputs import EarlierWindow
from reckoning.fields import zone_info
from reckoning.terms import CommitmentTerms

OVER_WINDOWS = ("rolling", "year", "term")


def reaches_over_windows(commitment: Commitment) -> bool:
    """Whether a clause has a cap over several windows, or pays more for a miss that repeats one."""
    return terms_reach_over_windows(commitment_terms(commitment))


def terms_reach_over_windows(terms: CommitmentTerms) -> bool:
    """The same of a clause, whether it was signed or not."""
    return terms.schedule.repetition is not None or any(cap.per in OVER_WINDOWS for cap in terms.caps)


def carries_over(commitment: Commitment) -> bool:
    """Whether what a receiving invoice has no room for moves on to the next one."""
    return terms_carry_over(commitment_terms(commitment))


def terms_carry_over(terms: CommitmentTerms) -> bool:
    """The same of a clause, whether it was signed or not."""
    return any(cap.per == "receiving_invoice" and cap.carry_over for cap in terms.caps)


def same_promise(commitment: Commitment) -> QuerySet[Finalisation]:
    """The final results of the same clause and service of a contract, whichever version they were under."""
    return Finalisation.objects.filter(
        commitment__key=commitment.key,
        commitment__service=commitment.service_id,
        commitment__version__contract=commitment.version.contract_id,
    ).select_related("assessment__commitment__version__contract", "assessment__commitment__service")


def granted_facts(commitments: Sequence[Commitment], before: datetime) -> dict[int, dict[str, Any]]:
    """What the inputs of a window must say of the earlier ones, by the commitment's key; only where a cap asks.

    ``earlier`` has a row per final window with its fee and what it pays today. A window that is not final is left
    out: what it may come to is not granted yet.
    """
    found: dict[int, dict[str, Any]] = {}
    for commitment in commitments:
        facts: dict[str, Any] = {}
        long, carried = reaches_over_windows(commitment), carries_over(commitment)
        if not (long or carried):
            continue
        rows = list(same_promise(commitment).filter(window_start__lt=before).order_by("window_start"))
        if long:
            zone = zone_info(zone_of(commitment))
            facts["earlier"] = tuple(_earlier(row, zone) for row in rows)
        if carried and rows and (left := _carried(rows[-1])):
            facts["carried_amount"] = left
        if facts:
            found[commitment.pk] = facts
    return found


def _earlier(row: Finalisation, zone: ZoneInfo) -> EarlierWindow:
    result, _, _ = counted(row)
    fee = result.result.get("fee_amount")
    return EarlierWindow(
        outcome="met" if result.outcome == Assessment.Outcome.MET else "breach",
        credit_amount=granted(row),
        starts_on=row.window_start.astimezone(zone).date(),
        fee_amount=None if fee is None else Decimal(fee),
    )


def _carried(row: Finalisation) -> Decimal | None:
    result, _, _ = counted(row)
    return carried_from(result.result)


def carried_from(document: Mapping[str, Any]) -> Decimal | None:
    """What the window before had no room for on its invoice, in whole minor units as its result tells it."""
    exact = Fraction(str(document.get("carried_amount") or 0))
    return Decimal(exact.numerator) / Decimal(exact.denominator) if exact else None


def granted(row: Finalisation) -> Decimal:
    """What a window uses of a cap: what it pays today, unless its claim was forfeited or its credit reversed."""
    lost = ClaimStep.objects.filter(
        claim__breach__assessment=row.assessment_id, kind=ClaimStep.Kind.FORFEITED
    )
    taken_back = MemoStep.objects.filter(
        Q(memo__assessment=row.assessment_id), state=CreditMemo.State.REVERSED
    )
    return ZERO if lost.exists() or taken_back.exists() else counted(row)[1]
