"""The steps of the trace for the wider blocks: promise, entitlement, base, caps, minimum, rounding."""

from collections.abc import Iterator
from fractions import Fraction

from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.result import Step, percent_text
from reckoning.assessment.settling import Settlement
from reckoning.canonical import decimal_text, fraction_text
from reckoning.money import round_fraction
from reckoning.terms.indicators import UptimeFromIntervals
from reckoning.terms.model import CommitmentTerms


def further_rules(indicator: UptimeFromIntervals) -> str:
    """The rules of the wider fields of an uptime indicator, for the trace; empty where none is used."""
    said = [
        f"{name} {value}"
        for name in sorted(indicator.later)
        if (value := getattr(indicator, name)) != type(indicator).model_fields[name].default
    ]
    return f"; {', '.join(said)}" if said else ""


def earning_steps(
    commitment: CommitmentTerms, inputs: AssessmentInputs, settled: Settlement, currency: str
) -> Iterator[Step]:
    """From the promise to the rounded amount, step by step."""
    yield from _promise(commitment, settled)
    for share in settled.shares:
        output = {"unit": share.earned.unit, "value": exact_number(share.earned.value)}
        if share.earned.question is not None:
            output = {"question": share.earned.question.code}
        if share.earned.tier is not None and settled.tier is not None:
            output["tier"] = settled.tier
        for name in ("units", "allowance", "excess"):
            value = getattr(share.earned, name)
            if value is not None:
                output[name] = exact_number(value)
        output.update({f"factor {name}": exact_number(value) for name, value in share.earned.factors})
        if not share.chosen:
            output["left_out"] = commitment.schedule.one_per
        rule = f"{commitment.schedule.kind} on {commitment.schedule.on}, each {commitment.schedule.each}"
        yield Step("entitlement", "schedule", rule, {"row": share.name}, output)
    if settled.withheld is not None:
        rule = f"a promise that is met earns nothing, although it lies in {settled.withheld}"
        yield Step("entitlement", "schedule.requires_missed_target", rule, {}, {"value": "0"})
    if settled.base is not None and settled.shares:
        fees = dict(sorted((name, decimal_text(value)) for name, value in inputs.fees.items()))
        if inputs.fee is not None:
            fees["fee"] = decimal_text(inputs.fee.amount)
        output = {
            "base_amount": exact_number(settled.base.amount),
            "day_value": exact_number(settled.base.per_day),
        }
        yield Step("fee", "fee_base", "the base of percentages and days", fees, output)
    if settled.uncapped is None:
        return
    yield Step(
        "credit",
        "schedule",
        f"what the rows earn together: {commitment.schedule.together}",
        {share.name: fraction_text(share.amount) for share in settled.shares if share.amount is not None},
        {"uncapped_amount": exact_number(settled.uncapped)},
    )
    for index, limit in settled.caps:
        cap = commitment.caps[index]
        rule = f"at most {decimal_text(cap.value)} {cap.kind} per {cap.per}"
        held = "lowered" if index in settled.capped_by else "not reached"
        yield Step("caps", f"caps.{index}", rule, {"cap_amount": exact_number(limit)}, {"cap": held})
    if settled.too_small is not None and commitment.minimum is not None:
        given = {
            "amount": exact_number(settled.too_small),
            "minimum": decimal_text(commitment.minimum.amount),
        }
        yield Step("minimum", "minimum", "a credit that small is not paid", given, {"amount": "0"})
    capped = settled.capped if settled.capped is not None else Fraction(0)
    yield Step(
        "rounding",
        "rounding",
        f"{commitment.rounding.mode}, once",
        {"amount": exact_number(capped), "currency": currency},
        {"credit_amount": "" if settled.credit is None else format(settled.credit, "f")},
    )


def _promise(commitment: CommitmentTerms, settled: Settlement) -> Iterator[Step]:
    output: dict[str, str] = {"outcome": settled.outcome}
    if settled.band is not None:
        output["band"] = settled.band
    if commitment.limit is not None:
        limit = commitment.limit
        rule = f"kept when {limit.on} is {limit.op} {decimal_text(limit.value)} ({limit.bounds_in})"
        yield Step("target", "limit", rule, {}, output)
        return
    given = {}
    if settled.compared_percent is not None:
        given["compared_percent"] = percent_text(settled.compared_percent / 100)
    if commitment.target_percent is None:
        yield Step("target", "schedule", "the schedule alone decides", given, output)
        return
    given["target_percent"] = decimal_text(commitment.target_percent)
    sign = ">=" if commitment.target_inclusive else ">"
    rule = f"met when level {sign} target"
    if commitment.level_rounding:
        rule += f"; the level is first rounded to {commitment.level_rounding.places} places"
        rule += f" ({commitment.level_rounding.mode})"
    yield Step("target", "target_percent", rule, given, output)


def exact(us: Fraction | int) -> str:
    """Microseconds as exact seconds: a decimal where there is one, else p/q."""
    if isinstance(us, int):
        whole, rest = divmod(us, 1_000_000)
        if not rest:
            return str(whole)
    elif us.denominator == 1 and us.numerator % 1_000_000 == 0:
        return str(us.numerator // 1_000_000)
    return exact_number(Fraction(us) / 1_000_000)


def exact_number(value: Fraction) -> str:
    """An exact number as a plain decimal where it has one of at most 12 places, else as p/q."""
    if value.denominator == 1:
        return str(value.numerator)
    if 10**12 % value.denominator == 0:
        return decimal_text(round_fraction(value, 12, "down"))
    return f"{value.numerator}/{value.denominator}"
