"""What a miss earns, in plain English: schedules, fee bases, caps, minimum, rounding, combinations."""

from collections.abc import Iterator

from reckoning.canonical import decimal_text
from reckoning.money import minor_digits
from reckoning.terms.blocks import Cap, Combination, FeeBase, Limit
from reckoning.terms.formula_words import sentences as formula_sentences
from reckoning.terms.model import CommitmentTerms, Terms
from reckoning.terms.schedules import (
    Bound,
    Factor,
    Flat,
    FormulaSchedule,
    PerUnit,
    Schedule,
    Tier,
    TierSchedule,
    Worth,
)
from reckoning.terms.wording_parts import (
    COMPARED,
    MODES,
    MONTHS,
    all_of,
    figure,
    measured_in,
    percent,
    plural,
    plural_of,
)

Line = tuple[str, str, str]
_EACH = {"outage": "each outage that counts", "event": "each event that fails", "day": "each local day"}


def word_schedule(terms: Terms, commitment: CommitmentTerms) -> Iterator[Line]:
    """The clauses of the schedule as (path, heading, text)."""
    schedule = commitment.schedule
    base = base_name(commitment.fee_base)
    if isinstance(schedule, TierSchedule):
        for at, tier in enumerate(schedule.tiers):
            yield f"schedule.tiers.{at}", "Credit", _tier(terms, schedule, tier, base)
    elif isinstance(schedule, PerUnit):
        yield "schedule.unit", "Credit", " ".join(_per_unit(terms, schedule, base))
    elif isinstance(schedule, Flat):
        yield (
            "schedule.worth",
            "Credit",
            f"A miss earns {worth(terms, schedule.worth, base)}, however bad it is.",
        )
    elif isinstance(schedule, FormulaSchedule):
        lead = f"What a miss earns is computed by a formula, in {_unit(terms, schedule.unit, base)}."
        yield "schedule.formula", "Credit", " ".join([lead, *formula_sentences(schedule.formula)])
    else:
        yield "schedule.kind", "Credit", "A miss earns no credit."
    for at, factor in enumerate(schedule.factors):
        yield f"schedule.factors.{at}", "Factor", _factor(factor)
    yield "schedule", "Which levels earn a credit", " ".join(_rules(schedule))


def base_name(base: FeeBase) -> str:
    """The fee base as it stands after "of"."""
    period = {
        "window": "that window",
        "previous_window": "the window before",
        "next_window": "the window after",
        "before_claim": "the time before the claim",
        "year": "the year",
        "term": "the term",
    }[base.period]
    if base.parts:
        return f"these fees of {period}: {all_of(base.parts)}"
    return f"the fee of that service for {period}"


def word_base(base: FeeBase) -> str | None:
    """How the base is pro-rated, and what its days are; None for the plain fee of the window."""
    found: list[str] = []
    if base.parts:
        found.append("All other fees are left out of the base.")
    for step in base.ratios:
        times = [decimal_text(step.times)] if step.times != 1 else []
        times += [f"the quantity {step.times_quantity!r}"] if step.times_quantity else []
        by = [decimal_text(step.divided_by)] if step.divided_by != 1 else []
        by += [f"the quantity {step.divided_by_quantity!r}"] if step.divided_by_quantity else []
        parts = [f"multiplied by {' and '.join(times)}"] if times else []
        parts += [f"divided by {' and '.join(by)}"] if by else []
        found.append(f"The base is {all_of(parts)}." if parts else "The base is taken whole.")
    if base.covers_seconds is not None:
        found.append(f"The base is the price of {plural(base.covers_seconds, 'second')}.")
    if base.covers_days is not None:
        found.append(f"A day is worth the base divided by {base.covers_days}.")
    return " ".join(found) or None


def worth(terms: Terms, one: Worth | Tier, base: str) -> str:
    """A worth in words."""
    value = getattr(one, one.worth_unit)
    if one.worth_unit == "percent":
        return f"{percent(value)} of {base}"
    if one.worth_unit == "amount":
        return f"{terms.currency} {decimal_text(value)}"
    if one.worth_unit == "points":
        return plural_of(value, "point")
    if one.worth_unit == "price_multiple":
        return f"{decimal_text(value)} times the price of the time in question, out of {base}"
    return f"{plural_of(value, one.worth_unit.removesuffix('s'))} of service, out of {base}"


def _unit(terms: Terms, unit: str, base: str) -> str:
    names = {
        "percent": f"percent of {base}",
        "amount": terms.currency,
        "price_multiple": f"multiples of the price of the time in question, out of {base}",
    }
    return names.get(unit, f"{unit} of service, out of {base}" if unit in ("days", "hours") else unit)


