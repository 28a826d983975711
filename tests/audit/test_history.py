"""History sees nothing of bulk writes, so that tracked models are never written in bulk."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

from contracts import services
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "base",
    "audit",
    "contracts",
    "measurements",
    "credits",
    "vendors",
    "notices",
    "pages",
    "demo",
    "config",
)
BULK = {"update", "bulk_create", "bulk_update", "update_or_create", "delete"}


def tracked() -> set[str]:
    """The names of the models with a history."""
    return {model.__name__ for model in apps.get_models() if hasattr(model, "history")}


def bulk_writes(source: str, names: set[str]) -> list[str]:
    """Calls such as ``Contract.objects.filter(...).update(...)`` on a model of these names."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BULK:
            here: ast.AST = node.func.value
            while isinstance(here, ast.Call | ast.Attribute):
                here = here.func if isinstance(here, ast.Call) else here.value
            if isinstance(here, ast.Name) and here.id in names:
                found.append(f"{here.id}...{node.func.attr}")
    return found


def test_the_search_finds_what_it_is_for():
    source = "Contract.objects.filter(pk=1).update(title='x')\nContract.objects.bulk_create([])\nx.update({})"
    assert bulk_writes(source, {"Contract"}) == ["Contract...update", "Contract...bulk_create"]


def test_tracked_models_are_never_written_in_bulk():
    names = tracked()
    assert {"Contract", "ContractVersion", "Counterparty", "LegalEntity", "Service", "Source"} <= names
    found = {
        str(path.relative_to(ROOT)): writes
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts and (writes := bulk_writes(path.read_text(), names))
    }
    assert not found


@pytest.mark.django_db
def test_a_change_has_its_history_with_who_and_why():
    party = factories.counterparty()
    with factories.legal() as person:
        services.change(party, name="Renamed Ltd", reason="the register says so")
    last = party.history.first()
    assert (last.name, last.history_user, last.history_change_reason) == (
        "Renamed Ltd",
        person,
        "the register says so",
    )


@pytest.mark.django_db
def test_a_change_that_changes_nothing_has_none():
    party = factories.counterparty()
    before = party.history.count()
    with factories.legal():
        services.change(party, name=party.name, reason="to be sure")
    assert party.history.count() == before
