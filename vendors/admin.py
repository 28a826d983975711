"""Profiles, letters and answers to look at; they are written on the pages of a claim and of a vendor."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.adminbase import FactsAdmin
from vendors.models import Answer, ClaimLetter, SentLetter, VendorProfile

RESULT = "claim__breach__assessment"
OF_CLAIM = (f"{RESULT}__commitment__version__contract", f"{RESULT}__commitment__service")


@admin.register(VendorProfile)
class VendorProfileAdmin(FactsAdmin):
    """Where claims on a vendor go."""

    list_display = ("counterparty", "claims_email", "contact")
    list_select_related = ("counterparty",)
    search_fields = ("counterparty__name", "counterparty__code")


@admin.register(ClaimLetter)
class ClaimLetterAdmin(FactsAdmin):
    """Every version of every letter."""

    list_display = ("__str__", "version", "written_on", "drafted_by", "text_sha256")
    list_select_related = (*OF_CLAIM, "drafted_by")
    date_hierarchy = "written_on"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the names of the rows need."""
        rows: QuerySet[Any] = super().get_queryset(request).select_related(*self.list_select_related)
        return rows


@admin.register(SentLetter)
class SentLetterAdmin(FactsAdmin):
    """The letters that went out, without their bytes."""

    list_display = ("__str__", "step", "document_sha256")
    fields = ("letter", "step", "document_sha256", "recorded_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the names of the rows need."""
        wanted = [f"letter__{path}" for path in OF_CLAIM]
        rows: QuerySet[Any] = super().get_queryset(request).select_related("step", *wanted)
        return rows.defer("document")


@admin.register(Answer)
class AnswerAdmin(FactsAdmin):
    """What vendors answered."""

    list_display = ("claim", "verdict", "received_on", "amount", "recorded_by")
    list_filter = ("verdict",)
    date_hierarchy = "received_on"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the names of the rows need."""
        rows: QuerySet[Any] = super().get_queryset(request).select_related("recorded_by", "step", *OF_CLAIM)
        return rows
