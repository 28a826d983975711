"""The documents under docs/ say what the code does."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from base.console import run
from reckoning.assessment import claims, remedy_facts
from reckoning.assessment import inputs as facts
from reckoning.assessment.reckon import reckon as result_of
from reckoning.assessment.result import percent_text
from reckoning.calculation import calculate, documents
from reckoning.terms import blocks, indicators, model, parse_terms, schedules
from reckoning.terms.linter import lint
from reckoning.timeline import window_of
from tests.reckoning.build import codes, inputs, maintenance, outage, result, terms
from tests.reckoning.test_block_pages import FIELDS
from tests.reckoning.test_document_pages import BLOCKS as DOCUMENT_BLOCKS

DOCS = Path(__file__).resolve().parents[2] / "docs"
TERMS = DOCS / "terms"
EXAMPLES = TERMS / "examples"
NOT_FROM_DOCUMENTS = {
    "INDICATOR_MEASURES_NO_TIME",
    "NAIVE_TIME",
    "TOO_FEW_SAMPLES",
    "WINDOW_SINGLE",
    "WINDOW_TERM",
    "ZONE_MISSING",
    # Of clocks and histograms, which sources use and terms do not.
    "HISTOGRAM",
    "PERCENT",
    "STEPS",
}
"""Codes that only a program can meet which hands over other things than documents."""


def tables(text: str) -> list[list[dict[str, str]]]:
    """Every table of a Markdown text as rows by heading."""
    found: list[list[dict[str, str]]] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        found.append([dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]])
    return found


Block = type[BaseModel]
BLOCKS: dict[tuple[str, str], Block] = {
    ("README", "The document"): model.Terms,
    ("README", "Dated text"): model.DatedText,
    ("README", "Commitment"): model.CommitmentTerms,
    ("README", "Claim: automatic"): blocks.AutomaticClaim,
    ("README", "Claim: by deadline"): blocks.ClaimByDeadline,
    ("indicators", "Uptime from intervals"): indicators.UptimeFromIntervals,
    ("indicators", "Uptime from weighted seconds"): indicators.UptimeFromWeightedSeconds,
    ("indicators", "Error rate"): indicators.ErrorRate,
    ("indicators", "Bad interval"): indicators.Threshold,
    ("indicators", "Retry filter"): indicators.RetryFilter,
    ("indicators", "Events on time"): indicators.EventsOnTime,
    ("indicators", "Quantity"): indicators.Quantity,
    ("indicators", "Weighted parts"): indicators.WeightedParts,
    ("indicators", "Part"): indicators.Part,
    ("indicators", "Composite"): indicators.Composite,
    ("indicators", "Level of"): indicators.LevelOf,
    ("indicators", "Formula indicator"): indicators.FormulaIndicator,
    ("time", "Exclusion"): blocks.ExclusionTerms,
    ("target", "Level rounding"): blocks.LevelRounding,
    ("target", "Limit"): blocks.Limit,
    ("target", "Band"): blocks.Band,
    ("schedules", "Tiers"): schedules.TierSchedule,
    ("schedules", "Tier"): schedules.Tier,
    ("schedules", "Lookup rounding"): schedules.LookupRounding,
    ("schedules", "Per unit"): schedules.PerUnit,
    ("schedules", "Bound"): schedules.Bound,
    ("schedules", "Worth"): schedules.Worth,
    ("schedules", "First unit"): schedules.FirstUnit,
    ("schedules", "Flat"): schedules.Flat,
    ("schedules", "Formula schedule"): schedules.FormulaSchedule,
    ("schedules", "No credit"): schedules.NoCredit,
    ("schedules", "Factors"): schedules.Factor,
    ("schedules", "Factor row"): schedules.FactorRow,
    ("schedules", "Repetition"): schedules.Repetition,
    ("money", "Fee base"): blocks.FeeBase,
    ("money", "Ratio"): blocks.Ratio,
    ("money", "Cap"): blocks.Cap,
    ("money", "Minimum"): blocks.MinimumPayout,
    ("money", "Rounding"): blocks.AmountRounding,
    ("combinations", "Combination"): blocks.Combination,
    ("readings", "Reading"): model.Reading,
    ("readings", "Alternative"): model.Alternative,
    ("inputs", "Input"): documents.CalculationInput,
    ("inputs", "Window"): documents.WindowFacts,
    ("inputs", "Which window"): documents.WindowRef,
    ("inputs", "Facts"): documents.CommitmentFacts,
    ("inputs", "Given figures"): facts.GivenFigure,
    ("inputs", "Outage"): documents.Outage,
    ("inputs", "Length"): facts.OutageLength,
    ("inputs", "Cells"): facts.Cells,
    ("inputs", "Probes"): facts.Probes,
    ("inputs", "Stretch"): facts.KnownTime,
    ("inputs", "Daily seconds"): facts.DaySeconds,
    ("inputs", "Exclusion"): documents.Exclusion,
    ("inputs", "Bucket"): facts.BucketRun,
    ("inputs", "Attempts"): facts.Attempts,
    ("inputs", "Event"): facts.Event,
    ("inputs", "Sample"): facts.Sample,
    ("inputs", "Fee"): facts.Fee,
    ("inputs", "Earlier window"): facts.EarlierWindow,
}
"""Block by page and heading; those of other pages are in their own tests."""
ELSEWHERE: set[Block] = {
    *(block for some in FIELDS.values() for block in some.values()),
    *(block for _, _, block in DOCUMENT_BLOCKS),
    # Told in the text of the pages about claims and remedies, and one that is a stretch.
    claims.Elapsed,
    claims.Debt,
    remedy_facts.RemedyFacts,
    remedy_facts.PastWindow,
    remedy_facts.MonthAmount,
    facts.Pause,
}


def section(text: str, heading: str) -> str:
    return re.split(r"^#+ ", re.split(rf"^#+ {re.escape(heading)}\n", text, flags=re.M)[1], flags=re.M)[0]


def fields_of(page: str, heading: str) -> dict[str, str]:
    """Field by name with what its row says of its values."""
    found: dict[str, str] = {}
    text = section((TERMS / f"{page}.md").read_text(), heading)
    for row in next(iter(tables(text))):
        for name in row["field"].split(", "):
            found[name.strip("`")] = row["values"]
    if "fields of [all schedules]" in text:
        found = {**fields_of("schedules", "All schedules"), **found}
    return found


@pytest.mark.parametrize(("page", "heading"), BLOCKS)
def test_a_page_has_a_row_for_every_field_of_a_block_with_its_default_and_its_values(
    page: str, heading: str
) -> None:
    block = BLOCKS[page, heading]
    told = fields_of(page, heading)
    assert set(told) == set(block.model_fields)
    for name, field in block.model_fields.items():
        told_here = told[name]
        if not field.is_required():
            assert "default" in told_here or get_origin(field.annotation) is Literal, name
        if "see [" in told_here:
            continue
        for value in _literals(field.annotation):
            assert f"`{value}`" in told_here or name == "kind", (name, value)


def _literals(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return {str(value) for value in get_args(annotation)}
    return {value for one in get_args(annotation) for value in _literals(one)}


def blocks_in(root: Block, seen: dict[Block, None]) -> dict[Block, None]:
    """Every block that a document may hold."""
    if root not in seen:
        seen[root] = None
        stack = [field.annotation for field in root.model_fields.values()]
        while stack:
            one = stack.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                blocks_in(one, seen)
            else:
                stack.extend(get_args(one))
    return seen


@pytest.mark.parametrize("root", [model.Terms, documents.CalculationInput])
def test_no_block_is_without_a_table(root: Block) -> None:
    assert set(blocks_in(root, {})) <= {*BLOCKS.values(), *ELSEWHERE}


def test_the_blocks_are_counted() -> None:
    text = (TERMS / "README.md").read_text()
    (table,) = tables(section(text, "The blocks"))
    assert all(len(row["blocks"].split(", ")) == int(row["how many"]) for row in table)
    count = len(blocks_in(model.Terms, {}))
    assert sum(int(row["how many"]) for row in table) == count
    assert f"{count} blocks make up a document." in text


def test_the_first_example_is_the_one_of_its_files_and_prints_what_is_shown() -> None:
    text = (TERMS / "README.md").read_text()
    yaml = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert yaml == [(EXAMPLES / name).read_text() for name in ("shop.yaml", "shop-april.yaml")]
    session = text.split("    $ manage.py calculate")[1].split("\n## ")[0]
    shown = [line[4:] for line in session.splitlines() if line.startswith("    ")]
    out = io.StringIO()
    run("calculate", [str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "shop-april.yaml")], out)
    printed = out.getvalue().splitlines()
    assert all(line in printed or line.strip() == "..." for line in shown)


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
    told = inputs(
        intervals=[outage(start, timedelta(minutes=43))],
        exclusions=[maintenance(start + timedelta(days=9), timedelta(minutes=240))],
    )
    (table,) = tables(section(ALGORITHM, "One outage, four contracts"))
    assert len(table) == 4
    for line in table:
        mode = line["rounded before comparing"].split(" to ")[0]
        rounding = None if mode == "no" else {"places": 2, "mode": mode}
        found = result(terms(excluded_time=line["excluded time"], level_rounding=rounding), told)
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


def _codes(pattern: str, *folders: str) -> set[str]:
    root = Path(result_of.__code__.co_filename).parents[1]
    paths = [path for folder in folders for path in (root / folder).glob("*.py")]
    return {code for path in paths for code in re.findall(pattern, path.read_text())}


def test_every_open_question_of_the_code_is_on_a_page() -> None:
    (table,) = tables(section((TERMS / "results.md").read_text(), "Open questions"))
    told = {row["question"].strip("`") for row in table}
    asked = _codes(r'(?:OpenQuestion|_ask|ask)\(\s*"([A-Z_]+)"', "assessment", "calculation")
    others = "".join((TERMS / f"{name}.md").read_text() for name in ("results", "claims", "remedy"))
    assert told <= asked
    assert {code for code in asked if f"`{code}`" not in others} == set()


def test_every_code_of_facts_that_are_refused_is_on_the_page() -> None:
    (table,) = tables(section((TERMS / "inputs.md").read_text(), "What is refused"))
    raised = _codes(r'code="([A-Z_]+)"', "assessment", "calculation", "timeline")
    assert {row["code"].strip("`") for row in table} == raised - NOT_FROM_DOCUMENTS


def test_every_part_of_a_result_is_on_the_page() -> None:
    result = calculate((EXAMPLES / "shop.yaml").read_text(), (EXAMPLES / "shop-april.yaml").read_text())
    text = (TERMS / "results.md").read_text()

    def told(heading: str) -> set[str]:
        rows = next(iter(tables(section(text, heading))))
        return {name.strip("`") for row in rows for name in row["field"].split(", ")}

    assert told("Result") == set(result)
    (window,) = result["windows"]
    assert told("Window") == set(window)
    assert told("Commitment") == set(window["commitments"]["uptime"]) | {"claim", "detail"}
