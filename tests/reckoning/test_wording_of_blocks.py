"""Every field of every block has its words: two documents that differ are never worded alike."""

from typing import Any

import pytest

from reckoning.terms import parse_terms
from reckoning.terms.wording import word
from tests.reckoning.build import document

OUTAGES = {"kind": "uptime_from_intervals", "down_severities": ["down"]}
RATE = {"kind": "error_rate", "aggregate": "pooled"}
SHARE = {
    "kind": "error_rate",
    "aggregate": "share_of_good_intervals",
    "interval_seconds": 60,
    "bad_interval": {"op": "more_than", "percent": "5"},
}
EVENTS = {"kind": "events_on_time", "deadline_seconds": 7200}
LOSS = {"kind": "quantity", "unit": "percent", "aggregate": "mean"}
PARTS = {"kind": "weighted_parts", "parts": [{"name": "hall", "weight": "30", "key": True}]}
FORMULA = {
    "kind": "formula",
    "unit": "number",
    "formula": {"inputs": [{"name": "a", "meaning": "the first figure"}], "result": "a * 2"},
}
INDICATORS: list[dict[str, Any]] = [
    OUTAGES,
    *(
        {**OUTAGES, **change}
        for change in (
            {"component_rule": "all", "down_components": ["a", "b"]},
            {"component_rule": "any", "down_components": ["a", "b"]},
            {"clock_starts": "report"},
            {"clock_ends": "closed"},
            {"minimum_run_seconds": 60, "run_order": "exclude_then_test_then_clip"},
            {"minimum_run_seconds": 60, "run_order": "test_each_report"},
            {"run_order": "clip_then_test"},
            {"grace_seconds": 3600},
            {"grid_seconds": 300},
            {"grid_seconds": 300, "grid_rule": "touched_cells"},
            {"started_unit_seconds": 1800},
            {"weight": "affected_users"},
            {"weight": "affected_users", "overlap": "once"},
            {"weight": "affected_share"},
            {"used_time": "left_out"},
        )
    ),
    RATE,
    {**RATE, "aggregate": "mean_of_intervals", "interval_seconds": 300},
    {**RATE, "interval_seconds": 300},
    {**RATE, "empty_interval": "left_out"},
    {**RATE, "interval_seconds": 300, "minimum_requests": 10},
    {**RATE, "empty_interval": "all_errors"},
    {**RATE, "retry_filter": {"first_seconds": "1", "factor": "2", "most_seconds": "32"}},
    {**RATE, "retry_filter": {"first_seconds": "2", "factor": "2", "most_seconds": "32"}},
    {**RATE, "retry_filter": {"first_seconds": "1", "factor": "3", "most_seconds": "32"}},
    {**RATE, "retry_filter": {"first_seconds": "1", "factor": "2", "most_seconds": "64"}},
    SHARE,
    {**SHARE, "bad_interval": {"op": "at_least", "percent": "5"}},
    {**SHARE, "minimum_run_seconds": 600},
    {**SHARE, "minimum_run_seconds": 600, "minimum_run_strict": True},
    {**SHARE, "minimum_run_strict": True},
    EVENTS,
    {**EVENTS, "kinds": ["scheduled"]},
    {**EVENTS, "deadline_inclusive": False},
    {"kind": "events_on_time"},
    LOSS,
    *({**LOSS, "aggregate": one} for one in ("maximum", "minimum", "sum", "count", "single")),
    {**LOSS, "unit": "ms"},
    {**LOSS, "minimum_samples": 100},
    {**LOSS, "aggregate": "percentile", "percentile": "99"},
    {**LOSS, "aggregate": "share_within", "within": "1"},
    {**LOSS, "aggregate": "share_within", "within": "1", "within_op": "less_than"},
    PARTS,
    {**PARTS, "all_failed_from_key_parts": 2},
    {"kind": "weighted_parts", "parts": [{"name": "hall", "weight": "30"}]},
    {"kind": "composite", "rule": "product", "of": [{"commitment": "a"}, {"commitment": "b"}]},
    {"kind": "composite", "rule": "lowest", "of": [{"commitment": "a"}, {"commitment": "b"}]},
    {"kind": "composite", "rule": "lowest", "of": [{"commitment": "a"}, {"commitment": "b", "weight": "2"}]},
    FORMULA,
    {**FORMULA, "unit": "percent"},
    {**FORMULA, "formula": {**FORMULA["formula"], "result": "a * 3"}},
]

