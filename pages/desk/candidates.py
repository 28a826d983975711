"""Up to three candidates of a contract's terms, beside the version in effect, and the choice among them."""

from datetime import date
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
from base.errors import DomainError
from contracts import services
from contracts.models import Candidate, CandidateChoice, Contract, ContractVersion, TermsTemplateVersion
from contracts.reading import terms_of
from contracts.services.candidates import Into
from contracts.terms_form.page import TermsPage
from contracts.visibility import visible_candidates, visible_contracts, visible_versions
from pages.acting import sentence
from pages.components import known_at_end_of
from pages.desk.past import contract_of_form, in_effect, require_legal, shown
from pages.desk.past_parts import Side, changes_of, facts_of, sides_of
from pages.layout import viewing
from reckoning.canonical import canonical_json, sha256_hex
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms

CHOICES = 5


def newest_candidates(request: HttpRequest, contract: Contract) -> list[Candidate]:
    """The newest candidate of each label, from the boldest to the most careful."""
    rows = (
        visible_candidates(request.user).filter(contract=contract).select_related("kept_by", "from_version")
    )
    newest = {row.label: row for row in rows.order_by("pk")}
    return [newest[label] for label in Candidate.Label.values if label in newest]


def compared(contract: Contract, candidates: list[Candidate]) -> list[Side]:
    """The version in effect, where there is one, and every candidate, on the same past."""
    current = in_effect(contract)
    named: list[tuple[str, Terms]] = (
        [(f"Version {current.number}, in effect", terms_of(current))] if current else []
    )
    named += [(str(row.get_label_display()), parse_terms(row.terms)) for row in candidates]
    return sides_of(contract, named, known_at_end_of(clock.as_of())) if named else []


def comparison_of(contract: Contract, candidates: list[Candidate], sides: list[Side]) -> dict[str, Any]:
    """What is put on record of a comparison, as plain values: the figures of all as they were shown."""
    told = [
        {
            "name": side.name,
            "terms_sha256": side.laid.terms_sha256,
            "what_if_sha256": side.laid.sha256(),
            "facts": dict(facts_of(side)),
            "months": [
                {"month": month.label, "outcome": month.outcome, "credit": month.credit}
                for month in side.laid.months
            ],
        }
        for side in sides
    ]
    own = told[len(told) - len(candidates) :]
    return {
        "contract": contract.reference,
        "known_at": sides[0].laid.known_at,
        "in_effect": told[0] if len(told) > len(candidates) else None,
        "candidates": [
            {"candidate": row.pk, "label": row.label, **one} for row, one in zip(candidates, own, strict=True)
        ],
    }


def digest_of(comparison: dict[str, Any]) -> str:
    """The hash by which a choice names the figures that it was made on."""
    return sha256_hex(canonical_json(comparison))


@require_safe
@viewing("version", "assessment", "candidate")
def candidates(request: HttpRequest, pk: int) -> HttpResponse:
    """All candidates side by side, what they change, and who picked which before."""
    contract = get_object_or_404(visible_contracts(request.user).select_related("counterparty"), pk=pk)
    rows = newest_candidates(request, contract)
    sides = compared(contract, rows)
    current = in_effect(contract)
    context: dict[str, Any] = {
        "title": f"Candidates for {contract.reference}",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (contract.reference, reverse("pages:contract", args=[pk])),
        ],
        "contract": contract,
        "current": current,
        "candidates": rows,
        "labels": Candidate.Label.choices,
        "versions": visible_versions(request.user)
        .filter(contract=contract)
        .defer("terms")
        .order_by("-number"),
        "templates": _templates() if may(request.user, "keep", "candidate") else (),
        "drafts": visible_versions(request.user)
        .filter(contract=contract, state=ContractVersion.State.DRAFT)
        .defer("terms"),
        "choices": CandidateChoice.objects.filter(chosen__contract=contract)
        .select_related("chosen__contract", "chosen_by", "draft__contract")
        .defer("chosen__terms", "draft__terms")[:CHOICES],
        "may_keep": may(request.user, "keep", "candidate"),
        "may_choose": may(request.user, "choose", "candidate"),
    }
    if rows:
        context |= shown(sides, id_prefix="candidates")
        context["digest"] = digest_of(comparison_of(contract, rows, sides))
        context["changes"] = _changes(rows, current)
    return render(request, "pages/desk/candidates.html", context)


