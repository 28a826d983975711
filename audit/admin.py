"""The record, to be read."""

from django.contrib import admin
from django.http import HttpRequest

from audit import token_admin  # noqa: F401  # registers the tokens of the API
from audit.adminbase import FactsAdmin, shown
from audit.models import Event, Seal


@admin.register(Event)
class EventAdmin(FactsAdmin):
    list_display = ["recorded_at", "verb", "subject_label", "actor_name", "via", "reason", "correlation_id"]
    list_filter = ["verb", "via"]
    search_fields = ["subject_label", "actor_name", "correlation_id", "reason", "subject_id"]
    date_hierarchy = "recorded_at"
    fields = [
        "recorded_at",
        "actor_name",
        "via",
        "verb",
        "subject_type",
        "subject_id",
        "subject_label",
        "reason",
        "before_text",
        "after_text",
        "correlation_id",
        "leaf_hash",
    ]
    readonly_fields = ["before_text", "after_text"]

    @admin.display(description="Before")
    def before_text(self, event: Event) -> str:
        """What it was, as JSON."""
        return shown(event.before) or "—"

    @admin.display(description="After")
    def after_text(self, event: Event) -> str:
        """What it became, as JSON."""
        return shown(event.after) or "—"


@admin.register(Seal)
class SealAdmin(FactsAdmin):
    list_display = ["number", "sealed_at", "count", "head"]

    def get_fields(self, request: HttpRequest, obj: Seal | None = None) -> list[str]:
        """Everything that an outsider needs to recompute the head."""
        return ["number", "sealed_at", "count", "previous_head", "root", "head"]
