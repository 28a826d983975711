"""Reckoning under a contract that was amended: each part of a window by the text that stands in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from reckoning.calculation import calculate
from reckoning.calculation.amended import calculate_amended
from reckoning.errors import TermsError
from reckoning.terms.plain import read_plain

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "terms" / "examples"
TERMS = json.loads((EXAMPLES / "customer-monthly.json").read_text())
VARIATION: dict[str, Any] = read_plain((EXAMPLES / "documents" / "variation.yaml").read_bytes())
AMENDMENT: dict[str, Any] = read_plain((EXAMPLES / "documents" / "amendment.yaml").read_bytes())


def window(day: str = "2026-03-10", **facts: Any) -> dict[str, Any]:
    return {"window": {"containing": day}, "facts": {"fee": "1000.00", "coverage": "whole_window", **facts}}


def outage(start: str, end: str) -> dict[str, str]:
    return {"start": f"2026-03-{start}Z", "end": f"2026-03-{end}Z"}


def reckoned(*windows: dict[str, Any], amendments: list[Any] | None = None) -> list[dict[str, Any]]:
    changes = [VARIATION] if amendments is None else amendments
    rows: list[dict[str, Any]] = calculate_amended(TERMS, changes, {"windows": list(windows)})["windows"]
    return rows


def assessed(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = row["commitments"]["build-uptime"]
    return found


def test_an_outage_over_the_end_of_a_variation_is_split_at_its_boundary() -> None:
    """From 05:00 to 07:00 on the day when the variation ends at 06:00: an hour in each text."""
    rows = reckoned(window(outages=[outage("22T05:00:00", "22T07:00:00")]))
    assert [row["text"]["applied"] for row in rows] == [[], ["move-2026"], []]
    assert [assessed(row)["down_seconds"]["exact"] for row in rows] == ["0/1", "3600/1", "3600/1"]
    # 36 hours with one down are 97.222 %, which keeps the 97 % of the variation; what follows is a breach of 99.9 %.
    assert [assessed(row)["outcome"] for row in rows] == ["met", "met", "breach"]
    assert [assessed(row)["level"]["exact"] for row in rows[:2]] == ["1/1", "35/36"]


def test_the_parts_tile_the_window_and_their_fees_sum_to_its_fee() -> None:
    rows = reckoned(
        window(outages=[outage("03T10:00:00", "03T20:00:00"), outage("25T10:00:00", "25T20:00:00")])
    )
    assert [row["text"]["part"]["start"] for row in rows] == [
        "2026-02-28T23:00:00Z",
        "2026-03-20T18:00:00Z",
        "2026-03-22T06:00:00Z",
    ]
    seconds = [int(assessed(row)["base_seconds"]["exact"].split("/")[0]) for row in rows]
    assert sum(seconds) == 44_580 * 60
    fees = [assessed(row)["fee_amount"] for row in rows]
    assert fees == ["639.30", "48.45", "312.25"]
    # 10 hours of 475 are 97.89 %: 25 % of 639.30; 10 hours of 232 are 95.69 %: 25 % of 312.25.
    assert [assessed(row)["credit_amount"] for row in rows] == ["159.83", "0.00", "78.06"]


def test_a_part_is_measured_over_its_own_time_also_where_the_rest_of_a_window_would_count_as_up() -> None:
    terms = json.loads(json.dumps(TERMS))
    terms["commitments"][0]["part_life"] = "deemed_up"
    variation = {**VARIATION, "base_sha256": calculate(terms, {})["terms_sha256"]}
    facts = {"windows": [window(outages=[outage("22T05:00:00", "22T07:00:00")])]}
    rows = calculate_amended(terms, [variation], facts)["windows"]
    assert [assessed(row)["base_seconds"]["exact"] for row in rows] == ["1710000/1", "129600/1", "835200/1"]


def test_a_window_of_one_text_comes_out_as_without_amendments() -> None:
    facts = {"windows": [window("2026-01-10", outages=[]), window("2026-02-10")]}
    plain = calculate(TERMS, facts)["windows"]
    rows = reckoned(*facts["windows"])
    assert [row["commitments"] for row in rows] == [row["commitments"] for row in plain]
    assert rows[0]["text"] == {"sha256": calculate(TERMS, facts)["terms_sha256"], "applied": []}


def test_an_amendment_for_the_next_window_leaves_march_whole() -> None:
    down = [{"start": "2026-04-10T00:00:00Z", "end": "2026-04-10T02:00:00Z"}]
    rows = reckoned(window(), window("2026-04-10", outages=down), amendments=[AMENDMENT])
    assert [row["text"]["applied"] for row in rows] == [[], ["amendment-1"]]
    # 2 of 720 hours are 99.72 %: below the 99.9 % before and above the 99.5 % from April on.
    assert [assessed(row)["outcome"] for row in rows] == ["met", "met"]
    assert assessed(rows[0])["outcome"] == assessed(reckoned(window())[0])["outcome"]


def test_facts_without_times_cannot_be_split() -> None:
    given = [{"figure": "down_seconds", "value": "60", "unit": "seconds"}]
    with pytest.raises(TermsError, match=r"windows.0.facts.given: has no times"):
        reckoned(window(given=given))
    assert len(reckoned(window("2026-02-10", given=given))) == 1


def test_a_service_that_did_not_live_in_a_part_is_named() -> None:
    with pytest.raises(TermsError, match="did not exist from 2026-03-22T06:00:00Z on"):
        reckoned(window(existed_until="2026-03-21T00:00:00Z"))


def test_the_same_arguments_give_the_same_bytes_and_totals_sum_the_rows() -> None:
    facts = {"windows": [window(outages=[outage("25T10:00:00", "25T20:00:00")])]}
    one, other = (calculate_amended(TERMS, [VARIATION, AMENDMENT], facts) for _ in range(2))
    assert json.dumps(one) == json.dumps(other)
    assert one["amendments"] == ["move-2026", "amendment-1"]
    assert one["totals"]["build-uptime"] == {"rows": 3, "breaches": 1, "credit_amount": "78.06"}


def test_windows_that_differ_and_remedies_are_refused_by_name() -> None:
    with pytest.raises(TermsError, match="remedy: is asked by the text"):
        calculate_amended(TERMS, [VARIATION], {"windows": [window()], "remedy": {"build-uptime": {}}})
    other = json.loads(json.dumps(TERMS))
    other["commitments"].append(
        {**other["commitments"][0], "key": "quarter", "window": {"kind": "calendar_quarter"}}
    )
    facts = {"window": {"containing": "2026-03-10"}, "commitments": {"build-uptime": {}, "quarter": {}}}
    with pytest.raises(TermsError, match="is not the same for build-uptime, quarter"):
        calculate_amended(other, [], facts)
