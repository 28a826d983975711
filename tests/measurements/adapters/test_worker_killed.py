"""A real worker that is killed, twice, while it stores the parts of a mapped upload: every row is there once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from base import jobs
from base.tasks import run_job
from config.celery import app
from measurements import services
from measurements.feeding.mapping import Mapping
from measurements.feeding.sheets import read_grid
from measurements.models import ImportRun, IntervalObservation, Payload
from tests.config.processes import descendants, eventually

CHECKOUT = Path(__file__).resolve().parents[3]
ROWS = 12_345  # three parts of 5,000, the last one shorter
BEGINS = datetime(2023, 4, 1, tzinfo=UTC)
KNOWN = datetime(2023, 6, 1, tzinfo=UTC)
MOST_SECONDS = 60


def file() -> bytes:
    """Incidents of one minute, two minutes apart, in other columns and words than ours."""
    lines = ["Ticket;From;To;Impact;What"]
    for number in range(ROWS):
        start = BEGINS + timedelta(minutes=2 * number)
        lines.append(
            f"T{number};{start:%d.%m.%Y %H:%M};{start + timedelta(minutes=1):%d.%m.%Y %H:%M};P1;Actions"
        )
    return "\n".join(lines).encode()


MAPPING = Mapping(
    columns={
        "external_id": "Ticket",
        "start": "From",
        "end": "To",
        "severity": "Impact",
        "components": "What",
    },
    values={"severity": {"P1": "major"}},
    zone="UTC",
    dates="day_first",
)


@contextmanager
def worker(broker: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A Celery worker as operations start it, with one process in its pool."""
    address, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    known = psycopg.conninfo.conninfo_to_dict(address)["dbname"]
    variables = os.environ | {
        "DATABASE_URL": address if known == name else address.replace(str(known), name, 1),
        "BROKER_URL": broker,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-c", "1"]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=variables, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(broker: str, condition: Any, what: str) -> None:
    """Send what waits, as the sweep does, until it is so."""

    def swept() -> bool:
        if condition():
            return True
        with app.connection_for_write(broker) as sending:
            for number, _ in jobs.waiting():
                run_job.apply_async((number,), connection=sending)
        time.sleep(0.3)
        return False

    assert eventually(swept, MOST_SECONDS), what


def waits_for_intake(cursor: "psycopg.Cursor[Any]") -> bool:
    """Whether somebody has stored the rows of a part and is kept from saying so."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'measurements_intake'::regclass AND NOT granted)"
    )
    return bool((cursor.fetchone() or (False,))[0])


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_an_upload_leaves_every_row_once(
    incidents: Any, broker_url: str, owner_cursor: "psycopg.Cursor[Any]"
) -> None:
    draft = services.draft_upload(
        source=incidents, form="intervals", name="tickets.csv", grid=read_grid(file()), uploaded_at=KNOWN
    )
    run = services.import_draft(
        draft=draft, mapping=MAPPING, known_at=KNOWN, requested_at=KNOWN, covers_until=KNOWN
    )

    def parts() -> int:
        run.refresh_from_db()
        return run.pages

    for done in range(2):
        with worker(broker_url) as process:
            wait_for(broker_url, lambda done=done: parts() >= done, f"part {done} was never stored")
            owner_cursor.execute("BEGIN")
            owner_cursor.execute("LOCK TABLE measurements_intake IN SHARE MODE")
            wait_for(broker_url, lambda: waits_for_intake(owner_cursor), "no part was begun")
            before = parts()
            assert run.finished_at is None
            pool = descendants(process.pid)
            assert pool
            os.killpg(process.pid, signal.SIGKILL)
            assert process.wait(10) == -signal.SIGKILL
            owner_cursor.execute("ROLLBACK")
        assert eventually(lambda: not others(owner_cursor), 10), "the dead worker's transaction went on"
        assert parts() == before, "half a part was kept"
        assert IntervalObservation.objects.count() == run.row_count == before * 5_000
    with worker(broker_url):
        wait_for(broker_url, lambda: parts() == 3 and run.finished_at, "it never came to its end")
    assert (run.outcome, run.error) == (ImportRun.Outcome.DONE, "")
    assert (run.row_count, run.accepted, run.repeated) == (ROWS, ROWS, 0)
    told = IntervalObservation.objects.filter(source=incidents).values_list("external_id", flat=True)
    assert sorted(told) == sorted(f"T{number}" for number in range(ROWS))
    assert [one.row_count for one in Payload.objects.all()] == [5_000, 5_000, 2_345]


def others(cursor: "psycopg.Cursor[Any]") -> bool:
    """Whether a transaction is open, beside those of this test's own sessions."""
    with connection.cursor() as own:
        own.execute("SELECT pg_backend_pid()")
        (number,) = own.fetchone()
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid NOT IN (pg_backend_pid(), %s) AND state <> 'idle')",
        [number],
    )
    return bool((cursor.fetchone() or (False,))[0])
