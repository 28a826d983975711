"""All published agreements against their worked cases, which lie beside the checkout or not at all."""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agreements import engine
from agreements.benchmark import CASES, HERE, MAPPINGS, Tally, benchmark, judge, main, summary
from agreements.mapping import read_mapping
from agreements.reading import read_json
from reckoning.terms import Terms
from reckoning.terms.linter import lint
from reckoning.terms.templates import is_template, parse_template, terms_from
from reckoning.terms.wording import word

needs_cases = pytest.mark.skipif(
    not (CASES / "cases.json").exists(),
    reason="the worked cases are not part of the project and not beside it",
)
DOCUMENTS = sorted(HERE.glob("*.yaml"))


@cache
def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_json(CASES / "cases.json")
    return found


@cache
def tallies() -> list[Tally]:
    return benchmark(cases())


@needs_cases
def test_nothing_that_came_out_once_is_lost() -> None:
    """Where more comes out than summary.txt says, the file is to be written anew."""
    now = summary(tallies())
    recorded = (Path(__file__).parent / "summary.txt").read_text().strip()
    assert [int(of) for of in re.findall(r"/(\d+)", now)] == [
        int(of) for of in re.findall(r"/(\d+)", recorded)
    ]
    lost = [
        (have, had)
        for have, had in zip(re.findall(r"(\d+)/", now), re.findall(r"(\d+)/", recorded), strict=True)
        if int(have) < int(had)
    ]
    assert not lost, [
        reason for one in tallies() for reason in (f"{one.agreement}: {m}" for m in one.missing)
    ]


@needs_cases
def test_every_agreement_has_its_document_and_its_mapping() -> None:
    named = {one.agreement for one in tallies()}
    assert {path.stem for path in MAPPINGS.glob("*.yaml")} == named
    assert named <= {path.stem for path in DOCUMENTS}


@needs_cases
def test_a_wrong_expectation_is_found_in_every_agreement() -> None:
    """The first figure of a case that comes out is changed, and the case no longer comes out."""
    unnoticed = []
    for one in tallies():
        mapping = read_mapping(MAPPINGS / f"{one.agreement}.yaml")
        for case in (case for case in cases() if case["agreement"] == one.agreement):
            if judge(case, mapping)[0]:
                continue
            for name in case["expected"]:
                wrong = copy.deepcopy(case)
                if not _spoil(wrong["expected"], name):
                    continue
                if not judge(wrong, mapping)[0]:
                    unnoticed.append(f"{case['id']}: {name}")
            break
    assert unnoticed == []


def _spoil(holder: Any, key: Any) -> bool:
    """Change a figure, or one below it that is not mere description. False where there is none."""
    value = holder[key]
    if isinstance(value, dict):
        return any(_spoil(value, name) for name in value if name not in ("name", "decimal", "unit"))
    if isinstance(value, list):
        return bool(value) and _spoil(value, 0)
    if isinstance(value, bool):
        holder[key] = not value
    elif value is None:
        holder[key] = 1
    elif isinstance(value, int):
        holder[key] = value + 1
    elif value in ("none", "undefined"):
        holder[key] = "7"
    else:
        holder[key] = f"1{value}" if value[0].isdigit() else f"{value} and more"
    return True


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_read_dated_and_tells_its_source(path: Path) -> None:
    plain = engine.read(path)
    agreed: Terms = terms_from(plain)
    assert agreed.dated_text is not None
    assert "ddress" in agreed.dated_text.note
    if is_template(plain):
        assert parse_template(plain).id == path.stem


def test_without_the_cases_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cases", str(tmp_path)]) == 0
    assert "left out: the worked cases are not part of the project" in capsys.readouterr().out


def test_an_input_that_the_mapping_forgets_is_missing(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "invented.yaml").write_bytes((HERE / "aws-rds-single.yaml").read_bytes())
    mapping = tmp_path / "mappings" / "invented.yaml"
    mapping.write_text(
        "format: sla-ledger-mapping/1\n"
        "agreement: invented\n"
        "input:\n"
        "  windows:\n"
        "    - window: {containing: 2024-04-10}\n"
        "      commitments:\n"
        "        uptime:\n"
        "          given: [{figure: level, value: {from: inputs.percent}, unit: percent}]\n"
        "          fees: {instance: 88}\n"
        "expected:\n"
        "  amount: windows.0.commitments.uptime.credit_amount\n"
    )
    case = {
        "id": "invented/one",
        "agreement": "invented",
        "inputs": {"percent": "99.2"},
        "expected": {"amount": "8.80"},
    }
    read = read_mapping(mapping)
    assert judge(case, read, tmp_path) == ([], [])
    forgotten = {**case, "inputs": {"percent": "99.2", "zones": 2}}
    assert judge(forgotten, read, tmp_path)[0] == [
        "inputs.zones: the mapping does not say what becomes of it"
    ]
    other = {**case, "alternatives": [{"reading": "by halves", "amount": "4.40"}]}
    assert "does not say which reading" in judge(other, read, tmp_path)[1][0][0]


@pytest.mark.parametrize(
    ("agreement", "code"),
    [
        ("github-ghec", "TIER_HOLE"),
        ("github-ghec", "TARGET_AND_TIER_DISAGREE"),
        ("aws-route53", "TIER_HOLE"),
        ("ntt-ecl", "TIER_HOLE"),
        ("uk-msa-points", "TIER_HOLE"),
        ("advancedhosting-cdn", "TIER_HOLE"),
        ("cherryroad-colo", "RIGHTS_CONTRADICT"),
    ],
)
def test_the_linter_finds_the_known_fault_of_an_agreement(agreement: str, code: str) -> None:
    found = lint(terms_from(engine.read(HERE / f"{agreement}.yaml")))
    assert code in {finding.code for finding in found}


@pytest.mark.parametrize(
    "agreement", ["aws-rds-single", "aws-s3-standard", "do-app-platform", "gcp-pubsub", "rcp-net", "ms-365"]
)
def test_the_linter_is_silent_on_a_clean_agreement(agreement: str) -> None:
    assert not lint(terms_from(engine.read(HERE / f"{agreement}.yaml")))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_agreement_has_its_wording(path: Path) -> None:
    clauses = word(terms_from(engine.read(path)))
    assert len(clauses) > 8
    assert all(clause.text.strip() for clause in clauses)
