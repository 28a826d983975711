"""The published outages and the worked cases of a real agreement, where they lie beside the checkout."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from reckoning.assessment import AssessmentInputs, AssessmentResult, DaySeconds
from reckoning.terms import Terms, parse_terms
from reckoning.timeline import Window, windows
from tests.reckoning.build import SHARED, codes, inputs, needs_shared, outage, result, terms
from tests.reckoning.test_document import EXAMPLES

pytestmark = needs_shared

FIRST, LAST = datetime(2022, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
FIRST_DAY = {"Copilot": datetime(2022, 6, 21, tzinfo=UTC)}


@cache
def days() -> dict[str, list[DaySeconds]]:
    found: dict[str, list[DaySeconds]] = {}
    with (SHARED / "github-status" / "daily_outage_seconds.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            start = datetime.fromisoformat(line["date_utc"]).replace(tzinfo=UTC)
            row = DaySeconds(
                start=start,
                end=start + timedelta(days=1),
                classes={"partial": int(line["partial_outage_s"]), "major": int(line["major_outage_s"])},
                observation=f"{line['component']} {line['date_utc']}",
            )
            found.setdefault(line["component"], []).append(row)
    return found


@cache
def vendor(kind: str) -> Terms:
    document = json.loads((EXAMPLES / "vendor-quarterly.json").read_text())
    document["commitments"][0]["window"]["kind"] = kind
    return parse_terms(document)


def facts(component: str, window: Window) -> AssessmentInputs:
    return AssessmentInputs.model_validate(
        {
            "window_start": window.start,
            "window_end": window.end,
            "known_at": LAST,
            "service": component,
            "existed_from": FIRST_DAY.get(component),
            "seconds": [row for row in days()[component] if window.start <= row.start < window.end],
            "fee": {"amount": "6300.00", "currency": "USD"},
        }
    )


def quarters() -> Iterator[tuple[str, Window, AssessmentResult]]:
    for component in days():
        for window in windows("calendar_quarter", "UTC", FIRST, LAST):
            if window.end > FIRST_DAY.get(component, FIRST):
                yield component, window, result(vendor("calendar_quarter"), facts(component, window))


def test_the_published_monthly_uptime_is_met_to_nine_decimals_in_415_of_415() -> None:
    near = 0
    with (SHARED / "github-status" / "published_monthly_uptime.csv").open(newline="") as file:
        published = list(csv.DictReader(file))
    for line in published:
        month = datetime(int(line["year"]), int(line["month"]), 1, tzinfo=UTC)
        (window,) = windows("calendar_month", "UTC", month, month + timedelta(days=1))
        level = result(vendor("calendar_month"), facts(line["component"], window)).level
        assert level is not None
        near += abs(level - Fraction(line["uptime"])) < Fraction(1, 10**9)
    assert (near, len(published)) == (415, 415)


def test_61_of_139_quarters_are_below_the_target_and_14_or_104_under_the_other_weights() -> None:
    below: Counter[str] = Counter()
    far_below: Counter[str] = Counter()
    count = 0
    for _, _, found in quarters():
        count += 1
        readings = {"chosen": found.level, **{other.name: other.level for other in found.other_readings}}
        for name, level in readings.items():
            assert level is not None
            below[name] += level < Fraction(999, 1000)
            far_below[name] += level < Fraction(99, 100)
    assert count == 139
    assert list(below.values()) == [61, 14, 104]
    assert list(far_below.values()) == [0, 0, 10]


def test_actions_in_the_first_quarter_of_2023_by_hand() -> None:
    """19,201 s of major and 85,683 s of partial outage in 90 days: 1 - 44,905.9 / 7,776,000."""
    by_name = {(component, window.label): found for component, window, found in quarters()}
    found = by_name["Actions", "2023-Q1"]
    assert found.down_seconds == 19_201 + Fraction(3, 10) * 85_683 == Fraction("44905.9")
    assert found.base_seconds == 90 * 86_400
    assert found.to_json_obj()["level"]["percent"] == "99.422506"
    assert (found.tier, found.credit_amount) == ("(99, 99.9]", Decimal("630.00"))
    assert found.claim_deadline_on == date(2023, 4, 30)
    assert [(other.credit_amount) for other in found.other_readings] == [
        Decimal("630.00"),
        Decimal("1575.00"),
    ]


def ghec_cases() -> dict[str, dict[str, Any]]:
    path = SHARED / "agreements" / "cases.json"
    if not path.exists():
        return {}
    return {
        case["id"].split("/")[1]: case
        for case in json.loads(path.read_text())
        if case["agreement"] == "github-ghec"
    }


# The text counts minutes, so these cases are stated as intervals; all else is the document of the example.
def by_minutes(readings: list[dict[str, Any]] | None = None) -> Terms:
    document = json.loads((EXAMPLES / "vendor-quarterly.json").read_text())
    commitment = document["commitments"][0]
    commitment["indicator"] = {"kind": "uptime_from_intervals", "down_severities": ["major"]}
    commitment["services"] = ["shop"]
    commitment["readings"] = readings or []
    return parse_terms(document)


@pytest.mark.parametrize(
    "name", ["q1-2023-90-days", "q1-2024-131", "q3-2024-92-days", "exactly-99.0", "below-99"]
)
def test_a_worked_case_comes_out_as_published(name: str) -> None:
    case = ghec_cases()[name]
    start = datetime.fromisoformat(case["window"]["start"]).replace(tzinfo=UTC)
    end = datetime.fromisoformat(case["window"]["end"]).replace(tzinfo=UTC)
    length = timedelta(minutes=int(case["inputs"]["down_minutes"]))
    hole = {
        "name": "exactly 99 %",
        "question": "Which tier holds it?",
        "chosen": "none",
        "chosen_by": "Lena Legal",
        "chosen_on": "2023-01-02",
        "why": "Literal.",
        "alternatives": [
            {"name": "treat as 10%", "set": {"schedule.tiers.0.lower_inclusive": True}},
            {"name": "treat as 25%", "set": {"schedule.tiers.1.upper_inclusive": True}},
        ],
    }
    found = result(
        by_minutes([hole]),
        inputs(
            window=(start, end),
            intervals=[outage(start, length)],
            fee={"amount": case["inputs"]["feature_fee_for_quarter"], "currency": "USD"},
        ),
    )
    expected = case["expected"]
    assert (end - start).total_seconds() == case["window"]["seconds"]
    assert found.level == Fraction(expected["measured"]["exact"])
    assert (found.outcome == "met") is expected["commitment_met"]
    if name == "exactly-99.0":
        # The data's zero is what is paid until a person answers; the answers stand beside the question.
        assert (found.credit_amount, codes(found)) == (None, ["NO_TIER"])
    else:
        assert found.credit_amount == Decimal(expected["credit"]["amount"])
    for alternative in case.get("alternatives", []):
        (other,) = [one for one in found.other_readings if one.name.endswith(alternative["reading"])]
        assert other.credit_amount == Decimal(alternative["credit"])


@pytest.mark.parametrize("name", ["claim-30-days", "claim-31-days"])
def test_a_claim_is_in_time_as_published(name: str) -> None:
    case = ghec_cases()[name]
    end = datetime.fromisoformat(case["inputs"]["quarter_end"]).replace(tzinfo=UTC) + timedelta(days=1)
    start = end - timedelta(days=91)
    found = result(
        by_minutes(), inputs(window=(start, end), intervals=[outage(start, timedelta(days=1))], fee=None)
    )
    assert found.claim_deadline_on is not None
    in_time = date.fromisoformat(case["inputs"]["request"]) <= found.claim_deadline_on
    assert in_time is case["expected"]["in_time"]


def test_a_kept_promise_inside_a_tier_is_withheld_and_its_other_reading_pays() -> None:
    """After the case actions-exactly-99.9, whose executions are stated as time here."""
    case = ghec_cases()["actions-exactly-99.9"]
    start, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 4, 1, tzinfo=UTC)
    table = {
        "name": "target and table",
        "question": "Does exactly the target earn?",
        "chosen": "no",
        "chosen_by": "Lena Legal",
        "chosen_on": "2023-01-02",
        "why": "The promise is kept.",
        "alternatives": [{"name": "table alone", "set": {"schedule.requires_missed_target": False}}],
    }
    found = result(
        by_minutes([table]),
        inputs(
            window=(start, end),
            intervals=[outage(start, (end - start) / 1000)],
            fee={"amount": case["inputs"]["feature_fee_for_quarter"], "currency": "USD"},
        ),
    )
    assert found.level == Fraction(case["expected"]["measured"]["exact"])
    assert (found.outcome, found.credit_amount) == ("met", Decimal(0))
    assert found.other_readings[0].credit_amount == Decimal(case["alternatives"][0]["credit"])


@pytest.mark.parametrize(("start", "end", "zone_hours", "seconds"), [(8, 7, 743, 1338), (8, 8, 744, 1338)])
def test_the_month_of_the_spring_change_is_shorter_in_its_zone(
    start: int, end: int, zone_hours: int, seconds: int
) -> None:
    """After the cases dst-march of a monthly agreement: the same loss, two zones, two levels."""
    edges = (datetime(2024, 3, 1, start, tzinfo=UTC), datetime(2024, 4, 1, end, tzinfo=UTC))
    found = result(
        terms(target_percent="99.95"),
        inputs(window=edges, intervals=[outage(edges[0], timedelta(seconds=seconds))]),
    )
    assert found.level == 1 - Fraction(seconds, zone_hours * 3600)
    assert (found.outcome == "met") is (zone_hours == 744)
