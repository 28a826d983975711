"""Credit memos: proposed by a job, approved by a second person, issued with a number and posted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import CurrencyField, MoneyAmountField
from contracts.models import Contract, Counterparty, LegalEntity
from credits.models.assessments import Assessment


class CreditMemo(models.Model):
    """A service credit in one direction (the contract's). Facts are copied so that a later change of a name
    changes no document. Its state is that of its last step."""

    append_only = True

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        ISSUED = "issued", "Issued"
        REVERSED = "reversed", "Reversed"

    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="memo")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="memos")
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="memos")
    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="memos")
    direction = models.CharField(max_length=20, choices=Contract.Direction.choices)
    amount = MoneyAmountField()
    currency = CurrencyField()
    facts = models.JSONField(
        help_text="Names, level, tier, window and terms, as they were when it was proposed."
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.CheckConstraint(name="credits_memo_positive", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"memo for {self.assessment}"


class MemoStep(models.Model):
    """One step in a memo's life. The database refuses a step out of order, and an approval by the proposer."""

    append_only = True

    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=CreditMemo.State.choices)
    taken_on = models.DateField(help_text="The effective day of the act.")
    reason = models.TextField(blank=True)
    document_number = models.CharField(
        max_length=80, null=True, blank=True, unique=True, help_text="Given at issue."
    )
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["memo", "number"]
        constraints = [
            models.UniqueConstraint(name="credits_memo_step_number_once", fields=["memo", "number"]),
            models.UniqueConstraint(name="credits_memo_step_state_once", fields=["memo", "state"]),
            models.CheckConstraint(
                name="credits_memo_step_number_at_issue",
                condition=(Q(state="issued") & Q(document_number__isnull=False))
                | (~Q(state="issued") & Q(document_number__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} on {self.taken_on}"


class NumberSeries(models.Model):
    """A gapless series: the next number is taken under the row's lock, in the issuing transaction."""

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="series")
    prefix = models.CharField(max_length=20)
    next_number = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(name="credits_series_once", fields=["legal_entity", "prefix"])]

    def __str__(self) -> str:
        return self.prefix
