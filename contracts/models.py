"""What was promised: our entities, the other side, services, contracts and the versions of their terms."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from base.fields import CurrencyField, Sha256Field

code_validator = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*$", "Lower-case letters, digits and single hyphens, such as api-requests."
)


class Addressed(models.Model):
    """Where a party is found and registered, as its documents say it."""

    street = models.CharField(max_length=200, blank=True, help_text="Street and number.")
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    registration_id = models.CharField(
        "registration number", max_length=60, blank=True, help_text="In the register of companies."
    )

    class Meta:
        abstract = True


class LegalEntity(Addressed):
    """One of our own companies: whoever signs, owes and is owed.

    Its documents are numbered in series of its own, which are told by ``series_code`` (its code unless given).
    """

    code = models.CharField(max_length=40, unique=True, validators=[code_validator])
    name = models.CharField(max_length=200)
    country = models.CharField(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters.")]
    )
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    functional_currency = CurrencyField()
    series_code = models.CharField(
        "number series",
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", "Letters, digits and single hyphens.")],
        help_text="Stands in the numbers of its documents, as in SC-CODE-00001; the code above unless given.",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "legal entities"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                name="contracts_legalentity_series_once",
                fields=["series_code"],
                condition=~Q(series_code=""),
                violation_error_message="Another of our companies numbers its documents like that.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Counterparty(Addressed):
    """The other side of a contract: a customer, a vendor, or both."""

    code = models.CharField(max_length=40, unique=True, validators=[code_validator])
    name = models.CharField(max_length=200)
    country = models.CharField(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters.")]
    )
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    is_customer = models.BooleanField(default=False)
    is_vendor = models.BooleanField(default=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "counterparties"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="contracts_counterparty_has_a_side",
                violation_error_message="A counterparty is a customer, a vendor, or both: tick at least one.",
                condition=Q(is_customer=True) | Q(is_vendor=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CounterpartyLogin(models.Model):
    """Which counterparty a vendor's or a customer's login belongs to."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="counterparty_login"
    )
    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="logins")

    def __str__(self) -> str:
        return f"{self.user} for {self.counterparty}"


class Service(models.Model):
    """Something whose level is promised: a product of ours, or a component of a vendor's (``vendor``).

    It exists in ``[existed_from, existed_until)``; no window reaches outside of that (rule of part-life).
    """

    code = models.CharField(max_length=60, unique=True, validators=[code_validator])
    name = models.CharField(max_length=200)
    vendor = models.ForeignKey(
        Counterparty,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        help_text="Empty for a product of our own.",
    )
    external_name = models.CharField(
        max_length=200, blank=True, help_text="The name under which sources report it, where it differs."
    )
    existed_from = models.DateTimeField(null=True, blank=True)
    existed_until = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="contracts_service_life_in_order",
                violation_error_message="Existed until must lie after existed from.",
                condition=Q(existed_from__isnull=True)
                | Q(existed_until__isnull=True)
                | Q(existed_from__lt=F("existed_until")),
            ),
            models.UniqueConstraint(
                name="contracts_service_external_name_once",
                fields=["vendor", "external_name"],
                condition=~Q(external_name=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """An agreement with one counterparty, in one direction. What it says stands in its versions."""

    class Direction(models.TextChoices):
        PROMISED_BY_US = "promised_by_us", "Promised by us to a customer"
        PROMISED_TO_US = "promised_to_us", "Promised to us by a vendor"

    reference = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="contracts")
    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="contracts")
    direction = models.CharField(max_length=20, choices=Direction.choices)
    currency = CurrencyField()
    note = models.TextField(blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["reference"]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def clean(self) -> None:
        """A vendor promises to us, we promise to a customer (a trigger holds to it too)."""
        super().clean()
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

    def version_in_effect(self, on: date) -> "ContractVersion | None":
        """The version in effect on a day, derived from the dates of the signed ones; None where there is none."""
        signed = self.versions.filter(state=ContractVersion.State.SIGNED, effective_from_on__lte=on)
        return (
            signed.filter(Q(effective_until_on=None) | Q(effective_until_on__gt=on))
            .order_by("-effective_from_on", "-number")
            .first()
        )


class ContractVersion(models.Model):
    """One text of a contract's terms.

    ``terms`` is the canonical document (see ``reckoning.terms``). It may be edited as a draft only; from
    the first signature it is frozen with its hash, and the database refuses any change (rule 10).
    ``effective_from_on`` and ``effective_until_on`` (excluded) are days in the zone of the terms; the
    ``signed_on`` of the paper, the effective day and ``recorded_at`` are three dates. "In effect" and
    "superseded" are derived: a later signed version supersedes from its effective day.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        SIGNED = "signed", "Signed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
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
                condition=Q(state="signed"),
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
