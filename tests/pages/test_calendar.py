"""The calendar of the components: the worst state of a day, and what nobody knows is never good."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.models import Service
from measurements import services as measuring
from measurements.models import Source
from pages.calendar import calendar, stretches
from pages.components import known_at_end_of, period_of, quarter_of
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from tests.pages import many

pytestmark = pytest.mark.django_db
AS_OF = date(2023, 4, 15)
DAYS = tuple(date(2023, 3, day) for day in range(1, 11))


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = AS_OF


def told(first, last, role="auditor", known_at=None):
    source = Source.objects.get()
    services = list(Service.objects.filter(vendor=source.vendor).order_by("code")) or list(
        Service.objects.order_by("code")
    )
    rows = calendar(source, services, first, last, known_at or known_at_end_of(AS_OF), factories.user(role))
    return {(row.service.code, row.day.day): (row.state, row.shown) for row in rows}


def test_a_day_of_seconds_is_as_bad_as_its_worst_class():
    many.vendors_seconds(1, DAYS)
    found = told(DAYS[0], DAYS[-1])
    assert found["part-0", 1] == ("down", "1 min 30 s major")
    assert found["part-0", 2] == ("degraded", "10 min partial")
    assert found["part-0", 3] == ("up", "no outage reported")


def test_a_day_that_nobody_reported_is_unknown_and_never_up():
    many.vendors_seconds(1, DAYS)
    found = told(date(2023, 2, 28), date(2023, 3, 11))
    assert found["part-0", 28][0] == "unknown"
    assert found["part-0", 11][0] == "unknown"


def test_what_became_known_later_is_not_shown_as_of_an_earlier_moment():
    many.vendors_seconds(1, DAYS)
    found = told(DAYS[0], DAYS[0], known_at=datetime(2023, 4, 1, 23, 59, tzinfo=UTC))
    assert found["part-0", 1][0] == "unknown"


def test_a_component_does_not_exist_before_its_first_day():
    many.vendors_seconds(1, DAYS)
    with world.as_("legal"):
        Service.objects.filter(code="part-0").update(existed_from=datetime(2023, 3, 2, tzinfo=UTC))
    found = told(date(2023, 3, 1), date(2023, 3, 2))
    assert found["part-0", 1] == ("not_yet", "exists from 2023-03-02")
    assert found["part-0", 2][0] == "degraded"


def test_intervals_are_cut_at_midnight_and_each_day_has_its_own_worst():
    world.customer(
        "i-1,2023-03-10T23:00:00Z,2023-03-11T00:30:00Z,major,platform,Over midnight",
        "i-2,2023-03-11T05:00:00Z,2023-03-11T06:00:00Z,minor,platform,Slow",
        "i-3,2023-03-12T05:00:00Z,2023-03-12T06:00:00Z,maintenance,platform,Planned",
        "i-4,2023-03-13T05:00:00Z,2023-03-13T06:00:00Z,strange,platform,Nobody knows the word",
    )
    found = told(date(2023, 3, 9), date(2023, 3, 13))
    assert found["platform", 9] == ("up", "no outage reported")
    assert found["platform", 10] == ("down", "1 h down")
    assert found["platform", 11] == ("down", "30 min down, 1 h degraded")
    assert found["platform", 12][0] == "up"
    assert found["platform", 13][0] == "degraded"


def test_an_interval_source_knows_nothing_before_it_begins_and_after_its_last_file():
    world.customer()
    found = told(date(2023, 3, 31), date(2023, 4, 1))
    assert found["platform", 31][0] == "up"
    assert found["platform", 1][0] == "unknown"
    before = told(date(2021, 12, 31), date(2022, 1, 1))
    assert before["platform", 31][0] == "unknown"
    assert before["platform", 1][0] == "up"


def test_an_approved_exclusion_is_seen_and_one_that_is_only_proposed_is_not():
    made = world.customer()
    with world.as_("customer_success"):
        exclusion = measuring.propose_exclusion(
            contract=made.contract,
            service=made.commitment.service,
            kind="planned_maintenance",
            start=datetime(2023, 3, 10, 11, tzinfo=UTC),
            end=datetime(2023, 3, 10, 14, tzinfo=UTC),
            announced_at=datetime(2023, 3, 1, tzinfo=UTC),
            evidence="announced",
            proposed_at=datetime(2023, 4, 3, tzinfo=UTC),
        )
    assert told(date(2023, 3, 10), date(2023, 3, 10))["platform", 10][0] == "down"
    with world.as_("finance_approver"):
        measuring.decide_exclusion(
            exclusion=exclusion,
            verdict="approved",
            reason="agreed",
            decided_at=datetime(2023, 4, 4, tzinfo=UTC),
        )
    assert told(date(2023, 3, 10), date(2023, 3, 10))["platform", 10] == ("excluded", "1 h excluded")


def test_neighbouring_days_of_the_same_are_one_row_and_good_days_none():
    many.vendors_seconds(1, DAYS)
    source = Source.objects.get()
    rows = calendar(
        source,
        list(Service.objects.filter(vendor=source.vendor)),
        date(2023, 2, 26),
        date(2023, 3, 4),
        known_at_end_of(AS_OF),
        factories.user("auditor"),
    )
    found = [(one.first.isoformat(), one.last.isoformat(), one.state) for one in stretches(rows)]
    assert found == [
        ("2023-02-26", "2023-02-28", "unknown"),
        ("2023-03-01", "2023-03-01", "down"),
        ("2023-03-02", "2023-03-02", "degraded"),
    ]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2023-Q1", "2023-01-01", "2023-03-31"),
        ("2023-Q4", "2023-10-01", "2023-12-31"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("", "2023-04-01", "2023-06-30"),
    ],
)
def test_a_period_is_a_quarter_or_a_year(name, first, last):
    period = period_of(name, AS_OF)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


def test_the_quarters_of_a_year_follow_each_other_without_a_gap():
    quarters = period_of("2023", AS_OF).quarters
    assert [one.name for one in quarters] == ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"]
    for one, following in pairwise(quarters):
        assert (following.first - one.last).days == 1
    assert quarter_of(date(2023, 12, 31)) == quarters[3]


@pytest.mark.parametrize(
    "query", ["period=2023-Q5", "period=abc", "period=-Q1", "period=99999", "source=none"]
)
def test_an_address_that_names_nothing_is_not_found(query):
    many.vendors_seconds(1, DAYS)
    assert log_in(factories.user("auditor")).get(f"/components/?{query}").status_code == 404


def test_the_page_shows_a_quarter_with_a_link_per_day_and_the_table_under_it():
    many.vendors_seconds(2, DAYS)
    html = log_in(factories.user("vendor_manager")).get("/components/?period=2023-Q1").content.decode()
    assert html.count("<svg") == 1
    assert html.count('href="/components/part-0/2023-03-01/"') == 2, "in the picture and in the table"
    assert "1 min 30 s major" in html


def test_the_first_sight_is_the_last_quarter_that_the_source_tells_of():
    many.vendors_seconds(1, DAYS)
    html = log_in(factories.user("vendor_manager")).get("/components/").content.decode()
    assert "<option selected>2023-Q1</option>" in html
    assert html.count("<svg") == 1


def test_a_day_shows_every_account_with_its_file_hash_and_row_and_what_is_superseded():
    many.vendors_seconds(1, DAYS)
    source = Source.objects.get()
    with world.as_("vendor_manager"):
        measuring.import_daily_seconds_csv(
            source=source,
            name="corrected.csv",
            content=b"component,day,partial_seconds,major_seconds,incidents\npart-0,2023-03-01,0,30,\n",
            retrieved_at=datetime(2023, 4, 5, tzinfo=UTC),
            known_at=datetime(2023, 4, 5, tzinfo=UTC),
        )
    html = log_in(factories.user("auditor")).get("/components/part-0/2023-03-01/").content.decode()
    assert "corrected.csv" in html
    assert html.index("30 s") < html.index("90 s")
    assert html.count("superseded") == 1
    for payload in source.payloads.all():
        assert payload.sha256 in html


def test_the_minutes_alone_are_sent_into_the_panel():
    many.vendors_seconds(1, DAYS)
    client = log_in(factories.user("auditor"))
    html = client.get("/components/part-0/2023-03-01/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert "1 March 2023" in html


@pytest.mark.parametrize("day", ["2023-02-30", "soon", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_not_found(day):
    many.vendors_seconds(1, DAYS)
    assert log_in(factories.user("auditor")).get(f"/components/part-0/{day}/").status_code == 404


def test_customer_success_sees_no_source_of_a_vendor():
    many.vendors_seconds(1, DAYS)
    client = log_in(factories.user("customer_success"))
    assert "no source yet that your role may see" in client.get("/components/").content.decode()
    html = client.get("/components/part-0/2023-03-01/").content.decode()
    assert "90 s" not in html
    assert "Nobody reported" in html


def _price(count):
    with transaction.atomic():
        many.vendors_seconds(count, DAYS)
        client = log_in(factories.user("auditor"))
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/components/?period=2023-Q1").status_code == 200
        transaction.set_rollback(True)
    return len(captured)


@pytest.mark.slow
def test_the_calendar_costs_the_same_for_few_components_and_for_many():
    assert _price(200) == _price(20) <= 16
