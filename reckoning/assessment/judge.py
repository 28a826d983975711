"""From measured time to a level, and from a level to an amount."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from reckoning.assessment.inputs import Fee
from reckoning.assessment.measure import Measured
from reckoning.assessment.result import OpenQuestion, Outcome, percent_text
from reckoning.money import minor_digits, round_amount, round_fraction, scaled
from reckoning.terms.blocks import Cap
from reckoning.terms.schedules import Tier
from reckoning.terms.model import CommitmentTerms


@dataclass(frozen=True, slots=True)
class Level:
    """The level as an exact ratio, with its base and its downtime in microseconds; None while it cannot be
    told.
    """

    value: Fraction | None
    base: int
    down: Fraction
    question: OpenQuestion | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """Whether the promise was kept, and what that costs. Amounts are exact until `credit`."""

    outcome: Outcome
    compared_percent: Fraction | None = None
    tier_index: int | None = None
    tier: str | None = None
    tier_percent: Decimal | None = None
    withheld: str | None = None
    uncapped: Fraction | None = None
    capped: Fraction | None = None
    caps: tuple[tuple[int, Fraction], ...] = ()
    credit: Decimal | None = None
    question: OpenQuestion | None = None


def level_of(measured: Measured, excluded_time: str, unknown_time: str) -> Level:
    """The level under one answer for excluded and one for unknown time.

    Excluded time is never downtime; the clause decides whether it stays in the base. Unknown time answered
    with "excluded" leaves the base in either case.
    """
    base, down = measured.measured, measured.net_down
    if excluded_time == "removed_from_base":
        base -= measured.excluded_time
    if measured.unknown:
        if unknown_time == "down":
            down += measured.unknown
        elif unknown_time == "excluded":
            base -= measured.unknown
        elif unknown_time == "carry_last":
            if measured.carried_down is None:
                return Level(None, base, down, _NO_LAST_STATE)
            down += measured.carried_down
        elif unknown_time == "escalate":
            return Level(None, base, down, _unknown_time(measured.unknown))
    if measured.unweighted_classes:
        names = ", ".join(measured.unweighted_classes)
        sentence = f"Seconds of class {names} were reported, and the terms give that class no weight."
        return Level(None, base, down, OpenQuestion("CLASS_WITHOUT_WEIGHT", sentence))
    if base <= 0:
        return Level(None, base, down, _NO_BASE)
    return Level((base - down) / base, base, down)


_NO_BASE = OpenQuestion("NO_BASE", "No time is left to measure a level over, so that there is none.")
_NO_LAST_STATE = OpenQuestion(
    "NO_LAST_STATE", "Unknown time carries the last state on, and before some of it no state is known."
)


def _unknown_time(unknown: int) -> OpenQuestion:
    whole, rest = divmod(unknown, 1_000_000)
    amount = f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)
    return OpenQuestion(
        "UNKNOWN_TIME", f"For {amount} s nobody knows the state, and the terms leave the answer to a person."
    )


def settle(
    commitment: CommitmentTerms, level: Fraction | None, fee: Fee | None, currency: str, window_days: int
) -> Settlement:
    """Compare with the target, find the tier, and compute the credit (rules 2, 8, 12 and 21)."""
    if level is None:
        return Settlement("open_question")
    compared = level * 100
    if commitment.level_rounding is not None:
        rounding = commitment.level_rounding
        compared = Fraction(round_fraction(compared, rounding.places, rounding.mode))
    # Fractions compare by cross multiplication: there is no rounding between the level and the target.
    target = Fraction(commitment.target_percent)
    met = compared >= target if commitment.target_inclusive else compared > target
    outcome: Outcome = "met" if met else "breach"
    nothing = scaled(0, minor_digits(currency))
    hits = [index for index, tier in enumerate(commitment.schedule.tiers) if tier.holds(compared) is True]
    if met and commitment.schedule.requires_missed_target:
        withheld = commitment.schedule.tiers[hits[0]].label if hits else None
        return Settlement(outcome, compared, withheld=withheld, credit=nothing)
    question = _tier_question(commitment.schedule.tiers, hits, compared)
    if question is not None:
        if met and question.code == "NO_TIER":
            return Settlement(outcome, compared, credit=nothing)
        return Settlement(outcome, compared, question=question)
    index = hits[0]
    tier = commitment.schedule.tiers[index]
    found = Settlement(outcome, compared, index, tier.label, tier.percent)
    return _price(commitment, found, fee, currency, window_days)


def _price(
    commitment: CommitmentTerms, found: Settlement, fee: Fee | None, currency: str, window_days: int
) -> Settlement:
    percent = Fraction(found.tier_percent or 0)
    if percent == 0:
        nothing = scaled(0, minor_digits(currency))
        return replace(found, uncapped=Fraction(0), capped=Fraction(0), credit=nothing)
    if fee is None:
        sentence = f"The fee is missing of which {found.tier_percent:f} % are owed."
        return replace(found, question=OpenQuestion("MISSING_FEE", sentence))
    if fee.currency != currency:
        sentence = (
            f"The fee is in {fee.currency} and the contract in {currency}; no rate is part of the terms."
        )
        return replace(found, question=OpenQuestion("FEE_CURRENCY", sentence))
    base = Fraction(fee.amount)
    uncapped = base * percent / 100
    caps = tuple((index, cap_amount(cap, base, window_days)) for index, cap in enumerate(commitment.caps))
    capped = min([uncapped, *(amount for _, amount in caps)])
    credit = round_amount(capped, currency, commitment.rounding.mode)
    return replace(found, uncapped=uncapped, capped=capped, caps=caps, credit=credit)


def cap_amount(cap: Cap, fee: Fraction, window_days: int) -> Fraction:
    """The cap as an exact amount. A day's fee is the window's fee by its number of local days."""
    if cap.kind == "percent_of_fee":
        return fee * Fraction(cap.value) / 100
    if cap.kind == "days_of_fee":
        return fee * Fraction(cap.value) / window_days
    return Fraction(cap.value)


def _tier_question(tiers: tuple[Tier, ...], hits: list[int], compared: Fraction) -> OpenQuestion | None:
    shown = percent_text(compared / 100)
    unsaid = [tier.label for tier in tiers if tier.holds(compared) is None]
    if unsaid:
        return OpenQuestion(
            "TIER_BOUND_UNSTATED",
            f"The level {shown} % is a bound of {unsaid[0]}, which does not say if it belongs.",
        )
    if not hits:
        return OpenQuestion("NO_TIER", f"The level {shown} % misses the target and lies in no tier.")
    if len(hits) > 1:
        labels = " and ".join(tiers[index].label for index in hits)
        return OpenQuestion("SEVERAL_TIERS", f"The level {shown} % lies in {labels} at once.")
    return None
