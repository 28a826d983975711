"""What a reckoning says, and how it explains itself."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from reckoning.canonical import canonical_json, fraction_text, sha256_hex
from reckoning.money import round_fraction, round_units, scaled

Outcome = Literal["met", "breach", "open_question"]


class OpenQuestion(NamedTuple):
    """What a person must answer before the result is complete; never a zero and never a default (rule 21)."""

    code: str
    sentence: str


class Step(NamedTuple):
    """One stage of the reckoning: the clause, the rule, what went in and what came out."""

    stage: str
    clause: str
    rule: str
    inputs: dict[str, str]
    output: dict[str, str]


class OtherReading(NamedTuple):
    """What another reading of the same terms would give on the same inputs (rules 4, 5 and 11)."""

    name: str
    outcome: Outcome
    level: Fraction | None
    credit_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class AssessmentResult:
    """The result for one commitment, service and window.

    `outcome` says whether the promise was kept: "breach" is certain even where the amount still waits for an
    answer, and "open_question" means that not even the level can be told. `open_questions` lists whatever is
    unanswered, and while it is not empty a breach has no `credit_amount`. `level` is a ratio from 0 to 1,
    exact and unrounded. `more` holds, as plain JSON values, what the wider blocks say: figures,
    entitlement, rows, the claim; it is empty for terms of the first edition unless it was asked for.
    Times are exact seconds. `claim_deadline_on` is the last day in time in the contract's zone, and empty
    where there is nothing to claim.
    """

    outcome: Outcome
    level: Fraction | None
    base_seconds: Fraction
    down_seconds: Fraction
    gross_down_seconds: Fraction
    excluded_seconds: Fraction
    unknown_seconds: Fraction
    tier: str | None
    tier_percent: Decimal | None
    fee_amount: Decimal | None
    uncapped_amount: Fraction | None
    credit_amount: Decimal | None
    currency: str
    claim_deadline_on: date | None
    open_questions: tuple[OpenQuestion, ...]
    trace: tuple[Step, ...]
    other_readings: tuple[OtherReading, ...]
    terms_sha256: str
    engine_version: str
    more: dict[str, Any] = field(default_factory=dict)

    def to_json_obj(self) -> dict[str, Any]:
        """Plain JSON values: fractions as p/q with a decimal beside them for the eye, amounts in minor units'
        form.
        """
        return {
            "outcome": self.outcome,
            "level": ratio_object(self.level),
            "base_seconds": seconds_object(self.base_seconds),
            "down_seconds": seconds_object(self.down_seconds),
            "gross_down_seconds": seconds_object(self.gross_down_seconds),
            "excluded_seconds": seconds_object(self.excluded_seconds),
            "unknown_seconds": seconds_object(self.unknown_seconds),
            "tier": self.tier,
            "tier_percent": _text(self.tier_percent),
            "fee_amount": _text(self.fee_amount),
            "uncapped_amount": None if self.uncapped_amount is None else fraction_text(self.uncapped_amount),
            "credit_amount": _text(self.credit_amount),
            "currency": self.currency,
            "claim_deadline_on": self.claim_deadline_on.isoformat() if self.claim_deadline_on else None,
            "open_questions": [question._asdict() for question in self.open_questions],
            "trace": [
                {**step._asdict(), "inputs": dict(step.inputs), "output": dict(step.output)}
                for step in self.trace
            ],
            "other_readings": [
                {
                    "name": other.name,
                    "outcome": other.outcome,
                    "level": ratio_object(other.level),
                    "credit_amount": _text(other.credit_amount),
                }
                for other in self.other_readings
            ],
            "terms_sha256": self.terms_sha256,
            "engine_version": self.engine_version,
            **self.more,
        }

    def canonical(self) -> bytes:
        """The canonical bytes of the result."""
        return canonical_json(self.to_json_obj())

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes."""
        return sha256_hex(self.canonical())


def percent_text(level: Fraction, places: int = 6) -> str:
    """A ratio as a percentage for the eye, half up to `places` decimals.

    Where rounding would show a rounder number than the level is (99.8999999 as 99.900000), further decimals are
    shown, so that a miss never looks like the target. Comparisons never use this text.
    """
    numerator, denominator = level.numerator * 100, level.denominator
    for digits in range(places, places + 20):
        scale = 10**digits
        units = round_units(Fraction(numerator * scale, denominator), "half_up")
        exact = units * denominator == numerator * scale
        # Shown with three decimals or fewer, it would look rounder than it is.
        if exact or (units * 1000) % scale:
            return str(scaled(units, digits))
    return str(round_fraction(level * 100, places, "down"))


def ratio_object(level: Fraction | None) -> dict[str, str] | None:
    """A ratio as an exact fraction with its percentage beside it."""
    if level is None:
        return None
    return {"exact": fraction_text(level), "percent": percent_text(level)}


def seconds_object(value: Fraction) -> dict[str, str]:
    """Seconds as an exact fraction with a decimal beside it."""
    return {"exact": fraction_text(value), "decimal": str(round_fraction(value, 6, "half_even"))}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
