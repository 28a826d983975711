"""The rungs of a ladder, held against the engine just below, at and just above every threshold."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from reckoning.assessment.rungs import Rung, Said, index_of, position_of, rungs, said_of, value_at
from reckoning.assessment.sliding import Scene, Unmovable, assumptions, scene_of
from reckoning.errors import InputError
from reckoning.terms import Terms
from reckoning.timeline.windows import window_of
from tests.reckoning.build import terms
from tests.reckoning.test_mends import published

APRIL = datetime(2026, 4, 15, 12, tzinfo=UTC)


def scene(agreed: Terms, at: int = 0, **given: Any) -> Scene:
    found = moved(agreed, at, **given)
    assert isinstance(found, Scene)
    return found


def moved(agreed: Terms, at: int = 0, **given: Any) -> Scene | Unmovable:
    commitment = agreed.commitments[at]
    window = window_of(commitment.window, agreed.zone_of(commitment), APRIL)
    return scene_of(commitment, currency=agreed.currency, zone=agreed.zone, window=window, **given)


def key(one: Said) -> tuple[Any, ...]:
    return one.outcome, one.tier, one.bound_by, one.question


def agrees(rung: Rung, one: Said) -> bool:
    steady = rung.steady or one.credit == rung.first.credit
    return key(one) == key(rung.first) and steady


def hold(place: Scene, stretches: list[Rung]) -> int:
    """Asks the engine at, just below and just above each threshold; how many there were."""
    whole = place.sliding.unit == "count"
    tiny = Fraction(1) if whole else Fraction(1, 1000)
    for before, after in pairwise(stretches):
        assert (before.upper == after.lower and before.upper_inclusive != after.lower_inclusive) or whole
    for at, rung in enumerate(stretches):
        for value in (rung.lower - tiny, rung.lower, rung.lower + tiny):
            if 0 <= value <= place.sliding.most:
                found = stretches[index_of(stretches, value)]
                assert agrees(found, said_of(place.at(value))), (at, value)
    return len(stretches)


def test_the_thresholds_of_a_month_are_found_to_the_second() -> None:
    found = rungs(scene(terms()))
    assert [(one.lower, one.lower_inclusive, one.first.credit) for one in found] == [
        (0, True, 0),
        (2592, False, 100),
        (25920, False, 250),
    ]


def test_a_target_that_must_be_exceeded_moves_the_threshold_to_itself() -> None:
    found = rungs(scene(terms(target_inclusive=False, schedule__none="nothing")))
    assert (found[1].lower, found[1].lower_inclusive) == (2592, True)


def test_rounding_before_comparing_moves_the_threshold() -> None:
    place = scene(terms(level_rounding={"places": 2, "mode": "half_up"}))
    found = rungs(place)
    # 99.895 % rounds up to the target: 0.105 % of 2,592,000 s.
    assert (found[1].lower, found[1].lower_inclusive) == (Fraction("2721.6"), False)
    hold(place, found)


def test_a_cap_that_begins_to_bind_within_steady_growth_is_a_rung_of_its_own() -> None:
    schedule = {
        "kind": "per_unit",
        "on": "down_seconds",
        "unit": 3600,
        "units": "proportional",
        "worth": {"percent": "7"},
    }
    place = scene(terms(schedule=schedule, caps=[{"kind": "percent_of_fee", "value": "30"}]))
    found = rungs(place)
    capped = next(one for one in found if one.first.bound_by)
    assert capped.lower == Fraction(30, 7) * 3600
    hold(place, found)


def test_each_outage_by_itself_slides_as_one_outage_with_its_shortest_length() -> None:
    schedule = {"kind": "flat", "each": "outage", "on": "down_seconds", "worth": {"amount": "50"}}
    place = scene(
        terms(
            schedule=schedule,
            indicator={
                "kind": "uptime_from_intervals",
                "down_severities": ["major"],
                "minimum_run_seconds": 300,
            },
            target_percent=None,
            limit={"on": "down_seconds", "op": "at_most", "value": "0"},
        )
    )
    assert place.sliding.figure == "one outage"
    found = rungs(place)
    assert [(one.lower, one.lower_inclusive, one.first.credit) for one in found] == [
        (0, True, 0),
        (300, True, 50),
    ]
    hold(place, found)


def test_other_indicators_move_the_figure_that_the_schedule_looks_at() -> None:
    errors = {"kind": "error_rate", "aggregate": "pooled"}
    place = scene(terms(indicator=errors, exclusions=[]))
    assert (place.sliding.label, place.sliding.unit) == ("Error rate", "percent")
    assert [one.lower for one in rungs(place)] == [0, Fraction(1, 10), 1]
    late = {"kind": "events_on_time", "deadline_seconds": 60}
    place = scene(terms(indicator=late, exclusions=[]))
    assert (place.sliding.label, place.sliding.most) == ("Late events", 100)
    assert [one.lower for one in rungs(place)] == [0, 1, 2]
    parts = {"kind": "weighted_parts", "parts": [{"name": "a", "weight": "3"}, {"name": "b", "weight": "4"}]}
    schedule = {
        "kind": "per_unit",
        "on": "failed_weight",
        "unit": 1,
        "units": "complete",
        "worth": {"amount": "10"},
    }
    limit = {"on": "failed_weight", "op": "at_most", "value": "0"}
    place = scene(terms(indicator=parts, schedule=schedule, limit=limit, target_percent=None, exclusions=[]))
    assert place.sliding.label == "Points of failed parts"
    hold(place, rungs(place))


def test_a_promise_and_a_schedule_about_different_figures_do_not_slide_and_say_why() -> None:
    schedule = {
        "kind": "per_unit",
        "on": "failed_parts",
        "unit": 1,
        "units": "complete",
        "worth": {"amount": "1"},
    }
    parts = {"kind": "weighted_parts", "parts": [{"name": "a", "weight": "3"}]}
    limit = {"on": "failed_weight", "op": "at_most", "value": "0"}
    found = moved(terms(indicator=parts, schedule=schedule, limit=limit, target_percent=None, exclusions=[]))
    assert isinstance(found, Unmovable)
    assert "different figures (failed_parts and failed_weight)" in found.sentence


def test_what_must_be_assumed_is_named() -> None:
    schedule = {
        "kind": "flat",
        "worth": {"percent": "5"},
        "factors": [{"name": "seats", "quantity": "seats"}],
    }
    agreed = terms(schedule=schedule, fee_base={"parts": ["rent", "power"]})
    names = [one.name for one in assumptions(agreed.commitments[0])]
    assert names == ["fee:rent", "fee:power", "quantity:seats"]


def test_positions_of_the_slider_lie_in_their_rungs() -> None:
    found = rungs(scene(terms()))
    for position in range(0, 301, 7):
        value = value_at(found, position, 100, "seconds")
        assert index_of(found, value) == min(position // 100, 2)
        assert abs(position_of(found, value, 100) - position) <= 1


@pytest.mark.parametrize("name", sorted(published()))
def test_the_rungs_of_a_published_agreement_are_the_engines(name: str) -> None:
    agreed = published()[name]
    for at in range(min(len(agreed.commitments), 3)):
        try:
            found = moved(agreed, at)
        except InputError:
            continue
        if isinstance(found, Unmovable):
            assert found.sentence.endswith(".")
            continue
        assert hold(found, rungs(found))
