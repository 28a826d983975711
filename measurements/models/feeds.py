"""How measurements come in: what is asked of a source and how often, the runs that carry it out, what was taken out
of payloads before they were kept, and which token may push to which source."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from base.fields import Sha256Field
from measurements.models.payloads import Payload
from measurements.models.sources import Source

EVERY_LEAST, EVERY_MOST = 30, 86_400
PAYLOAD_DAYS_LEAST = 31


class Feed(models.Model):
    """That a source is asked by an adapter, with which settings and how often. Holds no secret: a token stands in
    the environment, under the name that the settings give."""

    source = models.OneToOneField(Source, on_delete=models.PROTECT, related_name="feed")
    adapter = models.CharField(max_length=40)
    settings = models.JSONField()
    every_seconds = models.PositiveIntegerField(
        default=300, help_text=f"From {EVERY_LEAST} to {EVERY_MOST} seconds."
    )
    begins_at = models.DateTimeField(help_text="From when on it is asked for what happened.")
    enabled = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["source"]
        constraints = [
            models.CheckConstraint(
                name="measurements_feed_asks_in_time",
                condition=Q(every_seconds__range=(EVERY_LEAST, EVERY_MOST)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.adapter}"


class FeedState(models.Model):
    """How far a feed has come. It changes with every page that is kept, in the page's own transaction."""

    feed = models.OneToOneField(Feed, on_delete=models.PROTECT, primary_key=True, related_name="state")
    cursor = models.JSONField(default=dict)
    content_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the documents of the last page."
    )
    next_at = models.DateTimeField(null=True, help_text="Not asked before.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_error = models.TextField(blank=True)
    succeeded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.feed}"


class IntakePolicy(models.Model):
    """What of a source's payloads is personal, and for how long their bytes are kept."""

    source = models.OneToOneField(Source, on_delete=models.PROTECT, related_name="intake_policy")
    hash_fields = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text="Fields and columns that hold ids of customers: kept as keyed hashes only.",
    )
    payload_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=f"How many days the bytes of payloads are kept, {PAYLOAD_DAYS_LEAST} or more; empty: for ever. "
        "What an open result or a dispute rests on stays longer.",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "intake policies"
        constraints = [
            models.CheckConstraint(
                name="measurements_policy_keeps_a_month",
                condition=Q(payload_days__isnull=True) | Q(payload_days__gte=PAYLOAD_DAYS_LEAST),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}"


class ImportRun(models.Model):
    """One import on its way: pulled, uploaded or pushed; how far it has come, and how it ended.

    Work goes in steps, each one transaction of its own with what it kept, so that a worker that dies loses at most
    the step at hand. ``content`` is the redacted file of an upload or a push, until it is stored as payloads.
    """

    class Entrance(models.TextChoices):
        PULL = "pull", "Pulled"
        UPLOAD = "upload", "Uploaded"
        PUSH = "push", "Pushed"

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        UNREACHABLE = "unreachable", "Source not reached"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, null=True, related_name="runs")
    entrance = models.CharField(max_length=10, choices=Entrance.choices)
    form = models.CharField(max_length=40, help_text="The adapter, or the form of the file.")
    name = models.CharField(max_length=200)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    known_at = models.DateTimeField(null=True, help_text="Upload and push: what the rows carry.")
    covers_until = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True, help_text="Pull: nothing after is asked for.")
    content = models.BinaryField(null=True)
    original_sha256 = models.CharField(max_length=64, blank=True, help_text="Of the bytes as they came.")
    redactions = models.JSONField(default=dict)
    step = models.PositiveIntegerField(default=0)
    row_total = models.PositiveIntegerField(null=True, help_text="Where it is known beforehand.")
    row_count = models.PositiveIntegerField(default=0, help_text="Rows that are through.")
    pages = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    superseding = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    listed = models.PositiveIntegerField(default=0)
    progress_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True, help_text="Pull: what happened before is there.")
    skew_seconds = models.IntegerField(null=True, help_text="How far the source's clock is ahead of ours.")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    faults = models.JSONField(default=list)
    fault_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="measurements_run_ends_with_an_outcome",
                condition=Q(finished_at__isnull=True, outcome="")
                | (Q(finished_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="measurements_run_keeps_no_file_when_done",
                condition=Q(finished_at__isnull=True) | Q(content__isnull=True),
            ),
            models.CheckConstraint(
                name="measurements_run_counts_every_row",
                condition=Q(row_count=F("accepted") + F("repeated") + F("listed")),
            ),
            models.UniqueConstraint(
                name="measurements_run_one_pull_at_a_time",
                fields=["feed"],
                condition=Q(finished_at__isnull=True, feed__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="measurements_run_open",
                fields=["source", "entrance"],
                condition=Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> int | None:
        """How much is through, in whole percent; None where the whole is not known."""
        if self.outcome == self.Outcome.DONE:
            return 100
        return min(99, self.row_count * 100 // self.row_total) if self.row_total else None


class UploadDraft(models.Model):
    """A file between its preview and its import: its cells, redacted. Deleted when it is imported, or a day old."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    original_sha256 = Sha256Field()
    cells = models.BinaryField(help_text="CSV of all columns, redacted.")
    redactions = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class UploadMapping(models.Model):
    """How the columns of a source's files are named, as somebody last said it."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="mappings")
    form = models.CharField(max_length=40)
    mapping = models.JSONField()
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(name="measurements_mapping_once", fields=["source", "form"])]

    def __str__(self) -> str:
        return f"{self.source}: {self.form}"


class Intake(models.Model):
    """How a payload came in: the hash of the bytes before anything was taken out, and how much was.

    The payload itself holds what is left. Written with it or never.
    """

    append_only = True

    payload = models.OneToOneField(Payload, on_delete=models.PROTECT, related_name="intake")
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, null=True, related_name="intakes")
    original_sha256 = Sha256Field()
    redacted = models.JSONField(default=dict, help_text="Pieces that were replaced, by what they were.")
    redacted_count = models.PositiveIntegerField(default=0)
    dropped = models.JSONField(
        default=dict, help_text="Fields that are not on the allow-list, and how often."
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(name="measurements_intake_original", fields=["original_sha256"])]

    def __str__(self) -> str:
        return f"{self.payload}"


class MaintenanceNotice(models.Model):
    """Maintenance that a source announced: when, and for when. It excludes nothing by itself. A later ``known_at``
    of the same ``external_id`` supersedes."""

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="maintenance_notices")
    external_id = models.CharField(max_length=100)
    announced_at = models.DateTimeField()
    during = DateTimeRangeField()
    status = models.CharField(max_length=30)
    components = ArrayField(models.CharField(max_length=200))
    title = models.CharField(max_length=300, blank=True)
    known_at = models.DateTimeField()
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="maintenance_notices")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_notice_known_once", fields=["source", "external_id", "known_at"]
            ),
            models.CheckConstraint(
                name="measurements_notice_has_length",
                condition=Q(during__isempty=False) & Q(during__lower_inf=False) & Q(during__upper_inf=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.status}"


class PushGrant(models.Model):
    """That a token may push to a source. A token with grants reaches the observations of no other source."""

    append_only = True

    token = models.ForeignKey("api.Token", on_delete=models.PROTECT, related_name="push_grants")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="push_grants")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="measurements_grant_once", fields=["token", "source"])]

    def __str__(self) -> str:
        return f"{self.token}: {self.source}"
