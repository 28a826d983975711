"""The pages on documents, templates, amendments, precedence, formulas and commands say what the code does."""

import io
import json
import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from base.console import calculating, run
from base.console import documents as console
from reckoning.calculation.amended import calculate_amended
from reckoning.errors import TermsError
from reckoning.terms import amendments, formula, origin, parameters, precedence, templates
from reckoning.terms.amendments import conformed, parse_amendment, texts_of_window
from reckoning.terms.document import parse_terms
from reckoning.terms.formula import Formula, FormulaError, evaluate, evaluated
from reckoning.terms.formula_syntax import FUNCTIONS, parse
from reckoning.terms.places import value_at
from reckoning.terms.plain import read_plain
from reckoning.terms.precedence import parse_order, prevailing
from reckoning.terms.redline import marked, redline
from reckoning.terms.templates import parse_template

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "terms"
DOCUMENTS = PAGES / "examples" / "documents"
BASE = parse_terms((PAGES / "examples" / "customer-monthly.json").read_bytes())


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text()


def rows(name: str, heading: str, number: int = 0) -> list[dict[str, str]]:
    """A table below a heading, as rows by column, without the marks of code."""
    text = re.split(r"^## ", page(name).split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    block = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)[number]
    lines = [
        [cell.strip().strip("`").replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line[1:-1])]
        for line in block.splitlines()
    ]
    return [dict(zip((head.strip("`") for head in lines[0]), cells, strict=True)) for cells in lines[2:]]


def example(name: str) -> Any:
    return read_plain((DOCUMENTS / name).read_bytes())


BLOCKS: list[tuple[str, str, type[BaseModel]]] = [
    ("templates", "Template", templates.Template),
    ("templates", "Parameter", parameters.Parameter),
    ("templates", "Filled from", origin.FilledFrom),
    ("amendments", "Amendment", amendments.Amendment),
    ("amendments", "Change", amendments.AmendedPlace),
    ("precedence", "Order", precedence.Order),
    ("precedence", "Document of an order", precedence.RankedDocument),
    ("precedence", "Provision", precedence.Provision),
    ("precedence", "Objective", precedence.Objective),
    ("formula", "Formula", formula.Formula),
    ("formula", "Formula input", formula.FormulaInput),
    ("formula", "Formula table", formula.FormulaTable),
    ("formula", "Formula row", formula.FormulaRow),
    ("formula", "Formula step", formula.FormulaStep),
]


@pytest.mark.parametrize(("name", "heading", "model"), BLOCKS, ids=lambda value: str(value))
def test_every_field_has_its_row(name: str, heading: str, model: type[BaseModel]) -> None:
    assert [row["field"] for row in rows(name, heading)] == list(model.model_fields)


# Documents ---------------------------------------------------------------------------------------------------


def test_values_are_read_as_the_page_says() -> None:
    for row in rows("documents", "What is read"):
        if row["read as"].startswith("refused"):
            with pytest.raises(TermsError):
                read_plain(f"a: {row['written']}")
            continue
        value = read_plain(f"a: {row['written']}")["a"]
        words = {"yes": True, "no": False, "empty": None}
        if row["read as"] in words:
            assert value is words[row["read as"]], row
        elif row["read as"].startswith("the text "):
            assert value == row["read as"].split("`")[1], row
        else:
            assert value == int(row["read as"].removeprefix("the whole number ")), row


def test_places_are_found_as_the_page_says() -> None:
    plain = BASE.document()
    found = [value_at(plain, row["place"]) for row in rows("documents", "Places")]
    assert found == ["99.9", "99.9", "99.9", 259200, "25", "build"]


# Templates ---------------------------------------------------------------------------------------------------


def test_placeholders_become_what_the_page_says() -> None:
    kinds: dict[str, Any] = {
        "target": {"type": "number"},
        "class": {"type": "choice", "choices": ["basic", "gold"]},
        "customer": {"type": "text"},
        "wide": {"type": "flag"},
        "days": {"type": "number"},
        "services": {"type": "texts"},
    }
    values = read_plain(
        "target: 99.50\nclass: gold\ncustomer: Brook Ltd\nwide: true\ndays: 30\nservices: [web, mail]"
    )
    for row in rows("templates", "Placeholders"):
        used = {name for name in kinds if re.search(rf"(parameter|choose): {name}\b", row["placeholder"])}
        template = parse_template(
            {
                "id": "t",
                "version": 1,
                "title": "T",
                "parameters": [
                    {"name": name, "description": "x", **kinds[name]} for name in kinds if name in used
                ],
                "fragments": {"cap": {"value": 25}, "kinds": ["third_party", "force_majeure"]},
                "terms": {"x": read_plain(f"x: {row['placeholder']}")["x"]},
            }
        )
        read = parameters.read_values(template.parameters, {name: values[name] for name in used})
        made = templates._Filling(template, read).value(template.terms, "terms", 0)["x"]
        assert made == json.loads(row["becomes"]), row


