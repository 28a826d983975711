"""Kinds of measurement beside incidents and seconds a day: coverage, series on a grid, events; stand-ins of sources."""

from pathlib import Path

import base.fields
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = (
    "measurements_coverage",
    "measurements_series",
    "measurements_bucketday",
    "measurements_bucketdaysum",
    "measurements_histogramobservation",
    "measurements_eventobservation",
    "measurements_monthseal",
    "measurements_monthdrop",
)


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0002_guards"),
        ("measurements", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BucketDaySum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(help_text="UTC")),
                ("known_at", models.DateTimeField()),
                ("good", models.BigIntegerField()),
                ("bad", models.BigIntegerField()),
                ("slots", models.IntegerField(help_text="Slots that were unknown before.")),
            ],
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("watched", models.BooleanField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("known_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "coverage",
            },
        ),
        migrations.CreateModel(
            name="EventObservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=100)),
                (
                    "category",
                    models.CharField(
                        blank=True, help_text="The priority or kind, as terms name it.", max_length=60
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                (
                    "due_at",
                    models.DateTimeField(
                        help_text="A deadline of its own, where the source states one.", null=True
                    ),
                ),
                (
                    "steps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None
                    ),
                ),
                (
                    "step_instants",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None),
                ),
                ("withdrawn", models.BooleanField(default=False)),
                ("known_at", models.DateTimeField()),
                ("row_number", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="MonthDrop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of_on", models.DateField(help_text="The day on which retention was judged.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="MonthSeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "table",
                    models.CharField(
                        choices=[
                            ("measurements_bucketday", "Buckets and probes"),
                            ("measurements_histogramobservation", "Histograms"),
                        ],
                        max_length=60,
                    ),
                ),
                ("month_on", models.DateField(help_text="The first day of the month, UTC.")),
                ("row_count", models.BigIntegerField()),
                (
                    "sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("sealed_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("segment", models.CharField(blank=True, max_length=100)),
            ],
            options={
                "verbose_name_plural": "series",
            },
        ),
        migrations.RemoveConstraint(
            model_name="source",
            name="measurements_source_of_intervals_begins",
        ),
        migrations.RemoveConstraint(
            model_name="sourcebinding",
            name="measurements_binding_once",
        ),
        migrations.AddField(
            model_name="historicalsource",
            name="retention_days",
            field=models.PositiveIntegerField(
                blank=True, help_text="How long buckets and histograms are kept; empty: for ever.", null=True
            ),
        ),
        migrations.AddField(
            model_name="historicalsource",
            name="width_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Buckets and histograms: seconds of a bucket, which divide a day. Probes: seconds between two.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="historicalsourcebinding",
            name="rank",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="1: authoritative. 2 and up: stands in, in this order, where those before are silent.",
            ),
        ),
        migrations.AddField(
            model_name="intervalobservation",
            name="weight",
            field=models.DecimalField(
                decimal_places=8,
                help_text="The part that was lost, from 0 to 1, where the source says so.",
                max_digits=9,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="payload",
            name="source_clock_at",
            field=models.DateTimeField(
                help_text="What the source's own clock showed at retrieved_at, where it says so.", null=True
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="retention_days",
            field=models.PositiveIntegerField(
                blank=True, help_text="How long buckets and histograms are kept; empty: for ever.", null=True
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="width_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Buckets and histograms: seconds of a bucket, which divide a day. Probes: seconds between two.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="sourcebinding",
            name="rank",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="1: authoritative. 2 and up: stands in, in this order, where those before are silent.",
            ),
        ),
        migrations.AlterField(
            model_name="historicalsource",
            name="shape",
            field=models.CharField(
                choices=[
                    ("intervals", "Intervals"),
                    ("daily_seconds", "Seconds a day"),
                    ("buckets", "Counts of good and of all"),
                    ("samples", "Probes, up or down"),
                    ("histograms", "Histograms"),
                    ("events", "Events with deadlines"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="listedrow",
            name="reason",
            field=models.CharField(
                choices=[
                    ("no_component", "Names no component"),
                    ("untracked_component", "Names only components that nothing is promised for"),
                    ("no_length", "Has no length"),
                    ("in_the_future", "Lies in the future"),
                ],
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="payload",
            name="parser",
            field=models.CharField(help_text="The adapter that read it; see docs/imports.md.", max_length=40),
        ),
        migrations.AlterField(
            model_name="source",
            name="shape",
            field=models.CharField(
                choices=[
                    ("intervals", "Intervals"),
                    ("daily_seconds", "Seconds a day"),
                    ("buckets", "Counts of good and of all"),
                    ("samples", "Probes, up or down"),
                    ("histograms", "Histograms"),
                    ("events", "Events with deadlines"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="intervalobservation",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__range", (0, 1))), name="measurements_interval_weight_is_a_part"
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("covers_from__isnull", False), ("shape", "intervals")),
                    models.Q(models.Q(("shape", "intervals"), _negated=True), ("covers_from__isnull", True)),
                    _connector="OR",
                ),
                name="measurements_source_of_intervals_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("shape__in", ["buckets", "samples", "histograms"]),
                        ("width_seconds__range", (1, 86400)),
                    ),
                    models.Q(
                        models.Q(("shape__in", ["buckets", "samples", "histograms"]), _negated=True),
                        ("width_seconds__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="measurements_source_width_fits_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcebinding",
            constraint=models.UniqueConstraint(
                fields=("contract", "role", "rank"), name="measurements_binding_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcebinding",
            constraint=models.UniqueConstraint(
                fields=("contract", "role", "source"), name="measurements_binding_source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcebinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("rank__gte", 1)), name="measurements_binding_rank_begins_at_1"
            ),
        ),
        migrations.AddField(
            model_name="bucketdaysum",
            name="payload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bucket_day_sums",
                to="measurements.payload",
            ),
        ),
        migrations.AddField(
            model_name="coverage",
            name="payload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="coverage",
                to="measurements.payload",
            ),
        ),
        migrations.AddField(
            model_name="coverage",
            name="service",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="coverage",
                to="contracts.service",
            ),
        ),
        migrations.AddField(
            model_name="coverage",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="coverage", to="measurements.source"
            ),
        ),
        migrations.AddField(
            model_name="eventobservation",
            name="payload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="measurements.payload"
            ),
        ),
        migrations.AddField(
            model_name="eventobservation",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="contracts.service"
            ),
        ),
        migrations.AddField(
            model_name="eventobservation",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="measurements.source"
            ),
        ),
        migrations.AddField(
            model_name="monthseal",
            name="sealed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="monthdrop",
            name="seal",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="drop", to="measurements.monthseal"
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="series", to="contracts.service"
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="series", to="measurements.source"
            ),
        ),
        migrations.AddField(
            model_name="bucketdaysum",
            name="series",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="day_sums", to="measurements.series"
            ),
        ),
        migrations.AddIndex(
            model_name="coverage",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["during"], name="measurements_coverage_during"
            ),
        ),
        migrations.AddConstraint(
            model_name="coverage",
            constraint=models.UniqueConstraint(
                fields=("source", "service", "during", "known_at"),
                name="measurements_coverage_known_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="coverage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__isempty", False), ("during__lower_inf", False), ("during__upper_inf", False)
                ),
                name="measurements_coverage_has_length",
            ),
        ),
        migrations.AddIndex(
            model_name="eventobservation",
            index=models.Index(fields=["source", "opened_at"], name="measurements_event_opened"),
        ),
        migrations.AddConstraint(
            model_name="eventobservation",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id", "known_at"), name="measurements_event_known_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="eventobservation",
            constraint=models.CheckConstraint(
                condition=models.Q(("steps__0", "opened")), name="measurements_event_opens_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthseal",
            constraint=models.CheckConstraint(
                condition=models.Q(("month_on__day", 1)), name="measurements_seal_of_a_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthseal",
            constraint=models.CheckConstraint(
                condition=models.Q(("sealed_at__date__gt", models.F("month_on"))),
                name="measurements_seal_after_the_month",
            ),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.UniqueConstraint(
                fields=("source", "service", "segment"), name="measurements_series_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bucketdaysum",
            constraint=models.UniqueConstraint(
                fields=("series", "day", "known_at", "payload"),
                include=("good", "bad", "slots"),
                name="measurements_bucketdaysum_known_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="bucketdaysum",
            constraint=models.CheckConstraint(
                condition=models.Q(("slots__range", (0, 86400))), name="measurements_bucketdaysum_adds_slots"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="BucketDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(help_text="UTC")),
                        ("known_at", models.DateTimeField()),
                        ("first_slot", models.IntegerField()),
                        ("step", models.IntegerField(default=1)),
                        (
                            "slots",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), null=True, size=None
                            ),
                        ),
                        (
                            "counts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), null=True, size=None
                            ),
                        ),
                        (
                            "good",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        (
                            "bad",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="HistogramObservation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        (
                            "bounds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        (
                            "counts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        ("known_at", models.DateTimeField()),
                    ],
                ),
                migrations.AddField(
                    model_name="bucketday",
                    name="payload",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bucket_days",
                        to="measurements.payload",
                    ),
                ),
                migrations.AddField(
                    model_name="histogramobservation",
                    name="payload",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="histograms",
                        to="measurements.payload",
                    ),
                ),
                migrations.AddField(
                    model_name="histogramobservation",
                    name="series",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="histograms",
                        to="measurements.series",
                    ),
                ),
                migrations.AddField(
                    model_name="bucketday",
                    name="series",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="days",
                        to="measurements.series",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="histogramobservation",
                    constraint=models.UniqueConstraint(
                        fields=("series", "starts_at", "known_at"), name="measurements_histogram_known_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="bucketday",
                    constraint=models.UniqueConstraint(
                        fields=("series", "day", "known_at", "payload"),
                        name="measurements_bucketday_known_once",
                    ),
                ),
            ],
            database_operations=[sql_file(SQL, "series_tables")],
        ),
        *[append_only(table) for table in APPEND_ONLY],
        requires_event("measurements_monthseal"),
        sql_file(SQL, "series_guards"),
    ]
