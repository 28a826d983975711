"""Events with deadlines: tickets that are to be answered, deliveries that are to arrive."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contracts.models import Service
from measurements.models.payloads import Payload
from measurements.models.sources import Source


class EventObservation(models.Model):
    """All that a source says of one ticket or delivery: the steps that it took, in order of time.

    A later row with the same source and ``external_id`` and a later ``known_at`` supersedes this one, with all
    of its steps; ``withdrawn`` says that it never was.
    """

    append_only = True

    class Step(models.TextChoices):
        OPENED = "opened", "Opened"
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"
        ANSWERED = "answered", "Answered"
        COMPLETED = "completed", "Completed"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="events")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="events")
    external_id = models.CharField(max_length=100)
    category = models.CharField(
        max_length=60, blank=True, help_text="The priority or kind, as terms name it."
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="A deadline of its own, where the source states one.")
    steps = ArrayField(models.CharField(max_length=20))
    step_instants = ArrayField(models.DateTimeField())
    withdrawn = models.BooleanField(default=False)
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="events")
    row_number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_event_known_once", fields=["source", "external_id", "known_at"]
            ),
            models.CheckConstraint(name="measurements_event_opens_first", condition=Q(steps__0="opened")),
        ]
        indexes = [models.Index(name="measurements_event_opened", fields=["source", "opened_at"])]

    def __str__(self) -> str:
        return self.external_id
