"""Exclusions: what waits for a decision, and a page per exclusion with its evidence and what it is worth."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from base import clock
from base.access import may
from base.errors import DomainError
from credits.worth import Worth, snapshot, worth_of
from measurements import services
from measurements.models import Exclusion, ExclusionDecision
from measurements.visibility import visible_evidence, visible_exclusions
from pages.dispute_forms import DisputeAct, DisputeForm, EvidenceForm, carried_out, chosen
from pages.layout import viewing

PER_PAGE = 50
Verdict = ExclusionDecision.Verdict
WHOLE = ("contract__counterparty", "service", "proposed_by", "decision__decided_by")
STATES = (("open", "Waits for a decision"), *Verdict.choices)


@require_safe
@viewing("exclusion")
def exclusions(request: HttpRequest) -> HttpResponse:
    """Those that wait first, then the newest; narrowed by state, kind and contract."""
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("state", "kind", "contract")}
    rows = _narrowed(visible_exclusions(request.user).select_related(*WHOLE), asked)
    waiting = rows.filter(decision=None).order_by("during", "pk")
    decided = rows.exclude(decision=None).order_by("-during", "-pk")
    page = Paginator([*waiting[:500], *decided[:2000]], PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Exclusions",
        "page": page,
        "asked": asked,
        "states": STATES,
        "kinds": Exclusion.Kind.choices,
        "may_propose": may(request.user, "edit", "exclusion") and request.user.is_staff,
    }
    return render(request, "pages/disputes/exclusions.html", context)


def _narrowed(rows: QuerySet[Exclusion], asked: dict[str, str]) -> QuerySet[Exclusion]:
    if asked["state"] == "open":
        rows = rows.filter(decision=None)
    elif asked["state"]:
        rows = rows.filter(decision__verdict=asked["state"])
    if asked["kind"]:
        rows = rows.filter(kind=asked["kind"])
    if asked["contract"]:
        rows = rows.filter(contract__reference=asked["contract"])
    return rows


def _decide(verdict: str) -> Any:
    def decide(row: Exclusion, given: dict[str, Any]) -> str:
        now = clock.now()
        services.decide_exclusion(
            exclusion=row,
            verdict=verdict,
            reason=given["reason"],
            decided_at=now,
            worth=snapshot(worth_of(row, now), now),
        )
        return f"The exclusion is {verdict}; what it was worth is kept with the decision."

    return decide


def _withdraw(row: Exclusion, given: dict[str, Any]) -> str:
    services.withdraw_exclusion(exclusion=row, reason=given["reason"], withdrawn_at=clock.now())
    return "The exclusion is withdrawn."


def _evidence(row: Exclusion, given: dict[str, Any]) -> str:
    file = given["file"]
    added = services.add_exclusion_evidence(
        exclusion=row,
        name=given["name"],
        content=file.read() if file else None,
        link=given["link"],
        sha256=given["sha256"],
        added_at=clock.now(),
    )
    return f"{added.name} is kept, SHA-256 {added.sha256[:16]}."


APPROVE = DisputeAct(
    "approve",
    "Approve",
    "The time no longer counts, as far as the terms allow. What it is worth above is kept with the decision.",
    ("approve", "exclusion"),
    DisputeForm,
    _decide(Verdict.APPROVED),
)
REFUSE = DisputeAct(
    "refuse",
    "Refuse",
    "The time counts. It may be proposed anew.",
    ("refuse", "exclusion"),
    DisputeForm,
    _decide(Verdict.REFUSED),
)
WITHDRAW = DisputeAct(
    "withdraw",
    "Withdraw",
    "You proposed it; as long as nobody decided you may take it back.",
    ("withdraw", "exclusion"),
    DisputeForm,
    _withdraw,
)
EVIDENCE = DisputeAct(
    "evidence",
    "Add evidence",
    "A file, or a link with the hash of what stands there. Not after the decision.",
    ("edit", "exclusion"),
    EvidenceForm,
    _evidence,
)
ACTS = (EVIDENCE, WITHDRAW, APPROVE, REFUSE)


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("exclusion")
def exclusion(request: HttpRequest, pk: int) -> HttpResponse:
    """One exclusion: what it asks, what shows it, what it is worth, and what its reader may do about it."""
    row = _row(request, pk)
    posted: dict[str, DisputeForm] = {}
    if request.method == "POST":
        act = chosen(request, ACTS)
        form = act.form(request.POST, request.FILES, act=act.name)
        if carried_out(request, act, form, row):
            return redirect("pages:exclusion", pk)
        posted[act.name] = form
        row = _row(request, pk)
    decision = getattr(row, "decision", None)
    mine = row.proposed_by_id == request.user.pk
    acts = [
        (act, posted.get(act.name) or act.form(act=act.name))
        for act in ACTS
        if decision is None and act.is_open(request) and (act.name in posted or _fits(act, mine))
    ]
    worths, refusal = _worths(row, decision)
    context = {
        "title": f"Exclusion {row.pk}",
        "crumbs": [("Exclusions", reverse("pages:exclusions"))],
        "row": row,
        "decision": decision,
        "acts": acts,
        "evidence": visible_evidence(request.user).filter(exclusion=row).select_related("added_by"),
        "missing": row.needs_evidence and decision is None,
        "worths": worths,
        "refusal": refusal,
        "kept": decision.worth if decision else None,
        "approved": Verdict.APPROVED,
        "mine": mine and decision is None,
    }
    return render(request, "pages/disputes/exclusion.html", context)


def _fits(act: DisputeAct, mine: bool) -> bool:
    """Four eyes: the proposer withdraws, others decide."""
    return {WITHDRAW.name: mine, APPROVE.name: not mine, REFUSE.name: not mine}.get(act.name, True)


def _worths(row: Exclusion, decision: ExclusionDecision | None) -> tuple[list[Worth], str]:
    """Reckoned as of now while it waits; of what was decided the snapshot is shown."""
    if decision is not None:
        return [], ""
    try:
        return worth_of(row, clock.now()), ""
    except DomainError as error:
        return [], str(error)


def _row(request: HttpRequest, pk: int) -> Exclusion:
    return get_object_or_404(visible_exclusions(request.user).select_related(*WHOLE), pk=pk)


@require_safe
@viewing("exclusion")
def evidence_file(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The bytes of a file that was added as evidence, as they came, never shown inline."""
    row = get_object_or_404(visible_evidence(request.user).defer(None), exclusion=pk, pk=number, kind="file")
    if row.content is None:
        raise Http404("It is a link.")
    answer = HttpResponse(bytes(row.content), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{row.pk}.bin"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
