"""What the application's database role may do, set after every migration by the owner.

Ordinary tables: SELECT, INSERT, UPDATE, DELETE. Tables whose model says ``append_only = True``, and their
partitions: SELECT and INSERT. Django's own list of migrations: SELECT. TRUNCATE, REFERENCES, TRIGGER: never.
The triggers say the same once more, and to the owner as well.
"""

from typing import Any, LiteralString

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from psycopg import sql

ORDINARY = "SELECT, INSERT, UPDATE, DELETE"
APPENDED = "SELECT, INSERT"
READ = "SELECT"


def append_only_tables() -> set[str]:
    """The tables of the models that say ``append_only = True``."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in models if getattr(model, "append_only", False)}


def grant_application_role(sender: AppConfig, using: str = "default", **options: Any) -> None:
    """After a migration: give the application's role its rights, and take any others away.

    Does nothing when the connection is that role itself, which owns nothing and cannot grant.
    """
    connection = connections[using]
    role = settings.DATABASE_APPLICATION_ROLE
    if sender.label != "base" or connection.settings_dict["USER"] == role:
        return
    appended = append_only_tables()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone()
        for template in (
            "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE ON SCHEMA public TO {role}",
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            cursor.execute(_filled(template, role=role, database=database))
        # A partition follows the rule of the table at the root of its tree.
        cursor.execute(
            "SELECT part.relname, root.relname FROM pg_class part "
            "JOIN pg_class root ON root.oid = coalesce(pg_partition_root(part.oid), part.oid) "
            "WHERE part.relnamespace = 'public'::regnamespace AND part.relkind IN ('r', 'p', 'v', 'm')"
        )
        for table, root in cursor.fetchall():
            rights = READ if table == "django_migrations" else APPENDED if root in appended else ORDINARY
            cursor.execute(_filled(f"GRANT {rights} ON TABLE {{table}} TO {{role}}", role=role, table=table))


def _filled(template: LiteralString, **names: str) -> sql.Composed:
    """A statement with its names quoted; a name that the template does not mention is left out."""
    return sql.SQL(template).format(**{key: sql.Identifier(name) for key, name in names.items()})
