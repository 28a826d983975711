"""Candidates of terms, which of them was picked, and what the past said of a text."""

import base.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from base.sqlops import append_only, requires_event

TABLES = ("contracts_candidate", "contracts_candidatechoice", "contracts_backtest")


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0007_precedence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Candidate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        choices=[
                            ("aspirational", "Aspirational"),
                            ("realistic", "Realistic"),
                            ("conservative", "Conservative"),
                        ],
                        max_length=12,
                    ),
                ),
                ("terms", models.JSONField()),
                (
                    "terms_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("kept_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="candidates",
                        to="contracts.contract",
                    ),
                ),
                (
                    "from_template",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contracts.termstemplateversion",
                    ),
                ),
                (
                    "from_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contracts.contractversion",
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["contract", "pk"],
            },
        ),
        migrations.CreateModel(
            name="CandidateChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("comparison", models.JSONField()),
                (
                    "comparison_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("known_at", models.DateTimeField(help_text="Until when knowledge counted in the figures.")),
                ("reason", models.TextField()),
                ("chosen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "chosen",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="choices",
                        to="contracts.candidate",
                    ),
                ),
                (
                    "chosen_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="candidate_choices",
                        to="contracts.contractversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="BackTest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "terms_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("known_at", models.DateTimeField(help_text="Until when knowledge counted.")),
                ("months", models.PositiveSmallIntegerField(help_text="How many months were looked at.")),
                (
                    "decided",
                    models.PositiveSmallIntegerField(
                        help_text="Of how many it is known whether they were met."
                    ),
                ),
                ("attained", models.PositiveSmallIntegerField()),
                ("figures", models.JSONField()),
                (
                    "figures_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("run_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="back_tests",
                        to="contracts.contract",
                    ),
                ),
                (
                    "run_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["contract", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "terms_sha256", "figures_sha256"), name="contracts_backtest_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("attained__lte", models.F("decided")), ("decided__lte", models.F("months"))
                        ),
                        name="contracts_backtest_counts_fit",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("from_version__isnull", True), ("from_template__isnull", True), _connector="OR"
                ),
                name="contracts_candidate_from_one_place",
                violation_error_message="It was taken from a version or from a template, not from both.",
            ),
        ),
        migrations.AddConstraint(
            model_name="candidatechoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="contracts_candidatechoice_has_reason"
            ),
        ),
        *[append_only(table) for table in TABLES],
        *[requires_event(table) for table in TABLES],
    ]
