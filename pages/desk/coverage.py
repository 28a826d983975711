"""What a contract covers and what it does not: read by the customer, drafted and published by two of legal."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.record import acting
from base import clock
from base.access import may, scopes_of
from base.access_rules import Scope
from base.errors import DomainError
from contracts import services
from contracts.errors import ChangedMeanwhile, FieldsRefused, TermsAltered
from contracts.models import Contract, CoverageEntry, CoverageList, Service
from contracts.reading import terms_of, version_in_effect
from contracts.services.coverage import LONGEST, MOST_ENTRIES, lacks
from contracts.visibility import visible_coverage
from pages.acting import sentence
from pages.desk.conformed import contract_of
from pages.layout import viewing
from reckoning.canonical import decimal_text

MORE = 3


class EntryForm(forms.Form):
    """One journey or service."""

    journey = forms.CharField(max_length=200, required=False, label="Journey or service")
    service = forms.ChoiceField(required=False, label="Is our service")
    covered = forms.ChoiceField(choices=[("yes", "Covered"), ("no", "Not covered")], label="It is")
    why_not = forms.CharField(
        max_length=LONGEST, required=False, label="Why not", help_text="The customer reads this."
    )
    owner = forms.CharField(max_length=200, required=False, label="Owner", help_text="Person or team.")
    cost_amount = forms.DecimalField(required=False, max_digits=21, decimal_places=3, label="Cost estimate")
    cost_currency = forms.CharField(max_length=3, required=False, label="Currency")
    cost_per = forms.ChoiceField(choices=CoverageEntry.CostPer.choices, label="For")

    def __init__(self, *args: Any, offered: dict[str, Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        named = [(code, service.name) for code, service in offered.items()]
        self.fields["service"].choices = [("", "—"), *named]  # type: ignore[attr-defined]

    @property
    def entry(self) -> dict[str, Any] | None:
        """What the service takes; None for a row that was left empty."""
        given = dict(self.cleaned_data)
        told = ("journey", "why_not", "owner", "cost_amount", "service")
        if not any(given.get(name) not in (None, "") for name in told):
            return None
        covered = given["covered"] == "yes"
        currency = given["cost_currency"].upper() if given.get("cost_amount") is not None else ""
        service = self.offered.get(given["service"])
        return given | {"covered": covered, "cost_currency": currency, "service": service}


Entries = forms.formset_factory(EntryForm, extra=0, max_num=MOST_ENTRIES, absolute_max=MOST_ENTRIES + MORE)


def _lists(request: HttpRequest, contract: Contract) -> Any:
    rows = visible_coverage(request.user).filter(contract=contract)
    return rows.select_related("drafted_by", "publication__published_by").order_by("-number")


def _crumbs(contract: Contract) -> list[tuple[str, str]]:
    return [
        ("Contracts", reverse("pages:contracts")),
        (contract.reference, reverse("pages:contract", args=[contract.pk])),
    ]


@require_safe
@viewing("contract", "coverage")
def coverage(request: HttpRequest, pk: int) -> HttpResponse:
    """The list that is published, or the one of ``?number=``; a customer's login sees no draft, owner or cost."""
    contract = contract_of(request, pk)
    lists = list(_lists(request, contract))
    published = [one for one in lists if hasattr(one, "publication")]
    asked = request.GET.get("number", "")
    shown = next((one for one in lists if str(one.number) == asked), None)
    if asked and shown is None:
        raise Http404("There is no such list, or none that your role may see.")
    shown = shown or (published[0] if published else lists[0] if lists else None)
    newest = lists[0] if lists else None
    internal = bool(scopes_of(request.user, "coverage") - {Scope.OWN})
    entries = list(shown.entries.select_related("service")) if shown else []
    context: dict[str, Any] = {
        "title": "Covered and not covered",
        "crumbs": _crumbs(contract),
        "contract": contract,
        "lists": lists,
        "shown": shown,
        "covered": [one for one in entries if one.covered],
        "not_covered": [one for one in entries if not one.covered],
        "internal": internal,
        "draft": newest if newest and not hasattr(newest, "publication") else None,
        "may_draft": may(request.user, "draft", "coverage"),
        "may_publish": may(request.user, "publish", "coverage"),
        "wrote": any(one.drafted_by_id == request.user.pk for one in _since_published(lists)),
        "today": clock.as_of(),
    }
    if context["draft"] and internal:
        context["lacks"] = lacks(context["draft"])
    return render(request, "pages/desk/coverage.html", context)


