"""On your own past data: what terms would have paid, beside the form and as a page with its files."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit.record import acting_for
from base import clock
from base.access import may
from base.api.negotiation import download
from base.errors import DomainError
from contracts import services
from contracts.attainment import newest_back_test
from contracts.models import Candidate, Contract, ContractVersion
from contracts.reading import terms_of
from contracts.terms_form.page import TermsPage
from contracts.visibility import visible_contracts, visible_versions
from pages.acting import sentence
from pages.components import known_at_end_of
from pages.desk.past_files import WRITERS, Laid
from pages.desk.past_parts import (
    EXPLAINED,
    Side,
    columns_of,
    curves_of,
    difference_of_totals,
    facts_of,
    flags_of,
    month_rows,
    sides_of,
)
from pages.layout import viewing
from reckoning.terms import Terms

WIDE, BESIDE = 760, 460  # points: on a page of its own, and beside the form
DRAFT = ContractVersion.State.DRAFT


def in_effect(contract: Contract) -> ContractVersion | None:
    """The version in effect on the page's day."""
    return contract.version_in_effect(clock.as_of())


def contract_of_form(request: HttpRequest) -> Contract:
    """The contract of a form of the terms: its version's, or the chosen one. Raises Http404."""
    given = request.GET.get("version", "")
    if given.isdecimal() and len(given) < 19:
        rows = visible_versions(request.user).select_related("contract")
        return get_object_or_404(rows, pk=int(given)).contract
    given = request.POST.get("contract", "")
    if not (given.isdecimal() and len(given) < 19):
        raise Http404("There is no contract yet; choose one in the form first.")
    return get_object_or_404(visible_contracts(request.user), pk=int(given))


def require_legal(request: HttpRequest) -> None:
    """Whoever may not write terms may not try them out either. Raises PermissionDenied."""
    if not may(request.user, "edit", "version"):
        raise PermissionDenied("Your role does not write terms.")


@require_POST
@viewing("version", "assessment", "candidate")
def past_of_form(request: HttpRequest) -> HttpResponse:
    """What the text of a form, kept or not, would have paid, against the version in effect. Keeps nothing."""
    require_legal(request)
    if not request.GET.get("version") and not request.POST.get("contract"):
        return render(request, "pages/desk/past_beside.html", {"without_contract": True})
    contract = contract_of_form(request)
    page = TermsPage.of_post(request.POST.dict(), contract=contract)
    if page.terms is None or page.faults:
        return render(request, "pages/desk/past_beside.html", {"faults": page.faults})
    current = in_effect(contract)
    named: list[tuple[str, Terms]] = (
        [(f"Version {current.number}, in effect", terms_of(current))] if current else []
    )
    sides = sides_of(contract, [*named, ("This text", page.terms)], known_at_end_of(clock.as_of()))
    context = shown(sides, id_prefix="past", width=BESIDE) | {
        "contract": contract,
        "current": current,
        "version": request.GET.get("version", ""),
        "labels": Candidate.Label.choices,
    }
    return render(request, "pages/desk/past_beside.html", context)


def shown(sides: list[Side], *, id_prefix: str, width: int = WIDE) -> dict[str, Any]:
    """What the templates show of some sides."""
    whole = [dict(facts_of(side)) for side in sides]
    return {
        "sides": sides,
        "rows": month_rows(sides),
        "facts": [(name, EXPLAINED[name], [facts[name] for facts in whole]) for name in whole[0]],
        "picture": columns_of(sides, id_prefix=id_prefix, title="Credits by month", width=width),
        "flags": [(side.name, flags) for side in sides if (flags := flags_of(side))],
        "difference": difference_of_totals(sides) if len(sides) > 1 else "",
        "not_replayed": [(side.name, one) for side in sides for one in side.laid.not_replayed],
        "known_at": sides[0].laid.known_at,
    }


def version_asked(request: HttpRequest, contract: Contract) -> ContractVersion:
    """The version of ``?version=``, else the one in effect. Raises Http404."""
    given = request.GET.get("version", "")
    if not given:
        current = in_effect(contract)
        if current is None:
            raise Http404("No version of this contract is in effect; name one.")
        return current
    if not given.isdecimal() or len(given) > 9:
        raise Http404("There is no such version.")
    return get_object_or_404(visible_versions(request.user), contract=contract, number=int(given))


def sides_asked(request: HttpRequest, contract: Contract, version: ContractVersion) -> list[Side]:
    """The version in effect, and the asked one beside it where it is another."""
    current = in_effect(contract)
    named = [(f"Version {version.number}", terms_of(version))]
    if current and current.pk != version.pk:
        named.insert(0, (f"Version {current.number}, in effect", terms_of(current)))
    return sides_of(contract, named, known_at_end_of(clock.as_of()))


@require_safe
@viewing("version", "assessment", "candidate")
def past(request: HttpRequest, pk: int) -> HttpResponse:
    """A version of a contract on the last 24 months: amounts, attainment, the curve, and what is on record."""
    contract = get_object_or_404(visible_contracts(request.user).select_related("counterparty"), pk=pk)
    version = version_asked(request, contract)
    sides = sides_asked(request, contract, version)
    context = shown(sides, id_prefix="past") | {
        "title": f"{contract.reference} on its past data",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (contract.reference, reverse("pages:contract", args=[pk])),
        ],
        "contract": contract,
        "version": version,
        "versions": visible_versions(request.user)
        .filter(contract=contract)
        .defer("terms")
        .order_by("-number"),
        "curves": curves_of(sides[-1], id_prefix="curve"),
        "test": newest_back_test(version),
        "may_test": may(request.user, "back-test", "candidate") and version.state in (DRAFT, "in_review"),
        "formats": tuple(WRITERS),
    }
    return render(request, "pages/desk/past.html", context)


@require_POST
@viewing("version", "assessment", "candidate")
def back_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Put on record what a draft comes to on the past, so that its findings can name it."""
    if not may(request.user, "back-test", "candidate"):
        raise PermissionDenied("Your role does not put back-tests on record.")
    contract = get_object_or_404(visible_contracts(request.user), pk=pk)
    version = version_asked(request, contract)
    [side] = sides_of(contract, [("", terms_of(version))], known_at_end_of(clock.as_of()))
    try:
        with acting_for("a back-test before signing"):
            row = services.record_back_test(
                contract, terms=version.terms, figures=side.figures, known_at=side.laid.known_at
            )
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
    else:
        messages.success(request, f"On record: attained in {row.attained} of {row.decided} months.")
    return redirect(f"{reverse('pages:past', args=[pk])}?version={version.number}")


@require_safe
@viewing("version", "assessment", "candidate")
def past_file(request: HttpRequest, pk: int, ending: str) -> HttpResponse:
    """The same as CSV, workbook or PDF, with the parameters and control totals that it was made from."""
    if ending not in WRITERS:
        return HttpResponseBadRequest("There is no such file; choose csv, xlsx or pdf.")
    contract = get_object_or_404(
        visible_contracts(request.user).select_related("counterparty", "legal_entity"), pk=pk
    )
    version = version_asked(request, contract)
    sides = sides_asked(request, contract, version)
    laid = Laid(contract, tuple(sides), request.user.display_name)  # type: ignore[union-attr]
    content_type, write = WRITERS[ending]
    return download(write(laid), content_type, f"past-{contract.reference}-v{version.number}.{ending}")
