"""The guards of a memo's life, of restatements and of a month's end; their SQL stands in credits/sql/life.sql."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPENDED = (
    "credits_restatement",
    "credits_capcut",
    "credits_approvalrule",
    "credits_memoapproval",
    "credits_memouse",
    "credits_dispute",
    "credits_disputestep",
    "credits_accrualpolicy",
    "credits_provisionmove",
    "credits_exchangerate",
    "credits_revaluation",
    "credits_checklistnote",
    "credits_closerun",
    "credits_closestage",
)


class Migration(migrations.Migration):
    dependencies = [("credits", "0004_life"), ("audit", "0002_guards"), ("base", "0003_roles")]
    operations = [
        *[append_only(table) for table in APPENDED],
        *[requires_event(table) for table in APPENDED],
        sql_file(SQL, "life"),
    ]
