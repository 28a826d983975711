"""Whose rows are whose: staff by the matrix, logins their own counterparty's and nobody else's."""

from datetime import date
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser

from audit.adminbase import RoleAdmin
from audit.record import acting
from base.access import may, may_see, scopes_of, visible
from base.access_rules import BY_MODEL, BY_NAME, KINDS, LOGINS, Scope, documentation
from base.backends import TimeBoxedBackend
from base.models import ROLES, User
from contracts.models import Contract, CounterpartyLogin
from contracts.visibility import statement_counterparties, visible_contracts, visible_versions
from tests import factories

pytestmark = pytest.mark.django_db


def login(kind: str, code: str) -> User:
    person = factories.user(kind=kind)
    CounterpartyLogin.objects.create(user=person, counterparty=factories.counterparty(code))
    return person


@pytest.fixture
def two_sides() -> dict[str, Contract]:
    ours = factories.signed_contract(reference="C-1", counterparty=factories.counterparty("anna"))
    other = factories.contract("C-2", counterparty=factories.counterparty("bert"))
    theirs = factories.contract(
        "V-1", direction="promised_to_us", counterparty=factories.counterparty("acme")
    )
    # One that is a customer of ours and a vendor as well.
    both = factories.contract("V-2", direction="promised_to_us", counterparty=factories.counterparty("anna"))
    return {"ours": ours, "other": other, "theirs": theirs, "both": both}


def references(user) -> set[str]:
    return set(visible_contracts(user).values_list("reference", flat=True))


def test_staff_see_their_side(two_sides):
    everything = {"C-1", "C-2", "V-1", "V-2"}
    expected = {
        "legal": everything,
        "finance": everything,
        "finance_approver": everything,
        "auditor": everything,
        "administrator": everything,
        "vendor_manager": {"V-1", "V-2"},
        "customer_success": {"C-1", "C-2"},
        "executive": set(),
    }
    assert {role: references(factories.user(role)) for role in ROLES} == expected


def test_two_roles_see_both_sides_and_no_row_twice(two_sides):
    person = factories.user("vendor_manager", "customer_success")
    assert sorted(visible_contracts(person).values_list("reference", flat=True)) == [
        "C-1",
        "C-2",
        "V-1",
        "V-2",
    ]


def test_a_login_sees_its_own_counterparty_on_its_own_side_only(two_sides):
    assert references(login("customer", "anna")) == {"C-1"}
    assert references(login("vendor", "anna")) == {"V-2"}
    assert references(login("vendor", "acme")) == {"V-1"}
    assert references(factories.user(kind="customer")) == set()


def test_a_login_sees_signed_versions_only(two_sides):
    factories.draft(two_sides["ours"], effective_from_on=date(2030, 1, 1))
    person = login("customer", "anna")
    assert set(visible_versions(person).values_list("state", flat=True)) == {"signed"}
    assert visible_versions(factories.user("legal")).count() == 2


def test_a_statement_of_both_sides_is_for_those_who_see_both(two_sides):
    codes = lambda user: set(statement_counterparties(user).values_list("code", flat=True))  # noqa: E731
    assert codes(factories.user("finance")) >= {"anna", "bert", "acme"}
    assert "anna" not in codes(factories.user("vendor_manager"))
    assert "anna" not in codes(factories.user("customer_success"))
    assert codes(login("customer", "anna")) == set()
    assert codes(login("customer", "bert")) == {"bert"}
    assert codes(login("vendor", "acme")) == set()


