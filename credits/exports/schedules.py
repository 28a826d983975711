"""Statements that are made by themselves, to whom they go, and how each fared. Models; see ``reporting`` for acts."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models import Counterparty, LegalEntity


class ReportSchedule(models.Model):
    """Statements of a company, of one counterparty or of all, every month or quarter, for one department."""

    class Department(models.TextChoices):
        FINANCE = "finance", "Finance"
        LEGAL = "legal", "Legal"
        SUPPORT = "support", "Support"

    class Cadence(models.TextChoices):
        MONTHLY = "monthly", "Every month"
        QUARTERLY = "quarterly", "Every quarter"

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "Workbook"
        CSV = "csv", "CSV"
        JSON = "json", "JSON"

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="report_schedules")
    counterparty = models.ForeignKey(
        Counterparty,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="report_schedules",
        help_text="Empty: everybody who has an account with the company.",
    )
    department = models.CharField(max_length=10, choices=Department.choices)
    cadence = models.CharField(max_length=10, choices=Cadence.choices)
    form = models.CharField(max_length=5, choices=Form.choices)
    address = models.EmailField(help_text="Where they are sent, such as a shared mailbox.")
    first_on = models.DateField(help_text="The first day of the first period.")
    days_after = models.PositiveSmallIntegerField(
        default=5, help_text="So many days after a period's end it is made, once late data came in."
    )
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="exports_schedule_starts_a_month", condition=Q(first_on__day=1)),
            models.UniqueConstraint(
                name="exports_schedule_once",
                fields=["legal_entity", "counterparty", "department", "cadence", "form", "address"],
                condition=Q(ended_on__isnull=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_department_display()}: {self.get_cadence_display().lower()}, {self.address}"


class ReportRun(models.Model):
    """One making of a schedule's statements for one period. Again for the same period is a further run."""

    append_only = True

    class Outcome(models.TextChoices):
        MADE = "made", "Made"
        FAILED = "failed", "Failed"

    schedule = models.ForeignKey(ReportSchedule, on_delete=models.PROTECT, related_name="runs")
    from_on = models.DateField()
    until_on = models.DateField(help_text="The first day after.")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    failure = models.CharField(max_length=500, blank=True)
    provisional = models.BooleanField(default=False)
    message_id = models.CharField(max_length=200, unique=True)
    run_at = models.DateTimeField()
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["schedule", "from_on", "number"]
        constraints = [
            models.UniqueConstraint(name="exports_run_once", fields=["schedule", "from_on", "number"]),
            models.CheckConstraint(
                name="exports_run_says_why_it_failed",
                condition=Q(outcome="made", failure="") | (Q(outcome="failed") & ~Q(failure="")),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number} for {self.from_on} of {self.schedule}"


class ReportDocument(models.Model):
    """A statement of a run, byte for byte."""

    append_only = True

    run = models.ForeignKey(ReportRun, on_delete=models.PROTECT, related_name="documents")
    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    row_count = models.PositiveIntegerField()
    content = models.BinaryField()
    sha256 = Sha256Field()

    class Meta:
        ordering = ["run", "name"]
        constraints = [models.UniqueConstraint(name="exports_document_once", fields=["run", "name"])]

    def __str__(self) -> str:
        return self.name


class ReportAttempt(models.Model):
    """One try to hand a run's mail to the mail server, on disk before the first word with it.

    Without an outcome after ``lost_after`` nobody knows whether the mail went out.
    """

    append_only = True

    run = models.ForeignKey(ReportRun, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    lost_after = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(name="exports_attempt_once", fields=["run", "number"])]

    def __str__(self) -> str:
        return f"attempt {self.number} at {self.run}"


class ReportOutcome(models.Model):
    """What came of an attempt, in the mail server's words."""

    append_only = True

    attempt = models.OneToOneField(ReportAttempt, on_delete=models.PROTECT, related_name="outcome")
    kind = models.CharField(max_length=20)
    answer_code = models.PositiveIntegerField(null=True)
    answer = models.TextField()
    next_try_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.kind}: {self.attempt}"
