"""Results: one row per commitment, window and revision, each with what it was computed from and why."""

from django.db import models
from django.db.models import F, Q

from base.fields import CurrencyField, MoneyAmountField, Sha256Field
from contracts.models import Commitment


class Assessment(models.Model):
    """The result of reckoning one commitment over one window, as known at one moment.

    ``inputs`` and ``result`` are the exact documents of ``reckoning`` (fractions as "p/q"); the columns
    beside them repeat what queries need. A later fact makes a further revision; the row never changes.
    A breach may be certain while its amount still waits for an answer (no fee, no tier): then
    ``credit_amount`` is null and the question stands in :class:`OpenQuestion`. It is provisional until a
    :class:`Finalisation` names it.
    """

    append_only = True

    class Outcome(models.TextChoices):
        MET = "met", "Met"
        BREACH = "breach", "Breach"
        OPEN_QUESTION = "open_question", "Open question"

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="assessments")
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    window_label = models.CharField(max_length=40, help_text="Such as 2023-Q1 or 2023-03.")
    revision = models.PositiveIntegerField()
    known_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    level_exact = models.CharField(max_length=120, blank=True, help_text="The unrounded level, p/q.")
    level_percent = models.DecimalField(
        max_digits=15, decimal_places=12, null=True, help_text="For display only: twelve places, half up."
    )
    down_seconds = models.DecimalField(max_digits=18, decimal_places=6)
    excluded_seconds = models.DecimalField(max_digits=18, decimal_places=6)
    unknown_seconds = models.DecimalField(max_digits=18, decimal_places=6)
    tier_label = models.CharField(max_length=80, blank=True)
    credit_amount = MoneyAmountField(null=True)
    currency = CurrencyField()
    claim_deadline_on = models.DateField(null=True)
    terms_sha256 = Sha256Field()
    inputs_sha256 = Sha256Field()
    result_sha256 = Sha256Field()
    engine_version = models.CharField(max_length=40)
    inputs = models.JSONField()
    result = models.JSONField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["window_start", "commitment", "revision"]
        constraints = [
            models.UniqueConstraint(
                name="credits_assessment_once",
                fields=["commitment", "window_start", "window_end", "revision"],
            ),
            models.CheckConstraint(
                name="credits_assessment_window_in_order", condition=Q(window_start__lt=F("window_end"))
            ),
            models.CheckConstraint(
                name="credits_assessment_figure_or_question",
                condition=Q(outcome="open_question", credit_amount__isnull=True)
                # A promise that is no level is decided by another of the result's figures.
                | (Q(outcome__in=["met", "breach"]) & (~Q(level_exact="") | Q(result__has_key="figures"))),
            ),
            models.CheckConstraint(
                name="credits_assessment_not_negative",
                condition=Q(credit_amount__isnull=True) | Q(credit_amount__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} {self.window_label} r{self.revision}"


class Finalisation(models.Model):
    """From here on a revision is the final result of its window, once per commitment and window. What is found
    out later restates it (:class:`~credits.models.Restatement`) and changes nothing here."""

    append_only = True

    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="finalisation")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="finalisations")
    window_start = models.DateTimeField()
    known_at = models.DateTimeField(help_text="The cut-off of knowledge.")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="credits_finalisation_once", fields=["commitment", "window_start"]),
        ]

    def __str__(self) -> str:
        return f"{self.assessment} final"


class OpenQuestion(models.Model):
    """Something that a person must answer before there is a figure: never a zero, never a default (rule 21)."""

    append_only = True

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="open_questions")
    code = models.CharField(max_length=60)
    sentence = models.TextField()
    owner_role = models.CharField(max_length=30, help_text="The role that is to answer.")

    class Meta:
        constraints = [models.UniqueConstraint(name="credits_question_once", fields=["assessment", "code"])]

    def __str__(self) -> str:
        return f"{self.code}: {self.assessment}"


class Breach(models.Model):
    """A final assessment that falls short of the promise, or into a tier that pays although it is met."""

    append_only = True

    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="breach")
    found_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name_plural = "breaches"

    def __str__(self) -> str:
        return f"breach of {self.assessment}"