def _tier(terms: Terms, schedule: TierSchedule, tier: Tier, base: str) -> str:
    subject = "A level" if schedule.on == "level" else f"Where {figure(schedule.on)} is"
    joint = " earns" if schedule.on == "level" else ", this is earned:"
    return f"{subject} {_range(schedule, tier)}{joint} {worth(terms, tier, base)}."


def _range(schedule: TierSchedule, tier: Tier) -> str:
    unit = measured_in(schedule.on, schedule.bounds_in)
    lead = "of " if schedule.on == "level" else ""
    parts = []
    if tier.lower is not None:
        word = {
            True: f"{lead}at least",
            False: "above",
            None: "from (the text does not say whether including)",
        }
        parts.append(f"{word[tier.lower_inclusive]} {decimal_text(tier.lower)}{unit}")
    if tier.upper is not None:
        word = {
            True: f"{lead}at most",
            False: "below",
            None: "up to (the text does not say whether including)",
        }
        parts.append(f"{word[tier.upper_inclusive]} {decimal_text(tier.upper)}{unit}")
    return all_of(parts) if parts else "whatever it is"


def _per_unit(terms: Terms, schedule: PerUnit, base: str) -> Iterator[str]:
    unit = measured_in(schedule.on, schedule.bounds_in).strip()
    size = f"{decimal_text(schedule.unit)} {unit}".strip()
    whole = {
        "complete": "a unit that is not complete earns nothing",
        "started": "a started unit earns like a whole one",
        "proportional": "a part of a unit earns its part",
    }[schedule.units]
    yield f"For each {size} of {figure(schedule.on)}, {worth(terms, schedule.worth, base)} is earned; {whole}."
    if schedule.first is not None:
        yield (
            f"From {decimal_text(schedule.first.from_value)} {unit} on, first "
            f"{worth(terms, schedule.first.worth, base)} is earned, and units are counted from there."
        )
    if schedule.beyond is not None:
        counts = (
            "only what is beyond it counts"
            if schedule.counts == "excess"
            else "once it is exceeded, everything counts"
        )
        yield f"Allowed is {_bound(schedule.beyond, unit)}; {counts}."
    elif schedule.counts == "all":
        yield "Were there an allowance, everything would count once it is exceeded."
    if schedule.up_to is not None:
        yield f"What lies above {_bound(schedule.up_to, unit)} earns nothing more."
    if schedule.most_units is not None:
        yield f"At most {plural(schedule.most_units, 'unit')} count."


def _bound(bound: Bound, unit: str) -> str:
    if bound.number is not None:
        return f"{decimal_text(bound.number)} {unit}".strip()
    assert bound.percent is not None
    return f"{percent(bound.percent)} of {figure(bound.of or '')}"


def _factor(factor: Factor) -> str:
    if factor.number is not None:
        value = decimal_text(factor.number)
    elif factor.quantity is not None:
        value = f"the quantity {factor.quantity!r}"
    else:
        value = figure(factor.figure or "")
    if factor.is_percent:
        value += " in percent"
    if factor.divided_by is not None:
        value += f", divided by {decimal_text(factor.divided_by)}"
    if factor.divided_by_quantity is not None:
        value += f", divided by the quantity {factor.divided_by_quantity!r}"
    text = f"What is earned is multiplied by the factor {factor.name}: {value}."
    if factor.rows:
        rows = [
            f"from {decimal_text(row.from_value)} on it is {decimal_text(row.factor)}" for row in factor.rows
        ]
        text += f" By this table: {all_of(rows)}."
    if factor.places is not None:
        text += f" The factor is rounded to {plural(factor.places, 'decimal')}, {MODES[factor.mode]}."
    elif factor.mode != "half_up":
        text += f" Were the factor rounded, it would be {MODES[factor.mode]}."
    return text


def _rules(schedule: Schedule) -> Iterator[str]:
    yield (
        "A level that keeps the promise earns nothing, even where a line above names it."
        if schedule.requires_missed_target
        else "The lines above decide alone, also for a level that keeps the promise."
    )
    if isinstance(schedule, TierSchedule):
        yield _table_rule(schedule)
        if schedule.lookup_rounding is not None:
            rounding = schedule.lookup_rounding
            places = plural(rounding.places, "decimal")
            yield f"For the look-up the figure is first rounded to {places}, {MODES[rounding.mode]}."
    if schedule.each != "window":
        yield f"The schedule is applied to {_EACH[schedule.each]} by itself."
    if schedule.one_per == "calendar_day":
        yield "At most one of them earns anything on a local day."
    elif schedule.one_per == "24_hours":
        yield "At most one of them earns anything in the 24 hours from the start of the last one that did."
    if schedule.together == "highest":
        yield "Of several, only the highest is paid."
    elif schedule.together == "highest_per_cause":
        yield "Of several with one cause, only the highest is paid; different causes add up."
    if schedule.index is not None:
        yield f"Amounts are multiplied by the index {schedule.index!r}."
    if schedule.repetition is not None:
        yield (
            "After a miss in the window right before, what is earned is multiplied by "
            f"{decimal_text(schedule.repetition.factor)}."
        )
    if schedule.points_percent is not None:
        yield f"A point is worth {percent(schedule.points_percent)} of the fee base."
    if not isinstance(schedule, (TierSchedule, PerUnit)) and (
        schedule.on != "level" or schedule.bounds_in != "as_measured"
    ):
        yield f"The figure in question is {figure(schedule.on)} ({schedule.bounds_in.replace('_', ' ')})."


