"""What the database itself holds to, for series: asked by the application's role, round the ORM."""

from datetime import date, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.record import acting
from contracts.models import Service
from measurements import services
from measurements.errors import FieldRefused
from measurements.ingest import Bucket, HistogramTold, record_buckets, record_histograms
from measurements.levels import bucket_levels
from measurements.models import BucketDay, BucketDaySum, MonthDrop, MonthSeal, Series, Source
from tests import factories
from tests.measurements import world
from tests.measurements.test_ingest_buckets import DAY, KNOWN, delivery, minutes, send

TABLES = (
    "measurements_bucketday",
    "measurements_bucketday_2023_04",
    "measurements_bucketdaysum",
    "measurements_histogramobservation",
    "measurements_histogramobservation_2023_04",
    "measurements_series",
    "measurements_coverage",
    "measurements_eventobservation",
    "measurements_monthseal",
    "measurements_monthdrop",
)
APRIL = date(2023, 4, 1)


@pytest.fixture
def filled(vendor, importer):
    source = world.source(
        Source.Shape.BUCKETS, vendor, code="logs", kind="server_logs", width_seconds=60, retention_days=90
    )
    actions = Service.objects.get(code="actions").pk
    send(source, minutes(actions, [(3, 4)] * 5))
    return source


def refused(statement: str, *parameters: object) -> str:
    """The name of the constraint that refuses a statement, or its SQLSTATE."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    cause = error.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause.diag.constraint_name or cause.sqlstate


NOT_ALLOWED = "42501"


@pytest.mark.parametrize("table", TABLES)
def test_nothing_of_a_series_is_changed_or_removed(filled, table):
    column = {"measurements_bucketday": "good"}.get(table, "id")
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        assert refused(statement) == NOT_ALLOWED


DETAIL = (
    "INSERT INTO {} (series_id, day, known_at, payload_id, first_slot, step, slots, counts, good, bad) "
    "SELECT series_id, day, known_at + %s::interval, payload_id, 700, 1, %s, %s, %s, %s "
    "FROM measurements_bucketday LIMIT 1"
)


@pytest.mark.parametrize("table", ["measurements_bucketday", "measurements_bucketday_2023_04"])
def test_a_row_of_another_moment_or_transaction_than_its_payload_is_refused(filled, table):
    # In this test the payload's transaction is still this one; another moment is enough.
    broken = refused(DETAIL.format(table), "1 hour", None, None, [1], [0])
    # The application may not name a partition that came after the last migration at all.
    assert broken == ("measurements_bucketday_of_its_payload" if "2023" not in table else NOT_ALLOWED)


@pytest.mark.parametrize(
    ("slots", "counts", "good", "bad", "constraint"),
    [
        (None, None, [1, 2], [0], "measurements_bucketday_runs_fit"),
        ([700, 86400], None, [1, 2], [0, 0], "measurements_bucketday_runs_fit"),
        ([700], [0], [1], [0], "measurements_bucketday_runs_fit"),
        (None, [5], [1], [0], "measurements_bucketday_runs_fit"),
        (None, None, [-1], [0], "measurements_bucketday_counts_something"),
        (None, None, [1], [-1], "measurements_bucketday_counts_something"),
    ],
)
def test_runs_that_do_not_fit_are_refused(filled, slots, counts, good, bad, constraint):
    statement = DETAIL.format("measurements_bucketday")
    assert refused(statement, "0 hours", slots, counts, good, bad) == constraint


def test_a_sum_without_what_it_sums_is_refused(filled):
    broken = refused(
        "INSERT INTO measurements_bucketdaysum (series_id, day, known_at, payload_id, good, bad, slots) "
        "SELECT series_id, day + 1, known_at, payload_id, 1, 0, 1 FROM measurements_bucketdaysum"
    )
    assert broken == "measurements_bucketdaysum_sums_something"


def test_steps_of_an_event_that_do_not_fit_are_refused(filled):
    broken = refused(
        "INSERT INTO measurements_eventobservation (source_id, service_id, external_id, category, opened_at, steps, "
        "step_instants, withdrawn, known_at, payload_id, row_number) SELECT source_id, "
        "(SELECT service_id FROM measurements_series LIMIT 1), 'x', '', now(), ARRAY['opened', 'dozed'], "
        "ARRAY[now(), now()], false, known_at, id, 1 FROM measurements_payload"
    )
    assert broken == "measurements_event_steps_fit"


def test_months_are_made_within_a_century_only(filled):
    assert refused("SELECT measurements_make_month('1999-12-31')") == "measurements_month_in_this_century"
    assert (
        refused("CREATE TABLE measurements_mine PARTITION OF measurements_bucketday DEFAULT") == NOT_ALLOWED
    )


def test_the_application_cannot_drop_a_month(filled):
    assert (
        refused("SELECT measurements_drop_month('measurements_bucketday', '2023-04-01', '2030-01-01')")
        == NOT_ALLOWED
    )


def test_a_month_that_is_not_over_or_not_there_is_not_sealed(filled):
    with acting(factories.user("administrator"), via="command"):
        for month, at in ((date(2023, 4, 2), KNOWN), (date(2023, 5, 1), KNOWN), (date(2020, 1, 1), KNOWN)):
            with pytest.raises(FieldRefused, match="month_on"):
                services.seal_month(table="measurements_bucketday", month_on=month, sealed_at=at)
        with pytest.raises(FieldRefused, match="table"):
            services.seal_month(table="measurements_payload", month_on=APRIL, sealed_at=KNOWN)


def test_a_month_goes_whole_when_it_is_sealed_and_past_retention(transactional_db, owner_cursor):
    vendor = world.vendor_with_components()
    manager, administrator = factories.user("vendor_manager"), factories.user("administrator")
    with acting(manager, via="command", reason="a test"):
        source = world.source(Source.Shape.BUCKETS, vendor, code="logs", width_seconds=60, retention_days=90)
        actions = Service.objects.get(code="actions").pk
        send(source, minutes(actions, [(3, 4)] * 5))

    def dropped(as_of: str) -> str:
        try:
            owner_cursor.execute(
                "SELECT measurements_drop_month('measurements_bucketday', '2023-04-01', %s)", [as_of]
            )
        except psycopg.Error as error:
            return str(error.diag.constraint_name)
        return f"{owner_cursor.fetchone()[0]} rows"

    assert dropped("2023-07-30") == "measurements_month_is_sealed"
    seal(administrator)
    with acting(manager, via="command", reason="a test"):
        send(source, minutes(actions, [(1, 1)], DAY + timedelta(hours=2)), KNOWN + timedelta(days=1))
    # Late data came: what was sealed is not what is there.
    assert dropped("2023-07-30") == "measurements_month_is_sealed"
    seal(administrator)
    assert dropped("2023-07-29") == "measurements_month_past_retention"
    assert dropped("2023-07-30") == "2 rows"
    assert (BucketDay.objects.count(), MonthDrop.objects.count(), MonthSeal.objects.count()) == (0, 1, 2)
    # The sums of its days stay: its level can still be told, but not that of a part of a day.
    month = (DAY, DAY + timedelta(days=30))
    assert bucket_levels(source, *month, KNOWN + timedelta(days=9))[actions, ""].good == 16
    with pytest.raises(FieldRefused, match="2023-04 of logs were dropped"):
        bucket_levels(source, DAY + timedelta(hours=1), month[1], KNOWN + timedelta(days=9))
    with pytest.raises(FieldRefused, match="were dropped"):
        bucket_levels(source, *month, KNOWN, excluded={actions: [(DAY, DAY + timedelta(hours=1))]})
    assert sum(row.good for row in BucketDaySum.objects.all()) == 16


def seal(administrator):
    with acting(administrator, via="command"):
        services.seal_month(
            table="measurements_bucketday", month_on=APRIL, sealed_at=KNOWN + timedelta(days=2)
        )


def test_not_even_the_owner_truncates_or_changes_a_month(transactional_db, owner_cursor):
    vendor = world.vendor_with_components()
    with acting(factories.user("vendor_manager"), via="command", reason="a test"):
        source = world.source(Source.Shape.BUCKETS, vendor, code="logs", width_seconds=60)
        send(source, minutes(Service.objects.get(code="actions").pk, [(3, 4)] * 5))
        width = world.source(Source.Shape.HISTOGRAMS, vendor, code="hist", width_seconds=300)
        rows = [HistogramTold(Service.objects.get(code="actions").pk, DAY, (1,), (1, 0))]
        record_histograms(source=width, delivery=delivery(rows), rows=rows)
    for table in ("measurements_bucketday", "measurements_histogramobservation"):
        for name in (table, f"{table}_2023_04"):
            for statement in (
                f"TRUNCATE {name}",
                f"DELETE FROM {name}",
                f"UPDATE {name} SET known_at = known_at",
            ):
                with pytest.raises(psycopg.errors.RestrictViolation):
                    owner_cursor.execute(statement)


def test_two_deliveries_of_a_new_month_at_once_make_it_once(transactional_db):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    vendor = world.vendor_with_components()
    manager = factories.user("vendor_manager")
    with acting(manager, via="command", reason="a test"):
        sources = [
            world.source(Source.Shape.BUCKETS, vendor, code=f"logs-{n}", width_seconds=60) for n in range(2)
        ]
    actions = Service.objects.get(code="actions").pk
    start = Barrier(2)

    def one(source):
        try:
            with acting(manager, via="command", reason="a test"):
                start.wait(timeout=20)
                rows = [Bucket(actions, DAY, 1, 1)]
                return record_buckets(source=source, delivery=delivery(rows), rows=rows).accepted
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, sources)) == [1, 1]
    assert (Series.objects.count(), BucketDay.objects.count()) == (2, 2)