def test_the_example_of_a_template_is_filled() -> None:
    filled = templates.fill(parse_template(example("template.yaml")), example("values.yaml"))
    (commitment,) = filled.terms.commitments
    assert filled.terms.title == "Hosting for Brook Ltd"
    assert (str(commitment.target_percent), commitment.caps) == ("99.95", ())


def test_every_type_and_every_standing_is_on_the_page() -> None:
    types = parameters.Parameter.model_json_schema()["properties"]["type"]["enum"]
    assert [row["type"] for row in rows("templates", "Types")] == types
    assert [row["standing"] for row in rows("templates", "Copies")] == ["same", "differs", "refused", "other"]


# Amendments --------------------------------------------------------------------------------------------------


def changes(**variation: Any) -> list[amendments.Amendment]:
    return [
        parse_amendment(example("amendment.yaml")),
        parse_amendment({**example("variation.yaml"), **variation}),
    ]


def test_the_text_as_of_an_instant_is_the_one_of_the_page() -> None:
    for row in rows("amendments", "Which text stands when"):
        found = conformed(BASE, changes(), datetime.fromisoformat(row["as of"]))
        assert str(found.terms.commitments[0].target_percent) == row["target"], row
        assert ", ".join(found.applied) == row["applied"], row


def test_the_parts_of_a_window_are_those_of_the_page() -> None:
    table = rows("amendments", "Inside a window")
    for kind in ("splits_window", "next_window"):
        mine = [row for row in table if row["`mid_window` of the variation".strip("`")] == kind]
        start, end = (datetime.fromisoformat(text) for text in (mine[0]["from"], mine[-1]["until"]))
        found = [
            (part.start, part.end, str(part.terms.commitments[0].target_percent))
            for part in texts_of_window(BASE, changes(mid_window=kind), start, end)
        ]
        assert found == [
            (datetime.fromisoformat(row["from"]), datetime.fromisoformat(row["until"]), row["target"])
            for row in mine
        ]


def test_a_split_month_comes_out_as_on_the_page() -> None:
    outages = [
        {"start": f"2026-03-{day}T10:00:00Z", "end": f"2026-03-{day}T20:00:00Z"} for day in ("03", "25")
    ]
    facts = {"fee": "1000.00", "coverage": "whole_window", "outages": outages}
    found = calculate_amended(BASE, changes(), {"window": {"containing": "2026-03-10"}, "facts": facts})[
        "windows"
    ]
    for row, part in zip(rows("amendments", "Reckoning with changes"), found, strict=True):
        assessed = part["commitments"]["build-uptime"]
        assert part["text"]["part"] == {"start": row["from"], "end": row["until"]}
        assert (assessed["fee_amount"], assessed["credit_amount"]) == (row["fee"], row["credit"])
        assert assessed["down_seconds"]["exact"] == f"{int(row['down hours']) * 3600}/1"


def test_the_redline_of_the_page_is_the_one_of_the_example() -> None:
    after = conformed(BASE, changes(), datetime.fromisoformat("2026-05-01T00:00:00Z")).terms
    found = redline(BASE, after)
    by_number = {one.after.number: one for one in found.clauses if one.after}
    for row in rows("amendments", "Redlines"):
        assert by_number[row["clause"]].state == row["state"]
        assert row["words"] in marked(by_number[row["clause"]].parts)
    fields = {one.path: (one.before, one.after) for one in found.fields}
    for row in rows("amendments", "Redlines", 1):
        assert fields[row["field"]] == (row["before"], row["after"])


# Precedence --------------------------------------------------------------------------------------------------


def test_the_figure_that_computes_is_the_one_of_the_page() -> None:
    order = parse_order(example("precedence.yaml"))
    for row in rows("precedence", "Which figure computes"):
        found = prevailing(order, datetime.fromisoformat(row["as of"]))
        assert str(found.terms.commitments[0].target_percent) == row["computes"]
        assert found.provisions.get("commitments[build-uptime].target_percent", found.base) == row["from"]


