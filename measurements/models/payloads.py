"""The raw payloads that sources gave, byte for byte, and the rows of them that nothing can be reckoned from."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from base.fields import CurrentTransaction, Sha256Field
from measurements.models.sources import Source


class Payload(models.Model):
    """A file as it came, byte for byte, and what became of its rows. ``accepted`` plus ``listed`` plus
    ``repeated`` is ``row_count``: no row is dropped in silence.

    Its observations are written in its own transaction or never. ``known_at`` of one source and parser never
    goes back, so that what was known at a past moment stays what it was.
    """

    append_only = True

    class Parser(models.TextChoices):
        """The parsers of files that people upload. Other adapters name themselves."""

        INTERVALS_CSV = "intervals_csv", "Intervals, CSV"
        DAILY_SECONDS_CSV = "daily_seconds_csv", "Seconds a day, CSV"
        VENDOR_FIGURES_CSV = "vendor_figures_csv", "Vendor's figures, CSV"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="payloads")
    name = models.CharField(max_length=200)
    sha256 = Sha256Field()
    content = models.BinaryField(null=True, help_text="Null once removed; see PayloadRemoval.")
    origin = models.CharField(max_length=500, blank=True, help_text="Where it was retrieved from.")
    retrieved_at = models.DateTimeField()
    known_at = models.DateTimeField(help_text="The moment of knowledge that its observations carry.")
    covers_until = models.DateTimeField(
        null=True, help_text="Interval files: the source's knowledge reaches to here, incidents or none."
    )
    parser = models.CharField(max_length=40, help_text="The adapter that read it; see docs/imports.md.")
    parser_version = models.PositiveIntegerField()
    source_clock_at = models.DateTimeField(
        null=True, help_text="What the source's own clock showed at retrieved_at, where it says so."
    )
    row_count = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField(help_text="Rows that said what was known already.")
    listed = models.PositiveIntegerField(help_text="Rows that nothing can be reckoned from; see their list.")
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    transaction_id = models.BigIntegerField(db_default=CurrentTransaction())

    class Meta:
        ordering = ["pk"]
        constraints = [
            # An empty file may come again and again, each time to say that knowledge reaches further.
            models.UniqueConstraint(
                name="measurements_payload_once",
                fields=["source", "parser", "sha256", "covers_until"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="measurements_payload_covers_the_past",
                condition=Q(covers_until__isnull=True) | Q(covers_until__lte=F("known_at")),
            ),
            models.CheckConstraint(
                name="measurements_payload_counts_every_row",
                condition=Q(row_count=F("accepted") + F("repeated") + F("listed")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def skew(self) -> timedelta | None:
        """How far the source's clock was ahead of ours when this was retrieved; None where it did not say."""
        return None if self.source_clock_at is None else self.source_clock_at - self.retrieved_at


class PayloadRemoval(models.Model):
    """That the bytes of a payload are gone: past the retention of its source, and nothing open rested on them.

    Writing this row is the act: the database removes the bytes with it, or refuses it. Hash, origin, moments, parser
    and counts stay, and so do the observations.
    """

    append_only = True

    payload = models.OneToOneField(Payload, on_delete=models.PROTECT, related_name="removal")
    removed_at = models.DateTimeField()
    retention_days = models.PositiveIntegerField(help_text="As the source's policy was then.")
    byte_count = models.PositiveIntegerField(help_text="How many bytes it had.")
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.payload}, removed on {self.removed_at:%Y-%m-%d}"


class ListedRow(models.Model):
    """A row that nothing can be reckoned from, kept and shown with its reason; with each, if it has several."""

    append_only = True

    class Reason(models.TextChoices):
        NO_COMPONENT = "no_component", "Names no component"
        UNTRACKED_COMPONENT = "untracked_component", "Names only components that nothing is promised for"
        NO_LENGTH = "no_length", "Has no length"
        IN_THE_FUTURE = "in_the_future", "Lies in the future"

    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="listed_rows")
    row_number = models.PositiveIntegerField()
    external_id = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=40, choices=Reason.choices)
    content = models.JSONField()

    class Meta:
        ordering = ["payload", "row_number"]
        constraints = [
            models.UniqueConstraint(
                name="measurements_listed_once", fields=["payload", "row_number", "reason"]
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.get_reason_display()}"
