"""Kinds, places and owners of documents; objectives; orders of precedence; conflicts and what is decided."""

from pathlib import Path

import base.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from base.sqlops import append_only, requires_event, sql_file


SQL = Path(__file__).resolve().parent.parent / "sql"
APPEND_ONLY = (
    "contracts_servicelevelobjective",
    "contracts_objectiveagreement",
    "contracts_precedenceorder",
    "contracts_precedencerank",
    "contracts_precedenceconfirmation",
    "contracts_conflict",
    "contracts_conflictside",
    "contracts_conflictstep",
    "contracts_conflictdecision",
    "contracts_decisionconfirmation",
)


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0006_papers_and_coverage"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="contract",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("master_agreement", "Master agreement"),
                    ("framework", "Framework agreement"),
                    ("order_form", "Order form"),
                    ("service_levels", "Service level agreement"),
                    ("schedule", "Schedule or annex"),
                    ("side_letter", "Side letter"),
                ],
                help_text="Empty: not said.",
                max_length=20,
                verbose_name="kind of document",
            ),
        ),
        migrations.AddField(
            model_name="contract",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                help_text="Who of us answers for it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contracts_owned",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="contract",
            name="under",
            field=models.ForeignKey(
                blank=True,
                help_text="The master or framework agreement that it belongs to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents_under",
                to="contracts.contract",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontract",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("master_agreement", "Master agreement"),
                    ("framework", "Framework agreement"),
                    ("order_form", "Order form"),
                    ("service_levels", "Service level agreement"),
                    ("schedule", "Schedule or annex"),
                    ("side_letter", "Side letter"),
                ],
                help_text="Empty: not said.",
                max_length=20,
                verbose_name="kind of document",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontract",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Who of us answers for it.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcontract",
            name="under",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The master or framework agreement that it belongs to.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="contracts.contract",
            ),
        ),
        migrations.CreateModel(
            name="Conflict",
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
                            ("disagree", "Two documents disagree"),
                            ("said_twice", "Two documents promise the same thing"),
                            ("objective", "A promise reaches the internal objective"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "figure",
                    models.CharField(
                        choices=[
                            ("availability", "Availability"),
                            ("error_rate", "Share of requests that succeed"),
                            ("on_time", "Share of events that are in time"),
                            ("quantity", "A quantity"),
                            ("parts", "Share of parts that are up"),
                            ("composite", "Made of other commitments"),
                            ("formula", "A formula"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_family", models.BooleanField()),
                ("differences", models.JSONField()),
                (
                    "fingerprint",
                    base.fields.Sha256Field(
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts_as_first",
                        to="contracts.contract",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts_as_second",
                        to="contracts.contract",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts",
                        to="contracts.service",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ConflictDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "gives_way",
                    models.CharField(
                        choices=[
                            ("first", "The first gives way"),
                            ("second", "The second gives way"),
                            ("neither", "Both stand"),
                        ],
                        max_length=7,
                    ),
                ),
                ("from_on", models.DateField()),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "conflict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="contracts.conflict",
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
            ],
            options={
                "ordering": ["conflict", "number"],
            },
        ),
        migrations.CreateModel(
            name="DecisionConfirmation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("confirmed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmation",
                        to="contracts.conflictdecision",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PrecedenceOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("promised_by_us", "Promised by us to a customer"),
                            ("promised_to_us", "Promised to us by a vendor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("clause", models.TextField(help_text="The words that say so.")),
                (
                    "paper",
                    models.CharField(help_text="Where they stand: document, clause, page.", max_length=200),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "counterparty",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="precedence_orders",
                        to="contracts.counterparty",
                    ),
                ),
                (
                    "master",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="precedence_orders",
                        to="contracts.contract",
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
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="PrecedenceConfirmation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("confirmed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmation",
                        to="contracts.precedenceorder",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="conflictdecision",
            name="order",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="contracts.precedenceorder",
            ),
        ),
        migrations.CreateModel(
            name="PrecedenceRank",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("master_agreement", "Master agreement"),
                            ("framework", "Framework agreement"),
                            ("order_form", "Order form"),
                            ("service_levels", "Service level agreement"),
                            ("schedule", "Schedule or annex"),
                            ("side_letter", "Side letter"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="precedence_ranks",
                        to="contracts.contract",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ranks",
                        to="contracts.precedenceorder",
                    ),
                ),
            ],
            options={
                "ordering": ["order", "position"],
            },
        ),
        migrations.CreateModel(
            name="ServiceLevelObjective",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "Lower-case letters, digits and single hyphens, such as api-requests.",
                            )
                        ],
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "figure",
                    models.CharField(
                        choices=[
                            ("availability", "Availability"),
                            ("error_rate", "Share of requests that succeed"),
                            ("on_time", "Share of events that are in time"),
                            ("quantity", "A quantity"),
                            ("parts", "Share of parts that are up"),
                            ("composite", "Made of other commitments"),
                            ("formula", "A formula"),
                        ],
                        default="availability",
                        max_length=20,
                    ),
                ),
                (
                    "window",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("calendar_month", "Calendar month"),
                            ("calendar_quarter", "Calendar quarter"),
                            ("calendar_year", "Calendar year"),
                            ("rolling_days", "Rolling days"),
                        ],
                        help_text="Empty: whatever the window of a promise.",
                        max_length=20,
                    ),
                ),
                ("target_percent", models.DecimalField(decimal_places=9, max_digits=12)),
                (
                    "target_inclusive",
                    models.BooleanField(default=True, help_text="Whether exactly that is enough."),
                ),
                ("from_on", models.DateField()),
                (
                    "until_on",
                    models.DateField(blank=True, help_text="The first day that is not covered.", null=True),
                ),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objectives",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objectives",
                        to="contracts.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "internal objective",
                "ordering": ["code", "number"],
            },
        ),
        migrations.CreateModel(
            name="ObjectiveAgreement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agreed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "agreed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "objective",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreement",
                        to="contracts.servicelevelobjective",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="conflict",
            name="objective",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conflicts",
                to="contracts.servicelevelobjective",
            ),
        ),
        migrations.CreateModel(
            name="ConflictSide",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("side", models.CharField(choices=[("first", "First"), ("second", "Second")], max_length=6)),
                ("zone", models.CharField(max_length=60)),
                (
                    "against",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflict_sides_against",
                        to="contracts.commitment",
                    ),
                ),
                (
                    "commitment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflict_sides",
                        to="contracts.commitment",
                    ),
                ),
                (
                    "conflict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sides",
                        to="contracts.conflict",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conflict", "commitment", "against"),
                        name="contracts_side_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConflictStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("kind", models.CharField(choices=[("found", "Found"), ("gone", "Gone")], max_length=5)),
                ("as_of", models.DateField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "conflict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="contracts.conflict",
                    ),
                ),
            ],
            options={
                "ordering": ["conflict", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("conflict", "number"), name="contracts_conflictstep_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="precedenceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counterparty__isnull", True), ("direction", ""), ("master__isnull", False)),
                    models.Q(
                        ("counterparty__isnull", False),
                        ("master__isnull", True),
                        models.Q(("direction", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="contracts_precedence_one_scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="precedenceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("clause", ""), _negated=True), name="contracts_precedence_has_clause"
            ),
        ),
        migrations.AddConstraint(
            model_name="precedenceorder",
            constraint=models.UniqueConstraint(
                fields=("master", "counterparty", "direction", "number"),
                name="contracts_precedence_number_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="conflictdecision",
            constraint=models.UniqueConstraint(
                fields=("conflict", "number"), name="contracts_conflictdecision_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="conflictdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="contracts_conflictdecision_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="precedencerank",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="contracts_rank_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="precedencerank",
            constraint=models.UniqueConstraint(
                fields=("order", "kind", "contract"), name="contracts_rank_named_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="precedencerank",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("kind", ""), _negated=True), ("contract__isnull", True)),
                    models.Q(("contract__isnull", False), ("kind", "")),
                    _connector="OR",
                ),
                name="contracts_rank_names_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicelevelobjective",
            constraint=models.UniqueConstraint(
                fields=("code", "number"), name="contracts_objective_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicelevelobjective",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="contracts_objective_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicelevelobjective",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_percent__gte", 0), ("target_percent__lte", 100)),
                name="contracts_objective_is_a_percentage",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicelevelobjective",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until_on__isnull", True), ("from_on__lt", models.F("until_on")), _connector="OR"
                ),
                name="contracts_objective_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="conflict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "objective"), ("objective__isnull", False), ("second__isnull", True)),
                    models.Q(
                        models.Q(("kind", "objective"), _negated=True),
                        ("objective__isnull", True),
                        ("second__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="contracts_conflict_two_sides",
            ),
        ),
        sql_file(SQL, "precedence_guards"),
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in APPEND_ONLY],
    ]
