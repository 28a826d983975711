"""Where claims are sent, the letters with which we claim, and what vendors answered."""

import base.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contracts", "0002_guards"),
        ("credits", "0003_ledger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("written_on", models.DateField(help_text="The day on the letter.")),
                (
                    "remarks",
                    models.TextField(blank=True, help_text="What we add in our own words.", max_length=4000),
                ),
                ("text", models.TextField(help_text="Canonical JSON.")),
                (
                    "text_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="credits.claim",
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
                "ordering": ["claim", "version"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalVendorProfile",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "claims_address",
                    models.TextField(
                        blank=True,
                        help_text="As on the envelope, without the name.",
                        max_length=600,
                        verbose_name="address for claims",
                    ),
                ),
                (
                    "claims_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="mail for claims"),
                ),
                (
                    "contact",
                    models.CharField(
                        blank=True,
                        help_text="Who answers for the vendor, and how they are reached.",
                        max_length=200,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=4000)),
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
                    "counterparty",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contracts.counterparty",
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
            ],
            options={
                "verbose_name": "historical vendor profile",
                "verbose_name_plural": "historical vendor profiles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="SentLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document", models.BinaryField(help_text="PDF")),
                (
                    "document_sha256",
                    base.fields.Sha256Field(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "letter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sent",
                        to="vendors.claimletter",
                    ),
                ),
                (
                    "step",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letter_sent",
                        to="credits.claimstep",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VendorProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "claims_address",
                    models.TextField(
                        blank=True,
                        help_text="As on the envelope, without the name.",
                        max_length=600,
                        verbose_name="address for claims",
                    ),
                ),
                (
                    "claims_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="mail for claims"),
                ),
                (
                    "contact",
                    models.CharField(
                        blank=True,
                        help_text="Who answers for the vendor, and how they are reached.",
                        max_length=200,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=4000)),
                (
                    "counterparty",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vendor_profile",
                        to="contracts.counterparty",
                    ),
                ),
            ],
            options={
                "ordering": ["counterparty"],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("acknowledged_whole", "Acknowledged in full"),
                            ("acknowledged_part", "Acknowledged in part"),
                            ("refused", "Refused"),
                        ],
                        max_length=20,
                    ),
                ),
                ("received_on", models.DateField(help_text="In the zone of the terms.")),
                (
                    "amount",
                    base.fields.MoneyAmountField(
                        decimal_places=3,
                        help_text="What is acknowledged; empty where all is refused.",
                        max_digits=21,
                        null=True,
                    ),
                ),
                ("words", models.TextField(blank=True, help_text="The vendor's own words.", max_length=8000)),
                (
                    "reference",
                    models.CharField(blank=True, help_text="The vendor's reference.", max_length=200),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "claim",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answer", to="credits.claim"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "step",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="credits.claimstep",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__isnull", True), ("verdict", "refused")),
                            models.Q(
                                ("amount__gt", 0),
                                ("verdict__in", ["acknowledged_whole", "acknowledged_part"]),
                            ),
                            _connector="OR",
                        ),
                        name="vendors_answer_amount_of_verdict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict", "acknowledged_whole"),
                            models.Q(("words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="vendors_answer_says_why",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="claimletter",
            constraint=models.UniqueConstraint(
                fields=("claim", "version"), name="vendors_letter_version_once"
            ),
        ),
    ]
