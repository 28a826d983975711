"""What was changed between two states, and what two people's changes come to."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.terms_form.edits import apply_edits
from contracts.terms_form.operations import MAX_PASTED, operate, paste
from contracts.terms_form.page import SHAPE
from contracts.terms_form.steps import changed_place, merge
from contracts.terms_form.values import UnknownOperation, posted, shown
from tests import factories
from tests.contracts.filled import agreement


def values():
    return shown(SHAPE, factories.terms(factories.commitment_terms(), factories.seconds_terms()))


def test_the_deepest_place_of_a_change_is_named():
    before = values()
    place = "commitments.0.schedule.tiers.1.percent"
    assert changed_place(SHAPE, before, apply_edits(SHAPE, before, [(place, "7")])) == place
    assert changed_place(SHAPE, before, deepcopy(before)) is None
    two = apply_edits(SHAPE, before, [("title", "x"), (place, "7")])
    assert changed_place(SHAPE, before, two) == ""
    fewer = operate(SHAPE, deepcopy(before), "del:commitments.0.caps.0")
    assert changed_place(SHAPE, before, fewer) == "commitments.0.caps"
    weighed = apply_edits(SHAPE, before, [("commitments.1.indicator.weights.partial", "1")])
    assert changed_place(SHAPE, before, weighed).startswith("commitments.1.indicator.weights.")


def test_what_does_not_collide_is_merged_from_both():
    base = values()
    mine = apply_edits(SHAPE, base, [("title", "Mine")])
    theirs = apply_edits(SHAPE, base, [("commitments.0.target_percent", "98")])
    merged, collisions = merge(SHAPE, base, mine, theirs)
    assert collisions == []
    assert merged["title"] == "Mine"
    assert merged["commitments"][0]["target_percent"] == "98"


def test_where_both_changed_one_field_mine_stands_and_theirs_is_told():
    base = values()
    mine = apply_edits(SHAPE, base, [("commitments.0.target_percent", "97")])
    theirs = apply_edits(SHAPE, base, [("commitments.0.target_percent", "98"), ("currency", "USD")])
    merged, [collision] = merge(SHAPE, base, mine, theirs)
    assert merged["commitments"][0]["target_percent"] == "97"
    assert merged["currency"] == "USD"
    assert (collision.place, collision.mine, collision.theirs) == ("commitments.0.target_percent", "97", "98")


def test_items_are_matched_by_key_when_one_of_us_moved_or_added_or_removed_them():
    base = values()
    mine = operate(SHAPE, deepcopy(base), "up:commitments.1")
    theirs = apply_edits(SHAPE, base, [("commitments.0.title", "Theirs")])
    merged, collisions = merge(SHAPE, base, mine, theirs)
    assert collisions == []
    assert [one["key"] for one in merged["commitments"]] == [one["key"] for one in mine["commitments"]]
    assert merged["commitments"][1]["title"] == "Theirs"
    more = operate(SHAPE, deepcopy(base), "dup:commitments.0")
    fewer = operate(SHAPE, deepcopy(base), "del:commitments.1")
    merged, collisions = merge(SHAPE, base, more, fewer)
    assert collisions == []
    key = base["commitments"][0]["key"]
    assert [one["key"] for one in merged["commitments"]] == [key, f"{key}-2"]


def test_what_they_took_away_and_i_worked_on_is_a_collision():
    base = values()
    mine = apply_edits(SHAPE, base, [("commitments.1.title", "Mine")])
    theirs = operate(SHAPE, deepcopy(base), "del:commitments.1")
    merged, [collision] = merge(SHAPE, base, mine, theirs)
    assert merged["commitments"][1]["title"] == "Mine"
    assert collision.theirs == "taken away"


def test_rows_that_one_of_us_moved_are_never_merged_by_their_numbers():
    """By number, what they said of one row would be said of another, without a word to anybody."""
    base = values()
    mine = operate(SHAPE, deepcopy(base), "down:commitments.0.schedule.tiers.0")
    place = "commitments.0.schedule.tiers"
    theirs = apply_edits(SHAPE, base, [(f"{place}.0.lower_inclusive", False)])
    for one, other in ((mine, theirs), (theirs, mine)):
        merged, [collision] = merge(SHAPE, base, one, other)
        assert collision.place == place
        assert merged == one


PLACES = st.sampled_from(
    [
        ("title", "changed"),
        ("commitments.0.target_percent", "90"),
        ("commitments.0.schedule.tiers.0.percent", "11"),
        ("commitments.0.caps.0.value", "12"),
        ("commitments.0.claim", {"kind": "automatic"}),
        ("commitments.0.level_rounding.places", 2),
        ("commitments.1.indicator.weights.partial", "0.9"),
    ]
)


@settings(max_examples=100)
@given(st.lists(PLACES, unique_by=lambda edit: edit[0]), st.lists(PLACES, unique_by=lambda edit: edit[0]))
def test_a_merge_with_nobody_gives_the_other_and_equal_changes_never_collide(ours, others):
    base = values()
    mine, theirs = apply_edits(SHAPE, base, ours), apply_edits(SHAPE, base, others)
    assert merge(SHAPE, base, mine, base) == (mine, [])
    assert merge(SHAPE, base, base, theirs) == (theirs, [])
    merged, collisions = merge(SHAPE, base, mine, theirs)
    assert collisions == []
    assert merged == apply_edits(SHAPE, mine, others)


def test_moving_down_duplicating_and_pasting_do_what_they_say():
    before = values()
    down = operate(SHAPE, deepcopy(before), "down:commitments.0.schedule.tiers.0")
    up = operate(SHAPE, deepcopy(before), "up:commitments.0.schedule.tiers.1")
    assert down == up
    twice = operate(SHAPE, operate(SHAPE, deepcopy(before), "dup:commitments.0"), "dup:commitments.0")
    key = before["commitments"][0]["key"]
    assert [one["key"] for one in twice["commitments"]][:3] == [key, f"{key}-3", f"{key}-2"]
    last = len(before["commitments"]) - 1
    for operation in (f"down:commitments.{last}", "up:commitments.0", "dup:title"):
        with pytest.raises(UnknownOperation):
            operate(SHAPE, deepcopy(before), operation)


def test_days_are_found_in_pasted_text_and_what_holds_none_is_told():
    state = apply_edits(SHAPE, values(), [("commitments.0.service_hours", {"holidays": ["2026-01-01"]})])
    place = "commitments.0.service_hours.holidays"
    text = "New Year 2026-01-01\nLabour Day: 1.5.2026\n31.2.2026\nsome day\n2026-12-25, 2026-12-26"
    state, said = paste(SHAPE, state, place, text)
    days = state["commitments"][0]["service_hours"]["holidays"]
    assert days == ["2026-01-01", "2026-05-01", "2026-12-25", "2026-12-26"]
    assert said == "3 added. 1 stood there already. No day was found in: 31.2.2026; some day."
    with pytest.raises(UnknownOperation):
        paste(SHAPE, state, "title", "x")


def test_what_is_too_much_to_paste_at_once_is_told_and_not_called_known():
    place = "commitments.0.services"
    lines = "\n".join(["shop", *(f"service-{number}" for number in range(MAX_PASTED + 7))])
    state, said = paste(SHAPE, apply_edits(SHAPE, values(), [(place, ["shop"])]), place, lines)
    assert len(state["commitments"][0]["services"]) == MAX_PASTED + 1
    assert (
        said
        == "400 added. 1 stood there already. 7 left out: at most 400 are added at once; paste the rest again."
    )


@pytest.mark.parametrize("name", ["pfi-fire-police", "cherryroad-colo", "uk-msa-points", "verizon-pip"])
def test_a_block_that_is_not_drawn_travels_whole(name):
    from contracts.terms_form.render import Form
    from tests.contracts.form_driver import Reader

    wanted = shown(SHAPE, agreement(name).document())
    wanted["commitments"] = (wanted["commitments"] * 5)[:5]
    written = Form("/terms/?op=", {}).document(SHAPE, wanted)
    assert written.count("__whole") == 5
    reader = Reader()
    reader.draw(wanted)
    drawn = posted(SHAPE, reader.sent)
    import html
    import re

    sent = {name: text for name, text in reader.sent.items() if not name.startswith("terms.commitments.")}
    sent |= {
        one[1]: html.unescape(one[2])
        for one in re.finditer(r"""name="(terms\.commitments\.[0-9]+\.__whole)" value='([^']*)'""", written)
    }
    assert posted(SHAPE, sent | {"terms.commitments.__here": "1"}) == drawn


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"key": 3}', '{"caps": []}', "[" * 5000, json.dumps({"caps": {"0": 1}})]
)
def test_nothing_that_travels_whole_breaks_the_form(text):
    from contracts.terms_form.page import TermsPage

    page = TermsPage(posted(SHAPE, {"terms.commitments.__here": "1", "terms.commitments.0.__whole": text}))
    assert page.faults
    assert page.html
