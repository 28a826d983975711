"""Entities, counterparties, services and contracts: what is refused, and what a change leaves behind."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import Event
from audit.record import acting, record
from contracts import services
from contracts.errors import AlreadyThere, FieldsRefused, ReasonMissing
from contracts.models import Counterparty
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_same_code_twice_is_refused_by_name():
    factories.service("platform")
    with factories.legal(), pytest.raises(AlreadyThere, match="code: Service with this Code already exists"):
        services.create_service(code="platform", name="Another")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "Not A Code"}, "code"),
        ({"country": "Germany"}, "country"),
        ({"name": ""}, "name"),
        ({"is_customer": False}, "record"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(values, field):
    given = {"code": "new", "name": "New", "country": "DE", "is_customer": True} | values
    with factories.legal(), pytest.raises(FieldsRefused) as caught:
        services.create_counterparty(**given)
    assert list(caught.value.fields) == [field]
    assert not Counterparty.objects.exists()


def test_a_service_does_not_end_before_it_begins():
    begin, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
    with factories.legal(), pytest.raises(FieldsRefused, match="must lie after existed from"):
        services.create_service(code="new", name="New", existed_from=begin, existed_until=end)


@pytest.mark.parametrize(
    ("direction", "sides"),
    [("promised_to_us", {"is_vendor": False}), ("promised_by_us", {"is_customer": False})],
)
def test_vendors_promise_to_us_and_we_promise_to_customers(direction, sides):
    party = factories.counterparty("wrong", **sides)
    with pytest.raises(FieldsRefused, match=r"counterparty: .* is no (vendor|customer)"):
        factories.contract(direction=direction, counterparty=party)


def test_a_change_says_what_was_and_what_is():
    party = factories.counterparty()
    with factories.legal():
        services.change(party, name="Renamed Ltd", vat_id="DE1", reason="the register says so")
    event = Event.objects.latest("pk")
    assert event.before == {"name": "Their Customer Ltd", "vat_id": ""}
    assert event.after == {"name": "Renamed Ltd", "vat_id": "DE1"}
    assert event.reason == "the register says so"


def test_a_change_needs_a_reason():
    party = factories.counterparty()
    with factories.legal(), pytest.raises(ReasonMissing):
        services.change(party, name="Renamed Ltd", reason=" ")


def test_a_key_is_given_once():
    party = factories.counterparty()
    with factories.legal(), pytest.raises(FieldsRefused, match="code: is given once"):
        services.change(party, code="other", reason="a prettier code")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("legalentity", "code = 'x'"),
        ("counterparty", "code = code || 'x'"),
        ("service", "code = code || 'x'"),
        ("contract", "reference = 'x'"),
        ("contract", "currency = 'USD'"),
        ("contract", "direction = 'promised_to_us'"),
    ],
)
def test_a_key_is_not_changed_round_the_application_either(table, change):
    factories.draft()
    with pytest.raises(IntegrityError) as caught:
        run(f"UPDATE contracts_{table} SET {change}")
    assert caught.value.__cause__.diag.constraint_name == f"contracts_{table}_key_fixed"


def test_a_contract_on_the_wrong_side_is_not_made_round_the_application_either():
    entity, party = factories.entity(), factories.counterparty("vendor", is_customer=False)
    with pytest.raises(IntegrityError) as caught:
        run(
            "INSERT INTO contracts_contract (reference, title, legal_entity_id, counterparty_id, direction,"
            " currency, note) VALUES ('X', 'X', %s, %s, 'promised_by_us', 'EUR', '')",
            entity.pk,
            party.pk,
        )
    assert caught.value.__cause__.diag.constraint_name == "contracts_contract_side_of_counterparty"


def run(sql: str, *values: object) -> None:
    """One statement beside an event, as the application's role."""
    with acting(factories.user("legal"), via="command"), transaction.atomic():
        record("test.sql", factories.user("legal"))
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
