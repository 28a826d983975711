"""Sources and what they said; exclusions, which one person proposes and another decides."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from audit.acts import Act, ActForm
from audit.adminbase import FactsAdmin, FactsInline, RoleAdmin
from base import clock
from contracts.models import Contract, Service
from measurements import services
from measurements.importing import IMPORTERS
from measurements.models import (
    Exclusion,
    ExclusionDecision,
    IntervalObservation,
    ListedRow,
    Payload,
    SecondsObservation,
    Source,
    SourceBinding,
    VendorFigure,
)

Verdict = ExclusionDecision.Verdict
INTERVALS, SECONDS = Payload.Parser.INTERVALS_CSV, Payload.Parser.DAILY_SECONDS_CSV
FIGURES = Payload.Parser.VENDOR_FIGURES_CSV


class ImportForm(ActForm):
    """A file of a source. First look, then keep."""

    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, label="CSV file")
    content_is = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget, label="It holds", choices=Payload.Parser.choices
    )
    known_at = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget, label="Known at (UTC)", help_text="Since when we know it."
    )
    covers_until = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget,
        label="Knows everything until (UTC)",
        required=False,
        help_text="Files of intervals: the source's knowledge reaches to here, incidents or none.",
    )
    keep = forms.BooleanField(
        widget=UnfoldBooleanWidget, required=False, help_text="Without it the file is only looked at."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["known_at"].initial = clock.now


def _import(source: Source, values: dict[str, Any]) -> str:
    """Preview or import a file; one service each."""
    file, parser = values["file"], values["content_is"]
    given = {"source": source, "name": file.name, "content": file.read(), "known_at": values["known_at"]}
    if parser == INTERVALS:
        given["covers_until"] = values["covers_until"]
    if not values["keep"]:
        preview = {
            INTERVALS: services.preview_intervals_csv,
            SECONDS: services.preview_daily_seconds_csv,
            FIGURES: services.preview_vendor_figures_csv,
        }[parser](**given)
        faults = "; ".join(str(fault) for fault in preview.faults[:20])
        return f"{file.name}, only looked at: {preview.row_count} rows. " + (
            f"Faults: {faults}" if faults else "No faults; tick the box to keep it."
        )
    payload = {
        INTERVALS: services.import_intervals_csv,
        SECONDS: services.import_daily_seconds_csv,
        FIGURES: services.import_vendor_figures_csv,
    }[parser](**given, retrieved_at=values["known_at"], origin="uploaded in the admin")
    return (
        f"{payload.name}: {payload.row_count} rows, {payload.accepted} kept, {payload.repeated} known already, "
        f"{payload.listed} listed."
    )


class AddOnlyAdmin(RoleAdmin):
    """Made through a service, and then only acted on."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits it."""
        return False


@admin.register(Source)
class SourceAdmin(AddOnlyAdmin):
    edit_roles = services.KEEPERS
    acts = (
        Act(
            "import",
            "Import a file",
            IMPORTERS,
            _import,
            form=ImportForm,
            says="Every row is checked first. Of a file with a fault nothing is kept.",
        ),
    )
    list_display = ["code", "name", "kind", "shape", "vendor", "covers_from"]
    list_filter = ["kind", "shape"]
    list_select_related = ["vendor"]
    search_fields = ["code", "name"]

    def create(self, form: Any) -> Source:
        """See RoleAdmin."""
        return services.create_source(**form.cleaned_data)


@admin.register(SourceBinding)
class SourceBindingAdmin(AddOnlyAdmin):
    edit_roles = services.KEEPERS
    list_display = ["contract", "role", "source"]
    list_filter = ["contract", "source"]
    list_select_related = ["contract", "source"]

    def create(self, form: Any) -> SourceBinding:
        """See RoleAdmin."""
        return services.bind_source(**form.cleaned_data)


