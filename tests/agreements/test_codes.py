"""docs/terms/codes.md: every code has its row, and every path of a row leads somewhere in its document."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agreements import engine
from agreements.benchmark import CASES, HERE
from reckoning.assessment.inputs import Facts
from reckoning.calculation.documents import CommitmentFacts
from reckoning.terms.templates import is_template, terms_from

PAGE = Path(__file__).resolve().parents[2] / "docs" / "terms" / "codes.md"
_ROW = re.compile(r"\| ([A-Z]\d\d) \| (.+?) \| (.+?) \| ([a-z0-9-]+) \|")
ROWS = [match.groups() for match in map(_ROW.fullmatch, PAGE.read_text().splitlines()) if match]


@cache
def document(name: str) -> dict[str, Any]:
    return terms_from(engine.read(HERE / f"{name}.yaml")).document()


def standing(here: Any, steps: list[str]) -> list[Any]:
    """All values that stand at a path; a name of a replaced value may hold dots itself."""
    if not steps:
        return [here]
    if isinstance(here, list):
        return [found for item in here for found in standing(item, steps[1:])] if steps[0] == "*" else []
    if not isinstance(here, dict):
        return []
    found = standing(here[steps[0]], steps[1:]) if steps[0] in here else []
    for length in range(2, len(steps) + 1):
        dotted = ".".join(steps[:length])
        if dotted in here:
            found += standing(here[dotted], steps[length:])
    return found


def test_every_code_has_one_row() -> None:
    codes = [row[0] for row in ROWS]
    assert len(codes) == len(set(codes)) == 92


@pytest.mark.skipif(not (CASES / "README.md").exists(), reason="the list of codes is not beside the checkout")
def test_the_codes_are_those_of_the_benchmark() -> None:
    listed = re.findall(r"^\| ([A-Z]\d\d) \|", (CASES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(row[0] for row in ROWS)


@pytest.mark.parametrize(("code", "meaning", "written", "shown"), ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_says_stands_in_its_document(code: str, meaning: str, written: str, shown: str) -> None:
    paths = re.findall(r"`([^`]+)`", written)
    assert paths
    for path in paths:
        if path == "template":
            assert is_template(engine.read(HERE / f"{shown}.yaml"))
            continue
        at, _, value = path.partition(": ")
        steps = at.split(".")
        if steps[0] == "facts":
            assert steps[1] in {**Facts.model_fields, **CommitmentFacts.model_fields}
            continue
        whole = document(shown)
        holders = [whole] if steps[0] in whole else whole["commitments"]
        found = [
            one for holder in holders for one in standing(holder, steps) if one is not None and one != []
        ]
        texts = {
            {True: "true", False: "false"}.get(one, str(one)) if isinstance(one, bool) else str(one)
            for one in found
        }
        assert found, f"{shown} has nothing at {at}"
        assert not value or value in texts, f"{shown} has {sorted(texts)[:5]} at {at}"
