"""Questions about claims and rights."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from reckoning.terms.claims import ClaimTerms
from reckoning.terms.linter_claims import Asked, claim_findings, right_findings
from reckoning.terms.remedy import RemedyTerms
from reckoning.terms.windows import WindowTerms

CLAIM: TypeAdapter[Any] = TypeAdapter(ClaimTerms)
MONTH = WindowTerms(kind="calendar_month")


def after(count: int, unit: str = "days", anchor: str = "window_end") -> dict[str, Any]:
    return {"anchor": anchor, "after": {"count": count, "unit": unit}}


def asked(cut_off_days: int = 5, window: WindowTerms = MONTH, **step: Any) -> list[Asked]:
    claim = CLAIM.validate_python({"kind": "steps", "steps": [{"name": "claim", **step}]})
    return list(claim_findings(claim, window, cut_off_days, "UTC"))


def codes(found: list[Asked]) -> list[str]:
    return [one.code for one in found]


BUSINESS_DAY_5 = {
    "anchor": "window_end",
    "by": {"of": "month", "later": 1, "business_day": 5},
    "included": False,
}


@pytest.mark.parametrize(
    ("deadlines", "opens", "cut_off", "expected"),
    [
        ([after(2, "months")], BUSINESS_DAY_5, 5, []),
        ([after(7)], BUSINESS_DAY_5, 5, ["CLAIM_OPENS_AFTER_DEADLINE"]),
        ([after(10)], BUSINESS_DAY_5, 5, []),
        ([after(72, "hours", "incident_end")], None, 60, []),
        ([after(30)], None, 30, ["CLAIM_AFTER_DEADLINE"]),
        ([after(30)], None, 29, []),
        ([after(3, "business_days")], None, 2, []),
        ([after(3, "business_days")], None, 3, ["CLAIM_AFTER_DEADLINE"]),
        ([after(1, "months", "report"), after(32, "days", "report")], None, 5, ["CLAIM_DEADLINE_IDLE"]),
        ([after(1, "months", "report"), after(30, "days", "report")], None, 5, []),
        ([after(30, "days", "report"), after(40)], None, 5, []),
    ],
)
def test_deadlines_that_cannot_be_kept_or_never_count(
    deadlines: list[dict[str, Any]], opens: dict[str, Any] | None, cut_off: int, expected: list[str]
) -> None:
    assert codes(asked(cut_off, deadlines=deadlines, opens=opens)) == expected


def test_the_first_bad_day_is_named() -> None:
    (found,) = asked(deadlines=[after(7)], opens=BUSINESS_DAY_5)
    assert (found.path, found.severity) == ("claim.steps.0.deadlines.0", "error")
    assert "window_end on 2023-01-31, claim opens on 2023-02-08 and closes on 2023-02-07" in found.sentence


def test_only_the_last_step_waits_for_the_result() -> None:
    steps = [{"name": "ticket", "deadlines": [after(1)]}, {"name": "claim", "deadlines": [after(30)]}]
    claim = CLAIM.validate_python({"kind": "steps", "steps": steps})
    assert list(claim_findings(claim, MONTH, 5, "UTC")) == []


@pytest.mark.parametrize(
    ("seconds", "window", "contradict"),
    [
        ("25200", {"kind": "rolling_days", "days": 30}, True),
        ("25920", {"kind": "rolling_days", "days": 30}, False),
        ("25920", {"kind": "calendar_month"}, True),
    ],
)
def test_a_bound_in_seconds_and_one_in_percent_that_do_not_meet(
    seconds: str, window: dict[str, Any], contradict: bool
) -> None:
    right = {"sentence": "The customer may leave.", "counts": "threshold", "same_promise": "power"}
    threshold = {"on": "down_seconds", "op": "more_than"}
    rights = [
        {**right, "name": "hours", "threshold": {**threshold, "value": seconds}},
        {**right, "name": "percent", "threshold": {**threshold, "value": "1", "percent_of": "base_seconds"}},
    ]
    remedy = RemedyTerms.model_validate({"rights": rights})
    found = list(right_findings(remedy, WindowTerms.model_validate(window), "UTC"))
    assert codes(found) == (["RIGHTS_CONTRADICT"] if contradict else [])
    alone = RemedyTerms.model_validate({"rights": [{**one, "same_promise": None} for one in rights]})
    assert list(right_findings(alone, MONTH, "UTC")) == []


def test_older_claims_and_an_absent_remedy_are_asked_nothing_here() -> None:
    assert (
        list(claim_findings(CLAIM.validate_python({"kind": "by_deadline", "days": 1}), MONTH, 9, "UTC")) == []
    )
    assert list(right_findings(None, MONTH, "UTC")) == []
