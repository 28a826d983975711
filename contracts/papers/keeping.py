"""The bytes of papers, in and out of the database as they are.

Django would write them into the statement as digits, and read them as such: twice as long and several times over, which
for a large scan is hundreds of megabytes for nothing.
"""

from typing import Any

from django.db import connection
from psycopg import Cursor, sql

from contracts.models import Paper

TABLE = sql.Identifier(Paper._meta.db_table)


def insert(paper: Paper) -> None:
    """Save a new paper. Raises IntegrityError where a guard refuses it."""
    fields = [one for one in Paper._meta.concrete_fields if not (one.primary_key or one.has_db_default())]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        TABLE,
        sql.SQL(", ").join([sql.Identifier(str(one.column)) for one in fields]),
        sql.SQL(", ").join([sql.Placeholder()] * len(fields)),
    )
    values = [one.get_db_prep_save(getattr(paper, one.attname), connection) for one in fields]
    [paper.pk] = _row(statement, values)
    paper._state.adding = False


def content_of(paper: Paper) -> bytes:
    """The very bytes of a paper that is kept."""
    statement = sql.SQL("SELECT content FROM {} WHERE id = %s").format(TABLE)
    [content] = _row(statement, [paper.pk])
    return bytes(content)


def _row(statement: sql.Composed, values: list[Any]) -> Any:
    """The one row that a statement gives, with values and columns in the database's own form."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, binary=True).fetchone()
