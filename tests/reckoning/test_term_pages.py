"""The pages of the language: every block and field has its line, and every worked example comes out exactly."""

import copy
import io
import re
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from base.console import run
from reckoning.calculation import calculate
from reckoning.errors import InputError
from reckoning.terms import linter, linter_claims, parse_terms
from reckoning.terms.linter import lint
from reckoning.terms.yaml_reading import Limits, read_yaml

PAGES = Path(__file__).resolve().parents[2] / "docs" / "terms"
EXAMPLES = PAGES / "examples"
MONTHS = ("2026-04-15", "2026-05-15", "2026-06-15", "2026-07-15")
WITH_EXAMPLES = ("indicators", "time", "target", "schedules", "money", "readings", "inputs", "patterns")
Row = dict[str, str]


def yaml(text: str) -> Any:
    """A value as the product's own reading of YAML gives it."""
    return read_yaml(text.strip("`"), Limits(100_000, 20, 5_000))


@cache
def sections(page: str) -> list[tuple[str, str]]:
    """Every section of a page as (heading, text below it down to the next heading)."""
    parts = re.split(r"^#+ (.*)\n", (PAGES / f"{page}.md").read_text(), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def section(page: str, heading: str) -> str:
    return next(text for name, text in sections(page) if name == heading)


def rows_of(table: str) -> list[Row]:
    lines = [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table.splitlines()
    ]
    return [dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]]


def tables(page: str, heading: str) -> list[list[Row]]:
    return [rows_of(found) for found in re.findall(r"(?:^\|.*\|\n)+", section(page, heading), re.MULTILINE)]


def worked(page: str, *, stretches: bool = False) -> list[Any]:
    """Every row of every table with facts, with the YAML that stands last before it in its section.

    Those over a stretch of hours or days are apart.
    """
    found = []
    for heading, text in sections(page):
        changes: Any = {}
        for block in re.finditer(r"```yaml\n([^`]*)```|((?:^\|.*\|\n)+)", text, re.MULTILINE):
            if block[1] is not None:
                changes = yaml(block[1])
                continue
            for number, row in enumerate(rows_of(block[2]), start=1):
                if "facts" in row and ("stretch" in row) == stretches:
                    found.append(pytest.param(changes, row, id=f"{page}-{heading}-{number}"))
    return found


