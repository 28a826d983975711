"""Amendments and variations: which text stands when, and what is refused."""

import copy
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reckoning.errors import TermsError
from reckoning.terms.amendments import Amendment, conformed, parse_amendment, texts, texts_of_window
from reckoning.terms.document import parse_terms, terms_sha256
from reckoning.terms.model import Terms
from reckoning.terms.places import named, steps_of, value_at
from reckoning.terms.redline import marked, redline, words
from tests.work import at_most

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "terms" / "examples" / "customer-monthly.json"
BASE = parse_terms(EXAMPLE.read_bytes())
AT = "commitments[build-uptime]"
TARGET = f"{AT}.target_percent"


def amendment(**fields: Any) -> Amendment:
    plain = {
        "id": "a-1",
        "title": "First amendment",
        "kind": "amendment",
        "base_sha256": terms_sha256(BASE),
        "effective_from": "2026-04-01",
        "mid_window": "next_window",
        "changes": [{"do": "set", "at": TARGET, "to": "99.5"}],
    }
    return parse_amendment({**plain, **fields})


def variation(**fields: Any) -> Amendment:
    plain = {
        "id": "v-1",
        "kind": "variation",
        "effective_from": "2026-03-10T00:00:00Z",
        "effective_until": "2026-03-12T06:00:00Z",
        "mid_window": "splits_window",
        "changes": [{"do": "set", "at": TARGET, "to": "95", "was": "99.90"}],
    }
    return amendment(**{**plain, **fields})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def target(terms: Terms) -> str:
    return str(terms.commitments[0].target_percent)


def refusal(*amendments: Amendment) -> str:
    with pytest.raises(TermsError) as caught:
        texts(BASE, amendments)
    return str(caught.value)


def test_an_amendment_is_in_effect_from_midnight_of_its_day_in_the_zone_of_the_terms() -> None:
    one = amendment()
    # Midnight in Berlin on 1 April is 22:00 UTC the day before.
    before, after = at("2026-03-31T21:59:59"), at("2026-03-31T22:00:00")
    assert target(conformed(BASE, [one], before).terms) == "99.9"
    found = conformed(BASE, [one], after)
    assert (target(found.terms), found.applied, found.start) == ("99.5", ("a-1",), after)
    assert found.sha256 == terms_sha256(found.terms)


def test_a_variation_ends_by_itself_and_the_text_before_it_stands_again_byte_for_byte() -> None:
    found = texts(BASE, [variation()])
    assert [target(one.terms) for one in found] == ["99.9", "95", "99.9"]
    assert [(one.start, one.end) for one in found] == [
        (None, at("2026-03-10T00:00:00")),
        (at("2026-03-10T00:00:00"), at("2026-03-12T06:00:00")),
        (at("2026-03-12T06:00:00"), None),
    ]
    assert found[2].terms.canonical() == BASE.canonical()


def test_an_outage_over_the_end_of_a_variation_is_split_there() -> None:
    """Each part of the window has the text that is in effect in it."""
    march = (at("2026-02-28T23:00:00"), at("2026-03-31T22:00:00"))
    found = texts_of_window(BASE, [variation()], *march)
    assert [(one.start, one.end, target(one.terms)) for one in found] == [
        (march[0], at("2026-03-10T00:00:00"), "99.9"),
        (at("2026-03-10T00:00:00"), at("2026-03-12T06:00:00"), "95"),
        (at("2026-03-12T06:00:00"), march[1], "99.9"),
    ]


def test_what_waits_for_the_next_window_leaves_a_window_whole() -> None:
    march, april = at("2026-02-28T23:00:00"), at("2026-03-31T22:00:00")
    waiting = variation(mid_window="next_window", effective_until="2026-04-02")
    assert [target(one.terms) for one in texts_of_window(BASE, [waiting], march, april)] == ["99.9"]
    (one,) = texts_of_window(BASE, [waiting], april, at("2026-04-30T22:00:00"))
    assert (target(one.terms), one.end) == ("95", at("2026-04-30T22:00:00"))


def test_amendments_build_upon_each_other_by_their_hashes() -> None:
    first = amendment()
    second_base = conformed(BASE, [first], at("2027-01-01")).sha256
    second = amendment(
        id="a-2",
        base_sha256=second_base,
        effective_from="2026-06-01",
        changes=[
            {"do": "set", "at": TARGET, "to": "99", "was": "99.5"},
            {"do": "add", "at": f"{AT}.exclusions", "to": {"kind": "force_majeure"}},
            {"do": "remove", "at": f"{AT}.caps[percent_of_fee]"},
            {"do": "set", "at": f"{AT}.exclusions[planned_maintenance].notice_seconds", "to": 3600},
        ],
    )
    late = conformed(BASE, [second, first], at("2026-07-01"))
    (one,) = late.terms.commitments
    assert (target(late.terms), late.applied, one.caps) == ("99", ("a-1", "a-2"), ())
    assert [clause.kind for clause in one.exclusions] == ["planned_maintenance", "force_majeure"]
    assert one.exclusions[0].notice_seconds == 3600
    assert "base_sha256" in refusal(second)
    assert "base_sha256" in refusal(first, amendment(id="a-3", effective_from="2026-07-01"))


