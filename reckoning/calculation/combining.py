"""Credits of several commitments brought together, by the rule of the terms."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.pricing import Base, capped, fee_base
from reckoning.assessment.result import AssessmentResult, OpenQuestion
from reckoning.canonical import decimal_text, fraction_text
from reckoning.errors import TermsError
from reckoning.fields import zone_info
from reckoning.money import minor_digits, round_fraction
from reckoning.terms import CommitmentTerms, Terms
from reckoning.terms.blocks import Combination
from reckoning.timeline.spans import SECOND, to_us

Part = tuple[CommitmentTerms, AssessmentInputs, AssessmentResult, str | None]


def combine(
    agreed: Terms, combination: Combination, parts: Mapping[str, Part], choice: str | None
) -> dict[str, Any]:
    """The combined credit. While any part has no amount, the whole has none (rule 21)."""
    mine = {key: parts[key] for key in combination.commitments if key in parts}
    missing = [key for key in combination.commitments if key not in parts]
    if choice is not None and choice not in mine:
        raise TermsError(
            [
                (
                    f"choices.{combination.name}",
                    f"{choice!r} is none of {', '.join(mine)}; one of them can be chosen",
                )
            ]
        )
    outcomes = [result.outcome for _, _, result, _ in mine.values()]
    outcome = "breach" if "breach" in outcomes else "open_question" if "open_question" in outcomes else "met"
    found: dict[str, Any] = {
        "outcome": outcome,
        "rule": combination.rule,
        "parts": {key: result.more["credit_exact"] for key, (_, _, result, _) in mine.items()},
        "chosen": [],
        "uncapped_amount": None,
        "credit_exact": None,
        "credit_amount": None,
        "capped_by": [],
        "entitlement": _entitlement(mine),
        "caps": [
            {"kind": cap.kind, "per": cap.per, "value": decimal_text(cap.value)} for cap in combination.caps
        ],
    }
    if missing:
        sentence = f"The combination needs facts of {', '.join(missing)}, and there are none in this window."
        found["open_questions"] = [OpenQuestion("PART_MISSING", sentence)._asdict()]
        return found
    if any(result.credit_amount is None for _, _, result, _ in mine.values()):
        return found
    amounts = {key: Fraction(result.more["credit_exact"]) for key, (_, _, result, _) in mine.items()}
    chosen = _chosen(combination, mine, amounts, choice)
    uncapped = sum((amounts[key] for key in chosen), Fraction(0))
    commitment, inputs, _, _ = mine[combination.commitments[0]]
    base = fee_base(
        commitment.fee_base,
        inputs,
        agreed.currency,
        Fraction(to_us(inputs.window_end) - to_us(inputs.window_start), SECOND),
        max(1, (inputs.window_end - inputs.window_start + timedelta(hours=12)) // timedelta(days=1)),
    )
    known = base if isinstance(base, Base) else None
    rest = capped(
        list(enumerate(combination.caps)), uncapped, known, inputs, _first_day(agreed, commitment, inputs)
    )
    found.update(chosen=chosen, uncapped_amount=fraction_text(uncapped))
    if rest.question is not None and uncapped:
        found["open_questions"] = [rest.question._asdict()]
        return found
    places = commitment.rounding.places
    digits = minor_digits(agreed.currency) if places is None else places
    found["credit_exact"] = fraction_text(rest.amount)
    found["credit_amount"] = format(round_fraction(rest.amount, digits, commitment.rounding.mode), "f")
    found["capped_by"] = [f"caps.{index}" for index in rest.by]
    return found


def _first_day(agreed: Terms, commitment: CommitmentTerms, inputs: AssessmentInputs) -> date:
    return inputs.window_start.astimezone(zone_info(agreed.zone_of(commitment))).date()


def _entitlement(parts: Mapping[str, Part]) -> dict[str, str] | None:
    """What the parts earn together before any fee, where all earn in one unit; null where one is open."""
    earned = [result.more["entitlement"] for _, _, result, _ in parts.values()]
    if any(one is None or one["value"] is None for one in earned):
        return None
    units = {one["unit"] for one in earned}
    if len(units) != 1:
        return None
    value = sum((Fraction(one["value"]) for one in earned), Fraction(0))
    return {"unit": units.pop(), "value": fraction_text(value)}


def _chosen(
    combination: Combination, parts: Mapping[str, Part], amounts: Mapping[str, Fraction], choice: str | None
) -> list[str]:
    """The commitments whose credits are paid. Of equal ones the first of the document is taken."""
    if combination.rule == "sum":
        return [key for key in parts if amounts[key]]
    groups: dict[str, list[str]] = {}
    for key, (_, _, _, cause) in parts.items():
        apart = combination.same_cause == "together"
        name = f"cause {cause}" if apart and cause is not None else (f"own {key}" if apart else "all")
        groups.setdefault(name, []).append(key)
    found: list[str] = []
    for keys in groups.values():
        if choice in keys and combination.rule == "customer_choice":
            found.append(str(choice))
            continue
        best = max(keys, key=lambda key: amounts[key])
        if amounts[best]:
            found.append(best)
    return found
