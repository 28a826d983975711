"""What a contract covers and what it does not: lists that are drafted by one person and published by another."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from base.fields import CurrencyField, MoneyAmountField
from contracts.models.agreements import Contract
from contracts.models.parties import Service


class CoverageList(models.Model):
    """One draft of the list of a contract. Every change is a further draft; the newest one can be published."""

    append_only = True

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="coverage_lists")
    number = models.PositiveIntegerField()
    introduction = models.TextField(blank=True, help_text="For the customer, above the list.")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_coverage_number_once", fields=["contract", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.contract.reference} covered and not covered, draft {self.number}"


class CoverageEntry(models.Model):
    """A journey or a service on the list: covered, with who looks after it and what that costs, or not, and why."""

    append_only = True

    class CostPer(models.TextChoices):
        MONTH = "month", "a month"
        YEAR = "year", "a year"

    coverage = models.ForeignKey(CoverageList, on_delete=models.PROTECT, related_name="entries")
    position = models.PositiveIntegerField()
    journey = models.CharField(max_length=200)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="coverage_entries"
    )
    covered = models.BooleanField()
    why_not = models.TextField(blank=True, help_text="For the customer: why it is not covered.")
    owner = models.CharField(max_length=200, blank=True, help_text="The person or team that looks after it.")
    cost_amount = MoneyAmountField(null=True, blank=True, help_text="An estimate of what that costs us.")
    cost_currency = CurrencyField(blank=True)
    cost_per = models.CharField(max_length=5, choices=CostPer.choices, default=CostPer.MONTH)

    class Meta:
        ordering = ["coverage", "position"]
        constraints = [
            models.UniqueConstraint(name="contracts_coverageentry_once", fields=["coverage", "position"]),
            models.UniqueConstraint(
                name="contracts_coverageentry_journey_once",
                fields=["coverage", "journey"],
                violation_error_message="This journey stands on the list already.",
            ),
            models.CheckConstraint(name="contracts_coverageentry_has_journey", condition=~Q(journey="")),
            models.CheckConstraint(
                name="contracts_coverageentry_cost_whole",
                condition=Q(cost_amount__isnull=True, cost_currency="")
                | (Q(cost_amount__gte=0) & ~Q(cost_currency="")),
                violation_error_message="A cost is an amount, 0 or more, with its currency.",
            ),
        ]

    def __str__(self) -> str:
        return self.journey


class CoveragePublication(models.Model):
    """That a list was published, by somebody who wrote none of it. The customer reads the newest one.

    Writing this row is the act; the database refuses it while a covered journey lacks its owner or its cost.
    """

    append_only = True

    coverage = models.OneToOneField(CoverageList, on_delete=models.PROTECT, related_name="publication")
    published_on = models.DateField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.coverage}, published on {self.published_on:%Y-%m-%d}"
