"""Whoever measures, and which role it plays for a contract."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from contracts.models import Contract, code_validator

DAY_SECONDS = 86_400


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
        BUCKETS = "buckets", "Counts of good and of all"
        SAMPLES = "samples", "Probes, up or down"
        HISTOGRAMS = "histograms", "Histograms"
        EVENTS = "events", "Events with deadlines"

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
    width_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Buckets and histograms: seconds of a bucket, which divide a day. Probes: seconds between two.",
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long buckets and histograms are kept; empty: for ever."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="measurements_source_of_intervals_begins",
                condition=Q(shape="intervals", covers_from__isnull=False)
                | (~Q(shape="intervals") & Q(covers_from__isnull=True)),
            ),
            models.CheckConstraint(
                name="measurements_source_width_fits_a_day",
                condition=Q(
                    shape__in=["buckets", "samples", "histograms"], width_seconds__range=(1, DAY_SECONDS)
                )
                | (~Q(shape__in=["buckets", "samples", "histograms"]) & Q(width_seconds__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceBinding(models.Model):
    """Which source plays a role that the terms of a contract name.

    The source of rank 1 is the authoritative one. One of a higher rank stands in for a window in which every
    source before it is silent, and what it gives is not contractual.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="source_bindings")
    role = models.CharField(max_length=60)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="bindings")
    rank = models.PositiveSmallIntegerField(
        default=1,
        help_text="1: authoritative. 2 and up: stands in, in this order, where those before are silent.",
    )
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="measurements_binding_once", fields=["contract", "role", "rank"]),
            models.UniqueConstraint(
                name="measurements_binding_source_once", fields=["contract", "role", "source"]
            ),
            models.CheckConstraint(name="measurements_binding_rank_begins_at_1", condition=Q(rank__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.source}"
