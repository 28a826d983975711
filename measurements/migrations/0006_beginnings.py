"""No import begins, and no file is looked at, without an event. What they become needs none of its own."""

from django.db import migrations

TABLES = ("measurements_importrun", "measurements_uploaddraft")


def begins_with_event(table: str) -> migrations.RunSQL:
    """Refuse to commit a new row of ``table`` in a transaction that recorded no audit event."""
    return migrations.RunSQL(
        f"""
        CREATE CONSTRAINT TRIGGER {table}_has_event AFTER INSERT ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_require_event();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_has_event;
        """,
        f"DROP TRIGGER {table}_has_event ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("measurements", "0005_feeds")]

    operations = [begins_with_event(table) for table in TABLES]
