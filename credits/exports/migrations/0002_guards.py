"""Exports are appended, whole, and no act is without its event."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = (
    "exports_exportprofile",
    "exports_exportbatch",
    "exports_exportfile",
    "exports_exportline",
    "exports_importreport",
    "exports_importreportline",
)
NO_ACT_WITHOUT_EVENT = ("exports_exportprofile", "exports_exportbatch", "exports_importreport")


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial"), ("audit", "0002_guards"), ("base", "0003_roles")]
    operations = [
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
        sql_file(SQL, "exports"),
    ]
