"""Every offered mend removes its finding, adds none, and leaves valid terms."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agreements import engine
from agreements.benchmark import HERE
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms
from reckoning.terms.linter import Finding, lint
from reckoning.terms.mends import MOST, NEEDED, REMOVED, Edit, Mend, applied, mends, needed
from reckoning.terms.templates import terms_from
from tests.reckoning.build import document, terms, weighted_terms
from tests.reckoning.test_linter import row

A4 = [row("99", "99.49", "10", "[]"), row("95", "98.99", "25", "[]"), row(None, "95", "100")]
ROLES = {"monitor"}


def after(agreed: Terms, one: Mend) -> Terms:
    return parse_terms(applied(agreed.document(), one.edits))


def offers(agreed: Terms) -> list[tuple[Finding, tuple[Mend, ...]]]:
    return [(found, mends(agreed, found, ROLES)) for found in lint(agreed, ROLES)]


def hold(agreed: Terms, roles: set[str] | None = ROLES) -> int:
    """Checks every offered mend of a document; how many there were."""
    count = 0
    before = lint(agreed, roles)
    for finding in before:
        offered = mends(agreed, finding, roles)
        assert len(offered) <= MOST
        assert len({one.label for one in offered}) == len(offered)
        for one in offered:
            count += 1
            left = lint(after(agreed, one), roles)
            same = [other for other in left if place(other) == place(finding)]
            assert finding.sentence not in [other.sentence for other in same]
            gone = Counter(map(place, before)) - Counter([place(finding)])
            assert not Counter(map(place, left)) - gone, (finding, one)
    return count


def place(finding: Finding) -> tuple[str, str]:
    """The code and the commitment of a finding."""
    return finding.code, finding.path.split(".")[1]


def steps(*deadlines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "steps", "steps": [{"name": "claim", "deadlines": list(deadlines), **more}]}


def days(count: int, anchor: str = "window_end") -> dict[str, Any]:
    return {"anchor": anchor, "after": {"count": count, "unit": "days"}}


# The changes of the shop that give a finding, and the labels of what is offered.
BY_CODE: list[tuple[str, dict[str, Any], int]] = [
    ("TIER_HOLE", {"schedule__tiers": A4, "target_percent": "99.5"}, 3),
    ("TIER_HOLE", {"schedule__tiers": [row("99", "99.9", "10", "()"), row(None, "99", "25")]}, 3),
    ("TIER_HOLE", {"schedule__tiers": [row("99", "99.9", "10")]}, 2),
    ("TIER_OVERLAP", {"schedule__tiers": [row("98", "99.9", "10"), row(None, "99", "25")]}, 2),
    ("TIER_BOTH_ENDS", {"schedule__tiers": [row("99", "99.9", "10"), row(None, "99", "25", "[]")]}, 2),
    ("TIER_BOUND_UNSTATED", {"schedule__tiers": [row("99", "99.9", "10", "?)"), row(None, "99", "25")]}, 1),
    (
        "TIER_BOUND_UNSTATED",
        {"schedule__tiers": [row("99", "99.9", "10", "?)"), row(None, "99", "25", "[?")]},
        2,
    ),
    ("TIER_NOT_MONOTONE", {"schedule__tiers": [row("99", "99.9", "25"), row(None, "99", "10")]}, 3),
    ("TIER_UNREACHABLE", {"target_percent": "99"}, 1),
    (
        "TARGET_AND_TIER_DISAGREE",
        {"schedule__tiers": [row("99", "99.9", "10", "[]"), row(None, "99", "25")]},
        1,
    ),
    ("CAP_BELOW_TIER", {"caps": [{"kind": "percent_of_fee", "value": "20"}]}, 2),
    ("CAP_BELOW_TIER", {"caps": [{"kind": "days_of_fee", "value": "5"}]}, 2),
    ("FIGURE_UNKNOWN", {"schedule__factors": [{"name": "s", "figure": "down_second"}]}, 1),
    ("FIGURE_UNKNOWN", {"schedule__factors": [{"name": "s", "figure": "seats"}]}, 0),
    ("POINTS_WITHOUT_WORTH", {"schedule": {"kind": "flat", "worth": {"points": 1}}}, 0),
    (
        "WORTH_UNITS_DIFFER",
        {
            "schedule": {
                "kind": "per_unit",
                "on": "down_seconds",
                "unit": 1,
                "units": "started",
                "worth": {"days": 1},
                "first": {"from_value": 1, "worth": {"amount": 5}},
            }
        },
        0,
    ),
    ("NO_ROWS_FOR_EACH", {"schedule": {"kind": "flat", "each": "event", "worth": {"amount": 1}}}, 1),
    ("ROUNDING_HIDES_BREACH", {"level_rounding": {"places": 1, "mode": "half_up"}}, 2),
    ("ROUNDING_COARSER_THAN_TARGET", {"level_rounding": {"places": 0, "mode": "down"}}, 2),
    ("CLAIM_AFTER_DEADLINE", {"claim": {"kind": "by_deadline", "days": 5}}, 2),
    ("CLAIM_AFTER_DEADLINE", {"claim": steps(days(4))}, 2),
    ("CLAIM_OPENS_AFTER_DEADLINE", {"claim": steps(days(10), opens=days(20))}, 1),
    ("CLAIM_DEADLINE_IDLE", {"claim": steps(days(10), days(20))}, 1),
    (
        "RIGHTS_CONTRADICT",
        {
            "remedy": {
                "rights": [
                    {"name": "a", "sentence": "s", "at_least": 3, "of_last": 3, "same_promise": "x"},
                    {"name": "b", "sentence": "s", "at_least": 3, "of_last": 6, "same_promise": "x"},
                ]
            }
        },
        0,
    ),
    ("SOURCE_ROLE_UNPLAYED", {"source_role": "Monitor"}, 1),
    (
        "EXCLUSION_ALLOWS_NOTHING",
        {"exclusions": [{"kind": "planned_maintenance", "allowance_seconds": 0}]},
        2,
    ),
]


@pytest.mark.parametrize(("code", "changes", "least"), BY_CODE)
def test_each_offered_mend_of_a_code_removes_the_finding_and_adds_none(
    code: str, changes: dict[str, Any], least: int
) -> None:
    agreed = terms(**changes)
    offered = [found for finding, found in offers(agreed) if finding.code == code]
    assert offered
    assert max(len(found) for found in offered) >= least
    assert all(found or needed(code) for found in offered)
    hold(agreed)


def test_exclusions_on_daily_seconds_can_be_left_away() -> None:
    agreed = weighted_terms(exclusions=[{"kind": "planned_maintenance"}])
    ((finding, (mend,)),) = offers(agreed)
    assert finding.code == "EXCLUSIONS_WITHOUT_INTERVALS"
    assert after(agreed, mend).commitments[0].exclusions == ()


def test_the_holes_of_tiers_written_with_two_decimals_close_by_one_button_each() -> None:
    agreed = terms(schedule__tiers=A4, target_percent="99.5")
    first, second = offers(agreed)
    assert [one.label for one in first[1]][:2] == [
        "Close the gap: let tier 2 end at 99 %, not included.",
        "Close the gap: let tier 1 begin at 98.99 %, not included.",
    ]
    assert second[1][0].label == "Close the gap: let tier 1 end at 99.5 %, not included."
    assert second[1][0].effect == "What lies there then earns 10 % of the fee."
    once = after(agreed, first[1][0])
    ((left, again),) = offers(once)
    assert "99.49" in left.sentence
    assert lint(after(once, again[0]), ROLES) == ()


def test_a_mend_leaves_every_other_word_of_the_document_as_it_was() -> None:
    agreed = terms(schedule__tiers=A4, target_percent="99.5")
    ((_, (mend, *_)), _) = offers(agreed)
    changed = after(agreed, mend).document()
    assert changed["commitments"][0]["schedule"]["tiers"][1].pop("upper") == "99"
    assert changed["commitments"][0]["schedule"]["tiers"][1].pop("upper_inclusive") is False
    own = agreed.document()
    own["commitments"][0]["schedule"]["tiers"][1].pop("upper")
    own["commitments"][0]["schedule"]["tiers"][1].pop("upper_inclusive")
    assert changed == own


def test_no_row_is_taken_out_of_a_list_that_another_reading_names_by_numbers() -> None:
    """The other reading would then change another row than its author meant."""
    tiers = [row("99", "99.9", "10"), row(None, "99", "25", "[]"), row(None, "99", "25", "[]")]
    reading = {
        "name": "rows",
        "question": "Which?",
        "chosen": "As written.",
        "chosen_by": "Legal",
        "chosen_on": "2026-01-01",
        "why": "It says so.",
        "alternatives": [{"name": "less", "set": {"schedule.tiers.1.percent": "24"}}],
    }

    def removed(**more: Any) -> bool:
        agreed = terms(schedule__tiers=tiers, **more)
        edits = [edit for _, offered in offers(agreed) for one in offered for edit in one.edits]
        return any(edit.value is REMOVED for edit in edits)

    assert removed()
    assert not removed(readings=[reading])
    assert removed(readings=[reading | {"alternatives": [{"name": "one", "set": {"target_percent": "99"}}]}])


def test_every_code_of_the_linter_says_what_a_person_must_know() -> None:
    folder = Path(__file__).resolve().parents[2] / "docs" / "terms" / "linter.md"
    listed = [line.split("`")[1] for line in folder.read_text().splitlines() if line.startswith("| `")]
    codes = [one for one in listed if one.isupper()]
    assert codes
    assert set(codes) <= set(NEEDED)


@cache
def published() -> dict[str, Terms]:
    found = {}
    for path in sorted(HERE.glob("*.yaml")):
        plain = engine.read(path)
        if isinstance(plain, dict) and ("commitments" in plain or "terms" in plain):
            try:
                found[path.stem] = terms_from(plain)
            except TermsError:
                continue
    return found


def broken(plain: dict[str, Any]) -> Iterator[Any]:
    """The document with one bound of one row moved, left out or turned round at a time."""
    for number, commitment in enumerate(plain["commitments"]):
        schedule = commitment["schedule"]
        for index, tier in enumerate(schedule.get("tiers", ())):
            for side in ("lower", "upper"):
                at = f"commitments.{number}.schedule.tiers.{index}.{side}"
                if tier[side] is None:
                    continue
                yield Edit(f"{at}_inclusive", None)
                yield Edit(f"{at}_inclusive", not tier[f"{side}_inclusive"])
                yield Edit(at, str(Decimal(tier[side]) * Decimal("0.99")))


def test_each_mend_of_a_published_agreement_removes_the_finding_and_adds_none() -> None:
    assert len(published()) > 50
    assert sum(hold(agreed, None) for agreed in published().values()) >= 10


def turned(most: int) -> int:
    """Checks agreements with a few bounds moved; how many mends were offered."""
    offered = 0
    for agreed in published().values():
        plain = agreed.document()
        for edit in list(broken(plain))[:most]:
            try:
                offered += hold(parse_terms(applied(plain, [edit])), None)
            except TermsError:
                continue
    return offered


def test_each_mend_of_a_published_agreement_with_a_bound_left_unsaid_holds() -> None:
    assert turned(1) > 30


@pytest.mark.slow
def test_each_mend_of_a_published_agreement_with_any_bound_turned_round_holds() -> None:
    assert turned(100) > 500


def test_terms_without_a_finding_are_offered_nothing() -> None:
    assert offers(parse_terms(document())) == []
