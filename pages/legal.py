"""Legal's home: the contracts that need them, what is unsigned and why, what ends soon, what they are asked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base import clock
from base.access import Asking
from contracts.errors import TermsAltered
from contracts.models import (
    ContractVersion,
    FindingAcceptance,
    ReadingChoice,
    Service,
)
from contracts.precedence_reading import open_conflicts
from contracts.reading import terms_of
from contracts.review_checks import life_of
from contracts.signers import missing_of
from contracts.visibility import visible_conflicts, visible_contracts, visible_versions
from credits.models import OpenQuestion
from credits.reading import latest_assessments
from credits.visibility import visible_questions
from measurements.models import SourceBinding
from pages.desk.conflicts import with_stakes
from pages.layout import viewing
from reckoning.terms import Terms
from reckoning.terms.linter import lint

SHOWN = 20
NOTICE_DAYS = 90
State = ContractVersion.State
UNSIGNED = (State.DRAFT, State.IN_REVIEW)


@dataclass(frozen=True)
class Need:
    """What a version that is not signed yet still needs."""

    version: ContractVersion
    findings: int
    readings: int
    unsigned_by: tuple[str, ...]
    fault: str = ""
    objections: int = 0
    items: int = 0
    seats: int = 0


@viewing("version", "question")
def home(request: HttpRequest) -> HttpResponse:
    """What waits for legal, as of the page's day."""
    as_of = clock.as_of()
    waiting = _waiting(request.user)
    needs = needs_of(list(waiting[:SHOWN]))
    questions = _questions(request.user)
    unsigned = visible_contracts(request.user).filter(
        ~Exists(ContractVersion.objects.filter(contract=OuterRef("pk"), state=State.SIGNED))
    )
    context = {
        "needs": needs,
        "waiting": waiting.count(),
        "findings": sum(need.findings for need in needs),
        "without_any": unsigned.order_by("reference")[:SHOWN],
        "without_any_count": unsigned.count(),
        "ending": ending(request.user, as_of)[:SHOWN],
        "notice_days": NOTICE_DAYS,
        "questions": questions[:SHOWN],
        "question_count": questions.count(),
        "readings": ReadingChoice.objects.filter(version__in=visible_versions(request.user))
        .select_related("version__contract", "chosen_by")
        .defer("version__terms")
        .order_by("-chosen_on", "-pk")[:6],
        "conflicts": with_stakes(
            request.user,
            open_conflicts(visible_conflicts(request.user)).select_related(
                "first", "second", "objective", "service"
            )[:SHOWN],
        ),
        "as_of": as_of,
    }
    return render(request, "pages/legal.html", context)


def _waiting(user: Asking) -> QuerySet[ContractVersion]:
    """Drafts and versions in review; what is in review first, the oldest first."""
    first = Case(When(state=State.IN_REVIEW, then=Value(0)), default=Value(1))
    rows = visible_versions(user).filter(state__in=UNSIGNED)
    return rows.select_related("contract__legal_entity", "contract__counterparty").order_by(
        first, "recorded_at"
    )


def ending(user: Asking, as_of: date) -> QuerySet[ContractVersion]:
    """Signed versions that end within the time of notice and that no later version follows."""
    later = ContractVersion.objects.filter(
        contract=OuterRef("contract"), state=State.SIGNED, effective_from_on__gt=OuterRef("effective_from_on")
    )
    soon = (as_of, as_of + timedelta(days=NOTICE_DAYS))
    rows = visible_versions(user).filter(
        ~Exists(later),
        state=State.SIGNED,
        # A variation ends by itself, and the text below it stands on.
        kind=ContractVersion.Kind.WHOLE,
        effective_until_on__range=soon,
    )
    return rows.select_related("contract__counterparty").defer("terms").order_by("effective_until_on")


def _questions(user: Asking) -> QuerySet[OpenQuestion]:
    """What the last revision of a window asks legal."""
    rows = visible_questions(user).filter(
        owner_role="legal", assessment__in=latest_assessments().values("pk")
    )
    deep = ("assessment__commitment__version__contract", "assessment__commitment__service")
    heavy = ("assessment__inputs", "assessment__result", "assessment__commitment__version__terms")
    return rows.select_related(*deep).defer(*heavy).order_by("-assessment__window_start", "pk")


def needs_of(versions: Sequence[ContractVersion]) -> list[Need]:
    """What each version needs; a fixed number of queries for any number of them."""
    accepted: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for row in FindingAcceptance.objects.filter(version__in=versions):
        accepted[row.version_id].add((row.terms_sha256, row.code, row.path))
    chosen: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for choice in ReadingChoice.objects.filter(version__in=versions):
        chosen[choice.version_id].add((choice.commitment_key, choice.name, choice.chosen))
    unsigned = missing_of(versions)
    roles: dict[int, set[str]] = defaultdict(set)
    contracts = {version.contract_id for version in versions}
    for contract, role in SourceBinding.objects.filter(contract__in=contracts).values_list(
        "contract_id", "role"
    ):
        roles[contract].add(role)
    known = set(Service.objects.values_list("code", flat=True)) if versions else set()
    needs = []
    life = life_of(versions)
    for version in versions:
        codes = [one.code for one in life[version.pk] if one.is_open]
        more = {
            "objections": codes.count("OBJECTION_OPEN"),
            "items": codes.count("CHECKLIST_UNANSWERED"),
            "seats": codes.count("GATE_NOT_CONSULTED"),
        }
        missing = unsigned[version.pk]
        try:
            terms = terms_of(version)
        except TermsAltered as error:
            needs.append(Need(version, 0, 0, missing, str(error), **more))
            continue
        stands = sum(
            (version.terms_sha256, one.code, one.path) not in accepted[version.pk]
            for one in lint(terms, frozenset(roles[version.contract_id]))
        )
        unknown = len(_services_in(terms) - known)
        readings = sum(
            (commitment.key, reading.name, reading.chosen) not in chosen[version.pk]
            for commitment in terms.commitments
            for reading in commitment.readings
        )
        needs.append(Need(version, stands + unknown, readings, missing, "", **more))
    return needs


def _services_in(terms: Terms) -> set[str]:
    named: set[str] = set()
    for commitment in terms.commitments:
        named |= set(commitment.services) | set(getattr(commitment.indicator, "down_components", ()))
    return named
