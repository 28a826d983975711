"""A worker or the database that dies in the middle of a delivery: nothing is lost, and nothing counts twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from audit.record import acting
from contracts.models import Service
from measurements.ingest import record_buckets
from measurements.models import BucketDay, BucketDaySum, Payload, Series, Source
from tests import factories
from tests.measurements import world
from tests.measurements.test_ingest_buckets import delivery, fits, minutes, send

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# A worker that takes half of a delivery in and is killed: by a signal that nothing can catch.
WORKER = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from audit.record import acting
from base.models import User
from measurements import packing
from measurements.ingest import record_buckets
from measurements.models import Source
from tests.measurements.test_ingest_buckets import delivery, minutes
packing.BATCH_ROWS = 50
rows = minutes(int(sys.argv[1]), [(n, n + 1) for n in range(2000)])

def half():
    yield from rows[:1700]
    os.kill(os.getpid(), signal.SIGKILL)

with acting(User.objects.get(username=sys.argv[2]), via="task", reason="a test"):
    record_buckets(source=Source.objects.get(code="logs"), delivery=delivery(rows), rows=half())
"""


@pytest.fixture
def world_of_logs(transactional_db):
    vendor = world.vendor_with_components()
    manager = factories.user("vendor_manager", name="vera")
    with acting(manager, via="command", reason="a test"):
        source = world.source(Source.Shape.BUCKETS, vendor, code="logs", width_seconds=60)
        yield source, Service.objects.get(code="actions").pk, manager


def nothing_is_there() -> bool:
    return not any(model.objects.exists() for model in (Payload, Series, BucketDay, BucketDaySum))


def test_a_worker_that_is_killed_leaves_nothing_and_the_next_keeps_all(world_of_logs):
    source, actions, manager = world_of_logs
    settings = connection.settings_dict
    address = os.environ["DATABASE_URL"]
    known = psycopg.conninfo.conninfo_to_dict(address)
    # The database stands last in an address; a role may have its name in it, too.
    before, _, after = address.rpartition(known["dbname"])
    variables = os.environ | {"DATABASE_URL": f"{before}{settings['NAME']}{after}"}
    if known["dbname"] == settings["NAME"]:
        variables["DATABASE_URL"] = address
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(actions), manager.username],
        cwd=CHECKOUT,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert nothing_is_there()
    told = send(source, minutes(actions, [(n, n + 1) for n in range(2000)]))
    assert told.accepted == 2000
    assert fits()


def test_a_connection_that_dies_in_the_middle_leaves_nothing(world_of_logs, owner_cursor, monkeypatch):
    source, actions, _ = world_of_logs
    monkeypatch.setattr("measurements.packing.BATCH_ROWS", 50)
    rows = minutes(actions, [(n, n + 1) for n in range(2000)])
    events = Event.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()

    def cut():
        yield from rows[:1700]
        owner_cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND usename <> current_user",
            [number],
        )
        yield from rows[1700:]

    with pytest.raises((DatabaseError, psycopg.Error)):
        record_buckets(source=source, delivery=delivery(rows), rows=cut())
    connection.close()
    assert nothing_is_there()
    assert Event.objects.count() == events
    assert send(source, rows).accepted == 2000
    assert send(source, rows).replayed
    assert fits()


def test_what_fails_after_the_ingest_takes_the_ingest_with_it(world_of_logs):
    source, actions, _ = world_of_logs
    with pytest.raises(ZeroDivisionError):
        _send_and_fail(source, actions)
    assert nothing_is_there()
    assert send(source, minutes(actions, [(1, 1)] * 5)).accepted == 5


@transaction.atomic
def _send_and_fail(source, actions):
    send(source, minutes(actions, [(1, 1)] * 5))
    raise ZeroDivisionError
