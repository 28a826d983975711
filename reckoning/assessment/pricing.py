"""From an entitlement to an amount: the fee base, the worth of a day, caps, the minimum (rules 12 and 13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from reckoning.assessment.earning import Earned
from reckoning.assessment.inputs import AssessmentInputs, EarlierWindow
from reckoning.assessment.result import OpenQuestion
from reckoning.terms.blocks import Cap, FeeBase
from reckoning.terms.model import CommitmentTerms

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Base:
    """The fee base, exact, with the seconds and the days that it is the price of."""

    amount: Fraction
    seconds: Fraction
    days: Fraction

    @property
    def per_second(self) -> Fraction:
        """What a second is worth."""
        return self.amount / self.seconds

    @property
    def per_day(self) -> Fraction:
        """What a day is worth."""
        return self.amount / self.days


@dataclass(frozen=True, slots=True)
class Capped:
    """An amount after the caps: `by` are the caps (by index, with what each allowed) that lowered it."""

    amount: Fraction
    limits: tuple[tuple[int, Fraction], ...] = ()
    by: tuple[int, ...] = ()
    carried: Fraction = Fraction(0)
    question: OpenQuestion | None = None


def fee_base(
    block: FeeBase, inputs: AssessmentInputs, currency: str, window_seconds: Fraction, window_days: int
) -> Base | OpenQuestion:
    """The base of a percentage, or why there is none. A missing fee is a question, never zero (rule 21)."""
    if block.parts:
        missing = [name for name in block.parts if name not in inputs.fees]
        if missing:
            return OpenQuestion("MISSING_FEE", f"The fee {missing[0]!r} is missing, which is in the base.")
        amount = sum((Fraction(inputs.fees[name]) for name in block.parts), Fraction(0))
    elif inputs.fee is None:
        return OpenQuestion("MISSING_FEE", "The fee is missing of which a credit is owed.")
    elif inputs.fee.currency != currency:
        sentence = (
            f"The fee is in {inputs.fee.currency} and the contract in {currency}; "
            "no rate is part of the terms."
        )
        return OpenQuestion("FEE_CURRENCY", sentence)
    else:
        amount = Fraction(inputs.fee.amount)
    for step in block.ratios:
        for name in (step.times_quantity, step.divided_by_quantity):
            if name is not None and name not in inputs.quantities:
                return OpenQuestion("QUANTITY_MISSING", f"The quantity {name} is needed for the fee base.")
        amount *= Fraction(step.times) / Fraction(step.divided_by)
        amount *= inputs.quantities[step.times_quantity] if step.times_quantity else 1
        if step.divided_by_quantity:
            if not inputs.quantities[step.divided_by_quantity]:
                return OpenQuestion("QUANTITY_MISSING", f"The quantity {step.divided_by_quantity} is zero.")
            amount /= inputs.quantities[step.divided_by_quantity]
    seconds = Fraction(block.covers_seconds or window_seconds)
    if block.covers_days:
        days = Fraction(block.covers_days)
    elif block.covers_seconds:
        days = seconds / _DAY
    else:
        days = Fraction(window_days)
    return Base(amount, seconds, days)


def price(earned: Earned, base: Base | None) -> Fraction:
    """The amount of an entitlement before caps. `base` may be missing only for fixed amounts and for nothing."""
    if earned.unit == "amount" or not earned.value:
        return earned.value
    assert base is not None
    if earned.unit == "percent":
        return base.amount * earned.value / 100
    if earned.unit == "days":
        return base.per_day * earned.value
    if earned.unit == "hours":
        return base.per_second * 3600 * earned.value
    if earned.unit == "price_multiple":
        # For units, value is units times multiple, and a unit has its length; for a row, value is the multiple.
        if earned.units is not None:
            size = (earned.seconds or Fraction(0)) / earned.units
            return base.per_second * size * earned.value
        return base.per_second * (earned.seconds or Fraction(0)) * earned.value
    return Fraction(0)


def limit_of(cap: Cap, base: Base | None, inputs: AssessmentInputs, day: date) -> Fraction | OpenQuestion:
    """What a cap allows in this window, by itself and after what earlier windows have used of it.

    `day` is the first local day of the window, which says to which year it belongs.
    """
    shared = _sharing(cap, inputs, day)
    if isinstance(shared, OpenQuestion):
        return shared
    if cap.kind == "amount":
        allowed = Fraction(cap.value)
    else:
        if cap.of is not None:
            if cap.of not in inputs.fees:
                return OpenQuestion("MISSING_FEE", f"The fee {cap.of!r} is missing, which a cap is of.")
            whole = Fraction(inputs.fees[cap.of])
        elif base is None:
            return OpenQuestion("MISSING_FEE", "The fee is missing which a cap is of.")
        else:
            whole = base.amount
        if cap.kind == "percent_of_fee":
            if cap.per in ("rolling", "year") and cap.of is None:
                rolled = _sum([row.fee_amount for row in shared])
                if rolled is None:
                    return OpenQuestion(
                        "EARLIER_FEE_MISSING", "The fee of an earlier window is missing, which a cap is of."
                    )
                whole += rolled
            allowed = whole * Fraction(cap.value) / 100
        elif base is None:
            return OpenQuestion("MISSING_FEE", "The fee is missing which a cap is of.")
        elif cap.kind == "days_of_fee":
            allowed = base.per_day * Fraction(cap.value)
        else:
            allowed = base.per_second * 3600 * Fraction(cap.value)
    used = _sum([row.credit_amount for row in shared])
    if used is None:
        return OpenQuestion("EARLIER_CREDIT_MISSING", "The credit of an earlier window is not known.")
    return max(Fraction(0), allowed - used)


def _sharing(cap: Cap, inputs: AssessmentInputs, day: date) -> list[EarlierWindow] | OpenQuestion:
    """The earlier windows that share a cap with the one that begins on the local `day`."""
    if cap.per == "term":
        return list(inputs.earlier)
    if cap.per == "rolling":
        room = (cap.windows or 2) - 1
        rows: list[EarlierWindow] = []
        for row in reversed(inputs.earlier):
            if room < row.windows:
                break
            room -= row.windows
            rows.append(row)
        return rows
    if cap.per != "year":
        return []
    if any(row.starts_on is None for row in inputs.earlier):
        return OpenQuestion(
            "EARLIER_DAY_MISSING", "An earlier window does not say when it began, which a cap per year needs."
        )
    first = cap.first_month or 1
    return [
        row for row in inputs.earlier if row.starts_on and _year(row.starts_on, first) == _year(day, first)
    ]


def _year(day: date, first_month: int) -> int:
    return day.year if day.month >= first_month else day.year - 1


def _sum(amounts: Sequence[Fraction | None]) -> Fraction | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Fraction(0)) if len(known) == len(amounts) else None


def capped(
    caps: Sequence[tuple[int, Cap]],
    amount: Fraction,
    base: Base | None,
    inputs: AssessmentInputs,
    day: date,
) -> Capped:
    """Apply caps in the order of the document; the invoice that receives the credit comes last."""
    limits: list[tuple[int, Fraction]] = []
    by: list[int] = []
    carried = Fraction(0)
    receiving = [(index, cap) for index, cap in caps if cap.per == "receiving_invoice"]
    for index, cap in [pair for pair in caps if pair not in receiving] + receiving:
        allowed = limit_of(cap, base, inputs, day)
        if isinstance(allowed, OpenQuestion):
            return Capped(amount, tuple(limits), tuple(by), carried, allowed)
        if cap.per == "receiving_invoice":
            amount += Fraction(inputs.carried_amount or 0)
        limits.append((index, allowed))
        if amount > allowed:
            by.append(index)
            carried += amount - allowed if cap.carry_over else 0
            amount = allowed
    return Capped(amount, tuple(limits), tuple(by), carried)


def minimum_missed(commitment: CommitmentTerms, amount: Fraction, rounded: Fraction) -> bool:
    """Whether a credit above zero is too small to be paid."""
    minimum = commitment.minimum
    if minimum is None or amount <= 0:
        return False
    compared = amount if minimum.compared == "unrounded" else rounded
    bound = Fraction(minimum.amount)
    return compared <= bound if minimum.strict else compared < bound
