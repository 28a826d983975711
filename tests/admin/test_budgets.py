"""Every list and every record's page of the admin, on a world with something in every table: it is shown, and at
a price that does not grow with the number of rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.record import acting
from base.models import ROLES, User
from tests.admin.forms import log_in, page
from tests.audit import stages as world

MODELS = sorted(model._meta.label_lower for model in admin.site._registry)
LIST_BUDGET = 16
PAGE_BUDGET = 40


@pytest.fixture(scope="module")
def person(django_db_setup: None, django_db_blocker: Any) -> Iterator[User]:
    """Somebody who sees everything, in a world that was committed; it is put back at the module's end."""
    from tests.conftest import _restore_from_template

    with django_db_blocker.unblock():
        seeing = world.build().person
        with acting(seeing, via="command"):
            seeing.groups.add(Group.objects.get(name="auditor"))
        yield seeing
        _restore_from_template(None)


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
    if row is None:
        pytest.skip("the world holds none")
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
