"""Internal objectives, and who answers for what: whoever left leaves a list behind."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import acting_for
from base import clock
from base.access import may, visible
from base.errors import DomainError
from base.models import User
from contracts import services
from contracts.conflicting import objective_spans
from contracts.models import Conflict, Figure, Service, ServiceLevelObjective
from contracts.precedence_reading import latest_objectives, open_conflicts, orphaned_contracts
from contracts.visibility import visible_contracts
from pages.acting import sentence, tell
from pages.layout import viewing

SHOWN = 100
Window = ServiceLevelObjective.Window


class Person(forms.ModelChoiceField):
    """Somebody of ours, by name."""

    def label_from_instance(self, obj: Any) -> str:
        """As people are called."""
        return str(obj.display_name)


class ObjectiveForm(forms.Form):
    """An objective, or the next version of the one with the same code."""

    code = forms.SlugField(
        label="Code", max_length=60, help_text="A code that is there already gets a further version."
    )
    service = forms.ModelChoiceField(Service.objects.order_by("code"), label="Service")
    figure = forms.ChoiceField(label="Measured by", choices=Figure.choices)
    window = forms.ChoiceField(label="Over", choices=[("", "Any window"), *Window.choices], required=False)
    target_percent = forms.DecimalField(
        label="We aim for, in percent", min_value=0, max_value=100, max_digits=12, decimal_places=9
    )
    target_inclusive = forms.BooleanField(label="Exactly that is enough", required=False, initial=True)
    owner = Person(User.objects.none(), label="Owner")
    from_on = forms.DateField(label="From", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    until_on = forms.DateField(
        label="Until (excluded)", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(label="Reason, for the record", max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(kind=User.Kind.STAFF, is_active=True).order_by("last_name", "username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("objective")
def objectives(request: HttpRequest) -> HttpResponse:
    """Every objective with its owner, whether it is agreed, and what reaches it; a form for whoever may enter one."""
    may_edit = may(request.user, "edit", "objective")
    form = ObjectiveForm(initial={"from_on": clock.as_of(), "target_inclusive": True})
    if request.method == "POST":
        if request.POST.get("act") == "agree":
            _agree(request)
            return redirect("pages:objectives")
        if not may_edit:
            raise PermissionDenied("Your role does not do this.")
        form = ObjectiveForm(request.POST)
        if _entered(request, form):
            return redirect("pages:objectives")
    on = clock.as_of()
    rows = list(
        visible(ServiceLevelObjective.objects.all(), request.user)
        .select_related("service", "owner", "entered_by", "agreement__agreed_by")
        .order_by("service__code", "code", "number")[: SHOWN * 5]
    )
    counts = {
        pk
        for pk, spans in objective_spans(rows).items()
        if any(start <= on and (end is None or on < end) for start, end in spans)
    }
    newest = {row.code: row.number for row in rows}
    reached: dict[int, int] = {}
    for pk in open_conflicts().filter(kind=Conflict.Kind.OBJECTIVE).values_list("objective", flat=True):
        reached[pk] = reached.get(pk, 0) + 1
    context = {
        "title": "Internal objectives",
        "rows": [
            (row, row.pk in counts, reached.get(row.pk, 0), row.number == newest[row.code])
            for row in reversed(rows)
            if row.pk in counts or row.number == newest[row.code]
        ],
        "form": form,
        "may_edit": may_edit,
        "on": on,
    }
    return render(request, "pages/desk/objectives.html", context)


def _entered(request: HttpRequest, form: ObjectiveForm) -> bool:
    if not form.is_valid():
        return False
    try:
        with acting_for(form.cleaned_data["reason"]):
            row = services.set_objective(as_of=clock.as_of(), **form.cleaned_data)
    except DomainError as error:
        tell(form, error)
        return False
    messages.success(request, f"{row} is entered. It is not agreed until its owner says so.")
    return True


def _agree(request: HttpRequest) -> None:
    if not may(request.user, "agree", "objective"):
        raise PermissionDenied("Your role does not do this.")
    number = request.POST.get("objective", "")
    row = get_object_or_404(latest_objectives(), pk=int(number) if number.isdecimal() else 0)
    try:
        with acting_for("agreed by its owner"):
            services.agree_objective(row)
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
    else:
        messages.success(request, f"You agreed to {row}.")


@require_safe
@viewing("contract")
def owners(request: HttpRequest) -> HttpResponse:
    """Contracts and objectives whose owner left, and contracts that nobody answers for yet."""
    mine = visible_contracts(request.user)
    nobody = mine.filter(owner=None).select_related("counterparty").order_by("reference")
    context: dict[str, Any] = {
        "title": "Without an owner",
        "left": mine.filter(pk__in=orphaned_contracts().values("pk"))
        .select_related("owner", "counterparty")
        .order_by("owner__username", "reference")[:SHOWN],
        "nobody": nobody[:SHOWN],
        "nobody_count": nobody.count(),
        "may_edit": may(request.user, "edit", "contract") and request.user.is_staff,
    }
    if may(request.user, "view", "objective"):
        context["objectives"] = latest_objectives().filter(owner__is_active=False).order_by("code")[:SHOWN]
    return render(request, "pages/desk/owners.html", context)
