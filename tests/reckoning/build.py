"""Short builders for terms and inputs, so that a test shows only what it is about."""

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reckoning.assessment import AssessmentInputs, AssessmentResult, reckon
from reckoning.terms import Terms, parse_terms, terms_sha256

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "github-status").is_dir(), reason="the published data are not beside this checkout"
)

MONTH = (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
DAY_0 = MONTH[0]

_COMMITMENT: dict[str, Any] = {
    "key": "uptime",
    "title": "Uptime",
    "services": ["shop"],
    "source_role": "monitor",
    "indicator": {"kind": "uptime_from_intervals", "down_severities": ["major"]},
    "window": {"kind": "calendar_month"},
    "excluded_time": "removed_from_base",
    "unknown_time": "escalate",
    "part_life": "shorten_window",
    "exclusions": [{"kind": "planned_maintenance"}],
    "target_percent": "99.9",
    "schedule": {
        "kind": "tiers",
        "basis": "percent_of_fee",
        "tiers": [
            {
                "lower": "99",
                "lower_inclusive": True,
                "upper": "99.9",
                "upper_inclusive": False,
                "percent": "10",
            },
            {"upper": "99", "upper_inclusive": False, "percent": "25"},
        ],
    },
    "claim": {"kind": "automatic"},
    "cut_off_days": 5,
}


def document(**changes: Any) -> dict[str, Any]:
    """A whole terms document with one commitment; a change names its path with double underscores."""
    commitment = copy.deepcopy(_COMMITMENT)
    head = {"format": "sla-ledger-terms/1", "title": "Test terms", "currency": "EUR", "zone": "UTC"}
    for name, value in changes.items():
        if name in ("title", "currency", "zone", "dated_text") and "__" not in name:
            head[name] = value
            continue
        holder = commitment
        *steps, last = name.split("__")
        for step in steps:
            holder = holder[step]
        holder[last] = value
    return {**head, "commitments": [commitment]}


def terms(**changes: Any) -> Terms:
    return parse_terms(document(**changes))


def weighted_terms(**changes: Any) -> Terms:
    indicator = {"kind": "uptime_from_weighted_seconds", "weights": {"partial": "0.3", "major": "1"}}
    return terms(**{"indicator": indicator, "exclusions": [], **changes})


def outage(start: datetime, length: timedelta, name: str = "o1", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "start": start,
        "end": start + length,
        "severity": "major",
        "components": ["shop"],
        "observation": f"obs-{name}",
        **more,
    }


def maintenance(start: datetime, length: timedelta, name: str = "x1", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "planned_maintenance",
        "start": start,
        "end": start + length,
        "announced_at": None,
        "approved": True,
        **more,
    }


def inputs(**changes: Any) -> AssessmentInputs:
    """April 2026 of the shop, known completely, at a fee of EUR 1,000, with nothing wrong in it."""
    start, end = changes.pop("window", MONTH)
    facts: dict[str, Any] = {
        "window_start": start,
        "window_end": end,
        "known_at": end,
        "service": "shop",
        "coverage": [{"start": start, "end": end}],
        "fee": {"amount": "1000.00", "currency": "EUR", "lines": ["L1"]},
    }
    return AssessmentInputs.model_validate({**facts, **changes})


def day_rows(
    first: datetime, days: int, down: dict[int, dict[str, int]] | None = None
) -> list[dict[str, Any]]:
    """Daily seconds from `first` on, zero but for the days named in `down`."""
    return [
        {
            "start": first + timedelta(days=at),
            "end": first + timedelta(days=at + 1),
            "classes": (down or {}).get(at, {"partial": 0, "major": 0}),
            "observation": f"day-{at}",
        }
        for at in range(days)
    ]


def result(agreed: Terms, facts: AssessmentInputs) -> AssessmentResult:
    return reckon(
        agreed.commitments[0],
        facts,
        currency=agreed.currency,
        terms_sha256=terms_sha256(agreed),
        zone=agreed.zone,
    )


def codes(found: AssessmentResult) -> list[str]:
    return [question.code for question in found.open_questions]
