"""Papers with their pages and passages, and lists of what is covered, with their guards."""

from pathlib import Path

import base.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
TABLES = (
    "contracts_paper",
    "contracts_paperpage",
    "contracts_clausepassage",
    "contracts_coveragelist",
    "contracts_coverageentry",
    "contracts_coveragepublication",
)


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0005_templates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CoverageList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("introduction", models.TextField(blank=True, help_text="For the customer, above the list.")),
                ("drafted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coverage_lists",
                        to="contracts.contract",
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["contract", "number"],
            },
        ),
        migrations.CreateModel(
            name="CoverageEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("journey", models.CharField(max_length=200)),
                ("covered", models.BooleanField()),
                (
                    "why_not",
                    models.TextField(blank=True, help_text="For the customer: why it is not covered."),
                ),
                (
                    "owner",
                    models.CharField(
                        blank=True, help_text="The person or team that looks after it.", max_length=200
                    ),
                ),
                (
                    "cost_amount",
                    base.fields.MoneyAmountField(
                        blank=True,
                        decimal_places=3,
                        help_text="An estimate of what that costs us.",
                        max_digits=21,
                        null=True,
                    ),
                ),
                (
                    "cost_currency",
                    base.fields.CurrencyField(
                        blank=True,
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Three capital letters, such as EUR."
                            )
                        ],
                    ),
                ),
                (
                    "cost_per",
                    models.CharField(
                        choices=[("month", "a month"), ("year", "a year")], default="month", max_length=5
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coverage_entries",
                        to="contracts.service",
                    ),
                ),
                (
                    "coverage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="contracts.coveragelist",
                    ),
                ),
            ],
            options={
                "ordering": ["coverage", "position"],
            },
        ),
        migrations.CreateModel(
            name="CoveragePublication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("published_on", models.DateField()),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "coverage",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publication",
                        to="contracts.coveragelist",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed", "The signed paper"),
                            ("draft", "A draft of the paper"),
                            ("annex", "An annex"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("name", models.CharField(help_text="The name of the file.", max_length=200)),
                (
                    "dated_on",
                    models.DateField(
                        blank=True, help_text="The day that the paper bears, if any.", null=True
                    ),
                ),
                ("content", models.BinaryField()),
                (
                    "sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("byte_count", models.PositiveIntegerField()),
                ("page_count", models.PositiveIntegerField()),
                (
                    "carries",
                    models.JSONField(
                        default=list, help_text="What the file carries besides pages, in words."
                    ),
                ),
                ("uploaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="contracts.contractversion",
                    ),
                ),
            ],
            options={
                "ordering": ["version", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PaperPage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("words", models.JSONField()),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="contracts.paper",
                    ),
                ),
            ],
            options={
                "ordering": ["paper", "number"],
            },
        ),
        migrations.CreateModel(
            name="ClausePassage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.CharField(max_length=300)),
                (
                    "clause",
                    models.CharField(
                        help_text="Number and heading of the clause, as it stood then.", max_length=300
                    ),
                ),
                (
                    "clause_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("first_word", models.PositiveIntegerField(blank=True, null=True)),
                ("last_word", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "text",
                    models.TextField(help_text="As it stands on the page; of a scan, as a person read it."),
                ),
                (
                    "read_by_person",
                    models.BooleanField(
                        default=False, help_text="The page is a scan, and nothing could check it."
                    ),
                ),
                ("removed", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=2000)),
                ("attached_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "attached_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "carried_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="carried_to",
                        to="contracts.clausepassage",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="contracts.clausepassage",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passages",
                        to="contracts.contractversion",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passages",
                        to="contracts.paperpage",
                    ),
                ),
            ],
            options={
                "ordering": ["version", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="coveragelist",
            constraint=models.UniqueConstraint(
                fields=("contract", "number"), name="contracts_coverage_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="coverageentry",
            constraint=models.UniqueConstraint(
                fields=("coverage", "position"), name="contracts_coverageentry_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="coverageentry",
            constraint=models.UniqueConstraint(
                fields=("coverage", "journey"),
                name="contracts_coverageentry_journey_once",
                violation_error_message="This journey stands on the list already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="coverageentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("journey", ""), _negated=True), name="contracts_coverageentry_has_journey"
            ),
        ),
        migrations.AddConstraint(
            model_name="coverageentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cost_amount__isnull", True), ("cost_currency", "")),
                    models.Q(("cost_amount__gte", 0), models.Q(("cost_currency", ""), _negated=True)),
                    _connector="OR",
                ),
                name="contracts_coverageentry_cost_whole",
                violation_error_message="A cost is an amount, 0 or more, with its currency.",
            ),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.UniqueConstraint(fields=("version", "sha256"), name="contracts_paper_once"),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.CheckConstraint(
                condition=models.Q(("page_count__gte", 1), ("page_count__lte", 500)),
                name="contracts_paper_has_pages",
            ),
        ),
        migrations.AddConstraint(
            model_name="paperpage",
            constraint=models.UniqueConstraint(fields=("paper", "number"), name="contracts_paperpage_once"),
        ),
        migrations.AddConstraint(
            model_name="paperpage",
            constraint=models.CheckConstraint(
                condition=models.Q(("height__gte", 1), ("number__gte", 1), ("width__gte", 1)),
                name="contracts_paperpage_has_a_size",
            ),
        ),
        migrations.AddConstraint(
            model_name="clausepassage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("first_word__isnull", True), ("last_word__isnull", True), ("read_by_person", True)
                    ),
                    models.Q(("first_word__lte", models.F("last_word")), ("read_by_person", False)),
                    _connector="OR",
                ),
                name="contracts_passage_found_or_read",
            ),
        ),
        migrations.AddConstraint(
            model_name="clausepassage",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="contracts_passage_has_text"
            ),
        ),
        migrations.AddConstraint(
            model_name="clausepassage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed", False),
                    models.Q(("replaces__isnull", False), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="contracts_passage_removal_has_reason",
            ),
        ),
        *[append_only(table) for table in TABLES],
        *[requires_event(table) for table in TABLES],
        sql_file(SQL, "paper_guards"),
        sql_file(SQL, "coverage_guards"),
    ]
