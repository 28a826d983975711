"""The function that refuses to change facts."""

from pathlib import Path

from django.db import migrations

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [sql_file(SQL, "guards")]
