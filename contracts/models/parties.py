"""Our own entities, the other side, and the services whose level is promised."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from base.fields import CurrencyField

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
