"""The double-entry ledger. What the models say, triggers in ``credits/sql`` hold to, whoever writes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from base.fields import CurrencyField, CurrentTransaction, MoneyAmountField
from contracts.models import Counterparty, LegalEntity
from credits.models.memos import CreditMemo


class Account(models.Model):
    """One account per legal entity, purpose, counterparty and currency. What it is for never changes."""

    append_only = True

    class Kind(models.TextChoices):
        ASSET = "asset", "Asset"
        LIABILITY = "liability", "Liability"
        INCOME = "income", "Income"
        EXPENSE = "expense", "Expense"
        MEMORANDUM = "memorandum", "Memorandum"

    class Purpose(models.TextChoices):
        PAYABLE_TO_CUSTOMERS = "payable_to_customers", "Service credits payable to customers"
        SERVICE_CREDIT_EXPENSE = "service_credit_expense", "Service credits granted"
        RECEIVABLE_FROM_VENDORS = "receivable_from_vendors", "Service credits receivable from vendors"
        RECOVERIES = "recoveries", "Recoveries from vendors"
        CLAIMS_NOT_ACKNOWLEDGED = "claims_not_acknowledged", "Claims on vendors, not acknowledged"
        CLAIMS_CONTRA = "claims_contra", "Claims on vendors, contra"
        CLEARING = "clearing", "Clearing with vendors' invoices"
        PROVISION = "provision", "Provision for service credits"
        GOODWILL = "goodwill", "Goodwill credits granted"
        BREAKAGE = "breakage", "Credits that lapsed unused"
        WRITE_OFF = "write_off", "Credits written off"
        APPLIED = "applied", "Credits applied to customers' invoices"
        PAYOUTS = "payouts", "Clearing with payouts to customers"
        RECEIVABLE_FROM_CUSTOMERS = "receivable_from_customers", "Credits clawed back from customers"
        FX_REVALUATION = "fx_revaluation", "Revaluation of balances in other currencies"
        FX_GAIN = "fx_gain", "Gains from revaluation"
        FX_LOSS = "fx_loss", "Losses from revaluation"

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="accounts")
    purpose = models.CharField(max_length=40, choices=Purpose.choices)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="accounts")
    currency = CurrencyField()

    class Meta:
        ordering = ["legal_entity", "purpose", "counterparty", "currency"]
        constraints = [
            models.UniqueConstraint(
                name="credits_account_once", fields=["legal_entity", "purpose", "counterparty", "currency"]
            ),
            models.CheckConstraint(
                name="credits_account_kind_of_purpose",
                condition=Q(kind="liability", purpose__in=["payable_to_customers", "provision"])
                | Q(
                    kind="expense",
                    purpose__in=["service_credit_expense", "goodwill", "write_off", "fx_loss"],
                )
                | Q(
                    kind="asset",
                    purpose__in=[
                        "receivable_from_vendors",
                        "clearing",
                        "applied",
                        "payouts",
                        "receivable_from_customers",
                        "fx_revaluation",
                    ],
                )
                | Q(kind="income", purpose__in=["recoveries", "breakage", "fx_gain"])
                | Q(kind="memorandum", purpose__in=["claims_not_acknowledged", "claims_contra"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.counterparty.code} {self.currency}"


class JournalEntry(models.Model):
    """A balanced, complete, unchangeable entry. ``reference`` is unique: posting twice is posting once.

    ``transaction_id`` is the database's: postings are accepted from that transaction only, in one statement.
    """

    append_only = True

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="entries")
    reference = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=300)
    effective_on = models.DateField()
    posted_at = models.DateTimeField(db_default=models.functions.Now())
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, null=True, related_name="entries")
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    transaction_id = models.BigIntegerField(db_default=CurrentTransaction())

    class Meta:
        verbose_name_plural = "journal entries"
        ordering = ["effective_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="credits_entry_not_its_own_reversal",
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Posting(models.Model):
    """One side of an entry: a positive amount on one account."""

    append_only = True

    class Side(models.TextChoices):
        DEBIT = "debit", "Debit"
        CREDIT = "credit", "Credit"

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    side = models.CharField(max_length=6, choices=Side.choices)
    amount = MoneyAmountField()
    currency = CurrencyField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="credits_posting_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="credits_posting_side", condition=Q(side__in=["debit", "credit"])),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.amount} {self.currency}"


class Period(models.Model):
    """A month of one legal entity's books. Open until its last step says otherwise."""

    append_only = True

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="periods")
    starts_on = models.DateField(help_text="The first day of the month.")

    class Meta:
        ordering = ["legal_entity", "starts_on"]
        constraints = [
            models.UniqueConstraint(name="credits_period_once", fields=["legal_entity", "starts_on"]),
            models.CheckConstraint(name="credits_period_starts_a_month", condition=Q(starts_on__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.legal_entity.code} {self.starts_on:%Y-%m}"


class PeriodStep(models.Model):
    """Locking, closing or reopening of a period. A closed period refuses postings in the database; a locked one
    takes them from finance approvers only."""

    append_only = True

    class State(models.TextChoices):
        LOCKED = "locked", "Locked"
        CLOSED = "closed", "Closed"
        REOPENED = "reopened", "Reopened"

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.TextField(blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["period", "number"]
        constraints = [
            models.UniqueConstraint(name="credits_period_step_once", fields=["period", "number"]),
            models.CheckConstraint(
                name="credits_period_step_reason", condition=~Q(state="reopened") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.get_state_display()}"
