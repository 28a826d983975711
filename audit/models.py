"""Who did what, when, why, and from where: one event per business act, in the transaction that did it."""

from django.conf import settings
from django.db import models

from base.fields import CurrentTransaction, Sha256Field


class Event(models.Model):
    """One business act. Appended, never changed; ``actor_name`` is frozen beside the key.

    ``transaction_id`` lets the database refuse an act that records no event (see ``base.sqlops``); it is
    a fact of this database and no part of the hash.
    """

    append_only = True

    class Via(models.TextChoices):
        ADMIN = "admin", "Admin"
        PAGE = "page", "Page"
        API = "api", "API"
        COMMAND = "command", "Command"
        TASK = "task", "Task"

    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=True
    )
    actor_name = models.CharField(max_length=200)
    via = models.CharField(max_length=10, choices=Via.choices)
    verb = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    subject_label = models.CharField(max_length=300)
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    transaction_id = models.BigIntegerField(db_default=CurrentTransaction())
    leaf_hash = Sha256Field()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(name="audit_event_subject", fields=["subject_type", "subject_id"]),
            models.Index(name="audit_event_transaction", fields=["transaction_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_label}"


class Seal(models.Model):
    """A sealed block of events: a Merkle root over their leaves, chained to the block before."""

    append_only = True

    number = models.PositiveIntegerField(unique=True)
    previous_head = Sha256Field()
    root = Sha256Field()
    count = models.PositiveIntegerField()
    head = Sha256Field()
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"block {self.number}"


class SealedEvent(models.Model):
    """An event's place in its block. Its leaf is copied, so that a deleted event leaves a trace."""

    append_only = True

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="places")
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="place")
    position = models.PositiveIntegerField()
    leaf_hash = Sha256Field()

    class Meta:
        ordering = ["seal", "position"]
        constraints = [models.UniqueConstraint(name="audit_sealed_place", fields=["seal", "position"])]

    def __str__(self) -> str:
        return f"{self.seal} / {self.position}"
