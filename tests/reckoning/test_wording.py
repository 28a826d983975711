"""Plain words and differences: every field that changes the terms changes the words."""

from typing import Any

import pytest

from reckoning.terms import Terms
from reckoning.terms.difference import Change, diff
from reckoning.terms.wording import word
from tests.reckoning.build import document, terms, weighted_terms
from tests.reckoning.test_terms import reading


def text(agreed: Terms) -> str:
    return "\n".join(f"{clause.heading}: {clause.text}" for clause in word(agreed))


TIERS = document()["commitments"][0]["schedule"]["tiers"]
CHANGES: list[dict[str, Any]] = [
    {"title": "Other"},
    {"currency": "JPY"},
    {"zone": "Europe/Berlin"},
    {"dated_text": {"after": "a text", "dated": "2020-12", "note": "Invented fees"}},
    {"services": ["shop", "till"]},
    {"source_role": "vendor"},
    {"indicator__down_severities": ["critical"]},
    {"indicator__down_components": ["API"]},
    {"indicator__minimum_run_seconds": 60},
    {"window__kind": "calendar_quarter"},
    {"window__zone": "America/New_York"},
    {"excluded_time": "counted_as_up"},
    {"unknown_time": "up"},
    {"unknown_time": "down"},
    {"unknown_time": "excluded"},
    {"unknown_time": "carry_last"},
    {"part_life": "deemed_up"},
    {"exclusions": []},
    {"exclusions": [{"kind": "force_majeure"}]},
    {"exclusions": [{"kind": "planned_maintenance", "notice_seconds": 259_200}]},
    {"exclusions": [{"kind": "planned_maintenance", "allowance_seconds": 14_400}]},
    {"target_percent": "99.95"},
    {"target_inclusive": False},
    {"level_rounding": {"places": 2, "mode": "half_up"}},
    {"level_rounding": {"places": 2, "mode": "down"}},
    {"schedule__tiers": TIERS[:1]},
    {"schedule__tiers": [{**TIERS[0], "lower_inclusive": None}, TIERS[1]]},
    {"schedule__tiers": [{**TIERS[0], "upper_inclusive": True}, TIERS[1]]},
    {"schedule__requires_missed_target": False},
    {"caps": [{"kind": "percent_of_fee", "value": "50"}]},
    {"caps": [{"kind": "days_of_fee", "value": "15"}]},
    {"caps": [{"kind": "amount", "value": "500"}]},
    {"rounding": {"mode": "down"}},
    {"claim": {"kind": "by_deadline", "days": 30}},
    {"claim": {"kind": "by_deadline", "days": 30, "form": "written"}},
    {"cut_off_days": 6},
    {"readings": [reading(target_percent="99")]},
]


def test_every_change_of_the_terms_changes_the_words_and_no_two_are_worded_alike() -> None:
    texts = [text(terms())] + [text(terms(**change)) for change in CHANGES]
    assert len(set(texts)) == len(texts)


def test_the_minimum_length_and_its_order_are_worded() -> None:
    plain = {"indicator__minimum_run_seconds": 60}
    variants = [
        plain,
        {**plain, "indicator__minimum_run_strict": True},
        {**plain, "indicator__run_order": "clip_then_test"},
    ]
    assert len({text(terms(**one)) for one in variants}) == 3


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "-".join(change))
def test_every_change_is_seen_by_the_difference(change: dict[str, Any]) -> None:
    assert diff(terms(), terms(**change))
    assert diff(terms(**change), terms(**change)) == []


def test_each_clause_has_its_own_number_and_the_path_of_a_block() -> None:
    clauses = word(weighted_terms(readings=[reading()], caps=[{"kind": "amount", "value": "1"}]))
    assert len({clause.number for clause in clauses}) == len(clauses)
    assert all(clause.text.endswith((".", "?")) for clause in clauses)
    assert "commitments.0.caps.0" in {clause.path for clause in clauses}


def test_weights_are_worded_as_seconds_of_downtime() -> None:
    words = text(weighted_terms())
    assert "a second of partial outage counts as 0.3 seconds of downtime" in words


def test_a_difference_names_path_and_both_sides() -> None:
    assert diff(terms(), terms(target_percent="99.95")) == [
        Change("commitments[uptime].target_percent", "99.9", "99.95")
    ]


def test_a_commitment_that_moves_is_no_change_and_one_that_goes_is() -> None:
    both, turned, one = document(), document(), document()
    second = {**document(key="second")["commitments"][0]}
    both["commitments"].append(second)
    turned["commitments"].insert(0, second)
    from reckoning.terms import parse_terms

    assert diff(parse_terms(both), parse_terms(turned)) == []
    gone = diff(parse_terms(both), parse_terms(one))
    assert all(change.after is None and "second" in change.path for change in gone)
