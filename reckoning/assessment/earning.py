"""From figures to what a miss earns, before any fee: rows of a table, units, a flat worth, a formula."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from reckoning.assessment.figures import Figure
from reckoning.assessment.result import OpenQuestion, percent_text
from reckoning.canonical import fraction_text
from reckoning.money import round_fraction, round_units
from reckoning.terms.formula import FormulaError, evaluate
from reckoning.terms.schedules import (
    SECONDS_IN,
    Bound,
    Factor,
    Flat,
    FormulaSchedule,
    NoCredit,
    PerUnit,
    Schedule,
    TierSchedule,
    Worth,
    WorthUnit,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a schedule looks at: the figures of the window or of one row, and named quantities."""

    figures: Mapping[str, Figure]
    quantities: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Earned:
    """An entitlement in the unit of the schedule, exact. `seconds` is the time that a price multiple is of."""

    unit: WorthUnit
    value: Fraction = Fraction(0)
    tier: int | None = None
    matching: tuple[int, ...] = ()
    units: Fraction | None = None
    allowance: Fraction | None = None
    excess: Fraction | None = None
    seconds: Fraction | None = None
    factors: tuple[tuple[str, Fraction], ...] = ()
    question: OpenQuestion | None = None
    extra: dict[str, str] = field(default_factory=dict)


def unit_of(schedule: Schedule) -> WorthUnit:
    """The unit in which a schedule earns."""
    if isinstance(schedule, TierSchedule):
        return schedule.tiers[0].worth_unit
    if isinstance(schedule, (PerUnit, Flat)):
        return schedule.worth.worth_unit
    if isinstance(schedule, FormulaSchedule):
        return schedule.unit
    return "amount"


def earn(schedule: Schedule, facts: Facts) -> Earned:
    """What the schedule gives for these facts. What cannot be told is a question, never a zero (rule 21)."""
    unit = unit_of(schedule)
    if isinstance(schedule, NoCredit):
        return Earned(unit)
    if isinstance(schedule, TierSchedule):
        found = _tiers(schedule, facts, unit)
    elif isinstance(schedule, PerUnit):
        found = _per_unit(schedule, facts, unit)
    elif isinstance(schedule, Flat):
        found = Earned(unit, schedule.worth.worth, seconds=_lost(facts))
    else:
        found = _formula(schedule, facts, unit)
    if unit == "price_multiple" and found.value and found.seconds is None and found.question is None:
        return replace(found, question=figure_missing("down_seconds"))
    found = _with_factors(schedule, found, facts)
    if schedule.index is not None and unit == "amount" and found.value:
        index = facts.quantities.get(schedule.index)
        if index is None:
            return replace(found, question=_quantity_missing(schedule.index))
        found = replace(found, value=found.value * index)
    return found


def looked_up(schedule: Schedule, facts: Facts) -> Fraction | None:
    """The figure that the schedule is about: a level in percent, seconds in the unit of the bounds."""
    figure = facts.figures.get(schedule.on)
    if figure is None:
        return None
    if figure.unit == "ratio":
        return figure.value * 100
    return figure.value / SECONDS_IN[schedule.bounds_in] if figure.unit == "seconds" else figure.value


def figure_missing(name: str) -> OpenQuestion:
    """The question of a figure that something names and nothing gives."""
    return OpenQuestion("FIGURE_MISSING", f"The figure {name} is needed, and the facts do not give it.")


def _quantity_missing(name: str) -> OpenQuestion:
    return OpenQuestion("QUANTITY_MISSING", f"The quantity {name} is needed, and the facts do not hold it.")


def _tiers(schedule: TierSchedule, facts: Facts, unit: WorthUnit) -> Earned:
    value = looked_up(schedule, facts)
    if value is None:
        return Earned(unit, question=figure_missing(schedule.on))
    if schedule.lookup_rounding is not None:
        rounding = schedule.lookup_rounding
        value = Fraction(round_fraction(value, rounding.places, rounding.mode))
    held = [tier.holds(value) for tier in schedule.tiers]
    hits = [index for index, one in enumerate(held) if one is True]
    question = _tier_question(schedule, held, hits, value)
    if question is not None:
        return Earned(unit, matching=tuple(hits), question=question)
    if not hits:
        return Earned(unit)
    chosen = hits[0]
    if schedule.several == "last":
        chosen = hits[-1]
    elif schedule.several in ("highest", "lowest"):
        best = max if schedule.several == "highest" else min
        chosen = best(hits, key=lambda index: schedule.tiers[index].worth)
    tier = schedule.tiers[chosen]
    return Earned(unit, tier.worth, chosen, tuple(hits), seconds=_lost(facts))


def _lost(facts: Facts) -> Fraction | None:
    """The lost time that a multiple of its price is of."""
    for name in ("down_seconds", "seconds"):
        if name in facts.figures:
            return facts.figures[name].value
    return None


