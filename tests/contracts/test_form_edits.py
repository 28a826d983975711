"""Edits of the form's values: each changes what its path names, and nothing else."""

import pytest

from contracts.terms_form.edits import REMOVE, apply_edits
from contracts.terms_form.page import SHAPE
from contracts.terms_form.values import UnknownOperation, document, shown
from reckoning.terms import parse_terms
from tests import factories


def values():
    return shown(SHAPE, factories.terms(factories.commitment_terms(), factories.seconds_terms()))


def test_an_edit_changes_its_field_and_leaves_the_values_given():
    before = values()
    after = apply_edits(SHAPE, before, [("commitments.0.schedule.tiers.0.upper", "99.5")])
    assert after["commitments"][0]["schedule"]["tiers"][0]["upper"] == "99.5"
    assert before == values()


def test_an_item_is_taken_away_and_the_number_after_the_last_appends_one():
    before = values()
    count = len(before["commitments"][0]["schedule"]["tiers"])
    tier = {"upper": "10", "percent": "100"}
    place = "commitments.0.schedule.tiers"
    after = apply_edits(SHAPE, before, [(f"{place}.0", REMOVE), (f"{place}.{count - 1}", tier)])
    plain = document(SHAPE, after)["commitments"][0]["schedule"]["tiers"]
    assert len(plain) == count
    assert (plain[-1]["upper"], plain[-1]["percent"]) == ("10", "100")


def test_a_block_that_is_left_empty_comes_to_be_above_an_edit_inside_it():
    after = apply_edits(SHAPE, values(), [("commitments.0.level_rounding.places", 2)])
    assert document(SHAPE, after)["commitments"][0]["level_rounding"]["places"] == 2
    gone = apply_edits(SHAPE, after, [("commitments.0.level_rounding", REMOVE)])
    assert "level_rounding" not in document(SHAPE, gone)["commitments"][0]


def test_a_name_among_pairs_is_set_added_and_removed():
    at = "commitments.1.indicator.weights"
    after = apply_edits(SHAPE, values(), [(f"{at}.partial", "0.5"), (f"{at}.new one", "1")])
    weights = document(SHAPE, after)["commitments"][1]["indicator"]["weights"]
    assert (weights["partial"], weights["new one"]) == ("0.5", "1")
    assert "partial" not in dict(
        apply_edits(SHAPE, after, [(f"{at}.partial", REMOVE)])["commitments"][1]["indicator"]["weights"]
    )


def test_a_union_changes_its_kind_by_value_or_as_a_whole():
    whole = apply_edits(SHAPE, values(), [("commitments.0.claim", {"kind": "automatic"})])
    assert document(SHAPE, whole)["commitments"][0]["claim"] == {"kind": "automatic"}
    kind = apply_edits(SHAPE, whole, [("commitments.0.claim.kind", "by_deadline")])
    assert document(SHAPE, kind)["commitments"][0]["claim"]["kind"] == "by_deadline"
    assert parse_terms(document(SHAPE, whole))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing",
        "commitments.7.title",
        "commitments.0.title.x",
        "commitments.x",
        "commitments.0.claim.kind.x",
    ],
)
def test_a_path_that_names_nothing_is_refused_by_name(path):
    with pytest.raises(UnknownOperation):
        apply_edits(SHAPE, values(), [(path, "1")])
