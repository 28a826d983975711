"""The lines that a memo credits are appended, whole, and with the tax that was invoiced."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("invoices", "0003_credited_lines"), ("audit", "0002_guards")]
    operations = [
        append_only("invoices_creditedline"),
        requires_event("invoices_creditedline"),
        sql_file(SQL, "credited_lines"),
    ]
