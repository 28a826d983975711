"""The trace of a result: one step per stage, the same for the page, the statement, the evidence and the
verifier.
"""

from datetime import date, timedelta
from fractions import Fraction

from reckoning.assessment.explain_earning import earning_steps, exact, exact_number, further_rules
from reckoning.assessment.figures import Counted
from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.levels import Level
from reckoning.assessment.measure import Measured
from reckoning.assessment.result import Step, percent_text
from reckoning.assessment.settling import Settlement
from reckoning.canonical import decimal_text, instant_text
from reckoning.terms.claims import ClaimByDeadline, ClaimInSteps
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.terms.model import CommitmentTerms

_EXCLUDED_RULES = {
    "removed_from_base": "excluded time leaves the downtime and the base",
    "counted_as_up": "excluded time leaves the downtime and stays in the base as up",
}
_UNKNOWN_RULES = {
    "up": "unknown time counts as up",
    "down": "unknown time counts as down",
    "excluded": "unknown time leaves the base",
    "carry_last": "unknown time carries the last known state on",
    "escalate": "unknown time is a question for a person",
}
_LIFE_RULES = {
    "shorten_window": "only time in which the service existed is measured",
    "deemed_up": "time in which the service did not exist counts as up",
}


def explain(
    commitment: CommitmentTerms,
    inputs: AssessmentInputs,
    measured: Measured | None,
    level: Level,
    counted: Counted,
    settled: Settlement,
    currency: str,
    deadline: date | None,
) -> tuple[Step, ...]:
    """All stages in the order in which they were reckoned.

    Values are exact text; paths lie in the commitment.
    """
    measuring = (
        [_window(commitment, inputs), _counted(commitment, counted)]
        if measured is None
        else [
            *_time(commitment, inputs, measured),
            *_exclusions(commitment, measured),
            *_level(commitment, measured, level),
        ]
    )
    earning = _money if commitment.is_first_edition else earning_steps
    return (
        *measuring,
        *earning(commitment, inputs, settled, currency),
        *_claim(commitment, deadline),
    )


