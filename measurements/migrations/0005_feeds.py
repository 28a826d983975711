"""Feeds and their runs, what is personal and was taken out, who may push to what, and announced maintenance."""

from pathlib import Path

import base.fields
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models


from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = (
    "measurements_intake",
    "measurements_maintenancenotice",
    "measurements_pushgrant",
)
NO_ACT_WITHOUT_EVENT = (
    "measurements_feed",
    "measurements_intakepolicy",
    "measurements_uploadmapping",
    "measurements_intake",
    "measurements_maintenancenotice",
    "measurements_pushgrant",
)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0001_initial"),
        ("measurements", "0004_disputes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("adapter", models.CharField(max_length=40)),
                ("settings", models.JSONField()),
                (
                    "every_seconds",
                    models.PositiveIntegerField(default=300, help_text="From 30 to 86400 seconds."),
                ),
                ("begins_at", models.DateTimeField(help_text="From when on it is asked for what happened.")),
                ("enabled", models.BooleanField(default=True)),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feed",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "ordering": ["source"],
            },
        ),
        migrations.CreateModel(
            name="FeedState",
            fields=[
                (
                    "feed",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="state",
                        serialize=False,
                        to="measurements.feed",
                    ),
                ),
                ("cursor", models.JSONField(default=dict)),
                (
                    "content_sha256",
                    models.CharField(
                        blank=True, help_text="Of the documents of the last page.", max_length=64
                    ),
                ),
                ("next_at", models.DateTimeField(help_text="Not asked before.", null=True)),
                ("failures", models.PositiveIntegerField(default=0, help_text="In a row.")),
                ("last_error", models.TextField(blank=True)),
                ("succeeded_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalFeed",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("adapter", models.CharField(max_length=40)),
                ("settings", models.JSONField()),
                (
                    "every_seconds",
                    models.PositiveIntegerField(default=300, help_text="From 30 to 86400 seconds."),
                ),
                ("begins_at", models.DateTimeField(help_text="From when on it is asked for what happened.")),
                ("enabled", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical feed",
                "verbose_name_plural": "historical feeds",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalIntakePolicy",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "hash_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Fields and columns that hold ids of customers: kept as keyed hashes only.",
                        size=None,
                    ),
                ),
                (
                    "payload_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How long the bytes of payloads are kept; empty: for ever.",
                        null=True,
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical intake policy",
                "verbose_name_plural": "historical intake policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalUploadMapping",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("form", models.CharField(max_length=40)),
                ("mapping", models.JSONField()),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical upload mapping",
                "verbose_name_plural": "historical upload mappings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "entrance",
                    models.CharField(
                        choices=[("pull", "Pulled"), ("upload", "Uploaded"), ("push", "Pushed")],
                        max_length=10,
                    ),
                ),
                ("form", models.CharField(help_text="The adapter, or the form of the file.", max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("requested_at", models.DateTimeField()),
                (
                    "known_at",
                    models.DateTimeField(help_text="Upload and push: what the rows carry.", null=True),
                ),
                ("covers_until", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(help_text="Pull: nothing after is asked for.", null=True)),
                ("content", models.BinaryField(null=True)),
                (
                    "original_sha256",
                    models.CharField(blank=True, help_text="Of the bytes as they came.", max_length=64),
                ),
                ("redactions", models.JSONField(default=dict)),
                ("step", models.PositiveIntegerField(default=0)),
                (
                    "row_total",
                    models.PositiveIntegerField(help_text="Where it is known beforehand.", null=True),
                ),
                ("row_count", models.PositiveIntegerField(default=0, help_text="Rows that are through.")),
                ("pages", models.PositiveIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("superseding", models.PositiveIntegerField(default=0)),
                ("repeated", models.PositiveIntegerField(default=0)),
                ("listed", models.PositiveIntegerField(default=0)),
                ("progress_at", models.DateTimeField(null=True)),
                (
                    "reached_at",
                    models.DateTimeField(help_text="Pull: what happened before is there.", null=True),
                ),
                (
                    "skew_seconds",
                    models.IntegerField(help_text="How far the source's clock is ahead of ours.", null=True),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("unreachable", "Source not reached"),
                        ],
                        max_length=20,
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
                ("faults", models.JSONField(default=list)),
                ("fault_count", models.PositiveIntegerField(default=0)),
                (
                    "feed",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="measurements.feed",
                    ),
                ),
                (
                    "requested_by",
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
                        related_name="runs",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "original_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                (
                    "redacted",
                    models.JSONField(default=dict, help_text="Pieces that were replaced, by what they were."),
                ),
                ("redacted_count", models.PositiveIntegerField(default=0)),
                (
                    "dropped",
                    models.JSONField(
                        default=dict, help_text="Fields that are not on the allow-list, and how often."
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "payload",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intake",
                        to="measurements.payload",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intakes",
                        to="measurements.importrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IntakePolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hash_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Fields and columns that hold ids of customers: kept as keyed hashes only.",
                        size=None,
                    ),
                ),
                (
                    "payload_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How long the bytes of payloads are kept; empty: for ever.",
                        null=True,
                    ),
                ),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intake_policy",
                        to="measurements.source",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "intake policies",
            },
        ),
        migrations.CreateModel(
            name="MaintenanceNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=100)),
                ("announced_at", models.DateTimeField()),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("status", models.CharField(max_length=30)),
                (
                    "components",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), size=None
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=300)),
                ("known_at", models.DateTimeField()),
                (
                    "payload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="maintenance_notices",
                        to="measurements.payload",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="maintenance_notices",
                        to="measurements.source",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PushGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("granted_at", models.DateTimeField()),
                (
                    "granted_by",
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
                        related_name="push_grants",
                        to="measurements.source",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="push_grants",
                        to="api.token",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UploadDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("form", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                (
                    "original_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("cells", models.BinaryField(help_text="CSV of all columns, redacted.")),
                ("redactions", models.JSONField(default=dict)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="measurements.source",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UploadMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("form", models.CharField(max_length=40)),
                ("mapping", models.JSONField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mappings",
                        to="measurements.source",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_seconds__range", (30, 86400))),
                name="measurements_feed_asks_in_time",
            ),
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True)),
                fields=["source", "entrance"],
                name="measurements_run_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("outcome", "")),
                    models.Q(("finished_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="measurements_run_ends_with_an_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("finished_at__isnull", True), ("content__isnull", True), _connector="OR"),
                name="measurements_run_keeps_no_file_when_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "row_count",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("accepted"), "+", models.F("repeated")
                            ),
                            "+",
                            models.F("listed"),
                        ),
                    )
                ),
                name="measurements_run_counts_every_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("feed__isnull", False), ("finished_at__isnull", True)),
                fields=("feed",),
                name="measurements_run_one_pull_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="intake",
            index=models.Index(fields=["original_sha256"], name="measurements_intake_original"),
        ),
        migrations.AddConstraint(
            model_name="intakepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payload_days__isnull", True), ("payload_days__gte", 31), _connector="OR"
                ),
                name="measurements_policy_keeps_a_month",
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenancenotice",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id", "known_at"), name="measurements_notice_known_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenancenotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__isempty", False), ("during__lower_inf", False), ("during__upper_inf", False)
                ),
                name="measurements_notice_has_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="pushgrant",
            constraint=models.UniqueConstraint(fields=("token", "source"), name="measurements_grant_once"),
        ),
        migrations.AddConstraint(
            model_name="uploadmapping",
            constraint=models.UniqueConstraint(fields=("source", "form"), name="measurements_mapping_once"),
        ),
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
        sql_file(SQL, "intake_guards"),
    ]
