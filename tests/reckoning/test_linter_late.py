"""A table that is looked up by each late event has no rows to offer for events on time."""

from pathlib import Path
from typing import Any

import pytest

from reckoning.terms import parse_terms
from reckoning.terms.linter import lint
from reckoning.terms.plain import read_plain

SHOP: dict[str, Any] = read_plain((Path(__file__).parents[2] / "docs/terms/examples/shop.yaml").read_text())


def found(first: dict[str, Any], **changes: Any) -> list[str]:
    """The codes for repairs in four hours, with `first` as the first row of the table."""
    commitment = {
        **SHOP["commitments"][0],
        "indicator": {"kind": "events_on_time", "deadline_seconds": 14400, **changes},
        "target_percent": None,
        "limit": {"on": "late", "op": "at_most", "value": 0},
        **dict.fromkeys(("excluded_time", "unknown_time", "part_life")),
        "schedule": {
            "kind": "tiers",
            "each": "event",
            "on": "seconds",
            "bounds_in": "hours",
            "tiers": [
                {**first, "upper": 8, "upper_inclusive": True, "amount": 100},
                {"lower": 8, "lower_inclusive": False, "amount": 250},
            ],
        },
    }
    return [one.code for one in lint(parse_terms({**SHOP, "commitments": [commitment]}))]


@pytest.mark.parametrize(
    ("inclusive", "first", "codes"),
    [
        (True, {"lower": 4, "lower_inclusive": False}, []),
        (False, {"lower": 4, "lower_inclusive": True}, []),
        (False, {"lower": 4, "lower_inclusive": False}, ["TIER_HOLE"]),
        (True, {"lower": "4.01", "lower_inclusive": True}, ["TIER_HOLE"]),
    ],
)
def test_a_hole_lies_only_where_an_event_is_late(
    inclusive: bool, first: dict[str, Any], codes: list[str]
) -> None:
    assert found(first, deadline_inclusive=inclusive) == codes


def test_a_deadline_that_is_no_decimal_number_of_hours_is_no_hole() -> None:
    assert found({"lower": 1, "lower_inclusive": True}, deadline_seconds=5000) == []
