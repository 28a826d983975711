"""What stands under exactly one text: signatures, accepted findings and chosen readings."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models.agreements import ContractVersion


class NamedSigner(models.Model):
    """Somebody who is to sign for a party. Where a party has any, nobody else signs for it.

    ``position`` is the place in an order of signing: whoever has one waits for all who must sign before. ``login``
    signs by themselves. The list is fixed while any signature stands.
    """

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="named_signers")
    party = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(null=True, blank=True)
    must_sign = models.BooleanField(default=True)
    login = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="signs_as"
    )
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_namedsigner_has_name", condition=~Q(name="") & ~Q(party="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} for {self.party}"


class SignerStep(models.Model):
    """What became of a named signer: asked, declined with a reason, or taken off the list with one."""

    append_only = True

    class Kind(models.TextChoices):
        ASKED = "asked", "Asked"
        DECLINED = "declined", "Declined"
        REMOVED = "removed", "Taken off the list"

    signer = models.ForeignKey(NamedSigner, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    terms_sha256 = Sha256Field(help_text="Of the text that was to be signed.")
    reason = models.TextField(blank=True)
    taken_on = models.DateField(null=True, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_signerstep_has_reason", condition=Q(kind="asked") | ~Q(reason="")
            ),
            models.UniqueConstraint(
                name="contracts_signerstep_removed_once", fields=["signer"], condition=Q(kind="removed")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.signer}"


class SignatureQuerySet(models.QuerySet["Signature"]):
    """Signatures; see :meth:`live`."""

    def live(self) -> "SignatureQuerySet":
        """Those that were not voided."""
        return self.filter(voided=None)


class Signature(models.Model):
    """A named party's signature under exactly the text with this hash.

    The database holds to it that one person signs once for a party, as long as the signature is not voided.
    """

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="signatures")
    party = models.CharField(max_length=200, help_text="For whom: our entity's or the counterparty's name.")
    signatory = models.CharField(max_length=200, help_text="Who signed, as on the paper.")
    signed_on = models.DateField()
    terms_sha256 = Sha256Field()
    signer = models.ForeignKey(
        NamedSigner, on_delete=models.PROTECT, null=True, blank=True, related_name="signatures"
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    objects = SignatureQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.signatory} for {self.party}"


class SignatureVoided(models.Model):
    """A signature that counts no more: the text went back to be edited. Never under a version in force."""

    append_only = True

    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="voided")
    reason = models.TextField()
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    voided_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="contracts_signaturevoided_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"void: {self.signature}"


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
