"""The guards of results, memos and the ledger; their SQL stands in credits/sql."""

from pathlib import Path

from django.db import migrations

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0002_guards"),
        ("measurements", "0002_guards"),
        ("invoices", "0002_guards"),
        ("base", "0003_roles"),
    ]
    operations = [
        sql_file(SQL, "ledger"),
        sql_file(SQL, "results"),
        sql_file(SQL, "memos"),
    ]