def _tier_question(
    schedule: TierSchedule, held: list[bool | None], hits: list[int], value: Fraction
) -> OpenQuestion | None:
    """Why the rows do not decide: a bound left unsaid, no row, or several (rule 8)."""
    if len(hits) == 1 and None not in held:
        return None
    level = schedule.on == "level"
    shown = f"{percent_text(value / 100)} %" if level else fraction_text(value).removesuffix("/1")
    what = "The level" if level else f"The figure {schedule.on},"
    unsaid = [schedule.tiers[index].label for index, one in enumerate(held) if one is None]
    if unsaid:
        return OpenQuestion(
            "TIER_BOUND_UNSTATED",
            f"{what} {shown} is a bound of {unsaid[0]}, which does not say if it belongs.",
        )
    if not hits and schedule.none == "ask":
        return OpenQuestion("NO_TIER", f"{what} {shown} misses the target and lies in no tier.")
    if len(hits) > 1 and schedule.several == "ask":
        labels = " and ".join(schedule.tiers[index].label for index in hits)
        return OpenQuestion("SEVERAL_TIERS", f"{what} {shown} lies in {labels} at once.")
    return None


def _bound(bound: Bound | None, schedule: PerUnit, facts: Facts) -> Fraction | OpenQuestion:
    if bound is None:
        return Fraction(0)
    if bound.number is not None:
        return Fraction(bound.number)
    figure = facts.figures.get(bound.of or "")
    if figure is None:
        return figure_missing(bound.of or "")
    per = SECONDS_IN[schedule.bounds_in] if figure.unit == "seconds" else 1
    return figure.value / per * Fraction(bound.percent or 0) / 100


def _per_unit(schedule: PerUnit, facts: Facts, unit: WorthUnit) -> Earned:
    value = looked_up(schedule, facts)
    if value is None:
        return Earned(unit, question=figure_missing(schedule.on))
    allowance = _bound(schedule.beyond, schedule, facts)
    ceiling = _bound(schedule.up_to, schedule, facts)
    for found in (allowance, ceiling):
        if isinstance(found, OpenQuestion):
            return Earned(unit, question=found)
    assert isinstance(allowance, Fraction)
    assert isinstance(ceiling, Fraction)
    if schedule.up_to is not None:
        value = min(value, ceiling)
    if schedule.first is not None:
        return _after_first(schedule, schedule.first.worth, value, unit)
    excess = max(Fraction(0), value - allowance)
    counted = excess if schedule.counts == "excess" else (value if excess > 0 else Fraction(0))
    units = _whole(schedule, counted)
    size = Fraction(schedule.unit) * SECONDS_IN[schedule.bounds_in]
    return Earned(
        unit,
        units * schedule.worth.worth,
        units=units,
        allowance=allowance if schedule.beyond is not None else None,
        excess=excess,
        seconds=units * size,
    )


def _after_first(schedule: PerUnit, first: Worth, value: Fraction, unit: WorthUnit) -> Earned:
    """The first bound pays its own worth, and units beyond it pay the ordinary one."""
    begins = Fraction(schedule.first.from_value) if schedule.first else Fraction(0)
    if value < begins:
        return Earned(unit, units=Fraction(0), excess=Fraction(0))
    units = _whole(schedule, value - begins)
    return Earned(unit, first.worth + units * schedule.worth.worth, units=units, excess=value - begins)


def _whole(schedule: PerUnit, counted: Fraction) -> Fraction:
    units = counted / Fraction(schedule.unit)
    if schedule.units != "proportional":
        units = Fraction(round_units(units, "down" if schedule.units == "complete" else "up"))
    return units if schedule.most_units is None else min(units, Fraction(schedule.most_units))


def _with_factors(schedule: Schedule, found: Earned, facts: Facts) -> Earned:
    if not schedule.factors:
        return found
    value, question = found.value, found.question
    factors: list[tuple[str, Fraction]] = []
    for factor in schedule.factors:
        one = _factor(factor, facts)
        if isinstance(one, OpenQuestion):
            question = question or one
            continue
        factors.append((factor.name, one))
        value *= one
    return replace(found, value=value, factors=tuple(factors), question=question)


def _factor(factor: Factor, facts: Facts) -> Fraction | OpenQuestion:
    if factor.number is not None:
        value = Fraction(factor.number)
    elif factor.quantity is not None:
        if factor.quantity not in facts.quantities:
            return _quantity_missing(factor.quantity)
        value = facts.quantities[factor.quantity]
    else:
        figure = facts.figures.get(factor.figure or "")
        if figure is None:
            return figure_missing(factor.figure or "")
        value = figure.value
    if factor.divided_by is not None:
        value /= Fraction(factor.divided_by)
    if factor.divided_by_quantity is not None:
        divisor = facts.quantities.get(factor.divided_by_quantity)
        if not divisor:
            return _quantity_missing(factor.divided_by_quantity)
        value /= divisor
    if factor.is_percent:
        value /= 100
    if factor.rows:
        reached = [row for row in factor.rows if Fraction(row.from_value) <= value]
        if not reached:
            return OpenQuestion("FACTOR_ROW_MISSING", f"No row of the factor {factor.name} holds {value}.")
        value = Fraction(reached[-1].factor)
    return value if factor.places is None else Fraction(round_fraction(value, factor.places, factor.mode))


def _formula(schedule: FormulaSchedule, facts: Facts, unit: WorthUnit) -> Earned:
    names = {**facts.quantities, **{name: figure.value for name, figure in facts.figures.items()}}
    try:
        value = evaluate(schedule.formula, names)
    except FormulaError as error:
        return Earned(unit, question=OpenQuestion(error.code, str(error)))
    return Earned(
        unit, max(Fraction(0), value), seconds=_lost(facts), extra={"formula": fraction_text(value)}
    )
