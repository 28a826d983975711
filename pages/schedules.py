"""Statements on a schedule: to whom they go, which period fared how, and making a missed one again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from base import clock
from base.access import may
from base.api.negotiation import download
from base.errors import DomainError
from contracts.models import Counterparty, LegalEntity
from credits.exports import reporting
from credits.exports.models import ReportDocument, ReportSchedule
from pages.acting import ReasonForm, sentence
from pages.books import month_of
from pages.layout import viewing
from pages.ledger import day_of
from pages.statements import Day

PER_PAGE = 40


class ScheduleForm(forms.Form):
    """Whose statements, how often, in which form and to whom."""

    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("code"), to_field_name="code", empty_label=None, label="Our company"
    )
    counterparty = forms.ModelChoiceField(
        Counterparty.objects.order_by("name", "code"),
        to_field_name="code",
        required=False,
        empty_label="Everybody with an account",
    )
    department = forms.ChoiceField(choices=ReportSchedule.Department.choices, label="For")
    cadence = forms.ChoiceField(choices=ReportSchedule.Cadence.choices, label="How often")
    form = forms.ChoiceField(choices=ReportSchedule.Form.choices, label="As")
    address = forms.EmailField(label="Sent to")
    first_on = forms.DateField(label="First period begins", widget=Day)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})


@require_safe
@viewing("schedule")
def schedules(request: HttpRequest) -> HttpResponse:
    """Every schedule, and the log of its periods, the newest first."""
    on = clock.as_of()
    rows = list(
        ReportSchedule.objects.select_related("legal_entity", "counterparty", "begun_by").order_by("pk")
    )
    due = reporting.due_periods(on)
    context = {
        "title": "Scheduled statements",
        "crumbs": [],
        "schedules": rows,
        "page": Paginator(due, PER_PAGE).get_page(request.GET.get("page")),
        "missed": sum(one.state in ("missed", "failed") for one in due),
        "form": ScheduleForm(initial={"first_on": month_of(on, 1)}),
        "may_begin": may(request.user, "begin", "schedule"),
        "may_run": may(request.user, "run", "schedule"),
    }
    return render(request, "pages/finance/schedules.html", context)


@require_POST
@viewing("schedule")
def begin_schedule(request: HttpRequest) -> HttpResponse:
    """Begin one."""
    _must(request, "begin")
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return redirect("pages:schedules")
    given = dict(form.cleaned_data)
    try:
        reporting.begin_schedule(given.pop("legal_entity"), **given)
    except DomainError as refusal:
        messages.error(request, f"Refused, and nothing was changed. {sentence(refusal)}")
    else:
        messages.success(request, "Begun. What is due already is made at once.")
    return redirect("pages:schedules")


@require_POST
@viewing("schedule")
def end_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """End one, with a reason."""
    _must(request, "end")
    schedule = get_object_or_404(ReportSchedule, pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return redirect("pages:schedules")
    reporting.end_schedule(schedule, ended_on=clock.as_of(), reason=form.cleaned_data["reason"])
    messages.success(request, "Ended.")
    return redirect("pages:schedules")


@require_POST
@viewing("schedule")
def run_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the statements of a period, for the first time or again."""
    _must(request, "run")
    schedule = get_object_or_404(ReportSchedule, pk=pk)
    from_on = day_of(request, "from_on", clock.as_of()) if "from_on" in request.GET else None
    if from_on is None:
        raise Http404("Say which period: from_on is its first day.")
    now = clock.now()
    try:
        run = reporting.run_report(schedule, from_on=from_on, run_at=now)
    except DomainError as refusal:
        messages.error(request, f"Refused, and nothing was made. {sentence(refusal)}")
    else:
        if run.failure:
            messages.error(request, f"It failed: {run.failure}")
        else:
            messages.success(request, "Made. It is sent when the mail server is asked next.")
    return redirect("pages:schedules")


@require_safe
@viewing("schedule", "statement")
def report_document(request: HttpRequest, pk: int) -> HttpResponse:
    """A statement as it was made and sent, byte for byte."""
    document = get_object_or_404(ReportDocument, pk=pk)
    return download(bytes(document.content), document.media_type, document.name)


def _must(request: HttpRequest, act: str) -> None:
    if not may(request.user, act, "schedule"):
        raise PermissionDenied("Your role looks at schedules; finance keeps them.")
