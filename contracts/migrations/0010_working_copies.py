"""Unsaved work on the terms, step by step."""

import base.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0009_life_of_a_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkingCopy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("saved_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contracts.contract",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="working_copies",
                        to="contracts.contractversion",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "working copies",
            },
        ),
        migrations.CreateModel(
            name="WorkingStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("did", models.CharField(max_length=200)),
                ("place", models.CharField(blank=True, max_length=400)),
                (
                    "base_sha256",
                    base.fields.Sha256Field(
                        blank=True,
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9a-f]{64}$", "64 hexadecimal digits.")
                        ],
                    ),
                ),
                ("packed", models.BinaryField()),
                ("saved_at", models.DateTimeField()),
                (
                    "working_copy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="contracts.workingcopy",
                    ),
                ),
            ],
            options={
                "ordering": ["working_copy", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="workingcopy",
            constraint=models.UniqueConstraint(
                fields=("owner", "version", "contract"),
                name="contracts_workingcopy_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="workingstep",
            constraint=models.UniqueConstraint(
                fields=("working_copy", "number"), name="contracts_workingstep_once"
            ),
        ),
    ]
