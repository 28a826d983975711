"""The pages of windows, calendars, claims and remedies: every field has its line, and every example comes out."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, TypeAdapter

from reckoning.assessment.claims import ClaimFacts, assess_claim
from reckoning.assessment.remedy import RemedyFacts, assess_remedy
from reckoning.assessment.remedy_facts import PastWindow
from reckoning.terms import calendars, claims, linter_claims, recurring, remedy, windows
from reckoning.terms.yaml_reading import Limits, read_yaml
from reckoning.timeline import window_of

PAGES = Path(__file__).resolve().parents[2] / "docs" / "terms"
FIELDS: dict[str, dict[str, type[BaseModel]]] = {
    "windows": {"Window": windows.WindowTerms},
    "calendars": {
        "Calendar": calendars.CalendarTerms,
        "Opening hours": calendars.OpeningHours,
        "Recurring window": recurring.RecurringWindow,
    },
    "claims": {
        "Claim in steps": claims.ClaimInSteps,
        "Step": claims.ClaimStep,
        "Point": claims.Point,
        "After": claims.After,
        "By": claims.By,
        "Condition": claims.ClaimCondition,
        "Arrears": claims.Arrears,
        "Facts of a claim": ClaimFacts,
    },
    "remedy": {
        "Remedy": remedy.RemedyTerms,
        "Form": remedy.CreditForm,
        "Expiry": remedy.Expiry,
        "Payment": remedy.PaymentCalendar,
        "Earn-back": remedy.EarnBack,
        "Offset": remedy.Offset,
        "Right": remedy.Right,
        "Threshold": remedy.Threshold,
    },
}
CLAIM: TypeAdapter[Any] = TypeAdapter(claims.ClaimTerms)


def yaml(text: str) -> Any:
    """A value as the product's own reading of YAML gives it."""
    return read_yaml(text.strip("`"), Limits(100_000, 20, 5_000))


def section(page: str, heading: str) -> str:
    text = (PAGES / f"{page}.md").read_text()
    found = re.search(rf"^(##+) {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[2]


def tables(page: str, heading: str) -> list[list[dict[str, str]]]:
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", section(page, heading), re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
        found.append([dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]])
    return found


@pytest.mark.parametrize(("page", "heading"), [(page, one) for page, some in FIELDS.items() for one in some])
def test_every_field_of_a_block_has_its_line(page: str, heading: str) -> None:
    rows = tables(page, heading)[0]
    assert [row["field"].strip("`") for row in rows] == list(FIELDS[page][heading].model_fields)


def test_every_kind_of_window_has_its_line_with_its_fields() -> None:
    (rows,) = tables("windows", "Kinds")
    told = {row["kind"].strip("`"): tuple(re.findall(r"`(\w+)`", row["may say"])) for row in rows}
    assert {kind: set(names) for kind, names in told.items()} == {
        kind: set(names) for kind, names in windows._FIELDS.items()
    }


def _rows(page: str, heading: str, table: int = 0) -> list[Any]:
    return [pytest.param(row, id=str(at + 1)) for at, row in enumerate(tables(page, heading)[table])]


@pytest.mark.parametrize("row", _rows("windows", "Which window holds an instant"))
def test_a_window_comes_out_as_printed(row: dict[str, str]) -> None:
    block = windows.WindowTerms.model_validate(yaml(row["window"]))
    window = window_of(block, row["zone"], datetime.fromisoformat(f"{row['noon of']}T12:00:00+00:00"))
    first = window.start.astimezone(ZoneInfo(row["zone"])).date()
    hours = (window.end - window.start) / timedelta(hours=1)
    assert (str(first), str(window.last_day), window.label, hours) == (
        row["first day"],
        row["last day"],
        row["label"],
        int(row["hours"]),
    )


@pytest.mark.parametrize("row", _rows("calendars", "Counting"))
def test_business_days_and_hours_come_out_as_printed(row: dict[str, str]) -> None:
    calendar = calendars.CalendarTerms.model_validate(yaml(row["calendar"])).calendar("UTC")
    words = row["question"].split()
    if words[1] == "hours":
        start = datetime.fromisoformat(words[-1]).replace(tzinfo=UTC)
        assert f"{calendar.due(start, int(words[0]) * 3600):%Y-%m-%dT%H:%M}" == row["answer"]
    elif words[3] == "after":
        assert str(calendar.add_days(date.fromisoformat(words[4]), int(words[2]))) == row["answer"]
    else:
        first = date.fromisoformat(f"{words[4]}-01")
        after = (first + timedelta(days=32)).replace(day=1)
        assert str(calendar.nth_day(first, after, int(words[2]))) == row["answer"]


@pytest.mark.parametrize("row", _rows("calendars", "Occurrences"))
def test_recurring_windows_come_out_as_printed(row: dict[str, str]) -> None:
    window = recurring.RecurringWindow.model_validate(yaml(row["recurring window"]))
    edges = [datetime.fromisoformat(row[name]).replace(tzinfo=UTC) for name in ("from", "until")]
    found = recurring.occurrences_of(window, "UTC", edges[0], edges[1])
    assert (
        ", ".join(f"{one.start:%Y-%m-%dT%H:%M}/{one.end:%H:%M}" for one in found) == row["occurrences in UTC"]
    )


