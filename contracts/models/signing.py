"""What stands under exactly one text: signatures, accepted findings and chosen readings."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models.agreements import ContractVersion


class Signature(models.Model):
    """A named party's signature under exactly the text with this hash."""

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="signatures")
    party = models.CharField(max_length=200, help_text="For whom: our entity's or the counterparty's name.")
    signatory = models.CharField(max_length=200, help_text="Who signed, as on the paper.")
    signed_on = models.DateField()
    terms_sha256 = Sha256Field()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contracts_signature_once", fields=["version", "party", "signatory"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signatory} for {self.party}"


class FindingAcceptance(models.Model):
    """Legal's acceptance, with a reason, of a finding that the paper really has (rule 8)."""

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="accepted_findings")
    terms_sha256 = Sha256Field(help_text="Of the text whose finding was accepted: an edit voids it.")
    code = models.CharField(max_length=60)
    path = models.CharField(max_length=300)
    reason = models.TextField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contracts_finding_accepted_once", fields=["version", "terms_sha256", "code", "path"]
            ),
            models.CheckConstraint(name="contracts_finding_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.code} at {self.path}"


class ReadingChoice(models.Model):
    """Who chose a reading of an ambiguous text, and when (rule 11). It bars them from approving (rule 20)."""

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="reading_choices")
    commitment_key = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    chosen = models.CharField(max_length=300)
    reason = models.TextField()
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="contracts_reading_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.chosen}"
