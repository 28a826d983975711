"""What people add where it is argued about: evidence, recurrence, attribution, tolerances, accepted figures, notes."""

from pathlib import Path

import base.fields
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
TABLES = tuple(
    f"measurements_{name}"
    for name in (
        "attribution",
        "differencedecision",
        "differencetolerance",
        "exclusionevidence",
        "incidentnote",
        "recurringmaintenance",
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0003_entities_and_addresses"),
        ("measurements", "0003_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="exclusiondecision",
            name="verdict",
            field=models.CharField(
                choices=[("approved", "Approved"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Attribution",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=100)),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("own_fault", "Our own fault"),
                            ("vendor", "A vendor"),
                            ("customer", "The customer"),
                            ("force_majeure", "Force majeure"),
                            ("mandated", "A mandated change"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("decided_at", models.DateTimeField(help_text="The moment of knowledge.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attributions",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "external_id", "decided_at"),
                        name="measurements_attribution_known_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="measurements_attribution_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DifferenceDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("window_start", models.DateTimeField()),
                (
                    "line",
                    models.CharField(
                        help_text="A day (UTC) of the window, or the whole window.", max_length=60
                    ),
                ),
                ("contractual_seconds", models.DecimalField(decimal_places=6, max_digits=18)),
                ("other_seconds", models.DecimalField(decimal_places=6, max_digits=18)),
                ("accepted_seconds", models.DecimalField(decimal_places=6, max_digits=18)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("one_sided", "Only one source tells of it"),
                            ("date_shift", "The sources have it on other days"),
                            ("length", "The same outage, another length"),
                            ("weight", "The sources weigh it differently"),
                            ("rounding", "Rounding of one of them"),
                            ("clock", "A clock of one of them is off"),
                            ("scope", "They measure other components or places"),
                            ("error", "One of them is wrong"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("decided_at", models.DateTimeField(help_text="The moment of knowledge.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "commitment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="difference_decisions",
                        to="contracts.commitment",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="difference_decisions",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("commitment", "window_start", "source", "line", "decided_at"),
                        name="measurements_difference_known_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_seconds__gte", 0)),
                        name="measurements_difference_accepts_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="measurements_difference_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DifferenceTolerance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "seconds",
                    models.PositiveIntegerField(
                        blank=True, help_text="Empty: no longer compared.", null=True
                    ),
                ),
                (
                    "windows_from",
                    models.DateTimeField(help_text="Windows that begin before this instant are left alone."),
                ),
                ("reason", models.TextField()),
                ("set_at", models.DateTimeField(help_text="The moment of knowledge.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="difference_tolerances",
                        to="contracts.contract",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="difference_tolerances",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "source", "set_at"), name="measurements_tolerance_known_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="measurements_tolerance_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExclusionEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(choices=[("file", "File"), ("link", "Link")], max_length=10)),
                ("name", models.CharField(max_length=200)),
                ("link", models.URLField(blank=True, max_length=1000)),
                (
                    "sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("content", models.BinaryField(help_text="Files: the bytes as they came.", null=True)),
                ("added_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "exclusion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence_items",
                        to="measurements.exclusion",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("exclusion", "sha256", "link"), name="measurements_evidence_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("content__isnull", False), ("kind", "file"), ("link", "")),
                            models.Q(
                                ("content__isnull", True),
                                ("kind", "link"),
                                models.Q(("link", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="measurements_evidence_is_there",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=100)),
                ("occurred_at", models.DateTimeField()),
                ("clock_skew_seconds", models.IntegerField(default=0)),
                ("text", models.TextField()),
                ("known_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incident_notes",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "ordering": ["occurred_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="measurements_note_has_text"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clock_skew_seconds__gt", -86400), ("clock_skew_seconds__lt", 86400)
                        ),
                        name="measurements_note_skew_below_a_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecurringMaintenance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=60)),
                ("zone", models.CharField(help_text="IANA zone whose clocks show the times.", max_length=60)),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        help_text="1 is Monday, 7 Sunday.",
                        size=None,
                    ),
                ),
                ("starts_local", models.TimeField()),
                ("ends_local", models.TimeField(help_text="Not after the start: on the next day.")),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("announced_at", models.DateTimeField()),
                ("evidence", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recurring_maintenance",
                        to="contracts.contract",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recurring_maintenance",
                        to="contracts.service",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "service", "code"), name="measurements_recurring_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_on__lte", models.F("last_on"))),
                        name="measurements_recurring_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("weekdays__len__gt", 0), ("weekdays__contained_by", [1, 2, 3, 4, 5, 6, 7])
                        ),
                        name="measurements_recurring_has_days",
                    ),
                ],
            },
        ),
        *[append_only(table) for table in TABLES],
        *[requires_event(table) for table in TABLES],
        sql_file(SQL, "dispute_guards"),
    ]