def _since_published(lists: list[CoverageList]) -> Iterator[CoverageList]:
    """The drafts since the last publication, newest first: whoever wrote one of them does not publish."""
    for one in lists:
        if hasattr(one, "publication"):
            return
        yield one


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("contract", "coverage")
def coverage_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """The list as a form: the newest draft, else what the version in effect promises. ``op`` more adds rows."""
    contract = contract_of(request, pk)
    if not may(request.user, "draft", "coverage"):
        raise PermissionDenied("Only legal drafts what is covered.")
    offered = {service.code: service for service in Service.objects.order_by("name")}
    given: dict[str, Any] = {"form_kwargs": {"offered": offered}, "prefix": "entries"}
    newest = _lists(request, contract).first()
    if request.method != "POST":
        rows = _rows_of(newest, contract) if newest else _rows_to_begin_with(contract)
        begun = Entries(initial=[*rows, *_blank(contract)], **given)
        return _form(request, contract, begun, newest.introduction if newest else "")
    introduction = request.POST.get("introduction", "")
    if request.POST.get("op") == "more":
        return _form(request, contract, Entries(_longer(request.POST), **given), introduction)
    entries = Entries(request.POST, **given)
    if not entries.is_valid():
        return _form(request, contract, entries, introduction, status=422)
    try:
        with acting(request.user, via="page"):  # type: ignore[arg-type]
            kept = services.draft_coverage(
                contract=contract,
                introduction=introduction,
                entries=[form.entry for form in entries if form.entry is not None],
                begun_from=_begun_from(request),
            )
    except ChangedMeanwhile as error:
        refused = [sentence(error)]
        return _form(request, contract, entries, introduction, refused=refused, begin_anew=True, status=409)
    except FieldsRefused as error:
        refused = [f"{name}: {' '.join(said)}" for name, said in error.fields.items()]
        return _form(request, contract, entries, introduction, refused=refused, status=422)
    messages.success(request, f"Draft {kept.number} is kept. Another person of legal publishes it.")
    return HttpResponseRedirect(f"{reverse('pages:coverage', args=[pk])}?number={kept.number}")


@require_POST
@viewing("contract", "coverage")
def coverage_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish the newest draft."""
    contract = contract_of(request, pk)
    number = request.POST.get("number", "")
    chosen = get_object_or_404(_lists(request, contract), number=int(number) if number.isdecimal() else 0)
    today = clock.as_of()
    day = forms.DateField(required=True, validators=[MaxValueValidator(today)])
    try:
        with acting(request.user, via="page"):  # type: ignore[arg-type]
            done = services.publish_coverage(
                coverage=chosen, published_on=day.clean(request.POST.get("published_on", ""))
            )
        messages.success(
            request, f"Published on {done.published_on:%Y-%m-%d}. The customer's login reads it now."
        )
    except forms.ValidationError:
        messages.error(
            request,
            f"Refused, and nothing was changed. Give the day on which it is published, {today} at the latest: "
            "the customer reads it from the moment on.",
        )
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
    return HttpResponseRedirect(reverse("pages:coverage", args=[pk]))


def _begun_from(request: HttpRequest) -> int | None:
    """The number of the draft that the form was filled with; None where the form does not say."""
    given = request.POST.get("begun_from", "")
    return int(given) if given.isdecimal() and len(given) < 9 else None


def _form(
    request: HttpRequest,
    contract: Contract,
    entries: Any,
    introduction: str,
    *,
    refused: list[str] | None = None,
    begin_anew: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form; ``begin_anew``: what is kept next was seen beside the newest draft."""
    newest = _lists(request, contract).first()
    begun_from = None if begin_anew else _begun_from(request)
    context = {
        "newest": newest,
        "begun_from": (newest.number if newest else 0) if begun_from is None else begun_from,
        "title": "Draft the list",
        "crumbs": [*_crumbs(contract), ("Covered", reverse("pages:coverage", args=[contract.pk]))],
        "contract": contract,
        "entries": entries,
        "introduction": introduction,
        "refused": refused or [],
    }
    return render(request, "pages/desk/coverage_draft.html", context, status=status)


def _rows_of(drafted: CoverageList, contract: Contract) -> list[dict[str, Any]]:
    names = ("journey", "why_not", "owner", "cost_per")
    return [
        {name: getattr(row, name) for name in names}
        | {"covered": "yes" if row.covered else "no", "service": row.service.code if row.service else None}
        | {"cost_amount": None if row.cost_amount is None else decimal_text(row.cost_amount)}
        | {"cost_currency": row.cost_currency or contract.currency}
        for row in drafted.entries.select_related("service")
    ]


def _rows_to_begin_with(contract: Contract) -> list[dict[str, Any]]:
    """The services that the version in effect promises, as covered."""
    version = version_in_effect(contract, clock.as_of())
    if version is None:
        return []
    try:
        codes = dict.fromkeys(code for one in terms_of(version).commitments for code in one.services)
    except TermsAltered:
        return []
    names = dict(Service.objects.filter(code__in=codes).values_list("code", "name"))
    start = {"covered": "yes", "cost_currency": contract.currency}
    return [
        start | {"journey": names.get(code, code), "service": code if code in names else None}
        for code in codes
    ]


def _blank(contract: Contract) -> list[dict[str, Any]]:
    return [{"cost_currency": contract.currency} for _ in range(MORE)]


def _longer(sent: Any) -> Any:
    """What was sent, with some empty rows more."""
    data = sent.copy()
    count = data.get("entries-TOTAL_FORMS", "0")
    data["entries-TOTAL_FORMS"] = str(min((int(count) if count.isdecimal() else 0) + MORE, MOST_ENTRIES))
    return data
