"""What is asked of sources and how it fares; what is personal; who may push."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from audit.acts import Act
from audit.adminbase import FactsAdmin, RoleAdmin
from base import clock
from base.api.models import Token
from measurements import services
from measurements.adapters.pulls import PULL_ADAPTERS
from measurements.deliveries import IMPORTERS
from measurements.models import (
    Feed,
    ImportRun,
    IntakePolicy,
    MaintenanceNotice,
    PushGrant,
)

STATE = ["cursor", "succeeded", "failing", "last_error"]
ADAPTERS = [(name, adapter.label) for name, adapter in PULL_ADAPTERS.items()]


class FeedForm(forms.ModelForm):
    """A source, the adapter that asks it, and the adapter's settings."""

    adapter = forms.ChoiceField(widget=UnfoldAdminSelectWidget, choices=ADAPTERS)
    begins_at = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, label="Begins at (UTC)")

    class Meta:
        model = Feed
        fields = ["source", "adapter", "settings", "begins_at", "every_seconds", "enabled"]
        help_texts = {
            "settings": "JSON, as docs/adapters.md describes it. A token is named, never written here."
        }


@admin.register(Feed)
class FeedAdmin(RoleAdmin):
    form = FeedForm
    edit_roles = services.KEEPERS
    acts = (
        Act(
            "pull",
            "Ask now",
            IMPORTERS,
            lambda feed, values: services.pull(feed=feed, requested_at=clock.now()) and "Its run has begun.",
            says="The source is asked by the worker; the run shows how far it has come.",
        ),
    )
    list_display = ["source", "adapter", "every_seconds", "enabled", "succeeded", "failing"]
    list_filter = ["adapter", "enabled"]
    list_select_related = ["source", "state"]

    def get_fields(self, request: HttpRequest, obj: Feed | None = None) -> Any:
        """What a person sets; afterwards also how far it has come."""
        fields = ["source", "adapter", "settings", "begins_at", "every_seconds", "enabled"]
        return [*fields, *STATE] if obj else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Feed | None = None) -> Any:
        """A feed stays its source's; how far it has come is told."""
        return ["source", *STATE] if obj else []

    @admin.display(description="Has come to")
    def cursor(self, feed: Feed) -> str:
        """The cursor after the last page that was kept."""
        return ", ".join(f"{name} {value}" for name, value in feed.state.cursor.items()) or "nothing yet"

    @admin.display(description="Last error")
    def last_error(self, feed: Feed) -> str:
        """Why it failed last."""
        return feed.state.last_error or "none"

    @admin.display(description="Last success (UTC)")
    def succeeded(self, feed: Feed) -> str:
        """When the source last answered to the end."""
        at = feed.state.succeeded_at
        return f"{at:%Y-%m-%d %H:%M:%S}" if at else "never"

    @admin.display(description="Failures in a row")
    def failing(self, feed: Feed) -> int:
        """How often it failed since."""
        return feed.state.failures

    def create(self, form: Any) -> Feed:
        """See RoleAdmin."""
        return services.set_feed(**form.cleaned_data)

    def change(self, obj: Feed, form: Any) -> None:
        """See RoleAdmin."""
        services.set_feed(**{"source": obj.source, **form.cleaned_data})


@admin.register(IntakePolicy)
class IntakePolicyAdmin(RoleAdmin):
    edit_roles = services.KEEPERS
    fields = ["source", "hash_fields", "payload_days"]
    list_display = ["source", "hash_fields", "payload_days"]
    list_select_related = ["source"]

    def get_readonly_fields(self, request: HttpRequest, obj: IntakePolicy | None = None) -> Any:
        """A policy stays its source's."""
        return ["source"] if obj else []

    def create(self, form: Any) -> IntakePolicy:
        """See RoleAdmin."""
        return services.set_intake_policy(**form.cleaned_data)

    def change(self, obj: IntakePolicy, form: Any) -> None:
        """See RoleAdmin."""
        services.set_intake_policy(**{"source": obj.source, **form.cleaned_data})


@admin.register(ImportRun)
class ImportRunAdmin(FactsAdmin):
    list_display = ["name", "source", "entrance", "form", "requested_at", "percent", "outcome", "fault_count"]
    list_filter = ["entrance", "outcome", "source"]
    list_select_related = ["source"]
    search_fields = ["name", "original_sha256"]
    exclude = ["content"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        """Without the files."""
        return super().get_queryset(request).defer("content")


@admin.register(MaintenanceNotice)
class MaintenanceNoticeAdmin(FactsAdmin):
    list_display = [
        "external_id",
        "source",
        "announced_at",
        "begins",
        "ends",
        "status",
        "components",
        "known_at",
    ]
    list_filter = ["source", "status"]
    list_select_related = ["source"]
    search_fields = ["external_id", "title"]
    exclude = ["payload"]

    @admin.display(description="From (UTC)", ordering="during")
    def begins(self, row: MaintenanceNotice) -> str:
        """The first instant."""
        return f"{row.during.lower:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Until (UTC)")
    def ends(self, row: MaintenanceNotice) -> str:
        """The first instant after it."""
        return f"{row.during.upper:%Y-%m-%d %H:%M:%S}"


@admin.register(PushGrant)
class PushGrantAdmin(RoleAdmin):
    edit_roles = ("administrator",)
    fields = ["token", "source"]
    list_display = ["token", "source", "granted_by", "granted_at"]
    list_select_related = ["token", "source", "granted_by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A grant ends with its token."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only tokens that may send observations are offered."""
        if db_field.name == "token":
            kwargs["queryset"] = Token.objects.filter(
                scopes__contains=["write:observations"], revoked_at=None
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, form: Any) -> PushGrant:
        """See RoleAdmin."""
        return services.grant_push(**form.cleaned_data, granted_at=clock.now())