def commitment_of(changes: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """The shop's terms with blocks replaced by `changes` and single fields by `fields`; null takes away."""
    plain: dict[str, Any] = copy.deepcopy(yaml((EXAMPLES / "shop.yaml").read_text()))
    mine = plain["commitments"][0]
    for path, value in {**changes, **fields}.items():
        *steps, last = path.split(".")
        holder = mine
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is None:
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(value)
    return plain


def calculated(changes: dict[str, Any], row: Row) -> dict[str, Any]:
    """The result of a row: of its last window, where it has facts for several months in a row."""
    terms = commitment_of(changes, yaml(row["terms"]) if row.get("terms") else {})
    facts = yaml(row["facts"])
    told = facts if isinstance(facts, list) else [facts]
    windows = [
        {"window": {"containing": month}, "facts": {"fee": 1000, "coverage": "whole_window", **one}}
        for month, one in zip(MONTHS, told, strict=False)
    ]
    if row.get("window"):
        windows[0]["window"] = yaml(row["window"])
    result = calculate(terms, {"format": "sla-ledger-input/1", "windows": windows})
    plain: dict[str, Any] = result["windows"][-1]["commitments"]["uptime"]
    return plain


def number(cell: str) -> Fraction:
    """An exact number as the pages print it: 2,592,000 or 719/720 or 99.9 %."""
    plain = cell.replace(",", "")
    return Fraction(plain.removesuffix(" %")) / 100 if plain.endswith(" %") else Fraction(plain)


def shown(result: dict[str, Any], column: str, cell: str) -> tuple[Any, Any]:
    """What a cell says and what the result says, in one form."""
    if column in ("outcome", "tier", "band"):
        return cell or None, result[column]
    if column == "credit":
        return cell, result["credit_amount"] or "open"
    if column == "question":
        return cell.replace("`", ""), ", ".join(one["code"] for one in result["open_questions"])
    if column == "earned":
        earned = result["entitlement"]
        if earned is None or not cell:
            return cell, "" if earned is None else earned
        return (number(cell.split()[0]), cell.split()[1]), (Fraction(earned["value"]), earned["unit"])
    if column in ("uncapped", "carried", "base amount", "day value", "points"):
        name = {"base amount": "base_amount", "day value": "day_value", "points": "points"}.get(
            column, f"{column}_amount"
        )
        return (number(cell) if cell else None), (None if result[name] is None else Fraction(result[name]))
    if column == "capped by":
        return cell, ", ".join(result["capped_by"])
    if column == "each":
        kept = [one["amount"] for one in result["each"] if one["chosen"]]
        return [number(one) for one in cell.split()], [Fraction(one) for one in kept]
    if column == "other readings":
        return cell, "; ".join(f"{one['name']}: {one['credit_amount']}" for one in result["other_readings"])
    if column == "last day to claim":
        return cell or None, result["claim_deadline_on"]
    if column == "withheld":
        return cell or None, result["withheld"]["because"] if result["withheld"] else None
    figure = result["figures"].get(column)
    return (number(cell) if cell else None), (Fraction(figure["exact"]) if figure else None)


@pytest.mark.parametrize(("changes", "row"), [one for page in WITH_EXAMPLES for one in worked(page)])
def test_a_worked_example_comes_out_as_printed(changes: dict[str, Any], row: Row) -> None:
    result = calculated(changes, row)
    asked = [name for name in row if name not in ("clause", "terms", "facts", "window")]
    assert asked
    for column in asked:
        said, found = shown(result, column, row[column])
        assert said == found, (column, row)


@pytest.mark.parametrize("row", tables("linter", "By example")[0])
def test_the_linter_finds_what_is_printed(row: Row) -> None:
    found = lint(parse_terms(commitment_of({}, yaml(row["terms"]))))
    assert sorted({one.code for one in found}) == re.findall(r"[A-Z_]+", row["findings"])


def test_every_finding_of_the_linter_is_on_the_page_with_its_severity() -> None:
    (rows,) = (tables("linter", "What the linter asks")[0],)
    told = {row["code"].strip("`"): row["severity"] for row in rows}
    found: dict[str, set[str]] = {}
    for path in (Path(linter.__file__), Path(linter_claims.__file__)):
        source = path.read_text()
        codes = list(re.finditer(r'"([A-Z]+_[A-Z_]{3,})"', source))
        for index, match in enumerate(codes):
            after = codes[index + 1].start() if index + 1 < len(codes) else len(source)
            kinds = set(re.findall(r'"(error|warning)"', source[match.end() : after]))
            found.setdefault(match[1], set()).update(kinds)
    # Both codes of one finding share its severity.
    found["TIER_BOTH_ENDS"] |= found["TIER_OVERLAP"]
    assert set(told) == set(found)
    for code, kinds in found.items():
        assert kinds <= set(re.findall(r"error|warning", told[code])), code


COMBINED = {"web": 10, "mail": 8, "phone": 5}


@pytest.mark.parametrize("row", tables("combinations", "Combination")[1])
def test_a_combination_comes_out_as_printed(row: Row) -> None:
    plain = commitment_of({"schedule": {"kind": "flat"}}, {})
    (shop,) = plain["commitments"]
    worths = {key: {"kind": "flat", "worth": {"percent": percent}} for key, percent in COMBINED.items()}
    plain["commitments"] = [{**shop, "key": key, "schedule": worth} for key, worth in worths.items()]
    plain["combinations"] = [{"name": "credit", "commitments": list(COMBINED), **yaml(row["combination"])}]
    facts = {key: {"fee": 1000, "coverage": "whole_window", **one} for key, one in yaml(row["facts"]).items()}
    window = {"window": {"containing": "2026-04-15"}, "commitments": facts}
    if row["choice"]:
        window["choices"] = {"credit": row["choice"]}
    result = calculate(plain, {"windows": [window]})["windows"][0]["combinations"]["credit"]
    uncapped = result["uncapped_amount"]
    assert row["chosen"] == ", ".join(result["chosen"])
    assert (number(row["uncapped"]) if row["uncapped"] else None) == (
        None if uncapped is None else Fraction(uncapped)
    )
    assert row["credit"] == (result["credit_amount"] or "open")


SESSIONS = re.findall(r"(?:^    .*\n)+", (PAGES / "write-down-your-own.md").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("session", SESSIONS, ids=lambda text: text.split()[2])
def test_a_session_prints_what_is_shown(
    session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("leased-line.yaml", "leased-line-q1.yaml"):
        (tmp_path / name).write_text((EXAMPLES / name).read_text())
    draft = (EXAMPLES / "leased-line.yaml").read_text().replace("cut_off_days: 10", "cut_off_days: 45")
    (tmp_path / "draft.yaml").write_text(draft)
    monkeypatch.chdir(tmp_path)
    asked, *shown = [line[4:] for line in session.splitlines()]
    out = io.StringIO()
    run(asked.split()[2], asked.split()[3:], out)
    printed = out.getvalue().splitlines()
    at = 0
    skipped = False
    for line in shown:
        if line.strip() == "...":
            skipped = True
            continue
        found = printed.index(line, at)
        assert skipped or found == at, line
        at, skipped = found + 1, False
    assert skipped or at == len(printed)


def test_the_paper_is_written_as_the_questions_say() -> None:
    text = (EXAMPLES / "leased-line.yaml").read_text()
    for row in tables("write-down-your-own", "Which promises are there")[0]:
        for written in re.findall(r"`([^`]+)`", row["written as"]):
            assert written.removeprefix("indicator.") in text, written


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", (PAGES / page).read_text()):
        file, _, anchor = target.partition("#")
        path = PAGES / file if file else PAGES / page
        assert path.exists(), target
        assert not anchor or anchor in _anchors(path), target


@pytest.mark.parametrize(("changes", "row"), worked("inputs", stretches=True))
def test_hours_and_days_come_out_as_printed(changes: dict[str, Any], row: Row) -> None:
    terms = commitment_of(changes, yaml(row["terms"]))
    facts = {"coverage": "whole_window", **yaml(row["facts"])}
    result = calculate(terms, {"window": yaml(row["stretch"]), "facts": facts})
    total = result["totals"]["uptime"]
    assert (len(result["windows"]), total["windows"]) == (int(row["windows"]),) * 2
    assert (total["breaches"], total["credit_amount"]) == (int(row["breaches"]), row["total"])


@pytest.mark.parametrize("name", ["given", "lengths", "events"])
def test_facts_without_a_place_do_not_count_in_every_hour(name: str) -> None:
    terms = commitment_of({"window": {"kind": "hour"}}, {})
    one = {
        "given": {"figure": "down_seconds", "value": 60, "unit": "seconds"},
        "lengths": {"seconds": 60},
        "events": {"id": "a", "seconds": 60},
    }
    facts = {"window": {"start": "2026-04-10", "end": "2026-04-11"}, "facts": {name: [one[name]]}}
    with pytest.raises(InputError, match=f"{name} have no place in time"):
        calculate(terms, facts)


def test_a_composite_is_made_of_the_levels_of_its_window() -> None:
    plain = commitment_of({}, {})
    (shop,) = plain["commitments"]
    indicator = {
        "kind": "composite",
        "rule": "product",
        "of": [{"commitment": "web"}, {"commitment": "mail"}],
    }
    plain["commitments"] = [
        {**shop, "key": "both", "indicator": indicator},
        {**shop, "key": "web"},
        {**shop, "key": "mail"},
    ]
    part = {"given": [{"figure": "level", "value": 99, "unit": "percent"}], "fee": 0}
    facts = {"both": {"fee": 1000}, "web": part, "mail": part}
    result = calculate(plain, {"window": {"containing": "2026-04-15"}, "commitments": facts})
    both = result["windows"][0]["commitments"]["both"]
    assert (both["level"]["percent"], both["credit_amount"]) == ("98.010000", "250.00")


def test_the_windows_of_an_input_are_the_history_of_rights() -> None:
    threshold = {"on": "level", "op": "less_than", "value": 99}
    rights = [
        {"name": "twice", "sentence": "May leave.", "at_least": 2, "of_last": 2},
        {"name": "deep", "sentence": "May leave.", "counts": "threshold", "threshold": threshold},
    ]
    terms = commitment_of({"remedy": {"rights": rights}}, {})
    windows = [
        {"window": {"containing": month}, "facts": {"fee": 1, "given": [level]}}
        for month in MONTHS[:2]
        for level in [{"figure": "level", "value": "99.5", "unit": "percent"}]
    ]
    found = calculate(terms, {"windows": windows})["remedy"]["uptime"]["rights"]
    assert (found["twice"]["arisen"], found["twice"]["first_label"]) == (True, "2026-05")
    assert found["deep"]["arisen"] is False
