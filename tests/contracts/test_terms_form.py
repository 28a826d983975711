"""The form's values: a document goes in and comes out the same, and buttons change only what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.terms_form.nodes import nearest, node_of
from contracts.terms_form.operations import operate
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import (
    UnknownOperation,
    blank,
    document,
    number_alternatives,
    posted,
    repeated_names,
    shown,
)
from reckoning.terms import parse_terms
from tests import factories
from tests.admin.forms import posted as browser

DEMO = Path(__file__).resolve().parents[2] / "demo" / "contracts"


def documents() -> list[dict[str, Any]]:
    """Documents that use every block there is."""
    reading = {
        "name": "minimum run",
        "question": "Is a minute long enough?",
        "chosen": "No.",
        "chosen_by": "Lena",
        "chosen_on": "2021-12-01",
        "why": "The text says so.\nTwice.",
        "alternatives": [
            {
                "name": "yes",
                "set": {"indicator.minimum_run_seconds": 60, "indicator.minimum_run_strict": True},
            },
            {"name": "rounded", "set": {"level_rounding": {"places": 2, "mode": "half_up"}}},
        ],
    }
    everything = factories.commitment_terms(
        readings=[reading],
        level_rounding={"places": 3, "mode": "down"},
        claim={"kind": "automatic"},
        caps=[
            {"per": "window", "kind": "amount", "value": "1000.50"},
            {"per": "window", "kind": "days_of_fee", "value": "30"},
        ],
    )
    text = {"after": "A published text", "dated": "2020-12", "note": "As of then."}
    return [
        *[json.loads((DEMO / f"{name}.json").read_bytes()) for name in ("vendor", "customer")],
        factories.terms(),
        factories.terms(everything, factories.seconds_terms(), dated_text=text),
    ]


@pytest.mark.parametrize("number", range(4))
def test_a_document_goes_through_the_form_unchanged(number):
    terms = parse_terms(documents()[number])
    values = shown(SHAPE, terms.document())
    again = parse_terms(number_alternatives(document(SHAPE, values)))
    assert again.canonical() == terms.canonical()


@pytest.mark.parametrize("number", range(4))
def test_what_a_browser_sends_is_what_was_shown(number):
    terms = parse_terms(documents()[number])
    sent: dict[str, str] = {}
    for node in node_of(SHAPE, shown(SHAPE, terms.document()), "", "Terms").every():
        match node.type:
            case "group" | "oneof" | "many" | "pairs":
                sent[f"{node.name}.__here"] = "1"
                if node.type == "oneof":
                    sent[f"{node.name}.kind"] = node.value
            case "pair":
                sent |= {f"{node.name}.name": node.label, f"{node.name}.value": node.value}
            case "absent" | "constant":
                pass
            case _:
                sent[node.name] = node.value.replace("\n", "\r\n")
    page = TermsPage.of_post(sent)
    assert not page.faults
    assert page.terms == terms


def test_a_new_form_shows_the_defaults_of_the_model():
    values = blank(SHAPE)
    [commitment] = values["commitments"]
    assert commitment["target_inclusive"] == "yes"
    assert commitment["indicator"]["kind"] == "uptime_from_intervals"
    assert commitment["rounding"] == {"mode": "half_up", "place": "final_amount", "places": ""}
    assert commitment["level_rounding"] is None
    assert len(commitment["services"]) == len(commitment["schedule"]["tiers"]) == 1


def test_an_untouched_form_says_nothing_and_a_sent_one_names_what_is_missing():
    assert TermsPage(blank(SHAPE), quiet=True).faults == ()
    said = dict(TermsPage(blank(SHAPE)).faults)
    assert said["title"] == "is missing"
    assert said["commitments.0.window.kind"] == "is missing"


def test_an_emptied_optional_block_stays_away():
    values = shown(SHAPE, documents()[3])
    operate(SHAPE, values, "del:dated_text")
    operate(SHAPE, values, "del:commitments.0.level_rounding")
    plain = document(SHAPE, values)
    assert "dated_text" not in plain
    assert "level_rounding" not in plain["commitments"][0]


def test_a_name_that_stands_twice_is_told_and_not_swallowed():
    values = shown(SHAPE, factories.terms(factories.seconds_terms()))
    values["commitments"][0]["indicator"]["weights"] = [["partial", "0.3"], ["partial", "1"]]
    expected = ("commitments.0.indicator.weights.partial", "the name 'partial' stands there twice")
    assert repeated_names(SHAPE, values) == [expected]
    assert TermsPage(values).faults == (expected,)


def test_a_fault_at_a_name_among_pairs_stands_at_its_pair():
    values = shown(SHAPE, factories.terms(factories.seconds_terms()))
    values["commitments"][0]["indicator"]["weights"][0][1] = "a third"
    page = TermsPage(values)
    [place] = [place for place, said in page.said.items() if said[0][0] == "error"]
    [node] = [one for one in node_of(SHAPE, values, "", "Terms").every() if one.place == place]
    assert (node.type, node.label) == ("pair", "partial")


OPERATIONS = st.tuples(
    st.sampled_from(["add", "del", "up", "switch", "drop"]),
    st.lists(
        st.sampled_from(
            [
                "commitments",
                "0",
                "1",
                "7",
                "schedule",
                "tiers",
                "readings",
                "level_rounding",
                "services",
                "",
                "x",
            ]
        ),
        max_size=5,
    ).map(".".join),
).map(":".join)


@settings(max_examples=150)
@given(st.lists(OPERATIONS, max_size=6), st.integers(0, 3))
def test_no_button_ever_breaks_the_form(operations, number):
    """Whatever is pressed in whatever order: it is refused by name, or the form can be drawn and judged."""
    values = shown(SHAPE, documents()[number])
    for operation in operations:
        try:
            values = operate(SHAPE, values, operation)
        except UnknownOperation:
            continue
    page = TermsPage(values)
    assert list(node_of(SHAPE, page.values, "", "Terms").every())
    assert all(isinstance(nearest(SHAPE, page.values, path), str) for path, _ in page.faults)
    assert page.terms is not None or page.faults


@settings(max_examples=150)
@given(
    st.dictionaries(
        st.lists(
            st.sampled_from(
                ["commitments", "0", "indicator", "kind", "weights", "name", "__here", "title", "99999"]
            ),
            min_size=1,
            max_size=6,
        ).map(lambda steps: "terms." + ".".join(steps)),
        st.text(max_size=20),
        max_size=12,
    )
)
def test_nothing_that_is_sent_breaks_the_form(sent):
    page = TermsPage(posted(SHAPE, sent))
    assert list(node_of(SHAPE, page.values, "", "Terms").every())
    assert all(isinstance(nearest(SHAPE, page.values, path), str) for path, _ in page.faults)
    assert page.faults


@pytest.mark.parametrize("number", ["01", "٣", "00000", "999999"])
def test_an_item_with_an_odd_number_is_read_or_left_and_breaks_nothing(number):
    page = TermsPage(
        posted(SHAPE, {"terms.commitments.__here": "1", f"terms.commitments.{number}.title": "Odd"})
    )
    assert [one["title"] for one in page.values["commitments"]] == ([] if number == "999999" else ["Odd"])


def test_moving_up_exchanges_two_neighbours():
    before = [tier["percent"] for tier in factories.TIERS_CUSTOMER]
    page = TermsPage.of_post(browser(factories.terms()), "up:commitments.0.schedule.tiers.2")
    after = [tier["percent"] for tier in page.values["commitments"][0]["schedule"]["tiers"]]
    assert after == [before[0], before[2], before[1]]
