"""When a source watched and when it was blind itself."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q

from contracts.models import Service
from measurements.models.payloads import Payload
from measurements.models.sources import Source


class Coverage(models.Model):
    """A stretch of time of which a source says that it watched, or that it did not (its own outage).

    The later account of an instant supersedes the earlier one. Time that nobody spoke of is unknown, and so
    is time in which the source was blind: neither up nor down. ``service`` empty: all that it reports.
    """

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="coverage")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="coverage")
    during = DateTimeRangeField()
    watched = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="coverage")

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [
            models.UniqueConstraint(
                name="measurements_coverage_known_once",
                fields=["source", "service", "during", "known_at"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="measurements_coverage_has_length",
                condition=Q(during__isempty=False) & Q(during__lower_inf=False) & Q(during__upper_inf=False),
            ),
        ]
        indexes = [GistIndex(name="measurements_coverage_during", fields=["during"])]

    def __str__(self) -> str:
        return f"{'watched' if self.watched else 'blind'} {self.during}"
