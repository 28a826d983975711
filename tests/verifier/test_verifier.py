"""`python -m verifier FILE` recomputes a result, or says where the file and the recomputation part ways."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reckoning.canonical import canonical_json
from reckoning.terms.document import terms_sha256
from tests.reckoning.build import DAY_0, inputs, maintenance, outage, result, terms
from verifier.__main__ import main
from verifier.evidence import build
from verifier.verify import EvidenceError, first_difference, verify

AGREED = terms(claim={"kind": "by_deadline", "days": 30}, zone="UTC")
FACTS = inputs(
    intervals=[outage(DAY_0, timedelta(hours=3))], exclusions=[maintenance(DAY_0, timedelta(hours=1))]
)


def evidence() -> dict[str, Any]:
    return copy.deepcopy(build(AGREED, "uptime", FACTS, result(AGREED, FACTS)))


def written(folder: Path, value: Any) -> Path:
    path = folder / "evidence.json"
    path.write_bytes(value if isinstance(value, bytes) else canonical_json(value))
    return path


def test_an_untouched_file_is_identical_as_a_command_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, evidence())
    done = subprocess.run(
        [sys.executable, "-m", "verifier", str(path)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("recomputed: identical\n")
    assert "net_down_seconds = 7200" in done.stdout
    assert "credit_amount = 100.00" in done.stdout


def set_at(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(holder: Any) -> None:
        *steps, last = path.split(".")
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        holder[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "differs_at"),
    [
        ("result.credit_amount", "100.01", "result.credit_amount"),
        ("result.outcome", "met", "result.outcome"),
        ("result.level.exact", "1/1", "result.level.exact"),
        ("result.trace.3.output.gross_down_seconds", "1", "result.trace.3.output.gross_down_seconds"),
        ("result.surprise", "more", "result.surprise"),
        ("result.currency", None, "result.currency"),
        ("inputs.intervals.0.end", "2026-04-01T00:00:01Z", "inputs_sha256"),
        ("terms.commitments.0.target_percent", "99.8", "terms_sha256"),
        ("inputs.window_end", "2026-04-30T00:00:00Z", "inputs.window_end"),
        ("inputs.window_start", "2026-04-02T00:00:00Z", "inputs.window_start"),
        ("inputs.service", "till", "inputs.service"),
        ("terms.zone", "Europe/Berlin", "inputs.window_start"),
        ("terms_sha256", "0" * 64, "terms_sha256"),
        ("inputs_sha256", "0" * 64, "inputs_sha256"),
    ],
)
def test_one_changed_value_is_found_and_named(
    path: str, value: Any, differs_at: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = evidence()
    set_at(path, value)(changed)
    assert main([str(written(tmp_path, changed))]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"recomputed: differs at {differs_at}: recorded ")


def test_the_difference_names_both_sides() -> None:
    changed = evidence()
    changed["result"]["credit_amount"] = "99.00"
    assert verify(canonical_json(changed)).difference == ("result.credit_amount", "99.00", "100.00")


def test_a_shortened_trace_is_a_difference() -> None:
    changed = evidence()
    del changed["result"]["trace"][-1]
    found = verify(canonical_json(changed)).difference
    assert found is not None
    assert found.recorded == "(not there)"


def test_true_is_not_one() -> None:
    assert first_difference({"a": 1}, {"a": True}) is not None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[1]", "format"),
        (b'{"format": "other"}', "format"),
        (b'{"format": "sla-ledger-evidence/1"}', "missing: terms"),
        (b"[" * 500_000, "not JSON"),
        (b'{"a": 0.5}', "binary"),
        (b'{"a": NaN}', "binary"),
        (b"9" * 5000, "not JSON"),
    ],
)
def test_what_is_no_evidence_is_refused_in_one_line(
    source: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(written(tmp_path, source))]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("terms.commitments.0.target_percent", "many", "target_percent"),
        ("terms", "gone", "not an object"),
        ("terms", None, "object"),
        ("commitment", "other", "none has the key"),
        ("commitment", 7, "not text"),
        ("inputs", [], "inputs"),
        ("inputs.window_end", "2026-05-01", "window_end"),
        ("inputs.seconds", [], None),
        ("surprise", 1, "unknown fields: surprise"),
    ],
)
def test_a_file_whose_parts_cannot_be_read_is_refused_in_one_line(
    path: str, value: Any, words: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = evidence()
    set_at(path, value)(changed)
    status = main([str(written(tmp_path, changed))])
    captured = capsys.readouterr()
    if words is None:
        assert status == 0
    else:
        assert (status, captured.err.count("\n")) == (2, 1)
        assert words in captured.err


def test_facts_that_contradict_the_terms_are_refused_in_one_line() -> None:
    changed = evidence()
    row = {"start": "2026-04-01T00:00:00Z", "end": "2026-04-02T00:00:00Z", "classes": {}, "observation": "o"}
    changed["inputs"]["seconds"] = [row]
    with pytest.raises(EvidenceError, match="reads intervals"):
        verify(canonical_json(changed))


def test_a_file_above_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.verify.MAX_BYTES", 100)
    with pytest.raises(EvidenceError, match="larger"):
        verify(canonical_json(evidence()))


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_wrong_arguments_show_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nowhere/evidence.json"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_evidence_carries_the_hashes_of_its_parts() -> None:
    whole = evidence()
    assert whole["terms_sha256"] == terms_sha256(AGREED)
    assert whole["inputs_sha256"] == FACTS.sha256()
    assert json.loads(canonical_json(whole)) == whole
