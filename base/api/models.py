"""Tokens, whose secrets nobody can read here, and the answers that a repeated request gets again."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from base.api.scopes import SCOPES
from base.fields import Sha256Field


class Token(models.Model):
    """A key to the API in the name of a person, for a few purposes and for a while.

    The secret is shown once, when it is made; its SHA-256 is kept. ``prefix`` finds the row and may be told.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100, help_text="What it is for: the system that holds it.")
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = Sha256Field()
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="api_token_ends", condition=Q(created_at__lt=F("expires_at"))),
            models.CheckConstraint(
                name="api_token_scopes_known",
                condition=Q(scopes__contained_by=sorted(SCOPES)) & Q(scopes__len__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class Replay(models.Model):
    """What was answered to a request with an ``Idempotency-Key``: the same request is answered so again (rule 17)."""

    append_only = True

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    address = models.CharField(max_length=200, help_text="The path that was asked.")
    request_sha256 = Sha256Field()
    status = models.PositiveSmallIntegerField()
    answer = models.TextField(help_text="JSON, exactly as it was sent.")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="api_replay_once", fields=["user", "key"])]

    def __str__(self) -> str:
        return f"{self.key} {self.address}"
