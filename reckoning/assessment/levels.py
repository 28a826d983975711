"""From measured time to a level: the answers for excluded and for unknown time (rules 4 and 5)."""

from dataclasses import dataclass
from fractions import Fraction

from reckoning.assessment.measure import Measured
from reckoning.assessment.result import OpenQuestion


@dataclass(frozen=True, slots=True)
class Level:
    """The level as an exact ratio, with its base and its downtime in microseconds; None while it cannot be
    told.
    """

    value: Fraction | None
    base: int
    down: Fraction
    question: OpenQuestion | None = None


def level_of(measured: Measured, excluded_time: str | None, unknown_time: str | None) -> Level:
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
    if measured.question is not None:
        return Level(None, base, down, measured.question)
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
