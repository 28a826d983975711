"""Writing rows of a model by COPY."""

from collections.abc import Sequence

from django.db import connection, models
from psycopg import sql


def copy_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Write rows by COPY, which takes a tenth of the time of INSERT. Triggers and constraints act all the same."""
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([getattr(row, field.attname) for field in fields])
