"""Time that someone says should not count, and the decisions on it."""

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contracts.models import Contract, Service


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

    @property
    def needs_evidence(self) -> bool:
        """Whether words are not enough: every kind but planned maintenance needs a file or a link before approval."""
        return self.kind != self.Kind.PLANNED_MAINTENANCE

    @property
    def is_retroactive(self) -> bool:
        """Whether it was proposed only after the time that it excludes had begun."""
        return self.proposed_at > self.during.lower


class ExclusionDecision(models.Model):
    """The decision on an exclusion, by someone else than its proposer (a trigger holds to it too). Whoever proposed
    it may only withdraw it."""

    append_only = True

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

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
