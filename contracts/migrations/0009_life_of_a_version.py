"""Remarks, the checklist, named signers and voided signatures: what stands between a draft and a version in force."""

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
    "contracts_reviewrequest",
    "contracts_reviewremark",
    "contracts_remarkanswer",
    "contracts_checklistanswer",
    "contracts_consultationpolicy",
    "contracts_consultation",
    "contracts_stakeholderentry",
    "contracts_namedsigner",
    "contracts_signerstep",
    "contracts_signaturevoided",
)


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0008_candidates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChecklistAnswer",
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
                        help_text="Of the text that was checked: an edit asks for it anew.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("item", models.CharField(max_length=60)),
                ("answer", models.CharField(max_length=60)),
                (
                    "clause",
                    models.CharField(blank=True, help_text="Where the paper says so.", max_length=200),
                ),
                ("note", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Consultation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(max_length=40)),
                ("service_code", models.CharField(blank=True, max_length=60)),
                ("person", models.CharField(max_length=200)),
                ("consulted_on", models.DateField()),
                ("words", models.TextField(blank=True, help_text="What they said.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ConsultationPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("direction", models.CharField(max_length=20)),
                (
                    "roles",
                    models.JSONField(
                        default=list, help_text="Codes of contracts.consulting.ROLES; empty: nobody."
                    ),
                ),
                ("reason", models.TextField()),
                ("set_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="NamedSigner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("party", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("position", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("must_sign", models.BooleanField(default=True)),
                ("named_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RemarkAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("reply", "Reply"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.TextField()),
                (
                    "from_sha256",
                    base.fields.Sha256Field(
                        blank=True,
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                (
                    "to_sha256",
                    base.fields.Sha256Field(
                        blank=True,
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("answered_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ReviewRemark",
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
                        help_text="Of the text that was remarked on.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("comment", "Comment"), ("objection", "Objection")], max_length=10
                    ),
                ),
                (
                    "objection_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("information", "Information"),
                            ("trade_off", "Trade-off"),
                            ("veto", "Veto"),
                        ],
                        max_length=12,
                    ),
                ),
                ("path", models.CharField(blank=True, max_length=300)),
                ("words", models.TextField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ReviewRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(max_length=30)),
                ("words", models.TextField()),
                ("due_on", models.DateField(blank=True, null=True)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SignatureVoided",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField()),
                ("voided_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SignerStep",
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
                            ("asked", "Asked"),
                            ("declined", "Declined"),
                            ("removed", "Taken off the list"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "terms_sha256",
                    base.fields.Sha256Field(
                        help_text="Of the text that was to be signed.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("taken_on", models.DateField(blank=True, null=True)),
                ("taken_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="StakeholderEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("party", models.CharField(max_length=200)),
                ("concern", models.TextField(blank=True)),
                ("objection", models.TextField(blank=True)),
                ("attraction", models.TextField(blank=True)),
                (
                    "stance",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not known"),
                            ("supports", "supports it"),
                            ("neutral", "neutral"),
                            ("opposes", "opposes it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("relationship_owner", models.CharField(blank=True, max_length=200)),
                ("is_dropped", models.BooleanField(default=False)),
                ("written_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="signature",
            name="contracts_signature_once",
        ),
        migrations.AddField(
            model_name="checklistanswer",
            name="answered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="checklistanswer",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="checklist_answers",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="consultation",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="consultation",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consultations",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="consultationpolicy",
            name="set_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="namedsigner",
            name="login",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signs_as",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="namedsigner",
            name="named_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="namedsigner",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="named_signers",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="signer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signatures",
                to="contracts.namedsigner",
            ),
        ),
        migrations.AddField(
            model_name="remarkanswer",
            name="answered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewremark",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewremark",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remarks",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="remarkanswer",
            name="remark",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answers",
                to="contracts.reviewremark",
            ),
        ),
        migrations.AddField(
            model_name="reviewrequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewrequest",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reviewrequest",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="review_requests",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="signaturevoided",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="voided", to="contracts.signature"
            ),
        ),
        migrations.AddField(
            model_name="signaturevoided",
            name="voided_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="signerstep",
            name="signer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="contracts.namedsigner"
            ),
        ),
        migrations.AddField(
            model_name="signerstep",
            name="taken_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="stakeholderentry",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stakeholders",
                to="contracts.contractversion",
            ),
        ),
        migrations.AddField(
            model_name="stakeholderentry",
            name="written_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="checklistanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("item", ""), _negated=True), models.Q(("answer", ""), _negated=True)
                ),
                name="contracts_checklistanswer_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="consultation",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", ""), _negated=True), name="contracts_consultation_has_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="consultationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="contracts_consultationpolicy_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="namedsigner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("party", ""), _negated=True)
                ),
                name="contracts_namedsigner_has_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewremark",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True), name="contracts_remark_has_words"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewremark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "comment"), ("objection_class", "")),
                    models.Q(
                        ("kind", "objection"), ("objection_class__in", ["information", "trade_off", "veto"])
                    ),
                    _connector="OR",
                ),
                name="contracts_remark_objection_has_class",
            ),
        ),
        migrations.AddConstraint(
            model_name="remarkanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True), name="contracts_remarkanswer_has_words"
            ),
        ),
        migrations.AddConstraint(
            model_name="remarkanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["reply", "accepted", "rejected", "withdrawn"])),
                name="contracts_remarkanswer_known_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="remarkanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("from_sha256", ""), ("to_sha256", "")),
                    models.Q(
                        ("outcome", "accepted"),
                        models.Q(("from_sha256", ""), _negated=True),
                        models.Q(("to_sha256", ""), _negated=True),
                        models.Q(("to_sha256", models.F("from_sha256")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="contracts_remarkanswer_edit_of_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="remarkanswer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome__in", ["accepted", "rejected"])),
                fields=("remark",),
                name="contracts_remarkanswer_verdict_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="remarkanswer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "withdrawn")),
                fields=("remark",),
                name="contracts_remarkanswer_withdrawn_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True), name="contracts_reviewrequest_has_words"
            ),
        ),
        migrations.AddConstraint(
            model_name="signaturevoided",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="contracts_signaturevoided_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="signerstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "asked"), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="contracts_signerstep_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="signerstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "removed")),
                fields=("signer",),
                name="contracts_signerstep_removed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stakeholderentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("party", ""), _negated=True), name="contracts_stakeholder_has_party"
            ),
        ),
        *[append_only(table) for table in TABLES],
        *[requires_event(table) for table in TABLES],
        sql_file(SQL, "signing_life"),
    ]