def _window(commitment: CommitmentTerms, inputs: AssessmentInputs) -> Step:
    length = inputs.window_end - inputs.window_start
    return Step(
        "window",
        "window",
        f"{commitment.window.kind} between midnights of its zone",
        {"start": instant_text(inputs.window_start), "end": instant_text(inputs.window_end)},
        {"window_seconds": exact(length // timedelta(microseconds=1))},
    )


def _counted(commitment: CommitmentTerms, counted: Counted) -> Step:
    """The figures of an indicator that does not measure time itself."""
    output = {name: exact_number(figure.value) for name, figure in sorted(counted.figures.items())}
    if counted.question is not None:
        output["question"] = counted.question.code
    facts = {"rows": str(len(counted.rows))} if counted.rows else {}
    return Step("figures", "indicator", f"figures of {commitment.indicator.kind}, exact", facts, output)


def _time(commitment: CommitmentTerms, inputs: AssessmentInputs, measured: Measured) -> list[Step]:
    indicator = commitment.indicator
    outage: dict[str, str] = {}
    if isinstance(indicator, UptimeFromIntervals):
        comparison = "above" if indicator.minimum_run_strict else "of at least"
        rule = f"union of intervals in {', '.join(indicator.down_severities)}"
        if indicator.minimum_run_seconds:
            rule += f", runs {comparison} {indicator.minimum_run_seconds} s, {indicator.run_order}"
        rule += further_rules(indicator)
        outage = {"intervals": _list(measured.counted), "other_intervals": _list(measured.not_counted)}
    else:
        assert isinstance(indicator, UptimeFromWeightedSeconds)
        weights = ", ".join(f"{name} {decimal_text(one)}" for name, one in sorted(indicator.weights.items()))
        rule = f"sum of daily seconds by weight: {weights}"
        outage = {"days": _list(measured.counted), **_class_totals(inputs, measured)}
    life = {"from": "", "until": ""}
    if inputs.existed_from:
        life["from"] = instant_text(inputs.existed_from)
    if inputs.existed_until:
        life["until"] = instant_text(inputs.existed_until)
    return [
        _window(commitment, inputs),
        Step(
            "life",
            "part_life",
            _LIFE_RULES[commitment.part_life or "shorten_window"],
            life,
            {"measured_seconds": exact(measured.measured)},
        ),
        Step(
            "coverage",
            "source_role",
            f"what {commitment.source_role} knew at the cut-off of knowledge",
            {"known_at": instant_text(inputs.known_at)},
            {"known_seconds": exact(measured.known)},
        ),
        Step("downtime", "indicator", rule, outage, {"gross_down_seconds": exact(measured.gross_down)}),
    ]


def _class_totals(inputs: AssessmentInputs, measured: Measured) -> dict[str, str]:
    counted = set(measured.counted)
    totals: dict[str, int] = {}
    for row in inputs.seconds:
        if row.observation in counted:
            for name, value in row.classes.items():
                totals[name] = totals.get(name, 0) + value
    return {f"{name}_seconds": str(totals[name]) for name in sorted(totals)}


def _exclusions(commitment: CommitmentTerms, measured: Measured) -> list[Step]:
    steps: list[Step] = []
    for use in measured.excluded.uses:
        clause = commitment.exclusions[use.clause]
        given = {"accepted": _list(use.accepted), "asked_seconds": exact(use.asked)}
        rule = f"{use.kind}: approved time"
        if clause.notice_seconds:
            rule += f", announced {clause.notice_seconds} s before"
        if clause.allowance_seconds is not None:
            rule += f", at most {clause.allowance_seconds} s per window, earliest first"
        output = {"granted_seconds": exact(use.granted)}
        steps.append(Step("exclusions", f"exclusions.{use.clause}", rule, given, output))
    if measured.excluded.refused:
        reasons = dict(measured.excluded.refused)
        steps.append(Step("exclusions", "exclusions", "not excluded", reasons, {"granted_seconds": "0"}))
    steps.append(
        Step(
            "exclusions",
            "excluded_time",
            _EXCLUDED_RULES[commitment.excluded_time or "removed_from_base"],
            {"gross_down_seconds": exact(measured.gross_down)},
            {
                "excluded_seconds": exact(measured.excluded_time),
                "down_removed_seconds": exact(measured.gross_down - measured.net_down),
                "net_down_seconds": exact(measured.net_down),
            },
        )
    )
    return steps


def _level(commitment: CommitmentTerms, measured: Measured, level: Level) -> list[Step]:
    added = {"down_added_seconds": exact(level.down - measured.net_down)}
    if level.value is None:
        shown = {"level": "open", "question": level.question.code if level.question else ""}
    else:
        shown = {
            "level": f"{level.value.numerator}/{level.value.denominator}",
            "level_percent": percent_text(level.value),
        }
    return [
        Step(
            "unknown",
            "unknown_time",
            _UNKNOWN_RULES[commitment.unknown_time or "escalate"],
            {"unknown_seconds": exact(measured.unknown)},
            added,
        ),
        Step(
            "base",
            "excluded_time",
            "time over which the level is taken",
            {
                "measured_seconds": exact(measured.measured),
                "excluded_seconds": exact(measured.excluded_time),
                "unknown_seconds": exact(measured.unknown),
            },
            {"base_seconds": exact(max(level.base, 0))},
        ),
        Step(
            "level",
            "indicator",
            "(base - down) / base, exact",
            {"base_seconds": exact(max(level.base, 0)), "down_seconds": exact(level.down)},
            shown,
        ),
    ]


def _money(
    commitment: CommitmentTerms, inputs: AssessmentInputs, settled: Settlement, currency: str
) -> list[Step]:
    if settled.compared_percent is None:
        return []
    sign = ">=" if commitment.target_inclusive else ">"
    compared = {"compared_percent": _percent(settled.compared_percent)}
    rule = f"met when level {sign} target"
    if commitment.level_rounding:
        rule += f"; the level is first rounded to {commitment.level_rounding.places} places"
        rule += f" ({commitment.level_rounding.mode})"
    assert commitment.target_percent is not None
    target = {**compared, "target_percent": decimal_text(commitment.target_percent)}
    steps = [Step("target", "target_percent", rule, target, {"outcome": settled.outcome})]
    steps.append(_tier(settled, compared))
    if settled.tier_percent is None or settled.uncapped is None:
        if settled.tier_percent is not None:
            question = settled.question.code if settled.question else ""
            steps.append(
                Step("fee", "fee_base", "fee of the service in the window", {}, {"question": question})
            )
        return steps
    fee = inputs.fee
    paid = {"lines": _list(fee.lines), "currency": fee.currency} if fee else {}
    amount = decimal_text(fee.amount) if fee else "0"
    steps.append(Step("fee", "fee_base", "fee of the service in the window", paid, {"fee_amount": amount}))
    steps.append(
        Step(
            "credit",
            "schedule.basis",
            "percent of the fee, exact",
            {"fee_amount": amount, "percent": decimal_text(settled.tier_percent)},
            {"uncapped_amount": exact_number(settled.uncapped)},
        )
    )
    capped = settled.uncapped
    for index, cap in settled.caps:
        block = commitment.caps[index]
        given = {"amount": exact_number(capped), "cap_amount": exact_number(cap)}
        capped = min(capped, cap)
        rule = f"at most {decimal_text(block.value)} {block.kind} per {block.per}"
        steps.append(Step("caps", f"caps.{index}", rule, given, {"amount": exact_number(capped)}))
    credit = "" if settled.credit is None else format(settled.credit, "f")
    steps.append(
        Step(
            "rounding",
            "rounding",
            f"{commitment.rounding.mode}, once, to the minor unit of {currency}",
            {"amount": exact_number(capped)},
            {"credit_amount": credit},
        )
    )
    return steps


def _tier(settled: Settlement, compared: dict[str, str]) -> Step:
    path = "schedule.tiers" if settled.tier_index is None else f"schedule.tiers.{settled.tier_index}"
    if settled.question is not None and settled.tier is None:
        return Step("tier", path, "tiers as stated", compared, {"question": settled.question.code})
    if settled.tier is None:
        output = {"tier": "none", "percent": "0"}
        rule = "a promise that is met earns nothing"
        if settled.withheld:
            rule += f", although the level lies in {settled.withheld}"
        return Step("tier", "schedule.requires_missed_target", rule, compared, output)
    percent = decimal_text(settled.tier_percent) if settled.tier_percent is not None else ""
    return Step("tier", path, "tiers as stated", compared, {"tier": settled.tier, "percent": percent})


def _claim(commitment: CommitmentTerms, deadline: date | None) -> list[Step]:
    claim = commitment.claim
    if isinstance(claim, ClaimInSteps):
        names = " ".join(step.name for step in claim.steps)
        last = {"claim_deadline_on": deadline.isoformat() if deadline else "none"}
        return [Step("claim", "claim", "to be claimed in steps", {"steps": names}, last)]
    if not isinstance(claim, ClaimByDeadline):
        return [Step("claim", "claim", "given without a claim", {}, {})]
    rule = f"to be claimed within {claim.days} days after the window's last day"
    if claim.form:
        rule += f", {claim.form}"
    return [
        Step("claim", "claim", rule, {}, {"claim_deadline_on": deadline.isoformat() if deadline else "none"})
    ]


def _percent(value: Fraction) -> str:
    """A percentage for the eye, with six decimals, cut off."""
    return percent_text(value / 100)


def _list(names: tuple[str, ...]) -> str:
    return " ".join(names)