def _changes(rows: list[Candidate], current: ContractVersion | None) -> list[tuple[Candidate, list[Any]]]:
    if current is None:
        return []
    before = terms_of(current)
    return [(row, changes_of(before, parse_terms(row.terms))) for row in rows]


def _templates() -> list[TermsTemplateVersion]:
    """The newest version of every template that holds plain terms."""
    rows = TermsTemplateVersion.objects.select_related("template").order_by("template__slug", "-number")
    return list(rows.distinct("template__slug").defer("document"))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@require_POST
@viewing("version", "candidate")
def keep_candidate(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a version's or a template's text as a candidate."""
    if not may(request.user, "keep", "candidate"):
        raise PermissionDenied("Your role does not keep candidates.")
    contract = get_object_or_404(visible_contracts(request.user), pk=pk)
    kind, _, given = request.POST.get("source", "").partition(":")
    number = _number(given)
    version = template = None
    if kind == "version" and number is not None:
        version = get_object_or_404(visible_versions(request.user), contract=contract, number=number)
    elif kind == "template" and number is not None:
        template = get_object_or_404(TermsTemplateVersion, pk=number)
    else:
        raise Http404("There is no such text to start from.")
    terms: Any = version.terms if version else template.document if template else {}
    note = request.POST.get("note", "").replace("\0", "").strip()
    try:
        with acting_for(f"kept as {request.POST.get('label', '')[:20]} candidate"):
            services.keep_candidate(
                contract,
                label=request.POST.get("label", ""),
                terms=terms,
                note=note,
                from_version=version,
                from_template=template,
            )
    except (DomainError, TermsError) as error:
        said = sentence(error) if isinstance(error, DomainError) else str(error)
        messages.error(request, f"Refused, and nothing was kept. {said}")
    else:
        messages.success(request, "Kept as a candidate.")
    return redirect("pages:candidates", pk)


@require_POST
@viewing("version", "candidate")
def candidate_of_form(request: HttpRequest) -> HttpResponse:
    """Keep the text of a form as a candidate; the answer is a sentence for the panel beside the form."""
    require_legal(request)
    contract = contract_of_form(request)
    page = TermsPage.of_post(request.POST.dict(), contract=contract)
    if page.terms is None or page.faults:
        return HttpResponseBadRequest("The terms are not complete, so there is nothing to keep yet.")
    label = request.GET.get("label", "")
    context: dict[str, Any] = {"contract": contract}
    try:
        with acting_for(f"kept as {label[:20]} candidate"):
            context["kept"] = services.keep_candidate(contract, label=label, terms=page.terms)
    except DomainError as error:
        context["refusal"] = sentence(error)
    return render(request, "pages/desk/candidate_kept.html", context)


@require_POST
@viewing("version", "assessment", "candidate")
def choose_candidate(request: HttpRequest, pk: int) -> HttpResponse:
    """Pick a candidate on the figures that were shown, and put its text into a draft."""
    if not may(request.user, "choose", "candidate"):
        raise PermissionDenied("Your role does not pick candidates.")
    row = get_object_or_404(visible_candidates(request.user).select_related("contract"), pk=pk)
    rows = newest_candidates(request, row.contract)
    sides = compared(row.contract, rows)
    comparison = comparison_of(row.contract, rows, sides)
    refusal = ""
    if request.POST.get("comparison") != digest_of(comparison):
        refusal = "The figures changed since the page was shown. Look at them again and pick then."
    into = _into(request, row.contract)
    if into is None:
        refusal = (
            refusal or "Say into which draft it goes, or from which day on a new one would be in effect."
        )
    if refusal or into is None:
        messages.error(request, f"Refused, and nothing was changed. {refusal}")
        return redirect("pages:candidates", row.contract_id)
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:2000]
    try:
        with acting_for(reason or "no reason was given"):
            choice = services.choose_candidate(
                row, comparison=comparison, known_at=sides[0].laid.known_at, reason=reason, into=into
            )
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
    else:
        messages.success(
            request, f"Picked: {row.get_label_display()}. Its text is in draft {choice.draft.number}."
        )
    return redirect("pages:candidates", row.contract_id)


def _into(request: HttpRequest, contract: Contract) -> Into | None:
    """The draft that was chosen, or the day of a new one; None where neither was."""
    number = _number(request.POST.get("draft", ""))
    if number is not None:
        return Into(get_object_or_404(visible_versions(request.user), contract=contract, number=number))
    try:
        return Into(effective_from_on=date.fromisoformat(request.POST.get("effective_from_on", "")))
    except ValueError:
        return None
