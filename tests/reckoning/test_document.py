"""The documents under docs/ say what the code does."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from reckoning.assessment.reckon import reckon as result_of
from reckoning.assessment.result import percent_text
from reckoning.terms import blocks, indicators, model, parse_terms, schedules, terms_json_schema
from reckoning.terms.linter import lint
from reckoning.timeline import window_of
from tests.reckoning.build import codes, inputs, maintenance, outage, result, terms

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "terms" / "examples"


def tables(text: str) -> list[list[dict[str, str]]]:
    """Every table of a Markdown text as rows by heading."""
    found: list[list[dict[str, str]]] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        found.append([dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]])
    return found


BLOCKS: dict[str, type[BaseModel]] = {
    "The document": model.Terms,
    "Dated text": model.DatedText,
    "Commitment": model.CommitmentTerms,
    "Indicator: uptime from intervals": indicators.UptimeFromIntervals,
    "Indicator: uptime from weighted seconds": indicators.UptimeFromWeightedSeconds,
    "Window": blocks.WindowTerms,
    "Exclusion": blocks.ExclusionTerms,
    "Level rounding": blocks.LevelRounding,
    "Schedule": schedules.TierSchedule,
    "Tier": schedules.Tier,
    "Fee base": blocks.FeeBase,
    "Cap": blocks.Cap,
    "Rounding": blocks.AmountRounding,
    "Claim: automatic": blocks.AutomaticClaim,
    "Claim: by deadline": blocks.ClaimByDeadline,
    "Reading": model.Reading,
    "Alternative": model.Alternative,
}


def section(text: str, heading: str) -> str:
    return re.split(r"^## ", text.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("heading", BLOCKS)
def test_the_page_of_the_language_has_a_table_of_every_field_of_every_block(heading: str) -> None:
    (table,) = tables(section((DOCS / "terms" / "README.md").read_text(), heading))
    assert [row["field"].strip("`") for row in table] == list(BLOCKS[heading].model_fields)


def test_no_block_is_without_a_table() -> None:
    assert {name.__name__ for name in BLOCKS.values()} == (set(terms_json_schema()["$defs"]) | {"Terms"}) - {
        "JsonValue"
    }


def test_every_finding_of_the_linter_is_on_the_page() -> None:
    source = (Path(lint.__code__.co_filename)).read_text()
    (table,) = tables(section((DOCS / "terms" / "README.md").read_text(), "What the linter asks"))
    assert {row["code"].strip("`") for row in table} == set(re.findall(r'^ +"([A-Z_]{6,})",$', source, re.M))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_an_example_is_read_and_has_only_the_findings_of_its_text(path: Path) -> None:
    found = [finding.code for finding in lint(parse_terms(path.read_bytes()))]
    holes = ["TIER_HOLE", "TARGET_AND_TIER_DISAGREE"] if path.stem == "vendor-quarterly" else []
    assert found == holes


ALGORITHM = (DOCS / "algorithms" / "reckoning.md").read_text()


def example(name: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads((EXAMPLES / name).read_text())
    return plain


def test_the_four_contracts_of_the_page_come_out_as_printed() -> None:
    start = datetime(2026, 4, 1, tzinfo=UTC)
    facts = inputs(
        intervals=[outage(start, timedelta(minutes=43))],
        exclusions=[maintenance(start + timedelta(days=9), timedelta(minutes=240))],
    )
    (table,) = tables(section(ALGORITHM, "One outage, four contracts"))
    assert len(table) == 4
    for line in table:
        mode = line["rounded before comparing"].split(" to ")[0]
        rounding = None if mode == "no" else {"places": 2, "mode": mode}
        found = result(terms(excluded_time=line["excluded time"], level_rounding=rounding), facts)
        assert found.base_seconds / 60 == int(line["base minutes"])
        assert found.to_json_obj()["level"]["percent"] == line["level percent"]
        assert (found.outcome, str(found.credit_amount)) == (line["outcome"], line["credit"])


def test_the_month_with_everything_in_it_comes_out_as_printed() -> None:
    given, printed = tables(section(ALGORITHM, "One month with everything in it"))
    agreed = parse_terms(example("customer-monthly.json"))
    window = window_of("calendar_month", agreed.zone, datetime(2026, 3, 15, tzinfo=UTC))
    found = result(agreed, inputs(window=(window.start, window.end), service="build", **_facts(given)))
    outputs: dict[tuple[str, str], list[str]] = {}
    for step in found.trace:
        for name, value in step.output.items():
            outputs.setdefault((step.stage, name), []).append(value)
    for line in printed:
        assert line["value"] in outputs[line["stage"], line["figure"]], line
    assert outputs["exclusions", "granted_seconds"] == ["3600", "0"]
    assert not codes(found)
    (other,) = found.other_readings
    assert other.level is not None
    assert f"{percent_text(other.level)} %" in ALGORITHM


def _facts(given: list[dict[str, str]]) -> dict[str, Any]:
    intervals, exclusions = [], []
    for number, line in enumerate(given):
        start = datetime.fromisoformat(f"{line['start']}+00:00")
        length = datetime.fromisoformat(f"{line['end']}+00:00") - start
        if line["what"] == "maintenance":
            announced = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line["more"])
            assert announced
            at = datetime.fromisoformat(f"{announced[0]}+00:00")
            exclusions.append(maintenance(start, length, f"x{number}", announced_at=at))
        else:
            severity, component = line["what"].split(" outage of ")
            intervals.append(outage(start, length, f"o{number}", severity=severity, components=[component]))
    return {
        "intervals": intervals,
        "exclusions": exclusions,
        "fee": {"amount": "2345.67", "currency": "EUR"},
    }


def test_every_open_question_of_the_code_is_on_the_page() -> None:
    (table,) = tables(section(ALGORITHM, "The outcome, and what is open"))
    source = (Path(result_of.__code__.co_filename).parent / "judge.py").read_text()
    assert {row["question"].strip("`") for row in table} == set(
        re.findall(r'OpenQuestion\(\s*"([A-Z_]+)"', source)
    )
