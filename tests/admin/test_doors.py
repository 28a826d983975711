"""Every page of the admin: who sees it, who edits, and that it costs few queries."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.adminbase import FactsAdmin
from base.models import ROLES
from base.roles import VIEW, wanted
from contracts.models import Contract
from tests import factories
from tests.admin.forms import log_in, page

pytestmark = pytest.mark.django_db
MODELS = sorted(model._meta.label_lower for model in admin.site._registry)
FACTS = sorted(
    model._meta.label_lower for model, seen in admin.site._registry.items() if isinstance(seen, FactsAdmin)
)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_exactly_what_its_row_says(role):
    client = log_in(factories.user(role))
    seen = {name for name in MODELS if client.get(page(name)).status_code == 200}
    assert seen == {name for name in VIEW[role] if name in MODELS}


def test_a_visitor_is_asked_to_log_in():
    from django.test import Client

    for name in MODELS:
        answer = Client().get(page(name))
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/admin/login/")


def test_every_model_of_a_row_exists():
    assert all(apps.get_model(name) for table in VIEW.values() for name in table)


def test_after_migration_the_groups_have_exactly_their_permissions():
    for role in ROLES:
        given = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
        assert set(given) == wanted(role), role


@pytest.mark.parametrize("name", FACTS)
def test_not_even_a_superuser_with_every_role_edits_facts(name):
    client = log_in(factories.user(*ROLES, is_superuser=True))
    assert client.get(page(name, "add")).status_code == 403
    assert client.post(page(name), {"action": "delete_selected", "_selected_action": "1"}).status_code in (
        200,
        302,
    )


def test_a_superuser_without_the_role_does_not_edit_contracts():
    factories.signed_contract()
    contract = Contract.objects.get()
    client = log_in(factories.user(is_superuser=True))
    assert client.get(page("contracts.contract", "add")).status_code == 403
    assert (
        client.post(page("contracts.contract", "change", contract.pk), {"title": "Mine"}).status_code == 403
    )


@pytest.mark.parametrize("view", ["delete"])
@pytest.mark.parametrize("name", ["contracts.contract", "contracts.contractversion", "contracts.service"])
def test_nothing_is_deleted(name, view):
    factories.signed_contract()
    client = log_in(factories.user(*ROLES, is_superuser=True))
    assert client.post(page(name, view, 1), {"post": "yes"}).status_code in (302, 403)
    assert Contract.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "contracts.contract",
        "contracts.contractversion",
        "contracts.commitment",
        "contracts.service",
        "audit.event",
        "base.user",
    ],
)
def test_a_list_costs_the_same_for_few_and_for_many(name):
    client = log_in(factories.user("legal", "auditor", "administrator"))
    factories.signed_contract()
    few = queries(client, page(name))
    for number in range(4):
        factories.signed_contract(reference=f"C-{number + 2}")
    assert queries(client, page(name)) <= few


def queries(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
