"""Round the ORM, as the application's own database role: what Python refuses, the database refuses too."""

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.record import acting, record
from contracts import services
from contracts.checks import open_standings
from contracts.models import ContractVersion
from tests import factories

pytestmark = pytest.mark.django_db


def run(sql: str, *values: object) -> None:
    """One statement, with an event in its transaction, so that only the guard in question can refuse."""
    with acting(factories.user("legal"), via="command"), transaction.atomic():
        record("test.sql", factories.user("legal"))
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        connection.check_constraints()


def refused_by(constraint: str, sql: str, *values: object) -> None:
    with pytest.raises(IntegrityError) as caught:
        run(sql, *values)
    assert caught.value.__cause__.diag.constraint_name == constraint


@pytest.fixture
def draft() -> ContractVersion:
    return factories.draft()


@pytest.fixture
def reviewed(draft) -> ContractVersion:
    with factories.legal():
        services.submit_for_review(draft)
        services.answer_checklist(draft, factories.CHECKLIST)
        for item in open_standings(draft):
            services.accept_finding(draft, item.code, item.path, "the paper says so")
    return draft


@pytest.fixture
def half_signed(reviewed) -> ContractVersion:
    with factories.legal():
        services.record_signature(reviewed, "Our Us GmbH", "O. Urs", reviewed.effective_from_on)
    return reviewed


@pytest.fixture
def signed() -> ContractVersion:
    return factories.signed_contract().versions.get()


FROZEN = [
    "terms = jsonb_set(terms, '{title}', '\"Other\"')",
    f"terms_sha256 = '{'0' * 64}'",
    "effective_from_on = effective_from_on + 1",
    "effective_until_on = '2030-01-01'",
    "number = number + 1",
    "signed_on = signed_on + 1",
    "recorded_at = recorded_at + interval '1 day'",
]


@pytest.mark.parametrize("change", FROZEN)
def test_nothing_of_a_signed_version_changes(signed, change):
    refused_by(
        "contracts_version_frozen", f"UPDATE contracts_contractversion SET {change} WHERE id = %s", signed.pk
    )


@pytest.mark.parametrize("change", FROZEN[:4])
def test_the_text_is_frozen_from_the_first_signature_and_already_in_review(half_signed, change):
    sql = f"UPDATE contracts_contractversion SET {change} WHERE id = %s"
    refused_by("contracts_version_frozen", sql, half_signed.pk)


def test_a_draft_may_be_changed(draft):
    run(f"UPDATE contracts_contractversion SET {FROZEN[2]} WHERE id = %s", draft.pk)


def test_whose_draft_it_is_cannot_be_changed(draft):
    other = factories.user("legal")
    sql = "UPDATE contracts_contractversion SET created_by_id = %s WHERE id = %s"
    refused_by("contracts_version_frozen", sql, other.pk, draft.pk)


@pytest.mark.parametrize("state", ["draft", "in_review", "withdrawn"])
def test_a_signed_version_stays_signed(signed, state):
    sql = "UPDATE contracts_contractversion SET state = %s, signed_on = signed_on WHERE id = %s"
    refused_by("contracts_version_state_in_order", sql, state, signed.pk)


def test_a_draft_is_not_signed_without_review(draft):
    sql = "UPDATE contracts_contractversion SET state = 'signed' WHERE id = %s"
    refused_by("contracts_version_state_in_order", sql, draft.pk)


def test_a_version_with_a_signature_does_not_go_back_to_draft(half_signed):
    sql = "UPDATE contracts_contractversion SET state = 'draft' WHERE id = %s"
    refused_by("contracts_version_state_in_order", sql, half_signed.pk)


def test_one_signature_does_not_put_a_version_in_force(half_signed):
    sql = "UPDATE contracts_contractversion SET state = 'signed', signed_on = '2022-01-01' WHERE id = %s"
    refused_by("contracts_version_signed_by_both", sql, half_signed.pk)