def test_a_variation_may_lie_upon_any_text_of_the_contract_and_meets_what_stands() -> None:
    over = variation(
        effective_from="2026-03-20",
        effective_until="2026-04-20",
        changes=[{"do": "set", "at": TARGET, "to": "95"}],
    )
    found = texts(BASE, [amendment(), over])
    assert [target(one.terms) for one in found] == ["99.9", "95", "95", "99.5"]
    guarded = variation(effective_from="2026-03-20", effective_until="2026-04-20")
    assert "was 99.90 when this was written; now it is 99.5" in refusal(amendment(), guarded)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"base_sha256": "0" * 64}, "amendments.a-1.base_sha256: is not "),
        (
            {"changes": [{"do": "set", "at": f"{AT}.caps[amount].value", "to": 1}]},
            "changes.0: .*no item 'amount'",
        ),
        ({"changes": [{"do": "set", "at": "commitments[nobody].title", "to": "x"}]}, "no item 'nobody'"),
        ({"changes": [{"do": "set", "at": f"{AT}.colour", "to": "red"}]}, "colour: is not a known field"),
        ({"changes": [{"do": "set", "at": f"{AT}.colour.shade", "to": "red"}]}, "nothing stands at 'colour'"),
        ({"changes": [{"do": "remove", "at": f"{AT}.colour"}]}, "nothing stands at 'colour'"),
        ({"changes": [{"do": "add", "at": f"{AT}.title", "to": "red"}]}, "stands there already"),
        (
            {"changes": [{"do": "add", "at": f"{AT}.colour", "to": "red"}]},
            "cannot be read: commitments.0.colour",
        ),
        (
            {"changes": [{"do": "set", "at": TARGET, "to": "101"}]},
            "cannot be read: commitments.0.target_percent",
        ),
        ({"changes": [{"do": "remove", "at": f"{AT}.window"}]}, "cannot be read: commitments.0.window"),
        ({"notice_given_on": "2026-03-25", "notice_days": 8}, "is 7 days after the notice; at least 8"),
    ],
)
def test_an_amendment_that_does_not_fit_is_refused(one: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        texts(BASE, [amendment(**one)])


def test_a_field_that_is_left_out_because_it_has_its_default_can_be_set() -> None:
    assert "minimum" not in BASE.document()["commitments"][0]
    (_, after) = texts(
        BASE,
        [amendment(changes=[{"do": "set", "at": f"{AT}.minimum", "to": {"amount": "5", "strict": True}}])],
    )
    assert after.terms.document()["commitments"][0]["minimum"]["amount"] == "5"


def test_notice_of_exactly_the_days_agreed_is_enough_over_a_change_of_clocks() -> None:
    assert texts(BASE, [amendment(notice_given_on="2026-03-25", notice_days=7)])


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"effective_until": "2026-05-01"}, "effective_until"),
        ({"kind": "variation"}, "effective_until"),
        ({"effective_from": "1 April"}, "effective_from"),
        ({"effective_from": "2026-04-01T00:00"}, "effective_from"),
        ({"notice_days": 3}, "notice_given_on"),
        ({"changes": []}, "changes"),
        ({"changes": [{"do": "set", "at": "commitments[", "to": 1}]}, "changes.0.at"),
        ({"changes": [{"do": "set", "at": "currency", "to": "USD"}]}, "changes.0.at"),
        ({"changes": [{"do": "remove", "at": TARGET, "to": "1"}]}, "changes.0.to"),
        ({"changes": [{"do": "move", "at": TARGET}]}, "changes.0.do"),
        ({"mid_window": None}, "mid_window"),
    ],
)
def test_an_amendment_is_read_strictly(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(TermsError) as caught:
        amendment(**fields)
    assert path in dict(caught.value.findings)


def test_two_variations_of_one_place_may_not_run_at_once() -> None:
    other = variation(id="v-2", effective_from="2026-03-12T05:59:59Z", effective_until="2026-03-20")
    assert "is changed by v-1 at the same time" in refusal(variation(), other)
    after = variation(id="v-2", effective_from="2026-03-12T06:00:00Z", effective_until="2026-03-20")
    assert [target(one.terms) for one in texts(BASE, [variation(), after])] == ["99.9", "95", "95", "99.9"]
    whole = variation(id="v-2", changes=[{"do": "set", "at": AT, "to": BASE.document()["commitments"][0]}])
    assert "at the same time" in refusal(variation(), whole)
    elsewhere = variation(id="v-2", changes=[{"do": "set", "at": f"{AT}.cut_off_days", "to": 3}])
    assert len(texts(BASE, [variation(), elsewhere])) == 3


def test_a_variation_that_ends_before_it_begins_is_refused() -> None:
    assert "not after" in refusal(variation(effective_until="2026-03-10"))
    assert "twice" in refusal(variation(), variation())


days = st.integers(0, 60).map(lambda n: at("2026-03-01") + timedelta(days=n))


@given(days, days, days, days, st.booleans())
def test_the_texts_of_a_window_tile_it_and_each_is_what_stands_then(
    first: datetime, second: datetime, start: datetime, end: datetime, splits: bool
) -> None:
    if first >= second or start >= end:
        return
    one = variation(
        effective_from=first.isoformat(),
        effective_until=second.isoformat(),
        mid_window="splits_window" if splits else "next_window",
    )
    parts = texts_of_window(BASE, [one], start, end)
    assert (parts[0].start, parts[-1].end) == (start, end)
    assert all(left.end == right.start for left, right in pairwise(parts))
    for part in parts:
        assert part.start is not None
        asked = part.start if splits else start
        assert part.terms == conformed(BASE, [one], asked).terms


# Redlines ----------------------------------------------------------------------------------------------------


def changed(**fields: Any) -> Terms:
    plain = copy.deepcopy(BASE.document())
    plain["commitments"][0].update(fields)
    return parse_terms(plain)


def test_a_redline_shows_the_words_of_a_clause_and_the_field() -> None:
    found = redline(BASE, changed(cut_off_days=20))
    (clause,) = found.clauses
    assert (clause.state, clause.place) == ("changed", f"{AT}.cut_off_days")
    assert "[-10-]{+20+} days" in marked(clause.parts)
    assert [(one.path, one.before, one.after) for one in found.fields] == [(f"{AT}.cut_off_days", "10", "20")]


def test_an_item_that_moves_is_no_change_and_one_that_goes_shows_where_it_stood() -> None:
    kinds = [{"kind": "force_majeure"}, {"kind": "third_party"}]
    one, other = changed(exclusions=kinds), changed(exclusions=kinds[::-1])
    assert not redline(one, other).clauses
    found = redline(one, changed(exclusions=kinds[1:]))
    assert [(item.state, item.place) for item in found.clauses] == [
        ("removed", f"{AT}.exclusions[force_majeure]")
    ]
    everything = redline(BASE, BASE, also_same=True)
    assert everything.clauses
    assert {item.state for item in everything.clauses} == {"same"}
    assert not everything.fields


@given(st.text("ab \n.", max_size=30), st.text("ab \n.", max_size=30))
def test_a_redline_of_words_holds_both_texts_whole(before: str, after: str) -> None:
    parts = words(before, after)
    assert "".join(part.text for part in parts if part.kind != "added").split() == before.split()
    assert "".join(part.text for part in parts if part.kind != "removed") == after


def test_long_texts_are_laid_over_each_other_with_little_work() -> None:
    before, after = "a b " * 3_000, "a b " * 1_500 + "c " + "a b " * 1_499
    with at_most(calls=1_000):
        parts = words(before, after)
    assert "".join(part.text for part in parts if part.kind != "added") == before
    assert "".join(part.text for part in parts if part.kind != "removed") == after
    assert parts[0].kind == "same"
    assert words("a " * 3_000, "a " * 3_000) == (("same", "a " * 3_000),)


# Places ------------------------------------------------------------------------------------------------------


def test_a_place_is_found_by_name_or_number() -> None:
    plain = json.loads(EXAMPLE.read_text())
    for place in ("commitments.0.target_percent", "commitments[0].target_percent", TARGET):
        assert Decimal(value_at(plain, place)) == Decimal("99.9")
    assert value_at(plain, f"{AT}.schedule.tiers[1].percent") == "25"
    assert named(plain, "commitments.0.exclusions.0.kind") == f"{AT}.exclusions[planned_maintenance].kind"
    assert steps_of("a[b.c].d") == ("a", "b.c", "d")


def test_a_name_that_two_items_have_names_neither() -> None:
    plain = {"caps": [{"kind": "amount", "value": 1}, {"kind": "amount", "value": 2}]}
    with pytest.raises(TermsError, match="stands in 2 items; name one by its number from 0"):
        value_at(plain, "caps[amount].value")
    assert value_at(plain, "caps[1].value") == 2
    assert named(plain, "caps.1.value") == "caps[1].value"


@pytest.mark.parametrize("place", ["", ".", "a..b", "[a]", "a[", "a[]", "a]", "a" * 401])
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(TermsError, match="no place"):
        steps_of(place)
