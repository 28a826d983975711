"""`manage.py calculate`: a file of facts by a file of terms, for people and as exact JSON."""

import copy
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from base.console import run
from reckoning.calculation import calculate
from tests.work import at_most

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "terms" / "examples"
CUSTOMER = EXAMPLES / "customer-monthly.json"
INPUT = """
format: sla-ledger-input/1
windows:
  - window: {containing: 2026-03-10}
    facts:
      fee: 2345.67
      coverage: whole_window
      outages:
        - {start: 2026-03-03T10:00:00Z, end: 2026-03-03T12:30:00Z}
  - window: {containing: 2026-04-10}
    facts:
      fee: 2345.67
      coverage: whole_window
"""


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "input.yaml"
    path.write_text(INPUT)
    return path


def ran(*arguments: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = run("calculate", [str(one) for one in arguments], out, err)
    return status, out.getvalue(), err.getvalue()


def test_the_result_is_printed_with_its_trace(facts: Path) -> None:
    status, out, err = ran(CUSTOMER, facts)
    assert (status, err) == (0, "")
    assert (
        "2026-03 2026-02-28T23:00:00Z to 2026-03-31T22:00:00Z (Europe/Berlin)\n  build-uptime: breach\n"
        in out
    )
    assert "    level 99.663526 % (1481/1486)\n" in out
    assert "    credit_amount 234.57 EUR\n" in out
    assert (
        "rounding [rounding] half_up, once, to the minor unit of EUR\n      amount 234.567 -> credit_amount"
        in out
    )
    assert "total build-uptime: windows 2, breaches 1, credit_amount 234.57" in out


def test_json_is_the_exact_result_and_the_same_bytes_every_time(facts: Path) -> None:
    status, out, _ = ran(CUSTOMER, facts, "--json")
    assert status == 0
    assert json.loads(out) == calculate(CUSTOMER.read_bytes(), INPUT)
    assert ran(CUSTOMER, facts, "--json")[1] == out
    found = json.loads(out)["windows"][0]["commitments"]["build-uptime"]
    assert (found["level"]["exact"], found["credit_amount"]) == ("1481/1486", "234.57")


def test_a_window_is_chosen_by_its_label_or_start(facts: Path) -> None:
    for wanted in ("2026-04", "2026-03-31T22:00:00Z"):
        out = ran(CUSTOMER, facts, "--window", wanted, "--json")[1]
        assert [one["window"]["label"] for one in json.loads(out)["windows"]] == ["2026-04"]
    status, _, err = ran(CUSTOMER, facts, "--window", "2026-05")
    assert (status, err) == (2, f"calculate: {facts}: has no window '2026-05'; there are 2026-03, 2026-04\n")


def test_amendments_split_a_window_where_they_say_so(facts: Path) -> None:
    changes = [EXAMPLES / "documents" / name for name in ("variation.yaml", "amendment.yaml")]
    options = [word for change in changes for word in ("--amendment", change)]
    status, out, err = ran(CUSTOMER, facts, *options, "--window", "2026-03")
    assert (status, err) == (0, "")
    assert "  2026-03-20T18:00:00Z to 2026-03-22T06:00:00Z: text move-2026, " in out
    assert out.count("build-uptime: met") == 2
    assert out.count("build-uptime: breach") == 1
    assert "text amendment-1" in ran(CUSTOMER, facts, *options, "--window", "2026-04")[1]
    other = EXAMPLES / "vendor-quarterly.json"
    assert "base_sha256: is " in ran(other, facts, *options)[2]


def test_a_template_is_filled_by_the_parameters_of_the_input(tmp_path: Path) -> None:
    document = EXAMPLES / "documents" / "template.yaml"
    path = tmp_path / "input.yaml"
    text = "parameters: {customer: Brook Ltd, class: premium, target: 99.95}\n"
    path.write_text(text + "window: {containing: 2026-03-10}\nfacts: {fee: 100, coverage: whole_window}\n")
    status, out, _ = ran(document, path)
    assert status == 0
    assert "availability: met" in out
    path.write_text("window: {containing: 2026-03-10}\n")
    status, _, err = ran(document, path)
    assert status == 2
    assert "parameters.customer: is missing (the customer's name)\n" in err


def test_what_is_missing_is_an_open_question_and_named(tmp_path: Path) -> None:
    path = tmp_path / "input.yaml"
    path.write_text("window: {containing: 2026-03-10}\n")
    status, out, _ = ran(CUSTOMER, path)
    assert status == 0
    assert "OPEN UNKNOWN_TIME: " in out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "windows:\n  - window: {containing: 2026-03-10, start: 2026-03-01}\n",
            "windows.0.window.containing",
        ),
        ("windows:\n  - window: {containing: tomorrow}\n", "windows.0.window.containing: is neither a day"),
        ("window: {containing: 2026-03-10}\nfact: {}\n", "fact: is not a known field here"),
        ("window: {start: 2026-03-02, end: 2026-04-01}\n", "is not a window of build-uptime"),
        (
            "parameters: {x: 1}\nwindow: {containing: 2026-03-10}\n",
            "parameters: x: these terms are no template",
        ),
        ("window: {containing: 2026-03-10}\nfacts: {fee: 1e5}\n", "facts.fee"),
        ("a: &x [1]\nb: *x\n", "anchors"),
        ("a: " + "{a: " * 100_000, "levels"),
    ],
)
def test_an_input_that_cannot_be_used_is_refused_by_a_line_with_its_place(
    text: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "input.yaml"
    path.write_text(text)
    with at_most(calls=20_000):
        status, out, err = ran(CUSTOMER, path)
    assert (status, out) == (2, "")
    assert words in err
    assert all(line.startswith("calculate: ") for line in err.splitlines())


HOSTILE: list[Any] = [
    None,
    True,
    -1,
    10**14,
    "",
    "x",
    "99.9",
    "2026-03-01",
    "9999-12-31T23:59:59Z",
    [],
    {},
    [[]],
    {"a": {}},
]


def places(plain: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else []
    return [path] * bool(path) + [place for name, item in inner for place in places(item, (*path, name))]


def test_whatever_stands_in_a_place_there_is_a_result_or_lines_of_faults(tmp_path: Path) -> None:
    """No value anywhere in either document makes anything but a result or faults with their places."""
    from reckoning.terms.plain import read_plain

    chance = random.Random(4)
    originals = {"terms": read_plain(CUSTOMER.read_bytes()), "facts": read_plain(INPUT)}
    for _ in range(150):
        documents = copy.deepcopy(originals)
        which = chance.choice(["terms", "facts"])
        *way, last = chance.choice(places(originals[which]))
        holder = documents[which]
        for step in way:
            holder = holder[step]
        if chance.random() < 0.2:
            del holder[last]
        else:
            holder[last] = chance.choice(HOSTILE)
        files = []
        for name, plain in documents.items():
            files.append(tmp_path / f"{name}.json")
            files[-1].write_text(json.dumps(plain))
        status, out, err = ran(*files)
        assert (status == 0 and out and not err) or (
            status == 2 and err.startswith("calculate: ") and not out
        )


def test_the_command_needs_no_database_and_no_settings(facts: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "calculate", str(CUSTOMER), str(facts), "--window", "2026-03"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "credit_amount 234.57 EUR" in done.stdout
