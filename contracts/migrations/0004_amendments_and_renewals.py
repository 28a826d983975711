"""Versions that change another, what the paper says about renewal, and private calendar addresses."""

import base.fields
import django.core.validators
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"
TABLES = ("contracts_renewalterms", "contracts_calendaraddress", "contracts_calendarrevocation")


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0003_entities_and_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(help_text="Where it is used, such as the phone.", max_length=80)),
                (
                    "secret_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CalendarRevocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="RenewalTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "term_ends_on",
                    models.DateField(
                        blank=True, help_text="The last day of the term that runs now.", null=True
                    ),
                ),
                (
                    "renews_months",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="It renews itself by so many months; empty: it ends.", null=True
                    ),
                ),
                ("notice_months", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("notice_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("notice_at_any_time", models.BooleanField(default=False)),
                (
                    "notice_form",
                    models.CharField(
                        choices=[
                            ("letter", "Signed letter"),
                            ("email", "Text, an e-mail suffices"),
                            ("portal", "In the other side's portal"),
                            ("unsaid", "The paper does not say"),
                        ],
                        default="unsaid",
                        max_length=10,
                    ),
                ),
                (
                    "notice_counts",
                    models.CharField(
                        choices=[("received", "must have arrived"), ("sent", "must have been sent")],
                        default="received",
                        max_length=10,
                    ),
                ),
                (
                    "review_on",
                    models.DateField(
                        blank=True, help_text="When we want to have looked at it again.", null=True
                    ),
                ),
                (
                    "clause",
                    models.CharField(blank=True, help_text="Where the paper says so.", max_length=200),
                ),
                ("reason", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["contract", "number"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="contractversion",
            name="contracts_version_effective_once",
        ),
        migrations.AddField(
            model_name="contractversion",
            name="amendment",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="The document of the change; of a conformed text the versions that it is made of.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="amends",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The version whose text it was written upon; of a conformed text the whole text below it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amended_by",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="kind",
            field=models.CharField(
                choices=[
                    ("whole", "Whole text"),
                    ("amendment", "Amendment"),
                    ("variation", "Variation for a time"),
                    ("conformed", "Conformed text"),
                ],
                default="whole",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="historicalcontractversion",
            name="amendment",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="The document of the change; of a conformed text the versions that it is made of.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="historicalcontractversion",
            name="amends",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The version whose text it was written upon; of a conformed text the whole text below it.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontractversion",
            name="kind",
            field=models.CharField(
                choices=[
                    ("whole", "Whole text"),
                    ("amendment", "Amendment"),
                    ("variation", "Variation for a time"),
                    ("conformed", "Conformed text"),
                ],
                default="whole",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["whole", "amendment"]), ("state", "signed")),
                fields=("contract", "effective_from_on"),
                name="contracts_version_effective_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amendment", None), ("amends", None), ("kind", "whole")),
                    models.Q(
                        models.Q(("kind", "whole"), _negated=True),
                        ("amendment__isnull", False),
                        ("amends__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="contracts_version_amends_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "whole"),
                    models.Q(("effective_until_on", None), ("kind", "amendment")),
                    models.Q(("effective_until_on__isnull", False), ("kind", "variation")),
                    ("kind", "conformed"),
                    _connector="OR",
                ),
                name="contracts_version_only_a_variation_ends",
                violation_error_message="A variation ends by itself, an amendment is for good.",
            ),
        ),
        migrations.AddField(
            model_name="calendaraddress",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calendar_addresses",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="calendarrevocation",
            name="address",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revocation",
                to="contracts.calendaraddress",
            ),
        ),
        migrations.AddField(
            model_name="calendarrevocation",
            name="revoked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="renewalterms",
            name="contract",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="renewal_terms",
                to="contracts.contract",
            ),
        ),
        migrations.AddField(
            model_name="renewalterms",
            name="entered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="renewalterms",
            constraint=models.UniqueConstraint(
                fields=("contract", "number"), name="contracts_renewal_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="renewalterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("notice_months", None), ("notice_days", None), _connector="OR"),
                name="contracts_renewal_one_notice",
                violation_error_message="Notice is given in months or in days, not in both.",
            ),
        ),
        migrations.AddConstraint(
            model_name="renewalterms",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("renews_months", None),
                    models.Q(("renews_months__gt", 0), ("term_ends_on__isnull", False)),
                    _connector="OR",
                ),
                name="contracts_renewal_of_a_term",
                violation_error_message="What renews itself has a term that ends.",
            ),
        ),
        *[append_only(table) for table in TABLES],
        *[requires_event(table) for table in TABLES],
        sql_file(SQL, "amending_guards"),
    ]
