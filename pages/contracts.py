"""The contracts, with the version in effect as of any day, and what it says in plain words."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base import clock
from base.access import Asking, may, visible
from base.errors import DomainError
from contracts.checks import standings
from contracts.models import Contract, ContractVersion, Signature
from contracts.precedence_reading import decisions_in_words, state_of
from contracts.reading import standing_of, terms_of, with_current
from contracts.visibility import visible_conflicts, visible_contracts, visible_versions
from credits.reading import latest_assessments
from pages.assessments import PARTIES, listed
from pages.layout import viewing
from reckoning.terms.wording import word

PER_PAGE = 50
RESULTS = 24
CONFLICTS = 12
SIGNED = ContractVersion.State.SIGNED
UNSIGNED = (ContractVersion.State.DRAFT, ContractVersion.State.IN_REVIEW)


def day_asked(request: HttpRequest) -> date:
    """The day of ``?on=``, else the page's. Raises Http404 for what is no day."""
    text = request.GET.get("on", "")
    if not text:
        return clock.as_of()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404("There is no such day; write it as 2025-07-15.") from None


def in_effect(on: date) -> QuerySet[ContractVersion]:
    """The signed versions of the outer query's contract that could be in effect on a day, the one that is first."""
    reached = ContractVersion.objects.filter(contract=OuterRef("pk"), state=SIGNED, effective_from_on__lte=on)
    still = reached.filter(Q(effective_until_on=None) | Q(effective_until_on__gt=on))
    return still.order_by("-effective_from_on", "-number")


@require_safe
@viewing("contract")
def contracts(request: HttpRequest) -> HttpResponse:
    """Every contract with the version that is in effect on a day."""
    on = day_asked(request)
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("q", "direction")}
    rows = visible_contracts(request.user).select_related("counterparty", "legal_entity")
    if asked["q"]:
        named = Q(reference__icontains=asked["q"]) | Q(title__icontains=asked["q"])
        rows = rows.filter(named | Q(counterparty__name__icontains=asked["q"]))
    if asked["direction"] in Contract.Direction.values:
        rows = rows.filter(direction=asked["direction"])
    may_read = may(request.user, "view", "version")
    if may_read:
        newest = in_effect(on)
        rows = rows.annotate(
            number_in_effect=Subquery(newest.values("number")[:1]),
            since_on=Subquery(newest.values("effective_from_on")[:1]),
            until_on=Subquery(newest.values("effective_until_on")[:1]),
            unsigned=Count("versions", filter=Q(versions__state__in=UNSIGNED)),
        )
    context = {
        "title": "Contracts",
        "page": Paginator(rows.order_by("reference"), PER_PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "on": on,
        "may_read": may_read,
        "may_draft": may(request.user, "edit", "version"),
        "directions": Contract.Direction.choices,
    }
    return render(request, "pages/contracts.html", context)


@require_safe
@viewing("contract")
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """One contract: its versions and which of them is in effect on a day, what it says, its last results."""
    rows = visible_contracts(request.user).select_related("counterparty", "legal_entity", "under", "owner")
    row = get_object_or_404(rows, pk=pk)
    on = day_asked(request)
    context: dict[str, Any] = {
        "contract": row,
        "on": on,
        "title": row.reference,
        "crumbs": [("Contracts", reverse("pages:contracts"))],
        "may_read": may(request.user, "view", "version"),
        "may_edit": may(request.user, "edit", "contract"),
        "shows_owner": may(request.user, "view", "objective"),
        "sees_candidates": may(request.user, "view", "candidate"),
        "sees_papers": may(request.user, "view", "paper"),
        "sees_coverage": may(request.user, "view", "coverage"),
        "may_tolerate": may(request.user, "edit", "reconciliation") and request.user.is_staff,
        "may_recur": may(request.user, "edit", "exclusion") and request.user.is_staff,
    }
    if context["may_read"]:
        context |= _versions(request, row, on)
    if may(request.user, "view", "conflict"):
        context["conflicts"] = conflicts_of(request.user, row)
    if may(request.user, "view", "assessment"):
        results = visible(latest_assessments(), request.user).filter(**{PARTIES: row})
        context["results"] = listed(results).order_by("-window_start", "commitment__service__code")[:RESULTS]
    return render(request, "pages/contract.html", context)


def conflicts_of(user: Asking, row: Contract) -> list[tuple[Any, str, str]]:
    """The conflicts of a contract that stand or were decided, with their state and what was decided in words."""
    rows = visible_conflicts(user).filter(Q(first=row) | Q(second=row)).exclude(last_kind=None)
    found = list(rows.select_related("first", "second", "objective", "service").order_by("-pk")[:CONFLICTS])
    decided = decisions_in_words([one.pk for one in found if one.decided_number is not None])
    return [(one, state_of(one), decided.get(one.pk, "")) for one in found]


def _versions(request: HttpRequest, row: Contract, on: date) -> dict[str, Any]:
    versions = list(
        with_current(visible_versions(request.user).filter(contract=row), on)
        .select_related("contract__legal_entity", "contract__counterparty")
        .prefetch_related(Prefetch("signatures", Signature.objects.live()), "commitments")
        .order_by("-number")
    )
    asked = request.GET.get("version", "")
    standing = [(version, standing_of(version, on)) for version in versions]
    shown = next((version for version, words in standing if words == "in effect"), None)
    if asked:
        shown = next((version for version in versions if str(version.number) == asked), None)
        if shown is None:
            raise Http404("There is no such version, or none that your role may see.")
    context: dict[str, Any] = {"versions": standing, "shown": shown}
    if shown is None:
        return context
    context["may_review"] = may(request.user, "view", "review")
    context["readings"] = shown.reading_choices.select_related("chosen_by").order_by("chosen_on", "pk")
    try:
        context["clauses"] = word(terms_of(shown))
        context["findings"] = standings(shown)
    except DomainError as error:
        context["refusal"] = str(error)
    return context
