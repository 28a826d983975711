"""What is agreed between sources and maintenance that recurs, each entered through its service; and what people said
about incidents, differences and exclusions, to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
)

from audit.adminbase import FactsAdmin
from base import clock
from contracts.models import Service
from contracts.visibility import visible_contracts
from measurements import services
from measurements.admin import AddOnlyAdmin
from measurements.models import (
    Attribution,
    DifferenceDecision,
    DifferenceTolerance,
    ExclusionEvidence,
    IncidentNote,
    RecurringMaintenance,
)
from measurements.visibility import visible_sources

WEEKDAYS = [
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (7, "Sunday"),
]


class AgreedAdmin(AddOnlyAdmin):
    """Entered by form, for contracts and sources that the user may see; their page links here with ``?contract=``."""

    entered: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is entered; afterwards also by whom and when."""
        return [*self.entered, *self.kept] if obj else list(self.entered)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only what the user may see is offered."""
        offered = {
            "contract": lambda: visible_contracts(request.user).filter(versions__state="signed").distinct(),
            "source": lambda: visible_sources(request.user),
            "service": lambda: Service.objects.filter(commitments__isnull=False).distinct(),
        }
        if db_field.name in offered:
            kwargs["queryset"] = offered[db_field.name]()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ToleranceForm(forms.ModelForm):
    """How far a source may differ from the contract's own."""

    windows_from = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget, label="For windows that begin at or after (UTC)"
    )
    seconds = forms.IntegerField(
        widget=UnfoldAdminIntegerFieldWidget,
        required=False,
        min_value=0,
        label="Seconds of a window that may stay unexplained",
        help_text="Strictly more keeps a result from becoming final. Empty: no longer compared.",
    )

    class Meta:
        model = DifferenceTolerance
        fields = ["contract", "source", "seconds", "windows_from", "reason"]
        widgets = {"reason": UnfoldAdminTextareaWidget}


@admin.register(DifferenceTolerance)
class DifferenceToleranceAdmin(AgreedAdmin):
    form = ToleranceForm
    edit_roles = services.TOLERANCE_SETTERS
    entered = ("contract", "source", "seconds", "windows_from", "reason")
    kept = ("set_by", "set_at")
    list_display = ["contract", "source", "seconds", "windows_from", "set_by", "set_at"]
    list_filter = ["contract", "source"]
    list_select_related = ["contract", "source", "set_by"]

    def create(self, form: Any) -> DifferenceTolerance:
        """See RoleAdmin."""
        return services.set_difference_tolerance(**form.cleaned_data, set_at=clock.now())


class RecurringForm(forms.ModelForm):
    """Maintenance at the same local hours on some days of the week."""

    weekdays = forms.TypedMultipleChoiceField(
        choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple, label="On"
    )
    announced_at = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, label="Announced at (UTC)")

    class Meta:
        model = RecurringMaintenance
        fields = [
            "contract",
            "service",
            "code",
            "zone",
            "weekdays",
            "starts_local",
            "ends_local",
            "first_on",
            "last_on",
            "announced_at",
            "evidence",
        ]
        widgets = {"evidence": UnfoldAdminTextareaWidget}


@admin.register(RecurringMaintenance)
class RecurringMaintenanceAdmin(AgreedAdmin):
    form = RecurringForm
    edit_roles = services.PROPOSERS
    entered = tuple(RecurringForm.Meta.fields)
    kept = ("proposed_by", "proposed_at")
    list_display = ["code", "contract", "service", "hours", "first_on", "last_on", "proposed_by"]
    list_filter = ["contract", "service"]
    list_select_related = ["contract", "service", "proposed_by"]
    search_fields = ["code", "evidence"]

    @admin.display(description="Local hours")
    def hours(self, row: RecurringMaintenance) -> str:
        """From when to when, by which clocks."""
        return f"{row.starts_local:%H:%M} to {row.ends_local:%H:%M} {row.zone}"

    def create(self, form: Any) -> RecurringMaintenance:
        """See RoleAdmin."""
        return services.propose_recurring_maintenance(**form.cleaned_data, proposed_at=clock.now())


@admin.register(DifferenceDecision)
class DifferenceDecisionAdmin(FactsAdmin):
    list_display = [
        "commitment",
        "window_start",
        "source",
        "line",
        "accepted_seconds",
        "category",
        "decided_by",
    ]
    list_filter = ["category", "source"]
    list_select_related = ["commitment__version__contract", "commitment__service", "source", "decided_by"]


@admin.register(Attribution)
class AttributionAdmin(FactsAdmin):
    list_display = ["external_id", "source", "party", "decided_by", "decided_at"]
    list_filter = ["party", "source"]
    list_select_related = ["source", "decided_by"]
    search_fields = ["external_id"]


@admin.register(IncidentNote)
class IncidentNoteAdmin(FactsAdmin):
    list_display = ["external_id", "source", "occurred_at", "clock_skew_seconds", "text", "author"]
    list_filter = ["source"]
    list_select_related = ["source", "author"]
    search_fields = ["external_id", "text"]


@admin.register(ExclusionEvidence)
class ExclusionEvidenceAdmin(FactsAdmin):
    list_display = ["name", "exclusion", "kind", "sha256", "added_by", "added_at"]
    list_filter = ["kind"]
    list_select_related = ["exclusion__contract", "exclusion__service", "added_by"]
    search_fields = ["name", "sha256"]
    exclude = ["content"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExclusionEvidence]:
        """Without the bytes."""
        return super().get_queryset(request).defer("content")
