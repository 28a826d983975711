"""What sources reported: incidents, seconds a day, and the percentages that vendors claim."""

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q

from contracts.models import Service
from measurements.models.payloads import Payload
from measurements.models.sources import Source


class IntervalObservation(models.Model):
    """An incident's interval as a source reports it.

    ``components`` are the services it names (as codes, sorted). A later row with the same source and
    ``external_id`` and a later ``known_at`` supersedes this one; ``withdrawn`` says that it never was.
    """

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="intervals")
    external_id = models.CharField(max_length=100)
    during = DateTimeRangeField()
    severity = models.CharField(max_length=30)
    components = ArrayField(models.CharField(max_length=60))
    title = models.CharField(max_length=300, blank=True)
    weight = models.DecimalField(
        max_digits=9,
        decimal_places=8,
        null=True,
        help_text="The part that was lost, from 0 to 1, where the source says so.",
    )
    withdrawn = models.BooleanField(default=False)
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="intervals")
    row_number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_interval_known_once", fields=["source", "external_id", "known_at"]
            ),
            models.CheckConstraint(
                name="measurements_interval_has_length",
                condition=Q(during__isempty=False) & Q(during__lower_inf=False) & Q(during__upper_inf=False),
            ),
            models.CheckConstraint(
                name="measurements_interval_weight_is_a_part", condition=Q(weight__range=(0, 1))
            ),
        ]
        indexes = [GistIndex(name="measurements_interval_during", fields=["during"])]

    def __str__(self) -> str:
        return f"{self.external_id} {self.severity}"


class SecondsObservation(models.Model):
    """Seconds of outage by class on one UTC day of one service, with no time of day.

    A day without a row is unknown. A later ``known_at`` supersedes.
    """

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="seconds")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="seconds")
    day = models.DateField(help_text="UTC")
    partial_seconds = models.PositiveIntegerField()
    major_seconds = models.PositiveIntegerField()
    incidents = ArrayField(models.CharField(max_length=100), default=list)
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="seconds")
    row_number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_seconds_known_once", fields=["source", "service", "day", "known_at"]
            ),
            models.CheckConstraint(
                name="measurements_seconds_fit_the_day",
                condition=Q(partial_seconds__lte=86_400 - F("major_seconds")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.day}"


class VendorFigure(models.Model):
    """A percentage that a vendor published: what it claims, never a measurement (rule 6). Kept to be reconciled."""

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="figures")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="figures")
    month_on = models.DateField(help_text="The first day of the month, UTC.")
    uptime_ratio = models.DecimalField(max_digits=24, decimal_places=20)
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="figures")
    row_number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_figure_known_once", fields=["source", "service", "month_on", "known_at"]
            ),
            models.CheckConstraint(
                name="measurements_figure_is_a_ratio", condition=Q(uptime_ratio__gte=0, uptime_ratio__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.month_on:%Y-%m}"
