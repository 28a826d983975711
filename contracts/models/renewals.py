"""When a contract ends or renews itself, by when notice must be given, and who is told of it by calendar."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models.agreements import Contract


class RenewalTerms(models.Model):
    """What the paper says about the end of a contract. A correction is a further row; the last one counts.

    Days are days in the zone of the contract's terms. Notice is counted back from the end of the term; with
    ``notice_at_any_time`` it ends the contract so long after it was given, and there is no last day for it.
    """

    append_only = True

    class Form(models.TextChoices):
        LETTER = "letter", "Signed letter"
        EMAIL = "email", "Text, an e-mail suffices"
        PORTAL = "portal", "In the other side's portal"
        UNSAID = "unsaid", "The paper does not say"

    class Counts(models.TextChoices):
        RECEIVED = "received", "must have arrived"
        SENT = "sent", "must have been sent"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="renewal_terms")
    number = models.PositiveIntegerField()
    term_ends_on = models.DateField(
        null=True, blank=True, help_text="The last day of the term that runs now."
    )
    renews_months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="It renews itself by so many months; empty: it ends."
    )
    notice_months = models.PositiveSmallIntegerField(null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    notice_at_any_time = models.BooleanField(default=False)
    notice_form = models.CharField(max_length=10, choices=Form.choices, default=Form.UNSAID)
    notice_counts = models.CharField(max_length=10, choices=Counts.choices, default=Counts.RECEIVED)
    review_on = models.DateField(null=True, blank=True, help_text="When we want to have looked at it again.")
    clause = models.CharField(max_length=200, blank=True, help_text="Where the paper says so.")
    reason = models.TextField(blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_renewal_number_once", fields=["contract", "number"]),
            models.CheckConstraint(
                name="contracts_renewal_one_notice",
                violation_error_message="Notice is given in months or in days, not in both.",
                condition=Q(notice_months=None) | Q(notice_days=None),
            ),
            models.CheckConstraint(
                name="contracts_renewal_of_a_term",
                violation_error_message="What renews itself has a term that ends.",
                condition=Q(renews_months=None) | Q(renews_months__gt=0, term_ends_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.reference} renewal {self.number}"


class CalendarAddress(models.Model):
    """A private address under which a person's calendar program reads the dates. Only the secret's hash is kept."""

    append_only = True

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="calendar_addresses"
    )
    label = models.CharField(max_length=80, help_text="Where it is used, such as the phone.")
    secret_sha256 = Sha256Field(unique=True)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user} {self.label}"


class CalendarRevocation(models.Model):
    """From here on a calendar address opens nothing."""

    append_only = True

    address = models.OneToOneField(CalendarAddress, on_delete=models.PROTECT, related_name="revocation")
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.address} revoked"
