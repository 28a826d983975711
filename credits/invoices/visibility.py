"""Whose invoices are whose."""

from django.db.models import QuerySet

from base.access import Asking, tell_apart, visible
from contracts.visibility import by_contract
from credits.invoices.models import Invoice, InvoiceFile

tell_apart(Invoice, by_contract("contract"))


def visible_invoices(user: Asking) -> QuerySet[Invoice]:
    """The invoices that a user may see."""
    return visible(Invoice.objects.all(), user)


def visible_invoice_files(user: Asking) -> QuerySet[InvoiceFile]:
    """The files of invoices, without their bytes."""
    return visible(InvoiceFile.objects.defer("content"), user)