@pytest.mark.parametrize("row", _rows("claims", "Deadlines"))
def test_a_deadline_comes_out_as_printed(row: dict[str, str]) -> None:
    point = yaml(row["point"])
    claim = CLAIM.validate_python({"kind": "steps", "steps": [{"name": "claim", "deadlines": [point]}]})
    facts = ClaimFacts.model_validate(
        {"anchors": {point["anchor"]: row["anchor is"]}, "acts": {"claim": row["act"]}}
    )
    result = assess_claim(claim, facts, zone="UTC")
    assert (str(result.last_day), _said(result.in_time)) == (row["last day"], row["in time"])


def _said(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "open"}[value]


def test_the_claim_of_the_page_comes_out_as_it_says() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (PAGES / "claims.md").read_text(), re.DOTALL)
    claim = CLAIM.validate_python(yaml(blocks[0])["claim"])
    facts = ClaimFacts.model_validate(yaml(blocks[1])["claim"])
    april = window_of("calendar_month", "UTC", datetime(2024, 4, 9, tzinfo=UTC))
    found = assess_claim(claim, facts, zone="UTC", window=april)
    plain = found.to_json_obj()
    assert (plain["in_time"], plain["eligible"], plain["due_now"]) == (True, True, True)
    assert plain["steps"]["ticket"]["closes_at"] == "2024-04-10T10:00:00Z"
    assert (plain["steps"]["claim"]["opens_on"], plain["last_day"]) == ("2024-05-09", "2024-06-30")
    (table,) = tables("claims", "What comes out")
    assert {row["figure"].strip("`") for row in table} == set(plain) - {"kind"}


def test_the_other_examples_are_read() -> None:
    for page, read in (
        ("remedy", lambda plain: remedy.RemedyTerms.model_validate(plain["remedy"])),
        ("calendars", lambda plain: calendars.CalendarTerms.model_validate(plain["calendar"])),
        ("windows", lambda plain: windows.WindowTerms.model_validate(plain["commitments"][0]["window"])),
    ):
        first = re.findall(r"```yaml\n(.*?)```", (PAGES / f"{page}.md").read_text(), re.DOTALL)[0]
        assert read(yaml(first))


def remedied(terms: dict[str, Any], **facts: Any) -> dict[str, Any]:
    block = remedy.RemedyTerms.model_validate(terms)
    return assess_remedy(block, RemedyFacts.model_validate(facts), currency="GBP", zone="UTC").to_json_obj()


@pytest.mark.parametrize("row", _rows("remedy", "Expiry", 1))
def test_an_expiry_comes_out_as_printed(row: dict[str, str]) -> None:
    found = remedied({"expiry": yaml(row["expiry"])}, **yaml(row["facts"]))["expiry"]
    assert (found["last_day"], found["then"], found["pay_by"] or "") == (
        row["last day"],
        row["then"],
        row["pay by"],
    )


@pytest.mark.parametrize("row", _rows("remedy", "Payment", 1))
def test_a_payment_comes_out_as_printed(row: dict[str, str]) -> None:
    cancelled = {"cancelled_in": row["cancelled in"]} if row["cancelled in"] else {}
    found = remedied({"payment": yaml(row["payment"])}, credits=yaml(row["credits"]), **cancelled)["payment"]
    assert found["paid"] == row["paid"]
    assert ", ".join(one["paid_in"] for one in found["payments"]) == row["paid in"]
    assert ", ".join(one["month"] for one in found["lost"]) == row["lost"]


@pytest.mark.parametrize("row", _rows("remedy", "Earn-back", 1))
def test_an_earn_back_comes_out_as_printed(row: dict[str, str]) -> None:
    facts = {"credit_amount": row["credit"], "following_met": yaml(row["following met"])}
    found = remedied({"earn_back": yaml(row["earn-back"])}, **facts)["earn_back"]
    assert (found["credit_final"] or "open") == row["final"]


@pytest.mark.parametrize("row", _rows("remedy", "Offset", 1))
def test_an_offset_comes_out_as_printed(row: dict[str, str]) -> None:
    facts = {"earned": yaml(row["earned"]), "deductions": yaml(row["deductions"])}
    found = remedied({"offset": yaml(row["terms"])}, **facts)["offset"]
    assert ", ".join(one["usable"] for one in found["deductions"]) == row["usable for each"]
    assert tuple(found[name] for name in ("offset", "net", "unused")) == (
        row["offset"],
        row["net"],
        row["unused"],
    )


def test_the_facts_of_a_window_each_have_their_line() -> None:
    rows = tables("remedy", "Threshold")[1]
    assert [row["fact"].strip("`") for row in rows] == list(PastWindow.model_fields)


@pytest.mark.parametrize("row", _rows("remedy", "Threshold", 2))
def test_a_right_comes_out_as_printed(row: dict[str, str]) -> None:
    right = {"name": "exit", "sentence": "The customer may leave.", **yaml(row["right"])}
    found = remedied({"rights": [right]}, history=yaml(row["history"]))["rights"]["exit"]
    first = "" if found["first_index"] is None else str(found["first_index"])
    assert (_said(found["arisen"]), first) == (row["arisen"], row["first index"])


def test_every_question_of_the_linter_about_claims_and_rights_has_its_line() -> None:
    source = Path(linter_claims.__file__).read_text()
    told = [
        row["code"].strip("`")
        for page in ("claims", "remedy")
        for row in tables(page, "What the linter asks")[0]
    ]
    assert sorted(told) == sorted(set(re.findall(r'^ +"([A-Z_]{6,})",$', source, re.MULTILINE)))
