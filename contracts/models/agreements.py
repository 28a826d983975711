"""Contracts, the versions of their text, and the commitments that a signed text makes."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from base.fields import CurrencyField, Sha256Field
from contracts.models.parties import Counterparty, LegalEntity, Service


class Contract(models.Model):
    """An agreement with one counterparty, in one direction. What it says stands in its versions."""

    class Direction(models.TextChoices):
        PROMISED_BY_US = "promised_by_us", "Promised by us to a customer"
        PROMISED_TO_US = "promised_to_us", "Promised to us by a vendor"

    class Kind(models.TextChoices):
        MASTER_AGREEMENT = "master_agreement", "Master agreement"
        FRAMEWORK = "framework", "Framework agreement"
        ORDER_FORM = "order_form", "Order form"
        SERVICE_LEVELS = "service_levels", "Service level agreement"
        SCHEDULE = "schedule", "Schedule or annex"
        SIDE_LETTER = "side_letter", "Side letter"

    reference = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="contracts")
    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="contracts")
    direction = models.CharField(max_length=20, choices=Direction.choices)
    currency = CurrencyField()
    kind = models.CharField(
        "kind of document", max_length=20, choices=Kind.choices, blank=True, help_text="Empty: not said."
    )
    under = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents_under",
        help_text="The master or framework agreement that it belongs to.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contracts_owned",
        help_text="Who of us answers for it.",
    )
    note = models.TextField(blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["reference"]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def clean(self) -> None:
        """A vendor promises to us, we promise to a customer (a trigger holds to it too)."""
        super().clean()
        self._clean_document()
        if not self.counterparty_id or not self.direction:
            return
        ours = self.direction == self.Direction.PROMISED_TO_US
        if not (self.counterparty.is_vendor if ours else self.counterparty.is_customer):
            side = "vendor" if ours else "customer"
            raise ValidationError(
                {
                    "counterparty": f"{self.counterparty} is no {side}; in this direction it would have to be one."
                }
            )

    def _clean_document(self) -> None:
        """It stands under a master or framework agreement of the same two parties and direction, in no circle, and
        a person of ours answers for it (a trigger holds to all of it too)."""
        said: dict[str, str] = {}
        above, seen = self.under, {self.pk} - {None}
        if above is not None:
            if above.kind not in (self.Kind.MASTER_AGREEMENT, self.Kind.FRAMEWORK):
                said["under"] = f"{above.reference} is no master or framework agreement; say so of it first."
            elif (above.counterparty_id, above.direction) != (self.counterparty_id, self.direction):
                said["under"] = f"{above.reference} is with another party or in the other direction."
        while above is not None and "under" not in said:
            if above.pk in seen:
                said["under"] = f"{above.reference} stands under this contract already."
            seen.add(above.pk)
            above = above.under
        if self.owner is not None and self.owner.kind != "staff":
            said["owner"] = "A person of ours answers for it, no job and nobody's login from outside."
        if said:
            raise ValidationError(said)

    def version_in_effect(self, on: date) -> "ContractVersion | None":
        """The version in effect on a day, derived from the dates of the signed ones; None where there is none."""
        signed = self.versions.filter(state=ContractVersion.State.SIGNED, effective_from_on__lte=on)
        return (
            signed.filter(Q(effective_until_on=None) | Q(effective_until_on__gt=on))
            .order_by("-effective_from_on", "-number")
            .first()
        )


YEARS = (1900, 2200)


class ContractVersion(models.Model):
    """One text of a contract's terms.

    ``terms`` is the canonical document (see ``reckoning.terms``). It may be edited as a draft only; from
    the first signature it is frozen with its hash, and the database refuses any change (rule 10).
    ``effective_from_on`` and ``effective_until_on`` (excluded) are days in the zone of the terms; the
    ``signed_on`` of the paper, the effective day and ``recorded_at`` are three dates. "In effect" and
    "superseded" are derived: a later signed version supersedes from its effective day.

    A version is a whole text, or a change of one: an amendment for good, a variation for a time. The terms of a
    change are the conformed text, base and changes. A conformed text is no document of its own: it is what several
    signed changes that run at the same time make together, kept so that commitments can be measured by it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        SIGNED = "signed", "Signed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Kind(models.TextChoices):
        WHOLE = "whole", "Whole text"
        AMENDMENT = "amendment", "Amendment"
        VARIATION = "variation", "Variation for a time"
        CONFORMED = "conformed", "Conformed text"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WHOLE, editable=False)
    amends = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="amended_by",
        help_text="The version whose text it was written upon; of a conformed text the whole text below it.",
    )
    amendment = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="The document of the change; of a conformed text the versions that it is made of.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    terms = models.JSONField()
    terms_sha256 = Sha256Field(
        blank=True, help_text="Of the canonical document; frozen at the first signature."
    )
    effective_from_on = models.DateField()
    effective_until_on = models.DateField(
        null=True, blank=True, help_text="The first day that is not covered."
    )
    signed_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    history = HistoricalRecords()

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_version_number_once", fields=["contract", "number"]),
            models.UniqueConstraint(
                name="contracts_version_effective_once",
                fields=["contract", "effective_from_on"],
                # A variation may begin on the day of an amendment; the text of both together is a row of its own.
                condition=Q(state="signed", kind__in=["whole", "amendment"]),
            ),
            models.CheckConstraint(
                name="contracts_version_amends_what",
                condition=Q(kind="whole", amends=None, amendment=None)
                | (~Q(kind="whole") & Q(amends__isnull=False, amendment__isnull=False)),
            ),
            models.CheckConstraint(
                name="contracts_version_only_a_variation_ends",
                violation_error_message="A variation ends by itself, an amendment is for good.",
                condition=Q(kind="whole")
                | Q(kind="amendment", effective_until_on=None)
                | Q(kind="variation", effective_until_on__isnull=False)
                | Q(kind="conformed"),
            ),
            models.CheckConstraint(
                name="contracts_version_effective_in_order",
                violation_error_message="Effective until must lie after effective from.",
                condition=Q(effective_until_on__isnull=True)
                | Q(effective_from_on__lt=F("effective_until_on")),
            ),
            models.CheckConstraint(
                name="contracts_version_signed_is_whole",
                condition=~Q(state="signed") | (Q(signed_on__isnull=False) & ~Q(terms_sha256="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.reference} v{self.number}"

    def clean(self) -> None:
        """A draft has days of years in which a mistyped one is seen, and whose midnights every zone has."""
        super().clean()
        days = {"effective_from_on": self.effective_from_on, "effective_until_on": self.effective_until_on}
        said = {
            name: f"Is in the year {day.year}; name a day between {YEARS[0]} and {YEARS[1]}."
            for name, day in days.items()
            if self.state == self.State.DRAFT and day and not YEARS[0] <= day.year <= YEARS[1]
        }
        if said:
            raise ValidationError(said)


class Commitment(models.Model):
    """One target of one signed version on one service: the unit of assessment.

    Rows are made when the version is signed, from its document: one for each service that a clause of
    commitment names. ``key`` finds the clause in the document.
    """

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="commitments")
    key = models.CharField(max_length=60)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="commitments")

    class Meta:
        ordering = ["version", "key", "service"]
        constraints = [
            models.UniqueConstraint(name="contracts_commitment_once", fields=["version", "key", "service"])
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.key} {self.service.code}"
