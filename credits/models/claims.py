"""Claims in both directions: a customer's on us, ours on a vendor. Their state is their last step."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import MoneyAmountField
from credits.models.assessments import Breach


class Claim(models.Model):
    """What a breach entitles to, with the last day on which it may be claimed (null: no claim is needed).

    The direction is the contract's. Whether a claim is overdue is derived from ``deadline_on`` as of a day.
    """

    append_only = True

    breach = models.OneToOneField(Breach, on_delete=models.PROTECT, related_name="claim")
    deadline_on = models.DateField(null=True, help_text="The last day in time, in the zone of the terms.")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"claim for {self.breach}"


class ClaimStep(models.Model):
    """One step of a claim.

    Ours on a vendor: found, sent, acknowledged, refused, received, forfeited. A customer's on us: found,
    received_from_customer or waived (both earn the credit), forfeited.
    """

    append_only = True

    class Kind(models.TextChoices):
        FOUND = "found", "Found"
        SENT = "sent", "Sent to the vendor"
        ACKNOWLEDGED = "acknowledged", "Acknowledged by the vendor"
        REFUSED = "refused", "Refused by the vendor"
        PAID = "paid", "Credit received from the vendor"
        CLAIMED = "claimed", "Claimed by the customer"
        WAIVED = "waived", "Claim waived by us: the credit is given without one"
        FORFEITED = "forfeited", "Not claimed in time"

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    taken_on = models.DateField(help_text="The day of the act, in the zone of the terms.")
    amount = MoneyAmountField(null=True, help_text="Acknowledged or paid, where it is not the whole.")
    reference = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["claim", "number"]
        constraints = [
            models.UniqueConstraint(name="credits_claim_step_number_once", fields=["claim", "number"]),
            models.UniqueConstraint(name="credits_claim_step_kind_once", fields=["claim", "kind"]),
            models.CheckConstraint(
                name="credits_claim_step_reason",
                condition=~Q(kind__in=["refused", "waived", "forfeited"]) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.taken_on}"
