"""The bytes of payloads go when their source's retention is over and nothing open needs them, and in no other way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from audit.models import Event
from audit.record import acting
from base import clock
from base.errors import DomainError
from measurements import needs, services, tasks
from measurements.models import IntakePolicy, Payload, PayloadRemoval, SecondsObservation
from tests import factories
from tests.measurements.world import KNOWN

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ROWS = "Actions,2023-04-01,60,30,\nActions,2023-04-02,0,0,\n"
OVER = KNOWN + 90 * DAY
INSERT = """
    INSERT INTO measurements_payloadremoval (payload_id, removed_at, retention_days, byte_count, removed_by_id)
    SELECT payload.id, %s, %s, octet_length(payload.content) + %s, payload.imported_by_id
    FROM measurements_payload payload
"""


@pytest.fixture
def kept(import_seconds: Callable[..., Payload]) -> Payload:
    return import_seconds(ROWS)


def set_days(payload: Payload, days: int | None) -> None:
    with acting(factories.user("legal"), via="admin", reason="a test"):
        services.set_intake_policy(source=payload.source, payload_days=days)


def remove(payload: Payload, at: datetime) -> list[PayloadRemoval]:
    with acting(factories.user("administrator"), via="admin", reason="a test"):
        return services.remove_payloads(source=payload.source, removed_at=at)


def content(payload: Payload) -> bytes | None:
    found = Payload.objects.get(pk=payload.pk).content
    return None if found is None else bytes(found)


def test_bytes_are_kept_to_the_last_instant_of_retention_and_not_longer(kept: Payload) -> None:
    set_days(kept, 90)
    assert remove(kept, OVER - timedelta(microseconds=1)) == []
    assert content(kept)
    (removal,) = remove(kept, OVER)
    assert (removal.payload, removal.retention_days) == (kept, 90)
    assert removal.byte_count == len(bytes(kept.content))
    assert content(kept) is None
    assert remove(kept, OVER + DAY) == []


@pytest.mark.parametrize("policy", ["none", "empty"])
def test_without_a_number_of_days_nothing_is_ever_removed(kept: Payload, policy: str) -> None:
    if policy == "empty":
        set_days(kept, None)
    assert remove(kept, KNOWN + 3000 * DAY) == []
    assert content(kept)


def test_a_month_is_the_least(kept: Payload) -> None:
    with pytest.raises((DomainError, IntegrityError)), transaction.atomic():
        set_days(kept, 30)
    set_days(kept, 31)


def test_all_but_the_bytes_stays_and_the_same_file_is_still_known(
    kept: Payload, import_seconds: Callable[..., Payload]
) -> None:
    set_days(kept, 90)
    before = Payload.objects.filter(pk=kept.pk).values().get()
    told = list(SecondsObservation.objects.values().order_by("pk"))
    remove(kept, OVER)
    after = Payload.objects.filter(pk=kept.pk).values().get()
    assert after | {"content": None} == before | {"content": None}
    assert list(SecondsObservation.objects.values().order_by("pk")) == told
    assert import_seconds(ROWS) == kept
    assert Payload.objects.count() == 1
    event = Event.objects.get(verb="payload.remove")
    assert event.after["sha256"] == kept.sha256
    assert event.after["retention_days"] == 90


def test_what_an_open_window_needs_stays_until_it_closes(
    kept: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payload tells of 1 and 2 April: [start, end) touches it, or just does not."""
    set_days(kept, 90)
    first = factories.utc(2023, 4, 1)
    windows: list[needs.Window] = []
    monkeypatch.setattr(needs, "_asked", [lambda source: windows])
    for window in [(first - 30 * DAY, first + timedelta(microseconds=1)), (KNOWN, KNOWN + DAY)]:
        windows[:] = [window]
        assert remove(kept, OVER) == []
    windows[:] = [(first - 30 * DAY, first), (KNOWN + timedelta(microseconds=1), KNOWN + DAY)]
    assert len(remove(kept, OVER)) == 1


