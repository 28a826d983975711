"""Finance's home: the months of the books, memos by amount, provisional and final totals; and a month's closing."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from base import clock
from base.access import may
from base.svg import Bar
from contracts.models import LegalEntity
from credits import checklist, services
from credits.explained import money
from credits.models import CloseRun, CreditMemo, MemoStep, PeriodStep
from credits.reading import ledger_totals
from credits.services.closing import is_running, progress_of
from pages import books
from pages.acting import carry_out
from pages.layout import viewing
from pages.memos import listed, seen_by
from pages.pictures import Picture, bars_of

SHOWN = 12
# The act, its service and how it is told.
ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "close": (services.close_period, "is closed"),
    "reopen": (services.reopen_period, "is open again"),
    "lock": (services.lock_period, "is locked"),
}


@require_safe
@viewing("period", "memo", "assessment")
def home(request: HttpRequest) -> HttpResponse:
    """What finance and its approvers look at first."""
    on = clock.as_of()
    waiting = seen_by(request.user).filter(books.waiting())
    approved = MemoStep.objects.filter(memo=OuterRef("pk"), state=CreditMemo.State.APPROVED)
    sums = list(
        waiting.order_by()
        .annotate(approved=Exists(approved))
        .values("approved", "currency")
        .annotate(count=Count("pk"), total=Sum("amount"))
        .order_by("currency")
    )
    provisional = books.provisional_standings(on)
    together, by_month = books.totals(on, provisional)
    context = {
        "strips": books.strips(on, provisional),
        "approvals": _sums(sums, approved=False),
        "issues": _sums(sums, approved=True),
        "memos": listed(waiting).order_by("currency", "-amount", "pk")[:SHOWN],
        "waiting_count": sum(row["count"] for row in sums),
        "may_approve": may(request.user, "approve", "memo"),
        "may_issue": may(request.user, "issue", "memo"),
        "totals": together,
        "pictures": [_picture(at, total, by_month) for at, total in enumerate(together)],
        "ledger": ledger_totals(),
        "months": books.MONTHS,
    }
    return render(request, "pages/finance/home.html", context)


def _sums(rows: Sequence[dict[str, Any]], *, approved: bool) -> dict[str, Any]:
    mine = [row for row in rows if row["approved"] is approved]
    amounts: dict[str, Any] = {}
    for row in mine:
        amounts[row["currency"]] = amounts.get(row["currency"], 0) + row["total"]
    return {
        "count": sum(row["count"] for row in mine),
        "amounts": [money(total, currency) for currency, total in amounts.items()],
    }


def _picture(at: int, total: books.Total, by_month: Sequence[books.MonthTotal]) -> Picture:
    """Month by month: what is final filled, what is provisional hatched."""
    rows = []
    for row in by_month:
        if (row.direction, row.currency) == (total.direction, total.currency):
            if row.final or not row.provisional:
                rows.append(Bar(f"{row.starts_on:%Y-%m}", row.final, money(row.final, row.currency)))
            if row.provisional:
                shown = money(row.provisional, row.currency)
                rows.append(Bar(f"{row.starts_on:%Y-%m}, provisional", row.provisional, shown, "hatched"))
    return bars_of(
        rows,
        title=f"{total.words}, in {total.currency}, by the month in which the window ends",
        desc="Filled: final. Hatched: provisional, and may still change until the cut-off of the terms.",
        id_prefix=f"month{at}",
    )


def starts_on_of(text: str) -> date:
    """The first day of a month such as 2025-06. Raises Http404 for what is no month."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) is None or text.startswith("0000"):
        raise Http404("There is no such month; write it as 2025-06.")
    return date.fromisoformat(f"{text}-01")


@require_safe
@viewing("period")
def period(request: HttpRequest, entity: str, label: str) -> HttpResponse:
    """One month of one company's books: its state, what blocks its closing, what is worth settling before."""
    legal_entity = get_object_or_404(LegalEntity, code=entity)
    starts_on, on = starts_on_of(label), clock.as_of()
    month = books.month(legal_entity, starts_on, on)
    blocking = books.proposed_before(books.unfinished_memos(legal_entity), books.month_of(starts_on, -1))
    results = books.provisional_of(legal_entity, starts_on).select_related(
        "commitment__version__contract", "commitment__service"
    )
    steps = PeriodStep.objects.filter(period__legal_entity=legal_entity, period__starts_on=starts_on)
    lines = checklist.checklist(legal_entity, starts_on)
    runs = CloseRun.objects.filter(period__legal_entity=legal_entity, period__starts_on=starts_on)
    run = runs.select_related("requested_by").order_by("-number").first()
    context = {
        "title": f"{legal_entity.name}, {label}",
        "crumbs": [],
        "month": month,
        "blocking": listed(blocking).order_by("currency", "-amount")[:SHOWN],
        "results": results.defer("inputs", "result").order_by("window_end", "pk")[:SHOWN],
        "exclusions": books.exclusions_waiting(legal_entity, starts_on).select_related("contract", "service")[
            :SHOWN
        ],
        "steps": steps.select_related("taken_by").order_by("number"),
        "before": books.month_of(starts_on, 1),
        "after": books.month_of(starts_on, -1),
        "lines": lines,
        "against": len(checklist.standing_against(lines)),
        "run": run,
        "stages": list(run.stages.order_by("number")) if run else [],
        "progress": progress_of(run) if run else None,
        "running": run is not None and is_running(run),
        "may_close": month.may_close and may(request.user, "close", "period"),
        "may_lock": month.state in ("open", "reopened") and may(request.user, "lock", "period"),
        "may_accept": not month.is_closed and may(request.user, "accept", "period"),
        "may_reopen": month.state in ("closed", "locked") and may(request.user, "reopen", "period"),
    }
    return render(request, "pages/finance/period.html", context)


@require_POST
@viewing("period")
def period_act(request: HttpRequest, entity: str, label: str, act: str) -> HttpResponse:
    """Lock, close or reopen a month, accept what its checklist finds, or ask a worker to close it."""
    if act not in (*ACTS, "close-by-job", "accept"):
        raise Http404
    if not may(request.user, act, "period"):
        raise PermissionDenied(f"Your role does not {act.replace('-', ' ')} a month of the books.")
    legal_entity = get_object_or_404(LegalEntity, code=entity)
    starts_on = starts_on_of(label)
    if act == "accept":
        key = request.POST.get("key", "")[:60]
        said = "It is accepted as it stands."
        carry_out(
            request,
            said,
            lambda reason: services.accept_finding(legal_entity, starts_on=starts_on, key=key, reason=reason),
        )
    elif act == "close-by-job":
        carry_out(
            request,
            f"A worker closes {label}; this page shows how far it is.",
            lambda reason: services.request_close(
                legal_entity, starts_on=starts_on, as_of=clock.as_of(), reason=reason
            ),
        )
    else:
        service, done = ACTS[act]
        carry_out(
            request,
            f"{label} {done} in the books of {legal_entity.name}.",
            lambda reason: service(legal_entity, starts_on=starts_on, reason=reason),
        )
    return redirect(reverse("pages:period", args=[entity, label]))
