"""What the linter must find (rule 8), each finding with its edge."""

from typing import Any

import pytest

from reckoning.terms.linter import Finding, lint
from tests.reckoning.build import terms, weighted_terms


def row(lower: str | None, upper: str | None, percent: str, ends: str = "[)") -> dict[str, Any]:
    """A tier; `ends` are brackets, with ? where the text is silent."""
    said = {"[": True, "]": True, "(": False, ")": False, "?": None}
    return {
        "lower": lower,
        "lower_inclusive": None if lower is None else said[ends[0]],
        "upper": upper,
        "upper_inclusive": None if upper is None else said[ends[1]],
        "percent": percent,
    }


def findings(code: str, **changes: Any) -> list[Finding]:
    return [found for found in lint(terms(**changes)) if found.code == code]


def test_sound_terms_have_no_finding() -> None:
    assert lint(terms(), {"monitor"}) == ()


def test_a_hole_at_exactly_99_is_found() -> None:
    tiers = [row("99", "99.9", "10", "()"), row(None, "99", "25")]
    (hole,) = findings("TIER_HOLE", schedule__tiers=tiers)
    assert "exactly 99 %" in hole.sentence
    assert hole.path == "commitments.0.schedule.tiers"
    assert hole.severity == "error"


def test_a_figure_is_named_in_words() -> None:
    schedule = {"kind": "tiers", "on": "down_seconds", "bounds_in": "minutes"}
    tiers = [row("5", "30", "10", "[]"), row("31", None, "25", "[)")]
    holes = findings("TIER_HOLE", target_percent="100", schedule=schedule | {"tiers": tiers})
    assert [hole.sentence.split(" misses")[0] for hole in holes][-1] == (
        "The downtime above 30 minutes and below 31 minutes"
    )


def test_tiers_written_with_two_decimals_leave_holes_between_the_decimals() -> None:
    tiers = [row("99", "99.49", "10", "[]"), row("95", "98.99", "25", "[]"), row(None, "95", "100")]
    holes = findings("TIER_HOLE", schedule__tiers=tiers, target_percent="99.5")
    assert [hole.sentence.split(" misses")[0] for hole in holes] == [
        "A level above 98.99 % and below 99 %",
        "A level above 99.49 % and below 99.5 %",
    ]


def test_the_same_tiers_have_no_hole_when_the_level_is_rounded_to_two_decimals_first() -> None:
    tiers = [row("99", "99.49", "10", "[]"), row("95", "98.99", "25", "[]"), row(None, "95", "100")]
    rounding = {"places": 2, "mode": "half_up"}
    assert not findings("TIER_HOLE", schedule__tiers=tiers, target_percent="99.5", level_rounding=rounding)
    rounding["places"] = 3
    assert findings("TIER_HOLE", schedule__tiers=tiers, target_percent="99.5", level_rounding=rounding)


def test_missing_worst_levels_are_a_hole() -> None:
    (hole,) = findings("TIER_HOLE", schedule__tiers=[row("99", "99.9", "10")])
    assert "from 0 % and below 99 %" in hole.sentence


def test_an_overlap_is_found_and_a_shared_bound_is_one() -> None:
    (wide,) = findings("TIER_OVERLAP", schedule__tiers=[row("98", "99.9", "10"), row(None, "99", "25")])
    assert "from 98 % and below 99 %" in wide.sentence
    (edge,) = findings(
        "TIER_BOTH_ENDS", schedule__tiers=[row("99", "99.9", "10"), row(None, "99", "25", "[]")]
    )
    assert "exactly 99 %" in edge.sentence


def test_a_bound_of_which_the_text_does_not_say_is_found_and_is_no_hole() -> None:
    tiers = [row("99", "99.9", "10", "?)"), row(None, "99", "25")]
    (unsaid,) = findings("TIER_BOUND_UNSTATED", schedule__tiers=tiers)
    assert unsaid.path == "commitments.0.schedule.tiers.0.lower_inclusive"
    assert not findings("TIER_HOLE", schedule__tiers=tiers)


