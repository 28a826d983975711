"""The record is only ever appended; and no act without its event."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("base", "0002_guards")]
    operations = [
        sql_file(SQL, "require_event"),
        append_only("audit_event"),
        append_only("audit_seal"),
        append_only("audit_sealedevent"),
    ]
