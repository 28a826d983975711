"""Mends two guards: a passage may replace another, and lists of what is covered may be kept at all."""

from pathlib import Path

from django.db import migrations

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("contracts", "0010_working_copies")]
    operations = [sql_file(SQL, "papers_mended")]
