"""Start from this: a template's text, filled in, becomes the draft of a contract's next version."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.record import acting
from base.access import may, visible
from base.errors import DomainError
from base.models import User
from contracts import services
from contracts.errors import FieldsRefused, TermsRefused
from contracts.gallery.reading import newest_version, text_of
from contracts.models import Contract, ContractVersion, Service, TermsTemplate
from contracts.visibility import visible_contracts
from pages.acting import sentence
from pages.desk.gallery_forms import StartForm
from pages.layout import viewing
from reckoning.errors import TermsError

# The fields of a contract under the names that the form gives them.
NAMES = {"currency": "new_currency"}


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("template", "version")
def template_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a contract, fill in what the template asks for, and draft."""
    user = request.user
    if not isinstance(user, User) or not may(user, "edit", "version"):
        raise PermissionDenied("Your role does not draft versions of contracts.")
    rows = visible(TermsTemplate.objects.select_related("parent", "legal_entity"), user)
    template = get_object_or_404(rows, slug=slug)
    newest = newest_version(template)
    try:
        text = text_of(newest, template) if newest else None
    except TermsError as error:
        messages.error(
            request, "A value that this unit has set does not fit the newest version: " + str(error)
        )
        return redirect("pages:template", slug)
    if text is None:
        messages.error(request, "The template has no version yet.")
        return redirect("pages:template", slug)
    contracts = visible_contracts(user).order_by("reference")
    if template.legal_entity_id:
        contracts = contracts.filter(legal_entity=template.legal_entity_id)
    posted = request.POST if request.method == "POST" else None
    asked = request.GET.get("contract", "")
    initial = {"contract": asked} if asked.isdecimal() and len(asked) < 19 else {}
    form = StartForm(posted, template=template, text=text, contracts=contracts, initial=initial)
    if posted is not None and form.is_valid() and (version := _drafted(user, form)):
        messages.success(
            request,
            f"{version} is drafted from {template.title}, version {text.number}. The contract keeps this text "
            "whatever becomes of the template.",
        )
        return redirect(_address(user, version))
    context = {
        "title": "Start from it",
        "crumbs": [
            ("Templates", reverse("pages:templates")),
            (template.title, reverse("pages:template", args=[slug])),
        ],
        "template": template,
        "text": text,
        "form": form,
        "codes": Service.objects.order_by("code").values_list("code", "name"),
    }
    return render(request, "pages/desk/template_start.html", context)


def _address(user: User, version: ContractVersion) -> str:
    if user.is_staff:
        return reverse("admin:contracts_contractversion_change", args=[version.pk])
    return f"{reverse('pages:contract', args=[version.contract_id])}?version={version.number}"


def _drafted(user: User, form: StartForm) -> ContractVersion | None:
    """The draft, with a new contract where one was entered; both or neither."""
    given: dict[str, Any] = form.cleaned_data
    try:
        with acting(user, via="page"), transaction.atomic():
            contract = given["contract"] or _entered(given)
            return services.start_from_template(
                form.template,
                contract,
                form.given(),
                given["effective_from_on"],
                given["effective_until_on"],
                number=given["number"],
            )
    except TermsRefused as error:
        form.told(error.findings)
    except FieldsRefused as error:
        for name, said in error.fields.items():
            at = NAMES.get(name, name)
            form.add_error(at if at in form.fields else None, said)
    except DomainError as error:
        form.add_error(None, sentence(error))
    return None


def _entered(given: dict[str, Any]) -> Contract:
    return services.create_contract(
        reference=given["reference"],
        title=given["title"],
        legal_entity=given["legal_entity"],
        counterparty=given["counterparty"],
        direction=given["direction"],
        currency=given["new_currency"].upper(),
    )
