"""Measurements on a grid: counts of good and bad, probes, histograms. Stored by day, with daily sums."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from base.fields import Sha256Field
from contracts.models import Service
from measurements.models.payloads import Payload
from measurements.models.sources import Source


class Series(models.Model):
    """What one source measures of one service, or of a segment of it (a region, a class of failures).

    The empty segment is the whole; segments are never added up to it.
    """

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="series")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="series")
    segment = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(name="measurements_series_once", fields=["source", "service", "segment"]),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.service} {self.segment}".rstrip()


class BucketDay(models.Model):
    """What one delivery said anew about one UTC day of a series, run by run.

    Slot n is the n-th bucket of the source's width since midnight UTC (of probes: the n-th second). Run i holds
    ``counts[i]`` slots (empty: one each) from ``slots[i]`` (empty: ``first_slot + i``) on, ``step`` apart, and in
    each of them ``good[i]`` and ``bad[i]``. A slot that no row holds is unknown. Of several rows that hold a slot,
    the one with the latest ``known_at`` counts. Partitioned by month of ``day``; see ``docs/measurements.md``.
    """

    append_only = True

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="days", db_constraint=False)
    day = models.DateField(help_text="UTC")
    known_at = models.DateTimeField()
    payload = models.ForeignKey(
        Payload, on_delete=models.PROTECT, related_name="bucket_days", db_constraint=False
    )
    first_slot = models.IntegerField()
    step = models.IntegerField(default=1)
    slots = ArrayField(models.IntegerField(), null=True)
    counts = ArrayField(models.IntegerField(), null=True)
    good = ArrayField(models.BigIntegerField())
    bad = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_bucketday_known_once", fields=["series", "day", "known_at", "payload"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.day}"


class BucketDaySum(models.Model):
    """What a delivery changed in the sums of one UTC day of a series. A day's sums as known at a moment are the
    sums of its rows up to that moment: late data repair them by a further row, in the same transaction."""

    append_only = True

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="day_sums")
    day = models.DateField(help_text="UTC")
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="bucket_day_sums")
    good = models.BigIntegerField()
    bad = models.BigIntegerField()
    slots = models.IntegerField(help_text="Slots that were unknown before.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_bucketdaysum_known_once",
                fields=["series", "day", "known_at", "payload"],
                include=["good", "bad", "slots"],
            ),
            models.CheckConstraint(
                name="measurements_bucketdaysum_adds_slots", condition=Q(slots__range=(0, 86_400))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.day}"


class HistogramObservation(models.Model):
    """One bucket of time with the counts of values by upper bound.

    ``counts[i]`` values lie in (``bounds[i-1]``, ``bounds[i]``]; the last count is of those above every bound.
    Bounds are whole microseconds, or whatever whole unit the terms name. A later ``known_at`` supersedes.
    Partitioned by month of ``starts_at``.
    """

    append_only = True

    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, related_name="histograms", db_constraint=False
    )
    starts_at = models.DateTimeField()
    bounds = ArrayField(models.BigIntegerField())
    counts = ArrayField(models.BigIntegerField())
    known_at = models.DateTimeField()
    payload = models.ForeignKey(
        Payload, on_delete=models.PROTECT, related_name="histograms", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_histogram_known_once", fields=["series", "starts_at", "known_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.starts_at:%Y-%m-%dT%H:%M:%SZ}"


class MonthSeal(models.Model):
    """That a month of a partitioned table held these rows, by their hash, at a moment. A month may be sealed
    again when late data came; only one whose newest seal still fits may be dropped, by the owner of the tables."""

    append_only = True

    class Table(models.TextChoices):
        BUCKETS = "measurements_bucketday", "Buckets and probes"
        HISTOGRAMS = "measurements_histogramobservation", "Histograms"

    table = models.CharField(max_length=60, choices=Table.choices)
    month_on = models.DateField(help_text="The first day of the month, UTC.")
    row_count = models.BigIntegerField()
    sha256 = Sha256Field()
    sealed_at = models.DateTimeField()
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="measurements_seal_of_a_month", condition=Q(month_on__day=1)),
            models.CheckConstraint(
                name="measurements_seal_after_the_month", condition=Q(sealed_at__date__gt=F("month_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.month_on:%Y-%m}"


class MonthDrop(models.Model):
    """That a sealed month was dropped, when everything in it was past its source's retention."""

    append_only = True

    seal = models.OneToOneField(MonthSeal, on_delete=models.PROTECT, related_name="drop")
    as_of_on = models.DateField(help_text="The day on which retention was judged.")
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.seal}, dropped"
