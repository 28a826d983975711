"""A vendor's two lists beside each other: each cause of a difference, the tolerance, and time that nobody knows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.models import Counterparty
from measurements import services as measuring
from tests import factories
from tests.credits.world import as_
from vendors.comparing import Cause, DayPair, Lists, by_month, compare_days, known_time, lists_of

pytestmark = pytest.mark.django_db
BEGINS = datetime(2024, 1, 10, tzinfo=UTC)
ENDS = datetime(2024, 3, 1, tzinfo=UTC)
KNOWN_AT = datetime(2024, 3, 2, tzinfo=UTC)
DAY = date(2024, 2, 5)


@pytest.fixture
def vendor() -> Counterparty:
    made = factories.counterparty("acme", is_customer=False)
    for code in ("api", "web"):
        factories.service(code, vendor=made, external_name=code.upper())
    return made


@pytest.fixture
def lists(vendor: Counterparty) -> Lists:
    with as_("vendor_manager"):
        seconds = measuring.create_source(
            code="acme-seconds",
            name="Seconds",
            kind="vendor_reported",
            shape="daily_seconds",
            measurement_point="status page",
            vendor=vendor,
        )
        intervals = measuring.create_source(
            code="acme-incidents",
            name="Incidents",
            kind="vendor_reported",
            shape="intervals",
            measurement_point="status page",
            vendor=vendor,
            covers_from=BEGINS,
            untracked_components=("Elsewhere",),
        )
    return Lists(seconds, intervals)


def count(lists: Lists, *rows: str, known_at: datetime = KNOWN_AT) -> None:
    """Rows of daily seconds: component,day,partial,major,incidents."""
    content = "\n".join(["component,day,partial_seconds,major_seconds,incidents", *rows, ""])
    with as_("vendor_manager"):
        measuring.import_daily_seconds_csv(
            source=lists.seconds,
            name=f"seconds {known_at}",
            content=content.encode(),
            retrieved_at=known_at,
            known_at=known_at,
        )


def tell(lists: Lists, *rows: str, known_at: datetime = KNOWN_AT) -> None:
    """Rows of incidents: external_id,start,end,severity,components,title."""
    content = "\n".join(["external_id,start,end,severity,components,title", *rows, ""])
    with as_("vendor_manager"):
        measuring.import_intervals_csv(
            source=lists.intervals,
            name=f"incidents {known_at}",
            content=content.encode(),
            retrieved_at=known_at,
            known_at=known_at,
            covers_until=ENDS,
        )


def compared(lists: Lists, known_at: datetime = KNOWN_AT, **changes: Any) -> list[DayPair]:
    span = {"first": date(2024, 1, 1), "until": date(2024, 4, 1)} | changes
    return compare_days(lists, known_at=known_at, **span)


def incident(
    name: str,
    minutes: int,
    *,
    day: str = "2024-02-05",
    components: str = "API",
    severity: str = "major",
) -> str:
    end = datetime.fromisoformat(f"{day}T12:00:00+00:00") + timedelta(minutes=minutes)
    return f"{name},{day}T12:00:00Z,{end:%Y-%m-%dT%H:%M:%SZ},{severity},{components},Title"


def only(lists: Lists) -> DayPair:
    [one] = compared(lists)
    return one


@pytest.mark.parametrize(("seconds", "cause"), [(3660, None), (3661, Cause.OTHER_MINUTES), (3540, None)])
def test_the_lists_agree_up_to_a_minute_and_not_a_second_more(lists, seconds, cause):
    tell(lists, incident("a", 60))
    count(lists, f"API,{DAY},{seconds},0,a")
    one = only(lists)
    assert (one.service, one.day, one.cause) == ("api", DAY, cause)
    assert one.difference == timedelta(seconds=seconds - 3600)


def test_partial_and_major_outage_count_together(lists):
    tell(lists, incident("a", 60))
    count(lists, f"API,{DAY},600,3000,a")
    assert only(lists).cause is None


def test_incidents_that_overlap_count_once(lists):
    tell(lists, incident("a", 60), incident("b", 90))
    count(lists, f"API,{DAY},0,5400,a;b")
    one = only(lists)
    assert (one.listed, one.cause) == (timedelta(minutes=90), None)


def test_an_incident_over_midnight_is_divided_between_its_days(lists):
    tell(lists, "a,2024-02-05T23:30:00Z,2024-02-06T00:45:00Z,major,API,Title")
    count(lists, "API,2024-02-05,0,1800,a", "API,2024-02-06,0,2700,a")
    assert [(one.day.day, one.listed, one.cause) for one in compared(lists)] == [
        (5, timedelta(minutes=30), None),
        (6, timedelta(minutes=45), None),
    ]


@pytest.mark.parametrize(
    ("told", "counted", "cause"),
    [
        ([], "API,2024-02-05,1200,0,", Cause.UNNAMED),
        ([], "API,2024-02-05,1200,0,ghost", Cause.NOT_LISTED),
        ([incident("a", 20, components="")], "API,2024-02-05,1200,0,a", Cause.NO_COMPONENT),
        ([incident("a", 0)], "API,2024-02-05,1200,0,a", Cause.NO_LENGTH),
        ([incident("a", 20, severity="maintenance")], "API,2024-02-05,1200,0,a", Cause.NO_OUTAGE),
        ([incident("a", 20, components="WEB")], "API,2024-02-05,1200,0,a", Cause.OTHER_COMPONENTS),
        ([incident("a", 20)], "API,2024-02-05,0,0,", Cause.LIST_ONLY),
        ([incident("a", 20)], "API,2024-02-05,0,0,a", Cause.NOT_COUNTED),
        ([incident("a", 20, day="2024-02-07")], "API,2024-02-05,1200,0,a", Cause.OTHER_DAY),
        ([incident("a", 20)], "API,2024-02-05,2400,0,a", Cause.OTHER_MINUTES),
    ],
)
def test_each_cause_is_named(lists, told, counted, cause):
    tell(lists, *told)
    count(lists, counted)
    assert {one.cause for one in compared(lists) if one.service == "api" and one.day == DAY} == {cause}


def test_an_incident_that_the_seconds_name_for_another_component_only(lists):
    tell(lists, incident("a", 20, components="API;WEB"))
    count(lists, f"API,{DAY},0,1200,a", f"WEB,{DAY},0,0,")
    assert [(one.service, one.cause) for one in compared(lists)] == [
        ("api", None),
        ("web", Cause.NOT_COUNTED),
    ]


def test_times_that_a_post_mortem_corrected(lists):
    earlier = datetime(2024, 2, 7, tzinfo=UTC)
    count(lists, f"API,{DAY},0,1200,a", known_at=earlier)
    with as_("vendor_manager"):
        measuring.import_intervals_csv(
            source=lists.intervals,
            name="first",
            content=f"external_id,start,end,severity,components,title\n{incident('a', 20)}\n".encode(),
            retrieved_at=earlier,
            known_at=earlier,
            covers_until=datetime(2024, 2, 6, tzinfo=UTC),
        )
    assert compared(lists, known_at=earlier)[0].cause is None
    tell(lists, incident("a", 50))
    assert only(lists).cause == Cause.POST_MORTEM


def test_before_the_list_begins_nothing_is_compared_and_nothing_is_good(lists):
    tell(lists)
    count(lists, "API,2024-01-09,600,0,a", "API,2024-01-10,600,0,")
    before, first = compared(lists)
    assert (before.listed, before.cause, before.difference) == (None, None, None)
    assert first.cause == Cause.UNNAMED


def test_after_the_lists_last_word_nothing_is_compared(lists):
    tell(lists)
    count(lists, "API,2024-02-29,600,0,", "API,2024-03-01,600,0,")
    assert [one.cause for one in compared(lists)] == [Cause.UNNAMED, None]


def test_a_month_of_which_the_list_knows_a_part_only_has_no_sum(lists):
    tell(lists, incident("a", 20))
    count(lists, f"API,{DAY},0,1200,a", "API,2024-01-20,60,0,")
    known = known_time(lists.intervals, KNOWN_AT)
    january, february = by_month(compared(lists), "api", [date(2024, 1, 1), date(2024, 2, 1)], known)
    assert (january.listed, january.reported) == (None, timedelta(minutes=1))
    assert (february.listed, february.reported, february.disputed) == (
        timedelta(minutes=20),
        timedelta(minutes=20),
        False,
    )


def test_what_became_known_later_is_not_known_before(lists):
    tell(lists, incident("a", 20))
    count(lists, f"API,{DAY},0,1200,a")
    assert compared(lists, known_at=datetime(2024, 2, 20, tzinfo=UTC)) == []


def test_a_vendor_with_one_list_is_not_compared(vendor):
    assert lists_of(vendor) is None


def test_the_number_of_queries_does_not_grow_with_the_days(lists):
    tell(lists, *[incident(f"i{n}", 20, day=f"2024-02-{n:02d}") for n in range(1, 29)])
    count(lists, *[f"API,2024-02-{n:02d},0,{n * 100},i{n}" for n in range(1, 29)])
    assert lists_of(lists.seconds.vendor) == lists

    def queries(until: date) -> int:
        with CaptureQueriesContext(connection) as captured:
            compared(lists, first=date(2024, 2, 1), until=until)
        return len(captured)

    assert queries(date(2024, 3, 1)) == queries(date(2024, 2, 3)) <= 8
