"""Whether the process lives, whether it can work, and what is measured of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.record import acting
from base.metrics import gauge, gauges
from base.models import Job
from config import health
from measurements.services import import_intervals_csv
from tests import factories
from tests.measurements import world

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so_without_asking_anybody(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_means_database_schema_and_broker(broker_url, monkeypatch):
    monkeypatch.setattr(health.app.conf, "broker_url", broker_url)
    answer = Client().get("/readyz")
    assert answer.json() == {"database": "ok", "migrations": "ok", "broker": "ok"}
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def test_a_missing_broker_is_said_and_soon(monkeypatch, tmp_path):
    address = f"redis+socket://{tmp_path}/nothing.sock?virtual_host=0"
    with health.app.connection_for_write(address) as broken:
        monkeypatch.setattr(health.app, "connection_for_write", lambda: broken)
        before = timezone.now()
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "failed")
    assert timezone.now() - before < timedelta(seconds=10)


def test_a_schema_that_is_behind_is_said(monkeypatch):
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda self, targets: ["one"]
    )
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "behind")


def test_a_failing_check_tells_no_secret(monkeypatch):
    def fail() -> bool:
        raise RuntimeError("password=hunter2")

    monkeypatch.setitem(health.CHECKS, "database", fail)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert b"hunter2" not in answer.content


def test_gauges_count_jobs_and_their_age():
    now = timezone.now()
    Job.objects.create(kind="reckon", key="1", created_at=now - timedelta(minutes=5))
    Job.objects.create(kind="reckon", key="2")
    Job.objects.create(kind="reckon", key="3", done_at=now)
    Job.objects.create(kind="mail", key="4", failed_at=now)
    text = Client().get("/metrics").content.decode()
    assert 'sla_jobs_waiting{kind="reckon"} 2.0' in text
    assert 'sla_jobs_waiting{kind="mail"} 0.0' in text
    assert 'sla_jobs_failed{kind="mail"} 1.0' in text
    (line,) = [line for line in text.splitlines() if line.startswith("sla_jobs_oldest_waiting_seconds ")]
    assert 300 <= float(line.split()[1]) < 400


def test_the_lag_of_a_source_is_the_time_since_it_last_reported():
    vendor = world.vendor_with_components()
    with acting(factories.user("vendor_manager"), via="command", reason="a test"):
        source = world.source("intervals", vendor)
        send = world.importing(import_intervals_csv, source, world.INTERVALS)
        send("i-1,2023-05-01T00:00:00Z,2023-05-01T01:00:00Z,major,Actions,\n")
    now = world.KNOWN + timedelta(hours=2)
    (lag,) = [one for one in gauges() if one.name == "sla_source_lag_seconds"]
    assert list(lag.read(now)) == [({"source": "incidents"}, 7200.0)]


def test_rooms_above_add_gauges(monkeypatch):
    monkeypatch.setattr("base.metrics._gauges", {})
    gauge("answer", "Of a test.", "of")(lambda now: [({"of": 'a "quoted" thing'}, 42.0)])
    assert b'sla_answer{of="a \\"quoted\\" thing"} 42.0' in Client().get("/metrics").content


@pytest.mark.parametrize(
    ("token", "trusted", "given", "status"),
    [
        (None, False, {}, 200),
        (None, False, {"REMOTE_ADDR": "10.0.0.9"}, 403),
        (None, False, {"HTTP_X_FORWARDED_FOR": "10.0.0.9"}, 403),
        (None, True, {}, 403),
        ("t" * 20, False, {}, 403),
        ("t" * 20, False, {"HTTP_AUTHORIZATION": "Bearer " + "t" * 20, "REMOTE_ADDR": "10.0.0.9"}, 200),
        ("t" * 20, False, {"HTTP_AUTHORIZATION": "Bearer " + "t" * 19}, 403),
        ("t" * 20, False, {"HTTP_AUTHORIZATION": "Bearer é"}, 403),
    ],
)
def test_measures_are_for_whom_they_are_meant(settings, token, trusted, given, status):
    settings.METRICS_TOKEN, settings.TRUST_PROXY = token, trusted
    assert Client().get("/metrics", **given).status_code == status


def test_measuring_costs_the_same_for_few_and_for_many(django_assert_num_queries):
    def queries() -> int:
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            Client().get("/metrics")
        return len(captured)

    few = queries()
    for number in range(50):
        Job.objects.create(
            kind=f"kind-{number % 5}", key=str(number), created_at=datetime(2025, 1, 1, tzinfo=UTC)
        )
    assert queries() == few
