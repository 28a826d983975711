"""One window of terms that are laid on the past: what it came to, how much room it left, what is missing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from contracts.models import Service
from credits.attained import attained, deciding_figure
from reckoning.assessment import AssessmentResult
from reckoning.fields import zone_info
from reckoning.money import minor_digits, round_fraction
from reckoning.terms import CommitmentTerms
from reckoning.terms.schedules import SECONDS_IN
from reckoning.timeline import Window, add_months


@dataclass(frozen=True)
class Replay:
    """What one window of one clause on one service would have come to. Seconds are exact.

    ``room_seconds`` is the downtime that was still allowed (below zero: so much too much), ``used_share`` the part
    of the allowance that was used; both are None where the promise allows no downtime that can be told.
    """

    key: str
    service: str
    service_name: str
    window: str
    month: str
    covers: tuple[str, ...]
    outcome: Literal["met", "breach"] | None
    level: Fraction | None
    figure: tuple[str, str]
    tier: str
    down_seconds: Fraction | None
    room_seconds: Fraction | None
    used_share: Fraction | None
    fee: Decimal | None
    credit: Decimal | None
    held_back: Decimal
    cap_amount: Fraction | None
    questions: tuple[tuple[str, str], ...]
    more: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, in sentences."""
        return tuple(sentence for _, sentence in self.questions)

    def document(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "commitment": self.key,
            "service": self.service,
            "window": self.window,
            "outcome": self.outcome,
            "level": self.level,
            "figure": list(self.figure),
            "tier": self.tier,
            "down_seconds": self.down_seconds,
            "fee": self.fee,
            "credit": self.credit,
            "missing": [list(one) for one in self.questions],
        }


def replay_of(
    clause: CommitmentTerms,
    service: Service,
    window: Window,
    result: AssessmentResult | None,
    questions: Sequence[tuple[str, str]],
    *,
    untold: bool = False,
) -> Replay:
    """A window as it is told. ``untold``: something was never reported, so that its figures are none."""
    known = result is not None and not untold and result.outcome != "open_question"
    said = result if known else None
    shown = ("", "open")
    if said is not None:
        shown = attained(clause, said.to_json_obj())
    return Replay(
        key=clause.key,
        service=service.code,
        service_name=service.name,
        window=window.label,
        month=f"{window.last_day:%Y-%m}",
        covers=covered(window),
        outcome=None if said is None or said.outcome == "open_question" else said.outcome,
        level=said.level if said else None,
        figure=shown,
        tier=(said.tier or "") if said else "",
        down_seconds=said.down_seconds if said else None,
        room_seconds=_room(clause, said) if said else None,
        used_share=_used(clause, said) if said else None,
        fee=said.fee_amount if said else None,
        credit=said.credit_amount if said else None,
        held_back=_held_back(said) if said else Decimal(0),
        cap_amount=_cap_amount(clause, said.fee_amount) if said else None,
        questions=tuple(questions),
        more=said.more if said else {},
    )


def covered(window: Window) -> tuple[str, ...]:
    """The months that a window speaks for, oldest first: those that it covers whole, and the one in which it ends."""
    first, last = window.start.astimezone(zone_info(window.zone)).date(), window.last_day
    whole = (last.year - first.year) * 12 + last.month - first.month + (first.day == 1)
    ends = last.replace(day=1)
    return tuple(f"{add_months(ends, -back):%Y-%m}" for back in reversed(range(max(whole, 1))))


def _allowed(clause: CommitmentTerms) -> Fraction | None:
    """The share of the base that may be down; None where nothing but perfection, or no level, is promised."""
    if clause.target_percent is None:
        return None
    allowed = 1 - Fraction(clause.target_percent) / 100
    return allowed if allowed > 0 else None


def _room(clause: CommitmentTerms, result: AssessmentResult) -> Fraction | None:
    if clause.target_percent is None or result.level is None or result.base_seconds <= 0:
        return None
    return (result.level - Fraction(clause.target_percent) / 100) * result.base_seconds


def _used(clause: CommitmentTerms, result: AssessmentResult) -> Fraction | None:
    """Of what the promise allows, how much was used: downtime of a level, or of a figure that has a highest value."""
    allowed = _allowed(clause)
    if allowed is not None:
        return None if result.level is None else (1 - result.level) / allowed
    limit = clause.limit
    if limit is None or limit.op not in ("at_most", "less_than"):
        return None
    figure = result.more.get("figures", {}).get(deciding_figure(clause))
    bound = Fraction(limit.value) * SECONDS_IN[limit.bounds_in]
    return Fraction(figure["exact"]) / bound if figure and bound > 0 else None


def _cap_amount(clause: CommitmentTerms, fee: Decimal | None) -> Fraction | None:
    """The most that one window can cost: the lowest of its caps on a share of the fee or on an amount, exact. None
    where there is no such cap, or no fee."""
    found = []
    for cap in clause.caps:
        if cap.per != "window":
            continue
        if cap.kind == "amount":
            found.append(Fraction(cap.value))
        elif cap.kind == "percent_of_fee" and cap.of is None and fee is not None:
            found.append(Fraction(cap.value) * Fraction(fee) / 100)
    return min(found, default=None)


def _held_back(result: AssessmentResult) -> Decimal:
    """What would have been paid without caps and minimum, less what would have been paid; rounded half up once."""
    if result.uncapped_amount is None or result.credit_amount is None:
        return Decimal(0)
    whole = round_fraction(result.uncapped_amount, minor_digits(result.currency), "half_up")
    return max(whole - result.credit_amount, Decimal(0))
