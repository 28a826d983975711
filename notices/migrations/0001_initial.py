"""Who wants to be told, what is told, and how each mail fared."""

import base.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("credits", "0003_ledger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("lost_after", models.DateTimeField()),
                ("worker", models.CharField(help_text="Machine and process.", max_length=100)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["notice", "number"],
            },
        ),
        migrations.CreateModel(
            name="Announcement",
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
                            ("found", "A breach was found"),
                            ("revised", "The result of a breach was revised"),
                            ("withdrawn", "What was told no longer holds"),
                        ],
                        max_length=10,
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "assessment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="announcement",
                        to="credits.assessment",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("channel", models.CharField(choices=[("mail", "Mail")], default="mail", max_length=10)),
                (
                    "audience",
                    models.CharField(
                        choices=[("legal", "Legal"), ("customer_success", "Customer success")], max_length=20
                    ),
                ),
                ("recipient_name", models.CharField(blank=True, max_length=200)),
                ("recipient_address", models.EmailField(max_length=254)),
                ("language", models.CharField(choices=[("en", "English")], max_length=5)),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                (
                    "text_sha256",
                    base.fields.Sha256Field(
                        help_text="Of subject, an empty line, and text, in UTF-8.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                (
                    "message_id",
                    models.CharField(
                        help_text="The same for every attempt, so that a receiver can drop a double.",
                        max_length=200,
                        unique=True,
                    ),
                ),
                ("held_because", models.CharField(blank=True, max_length=500)),
                ("needless", models.BooleanField(default=False)),
                ("composed_at", models.DateTimeField()),
                (
                    "announcement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="notices.announcement",
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="credits.assessment",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="notices.notice",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Decision",
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
                            ("resend", "Send it again"),
                            ("delivered", "It arrived, or its receiver was told otherwise"),
                            ("given_up", "It is not sent"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "attempt",
                    models.OneToOneField(
                        help_text="Empty for a held one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="notices.attempt",
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
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="notices.notice",
                    ),
                ),
            ],
            options={
                "ordering": ["notice", "pk"],
            },
        ),
        migrations.AddField(
            model_name="attempt",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="notices.notice"
            ),
        ),
        migrations.CreateModel(
            name="Outcome",
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
                            ("accepted", "Accepted by the mail server"),
                            ("refused_for_now", "Refused for now"),
                            ("refused", "Refused for good"),
                            ("uncertain", "Uncertain: it may have gone out"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "answer_code",
                    models.PositiveIntegerField(
                        help_text="The mail server's, where there was one.", null=True
                    ),
                ),
                ("answer", models.TextField(help_text="The mail server's words, or what happened instead.")),
                (
                    "next_try_at",
                    models.DateTimeField(
                        help_text="When it is tried again by itself; empty: never.", null=True
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="notices.attempt",
                    ),
                ),
            ],
            options={
                "ordering": ["attempt", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
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
                        choices=[("breach", "Breaches, their revisions and withdrawals")],
                        default="breach",
                        max_length=20,
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[("legal", "Legal"), ("customer_success", "Customer success")], max_length=20
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("legal", "legal"),
                            ("finance", "finance"),
                            ("finance_approver", "finance approver"),
                            ("auditor", "auditor"),
                            ("vendor_manager", "vendor manager"),
                            ("customer_success", "customer success"),
                            ("executive", "executive"),
                            ("administrator", "administrator"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "address",
                    models.EmailField(blank=True, help_text="Such as a shared mailbox.", max_length=254),
                ),
                ("language", models.CharField(choices=[("en", "English")], default="en", max_length=5)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["audience", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("assessment", "recipient_address", "channel"), name="notices_notice_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recipient_address", django.db.models.functions.text.Lower("recipient_address"))
                ),
                name="notices_notice_address_in_small_letters",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("attempt__isnull", True)),
                fields=("notice",),
                name="notices_decision_of_held_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="notices_decision_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(fields=("notice", "number"), name="notices_attempt_once"),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("started_at__lt", models.F("lost_after"))),
                name="notices_attempt_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "uncertain"), _negated=True),
                fields=("attempt",),
                name="notices_outcome_definite_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "uncertain")),
                fields=("attempt",),
                name="notices_outcome_uncertain_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "refused_for_now"), ("next_try_at__isnull", True), _connector="OR"
                ),
                name="notices_outcome_tried_again_only_if_refused_for_now",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("role", ""), _negated=True), ("address", ""), ("person__isnull", True)
                    ),
                    models.Q(("address", ""), ("person__isnull", False), ("role", "")),
                    models.Q(
                        ("person__isnull", True), ("role", ""), models.Q(("address", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="notices_subscription_one_target",
                violation_error_message="Name a role, a person or an address: exactly one of the three.",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("kind", "audience", "role", "person", "address"),
                name="notices_subscription_once",
                nulls_distinct=False,
            ),
        ),
    ]
