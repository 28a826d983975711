"""Whoever measures, and which role it plays for a contract."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from contracts.models import Contract, code_validator


class Source(models.Model):
    """Whoever or whatever measures. It knows nothing before ``covers_from``: that time is unknown, not up."""

    class Kind(models.TextChoices):
        INDEPENDENT_MONITOR = "independent_monitor", "Independent monitor"
        SYNTHETIC = "synthetic", "Synthetic probes"
        RUM = "rum", "Real users"
        SERVER_LOGS = "server_logs", "Server logs"
        VENDOR_REPORTED = "vendor_reported", "Vendor's own report"
        MANUAL = "manual", "Entered by hand"

    class Shape(models.TextChoices):
        INTERVALS = "intervals", "Intervals"
        DAILY_SECONDS = "daily_seconds", "Seconds a day"

    code = models.CharField(max_length=60, unique=True, validators=[code_validator])
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    shape = models.CharField(max_length=20, choices=Shape.choices)
    measurement_point = models.CharField(
        max_length=200, help_text="Where it is measured: edge, status page, laboratory."
    )
    vendor = models.ForeignKey(
        "contracts.Counterparty",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sources",
        help_text="Whose services it reports; its names of components are looked up among them.",
    )
    covers_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Interval sources only: before this instant incidents are unknown, not absent.",
    )
    untracked_components = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="Names that it reports and that nothing is promised for. Any other unknown name is a fault.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="measurements_source_of_intervals_begins",
                condition=Q(shape="intervals", covers_from__isnull=False)
                | Q(shape="daily_seconds", covers_from__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceBinding(models.Model):
    """Which source plays a role that the terms of a contract name."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="source_bindings")
    role = models.CharField(max_length=60)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="bindings")
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(name="measurements_binding_once", fields=["contract", "role"])]

    def __str__(self) -> str:
        return f"{self.role}: {self.source}"
