"""Every list and every record's page of the admin, on a world with something in every table: it is shown, and at
a price that does not grow with the number of rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from audit.record import acting
from audit.services import seal_events
from base.models import ROLES, User
from credits import services as credits
from measurements import services as measuring
from measurements.models import MaintenanceNotice, Payload
from reckoning.timeline.windows import window_of
from tests import factories
from tests.admin.forms import log_in, page
from tests.audit import stages as world
from tests.credits.world import as_job
from vendors import services as vendors

MODELS = sorted(model._meta.label_lower for model in admin.site._registry)
LIST_BUDGET = 16
PAGE_BUDGET = 40


@pytest.fixture(scope="module")
def person(django_db_setup: None, django_db_blocker: Any) -> Iterator[User]:
    """Somebody who sees everything, in a world that was committed; it is put back at the module's end."""
    from tests.conftest import _restore_from_template

    with django_db_blocker.unblock():
        stages = world.build()
        _fill_the_rest(stages)
        seeing = stages.person
        with acting(seeing, via="command"):
            seeing.groups.add(Group.objects.get(name="auditor"))
        yield seeing
        _restore_from_template(None)


def _fill_the_rest(stages: world.Stages) -> None:
    """What nobody has done yet at any of the stages: letters sent and answered, lists, figures, a question."""
    incidents, daily = world.intervals_file(stages.rows["intervals"]), stages.rows["seconds"]
    nameless = b"n-1,2023-04-11T12:00:00Z,2023-04-11T13:00:00Z,major,,Names no component\n"
    with acting(stages.person, via="command"):
        vendors.send_letter(stages.rows["letter"], sent_on=date(2023, 4, 12))
        vendors.record_answer(
            stages.claim("sent"), verdict="acknowledged_whole", received_on=date(2023, 4, 20)
        )
        vendors.set_profile(factories.counterparty("vendor"), claims_address="1 Main Street")
        _fill_disputes(stages)
        measuring.grant_push(token=stages.rows["pushing"], source=daily, granted_at=world.LATER)
        with transaction.atomic():
            told = measuring.import_intervals_csv(**incidents | {"content": incidents["content"] + nameless})
            _keep_notice(told)
        measuring.import_vendor_figures_csv(**world.figures_file(daily))
    # Nobody was billed for April, so that its breach has no amount.
    due = stages.worlds["due"]
    april = window_of("calendar_month", due.window.zone, datetime(2023, 4, 10, tzinfo=UTC))
    with as_job():
        credits.assess_window(due.commitment, window=april, known_at=world.LATER)
    seal_events(sealed_at=world.LATER)


def _keep_notice(told: Payload) -> None:
    """Maintenance as a status page announces it, from the payload that said so."""
    MaintenanceNotice.objects.create(
        source=told.source,
        external_id="n-1",
        announced_at=told.known_at,
        during=DateTimeTZRange(told.known_at, told.known_at + timedelta(hours=1), "[)"),
        status="scheduled",
        components=["platform"],
        known_at=told.known_at,
        payload=told,
    )


def _fill_disputes(stages: world.Stages) -> None:
    """What people said between sources, of an incident and of an exclusion."""
    due, source = stages.worlds["due"], stages.rows["intervals"]
    world.propose_recurring(due)
    world.accept_figure(due)
    measuring.set_difference_tolerance(
        contract=due.contract,
        source=stages.rows["seconds"],
        seconds=300,
        windows_from=world.LATER,
        reason="agreed",
        set_at=world.LATER,
    )
    measuring.attribute_incident(
        source=source, external_id="i-1", party="vendor", reason="theirs", decided_at=world.LATER
    )
    measuring.note_incident(
        source=source, external_id="i-1", occurred_at=world.LATER, text="Back again.", known_at=world.LATER
    )
    measuring.add_exclusion_evidence(
        exclusion=world.propose(due, "m-9"), name="mail.eml", content=b"announced", added_at=world.LATER
    )


@pytest.fixture
def rolled_back(person: User, django_db_blocker: Any) -> Iterator[None]:
    """What the test does is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.usefixtures("rolled_back")
def test_a_list_keeps_its_budget(person, name):
    client = log_in(person)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(page(name))
    assert answer.status_code == 200
    assert len(captured) <= LIST_BUDGET, "\n".join(query["sql"][:200] for query in captured)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.usefixtures("rolled_back")
def test_a_record_is_shown_within_its_budget(person, name):
    model = next(model for model in admin.site._registry if model._meta.label_lower == name)
    row = model._default_manager.order_by("pk").last()
    assert row is not None, f"the world holds no {name}; let it"
    client = log_in(person)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(page(name, "change", row.pk))
    assert answer.status_code == 200
    assert len(captured) <= PAGE_BUDGET, "\n".join(query["sql"][:200] for query in captured)


@pytest.mark.usefixtures("rolled_back")
def test_a_result_shows_how_it_was_reckoned(person):
    from credits.models import Assessment

    row = Assessment.objects.filter(outcome="breach").latest("pk")
    html = log_in(person).get(page("credits.assessment", "change", row.pk)).content.decode()
    assert "How it was reckoned" in html
    for step in row.result["trace"]:
        assert f"<td>{step['stage']}</td>" in html
    assert "What other readings would give" in html or not row.result["other_readings"]


def test_every_role_is_in_the_world(person):
    assert person.has_role(*ROLES)
