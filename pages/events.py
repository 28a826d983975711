"""The record as a list with filters, and a page per event with its proof."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from audit.hashing import leaf_hash
from audit.models import Event, SealedEvent
from audit.record import content_of
from audit.visibility import visible_events
from base.access import Asking, may
from base.access_rules import BY_MODEL
from base.models import User
from pages.layout import viewing
from pages.statements import Day

PER_PAGE = 50
PAGES = {
    "contracts.contract": "pages:contract",
    "credits.assessment": "pages:assessment",
    "credits.creditmemo": "pages:memo",
    "credits.claim": "pages:claim",
}


def _word(label: str, most: int) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=False)


class EventsForm(forms.Form):
    """What the list is narrowed by. A verb may be given by its beginning: ``credit_memo``."""

    verb = _word("What, such as credit_memo.approve", 60)
    actor = _word("By", 200)
    on = _word("On", 300)
    via = forms.ChoiceField(label="Via", choices=[("", "All"), *Event.Via.choices], required=False)
    since = forms.DateField(label="From", widget=Day, required=False)
    until = forms.DateField(label="Until, included", widget=Day, required=False)
    subject_type = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    subject_id = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    correlation = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def narrowed(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        """The rows that match everything that was given; none where something given makes no sense."""
        if not self.is_valid():
            return rows.none()
        given = self.cleaned_data
        exact = {
            "verb__startswith": given["verb"].strip(),
            "actor_name__icontains": given["actor"].strip(),
            "subject_label__icontains": given["on"].strip(),
            "via": given["via"],
            "subject_type": given["subject_type"],
            "subject_id": given["subject_id"],
            "correlation_id": given["correlation"],
        }
        rows = rows.filter(**{name: value for name, value in exact.items() if value})
        if given["since"]:
            rows = rows.filter(recorded_at__gte=datetime.combine(given["since"], time(0), UTC))
        if given["until"] and given["until"].year < 9999:
            end = datetime.combine(given["until"], time(0), UTC) + timedelta(days=1)
            rows = rows.filter(recorded_at__lt=end)
        return rows


@require_safe
@viewing("event")
def events(request: HttpRequest) -> HttpResponse:
    """The events, newest first, by pages that cost the same however many there are: ``?before=`` an event's id."""
    form = EventsForm(request.GET, label_suffix="")
    rows = form.narrowed(visible_events(request.user))
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) <= 18:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows.defer("before", "after").order_by("-pk")[: PER_PAGE + 1])
    context: dict[str, Any] = {
        "title": "Events",
        "form": form,
        "narrowed": any(request.GET.get(name) for name in form.fields),
        "events": shown[:PER_PAGE],
        "newest": bool(before),
        "older": shown[PER_PAGE - 1].pk if len(shown) > PER_PAGE else None,
    }
    return render(request, "pages/auditor/events.html", context)


@require_safe
@viewing("event")
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: what was and what became, and whether its content still gives its hash."""
    row = get_object_or_404(visible_events(request.user), pk=pk)
    context = {
        "title": f"Event {row.pk}",
        "crumbs": [("Events", reverse("pages:events"))],
        "event": row,
        "before": _text(row.before),
        "after": _text(row.after),
        "subject": address_of(row, request.user),
        "holds": leaf_hash(content_of(row)) == row.leaf_hash,
        "place": SealedEvent.objects.filter(event=row).select_related("seal").first(),
    }
    return render(request, "pages/auditor/event.html", context)


def _text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def address_of(row: Event, user: Asking) -> str:
    """Where an event's subject is shown to a reader: its page, else its record in the admin, else nowhere."""
    kind = BY_MODEL.get(row.subject_type)
    if kind is None or not may(user, "view", kind.name) or not row.subject_id.isdecimal():
        return ""
    try:
        if row.subject_type in PAGES:
            return reverse(PAGES[row.subject_type], args=[int(row.subject_id)])
        if isinstance(user, User) and user.is_staff:
            name = row.subject_type.replace(".", "_")
            return reverse(f"admin:{name}_change", args=[row.subject_id])
    except NoReverseMatch:
        return ""
    return ""
