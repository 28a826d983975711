"""Runs and deliveries of scheduled statements are appended; no act without its event."""

from django.db import migrations

from base.sqlops import append_only, requires_event

APPEND_ONLY = (
    "exports_reportrun",
    "exports_reportdocument",
    "exports_reportattempt",
    "exports_reportoutcome",
)
NO_ACT_WITHOUT_EVENT = ("exports_reportschedule", "exports_reportrun")


class Migration(migrations.Migration):
    dependencies = [("exports", "0003_schedules"), ("audit", "0002_guards")]
    operations = [
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
    ]
