"""Conflicts of promises are told of by mail, through the same outbox as breaches."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0012_precedence_turns"),
        ("credits", "0008_hands"),
        ("notices", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="announcement",
            name="conflict_step",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="announcement",
                to="contracts.conflictstep",
            ),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="assessment",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="announcement",
                to="credits.assessment",
            ),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("found", "A breach was found"),
                    ("revised", "The result of a breach was revised"),
                    ("withdrawn", "What was told no longer holds"),
                    ("conflict", "Two promises are in conflict"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="assessment",
            field=models.ForeignKey(
                help_text="Empty where it is about a conflict of promises.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="credits.assessment",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("assessment__isnull", True), ("conflict_step__isnull", False), ("kind", "conflict")
                    ),
                    models.Q(
                        models.Q(("kind", "conflict"), _negated=True),
                        ("assessment__isnull", False),
                        ("conflict_step__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="notices_announcement_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("assessment__isnull", True)),
                fields=("announcement", "recipient_address", "channel"),
                name="notices_notice_of_conflict_once",
            ),
        ),
        sql_file(SQL, "conflicts"),
    ]
