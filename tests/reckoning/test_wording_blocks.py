"""Every field of windows, calendars, recurring windows, claims and remedies changes the words."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from reckoning.terms.calendars import CalendarTerms
from reckoning.terms.claims import ClaimTerms
from reckoning.terms.recurring import RecurringWindow
from reckoning.terms.remedy import RemedyTerms
from reckoning.terms.windows import WindowTerms
from reckoning.terms.wording_dates import word_calendar, word_claim, word_recurring, word_window
from reckoning.terms.wording_remedy import word_remedy

CLAIM: TypeAdapter[Any] = TypeAdapter(ClaimTerms)
ANCHORED = {"kind": "anchored", "anchor": "claim", "direction": "before", "days": 30}
WINDOWS: list[dict[str, Any]] = [
    {"kind": "calendar_month"},
    {"kind": "calendar_month", "zone": "Asia/Tokyo"},
    {"kind": "calendar_quarter"},
    {"kind": "calendar_quarter", "first_month": 2},
    {"kind": "calendar_quarter", "first_month": 2, "first_day": 6},
    {"kind": "calendar_quarter", "first_month": 2, "label_year": "ends"},
    {"kind": "calendar_year"},
    {"kind": "billing_cycle", "anchor_day": 15},
    {"kind": "billing_cycle", "anchor_day": 16},
    {"kind": "billing_cycle", "anchor_on": "2024-01-15", "months": 2},
    {"kind": "billing_cycle", "anchor_on": "2024-01-15", "days": 28},
    {"kind": "rolling_days", "days": 30},
    {"kind": "rolling_days", "days": 28, "step_days": 7},
    {"kind": "day"},
    {"kind": "hour"},
    ANCHORED,
    {**ANCHORED, "direction": "after"},
    {**ANCHORED, "anchor": "incident_start"},
    {**ANCHORED, "anchor_day_included": True},
    {**ANCHORED, "to_the_second": True},
    {"kind": "anchored", "anchor": "claim", "direction": "before", "hours": 24},
    {"kind": "anchored", "anchor": "claim", "direction": "before", "months": 12},
    {"kind": "term", "first_on": "2024-01-01", "last_on": "2024-12-31"},
    {"kind": "term", "first_on": "2024-01-01", "last_on": "2025-12-31"},
]
HOURS = {"weekdays": ["monday"], "opens": "09:00", "closes": "17:00"}
CALENDARS: list[dict[str, Any]] = [
    {},
    {"zone": "Asia/Tokyo"},
    {"working_days": ["sunday"]},
    {"hours": [HOURS]},
    {"hours": [{**HOURS, "closes": "24:00"}]},
    {"holidays": ["2024-05-01"]},
    {"extra_working_days": ["2024-05-04"]},
]
SATURDAY = {"every": "week", "weekdays": ["saturday"], "starts": "02:00", "ends": "06:00"}
MONTHLY = {"every": "month", "weekdays": ["sunday"], "nth": 1, "starts": "02:00", "ends": "06:00"}
RECURRING: list[dict[str, Any]] = [
    SATURDAY,
    {**SATURDAY, "name": "Weekly"},
    {**SATURDAY, "zone": "America/New_York"},
    {**SATURDAY, "zone_name": "US Eastern"},
    {**SATURDAY, "weekdays": []},
    {**SATURDAY, "ends": "07:00"},
    {**SATURDAY, "starts": "03:00"},
    {**SATURDAY, "ends": None, "lasts_minutes": 240},
    {**SATURDAY, "from_day": "2024-01-01"},
    {**SATURDAY, "from_day": "2024-01-01", "interval": 2},
    {**SATURDAY, "until_day": "2024-12-31"},
    {**SATURDAY, "except_days": ["2024-01-06"]},
    {**SATURDAY, "months": [3, 6]},
    MONTHLY,
    {**MONTHLY, "nth": -1},
    {**MONTHLY, "nth": -2},
    {**MONTHLY, "weekdays": [], "nth": None, "month_day": 15},
    {**MONTHLY, "weekdays": [], "nth": None, "month_day": -1},
]


def claim(**fields: Any) -> dict[str, Any]:
    return {"kind": "steps", **fields}


def step(**fields: Any) -> dict[str, Any]:
    point = {"anchor": "window_end", "after": {"count": 30, "unit": "days"}}
    return {"name": "claim", "deadlines": [point], **fields}


def due(anchor: str = "window_end", included: bool = True, **by: Any) -> dict[str, Any]:
    return claim(steps=[step(deadlines=[{"anchor": anchor, "included": included, "by": by}])])


CONDITION = {"name": "paid_up", "sentence": "The account is paid up."}
CLAIMS: list[dict[str, Any]] = [
    {"kind": "automatic"},
    {"kind": "by_deadline", "days": 30},
    {"kind": "by_deadline", "days": 30, "form": "written"},
    claim(steps=[step()]),
    claim(steps=[step(name="ticket")]),
    claim(steps=[step(who="provider")]),
    claim(steps=[step(form="e-mail")]),
    claim(steps=[step(to="support")]),
    claim(steps=[step(contents=["dates"])]),
    claim(steps=[step(if_missed="nothing")]),
    claim(steps=[step(deadlines=[])]),
    claim(steps=[step(opens={"anchor": "window_end", "after": {"count": 5, "unit": "business_days"}})]),
    claim(steps=[step(deadlines=[{"anchor": "report", "after": {"count": 24, "unit": "hours"}}])]),
    claim(
        steps=[
            step(
                deadlines=[*step()["deadlines"], {"anchor": "invoice", "after": {"count": 9, "unit": "days"}}]
            )
        ]
    ),
    claim(
        steps=[
            step(
                deadlines=[
                    *step()["deadlines"],
                    {"anchor": "invoice", "after": {"count": 9, "unit": "days"}},
                ],
                decisive="latest",
            )
        ]
    ),
    due(of="month"),
    due(of="month", included=False),
    due(of="month", later=1),
    due(of="cycle", later=2),
    due(of="month", later=1, day=15),
    due(of="month", later=1, business_day=5),
    due(of="month", later=1, business_day=-1),
    due(anchor="invoice", of="quarter"),
    due(of="window"),
    claim(conditions=[CONDITION]),
    claim(conditions=[{**CONDITION, "otherwise": "postponed"}]),
    claim(arrears={}),
    claim(arrears={"otherwise": "lost"}),
    claim(arrears={"grace_count": 3}),
    claim(arrears={"grace_count": 3, "grace_unit": "business_days"}),
    claim(arrears={"within_cycles": 2}),
    claim(steps=[step()], cycle={"kind": "billing_cycle", "anchor_day": 15}),
    claim(steps=[step()], calendar={"holidays": ["2024-05-01"]}),
]
FORM = {"given_as": ["next_invoice"]}
RIGHT = {"name": "exit", "sentence": "The customer may leave.", "at_least": 2, "of_last": 3}
THRESHOLD = {"on": "down_seconds", "op": "more_than", "value": "25200"}
REMEDIES: list[dict[str, Any]] = [
    {},
    {"form": FORM},
    {"form": {"given_as": ["refund"]}},
    {"form": {"given_as": ["refund", "voucher"], "chosen_by": "provider"}},
    {"form": {"given_as": ["refund", "voucher"], "chosen_by": "customer"}},
    {"form": {**FORM, "same_service_only": True}},
    {"form": {**FORM, "transferable": True}},
    {"form": {**FORM, "customer_may_deduct": True}},
    {"form": {**FORM, "fallback": "cash"}},
    {"form": {**FORM, "fallback": "cash", "fallback_within_days": 30}},
    {"form": {**FORM, "sole_remedy": True}},
    {"form": {**FORM, "note": "No interest."}},
    {"expiry": {"at_term_end": True}},
    {"expiry": {"after": {"count": 1, "unit": "years"}}},
    {"expiry": {"after": {"count": 1, "unit": "years"}, "counted_from": "window_end"}},
    {"expiry": {"after": {"count": 1, "unit": "years"}, "at_term_end": True}},
    {"expiry": {"at_term_end": True, "then": "paid_out"}},
    {"expiry": {"at_term_end": True, "then": "paid_out", "paid_within_days": 30}},
    {"payment": {}},
    {"payment": {"every_months": 6}},
    {"payment": {"first_month": 2}},
    {"payment": {"paid_months_later": 0}},
    *[{"payment": {"on_cancellation": rule}} for rule in ("month_lost", "period_lost", "unpaid_lost")],
    {"earn_back": {"following": 3}},
    {"earn_back": {"following": 3, "needed": 2}},
    {"earn_back": {"following": 3, "share_percent": "50"}},
    {"offset": {"serves_months": 3}},
    {"offset": {"serves_months": 3, "own_month": True}},
    {"offset": {"serves_months": 3, "share_percent": "50"}},
    {"rights": [RIGHT]},
    {"rights": [{**RIGHT, "effect": "step_up"}]},
    {"rights": [{**RIGHT, "of_last": 2}]},
    {"rights": [{**RIGHT, "counts": "credit_owed"}]},
    {"rights": [{**RIGHT, "counts": "threshold", "threshold": THRESHOLD}]},
    {"rights": [{**RIGHT, "counts": "threshold", "threshold": {**THRESHOLD, "percent_of": "base_seconds"}}]},
    {"rights": [{**RIGHT, "at_least": 1, "counts": "threshold", "threshold": {**THRESHOLD, "summed": True}}]},
    {"rights": [{**RIGHT, "notified_within_days": 7}]},
    {"rights": [{**RIGHT, "exercise": {"count": 30, "unit": "days"}}]},
    {"rights": [{**RIGHT, "same_promise": "power"}]},
    {"calendar": {"holidays": ["2024-05-01"]}},
]
GROUPS: dict[str, tuple[list[dict[str, Any]], Callable[[Any], list[str]]]] = {
    "windows": (WINDOWS, lambda one: word_window(WindowTerms.model_validate(one), "UTC")),
    "calendars": (CALENDARS, lambda one: word_calendar(CalendarTerms.model_validate(one), "UTC")),
    "recurring": (RECURRING, lambda one: word_recurring(RecurringWindow.model_validate(one), "UTC")),
    "claims": (CLAIMS, lambda one: word_claim(CLAIM.validate_python(one), "UTC")),
    "remedies": (REMEDIES, lambda one: word_remedy(RemedyTerms.model_validate(one), "UTC")),
}


@pytest.mark.parametrize("group", GROUPS)
def test_no_two_are_worded_alike_and_every_sentence_ends(group: str) -> None:
    documents, words = GROUPS[group]
    texts: dict[str, Any] = {}
    for one in documents:
        sentences = words(one)
        assert all(
            sentence.endswith(".") and "None" not in sentence and "  " not in sentence
            for sentence in sentences
        )
        text = " ".join(sentences)
        assert text not in texts, (text, one, texts[text])
        texts[text] = one


def test_a_claim_in_words() -> None:
    terms = claim(
        steps=[
            step(
                name="ticket",
                deadlines=[{"anchor": "awareness", "after": {"count": 24, "unit": "hours"}}],
                form="severity 1 ticket",
            ),
            step(deadlines=[{"anchor": "incident_start", "by": {"of": "cycle", "later": 2}}]),
        ]
    )
    assert word_claim(CLAIM.validate_python(terms), "America/New_York") == [
        "Step ticket, by the customer in the form: severity 1 ticket: within 24 hours after the awareness "
        "(that instant is still in time).",
        "If it is late or missing, the credit is lost.",
        "Step claim, by the customer: by the end of the second billing cycle after that of the incident start "
        "(that day is still in time).",
        "If it is late or missing, the credit is lost.",
        "The days are those of America/New_York.",
    ]