TEN = {"percent": "10"}
UNITS = {"kind": "per_unit", "on": "down_seconds", "unit": "30", "units": "complete", "worth": TEN}
FLAT = {"kind": "flat", "worth": TEN}
FACTOR = {"name": "share", "quantity": "share"}
SCHEDULES: list[dict[str, Any]] = [
    FLAT,
    {"kind": "nothing"},
    {"kind": "formula", "unit": "amount", "formula": FORMULA["formula"]},
    {"kind": "formula", "unit": "percent", "formula": FORMULA["formula"]},
    *(
        {"kind": "flat", "worth": {unit: "10"}}
        for unit in ("days", "hours", "amount", "points", "price_multiple")
    ),
    UNITS,
    {**UNITS, "units": "started"},
    {**UNITS, "units": "proportional"},
    {**UNITS, "bounds_in": "minutes"},
    {**UNITS, "on": "runs"},
    {**UNITS, "unit": "31"},
    {**UNITS, "beyond": {"number": "5"}},
    {**UNITS, "beyond": {"percent": "5", "of": "base_seconds"}},
    {**UNITS, "beyond": {"number": "5"}, "counts": "all"},
    {**UNITS, "up_to": {"number": "50"}},
    {**UNITS, "first": {"from_value": "12", "worth": {"percent": "20"}}},
    {**UNITS, "most_units": 3},
    *(
        {**FLAT, **change}
        for change in (
            {"each": "outage"},
            {"each": "event"},
            {"each": "day"},
            {"each": "outage", "one_per": "calendar_day"},
            {"each": "outage", "one_per": "24_hours"},
            {"each": "outage", "together": "highest"},
            {"each": "outage", "together": "highest_per_cause"},
            {"index": "prices"},
            {"repetition": {"factor": "2"}},
            {"points_percent": "0.5"},
            {"requires_missed_target": False},
            {"factors": [FACTOR]},
            {"factors": [{**FACTOR, "is_percent": True}]},
            {"factors": [{**FACTOR, "divided_by": "12"}]},
            {"factors": [{**FACTOR, "divided_by_quantity": "parts"}]},
            {"factors": [{**FACTOR, "places": 1}]},
            {"factors": [{**FACTOR, "places": 1, "mode": "down"}]},
            {"factors": [{**FACTOR, "rows": [{"from_value": "0", "factor": "1"}]}]},
            {"factors": [{"name": "share", "number": "3"}]},
            {"factors": [{"name": "share", "figure": "runs"}]},
        )
    ),
]
TABLE = document()["commitments"][0]["schedule"]
SCHEDULES += [
    TABLE,
    *({**TABLE, "several": one} for one in ("first", "last", "highest", "lowest")),
    {**TABLE, "none": "nothing"},
    {**TABLE, "lookup_rounding": {"places": 1, "mode": "half_up"}},
    {**TABLE, "lookup_rounding": {"places": 1, "mode": "up"}},
    {**TABLE, "on": "down_seconds"},
    {**TABLE, "on": "down_seconds", "bounds_in": "minutes"},
]

