"""What people add where it is argued about: evidence of an exclusion, recurring maintenance, whose fault an incident
was, how far two sources may differ, which of two figures is accepted, and what was seen during an incident.

All of it is appended. What holds is the last word as known at a moment; nothing is edited.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from base.fields import Sha256Field
from contracts.models import Commitment, Contract, Service
from measurements.models.exclusions import Exclusion
from measurements.models.sources import Source


def _by_person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class ExclusionEvidence(models.Model):
    """What shows that an exclusion is right: a file, or a link with the hash of what stood there. Added before the
    decision, never after it."""

    append_only = True

    class Kind(models.TextChoices):
        FILE = "file", "File"
        LINK = "link", "Link"

    exclusion = models.ForeignKey(Exclusion, on_delete=models.PROTECT, related_name="evidence_items")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    link = models.URLField(max_length=1000, blank=True)
    sha256 = Sha256Field()
    content = models.BinaryField(null=True, help_text="Files: the bytes as they came.")
    added_by = _by_person()
    added_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="measurements_evidence_once", fields=["exclusion", "sha256", "link"]
            ),
            models.CheckConstraint(
                name="measurements_evidence_is_there",
                condition=Q(kind="file", content__isnull=False, link="")
                | (Q(kind="link", content__isnull=True) & ~Q(link="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RecurringMaintenance(models.Model):
    """Maintenance at the same local hours on some days of the week. Local time and zone are what is agreed; each
    occurrence is an exclusion of its own, whose start and end were resolved separately (rule 1)."""

    append_only = True

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="recurring_maintenance")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="recurring_maintenance")
    code = models.SlugField(max_length=60)
    zone = models.CharField(max_length=60, help_text="IANA zone whose clocks show the times.")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="1 is Monday, 7 Sunday.")
    starts_local = models.TimeField()
    ends_local = models.TimeField(help_text="Not after the start: on the next day.")
    first_on = models.DateField()
    last_on = models.DateField()
    announced_at = models.DateTimeField()
    evidence = models.TextField()
    proposed_by = _by_person()
    proposed_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="measurements_recurring_once", fields=["contract", "service", "code"]
            ),
            models.CheckConstraint(
                name="measurements_recurring_in_order", condition=Q(first_on__lte=models.F("last_on"))
            ),
            models.CheckConstraint(
                name="measurements_recurring_has_days",
                condition=Q(weekdays__len__gt=0) & Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.starts_local:%H:%M} to {self.ends_local:%H:%M} {self.zone}"


class Attribution(models.Model):
    """Whose an incident was. The last word as known at a moment holds. Targets of our own count what we control;
    what a contract pays follows the contract's rule alone."""

    append_only = True

    class Party(models.TextChoices):
        OWN_FAULT = "own_fault", "Our own fault"
        VENDOR = "vendor", "A vendor"
        CUSTOMER = "customer", "The customer"
        FORCE_MAJEURE = "force_majeure", "Force majeure"
        MANDATED = "mandated", "A mandated change"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="attributions")
    external_id = models.CharField(max_length=100)
    party = models.CharField(max_length=20, choices=Party.choices)
    reason = models.TextField()
    decided_by = _by_person()
    decided_at = models.DateTimeField(help_text="The moment of knowledge.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="measurements_attribution_known_once", fields=["source", "external_id", "decided_at"]
            ),
            models.CheckConstraint(name="measurements_attribution_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.external_id}: {self.get_party_display()}"


class DifferenceTolerance(models.Model):
    """How many seconds of a window the contract's source and another one may differ before somebody must explain.
    The last word as known at a moment holds; without one, nothing is compared before a result becomes final."""

    append_only = True

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="difference_tolerances")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="difference_tolerances")
    seconds = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no longer compared.")
    windows_from = models.DateTimeField(help_text="Windows that begin before this instant are left alone.")
    reason = models.TextField()
    set_by = _by_person()
    set_at = models.DateTimeField(help_text="The moment of knowledge.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="measurements_tolerance_known_once", fields=["contract", "source", "set_at"]
            ),
            models.CheckConstraint(name="measurements_tolerance_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        allowed = "no longer compared" if self.seconds is None else f"{self.seconds} s"
        return f"{self.contract} and {self.source}: {allowed}"


class DifferenceDecision(models.Model):
    """Which figure is accepted where two sources differ, and why. It holds as long as the other source says what it
    said then; the accepted figure must be what the contract's source gives, or the result is not final."""

    append_only = True
    WHOLE_WINDOW = "window"

    class Category(models.TextChoices):
        ONE_SIDED = "one_sided", "Only one source tells of it"
        DATE_SHIFT = "date_shift", "The sources have it on other days"
        LENGTH = "length", "The same outage, another length"
        WEIGHT = "weight", "The sources weigh it differently"
        ROUNDING = "rounding", "Rounding of one of them"
        CLOCK = "clock", "A clock of one of them is off"
        SCOPE = "scope", "They measure other components or places"
        ERROR = "error", "One of them is wrong"

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="difference_decisions")
    window_start = models.DateTimeField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="difference_decisions")
    line = models.CharField(max_length=60, help_text="A day (UTC) of the window, or the whole window.")
    contractual_seconds = models.DecimalField(max_digits=18, decimal_places=6)
    other_seconds = models.DecimalField(max_digits=18, decimal_places=6)
    accepted_seconds = models.DecimalField(max_digits=18, decimal_places=6)
    category = models.CharField(max_length=20, choices=Category.choices)
    reason = models.TextField()
    decided_by = _by_person()
    decided_at = models.DateTimeField(help_text="The moment of knowledge.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="measurements_difference_known_once",
                fields=["commitment", "window_start", "source", "line", "decided_at"],
            ),
            models.CheckConstraint(
                name="measurements_difference_accepts_time", condition=Q(accepted_seconds__gte=0)
            ),
            models.CheckConstraint(name="measurements_difference_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} {self.line}: {self.accepted_seconds} s accepted"


class IncidentNote(models.Model):
    """What was seen during an incident, by whom, and by which clock. ``clock_skew_seconds`` says how far the clock
    that showed ``occurred_at`` was ahead (negative: behind)."""

    append_only = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="incident_notes")
    external_id = models.CharField(max_length=100)
    occurred_at = models.DateTimeField()
    clock_skew_seconds = models.IntegerField(default=0)
    text = models.TextField()
    author = _by_person()
    known_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["occurred_at", "pk"]
        constraints = [
            models.CheckConstraint(name="measurements_note_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="measurements_note_skew_below_a_day",
                condition=Q(clock_skew_seconds__gt=-86_400, clock_skew_seconds__lt=86_400),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id}: {self.text[:40]}"
