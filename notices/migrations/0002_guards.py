"""The outbox is filled by the database; facts are appended; no composing, deciding or subscribing without its event."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = (
    "notices_announcement",
    "notices_notice",
    "notices_attempt",
    "notices_outcome",
    "notices_decision",
)
NO_ACT_WITHOUT_EVENT = ("notices_subscription", "notices_notice", "notices_decision")


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0001_initial"),
        ("credits", "0003_ledger"),
        ("audit", "0002_guards"),
        ("base", "0002_guards"),
    ]
    operations = [
        sql_file(SQL, "outbox"),
        sql_file(SQL, "sending"),
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
    ]
