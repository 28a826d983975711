"""The two roles of the database, as every test meets them."""

import psycopg
import pytest
from django.db import connection


@pytest.mark.django_db
def test_tests_run_as_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == ("sla_app", "sla_app")


def test_the_owner_is_at_hand_where_asked_for(owner_cursor: "psycopg.Cursor"):
    assert owner_cursor.execute("SELECT current_user").fetchone() == ("sla_owner",)