def test_a_version_does_not_begin_signed(draft):
    refused_by(
        "contracts_version_state_in_order",
        "INSERT INTO contracts_contractversion (contract_id, number, state, terms, terms_sha256,"
        " effective_from_on, signed_on, created_by_id)"
        " SELECT contract_id, 9, 'signed', terms, terms_sha256, '2030-01-01', '2030-01-01', created_by_id"
        " FROM contracts_contractversion WHERE id = %s",
        draft.pk,
    )


def test_only_drafts_are_deleted(signed):
    refused_by("contracts_version_kept", "DELETE FROM contracts_contractversion WHERE id = %s", signed.pk)


SIGNATURE = (
    "INSERT INTO contracts_signature (version_id, party, signatory, signed_on, terms_sha256, recorded_by_id)"
    " SELECT id, %s, 'S. Omebody', '2022-01-01', {}, created_by_id FROM contracts_contractversion WHERE id = %s"
)


def test_a_signature_is_for_exactly_this_text(reviewed):
    sql = SIGNATURE.format(f"'{'0' * 64}'")
    refused_by("contracts_signature_of_this_text", sql, "Our Us GmbH", reviewed.pk)


def test_a_draft_is_not_signed(draft):
    sql = SIGNATURE.format("terms_sha256")
    refused_by("contracts_signature_in_review", sql, "Our Us GmbH", draft.pk)


def test_the_drafter_does_not_complete_the_signatures(half_signed):
    run(SIGNATURE.format("terms_sha256"), "Their Customer Ltd", half_signed.pk)
    sql = "UPDATE contracts_contractversion SET state = 'signed', signed_on = '2022-01-01' WHERE id = %s"
    refused_by("contracts_version_four_eyes", sql, half_signed.pk)


@pytest.mark.parametrize(
    ("key", "service"), [("availability", "elsewhere"), ("another", "platform"), ("availability", "platform")]
)
def test_a_commitment_stands_in_a_signed_text(reviewed, key, service):
    """The third pair does stand in the text, which is not signed yet."""
    factories.service("elsewhere")
    refused_by(
        "contracts_commitment_of_signed_text",
        "INSERT INTO contracts_commitment (version_id, key, service_id)"
        " SELECT %s, %s, id FROM contracts_service WHERE code = %s",
        reviewed.pk,
        key,
        service,
    )


APPENDED = ["signature", "findingacceptance", "readingchoice", "commitment"]


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize(
    "sql", ["DELETE FROM {}", "UPDATE {} SET version_id = version_id", "TRUNCATE {} CASCADE"]
)
def test_facts_are_not_changed_by_the_application(signed, table, sql):
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(sql.format(f"contracts_{table}"))


@pytest.mark.parametrize(
    "sql", ["DELETE FROM {}", "UPDATE {} SET version_id = version_id", "TRUNCATE {} CASCADE"]
)
def test_facts_are_not_changed_by_the_owner_either(owner_cursor, sql):
    factories.signed_contract()
    with pytest.raises(psycopg.errors.RestrictViolation) as caught:
        owner_cursor.execute(sql.format("contracts_signature"))
    assert caught.value.diag.constraint_name == "contracts_signature_append_only"


def test_a_temporary_table_with_the_signatures_name_deceives_nobody(half_signed):
    """pg_temp is searched first unless the trigger's function says otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE contracts_signature AS SELECT * FROM public.contracts_signature"
        )
        cursor.execute(
            "UPDATE pg_temp.contracts_signature SET party = 'Their Customer Ltd', recorded_by_id = 0"
        )
        cursor.execute("INSERT INTO pg_temp.contracts_signature SELECT * FROM public.contracts_signature")
        cursor.execute("SELECT count(DISTINCT party) FROM contracts_signature")
        assert cursor.fetchone() == (2,)
    sql = "UPDATE contracts_contractversion SET state = 'signed', signed_on = '2022-01-01' WHERE id = %s"
    refused_by("contracts_version_signed_by_both", sql, half_signed.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["legalentity", "counterparty", "service", "contract", "contractversion"])
def test_no_act_without_its_event(table):
    factories.draft()
    change = "number = number" if table == "contractversion" else "id = id"
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE contracts_{table} SET {change}")
    assert caught.value.__cause__.diag.constraint_name == f"contracts_{table}_has_event"
