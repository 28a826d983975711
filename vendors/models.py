"""Towards vendors: where claims are sent, the letters with which we claim, and what the vendor answered.

The state and the money of a claim belong to ``credits``; what stands here is the paper.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from base.fields import MoneyAmountField, Sha256Field
from contracts.models import Counterparty
from credits.models import Claim, ClaimStep


class VendorProfile(models.Model):
    """What is needed to write to a vendor. Letters copy it, so that a later change alters none of them."""

    counterparty = models.OneToOneField(Counterparty, on_delete=models.PROTECT, related_name="vendor_profile")
    claims_address = models.TextField(
        "address for claims", max_length=600, blank=True, help_text="As on the envelope, without the name."
    )
    claims_email = models.EmailField("mail for claims", blank=True)
    contact = models.CharField(
        max_length=200, blank=True, help_text="Who answers for the vendor, and how they are reached."
    )
    note = models.TextField(max_length=4000, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["counterparty"]

    def __str__(self) -> str:
        return f"profile of {self.counterparty}"


class ClaimLetter(models.Model):
    """A letter that claims one breach from the vendor; each further draft is a further version.

    ``text`` is everything that the letter says, as canonical JSON; the hash is that of exactly these bytes.
    """

    append_only = True

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="letters")
    version = models.PositiveIntegerField()
    written_on = models.DateField(help_text="The day on the letter.")
    remarks = models.TextField(blank=True, max_length=4000, help_text="What we add in our own words.")
    text = models.TextField(help_text="Canonical JSON.")
    text_sha256 = Sha256Field()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["claim", "version"]
        constraints = [
            models.UniqueConstraint(name="vendors_letter_version_once", fields=["claim", "version"])
        ]

    def __str__(self) -> str:
        return f"letter {self.version} for {self.claim}"


class SentLetter(models.Model):
    """The letter that went out, as the very document, with the step of the claim that it is."""

    append_only = True

    letter = models.OneToOneField(ClaimLetter, on_delete=models.PROTECT, related_name="sent")
    step = models.OneToOneField(ClaimStep, on_delete=models.PROTECT, related_name="letter_sent")
    document = models.BinaryField(help_text="PDF")
    document_sha256 = Sha256Field()
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.letter}, sent"


class Answer(models.Model):
    """What the vendor answered to a claim, in its own words, beside the step that it led to."""

    append_only = True

    class Verdict(models.TextChoices):
        WHOLE = "acknowledged_whole", "Acknowledged in full"
        PART = "acknowledged_part", "Acknowledged in part"
        REFUSED = "refused", "Refused"

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="answer")
    step = models.OneToOneField(ClaimStep, on_delete=models.PROTECT, related_name="answer")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    received_on = models.DateField(help_text="In the zone of the terms.")
    amount = MoneyAmountField(null=True, help_text="What is acknowledged; empty where all is refused.")
    words = models.TextField(blank=True, max_length=8000, help_text="The vendor's own words.")
    reference = models.CharField(max_length=200, blank=True, help_text="The vendor's reference.")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="vendors_answer_amount_of_verdict",
                condition=Q(verdict="refused", amount__isnull=True)
                | Q(verdict__in=["acknowledged_whole", "acknowledged_part"], amount__gt=0),
            ),
            models.CheckConstraint(
                name="vendors_answer_says_why",
                condition=Q(verdict="acknowledged_whole") | ~Q(words=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} on {self.received_on}"
