"""A document that is read in parts comes out as one that is read whole: byte for byte, and fault for fault."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reckoning.canonical import canonical_json
from reckoning.errors import TermsError
from reckoning.kept import Kept
from reckoning.terms import Terms, linter, parse_terms
from reckoning.terms.document import MAX_READ_AGAIN
from reckoning.terms.linter import lint
from reckoning.terms.mends import mends
from reckoning.terms.parts import parse_known, parse_parts, read_commitment
from reckoning.terms.plain import MAX_VALUES, guard
from reckoning.terms.wording import word
from tests.contracts.filled import NAMES, agreement

NASTY = ("pfi-fire-police", "uk-msa-points", "verizon-pip", "cherryroad-colo")


def in_parts(plain: dict[str, Any]) -> Terms:
    return parse_parts(
        plain | {"commitments": []}, [read_commitment(deepcopy(one)) for one in plain["commitments"]]
    )


def outcome(read: Any, plain: dict[str, Any]) -> Any:
    try:
        terms = read(plain)
    except TermsError as error:
        return error.findings
    return terms.canonical()


def same(plain: dict[str, Any]) -> Any:
    """What both ways come to."""
    whole, parts = outcome(parse_terms, deepcopy(plain)), outcome(in_parts, plain)
    assert parts == whole
    text = json.dumps(plain)
    # Twice: read anew, and known.
    assert outcome(parse_terms, text) == outcome(parse_known, text) == outcome(parse_known, text)
    return whole


@pytest.mark.parametrize("name", NAMES)
def test_a_published_agreement_has_the_same_bytes_either_way(name: str) -> None:
    terms = agreement(name)
    assert terms.canonical() == canonical_json(terms.model_dump())
    assert same(terms.document()) == terms.canonical()
    again = terms.model_copy(update={"title": "Another"})
    assert again.canonical() == canonical_json(again.model_dump())


JUNK = st.sampled_from(
    [
        None,
        "",
        "99.9",
        "x" * 5000,
        True,
        -1,
        10**16,
        1.5,
        [],
        {},
        [{}],
        {"kind": "tiers"},
        {"kind": "no"},
        ["a", "a"],
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for step, below in inside for one in places(below, (*path, step)))]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NASTY), st.lists(st.tuples(st.integers(0, 10**6), JUNK), min_size=1, max_size=4))
def test_whatever_is_written_anywhere_the_faults_are_the_same(name: str, junk: list[tuple[int, Any]]) -> None:
    plain = agreement(name).document()
    for number, value in junk:
        there = places(plain)[1:]
        *above, last = there[number % len(there)]
        holder = plain
        for step in above:
            holder = holder[step]
        if above or last != "commitments":
            holder[last] = deepcopy(value)
    same(plain)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(NASTY), min_size=1, max_size=4), st.booleans())
def test_several_agreements_in_one_with_keys_that_may_stand_twice(names: list[str], apart: bool) -> None:
    plain = agreement(names[0]).document()
    plain["commitments"] = [one for name in names for one in agreement(name).document()["commitments"]]
    for at, one in enumerate(plain["commitments"]):
        one["key"] = f"c-{at}" if apart else one["key"]
    same(plain)


def test_the_bounds_are_those_of_the_whole_document() -> None:
    plain = agreement("cherryroad-colo").document()
    first = plain["commitments"][0] | {"readings": []}
    plain["commitments"] = [deepcopy(first) | {"key": f"c-{at}"} for at in range(60)]
    plain["combinations"] = []
    assert isinstance(same(plain), bytes)
    # The rest of the document alone is within, and the whole is one value above.
    many: list[str] = []
    origin = {"template": "shop", "version": 1, "sha256": "0" * 64, "values": {"many": many}}
    plain["filled_from"] = origin
    many += ["x"] * (MAX_VALUES - guard(plain))
    assert isinstance(same(plain), bytes)
    many.append("x")
    assert "more than" in same(plain)[0][1]
    many += ["x"] * MAX_VALUES
    assert "more than" in same(plain)[0][1]
    deep: Any = "x"
    for _ in range(30):
        deep = [deep]
    many.clear()
    plain["commitments"][3]["caps"] = deep
    assert "nesting" in same(plain)[0][1]


def test_alternatives_are_bounded_over_all_commitments_together() -> None:
    reading = {
        "name": "r",
        "question": "?",
        "chosen": "a",
        "chosen_by": "us",
        "chosen_on": "2026-01-01",
        "why": "w",
    }
    others = [{"name": f"o-{at}", "set": {"target_percent": "98"}} for at in range(10)]
    plain = agreement("commonpaper-2-0").document()
    first = plain["commitments"][0] | {
        "readings": [reading | {"name": f"r-{at}", "alternatives": others} for at in range(4)]
    }
    plain["commitments"] = [deepcopy(first) | {"key": f"c-{at}"} for at in range(12)]
    assert same(plain)[0][1].startswith("state more alternatives")
    assert MAX_READ_AGAIN == 20_000


def test_an_alternative_with_a_block_and_a_field_in_it_keeps_its_words() -> None:
    """Trying the alternative once wrote the field into the block that the document states."""
    plain = agreement("commonpaper-2-0").document()
    claim = {"kind": "by_deadline", "days": 30, "anchor": "window_end", "form": None}
    changes = {"claim": claim, "claim.days": 5}
    plain["commitments"][0]["readings"] = [
        {
            "name": "claims",
            "question": "Which?",
            "chosen": "As written.",
            "chosen_by": "Legal",
            "chosen_on": "2026-01-01",
            "why": "It says so.",
            "alternatives": [{"name": "later", "set": changes}],
        }
    ]
    terms = parse_terms(deepcopy(plain))
    stated = terms.document()["commitments"][0]["readings"][0]["alternatives"][0]["set"]
    assert stated["claim"]["days"] == 30
    assert terms.commitments[0].alternatives[0][1].claim.days == 5


@pytest.mark.parametrize("name", NASTY)
def test_what_is_kept_of_a_commitment_is_what_would_be_found_anew(name: str, monkeypatch: Any) -> None:
    terms = agreement(name)
    alike = [terms, *(terms.model_copy(update=one) for one in ({"currency": "JPY"}, {"zone": "Asia/Tokyo"}))]

    def found() -> Any:
        return [
            (linted, [mends(one, finding, roles) for finding in linted], word(one))
            for one in alike
            for roles in (None, {"monitor"}, {"other"})
            for linted in [lint(one, roles)]
        ]

    first, again = found(), found()
    monkeypatch.setattr(Kept, "of", lambda self, key, make: make())
    assert first == again == found()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "3", '{"commitments": 3}', '{"commitments": [3]}', "x: y", '{"a": 1, "a": 2}']
)
def test_what_is_no_document_is_refused_alike(text: str) -> None:
    assert outcome(parse_known, text) == outcome(parse_terms, text)


def test_a_commitment_is_linted_once_for_each_zone_and_each_set_of_roles(monkeypatch: Any) -> None:
    terms = agreement("commonpaper-2-0")
    first = terms.commitments[0].model_copy(update={"title": "Linted for the first time here"})
    one = terms.model_copy(update={"commitments": (first,)})
    asked: list[Any] = []
    monkeypatch.setattr(linter, "lint_commitment", lambda *what: asked.append(what) or ())
    for _ in range(2):
        for other in (
            one,
            one.model_copy(update={"zone": "Asia/Tokyo"}),
            one.model_copy(update={"title": "Other"}),
        ):
            for roles in (None, {"a"}, {"a", "b"}):
                assert lint(other, roles) == ()
    assert len(asked) == 2 * 3


def test_only_so_many_results_are_kept_and_those_asked_for_last() -> None:
    kept: Kept[str | None] = Kept(2)
    made: list[int] = []

    def make(key: int) -> str | None:
        return kept.of(key, lambda: made.append(key))

    for key in (1, 2, 1, 3, 1, 2):
        assert make(key) is None
    assert made == [1, 2, 3, 2]
    with pytest.raises(ZeroDivisionError):
        kept.of(4, lambda: str(1 // 0))
    assert kept.of(4, lambda: "four") == "four"
