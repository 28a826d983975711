"""Those who write about one conflict take turns under a lock by its name."""

from pathlib import Path

from django.db import migrations

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("contracts", "0011_papers_mended")]
    operations = [sql_file(SQL, "precedence_turns")]
