"""What caps take stands in the result; the table of cuts beside it, which nothing filled, goes."""

from pathlib import Path

from django.db import migrations, models

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


def taken_back(operation: migrations.RunSQL) -> migrations.RunSQL:
    """The reverse of an operation as a step forward."""
    return migrations.RunSQL(operation.reverse_sql, operation.sql)


class Migration(migrations.Migration):
    dependencies = [("credits", "0005_life_guards")]
    operations = [
        sql_file(SQL, "restated"),
        taken_back(append_only("credits_capcut")),
        taken_back(requires_event("credits_capcut")),
        migrations.DeleteModel(name="CapCut"),
        migrations.RemoveConstraint(model_name="restatement", name="credits_restatement_cause"),
        migrations.AddConstraint(
            model_name="restatement",
            constraint=models.CheckConstraint(
                name="credits_restatement_cause",
                condition=models.Q(("cause", "late_fact"), ("moved_by__isnull", True))
                | models.Q(("cause", "rolling_cap"), ("moved_by__isnull", False)),
            ),
        ),
    ]