def test_promises_and_objectives_conflict_as_the_page_says() -> None:
    plain = example("precedence.yaml")
    for row in rows("precedence", "Conflicts", 1):
        levels = {}
        for name in ("promise", "objective"):
            words = row[name].removesuffix(" %").rsplit(" ", 1)
            levels[name] = {"target_percent": words[1], "target_inclusive": words[0] == "at least"}
        plain["documents"][1]["terms"]["commitments"][0].update(levels["promise"])
        plain["documents"][3]["objectives"][0].update(levels["objective"])
        order = {**plain, "documents": [plain["documents"][1], plain["documents"][3]]}
        found = prevailing(parse_order(order), datetime.fromisoformat("2026-05-01T00:00:00Z"))
        assert [one.code for one in found.conflicts] == ["PROMISE_NOT_BELOW_OBJECTIVE"] * (
            row["conflict"] == "yes"
        )


def test_every_code_of_a_conflict_is_on_the_page() -> None:
    source = Path(precedence.__file__).read_text()
    codes = set(re.findall(r'"([A-Z]{4,}_[A-Z_]+)"', source))
    assert {row["code"] for row in rows("precedence", "Conflicts")} == codes


# Formulas ----------------------------------------------------------------------------------------------------


def test_formulas_have_the_values_of_the_page() -> None:
    inputs = [
        {"name": "a", "meaning": "x"},
        {"name": "b", "meaning": "x"},
        {"name": "used", "kind": "flag", "meaning": "x"},
        {"name": "rates", "kind": "numbers", "meaning": "x"},
        {"name": "none", "kind": "numbers", "meaning": "x"},
    ]
    tables = [
        {"name": "factor", "rows": [{"at": 0, "value": 1}, {"at": 5, "value": "1.5"}, {"at": 9, "value": 2}]},
        {"name": "lot", "match": "exactly", "rows": [{"at": 1, "value": 10}, {"at": 2, "value": 30}]},
    ]
    facts = {"a": 7, "b": Fraction(1, 2), "used": True, "rates": [Fraction(1, 3), 0, 1], "none": []}
    for row in rows("formula", "By example"):
        block = Formula.model_validate({"inputs": inputs, "tables": tables, "result": row["formula"]})
        if row["value"].isupper():
            with pytest.raises(FormulaError) as caught:
                evaluate(block, facts)
            assert caught.value.code == row["value"]
        else:
            assert evaluate(block, facts) == Fraction(row["value"]), row


def test_the_example_of_a_formula_has_the_figures_of_the_page() -> None:
    block = Formula.model_validate(example("formula.yaml"))
    given = {
        "annual_charge": 1_000_000,
        "weights": 876,
        "weight": 12,
        "periods": 3,
        "failures": 5,
        "used": True,
    }
    for name, value in evaluated(block, given).items():
        assert f"{value.numerator}/{value.denominator}" in page("formula"), name


def test_every_function_and_every_error_is_on_the_page() -> None:
    assert [row["function"].split("(")[0] for row in rows("formula", "Functions")] == list(FUNCTIONS)
    folder = Path(formula.__file__).parent
    source = "".join((folder / name).read_text() for name in ("formula.py", "formula_syntax.py"))
    codes = set(re.findall(r'code\s*=\s*"([A-Z_]+)"', source))
    assert {row["code"] for row in rows("formula", "Errors")} == codes
    assert FormulaError.__doc__ is not None
    assert all(code in FormulaError.__doc__ for code in codes)
    parse("1")


# Commands ----------------------------------------------------------------------------------------------------


def test_every_command_and_every_option_is_on_the_page() -> None:
    parser = console._parser()
    commands = next(action.choices for action in parser._actions if isinstance(action.choices, dict))
    calculating_options = {
        option for action in calculating._parser()._actions for option in action.option_strings
    }
    assert {row["argument"].split()[0] for row in rows("commands", "calculate")} == {
        "TERMS",
        "INPUT",
        *(calculating_options - {"-h", "--help"}),
    }
    assert [row["command"].split()[1] for row in rows("commands", "terms")] == list(commands)
    options = {
        option
        for made in commands.values()
        for action in made._actions
        for option in action.option_strings
        if option not in ("-h", "--help")
    }
    assert {row["option"].split()[0] for row in rows("commands", "terms", 1)} == options


def test_the_session_of_the_page_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    lines = [line[4:] for line in page("commands").splitlines() if line.startswith("    ")]
    start = next(number for number, line in enumerate(lines) if line.startswith("$ "))
    end = next(number for number, line in enumerate(lines) if line.startswith("2 findings"))
    out = io.StringIO()
    run("terms", lines[start].split()[3:], out)
    shown = lines[start + 1 : end + 1]
    for line, whole in zip(shown, out.getvalue().splitlines(), strict=True):
        assert line == whole or (line.endswith(" ...") and whole.startswith(line[:-4]))
