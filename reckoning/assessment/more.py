"""What the wider blocks say, as plain JSON values: figures, entitlement, rows, the claim."""

from fractions import Fraction
from typing import Any

from reckoning.assessment.claims import ClaimResult
from reckoning.assessment.earning import Earned, unit_of
from reckoning.assessment.figures import Counted, Row
from reckoning.assessment.settling import Settlement, Share
from reckoning.canonical import fraction_text, instant_text
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.schedules import TierSchedule
from reckoning.timeline.spans import from_us


def more_of(
    commitment: CommitmentTerms, counted: Counted, settled: Settlement, claim: ClaimResult | None
) -> dict[str, Any]:
    """All further parts of a result. Fractions are p/q; a part that does not apply is null or empty."""
    found: dict[str, Any] = {
        "figures": {name: figure.to_json_obj() for name, figure in sorted(counted.figures.items())},
        "rows": [_row(row) for row in counted.rows],
        "matching_tiers": _matching(commitment, settled),
        "entitlement": _entitlement(commitment, settled),
        "base_amount": _exact(settled.base.amount) if settled.base else None,
        "day_value": _exact(settled.base.per_day) if settled.base else None,
        "each": [_share(share) for share in settled.shares] if commitment.schedule.each != "window" else [],
        "credit_exact": _credit_exact(settled),
        "capped_by": [f"caps.{index}" for index in settled.capped_by],
        "cap_amounts": [
            {"cap": f"caps.{index}", "allowed": fraction_text(amount)} for index, amount in settled.caps
        ],
        "withheld": _withheld(settled),
        "carried_amount": fraction_text(settled.carried),
        "points": _exact(settled.points),
        "band": settled.band,
    }
    if counted.detail:
        found["detail"] = counted.detail
    if claim is not None:
        found["claim"] = claim.to_json_obj()
    return found


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else fraction_text(value)


def _instant(value: int | None) -> str | None:
    return None if value is None else instant_text(from_us(value))


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "start": _instant(row.start),
        "end": _instant(row.end),
        "counts": row.counts,
        "late": row.late,
        "cause": row.cause,
        "figures": {name: figure.to_json_obj() for name, figure in sorted(row.figures.items())},
    }


def _matching(commitment: CommitmentTerms, settled: Settlement) -> list[dict[str, str]]:
    if not isinstance(commitment.schedule, TierSchedule) or len(settled.shares) != 1:
        return []
    tiers = commitment.schedule.tiers
    return [
        {"label": tiers[index].label, "worth": fraction_text(tiers[index].worth)}
        for index in settled.shares[0].earned.matching
    ]


def _entitlement(commitment: CommitmentTerms, settled: Settlement) -> dict[str, Any] | None:
    """What is earned before any fee: zero where nothing is, null where it cannot be told."""
    earned = settled.earned
    if earned is None and len(settled.shares) == 1:
        earned = settled.shares[0].earned
    if earned is None:
        if settled.credit is None:
            return None
        return {"unit": unit_of(commitment.schedule), "value": "0/1"}
    if settled.question is not None and earned.question is not None:
        return {**_earned(earned), "value": None} if earned.factors else None
    return _earned(earned)


def _earned(earned: Earned) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": earned.unit, "value": fraction_text(earned.value)}
    for name in ("units", "allowance", "excess"):
        value = getattr(earned, name)
        if value is not None:
            found[name] = fraction_text(value)
    if earned.factors:
        found["factors"] = {name: fraction_text(value) for name, value in earned.factors}
    return found


def _share(share: Share) -> dict[str, Any]:
    return {
        "name": share.name,
        "start": _instant(share.start),
        "end": _instant(share.end),
        "cause": share.cause,
        "chosen": share.chosen,
        "entitlement": _earned(share.earned),
        "amount": _exact(share.amount),
        "question": share.earned.question.code if share.earned.question else None,
    }


def _credit_exact(settled: Settlement) -> str | None:
    """The amount after caps and minimum, before the one rounding."""
    if settled.credit is None:
        return None
    return fraction_text(settled.capped if settled.capped is not None else Fraction(0))


def _withheld(settled: Settlement) -> dict[str, Any] | None:
    if settled.too_small is not None:
        return {"amount": fraction_text(settled.too_small), "because": "minimum", "tier": settled.tier}
    if settled.withheld is not None:
        return {"amount": None, "because": "promise_met", "tier": settled.withheld}
    return None
