"""`manage.py terms`: what it prints, and with which status."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from base.console import run
from reckoning.terms.document import parse_terms, terms_sha256
from tests.work import at_most

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "terms" / "examples"
CUSTOMER, VENDOR = str(EXAMPLES / "customer-monthly.json"), str(EXAMPLES / "vendor-quarterly.json")
BASE = parse_terms(Path(CUSTOMER).read_bytes())
TARGET = "commitments[build-uptime].target_percent"


def ran(*arguments: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = run("terms", [str(one) for one in arguments], out, err)
    return status, out.getvalue(), err.getvalue()


def printed(*arguments: Any) -> Any:
    return json.loads(ran(*arguments, "--json")[1])


def written(folder: Path, name: str, plain: Any) -> Path:
    path = folder / name
    path.write_text(plain if isinstance(plain, str) else json.dumps(plain))
    return path


@pytest.fixture
def template(tmp_path: Path) -> Path:
    terms = json.loads(Path(CUSTOMER).read_text())
    terms["commitments"][0]["target_percent"] = {"parameter": "target"}
    parameters = [{"name": "target", "type": "number", "description": "promised level"}]
    plain = {
        "format": "sla-ledger-template/1",
        "id": "monthly",
        "version": 1,
        "title": "Monthly",
        "parameters": parameters,
    }
    return written(tmp_path, "template.json", {**plain, "terms": terms})


def amendment(**changes: Any) -> dict[str, Any]:
    return {
        "format": "sla-ledger-amendment/1",
        "id": "a-1",
        "title": "Lower target",
        "kind": "amendment",
        "base_sha256": terms_sha256(BASE),
        "effective_from": "2026-04-01",
        "mid_window": "next_window",
        "changes": [{"do": "set", "at": TARGET, "to": "99.5"}],
        **changes,
    }


def test_lint_tells_every_finding_and_is_silent_on_a_clean_document() -> None:
    status, out, _ = ran("lint", CUSTOMER)
    assert (status, out) == (0, "no findings in 1 file\n")
    status, out, _ = ran("lint", CUSTOMER, VENDOR)
    assert status == 1
    assert f"{VENDOR}: commitments.0.schedule.tiers: TIER_HOLE (error)\n    A level of exactly 99 %" in out
    assert out.endswith("2 findings in 2 files\n")
    assert [one["code"] for one in printed("lint", VENDOR)] == ["TIER_HOLE", "TARGET_AND_TIER_DISAGREE"]
    assert "SOURCE_ROLE_UNPLAYED" in ran("lint", CUSTOMER, "--role", "somebody else")[1]


def test_word_puts_every_clause_into_english() -> None:
    status, out, _ = ran("word", CUSTOMER)
    assert status == 0
    assert "2.2 Window\n    The window is the calendar month" in out
    assert f"(sha256 {terms_sha256(BASE)})" in out
    assert printed("word", CUSTOMER)[0]["clauses"][0]["number"] == "1"


def test_diff_shows_clauses_and_fields(tmp_path: Path) -> None:
    other = json.loads(Path(CUSTOMER).read_text())
    other["commitments"][0]["cut_off_days"] = 20
    changed = written(tmp_path, "new.json", other)
    status, out, _ = ran("diff", CUSTOMER, changed)
    assert status == 1
    assert "provisional for [-10-]{+20+} days" in out
    assert out.endswith("Fields:\n    commitments[build-uptime].cut_off_days: 10 -> 20\n")
    assert printed("diff", CUSTOMER, changed)["fields"] == [
        {"path": "commitments[build-uptime].cut_off_days", "before": "10", "after": "20"}
    ]
    assert ran("diff", CUSTOMER, CUSTOMER) == (0, "the same terms\n", "")
    assert "(same)" in ran("diff", CUSTOMER, changed, "--all")[1]


def test_schema_prints_one_or_checks_files(tmp_path: Path, template: Path) -> None:
    for kind in ("terms", "template", "amendment", "precedence", "input"):
        assert json.loads(ran("schema", kind)[1])["additionalProperties"] is False
    assert ran("schema")[1] == ran("schema", "terms")[1]
    change = written(tmp_path, "amendment.json", amendment())
    status, out, _ = ran("schema", CUSTOMER, template, change)
    assert status == 0
    assert f"{CUSTOMER}: valid, terms, sha256 {terms_sha256(BASE)}\n{template}: valid, template\n" in out
    assert ran("schema", "nonsense")[0] == 2


def test_fill_prints_the_filled_terms_and_names_what_is_missing(tmp_path: Path, template: Path) -> None:
    status, out, _ = ran("fill", template, "--set", "target=99.50")
    assert status == 0
    assert str(parse_terms(out).commitments[0].target_percent) == "99.5"
    assert '"target_percent": "99.5"' in out
    values = written(tmp_path, "values.yaml", "parameters:\n  target: 99.70\n")
    assert '"target_percent": "99.7"' in ran("fill", template, values)[1]
    assert ran("fill", template) == (
        2,
        "",
        f"terms: {template}: parameters.target: is missing (promised level)\n",
    )
    assert ran("fill", template, "--set", "target")[0] == 2
    assert ran("lint", template, "--set", "target=99.9")[:2] == (0, "no findings in 1 file\n")


def test_copies_lists_those_that_a_later_version_makes_otherwise(tmp_path: Path, template: Path) -> None:
    copy = written(tmp_path, "copy.json", ran("fill", template, "--set", "target=99.9")[1])
    later = json.loads(template.read_text())
    later["version"] = 2
    assert ran("copies", written(tmp_path, "same.json", later), copy)[0] == 0
    later["terms"]["commitments"][0]["cut_off_days"] = 20
    path = written(tmp_path, "later.json", later)
    status, out, _ = ran("copies", path, copy)
    assert status == 1
    assert "from monthly version 1: version 2 would make it otherwise" in out
    assert "commitments[build-uptime].cut_off_days: 10 -> 20" in out
    assert printed("copies", path, copy)[0]["state"] == "differs"
    assert "filled_from: is empty" in ran("copies", path, CUSTOMER)[2]


def test_conform_gives_the_text_as_of_an_instant_or_all_of_them(tmp_path: Path) -> None:
    one = written(tmp_path, "one.json", amendment())
    before, after = "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z"
    assert parse_terms(ran("conform", CUSTOMER, one, "--as-of", before)[1]) == BASE
    assert '"target_percent": "99.5"' in ran("conform", CUSTOMER, one, "--as-of", after)[1]
    status, out, _ = ran("conform", CUSTOMER, one)
    assert status == 0
    assert f"from the beginning until {after}: the base alone, sha256 {terms_sha256(BASE)}\n" in out
    assert f"from {after} until further notice: a-1, sha256" in out
    assert "at least 99.5 % of every calendar month" in ran("conform", CUSTOMER, one, "--word")[1]
    assert [item["applied"] for item in printed("conform", CUSTOMER, one)] == [[], ["a-1"]]
    other = written(tmp_path, "other.json", amendment(base_sha256="0" * 64))
    assert "amendments.a-1.base_sha256: is not " in ran("conform", CUSTOMER, other)[2]
    assert "no instant with its zone" in ran("conform", CUSTOMER, one, "--as-of", "2026-03-31")[2]


def test_precedence_tells_what_computes_and_every_conflict(tmp_path: Path) -> None:
    documents = [
        {"name": "SLA", "kind": "SLA", "owner": "Sales", "terms": json.loads(Path(CUSTOMER).read_text())},
        {
            "name": "aims",
            "kind": "internal objective",
            "owner": "Operations",
            "objectives": [{"commitment": "build-uptime", "target_percent": "99.9"}],
        },
    ]
    order = written(tmp_path, "order.json", {"title": "Order", "why": "Clause 2.", "documents": documents})
    status, out, _ = ran("precedence", order, "--as-of", "2026-01-01T00:00:00Z")
    assert status == 1
    assert out.startswith(
        f"computes: SLA (sha256 {terms_sha256(BASE)})\nPROMISE_NOT_BELOW_OBJECTIVE {TARGET}\n"
    )
    assert "(Sales)" in out
    assert "(Operations)" in out
    plain = printed("precedence", order, "--as-of", "2026-01-01T00:00:00Z")
    assert [voice["owner"] for voice in plain["conflicts"][0]["voices"]] == ["Sales", "Operations"]


@pytest.mark.parametrize("command", ["lint", "word", "schema", "fill"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: &x [1]\nb: *x", "anchors and aliases"),
        (b"a: " + b"[" * 300_000, "levels of nesting"),
        (b"x" * 1_000_001, "larger than"),
        (b"\xff", "UTF-8"),
        (b"title: !!python/name:os.system x", "tags"),
        (b'{"title": ' + b"9" * 5_000 + b"}", "digits"),
    ],
)
def test_a_hostile_file_is_refused_with_little_work_by_one_line(
    command: str, content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    with at_most(calls=20_000):
        status, out, err = ran(command, path)
    assert (status, out) == (2, "")
    assert err.startswith(f"terms: {path}: ")
    assert err.count("\n") == 1
    assert words in err


def test_every_fault_of_a_document_has_its_line_with_the_file_and_the_place(tmp_path: Path) -> None:
    plain = json.loads(Path(CUSTOMER).read_text())
    plain["commitments"][0].update(target_percent="101", surprise=1)
    path = written(tmp_path, "faulty.json", plain)
    status, _, err = ran("lint", path)
    assert status == 2
    assert [line.split(": ")[:3] for line in err.splitlines()] == [
        ["terms", str(path), "commitments.0.target_percent"],
        ["terms", str(path), "commitments.0.surprise"],
    ]


def test_a_missing_file_is_named() -> None:
    assert ran("lint", "nowhere.yaml") == (2, "", "terms: nowhere.yaml: No such file or directory\n")


def test_the_command_needs_no_database_and_no_settings() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "terms", "lint", CUSTOMER],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "no findings in 1 file\n", "")
