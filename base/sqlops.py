"""Migration operations for the guards that stand in the database."""

from pathlib import Path

from django.db import migrations


def sql_file(folder: Path, name: str) -> migrations.RunSQL:
    """Run ``NAME.sql`` forward and ``NAME.reverse.sql`` backward, both from ``folder``."""
    return migrations.RunSQL(
        (folder / f"{name}.sql").read_text(), (folder / f"{name}.reverse.sql").read_text()
    )


def append_only(table: str) -> migrations.RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on ``table``, whoever asks, with constraint ``TABLE_append_only``."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
        """,
        f"""
        DROP TRIGGER {table}_no_truncate ON {table};
        DROP TRIGGER {table}_append_only ON {table};
        """,
    )


def requires_event(table: str) -> migrations.RunSQL:
    """Refuse to commit a change of ``table`` in a transaction that recorded no audit event.

    A deferred constraint trigger, so that the event may be recorded before or after the change.
    """
    return migrations.RunSQL(
        f"""
        CREATE CONSTRAINT TRIGGER {table}_has_event AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_require_event();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_has_event;
        """,
        f"DROP TRIGGER {table}_has_event ON {table};",
    )
