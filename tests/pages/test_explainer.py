"""The explainer's page: the first example, what a reader types, and their own results under every reading."""

import re
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pages.desk.explainer_case import EXAMPLES, case_of, length_of
from reckoning.assessment.differences import differences
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 4, 15)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def shown(client, query=""):
    answer = client.get(f"/explainer/{query}")
    assert answer.status_code == 200, query
    return answer.content.decode()


@pytest.mark.django_db
def test_the_first_example_is_met_broken_and_met_and_says_which_clause_decided():
    html = shown(log_in(factories.user("legal")))
    text = text_of(html)
    assert "99.900463 %" in text
    assert "99.899907 %" in text
    assert "43157/43200" in text
    assert "42917/42960" in text
    assert "As these terms have it: breach , level 99.899907 %, credit EUR 100.00." in text
    assert "counted as up: met, credit EUR 0.00" in text
    assert "removed, then rounded to 2 decimals before comparing: met, credit EUR 0.00" in text
    assert 'id="q-excluded_time"' in html
    assert html.count("<svg") == 1
    assert "What happened in the window, as a table" in text
    assert "4 h" in text


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_each_example_is_decided_by_its_clause(name):
    case = case_of({"example": name})
    assert not case.faults
    found = differences(case.terms.commitments[0], case.inputs, currency="EUR", zone="UTC")
    expected = {
        "excluded": "excluded_time",
        "unknown": "unknown_time",
        "run": "run_order",
        "bound": "boundary",
        "life": "part_life",
    }[name]
    assert expected in [one.key for one in found if one.decides]


@pytest.mark.django_db
def test_what_is_typed_wrongly_is_said_at_its_field_and_nothing_is_reckoned():
    client = log_in(factories.user("legal"))
    values = dict(EXAMPLES["excluded"][1])
    for name, wrong, sentence in (
        ("month", "soon", "is no month"),
        ("zone", "Mars/Base", "is not an IANA time zone"),
        ("row0_length", "a while", "is no length of time"),
        ("row0_start", "noon", "is no time"),
        ("target", "150", "target_percent"),
        ("fee", "much", "fee"),
        ("currency", "EURO", "currency"),
        ("tier0_percent", "", "needs its level and its percentage"),
        ("least", "-1", "is no whole number of seconds"),
        ("rounding", "x", "is no number of decimals"),
        ("from", "then", "is no day"),
    ):
        answer = client.get("/explainer/", values | {name: wrong})
        assert answer.status_code == 200
        text = text_of(answer.content.decode())
        assert sentence in text, name
        assert "Which clause decided" not in text


@pytest.mark.django_db
def test_time_before_a_service_lived_is_not_drawn_as_up_and_what_is_open_is_not_the_same():
    client = log_in(factories.user("legal"))
    text = text_of(shown(client, "?example=life"))
    assert "the service did not exist 2026-04-01 00:00:00 2026-04-29 00:00:00 28 d" in text
    text = text_of(shown(client, "?example=unknown"))
    assert "goes to a person: open question" in text
    unknown = text[text.index("What nobody measured") :]
    assert "open question" in unknown[: unknown.index("Rounding before comparing")]
    assert "the same" not in unknown[: unknown.index("Rounding before comparing")]
    assert "unknown" in unknown


def test_lengths_are_read_exactly():
    assert length_of("43 min") == 2580
    assert length_of("43") == 2580
    assert length_of("1 h 30 min") == 5400
    assert length_of("0.5 s") == Fraction(1, 2)
    assert length_of("1d") == 86400
    assert length_of("") is length_of("h") is length_of("1 week") is length_of("0.0000001 s") is None


@pytest.mark.django_db
def test_a_result_of_ones_own_is_read_every_way_with_what_each_would_have_paid():
    row = world.customer().finalise()
    client = log_in(factories.user("legal"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        html = shown(client, f"?result={row.pk}")
    text = text_of(html)
    assert "The inputs and the terms as they are stored with the result" in text
    assert "99.865410 %" in text
    assert "As these terms have it: breach" in text
    assert len(queries) <= 30
    other = text_of(log_in(factories.user("legal")).get(f"/assessments/{row.pk}/").content.decode())
    assert "Every clause of these terms, read otherwise, on these facts" in other


@pytest.mark.django_db
def test_daily_seconds_have_no_picture_and_say_so():
    row = world.vendor().finalise(datetime(2023, 4, 20, tzinfo=UTC))
    html = shown(log_in(factories.user("legal")), f"?result={row.pk}")
    assert "These facts have no times of day" in html
    assert "<svg" not in html


@pytest.mark.django_db
def test_a_result_that_one_may_not_see_is_not_there():
    row = world.customer().finalise()
    assert log_in(factories.user("vendor_manager")).get(f"/explainer/?result={row.pk}").status_code == 404


@pytest.mark.django_db
def test_the_page_of_the_example_asks_the_database_for_the_list_of_results_only():
    client = log_in(factories.user("legal"))
    shown(client)
    with CaptureQueriesContext(connection) as queries:
        shown(client)
    assert len(queries) <= 12