def test_the_daily_job_removes_in_its_own_name(kept: Payload, monkeypatch: pytest.MonkeyPatch) -> None:
    set_days(kept, 90)
    monkeypatch.setattr(clock, "now", lambda: OVER)
    tasks.retain()
    assert PayloadRemoval.objects.get().removed_by.username == "job-importing"
    assert content(kept) is None
    tasks.retain()
    assert Event.objects.filter(verb="payload.remove").count() == 1


def test_only_administrators_and_jobs_remove(kept: Payload) -> None:
    set_days(kept, 90)
    with acting(factories.user("vendor_manager"), via="admin"), pytest.raises(DomainError):
        services.remove_payloads(source=kept.source, removed_at=OVER)
    assert content(kept)


@pytest.mark.parametrize(
    ("at", "days", "more_bytes", "constraint"),
    [
        (OVER - DAY, 90, 0, "measurements_removal_past_retention"),
        (OVER, 31, 0, "measurements_removal_past_retention"),
        (factories.utc(2999, 1, 1), 90, 0, "measurements_removal_past_retention"),
        (OVER, 90, 1, "measurements_removal_counts_bytes"),
    ],
)
def test_the_database_refuses_a_removal_that_is_not_due(
    kept: Payload, at: datetime, days: int, more_bytes: int, constraint: str
) -> None:
    set_days(kept, 90)
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [at, days, more_bytes])
    assert refused.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]
    assert content(kept)


def test_the_application_cannot_remove_bytes_without_the_row_that_says_so(kept: Payload) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Payload.objects.filter(pk=kept.pk).update(content=None)


@pytest.mark.django_db(transaction=True)
def test_a_removal_without_an_event_is_refused(kept: Payload) -> None:
    set_days(kept, 90)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [OVER, 90, 0])
    assert content(kept)


@pytest.mark.django_db(transaction=True)
def test_the_owner_cannot_either_and_changes_nothing_else_of_a_payload(
    kept: Payload, owner_cursor: "psycopg.Cursor[Any]"
) -> None:
    set_days(kept, 90)

    def refused(statement: str) -> None:
        with pytest.raises(psycopg.errors.RestrictViolation) as found:
            owner_cursor.execute(statement)
        assert found.value.diag.constraint_name == "measurements_payload_append_only"

    refused("UPDATE measurements_payload SET content = NULL")
    remove(kept, OVER)
    refused("UPDATE measurements_payload SET content = 'something else'")
    refused("UPDATE measurements_payload SET content = NULL, sha256 = repeat('0', 64)")
    refused("DELETE FROM measurements_payload")
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner_cursor.execute("DELETE FROM measurements_payloadremoval")


@pytest.mark.django_db(transaction=True)
def test_the_guards_can_be_taken_back_and_put_up_again(
    kept: Payload, owner_cursor: "psycopg.Cursor[Any]"
) -> None:
    """Below the migration there is no word for removed bytes: they are empty there."""
    from measurements.migrations import __path__ as folders

    folder = next(iter(folders)).replace("migrations", "sql")
    set_days(kept, 90)
    remove(kept, OVER)
    owner_cursor.execute("BEGIN")
    try:
        for name in ("removal_guards.reverse.sql", "removal_guards.sql"):
            with open(f"{folder}/{name}") as file:
                owner_cursor.execute(file.read().encode())
            owner_cursor.execute("SELECT content = '' FROM measurements_payload")
            assert owner_cursor.fetchall() == [(True,)]
    finally:
        owner_cursor.execute("ROLLBACK")


def test_the_page_of_a_payload_says_when_and_why_its_bytes_went(kept: Payload) -> None:
    client = Client()
    client.force_login(factories.user("auditor"))
    address = reverse("pages:payload", args=[kept.pk])
    assert "2023-04-01" in client.get(address).content.decode()
    set_days(kept, 90)
    remove(kept, OVER)
    told = client.get(f"{address}?row=2").content.decode()
    assert "Removed on 2023-07-31 under retention of 90 days." in told
    assert f"{len(bytes(kept.content))} bytes, removed on 2023-07-31" in told
    assert kept.sha256 in told
    assert "2023-04-01" not in told
    assert "byte for byte" not in told
    assert IntakePolicy.objects.get().payload_days == 90