REST: list[dict[str, Any]] = [
    {},
    {"limit": {"on": "runs", "op": "at_most", "value": "1"}, "target_percent": None},
    {"limit": {"on": "runs", "op": "less_than", "value": "1"}, "target_percent": None},
    {"limit": {"on": "runs", "op": "at_most", "value": "2"}, "target_percent": None},
    {"limit": {"on": "down_seconds", "op": "at_most", "value": "1"}, "target_percent": None},
    {
        "limit": {"on": "down_seconds", "op": "at_most", "value": "1", "bounds_in": "hours"},
        "target_percent": None,
    },
    {"no_base": "met"},
    {"bands": [{"name": "over", "from_percent": "99.99"}]},
    {"bands": [{"name": "warning", "from_percent": "99.99"}]},
    {"minimum": {"amount": "1", "strict": True}},
    {"minimum": {"amount": "1", "strict": False}},
    {"minimum": {"amount": "1", "strict": True, "compared": "rounded"}},
    {"rounding": {"places": 4}},
    {"rounding": {"mode": "up"}},
    *(
        {"fee_base": change}
        for change in (
            {"parts": ["use"]},
            {"period": "previous_window"},
            {"period": "before_claim"},
            {"ratios": [{"divided_by": "12"}]},
            {"ratios": [{"times": "2"}]},
            {"ratios": [{"times_quantity": "days"}]},
            {"ratios": [{"divided_by_quantity": "days"}]},
            {"covers_seconds": 3600},
            {"covers_days": 30},
        )
    ),
    *(
        {"caps": [{"kind": "percent_of_fee", "value": "50", **change}]}
        for change in (
            {},
            {"per": "outage"},
            {"per": "rolling", "windows": 12},
            {"per": "rolling", "windows": 6},
            {"per": "term"},
            {"per": "year"},
            {"per": "year", "first_month": 4},
            {"per": "year", "of": "setup"},
            {"per": "receiving_invoice"},
            {"per": "receiving_invoice", "carry_over": True},
            {"of": "setup"},
            {"kind": "hours_of_fee"},
        )
    ),
    {"exclusions": [{"kind": "planned_maintenance", "allowance_seconds": 60}]},
    {
        "exclusions": [
            {"kind": "planned_maintenance", "allowance_seconds": 60, "allowance_period": "calendar_year"}
        ]
    },
    {
        "exclusions": [
            {
                "kind": "planned_maintenance",
                "recurring": [
                    {"every": "week", "weekdays": ["saturday"], "starts": "02:00", "ends": "06:00"}
                ],
            }
        ]
    },
]


def text(**changes: Any) -> str:
    return "\n".join(f"{one.heading}: {one.text}" for one in word(parse_terms(document(**changes))))


def of_indicator(indicator: dict[str, Any]) -> str:
    plain = document(indicator=indicator)
    if indicator["kind"] == "composite":
        plain["commitments"] += [document(key=key)["commitments"][0] for key in ("a", "b")]
    return "\n".join(f"{one.heading}: {one.text}" for one in word(parse_terms(plain)))


@pytest.mark.parametrize("kind", ["indicator", "schedule", "rest"])
def test_no_two_variants_are_worded_alike(kind: str) -> None:
    if kind == "indicator":
        texts = [of_indicator(one) for one in INDICATORS]
    elif kind == "schedule":
        texts = [text(schedule=one) for one in SCHEDULES]
    else:
        texts = [text(**one) for one in REST]
    alike = [
        (left, right) for left in range(len(texts)) for right in range(left) if texts[left] == texts[right]
    ]
    assert alike == []
    assert all(".." not in one and "  " not in one for one in texts)


def test_a_combination_has_its_words() -> None:
    plain = document()
    second = {**document(key="second")["commitments"][0], "title": "Support"}
    plain["commitments"].append(second)
    texts = set()
    for change in ({}, {"rule": "highest"}, {"rule": "customer_choice"}, {"same_cause": "together"}):
        rule = {"name": "both", "commitments": ["uptime", "second"], "rule": "sum", **change}
        clause = word(parse_terms({**plain, "combinations": [rule]}))[-1]
        assert clause.path == "combinations.0"
        assert "'Support'" in clause.text
        texts.add(clause.text)
    assert len(texts) == 4
