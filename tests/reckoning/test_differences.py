"""The same outage under each reading: the examples of the rules, by the engine."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reckoning.assessment import AssessmentInputs
from reckoning.assessment.differences import Question, differences
from reckoning.assessment.result import percent_text
from reckoning.terms import Terms
from tests.reckoning.build import DAY_0, MONTH, inputs, maintenance, outage, terms, weighted_terms

MINUTE = timedelta(minutes=1)


def asked(agreed: Terms, facts: AssessmentInputs) -> dict[str, Question]:
    commitment = agreed.commitments[0]
    found = differences(commitment, facts, currency=agreed.currency, zone=agreed.zone)
    return {one.key: one for one in found}


def told(question: Question) -> dict[str, tuple[str, Any]]:
    return {
        one.name: (one.result.outcome, one.result.credit_amount) if one.result else ("refused", one.refusal)
        for one in question.readings
    }


def vector(**changes: Any) -> AssessmentInputs:
    down = [outage(DAY_0 + timedelta(days=9), 43 * MINUTE)]
    return inputs(
        intervals=down, exclusions=[maintenance(DAY_0 + timedelta(days=20), 240 * MINUTE)], **changes
    )


def test_43_minutes_down_and_240_excluded_are_met_broken_and_met() -> None:
    question = asked(terms(), vector())["excluded_time"]
    assert question.decides
    assert [
        (one.name, one.result.outcome, percent_text(one.result.level), one.own)
        for one in question.readings
        if one.result and one.result.level
    ] == [
        ("counted as up", "met", "99.900463", False),
        ("removed from the base", "breach", "99.899907", True),
        ("removed, then rounded to 2 decimals before comparing", "met", "99.899907", False),
    ]
    up, removed, _ = (one.result for one in question.readings)
    assert up is not None
    assert removed is not None
    assert up.level == 1 - Fraction(43, 43200)
    assert removed.level == 1 - Fraction(43, 42960)
    assert removed.credit_amount == Decimal("100.00")


def test_one_unknown_hour_has_five_answers() -> None:
    start, end = MONTH
    gap = start + timedelta(days=3)
    known = [{"start": start, "end": gap}, {"start": gap + 60 * MINUTE, "end": end}]
    question = asked(terms(), inputs(coverage=known))["unknown_time"]
    assert told(question) == {
        "counts as up": ("met", Decimal("0.00")),
        "counts as down": ("breach", Decimal("100.00")),
        "leaves the base": ("met", Decimal("0.00")),
        "carries the last known state on": ("met", Decimal("0.00")),
        "goes to a person": ("open_question", None),
    }


def test_75_seconds_across_a_months_end_are_30_seconds_or_nothing() -> None:
    agreed = terms(
        indicator={"kind": "uptime_from_intervals", "down_severities": ["major"], "minimum_run_seconds": 60},
        target_percent="100",
        schedule__tiers=[{"upper": "100", "upper_inclusive": False, "percent": "10"}],
    )
    facts = inputs(intervals=[outage(MONTH[1] - timedelta(seconds=30), timedelta(seconds=75))])
    question = asked(agreed, facts)["run_order"]
    down = {one.clause: one.result.down_seconds for one in question.readings if one.result}
    assert down["run_order: merge_then_test_then_clip"] == 30
    assert down["run_order: clip_then_test"] == 0
    after = (MONTH[1], datetime.fromisoformat("2026-06-01T00:00:00+00:00"))
    facts = inputs(intervals=[outage(MONTH[1] - timedelta(seconds=30), timedelta(seconds=75))], window=after)
    question = asked(agreed, facts)["run_order"]
    down = {one.clause: one.result.down_seconds for one in question.readings if one.result}
    assert down["run_order: merge_then_test_then_clip"] == 45
    assert down["run_order: clip_then_test"] == 0


def test_an_outage_of_exactly_the_shortest_length_counts_or_does_not() -> None:
    indicator = {"kind": "uptime_from_intervals", "down_severities": ["major"], "minimum_run_seconds": 3600}
    question = asked(terms(indicator=indicator), inputs(intervals=[outage(DAY_0, 60 * MINUTE)]))[
        "minimum_run"
    ]
    assert [one.result.outcome for one in question.readings if one.result] == ["breach", "met", "breach"]


def test_a_level_of_exactly_the_target_is_met_or_not() -> None:
    facts = inputs(intervals=[outage(DAY_0, timedelta(seconds=2592))])
    tiers = [{"upper": "99.9", "upper_inclusive": True, "percent": "10"}]
    question = asked(terms(schedule__tiers=tiers), facts)["boundary"]
    assert told(question) == {
        "exactly 99.9 % is enough": ("met", Decimal("0.00")),
        "exactly 99.9 % is not enough": ("breach", Decimal("100.00")),
    }


def test_a_level_of_exactly_a_bound_of_two_tiers_earns_what_the_row_that_holds_it_earns() -> None:
    question = asked(terms(), inputs(intervals=[outage(DAY_0, timedelta(seconds=25920))]))["tier_bound"]
    assert told(question) == {
        "tier 1 holds it": ("breach", Decimal("100.00")),
        "tier 2 holds it": ("breach", Decimal("250.00")),
    }


def test_a_service_that_began_within_the_month_has_a_short_window_or_was_up_before() -> None:
    begun = DAY_0 + timedelta(days=29)
    facts = inputs(existed_from=begun, intervals=[outage(begun, 2 * MINUTE)])
    question = asked(terms(), facts)["part_life"]
    assert told(question) == {
        "the window is shortened": ("breach", Decimal("100.00")),
        "it counts as up before and after": ("met", Decimal("0.00")),
    }


def test_stored_readings_come_with_what_each_would_have_paid() -> None:
    reading = {
        "name": "maintenance",
        "question": "Is it up?",
        "chosen": "Removed",
        "chosen_by": "Vera",
        "chosen_on": "2026-01-12",
        "why": "So it says.",
        "alternatives": [{"name": "up", "set": {"excluded_time": "counted_as_up"}}],
    }
    question = asked(terms(readings=[reading]), vector())["stored"]
    assert told(question) == {
        "as it was read": ("breach", Decimal("100.00")),
        "maintenance: up": ("met", Decimal("0.00")),
    }


def test_daily_seconds_have_no_last_state_to_carry_on() -> None:
    agreed = weighted_terms(unknown_time="down")
    question = asked(agreed, inputs())["unknown_time"]
    assert "carries the last known state on" not in told(question)


def test_what_measures_no_time_is_asked_about_its_boundary_alone() -> None:
    errors = {"kind": "error_rate", "aggregate": "pooled"}
    facts = inputs(buckets=[{"requests": 1000, "errors": 1}])
    assert list(asked(terms(indicator=errors, exclusions=[]), facts)) == ["level_rounding", "boundary"]
