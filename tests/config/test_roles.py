"""The two roles of the database: what the application may not do, whoever asks."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from base.grants import append_only_tables

pytestmark = pytest.mark.django_db


def rights(table: str) -> set[str]:
    names = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    with connection.cursor() as cursor:
        held = []
        for name in names:
            cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [f'public."{table}"', name])
            if cursor.fetchone()[0]:
                held.append(name)
    return set(held)


def refused(statement: str) -> None:
    with pytest.raises(
        ProgrammingError, match=r"permission denied|must be owner|must be superuser"
    ) as caught:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_tests_run_as_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user = session_user, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (True, False, False)


def test_the_application_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchall() == []
        cursor.execute("SELECT proname FROM pg_proc WHERE proowner = current_user::regrole")
        assert cursor.fetchall() == []


def test_there_are_tables_to_which_is_only_appended():
    assert {"audit_event", "audit_seal"} <= append_only_tables()


def test_append_only_tables_can_be_read_and_added_to():
    assert {table: rights(table) for table in append_only_tables()} == {
        table: {"SELECT", "INSERT"} for table in append_only_tables()
    }


def test_ordinary_tables_can_be_written_but_not_emptied_or_hung_with_triggers():
    ordinary = set(connection.introspection.django_table_names()) - append_only_tables()
    assert len(ordinary) > 10
    assert {table for table in ordinary if rights(table) != {"SELECT", "INSERT", "UPDATE", "DELETE"}} == set()


def test_the_list_of_migrations_can_be_read_only():
    assert rights("django_migrations") == {"SELECT"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET reason = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "TRUNCATE base_user CASCADE",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TABLE audit_event",
        "DROP TRIGGER audit_event_append_only ON audit_event",
        "SET session_replication_role = replica",
        "CREATE TABLE public.mine (id int)",
        "CREATE OR REPLACE FUNCTION public.base_refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION public.base_refuse_change() RENAME TO gone",
        "COPY audit_event TO PROGRAM 'cat'",
    ],
)
def test_refused_to_the_application(statement: str):
    refused(statement)


def test_the_application_cannot_become_the_owner(owner_cursor: "psycopg.Cursor"):
    (owner,) = owner_cursor.execute("SELECT current_user").fetchone()
    refused(f'SET ROLE "{owner}"')


def test_the_owner_is_at_hand_where_asked_for(owner_cursor: "psycopg.Cursor"):
    (owner,) = owner_cursor.execute("SELECT current_user").fetchone()
    assert (
        owner
        == owner_cursor.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'audit_event'"
        ).fetchone()[0]
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_a_transactional_test_leaves_nothing_to_the_next(round_: int):
    from django.contrib.auth.models import Group

    assert not Group.objects.filter(name="left over").exists()
    Group.objects.create(name="left over")


@pytest.mark.django_db(transaction=True)
def test_what_migrations_put_in_is_there_after_a_transactional_test():
    from django.contrib.auth.models import Group, Permission

    assert Permission.objects.exists()
    assert Group.objects.filter(name="legal").exists()
