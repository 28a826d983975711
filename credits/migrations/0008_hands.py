"""Rule 20 in the database knows who accepted figures, set tolerances and entered maintenance that recurs."""

from pathlib import Path

from django.db import migrations

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("credits", "0007_figures_without_a_level"), ("measurements", "0005_feeds")]
    operations = [sql_file(SQL, "hands")]
