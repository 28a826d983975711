"""Signing past whoever must be consulted is refused by the database, too."""

from pathlib import Path

from django.db import migrations

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("contracts", "0013_portfolios")]
    operations = [sql_file(SQL, "consulted")]
