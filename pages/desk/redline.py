"""The redline of any two texts of a contract: on the page, as PDF and as a Word file with tracked changes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base.api.negotiation import download
from base.errors import DomainError
from contracts.conformed import Chain
from contracts.models import Contract, ContractVersion
from contracts.reading import terms_of
from contracts.redline_files import DOCX, redline_docx, redline_pdf
from contracts.redlines import STATES, Compared, Text, heading_parts
from contracts.visibility import visible_versions
from pages.desk.conformed import contract_of, instant_asked, zone_of
from pages.layout import viewing
from reckoning.errors import TermsError


def text_asked(request: HttpRequest, contract: Contract, asked: str) -> Text:
    """A text by the number of its version (v3), or as of an instant. Raises Http404 where there is none."""
    written = asked.strip()
    number = written[1:] if written[:1] in ("v", "V") else written
    if number.isdecimal() and len(number) < 6:
        rows = visible_versions(request.user).filter(contract=contract, number=int(number))
        version = rows.select_related("contract").first()
        if version is None:
            raise Http404(f"There is no version {number}, or none that your role may see.")
        terms = terms_of(version)
        # Said in the name, so that the page and the files all carry it.
        mark = "" if version.state == version.State.SIGNED else " (not agreed)"
        return Text(f"version {version.number}{mark}", terms, version.terms_sha256, version)
    chain = Chain(contract)
    at = instant_asked(written, zone_of(chain))
    try:
        stretch = chain.at(at.at)
    except TermsError as error:
        raise Http404(f"The signed documents do not make one text: {error}") from None
    if stretch is None:
        raise Http404(f"No text stood at {at.shown}.")
    dated = stretch.applied[-1] if stretch.applied else stretch.whole
    return Text(f"the text as of {at.local:%Y-%m-%d %H:%M}", stretch.terms, stretch.sha256, dated)


def _asked(request: HttpRequest, contract: Contract) -> tuple[str, str]:
    """The two that were asked for; without any, the last two versions."""
    versions = list(
        visible_versions(request.user)
        .filter(contract=contract)
        .exclude(state=ContractVersion.State.WITHDRAWN)
        .order_by("-number")
        .values_list("number", "amends__number")[:2]
    )
    last = f"v{versions[0][0]}" if versions else ""
    base = versions[0][1] if versions else None
    earlier = f"v{base}" if base else f"v{versions[1][0]}" if len(versions) > 1 else last
    return request.GET.get("before") or earlier, request.GET.get("after") or last


@require_safe
@viewing("version", "contract")
def redline(request: HttpRequest, pk: int) -> HttpResponse:
    """Both texts laid over each other, clause by clause and field by field."""
    contract = contract_of(request, pk)
    before, after = _asked(request, contract)
    context: dict[str, Any] = {
        "contract": contract,
        "title": f"Redline of {contract.reference}",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (contract.reference, reverse("pages:contract", args=[contract.pk])),
        ],
        "asked": {"before": before, "after": after},
        "versions": visible_versions(request.user)
        .filter(contract=contract)
        .defer("terms")
        .order_by("number"),
        "whole": request.GET.get("whole") == "1",
    }
    if before and after:
        try:
            compared = _compared(request, contract, before, after)
        except DomainError as error:
            context["refusal"] = str(error)
        else:
            shown = compared.redline.clauses if context["whole"] else compared.changed
            context |= {
                "compared": compared,
                "clauses": [(one, heading_parts(one), STATES[one.state]) for one in shown],
            }
    return render(request, "pages/desk/redline.html", context)


@require_safe
@viewing("version", "contract")
def redline_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The redline as ``pdf`` or ``docx``."""
    contract = contract_of(request, pk)
    try:
        compared = _compared(request, contract, *_asked(request, contract))
    except DomainError as error:
        return HttpResponse(f"{error}\n", status=409, content_type="text/plain; charset=utf-8")
    name = f"{contract.reference}-redline-{compared.before.sha256[:8]}-{compared.after.sha256[:8]}.{form}"
    if form == "pdf":
        return download(redline_pdf(contract, compared), "application/pdf", name)
    return download(redline_docx(contract, compared), DOCX, name)


def _compared(request: HttpRequest, contract: Contract, before: str, after: str) -> Compared:
    return Compared(text_asked(request, contract, before), text_asked(request, contract, after))
