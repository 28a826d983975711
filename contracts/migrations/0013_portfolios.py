"""Portfolios: files of many contracts, and what becomes of their rows."""

from pathlib import Path

import base.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from base.sqlops import requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0012_precedence_turns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PortfolioImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "sha256",
                    base.fields.Sha256Field(
                        help_text="Of the bytes as they came: the same file is one import.",
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("headers", models.JSONField()),
                ("row_total", models.PositiveIntegerField()),
                ("requested_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PortfolioRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(help_text="As the sheet numbers it: the header is row 1."),
                ),
                ("cells", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Not looked at yet"),
                            ("good", "Can be written"),
                            ("there", "Is there already"),
                            ("faulty", "Something is wrong"),
                            ("written", "Written as a draft"),
                            ("failed", "Could not be written"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "does",
                    models.CharField(
                        blank=True, help_text="What writing it would do, or did.", max_length=300
                    ),
                ),
                (
                    "faults",
                    models.JSONField(
                        default=list, help_text="Lists of column, what is wrong, what would be right."
                    ),
                ),
                (
                    "portfolio",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="contracts.portfolioimport",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contracts.contractversion",
                    ),
                ),
            ],
            options={
                "ordering": ["portfolio", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                    _connector="OR",
                ),
                name="contracts_portfolioimport_confirmed_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="portfoliorow",
            index=models.Index(fields=["portfolio", "state"], name="contracts_portfoliorow_state"),
        ),
        migrations.AddConstraint(
            model_name="portfoliorow",
            constraint=models.UniqueConstraint(
                fields=("portfolio", "number"), name="contracts_portfoliorow_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="portfoliorow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "written"), _negated=True), ("version__isnull", False), _connector="OR"
                ),
                name="contracts_portfoliorow_written_has_a_version",
            ),
        ),
        requires_event("contracts_portfolioimport"),
        sql_file(SQL, "portfolio_guards"),
    ]
