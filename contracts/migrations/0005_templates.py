"""Templates, their versions, and how they are found."""

from pathlib import Path

import base.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0004_amendments_and_renewals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TermsTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slug",
                    models.CharField(
                        max_length=60,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "Lower-case letters, digits and single hyphens, such as api-requests.",
                            )
                        ],
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("provider", models.CharField(blank=True, max_length=120)),
                (
                    "service",
                    models.CharField(
                        blank=True, help_text="What is promised, in a few words.", max_length=200
                    ),
                ),
                (
                    "industry",
                    models.CharField(
                        choices=[
                            ("cloud", "Cloud platforms"),
                            ("data_centre", "Data centres and hosting"),
                            ("telecom", "Networks and telecoms"),
                            ("saas", "Software as a service"),
                            ("outsourcing", "Outsourcing"),
                            ("public_sector", "Public sector"),
                            ("utilities", "Utilities"),
                            ("model_clause", "Standard forms and model clauses"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=20,
                    ),
                ),
                ("source_addresses", models.JSONField(blank=True, default=list)),
                (
                    "text_dated",
                    models.CharField(
                        blank=True, help_text="What the text says of its date; empty: nothing.", max_length=40
                    ),
                ),
                (
                    "read_as",
                    models.CharField(
                        choices=[
                            ("whole", "The whole text was read"),
                            ("excerpt", "An excerpt was read"),
                            ("described", "Others' account of the text was read, not the text itself"),
                            ("written", "Written here"),
                        ],
                        default="written",
                        max_length=10,
                    ),
                ),
                (
                    "read_from",
                    models.CharField(
                        choices=[
                            ("own", "on the party's own page"),
                            ("copy", "in somebody's copy"),
                            ("library", "in a library of clauses"),
                            ("ours", "by us"),
                        ],
                        default="ours",
                        max_length=10,
                    ),
                ),
                (
                    "recalled",
                    models.BooleanField(
                        default=False, help_text="Something in it was remembered and not read."
                    ),
                ),
                (
                    "is_published",
                    models.BooleanField(
                        default=False, help_text="Somebody's published text, not one of ours."
                    ),
                ),
                (
                    "review_every_months",
                    models.PositiveSmallIntegerField(
                        default=12,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(120),
                        ],
                    ),
                ),
                ("next_review_on", models.DateField()),
                ("preset", models.JSONField(blank=True, default=dict)),
                (
                    "legal_entity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="templates",
                        to="contracts.legalentity",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="of_units",
                        to="contracts.termstemplate",
                    ),
                ),
                (
                    "steward",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalTermsTemplate",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "slug",
                    models.CharField(
                        db_index=True,
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "Lower-case letters, digits and single hyphens, such as api-requests.",
                            )
                        ],
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("provider", models.CharField(blank=True, max_length=120)),
                (
                    "service",
                    models.CharField(
                        blank=True, help_text="What is promised, in a few words.", max_length=200
                    ),
                ),
                (
                    "industry",
                    models.CharField(
                        choices=[
                            ("cloud", "Cloud platforms"),
                            ("data_centre", "Data centres and hosting"),
                            ("telecom", "Networks and telecoms"),
                            ("saas", "Software as a service"),
                            ("outsourcing", "Outsourcing"),
                            ("public_sector", "Public sector"),
                            ("utilities", "Utilities"),
                            ("model_clause", "Standard forms and model clauses"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=20,
                    ),
                ),
                ("source_addresses", models.JSONField(blank=True, default=list)),
                (
                    "text_dated",
                    models.CharField(
                        blank=True, help_text="What the text says of its date; empty: nothing.", max_length=40
                    ),
                ),
                (
                    "read_as",
                    models.CharField(
                        choices=[
                            ("whole", "The whole text was read"),
                            ("excerpt", "An excerpt was read"),
                            ("described", "Others' account of the text was read, not the text itself"),
                            ("written", "Written here"),
                        ],
                        default="written",
                        max_length=10,
                    ),
                ),
                (
                    "read_from",
                    models.CharField(
                        choices=[
                            ("own", "on the party's own page"),
                            ("copy", "in somebody's copy"),
                            ("library", "in a library of clauses"),
                            ("ours", "by us"),
                        ],
                        default="ours",
                        max_length=10,
                    ),
                ),
                (
                    "recalled",
                    models.BooleanField(
                        default=False, help_text="Something in it was remembered and not read."
                    ),
                ),
                (
                    "is_published",
                    models.BooleanField(
                        default=False, help_text="Somebody's published text, not one of ours."
                    ),
                ),
                (
                    "review_every_months",
                    models.PositiveSmallIntegerField(
                        default=12,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(120),
                        ],
                    ),
                ),
                ("next_review_on", models.DateField()),
                ("preset", models.JSONField(blank=True, default=dict)),
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
                    "legal_entity",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contracts.legalentity",
                    ),
                ),
                (
                    "steward",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contracts.termstemplate",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical terms template",
                "verbose_name_plural": "historical terms templates",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="TermsTemplateVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                (
                    "sha256",
                    base.fields.Sha256Field(
                        help_text="Of the canonical document.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("reason", models.CharField(help_text="Why it was loaded or changed.", max_length=500)),
                ("loaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "loaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="contracts.termstemplate",
                    ),
                ),
            ],
            options={
                "ordering": ["template", "number"],
            },
        ),
        migrations.CreateModel(
            name="TemplateSearch",
            fields=[
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="contracts.termstemplate",
                    ),
                ),
                ("words", models.TextField(help_text="Title, provider and the plain wording, in one text.")),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("findings", models.PositiveIntegerField(default=0)),
                ("readings", models.PositiveIntegerField(default=0)),
                ("parameters", models.PositiveIntegerField(default=0)),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contracts.termstemplateversion",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="termstemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("legal_entity__isnull", True), ("parent__isnull", True)),
                    models.Q(("legal_entity__isnull", False), ("parent__isnull", False)),
                    _connector="OR",
                ),
                name="contracts_termstemplate_unit_has_parent",
                violation_error_message="A unit's template has a parent and one of our companies, or neither.",
            ),
        ),
        migrations.AddConstraint(
            model_name="termstemplate",
            constraint=models.UniqueConstraint(
                fields=("parent", "legal_entity"),
                name="contracts_termstemplate_once_per_unit",
                violation_error_message="That company has a template of its own from this one already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="termstemplateversion",
            constraint=models.UniqueConstraint(
                fields=("template", "number"), name="contracts_termstemplateversion_once"
            ),
        ),
        migrations.AddIndex(
            model_name="templatesearch",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("words", config="english"),
                name="contracts_templatesearch_words",
            ),
        ),
        migrations.AddIndex(
            model_name="templatesearch",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["facets"], name="contracts_templatesearch_facet"
            ),
        ),
        append_only("contracts_termstemplateversion"),
        requires_event("contracts_termstemplate"),
        requires_event("contracts_termstemplateversion"),
        sql_file(SQL, "template_guards"),
    ]
