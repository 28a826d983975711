"""Orders of precedence: what is on record, and a form to take one from the paper."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.record import acting_for
from base.access import may
from base.errors import DomainError
from contracts import services
from contracts.models import Contract, Counterparty, PrecedenceOrder
from pages.acting import sentence, tell
from pages.layout import viewing

MASTERS = (Contract.Kind.MASTER_AGREEMENT, Contract.Kind.FRAMEWORK)


class OrderForm(forms.Form):
    """An order of precedence as the paper has it: a line for each place, the first prevailing."""

    master = forms.ModelChoiceField(
        Contract.objects.filter(kind__in=MASTERS).order_by("reference"),
        label="For everything under this master agreement",
        required=False,
    )
    counterparty = forms.ModelChoiceField(
        Counterparty.objects.order_by("name"),
        label="Or for everything with this counterparty",
        required=False,
    )
    direction = forms.ChoiceField(
        label="In this direction", choices=[("", "—"), *Contract.Direction.choices], required=False
    )
    ranks = forms.CharField(
        label="Documents, the first prevailing",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One to a line: a kind of document, such as Order form, or the reference of a contract.",
    )
    clause = forms.CharField(
        label="The words that say so", max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    paper = forms.CharField(
        label="Where they stand", max_length=200, help_text="Document, clause and page of the paper."
    )

    def clean_ranks(self) -> list[Any]:
        """Kinds by their names, contracts by their references; anything else is told by its line."""
        kinds = {label.lower(): value for value, label in Contract.Kind.choices}
        kinds |= {value: value for value in Contract.Kind.values}
        lines = [" ".join(line.split()) for line in self.cleaned_data["ranks"].splitlines()]
        lines = [line for line in lines if line]
        named = {row.reference: row for row in Contract.objects.filter(reference__in=lines)}
        unknown = [line for line in lines if line.lower() not in kinds and line not in named]
        if unknown:
            known = ", ".join(label for _, label in Contract.Kind.choices)
            raise forms.ValidationError(
                f"{unknown[0]!r} is no kind of document and no contract; kinds are {known}."
            )
        return [named.get(line) or kinds[line.lower()] for line in lines]


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("precedence")
def precedence(request: HttpRequest) -> HttpResponse:
    """Every order with its clause and whether a second person confirmed it; legal records and confirms here."""
    may_edit = may(request.user, "edit", "precedence")
    form = OrderForm()
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied("Your role does not do this.")
        if request.POST.get("act") == "confirm":
            _confirm(request)
            return redirect("pages:precedence")
        form = OrderForm(request.POST)
        if _recorded(request, form):
            return redirect("pages:precedence")
    rows = PrecedenceOrder.objects.select_related(
        "master", "counterparty", "recorded_by", "confirmation__confirmed_by"
    ).prefetch_related("ranks__contract")
    context = {
        "title": "Order of precedence",
        "crumbs": [("Conflicts", reverse("pages:conflicts"))]
        if may(request.user, "view", "conflict")
        else [],
        "rows": rows.order_by("-pk")[:200],
        "form": form,
        "may_edit": may_edit,
    }
    return render(request, "pages/desk/precedence.html", context)


def _recorded(request: HttpRequest, form: OrderForm) -> bool:
    if not form.is_valid():
        return False
    try:
        with acting_for("taken from the paper"):
            services.record_precedence(**form.cleaned_data)
    except DomainError as error:
        tell(form, error)
        return False
    messages.success(request, "Recorded. It decides nothing until a second person of legal confirms it.")
    return True


def _confirm(request: HttpRequest) -> None:
    number = request.POST.get("order", "")
    rows = PrecedenceOrder.objects.filter(Q(confirmation__isnull=True))
    row = get_object_or_404(rows, pk=int(number) if number.isdecimal() else 0)
    try:
        with acting_for("confirmed as a second person"):
            services.confirm_precedence(row)
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
    else:
        messages.success(request, "Confirmed. From now on it can decide conflicts.")