def test_a_worse_level_that_earns_less_is_found() -> None:
    tiers = [row("99", "99.9", "25"), row(None, "99", "10")]
    (found,) = findings("TIER_NOT_MONOTONE", schedule__tiers=tiers)
    assert found.path == "commitments.0.schedule.tiers.1.percent"
    tiers[1]["percent"] = "25"
    assert not findings("TIER_NOT_MONOTONE", schedule__tiers=tiers)


def test_a_tier_above_the_target_is_unreachable() -> None:
    tiers = [row("99.9", "99.95", "5"), row("99", "99.9", "10"), row(None, "99", "25")]
    (found,) = findings("TIER_UNREACHABLE", schedule__tiers=tiers)
    assert found.path == "commitments.0.schedule.tiers.0"
    assert not findings("TIER_UNREACHABLE", schedule__tiers=tiers, schedule__requires_missed_target=False)


def test_the_target_itself_inside_a_tier_is_a_contradiction() -> None:
    tiers = [row("99", "99.9", "10", "(]"), row(None, "99", "25")]
    (found,) = findings("TARGET_AND_TIER_DISAGREE", schedule__tiers=tiers)
    assert "exactly 99.9 % meets the target" in found.sentence
    assert not findings("TARGET_AND_TIER_DISAGREE", schedule__tiers=tiers, target_inclusive=False)


@pytest.mark.parametrize(
    ("cap", "found"),
    [
        ({"kind": "percent_of_fee", "value": "24.99"}, True),
        ({"kind": "percent_of_fee", "value": "25"}, False),
        ({"kind": "days_of_fee", "value": "6.99"}, True),
        ({"kind": "days_of_fee", "value": "7"}, False),
        ({"kind": "amount", "value": "1"}, False),
    ],
)
def test_a_cap_below_the_highest_tier_is_found(cap: dict[str, str], found: bool) -> None:
    assert bool(findings("CAP_BELOW_TIER", caps=[cap])) is found


@pytest.mark.parametrize(("mode", "found"), [("half_up", True), ("half_even", True), ("down", False)])
def test_rounding_before_comparing_can_hide_a_breach(mode: str, found: bool) -> None:
    assert bool(findings("ROUNDING_HIDES_BREACH", level_rounding={"places": 2, "mode": mode})) is found


def test_a_level_rounded_more_coarsely_than_its_target_is_found() -> None:
    rounding = {"places": 1, "mode": "down"}
    assert findings("ROUNDING_COARSER_THAN_TARGET", level_rounding=rounding, target_percent="99.95")
    assert not findings("ROUNDING_COARSER_THAN_TARGET", level_rounding=rounding, target_percent="99.9")


@pytest.mark.parametrize(("days", "found"), [(4, True), (5, True), (6, False)])
def test_a_claim_that_ends_before_results_are_final_is_found(days: int, found: bool) -> None:
    claim = {"kind": "by_deadline", "days": days}
    assert bool(findings("CLAIM_AFTER_DEADLINE", claim=claim, cut_off_days=5)) is found


def test_a_source_role_that_nobody_plays_is_found_only_when_roles_are_known() -> None:
    assert [found.code for found in lint(terms(), set())] == ["SOURCE_ROLE_UNPLAYED"]
    assert lint(terms(), None) == ()


def test_exclusions_on_daily_seconds_are_found() -> None:
    agreed = weighted_terms(exclusions=[{"kind": "planned_maintenance"}])
    assert [found.code for found in lint(agreed)] == ["EXCLUSIONS_WITHOUT_INTERVALS"]


def test_an_allowance_of_nothing_is_found() -> None:
    clause = {"kind": "planned_maintenance", "allowance_seconds": 0}
    assert findings("EXCLUSION_ALLOWS_NOTHING", exclusions=[clause])
