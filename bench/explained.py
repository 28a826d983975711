"""What the trace costs: reckonings of one month with 20 outages, tiers and a cap, beside the bare sweep."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from bench.reckoning import commitment
from reckoning.assessment import AssessmentInputs, reckon
from reckoning.timeline.spans import Span, clip, merge, subtract, to_us, total

OUTAGES = 20


@dataclass(frozen=True)
class Speeds:
    """Seconds for one reckoning with its whole trace, and for the bare sweep over the same intervals."""

    reckoned_seconds: float
    swept_seconds: float


def measure() -> Speeds:
    """The best of several rounds of each, in one run on one core."""
    clause, sha256 = commitment()
    inputs = _inputs(clause.services[0])
    reckoned = _best(lambda: reckon(clause, inputs, currency="EUR", terms_sha256=sha256, zone="UTC"))
    swept = _best(lambda: sweep(inputs))
    return Speeds(reckoned, swept)


def sweep(inputs: AssessmentInputs) -> Fraction:
    """The level and nothing else: clip, merge, take the exclusions out, divide."""
    window = Span(to_us(inputs.window_start), to_us(inputs.window_end))
    known = merge(Span(to_us(one.start), to_us(one.end)) for one in inputs.coverage)
    down = merge(clip((Span(to_us(one.start), to_us(one.end)) for one in inputs.intervals), window))
    gone = merge(clip((Span(to_us(one.start), to_us(one.end)) for one in inputs.exclusions), window))
    base = total(subtract([window], gone)) - total(subtract([window], known))
    return 1 - Fraction(total(subtract(down, gone)), base)


def _best(act: Callable[[], Any], rounds: int = 7, times: int = 200) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(times):
            act()
        best = min(best, (time.perf_counter() - started) / times)
    return best


def _inputs(service: str) -> AssessmentInputs:
    start = datetime(2026, 4, 1, tzinfo=UTC)
    end = datetime(2026, 5, 1, tzinfo=UTC)
    return AssessmentInputs.model_validate(
        {
            "window_start": start,
            "window_end": end,
            "known_at": end,
            "service": service,
            "coverage": [{"start": start, "end": end}],
            "intervals": [
                {
                    "id": f"o{number}",
                    "start": start + timedelta(hours=30 * number),
                    "end": start + timedelta(hours=30 * number, minutes=17),
                    "severity": "major",
                    "components": [service],
                    "observation": f"o{number}",
                }
                for number in range(OUTAGES)
            ],
            "exclusions": [
                {
                    "id": "x1",
                    "kind": "planned_maintenance",
                    "start": start + timedelta(days=9),
                    "end": start + timedelta(days=9, hours=4),
                    "announced_at": start,
                    "approved": True,
                }
            ],
            "fee": {"amount": "1000.00", "currency": "EUR"},
        }
    )