@admin.register(Payload)
class PayloadAdmin(FactsAdmin):
    list_display = ["name", "source", "parser", "known_at", "row_count", "accepted", "repeated", "listed"]
    list_filter = ["source", "parser"]
    list_select_related = ["source"]
    search_fields = ["name", "sha256"]
    exclude = ["content", "transaction_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payload]:
        """Without the bytes, which may be many."""
        return super().get_queryset(request).defer("content")


@admin.register(ListedRow)
class ListedRowAdmin(FactsAdmin):
    list_display = ["payload", "row_number", "external_id", "reason"]
    list_filter = ["reason", "payload__source"]
    search_fields = ["external_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListedRow]:
        """With the payload's name, without its bytes."""
        return super().get_queryset(request).select_related("payload").defer("payload__content")


@admin.register(IntervalObservation)
class IntervalObservationAdmin(FactsAdmin):
    list_display = ["external_id", "begins", "ends", "severity", "components", "known_at", "withdrawn"]
    list_filter = ["severity", "source", "withdrawn"]
    search_fields = ["external_id", "title"]
    ordering = ["-during"]
    exclude = ["payload"]

    @admin.display(description="From (UTC)", ordering="during")
    def begins(self, row: IntervalObservation) -> str:
        """The first instant."""
        return f"{row.during.lower:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Until (UTC)")
    def ends(self, row: IntervalObservation) -> str:
        """The first instant after it."""
        return f"{row.during.upper:%Y-%m-%d %H:%M:%S}"


@admin.register(SecondsObservation)
class SecondsObservationAdmin(FactsAdmin):
    list_display = ["service", "day", "partial_seconds", "major_seconds", "known_at"]
    list_filter = ["service", "source"]
    list_select_related = ["service"]
    date_hierarchy = "day"
    exclude = ["payload"]


@admin.register(VendorFigure)
class VendorFigureAdmin(FactsAdmin):
    list_display = ["service", "month_on", "uptime_ratio", "known_at"]
    list_filter = ["service", "source"]
    list_select_related = ["service"]
    exclude = ["payload"]


class ExclusionForm(forms.ModelForm):
    """What someone says should not count."""

    start = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, label="From (UTC)")
    end = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, label="Until (UTC)")

    class Meta:
        model = Exclusion
        fields = ["contract", "service", "kind", "start", "end", "announced_at", "external_id", "evidence"]
        widgets = {"evidence": UnfoldAdminTextareaWidget}


def _decide(verdict: str) -> Any:
    def decide(exclusion: Exclusion, values: dict[str, Any]) -> None:
        services.decide_exclusion(
            exclusion=exclusion, verdict=verdict, reason=values["reason"], decided_at=clock.now()
        )

    return decide


def _is_open(exclusion: Exclusion) -> bool:
    return not ExclusionDecision.objects.filter(exclusion=exclusion).exists()


class DecisionInline(FactsInline):
    model = ExclusionDecision
    fields = ["verdict", "reason", "decided_by", "decided_at", "worth"]
    readonly_fields = fields


@admin.register(Exclusion)
class ExclusionAdmin(AddOnlyAdmin):
    form = ExclusionForm
    edit_roles = services.PROPOSERS
    inlines = [DecisionInline]
    acts = (
        Act("approve", "Approve", services.DECIDERS, _decide(Verdict.APPROVED), when=_is_open, bulk=True),
        Act("refuse", "Refuse", services.DECIDERS, _decide(Verdict.REFUSED), when=_is_open, bulk=True),
    )
    list_display = ["__str__", "contract", "service", "begins", "ends", "proposed_by", "verdict"]
    list_filter = ["kind", "contract", "decision__verdict"]
    search_fields = ["external_id", "evidence"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exclusion]:
        """With what the list shows."""
        return super().get_queryset(request).select_related("contract", "service", "proposed_by", "decision")

    def get_inlines(self, request: HttpRequest, obj: Exclusion | None = None) -> Any:
        """What is only proposed now has no decision."""
        return self.inlines if obj else []

    def get_fields(self, request: HttpRequest, obj: Exclusion | None = None) -> Any:
        """What is proposed; afterwards also by whom."""
        if obj is None:
            return ["contract", "service", "kind", "start", "end", "announced_at", "external_id", "evidence"]
        names = ["contract", "service", "kind", "begins", "ends", "announced_at", "external_id", "evidence"]
        return [*names, "proposed_by", "proposed_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Exclusion | None = None) -> Any:
        """Its times as they are kept."""
        return ["begins", "ends"] if obj else []

    @admin.display(description="From (UTC)", ordering="during")
    def begins(self, row: Exclusion) -> str:
        """The first instant."""
        return f"{row.during.lower:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Until (UTC)")
    def ends(self, row: Exclusion) -> str:
        """The first instant after it."""
        return f"{row.during.upper:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Decision")
    def verdict(self, row: Exclusion) -> str:
        """The verdict, or that it waits for one."""
        decision = getattr(row, "decision", None)
        return decision.get_verdict_display() if decision else "waits"

    def create(self, form: Any) -> Exclusion:
        """See RoleAdmin."""
        return services.propose_exclusion(**form.cleaned_data, proposed_at=clock.now())

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only what exclusions can act on is offered."""
        if db_field.name == "contract":
            kwargs["queryset"] = Contract.objects.filter(versions__state="signed").distinct()
        if db_field.name == "service":
            kwargs["queryset"] = Service.objects.filter(commitments__isnull=False).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


from measurements import admin_disputes, admin_feeds  # noqa: E402, F401  # registers the rest of this room
