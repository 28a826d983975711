"""Month-end: what is provided for, at which rates, and how far a closing has come."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from base.fields import CurrencyField, MoneyAmountField, Sha256Field
from contracts.models import Commitment, LegalEntity
from credits.models.assessments import Assessment
from credits.models.ledger import Account, JournalEntry, Period
from credits.models.memos import CreditMemo


class AccrualPolicy(models.Model):
    """How expected credits are estimated, for all contracts of a legal entity; from a day on, with a reason."""

    append_only = True

    class Method(models.TextChoices):
        MOST_LIKELY = "most_likely", "Most likely amount"
        EXPECTED_VALUE = "expected_value", "Expected value"

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="accrual_policies")
    method = models.CharField(max_length=20, choices=Method.choices)
    claimed_ratio = models.DecimalField(
        max_digits=7,
        decimal_places=6,
        default=1,
        help_text="The share of credits that customers claim, where the terms want a claim: 0 to 1.",
    )
    effective_from_on = models.DateField()
    reason = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name_plural = "accrual policies"
        ordering = ["legal_entity", "effective_from_on"]
        constraints = [
            models.UniqueConstraint(
                name="credits_accrual_policy_once", fields=["legal_entity", "effective_from_on"]
            ),
            models.CheckConstraint(
                name="credits_accrual_policy_ratio", condition=Q(claimed_ratio__gte=0, claimed_ratio__lte=1)
            ),
            models.CheckConstraint(name="credits_accrual_policy_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.legal_entity.code}: {self.get_method_display()} from {self.effective_from_on}"


class ProvisionMove(models.Model):
    """One movement of the provision for one window, and why. The moves of an account sum to its balance."""

    append_only = True

    class Kind(models.TextChoices):
        ACCRUED = "accrued", "Accrued"
        RELEASED = "released", "Released"
        ISSUED = "issued", "Issued"
        RESTORED = "restored", "Issue reversed"

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="provision_moves")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="provision_moves")
    window_start = models.DateTimeField()
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="provision_moves")
    policy = models.ForeignKey(AccrualPolicy, on_delete=models.PROTECT, null=True, related_name="moves")
    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, null=True, related_name="provision_moves")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = MoneyAmountField()
    currency = CurrencyField()
    effective_on = models.DateField()
    reason = models.CharField(max_length=300)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="provision_moves")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["effective_on", "pk"]
        constraints = [
            models.CheckConstraint(name="credits_provision_move_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="credits_provision_move_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount} {self.currency}"


class ExchangeRate(models.Model):
    """What one unit of a currency was worth in another on a day, and who says so. A later row corrects."""

    append_only = True

    base_currency = CurrencyField(help_text="One unit of it ...")
    quote_currency = CurrencyField(help_text="... is worth so many units of this one.")
    on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.CharField(max_length=200, help_text="Who published it.")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["base_currency", "quote_currency", "-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="credits_rate_positive",
                condition=Q(rate__gt=0) & ~Q(base_currency=F("quote_currency")) & ~Q(source=""),
            ),
        ]

    def __str__(self) -> str:
        return f"1 {self.base_currency} = {self.rate} {self.quote_currency} on {self.on}"


class Revaluation(models.Model):
    """A balance in another currency, valued anew at a month's end in the currency of the books."""

    append_only = True

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="revaluations")
    on = models.DateField()
    rate = models.ForeignKey(ExchangeRate, on_delete=models.PROTECT, related_name="revaluations")
    balance_amount = MoneyAmountField(help_text="In the account's currency: debit less credit.")
    carried_amount = MoneyAmountField(help_text="In the currency of the books, as it stood before.")
    revalued_amount = MoneyAmountField()
    difference_amount = MoneyAmountField()
    currency = CurrencyField(help_text="That of the books.")
    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, null=True, related_name="revaluation"
    )
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["on", "account"]
        constraints = [
            models.UniqueConstraint(name="credits_revaluation_once", fields=["account", "on"]),
            models.CheckConstraint(
                name="credits_revaluation_difference",
                condition=Q(difference_amount=F("revalued_amount") - F("carried_amount")),
            ),
            models.CheckConstraint(
                name="credits_revaluation_posted",
                condition=Q(difference_amount=0, entry__isnull=True)
                | (~Q(difference_amount=0) & Q(entry__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} on {self.on}"


class ChecklistNote(models.Model):
    """Somebody accepts what the close checklist found, as it stood, with a reason."""

    append_only = True

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="checklist_notes")
    key = models.CharField(max_length=60)
    fingerprint = Sha256Field(help_text="Of what was found: another finding is accepted anew.")
    found = models.JSONField()
    reason = models.TextField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="credits_checklist_note_once", fields=["period", "key", "fingerprint"]
            ),
            models.CheckConstraint(name="credits_checklist_note_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.period}"


class CloseRun(models.Model):
    """Somebody asked for a month to be closed; a worker carries it out, stage by stage."""

    append_only = True

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="close_runs")
    number = models.PositiveIntegerField()
    as_of_on = models.DateField(help_text="The day as of which deadlines are judged.")
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["period", "number"]
        constraints = [models.UniqueConstraint(name="credits_close_run_once", fields=["period", "number"])]

    def __str__(self) -> str:
        return f"closing {self.number} of {self.period}"


class CloseStage(models.Model):
    """A stage of a closing that is done, committed with its effects: what is here is not done again."""

    append_only = True

    run = models.ForeignKey(CloseRun, on_delete=models.PROTECT, related_name="stages")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=[("done", "Done"), ("refused", "Refused")])
    result = models.JSONField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(name="credits_close_stage_once", fields=["run", "number"])]

    def __str__(self) -> str:
        return f"{self.run}: {self.key} {self.outcome}"
