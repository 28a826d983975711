"""Invoices, and the files that they came in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminFileFieldWidget

from audit.adminbase import FactsAdmin, FactsInline, RoleAdmin
from credits.invoices import services
from credits.invoices.models import Invoice, InvoiceFile, InvoiceLine


class FileForm(forms.ModelForm):
    """A file to import."""

    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, label="CSV file")

    class Meta:
        model = InvoiceFile
        fields: list[str] = []


@admin.register(InvoiceFile)
class InvoiceFileAdmin(RoleAdmin):
    """Adding one imports it: all of it or nothing."""

    form = FileForm
    edit_roles = ("finance",)
    list_display = ["name", "row_count", "imported_by", "recorded_at"]
    search_fields = ["name", "sha256"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits a file that came in."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The file to import; afterwards what came of it."""
        return ["name", "sha256", "row_count", "imported_by", "recorded_at"] if obj else ["file"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InvoiceFile]:
        """Without the bytes."""
        return super().get_queryset(request).defer("content").select_related("imported_by")

    def create(self, form: Any) -> InvoiceFile:
        """See RoleAdmin."""
        file = form.cleaned_data["file"]
        return services.import_invoices_csv(name=file.name, content=file.read())


class InvoiceLineInline(FactsInline):
    model = InvoiceLine
    fields = [
        "external_id",
        "service",
        "period_from_on",
        "period_until_on",
        "net_amount",
        "tax_category",
        "tax_percent",
        "description",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[InvoiceLine]:
        """With the service's name."""
        return super().get_queryset(request).select_related("service")


@admin.register(Invoice)
class InvoiceAdmin(FactsAdmin):
    inlines = [InvoiceLineInline]
    list_display = ["external_id", "contract", "issued_on", "currency"]
    list_filter = ["contract"]
    list_select_related = ["contract"]
    search_fields = ["external_id", "lines__external_id"]
    date_hierarchy = "issued_on"
