"""What is asked and told about a version on its way to be signed is told by mail, through the same outbox."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from base.sqlops import sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0013_portfolios"),
        ("credits", "0008_hands"),
        ("notices", "0003_conflicts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="announcement",
            name="notices_announcement_of_one_thing",
        ),
        migrations.AddField(
            model_name="announcement",
            name="fact",
            field=models.BigIntegerField(
                help_text="What it is of a version: the key of the request, the answer, the step, the version, or the first signature that was voided, by the kind.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="announcements",
                to="contracts.contractversion",
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
                    ("review", "Somebody is asked to review a version"),
                    ("answer", "An objection was answered"),
                    ("turn", "A signer is asked to sign"),
                    ("signed", "All have signed a version"),
                    ("voided", "Signatures were voided by an edit"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="assessment",
            field=models.ForeignKey(
                help_text="Empty where it is about no result.",
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
                        ("assessment__isnull", True),
                        ("conflict_step__isnull", False),
                        ("fact__isnull", True),
                        ("kind", "conflict"),
                        ("version__isnull", True),
                    ),
                    models.Q(
                        ("assessment__isnull", False),
                        ("conflict_step__isnull", True),
                        ("fact__isnull", True),
                        ("kind__in", ["found", "revised", "withdrawn"]),
                        ("version__isnull", True),
                    ),
                    models.Q(
                        ("assessment__isnull", True),
                        ("conflict_step__isnull", True),
                        ("fact__isnull", False),
                        ("kind__in", ["review", "answer", "turn", "signed", "voided"]),
                        ("version__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="notices_announcement_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("version__isnull", False)),
                fields=("kind", "fact"),
                name="notices_announcement_of_version_once",
            ),
        ),
        sql_file(SQL, "versions"),
    ]
