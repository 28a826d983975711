"""Invoices with their lines: the fee base. Imported with the ids of the system that issued them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from base.fields import CurrencyField, MoneyAmountField, Sha256Field
from contracts.models import Contract, Service


class InvoiceFile(models.Model):
    """A file of invoices as it came, byte for byte."""

    append_only = True

    name = models.CharField(max_length=200)
    sha256 = Sha256Field(unique=True)
    content = models.BinaryField()
    row_count = models.PositiveIntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return self.name


class Invoice(models.Model):
    """An invoice under a contract, ours to a customer or a vendor's to us (the contract's direction says)."""

    append_only = True

    external_id = models.CharField(max_length=100, unique=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="invoices")
    issued_on = models.DateField()
    currency = CurrencyField()
    file = models.ForeignKey(InvoiceFile, on_delete=models.PROTECT, related_name="invoices")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["issued_on", "external_id"]

    def __str__(self) -> str:
        return self.external_id


class InvoiceLine(models.Model):
    """The fee for one service over ``[period_from_on, period_until_on)``, net of tax."""

    append_only = True

    class TaxCategory(models.TextChoices):
        STANDARD = "S", "Standard rate"
        REVERSE_CHARGE = "AE", "Reverse charge"
        EXEMPT = "E", "Exempt"
        ZERO = "Z", "Zero rated"
        OUTSIDE = "O", "Outside the scope of tax"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    external_id = models.CharField(max_length=100, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="invoice_lines")
    period_from_on = models.DateField()
    period_until_on = models.DateField(help_text="The first day that is not covered.")
    net_amount = MoneyAmountField()
    tax_category = models.CharField(max_length=2, choices=TaxCategory.choices)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3)
    tax_exemption_reason = models.CharField(
        max_length=200, blank=True, help_text="Why no tax is charged, as it stands on the invoice."
    )
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["invoice", "external_id"]
        constraints = [
            models.CheckConstraint(
                name="invoices_line_period_in_order", condition=Q(period_from_on__lt=F("period_until_on"))
            ),
            models.CheckConstraint(name="invoices_line_not_negative", condition=Q(net_amount__gte=0)),
            models.CheckConstraint(
                name="invoices_line_tax_in_range", condition=Q(tax_percent__gte=0, tax_percent__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class CreditedLine(models.Model):
    """The part of a memo that credits one line of an invoice: taken with its tax as it was invoiced, at issue.

    The parts of a memo sum to its amount. They are net of tax, as the memo and the ledger are.
    """

    append_only = True

    memo = models.ForeignKey("credits.CreditMemo", on_delete=models.PROTECT, related_name="credited_lines")
    number = models.PositiveIntegerField()
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credited_lines")
    net_amount = MoneyAmountField()
    tax_category = models.CharField(max_length=2, choices=InvoiceLine.TaxCategory.choices)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3)
    tax_exemption_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["memo", "number"]
        constraints = [
            models.UniqueConstraint(name="invoices_credited_number_once", fields=["memo", "number"]),
            models.UniqueConstraint(name="invoices_credited_line_once", fields=["memo", "invoice_line"]),
            models.CheckConstraint(name="invoices_credited_positive", condition=Q(net_amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"line {self.number} of {self.memo}"
