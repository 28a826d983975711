"""What happens to a final result later: it is restated, and never changed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from base.fields import CurrencyField, MoneyAmountField
from credits.models.assessments import Assessment, Finalisation


class Restatement(models.Model):
    """A later revision takes the place of a final result, and the difference is owed (rule 14).

    ``previous`` is what counted before: the final result, or that of the restatement before this one.
    ``difference_amount`` is what is payable now less what was, and may be below zero. Where a cap over several windows
    moves a later one, ``moved_by`` names the restatement that moved the room (rule 13).
    """

    append_only = True

    class Cause(models.TextChoices):
        LATE_FACT = "late_fact", "A fact that became known after the cut-off"
        ROLLING_CAP = "rolling_cap", "The room under a cap moved"

    finalisation = models.ForeignKey(Finalisation, on_delete=models.PROTECT, related_name="restatements")
    number = models.PositiveIntegerField()
    cause = models.CharField(max_length=20, choices=Cause.choices)
    previous = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="restatements")
    moved_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="moves"
    )
    previous_amount = MoneyAmountField()
    payable_amount = MoneyAmountField()
    difference_amount = MoneyAmountField(help_text="Below zero: less is owed than was.")
    currency = CurrencyField()
    differences = models.JSONField(help_text="Minutes, incidents and amounts before and after.")
    restated_on = models.DateField(help_text="The day of the act; it lies in an open month.")
    reason = models.TextField()
    restated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["finalisation", "number"]
        constraints = [
            models.UniqueConstraint(
                name="credits_restatement_number_once", fields=["finalisation", "number"]
            ),
            models.CheckConstraint(
                name="credits_restatement_difference",
                condition=Q(difference_amount=F("payable_amount") - F("previous_amount")),
            ),
            models.CheckConstraint(
                name="credits_restatement_cause",
                condition=Q(cause="late_fact", moved_by__isnull=True)
                | Q(cause="rolling_cap", moved_by__isnull=False),
            ),
            models.CheckConstraint(name="credits_restatement_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"restatement {self.number} of {self.finalisation.assessment}"
