"""Letters and answers are appended; no act without its event; the guards stand in vendors/sql."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = ("vendors_claimletter", "vendors_sentletter", "vendors_answer")
NO_ACT_WITHOUT_EVENT = ("vendors_vendorprofile", *APPEND_ONLY)


class Migration(migrations.Migration):
    dependencies = [("vendors", "0001_initial"), ("credits", "0003_ledger"), ("audit", "0002_guards")]
    operations = [
        sql_file(SQL, "letters"),
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
    ]
