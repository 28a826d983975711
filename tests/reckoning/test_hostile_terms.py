"""Documents that are well formed and made to keep us busy are refused, or read, within a second."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from reckoning.errors import TermsError
from reckoning.terms.document import parse_terms
from reckoning.terms.linter import lint
from reckoning.terms.wording import word
from tests.work import at_most

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "terms" / "examples" / "customer-monthly.json"
TERMS: dict[str, Any] = json.loads(EXAMPLE.read_text())


def document(commitments: int, **changes: Any) -> dict[str, Any]:
    plain = copy.deepcopy(TERMS)
    (one,) = plain["commitments"]
    plain["commitments"] = [{**one, "key": f"k{number}", **changes} for number in range(commitments)]
    return plain


def reading(number: int, alternatives: int) -> dict[str, Any]:
    return {
        "name": f"reading {number}",
        "question": "Which?",
        "chosen": "This.",
        "chosen_by": "legal",
        "chosen_on": "2026-01-01",
        "why": "It says so.",
        "alternatives": [
            {"name": f"other {n}", "set": {"target_percent": "99"}} for n in range(alternatives)
        ],
    }


READINGS = [reading(number, 10) for number in range(20)]
TIERS = [
    {
        "lower": str(n),
        "lower_inclusive": True,
        "upper": str(n + 1),
        "upper_inclusive": False,
        "percent": 99 - n,
    }
    for n in range(50)
]
FORMULA = " + ".join(["max(a, 1)"] * 90)


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (document(50, readings=READINGS), "readings: state more alternatives than can be read in time"),
        (document(1, readings=READINGS, schedule={"kind": "tiers", "tiers": TIERS * 4}), "alternatives"),
        (document(201), "commitments: "),
        (document(200, schedule={"kind": "tiers", "tiers": TIERS}), "60,000 values"),
    ],
)
def test_what_would_take_too_long_is_refused_with_little_work(plain: dict[str, Any], words: str) -> None:
    with at_most(calls=1_000_000), pytest.raises(TermsError, match=words):
        parse_terms(plain)


@pytest.mark.parametrize(
    "plain",
    [
        document(6, readings=READINGS[:5]),
        document(200, exclusions=[{"kind": "force_majeure"}]),
        document(15, schedule={"kind": "tiers", "tiers": TIERS}),
        document(
            100,
            indicator={
                "kind": "formula",
                "unit": "ratio",
                "formula": {"kind": "formula", "inputs": [{"name": "a", "meaning": "x"}], "result": FORMULA},
            },
        ),
    ],
    ids=["readings", "commitments", "tiers", "formulas"],
)
def test_the_largest_that_are_read_are_read_linted_and_worded_with_bounded_work(
    plain: dict[str, Any],
) -> None:
    with at_most(calls=1_000_000):
        terms = parse_terms(plain)
    with at_most(calls=2_000_000):
        lint(terms)
        assert word(terms)


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x00"])
def test_a_character_that_can_neither_be_hashed_nor_stored_is_refused_where_it_stands(text: str) -> None:
    """JSON can escape such a one, and a value of any form would carry it as far as the database."""
    origin = {"template": "shop", "version": 1, "sha256": "0" * 64}
    plain = document(1) | {"filled_from": origin | {"values": {"name": ["one", text]}}}
    for source in (plain, json.dumps(plain)):
        with pytest.raises(TermsError, match="no text can carry") as refused:
            parse_terms(source)
        assert refused.value.findings[0][0] == "filled_from.values.name.1"
    named = document(1) | {"filled_from": origin | {"values": {text: 1}}}
    with pytest.raises(TermsError, match="has a key that") as refused:
        parse_terms(named)
    assert str(refused.value).encode()
    with pytest.raises(TermsError) as refused:
        parse_terms('{"\\ud800": 1, "\\ud800": 2}')
    assert str(refused.value).encode()
