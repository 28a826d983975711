"""Conflicts of promises: what is open, and a page of each with both texts, what either would pay, and the decision."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import acting_for
from base import clock
from base.access import Asking, may
from base.errors import DomainError
from base.models import User
from contracts import services
from contracts.conflicting import field_words
from contracts.models import Conflict, ConflictDecision
from contracts.precedence_reading import (
    open_conflicts,
    owners_of_objectives,
    owners_of_sides,
    proposal_for,
    state_of,
)
from contracts.visibility import visible_conflicts
from credits.at_stake import MONTHS, AtStake, stakes_of
from pages.acting import sentence
from pages.desk.side_by_side import figures_of, sides_of, texts_of
from pages.layout import viewing

PER_PAGE = 50
WHOLE = (
    "service",
    "first__owner",
    "first__counterparty",
    "second__owner",
    "objective__owner",
    "objective__service",
)
STATES = {"open": "Open", "to be confirmed": "To be confirmed", "decided": "Decided", "gone": "Gone"}
GivesWay = ConflictDecision.GivesWay


class DecisionForm(forms.Form):
    """Which side gives way, from which day, and why."""

    gives_way = forms.ChoiceField(label="Decision", widget=forms.RadioSelect)
    by_order = forms.BooleanField(label="By the order of precedence", required=False)
    from_on = forms.DateField(
        label="For windows that begin on or after",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    reason = forms.CharField(
        label="Reason, for the record",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why: it goes on record."},
    )

    def __init__(self, *args: Any, conflict: Conflict, has_order: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(GivesWay.NEITHER.value, "Both stand: each pays by itself")]
        if conflict.second is not None:
            choices = [
                (
                    GivesWay.FIRST.value,
                    f"{conflict.first.reference} gives way to {conflict.second.reference}",
                ),
                (
                    GivesWay.SECOND.value,
                    f"{conflict.second.reference} gives way to {conflict.first.reference}",
                ),
                *choices,
            ]
        self.fields["gives_way"].choices = choices  # type: ignore[attr-defined]
        if not has_order:
            del self.fields["by_order"]

    def clean_from_on(self) -> date:
        """A mistyped year would leave the windows of these years undecided, under a conflict that reads as decided."""
        day: date = self.cleaned_data["from_on"]
        this = clock.as_of().year
        first, last = this - 30, this + 10
        if not first <= day.year <= last:
            raise forms.ValidationError(f"Is in the year {day.year}; name a day between {first} and {last}.")
        return day


@require_safe
@viewing("conflict")
def conflicts(request: HttpRequest) -> HttpResponse:
    """Open ones first, then those to be confirmed, decided, and gone."""
    asked = request.GET.get("state", "")
    order = list(STATES)
    rows = list(visible_conflicts(request.user).select_related(*WHOLE)[:2000])
    if asked in STATES:
        rows = [row for row in rows if state_of(row) == asked]
    rows.sort(key=lambda row: (order.index(state_of(row)), -row.pk))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Conflicts",
        "page": page,
        "listed": _listed(request.user, list(page)),
        "may_reckon": may(request.user, "view", "assessment"),
        "asked": asked,
        "states": STATES,
        "sees_orders": may(request.user, "view", "precedence"),
        "may_look": may(request.user, "decide", "conflict"),
    }
    return render(request, "pages/desk/conflicts.html", context)


def _listed(user: Asking, rows: list[Any]) -> list[dict[str, Any]]:
    """What the list says of each of some conflicts. Two queries at most."""
    owners = owners_of_objectives({row.objective.code for row in rows if row.objective})
    stakes = dict(with_stakes(user, rows))
    return [
        {
            "row": row,
            "state": state_of(row),
            "differs": ", ".join(field_words(one["field"]) for one in row.differences),
            "owners": _names(
                row.first.owner, owners[row.objective.code] if row.objective else row.second.owner
            ),
            "stake": stakes[row],
        }
        for row in rows
    ]


def _names(*owners: User | None) -> str:
    """Each owner once."""
    return ", ".join(dict.fromkeys(one.display_name if one else "nobody yet" for one in owners))


def with_stakes(user: Asking, rows: Iterable[Any]) -> list[tuple[Any, AtStake | None]]:
    """Each conflict with what is at stake as of the page's day; None for whoever sees no results, and of a promise
    that reaches an objective. One query beside that of the rows."""
    told = list(rows)
    stakes = stakes_of(told, clock.as_of()) if may(user, "view", "assessment") else {}
    return [(row, stakes.get(row.pk)) for row in told]


@require_http_methods(["POST"])
@viewing("conflict")
def look(request: HttpRequest) -> HttpResponseRedirect:
    """Look through everything that is signed now, instead of tonight."""
    if not may(request.user, "decide", "conflict"):
        raise PermissionDenied("Your role does not do this.")
    with acting_for("looked for by hand"):
        found = services.find_conflicts(on=clock.as_of())
    messages.success(request, f"{len(found)} found that were not known before.")
    return redirect("pages:conflicts")


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("conflict")
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """One conflict: both texts side by side, what either would pay, who answers, and what legal decided."""
    row = _row(request, pk)
    proposal = proposal_for(row)
    form = _form(row, proposal)
    if request.method == "POST":
        if not may(request.user, "decide", "conflict"):
            raise PermissionDenied("Your role does not do this.")
        if request.POST.get("act") == "confirm":
            if _confirmed(request, row):
                return redirect("pages:conflict", pk)
        else:
            form = DecisionForm(request.POST, conflict=row, has_order=proposal.gives_way is not None)
            if _decided(request, row, form):
                return redirect("pages:conflict", pk)
        row = _row(request, pk)
    decisions = list(
        row.decisions.select_related("decided_by", "order", "confirmation__confirmed_by").order_by("-number")
    )
    waiting = decisions[0] if decisions and not hasattr(decisions[0], "confirmation") else None
    sides = sides_of(row)
    context = {
        "title": f"Conflict {row.pk}",
        "crumbs": [("Conflicts", reverse("pages:conflicts"))],
        "row": row,
        "state": state_of(row),
        "proposal": proposal,
        "decisions": decisions,
        "waiting": waiting,
        "mine": waiting is not None and waiting.decided_by_id == request.user.pk,
        "may_decide": may(request.user, "decide", "conflict"),
        "form": form,
        "sides": sides,
        "owners": owners_of_sides(row),
        "texts": texts_of(row, sides),
        "steps": row.steps.order_by("number"),
        "may_reckon": may(request.user, "view", "assessment"),
    }
    if context["may_reckon"]:
        context |= figures_of(sides) | {
            "stake": stakes_of([row], clock.as_of()).get(row.pk),
            "months": MONTHS,
        }
    return render(request, "pages/desk/conflict.html", context)


def open_count(request: HttpRequest) -> int:
    """How many open conflicts the reader may see."""
    return int(open_conflicts(visible_conflicts(request.user)).count())


def _row(request: HttpRequest, pk: int) -> Any:
    return get_object_or_404(visible_conflicts(request.user).select_related(*WHOLE), pk=pk)


def _form(row: Conflict, proposal: Any) -> DecisionForm:
    first: dict[str, Any] = {"from_on": _first_day(row)}
    if proposal.gives_way is not None:
        first |= {"gives_way": proposal.gives_way, "by_order": True}
    return DecisionForm(initial=first, conflict=row, has_order=proposal.gives_way is not None)


def _first_day(row: Conflict) -> date:
    """The first day on which texts of both sides hold, which a decision can be about; later versions repeat it."""
    path = "version__effective_from_on"
    pairs = row.sides.filter(side="first").values_list(f"commitment__{path}", f"against__{path}")
    days = [max(day for day in pair if day is not None) for pair in pairs]
    return min(days, default=clock.as_of())


def _decided(request: HttpRequest, row: Conflict, form: DecisionForm) -> bool:
    if not form.is_valid():
        return False
    given = form.cleaned_data
    try:
        with acting_for(given["reason"]):
            services.decide_conflict(
                row,
                gives_way=given["gives_way"],
                from_on=given["from_on"],
                reason=given["reason"],
                by_order=bool(given.get("by_order")),
            )
    except DomainError as error:
        named = str(error).partition(":")[0]
        form.add_error(named if named in form.fields else None, sentence(error))
        return False
    messages.success(request, "Decided. It counts once a second person of legal confirms it.")
    return True


def _confirmed(request: HttpRequest, row: Conflict) -> bool:
    given = request.POST.get("number", "")
    decision = row.decisions.filter(number=int(given) if given.isdecimal() and len(given) < 9 else 0).first()
    if decision is None:
        raise Http404("There is no such decision.")
    try:
        with acting_for("confirmed as a second person"):
            services.confirm_decision(decision)
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
        return False
    messages.success(request, "Confirmed. From now on it counts.")
    return True
