"""Exports, to be looked at; they are made and answered on their own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.adminbase import FactsAdmin, FactsInline
from credits.exports.models import ExportBatch, ExportFile, ExportProfile, ImportReport


class ExportFileInline(FactsInline):
    model = ExportFile
    fields = ["number", "name", "media_type", "row_count", "sha256"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportFile]:
        """Without the bytes."""
        return super().get_queryset(request).defer("content")


class ImportReportInline(FactsInline):
    model = ImportReport
    fields = ["number", "name", "row_count", "sha256", "loaded_by", "recorded_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportReport]:
        """Without the bytes, with who loaded it."""
        return super().get_queryset(request).defer("content").select_related("loaded_by")


@admin.register(ExportBatch)
class ExportBatchAdmin(FactsAdmin):
    inlines = [ExportFileInline, ImportReportInline]
    list_display = ["__str__", "target", "from_on", "until_on", "line_count", "exported_by", "exported_at"]
    list_filter = ["target", "legal_entity"]
    list_select_related = ["legal_entity", "exported_by"]
    search_fields = ["lines__external_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what its name is made of."""
        return (
            super()
            .get_queryset(request)
            .select_related("legal_entity", "exported_by", "profile__legal_entity")
        )


@admin.register(ExportProfile)
class ExportProfileAdmin(FactsAdmin):
    list_display = ["legal_entity", "target", "number", "set_by", "recorded_at"]
    list_filter = ["target", "legal_entity"]
    list_select_related = ["legal_entity", "set_by"]
