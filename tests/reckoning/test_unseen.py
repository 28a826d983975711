"""Agreements that the language was not made from, written after it, with expectations reckoned by hand.

Each file has terms, inputs at, just below and just above the edges, and what must come out, named by its place in the
result: `0/power/credit_amount` is a figure of a commitment in the first window, `0/+all/...` of a combination,
`0/./...` of the window, and any other path leads from the top.
"""

from pathlib import Path
from typing import Any

import pytest

from reckoning.calculation import calculate
from reckoning.terms.figure_names import figure_names
from reckoning.terms.plain import read_plain
from reckoning.terms.templates import terms_from

FOLDER = Path(__file__).parent / "unseen"
FILES: dict[str, dict[str, Any]] = {
    path.stem: read_plain(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))
}
CASES = [(name, case["name"]) for name, document in FILES.items() for case in document["cases"]]


def found(result: dict[str, Any], path: str) -> Any:
    """What stands at `path`; `codes` are the codes of open questions."""
    head, *steps = path.split("/")
    at: Any = result
    if head.isdigit():
        at, group = result["windows"][int(head)], steps.pop(0)
        if group.startswith("+"):
            at = at["combinations"][group[1:]]
        elif group != ".":
            at = at["commitments"][group]
    else:
        steps = [head, *steps]
    for step in steps:
        if step == "codes":
            return [question["code"] for question in at]
        at = at[int(step)] if isinstance(at, list) else at[step]
    return at


@pytest.mark.parametrize(("name", "case"), CASES)
def test_an_unseen_agreement_comes_out_as_reckoned_by_hand(name: str, case: str) -> None:
    document = FILES[name]
    chosen = next(one for one in document["cases"] if one["name"] == case)
    result = calculate(document["terms"], chosen["input"])
    assert {path: found(result, path) for path in chosen["expect"]} == chosen["expect"]


def test_there_are_unseen_agreements() -> None:
    assert len(FILES) >= 6


# Of a single outage or event, and what every commitment with a target has beside its indicator's figures.
OF_EACH, OF_THE_TARGET = {"seconds"}, {"shortfall_percent"}


@pytest.mark.parametrize("name", FILES)
def test_an_indicator_gives_the_figures_that_the_terms_may_name_and_no_others(name: str) -> None:
    document = FILES[name]
    given: dict[str, dict[str, str]] = {}
    for case in document["cases"]:
        terms = terms_from(document["terms"], case["input"].get("parameters"))
        for window in calculate(document["terms"], case["input"])["windows"]:
            for key, result in window["commitments"].items():
                found = {figure: one["unit"] for figure, one in result.get("figures", {}).items()}
                named = figure_names(terms.commitment(key).indicator)
                given.setdefault(key, {}).update(found)
                own = found.keys() - OF_THE_TARGET
                assert {figure: found[figure] for figure in own} == {
                    figure: named.get(figure, "not named") for figure in own
                }
    for key, figures in given.items():
        named = figure_names(terms.commitment(key).indicator)
        assert named.keys() - OF_EACH <= figures.keys()
