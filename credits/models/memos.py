"""Credit memos: proposed by a job, approved by a second person, issued with a number and posted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import CurrencyField, MoneyAmountField
from contracts.models import Contract, Counterparty, LegalEntity
from credits.models.assessments import Assessment
from credits.models.restatements import Restatement


class CreditMemo(models.Model):
    """A credit in one direction (the contract's). Facts are copied so that a later change of a name changes no
    document. Its state is that of its last step.

    A service credit rests on a final result. What a restatement adds to it or takes from it is a memo of its own
    that cites the restatement (rule 14); a goodwill credit rests on nothing but a decision (rule 16).
    """

    append_only = True

    class Kind(models.TextChoices):
        SERVICE_CREDIT = "service_credit", "Service credit"
        INCREASE = "increase", "Increase by a restatement"
        REDUCTION = "reduction", "Reduction by a restatement"
        GOODWILL = "goodwill", "Goodwill"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        ISSUED = "issued", "Issued"
        REVERSED = "reversed", "Reversed"

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.SERVICE_CREDIT)
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="memo", null=True)
    restatement = models.OneToOneField(Restatement, on_delete=models.PROTECT, related_name="memo", null=True)
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
        constraints = [
            models.CheckConstraint(name="credits_memo_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="credits_memo_basis_of_kind",
                condition=Q(kind="service_credit", assessment__isnull=False, restatement__isnull=True)
                | Q(
                    kind__in=["increase", "reduction"],
                    assessment__isnull=True,
                    restatement__isnull=False,
                )
                | Q(kind="goodwill", assessment__isnull=True, restatement__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        if self.assessment_id is not None:
            return f"memo for {self.assessment}"
        return f"{self.get_kind_display().lower()} for {self.facts.get('service', '')} {self.facts.get('window', '')}"

    @property
    def basis(self) -> Assessment | None:
        """The result that the memo rests on; none for goodwill."""
        if self.restatement_id is not None:
            return self.restatement.assessment  # type: ignore[union-attr]
        return self.assessment


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
    document = models.JSONField(
        null=True,
        blank=True,
        help_text="The legal facts of both sides and of the credited invoices, as they were at issue.",
    )
    expires_on = models.DateField(
        null=True, blank=True, help_text="The last day on which the credit may be used; empty: no end."
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
            models.CheckConstraint(
                name="credits_memo_step_document_at_issue",
                condition=Q(state="issued") | Q(document__isnull=True, expires_on__isnull=True),
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