def test_one_object_is_asked_for_like_the_list(two_sides):
    person = login("customer", "anna")
    assert may_see(person, two_sides["ours"])
    assert not may_see(person, two_sides["other"])
    assert not may_see(person, two_sides["theirs"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_superuser_a_job_and_a_visitor_see_and_do_nothing_by_being_that(kind):
    nobodies = [
        factories.user(is_superuser=True),
        factories.job_user(),
        AnonymousUser(),
        factories.user("legal", is_active=False),
    ]
    for nobody in nobodies:
        assert not may(nobody, "view", kind.name)
        assert not any(may(nobody, act, kind.name) for act in kind.acts)


def test_a_counterpartys_login_in_a_group_by_mistake_has_no_role():
    person = factories.user("finance_approver", kind="vendor")
    assert not person.has_role("finance_approver")
    assert not may(person, "approve", "memo")
    assert not may(person, "view", "trial_balance")


def test_an_outside_auditor_is_an_auditor_and_nothing_else():
    person = factories.user("auditor", "finance", kind="auditor")
    assert person.has_role("auditor")
    assert not person.has_role("finance")
    assert not may(person, "issue", "memo")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_auditor_acts_on_nothing_and_an_executive_sees_sums_only(kind):
    assert all("auditor" not in roles for roles in kind.acts.values())
    seen = scopes_of(factories.user("executive"), kind.name)
    assert seen == ({Scope.ALL} if kind.name == "aggregate" else set())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_matrix_names_only_roles_that_there_are(kind):
    named = {role for roles in (*kind.view.values(), *kind.acts.values()) for role in roles}
    assert named <= {*ROLES, *LOGINS}
    assert all(not set(LOGINS) & set(roles) for scope, roles in kind.view.items() if scope != Scope.OWN)
    assert all(not set(LOGINS) & set(roles) for roles in kind.acts.values())


def test_a_scope_without_a_rule_for_its_rows_shows_none():
    """A kind whose model never said how its rows are told apart is hidden from whoever sees a side only."""
    person = factories.user("vendor_manager")
    for label, kind in BY_MODEL.items():
        if scopes_of(person, kind.name) == {Scope.VENDORS}:
            from django.apps import apps

            rows = visible(apps.get_model(label)._default_manager.all(), person)
            assert str(rows.query.where) or rows.query.is_empty(), label


def test_the_acts_of_the_admin_ask_for_the_roles_of_the_matrix():
    for model, seen in admin.site._registry.items():
        kind = BY_MODEL.get(model._meta.label_lower)
        for act in getattr(seen, "acts", ()):
            assert kind is not None
            assert set(act.roles) == set(kind.acts[act.name]), f"{kind.name}: {act.name}"
        if isinstance(seen, RoleAdmin):
            assert set(seen.edit_roles) == set(kind.acts["edit"]), kind.name


# Acts that pages offer and the admin does not.
ON_PAGES = {
    ("contract", "upload-terms"),
    ("exclusion", "withdraw"),
    ("incident", "note"),
    ("incident", "attribute"),
    ("reconciliation", "accept"),
}
# Kinds all of whose acts stand on pages.
KINDS_OF_PAGES = {
    "candidate",
    "conflict",
    "consultation_policy",
    "coverage",
    "export",
    "export_profile",
    "objective",
    "paper",
    "precedence",
    "review",
    "schedule",
    "stakeholder",
}


def test_every_act_of_the_matrix_is_there():
    there = {
        (BY_MODEL[model._meta.label_lower].name, act.name)
        for model, seen in admin.site._registry.items()
        for act in getattr(seen, "acts", ())
    }
    named = {
        (kind.name, act)
        for kind in KINDS
        for act in kind.acts
        if act != "edit" and kind.name not in KINDS_OF_PAGES
    }
    assert named == there | ON_PAGES


@pytest.mark.parametrize(
    ("first", "last", "opens"),
    [
        (None, None, True),
        (date(2025, 7, 15), date(2025, 7, 15), True),
        (date(2025, 7, 16), None, False),
        (None, date(2025, 7, 14), False),
    ],
)
def test_a_time_box_is_asked_at_every_request(monkeypatch, first, last, opens):
    from datetime import UTC, datetime

    monkeypatch.setattr("base.clock.now", lambda: datetime(2025, 7, 15, 12, tzinfo=UTC))
    person = factories.user("auditor", kind="auditor", access_from_on=first, access_until_on=last)
    assert (TimeBoxedBackend().get_user(person.pk) is not None) is opens


def test_an_unknown_kind_or_act_is_a_mistake_of_the_programmers():
    person = factories.user("finance")
    with pytest.raises(KeyError):
        may(person, "view", "nothing")
    with pytest.raises(KeyError):
        may(person, "burn", "memo")
    assert BY_NAME["memo"].acts["approve"] == ("finance_approver",)
    with acting(person, via="page"):
        assert may(person, "issue", "memo")


def test_the_documented_matrix_is_the_one_in_force():
    page = Path(__file__).resolve().parents[2] / "docs" / "access.md"
    assert page.read_text() == documentation(), "print it again: python -m base.access_rules > docs/access.md"
