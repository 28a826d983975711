"""Months: made ahead, checked against their sums, and looked at before one is dropped."""

from datetime import date, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.record import acting
from base import clock
from contracts.models import Service
from measurements import services
from measurements.errors import FieldRefused
from measurements.models import BucketDay, BucketDaySum, MonthDrop, Source
from measurements.months import differing_days, drop_month, make_coming_months, month_after, standing_of_month
from measurements.tasks import look_after_months
from tests import factories
from tests.measurements import world
from tests.measurements.test_ingest_buckets import DAY, KNOWN, minutes, send

APRIL, TABLE = date(2023, 4, 1), "measurements_bucketday"


@pytest.mark.parametrize(
    ("month", "ahead", "expected"),
    [(date(2023, 11, 1), 1, date(2023, 12, 1)), (date(2023, 12, 1), 1, date(2024, 1, 1)), (APRIL, 0, APRIL)],
)
def test_a_month_after_another_one(month, ahead, expected):
    assert month_after(month, ahead) == expected


@pytest.mark.django_db
def test_the_coming_months_are_made_and_making_them_again_is_free():
    for _ in range(2):
        assert make_coming_months(date(2031, 11, 21))[-1] == date(2032, 2, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.measurements_bucketday_2032_02')::text")
        assert cursor.fetchone() == ("measurements_bucketday_2032_02",)


@pytest.fixture
def told(vendor, importer):
    source = world.source(
        Source.Shape.BUCKETS, vendor, code="logs", kind="server_logs", width_seconds=60, retention_days=90
    )
    actions = Service.objects.get(code="actions").pk
    send(source, minutes(actions, [(3, 4)] * 5))
    send(source, minutes(actions, [(1, 4)] * 2), KNOWN + timedelta(hours=1))
    return source


def test_sums_that_late_data_repaired_are_those_of_their_slots(told):
    assert not list(differing_days(KNOWN))


def test_a_day_whose_sums_are_wrong_is_told_and_left_as_it_is(told, monkeypatch, caplog):
    row = BucketDay.objects.latest("known_at")
    tomorrow = row.day + timedelta(days=1)
    BucketDay.objects.create(
        series_id=row.series_id,
        day=tomorrow,
        known_at=row.known_at,
        payload_id=row.payload_id,
        first_slot=0,
        good=[3, 4],
        bad=[0, 1],
    )
    [found] = differing_days(KNOWN)
    assert (found.day, found.sums, found.detail) == (tomorrow, (0, 0, 0), (7, 1, 2))
    monkeypatch.setattr(clock, "now", lambda: KNOWN + timedelta(days=1))
    before = BucketDaySum.objects.count()
    assert look_after_months() == 1
    assert str(found) in caplog.text
    assert BucketDaySum.objects.count() == before


def test_days_that_did_not_move_of_late_are_not_asked(told):
    assert not list(differing_days(KNOWN + timedelta(hours=1, microseconds=1)))


def looked(*arguments):
    out = StringIO()
    call_command("drop_measurement_month", *arguments, stdout=out)
    return out.getvalue()


def test_without_really_it_is_only_said_what_would_go(told):
    said = looked(TABLE, "2023-04", "--as-of=2023-07-29")
    assert "2 rows" in said
    assert "not sealed" in said
    assert "still kept for logs" in said
    assert "would be refused" in said
    assert "not sealed" in looked(TABLE, "2023-04", "--as-of=2023-07-30")
    assert "still kept" not in looked(TABLE, "2023-04", "--as-of=2023-07-30")
    with pytest.raises(CommandError, match="nothing is kept of 1999-01"):
        looked(TABLE, "1999-01")
    with pytest.raises(CommandError, match="no month"):
        looked(TABLE, "April")


def test_the_application_cannot_drop_even_with_really(told):
    with pytest.raises(CommandError, match="permission denied"):
        looked(TABLE, "2023-04", "--as-of=2023-07-30", "--really")
    assert BucketDay.objects.exists()


def test_the_owner_drops_what_the_standing_says_may_go(transactional_db, owner_cursor):
    vendor = world.vendor_with_components()
    manager, administrator = factories.user("vendor_manager"), factories.user("administrator")
    with acting(manager, via="command", reason="a test"):
        source = world.source(Source.Shape.BUCKETS, vendor, code="logs", width_seconds=60, retention_days=90)
        send(source, minutes(Service.objects.get(code="actions").pk, [(3, 4)] * 5))
    with acting(administrator, via="command", reason="a test"):
        services.seal_month(table=TABLE, month_on=APRIL, sealed_at=KNOWN + timedelta(days=60))
    early = standing_of_month(owner_cursor, TABLE, APRIL, date(2023, 7, 29))
    assert (early.is_sealed, early.keepers, early.may_go) == (True, ("logs",), False)
    with pytest.raises(psycopg.Error):
        drop_month(owner_cursor, early, date(2023, 7, 29))
    standing = standing_of_month(owner_cursor, TABLE, APRIL, date(2023, 7, 30))
    assert standing.may_go
    assert drop_month(owner_cursor, standing, date(2023, 7, 30)) == 1
    assert MonthDrop.objects.count() == 1
    assert BucketDaySum.objects.get().day == DAY.date()
    with pytest.raises(FieldRefused, match="nothing is kept"):
        standing_of_month(owner_cursor, TABLE, APRIL, date(2023, 7, 30))
