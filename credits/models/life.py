"""A memo's life beside its steps: approvals by amount, uses, disputes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import CurrencyField, MoneyAmountField
from contracts.models import Contract, LegalEntity
from credits.invoices.models import Invoice
from credits.models.ledger import JournalEntry
from credits.models.memos import CreditMemo


class ApprovalRule(models.Model):
    """How many persons approve a memo above an amount. The last row for the same amount counts; none: one person.

    A rule of one legal entity goes before one of all (empty).
    """

    append_only = True

    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, null=True, blank=True, related_name="approval_rules"
    )
    direction = models.CharField(max_length=20, choices=Contract.Direction.choices)
    currency = CurrencyField()
    above_amount = MoneyAmountField(help_text="The rule holds for memos above this amount, not at it.")
    approvals = models.PositiveSmallIntegerField(help_text="Persons, each without a hand in the memo.")
    reason = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["direction", "currency", "above_amount", "pk"]
        constraints = [
            models.CheckConstraint(
                name="credits_approval_rule_in_range",
                condition=Q(approvals__gte=1, approvals__lte=3, above_amount__gte=0),
            ),
            models.CheckConstraint(name="credits_approval_rule_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()}: above {self.above_amount} {self.currency}, {self.approvals}"


class MemoApproval(models.Model):
    """One person's approval of a memo; the last one that is needed makes it approved."""

    append_only = True

    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, related_name="approvals")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_on = models.DateField()
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["memo", "pk"]
        constraints = [
            models.UniqueConstraint(name="credits_memo_approval_once", fields=["memo", "approved_by"])
        ]

    def __str__(self) -> str:
        return f"{self.approved_by} on {self.taken_on}"


class MemoUse(models.Model):
    """What became of a part of an issued credit, and the entry that posted it.

    The first five take from the credit's balance; a reduction may take more than is left, where a part was used
    already. The last two decide about that part (rule 15): it is asked back, or it is let go.
    """

    append_only = True

    class Kind(models.TextChoices):
        APPLIED = "applied", "Applied to an invoice"
        PAID_OUT = "paid_out", "Paid out"
        SET_OFF = "set_off", "Set off against a credit that was clawed back"
        EXPIRED = "expired", "Lapsed unused"
        REDUCED = "reduced", "Reduced"
        CLAWED_BACK = "clawed_back", "Clawed back"
        WRITTEN_OFF = "written_off", "Written off"

    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, related_name="uses")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = MoneyAmountField()
    taken_on = models.DateField()
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="credits_applied"
    )
    against = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="set_off_by"
    )
    reference = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="memo_uses")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["memo", "number"]
        constraints = [
            models.UniqueConstraint(name="credits_memo_use_number_once", fields=["memo", "number"]),
            models.UniqueConstraint(name="credits_memo_use_reference_once", fields=["memo", "reference"]),
            models.CheckConstraint(name="credits_memo_use_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="credits_memo_use_says_where",
                condition=Q(invoice__isnull=True, against__isnull=True) & ~Q(kind__in=["applied", "set_off"])
                | Q(kind="applied", invoice__isnull=False, against__isnull=True)
                | Q(kind="set_off", invoice__isnull=True, against__isnull=False),
            ),
            models.CheckConstraint(
                name="credits_memo_use_reason",
                condition=~Q(kind__in=["reduced", "clawed_back", "written_off", "expired"]) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount} on {self.taken_on}"


class Dispute(models.Model):
    """The counterparty, or we, doubt a memo. While a dispute is open nothing of the credit is used."""

    append_only = True

    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, related_name="disputes")
    number = models.PositiveIntegerField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["memo", "number"]
        constraints = [models.UniqueConstraint(name="credits_dispute_once", fields=["memo", "number"])]

    def __str__(self) -> str:
        return f"dispute {self.number} about {self.memo}"


class DisputeStep(models.Model):
    """Opened, answered, resolved: with a verdict."""

    append_only = True

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        ANSWERED = "answered", "Answered"
        RESOLVED = "resolved", "Resolved"

    class Verdict(models.TextChoices):
        STANDS = "stands", "The memo stands"
        CORRECT = "correct", "The memo is to be corrected"
        WITHDRAWN = "withdrawn", "The dispute was withdrawn"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    taken_on = models.DateField()
    reason = models.TextField()
    reference = models.CharField(max_length=200, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["dispute", "number"]
        constraints = [
            models.UniqueConstraint(name="credits_dispute_step_once", fields=["dispute", "number"]),
            models.CheckConstraint(
                name="credits_dispute_step_verdict",
                condition=(Q(kind="resolved") & ~Q(verdict="")) | (~Q(kind="resolved") & Q(verdict="")),
            ),
            models.CheckConstraint(name="credits_dispute_step_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.taken_on}"