def _table_rule(schedule: TierSchedule) -> str:
    several = {
        "ask": "in several, is decided by a person",
        "first": "in several, earns what the first of them says",
        "last": "in several, earns what the last of them says",
        "highest": "in several, earns the highest of them",
        "lowest": "in several, earns the lowest of them",
    }[schedule.several]
    if schedule.several == "ask" and schedule.none == "ask":
        return "A missed promise whose level stands in no line, or in several, is decided by a person."
    none = "in no line, is decided by a person" if schedule.none == "ask" else "in no line, earns nothing"
    return f"A missed promise that stands {none}; one that stands {several}."


def word_limit(limit: Limit) -> str:
    """The promise about a figure, after "is kept while"."""
    unit = measured_in(limit.on, limit.bounds_in)
    if limit.value == 1:
        unit = unit.removesuffix("s")
    return f"{figure(limit.on)} is {COMPARED[limit.op]} {decimal_text(limit.value)}{unit}"


def word_cap(terms: Terms, cap: Cap, base: str) -> str:
    """One cap."""
    fee = f"the fee {cap.of!r}" if cap.of is not None else base
    if cap.kind == "percent_of_fee":
        most = f"{percent(cap.value)} of {fee}"
    elif cap.kind == "days_of_fee":
        of = "the window" if cap.of is None else f"the fee {cap.of!r}"
        most = f"the fee of {plural_of(cap.value, 'day')} of {of}, all its days being worth the same"
    elif cap.kind == "hours_of_fee":
        most = f"the price of {plural_of(cap.value, 'hour')} out of {fee}"
    else:
        most = f"{terms.currency} {decimal_text(cap.value)}"
        if cap.of is not None:
            most += f" (of {fee})"
    if cap.per == "outage":
        return f"No outage, event or day by itself earns more than {most}."
    if cap.per == "rolling":
        return (
            f"Together with the credits of the {plural((cap.windows or 2) - 1, 'window')} before, no window earns "
            f"more than {most}, the fees of all these windows being added up."
        )
    if cap.per == "year":
        begins = MONTHS[(cap.first_month or 1) - 1]
        fees = "" if cap.of is not None else ", the fees of its windows so far being added up"
        return f"The credits of a year, which begins with {begins}, are together not more than {most}{fees}."
    if cap.per == "term":
        return f"All credits of the term together are not more than {most}."
    if cap.per == "receiving_invoice":
        rest = (
            "what is above that moves on to the next invoice"
            if cap.carry_over
            else "what is above that is lost"
        )
        return f"No invoice takes more credit than {most}; {rest}."
    return f"No window earns more than {most}."


def word_minimum(terms: Terms, commitment: CommitmentTerms) -> str:
    """The least credit that is paid."""
    minimum = commitment.minimum
    assert minimum is not None
    sign = "more than" if minimum.strict else "at least"
    when = "before" if minimum.compared == "unrounded" else "after"
    return (
        f"A credit is paid only where it is {sign} {terms.currency} {decimal_text(minimum.amount)}, "
        f"compared {when} rounding."
    )


def word_rounding(terms: Terms, commitment: CommitmentTerms) -> str:
    """The one rounding."""
    rounding = commitment.rounding
    places = minor_digits(terms.currency) if rounding.places is None else rounding.places
    own = "" if rounding.places is None else " (and not to the currency's minor unit)"
    return (
        f"Nothing is rounded on the way. The final amount is rounded once, to {plural(places, 'decimal')}{own}, "
        f"{MODES[rounding.mode]}."
    )


def word_combination(terms: Terms, combination: Combination) -> str:
    """How the credits of several commitments come together."""
    titles = all_of([f"{terms.commitment(key).title!r}" for key in combination.commitments])
    rule = {
        "sum": "are added up",
        "highest": "are not added up: only the highest is paid",
        "customer_choice": "are not added up: the customer chooses one; until then the highest is shown",
    }[combination.rule]
    text = f"The credits of {titles} {rule}."
    if combination.same_cause == "together":
        text += " This holds among misses of one cause; different causes are added up."
    base = base_name(terms.commitment(combination.commitments[0]).fee_base)
    return " ".join([text, *(f"Together: {word_cap(terms, cap, base)}" for cap in combination.caps)])
