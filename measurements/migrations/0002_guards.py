"""Facts are appended; no act without its event; four eyes; knowledge of the past stays what it was."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = (
    "measurements_payload",
    "measurements_listedrow",
    "measurements_intervalobservation",
    "measurements_secondsobservation",
    "measurements_vendorfigure",
    "measurements_exclusion",
    "measurements_exclusiondecision",
)
NO_ACT_WITHOUT_EVENT = (
    "measurements_source",
    "measurements_sourcebinding",
    "measurements_payload",
    "measurements_exclusion",
    "measurements_exclusiondecision",
)


class Migration(migrations.Migration):
    dependencies = [
        ("measurements", "0001_initial"),
        ("audit", "0002_guards"),
        ("contracts", "0002_guards"),
    ]
    operations = [
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
        sql_file(SQL, "knowledge_guards"),
        sql_file(SQL, "exclusion_guards"),
    ]
