"""Service hours and business hours: time outside them is no time of the promise (rule 3)."""

from fractions import Fraction
from typing import Any

from reckoning.calculation import calculate
from reckoning.terms.linter import lint
from tests.reckoning.build import document, parse_terms

OFFICE = {
    "hours": [
        {
            "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "opens": "09:00",
            "closes": "17:00",
        }
    ]
}


def commitment(terms: dict[str, Any], **facts: Any) -> dict[str, Any]:
    given = {"window": {"containing": "2026-03-10"}, "facts": {"coverage": "whole_window", **facts}}
    found: dict[str, Any] = calculate(terms, given)["windows"][0]["commitments"]["uptime"]
    return found


def test_only_time_within_the_service_hours_is_measured() -> None:
    terms = document(zone="Europe/Berlin", service_hours=OFFICE, exclusions=[])
    # March 2026 has 22 working days of 8 hours; the outage begins on Friday at 16:00 and ends on Monday at 10:00.
    found = commitment(
        terms,
        fee="1000.00",
        outages=[{"start": "2026-03-06T16:00:00+01:00", "end": "2026-03-09T10:00:00+01:00"}],
    )
    assert found["base_seconds"]["exact"] == f"{22 * 8 * 3600}/1"
    assert found["down_seconds"]["exact"] == f"{2 * 3600}/1"
    assert Fraction(found["level"]["exact"]) == 1 - Fraction(2, 176)


def test_an_hour_of_the_clock_change_keeps_the_hours_of_the_wall() -> None:
    terms = document(zone="Europe/Berlin", service_hours=OFFICE, exclusions=[])
    # Monday 30 March 2026 is after the change to summer time: nine o'clock is 07:00 UTC.
    found = commitment(terms, outages=[{"start": "2026-03-30T06:00:00Z", "end": "2026-03-30T08:00:00Z"}])
    assert found["down_seconds"]["exact"] == "3600/1"


def test_a_holiday_of_the_facts_is_no_service_time() -> None:
    terms = document(zone="Europe/Berlin", service_hours=OFFICE, exclusions=[])
    found = commitment(
        terms,
        holidays=["2026-03-09"],
        outages=[{"start": "2026-03-09T00:00:00+01:00", "end": "2026-03-10T00:00:00+01:00"}],
    )
    assert (found["base_seconds"]["exact"], found["down_seconds"]["exact"]) == (f"{21 * 8 * 3600}/1", "0/1")


def test_an_exclusion_outside_the_hours_leaves_the_base_alone() -> None:
    terms = document(zone="Europe/Berlin", service_hours=OFFICE)
    night = {
        "kind": "planned_maintenance",
        "approved": True,
        "start": "2026-03-10T16:00:00+01:00",
        "end": "2026-03-10T20:00:00+01:00",
    }
    found = commitment(terms, exclusions=[night])
    assert found["base_seconds"]["exact"] == f"{(22 * 8 - 1) * 3600}/1"


def deadline(**event: Any) -> dict[str, Any]:
    indicator = {"kind": "events_on_time", "deadline_seconds": 4 * 3600, "business_hours": OFFICE}
    terms = document(
        zone="Europe/Berlin",
        indicator=indicator,
        exclusions=[],
        excluded_time=None,
        unknown_time=None,
        part_life=None,
    )
    return commitment(terms, coverage=[], events=[{"id": "t1", **event}])


def test_the_clock_of_an_event_runs_in_business_hours_only() -> None:
    # Friday 15:00 to Monday 11:00 is two hours and two hours: exactly the deadline.
    friday, monday = "2026-03-06T15:00:00+01:00", "2026-03-09T11:00:00+01:00"
    found = deadline(started_at=friday, ended_at=monday)
    assert found["rows"][0]["figures"]["seconds"]["exact"] == "14400/1"
    assert found["outcome"] == "met"
    late = deadline(started_at=friday, ended_at="2026-03-09T11:00:01+01:00")
    assert (late["rows"][0]["late"], late["outcome"]) == (True, "breach")


def test_waiting_for_the_customer_stops_the_clock() -> None:
    found = deadline(
        started_at="2026-03-06T15:00:00+01:00",
        ended_at="2026-03-09T12:00:00+01:00",
        # Two hours of wall time, one of them outside of business hours.
        paused=[{"start": "2026-03-06T16:00:00+01:00", "end": "2026-03-06T18:00:00+01:00"}],
    )
    assert found["rows"][0]["figures"]["seconds"]["exact"] == "14400/1"
    assert found["outcome"] == "met"


def test_a_flat_multiple_is_of_the_price_of_the_lost_time() -> None:
    terms = document(schedule={"kind": "flat", "worth": {"price_multiple": "10"}}, exclusions=[])
    found = commitment(
        terms, fee="744.00", outages=[{"start": "2026-03-10T00:00:00Z", "end": "2026-03-10T02:00:00Z"}]
    )
    # 744 for 744 hours is one an hour; two hours at ten times the price.
    assert found["credit_amount"] == "20.00"


def test_a_limit_on_a_figure_that_nothing_gives_is_a_question() -> None:
    terms = document(target_percent=None, limit={"on": "smell", "op": "at_most", "value": "1"}, exclusions=[])
    found = commitment(terms, fee="1.00")
    assert found["outcome"] == "open_question"
    assert [question["code"] for question in found["open_questions"]] == ["FIGURE_MISSING"]
    assert "FIGURE_UNKNOWN" in {finding.code for finding in lint(parse_terms(terms))}


def test_a_combination_without_the_facts_of_a_part_is_a_question() -> None:
    terms = document()
    terms["commitments"].append({**document(key="second")["commitments"][0]})
    terms["combinations"] = [{"name": "both", "commitments": ["uptime", "second"], "rule": "sum"}]
    given = {"window": {"containing": "2026-03-10"}, "commitments": {"uptime": {"coverage": "whole_window"}}}
    found = calculate(terms, given)["windows"][0]["combinations"]["both"]
    assert found["credit_amount"] is None
    assert [question["code"] for question in found["open_questions"]] == ["PART_MISSING"]


def test_rows_that_overlap_are_found_also_where_the_terms_say_which_applies() -> None:
    rows = [
        {"upper": "99", "upper_inclusive": False, "percent": "25"},
        {"upper": "95", "upper_inclusive": False, "percent": "100"},
        {"lower": "99", "lower_inclusive": True, "upper": "99.9", "upper_inclusive": False, "percent": "10"},
    ]
    schedule = {"kind": "tiers", "tiers": rows, "several": "highest"}
    (found,) = [one for one in lint(parse_terms(document(schedule=schedule))) if one.code == "TIER_OVERLAP"]
    assert found.severity == "warning"
    assert "highest" in found.sentence
