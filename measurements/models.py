"""What happened: sources, the raw payloads they gave, observations, exclusions, and what vendors claim.

Observations carry when they were true (``during``, or a day) and when we knew (``known_at``). A
correction is a further row that supersedes; nothing is overwritten.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from base.fields import CurrentTransaction, Sha256Field
from contracts.models import Contract, Service, code_validator


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
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="measurements_source_of_intervals_begins",
                condition=Q(shape="intervals", covers_from__isnull=False)
                | Q(shape="daily_seconds", covers_from__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceBinding(models.Model):
    """Which source plays a role that the terms of a contract name."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="source_bindings")
    role = models.CharField(max_length=60)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="bindings")
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(name="measurements_binding_once", fields=["contract", "role"])]

    def __str__(self) -> str:
        return f"{self.role}: {self.source}"


class Payload(models.Model):
    """A file as it came, byte for byte, and what became of its rows. ``accepted`` plus ``listed`` plus
    ``repeated`` is ``row_count``: no row is dropped in silence.

    Its observations are written in its own transaction or never. ``known_at`` of one source and parser never
    goes back, so that what was known at a past moment stays what it was.
    """

    append_only = True

    class Parser(models.TextChoices):
        INTERVALS_CSV = "intervals_csv", "Intervals, CSV"
        DAILY_SECONDS_CSV = "daily_seconds_csv", "Seconds a day, CSV"
        VENDOR_FIGURES_CSV = "vendor_figures_csv", "Vendor's figures, CSV"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="payloads")
    name = models.CharField(max_length=200)
    sha256 = Sha256Field()
    content = models.BinaryField()
    origin = models.CharField(max_length=500, blank=True, help_text="Where it was retrieved from.")
    retrieved_at = models.DateTimeField()
    known_at = models.DateTimeField(help_text="The moment of knowledge that its observations carry.")
    covers_until = models.DateTimeField(
        null=True, help_text="Interval files: the source's knowledge reaches to here, incidents or none."
    )
    parser = models.CharField(max_length=40, choices=Parser.choices)
    parser_version = models.PositiveIntegerField()
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


class ListedRow(models.Model):
    """A row that nothing can be reckoned from, kept and shown with its reason; with each, if it has several."""

    append_only = True

    class Reason(models.TextChoices):
        NO_COMPONENT = "no_component", "Names no component"
        UNTRACKED_COMPONENT = "untracked_component", "Names only components that nothing is promised for"
        NO_LENGTH = "no_length", "Has no length"

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


class Exclusion(models.Model):
    """Time that someone says should not count. It does nothing until another person approves it."""

    append_only = True

    class Kind(models.TextChoices):
        PLANNED_MAINTENANCE = "planned_maintenance", "Planned maintenance"
        FORCE_MAJEURE = "force_majeure", "Force majeure"
        CUSTOMER_CAUSED = "customer_caused", "Caused by the customer"
        THIRD_PARTY = "third_party", "Third party"
        MANDATED_CHANGE = "mandated_change", "Mandated change"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="exclusions")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="exclusions")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    during = DateTimeRangeField()
    announced_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=100, blank=True)
    evidence = models.TextField(help_text="What shows it: the announcement, a reference.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(help_text="The moment of knowledge of the proposal.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="measurements_exclusion_once",
                fields=["contract", "service", "kind", "external_id"],
                condition=~Q(external_id=""),
            ),
            models.CheckConstraint(
                name="measurements_exclusion_has_length",
                condition=Q(during__isempty=False) & Q(during__lower_inf=False) & Q(during__upper_inf=False),
            ),
            models.CheckConstraint(name="measurements_exclusion_has_evidence", condition=~Q(evidence="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.external_id}".strip()


class ExclusionDecision(models.Model):
    """The decision on an exclusion, by someone else than its proposer (a trigger holds to it too)."""

    append_only = True

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"

    exclusion = models.OneToOneField(Exclusion, on_delete=models.PROTECT, related_name="decision")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(help_text="The moment of knowledge of the decision.")
    worth = models.JSONField(null=True, help_text="What it was shown to be worth, as an opaque snapshot.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="measurements_decision_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.exclusion}: {self.get_verdict_display()}"
