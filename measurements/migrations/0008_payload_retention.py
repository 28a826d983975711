"""The bytes of payloads go when their source's retention is over, by a row that says so, and in no other way."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
DAYS = {
    "null": True,
    "blank": True,
    "help_text": "How many days the bytes of payloads are kept, 31 or more; empty: for ever. "
    "What an open result or a dispute rests on stays longer.",
}


class Migration(migrations.Migration):
    dependencies = [
        ("measurements", "0007_policy_without_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("intakepolicy", "payload_days", models.PositiveIntegerField(**DAYS)),
        migrations.AddField("historicalintakepolicy", "payload_days", models.PositiveIntegerField(**DAYS)),
        migrations.AddConstraint(
            "intakepolicy",
            models.CheckConstraint(
                name="measurements_policy_keeps_a_month",
                condition=models.Q(payload_days__isnull=True) | models.Q(payload_days__gte=31),
            ),
        ),
        migrations.AlterField(
            "payload",
            "content",
            models.BinaryField(null=True, help_text="Null once removed; see PayloadRemoval."),
        ),
        migrations.CreateModel(
            name="PayloadRemoval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("removed_at", models.DateTimeField()),
                ("retention_days", models.PositiveIntegerField(help_text="As the source's policy was then.")),
                ("byte_count", models.PositiveIntegerField(help_text="How many bytes it had.")),
                ("recorded_at", models.DateTimeField(db_default=Now())),
                (
                    "payload",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removal",
                        to="measurements.payload",
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        append_only("measurements_payloadremoval"),
        requires_event("measurements_payloadremoval"),
        sql_file(SQL, "removal_guards"),
    ]
