"""Credit memos: their list, from which several are approved at once, and a page per memo with its whole life."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from base import clock
from base.access import Asking, may, scopes_of
from base.access_rules import Scope
from base.errors import DomainError
from base.models import User
from contracts.models import Contract
from credits import services
from credits.models import ClaimStep, CreditMemo, MemoStep
from credits.rule20 import acts_under
from credits.visibility import visible_claims, visible_entries, visible_memos
from pages import books
from pages.acting import ReasonForm, carry_out, sentence
from pages.finance_life import life_of
from pages.layout import viewing

State = CreditMemo.State
PER_PAGE = 50
AT_ONCE = 200


@dataclass(frozen=True)
class MemoAct:
    """One act on a memo: its button, in which states it is there, and how it is told."""

    name: str
    label: str
    states: tuple[str, ...]
    done: str
    says: str
    bulk: bool = True

    def do(self, memo: CreditMemo, taken_on: date, reason: str) -> MemoStep:
        """Call the service."""
        step: MemoStep = getattr(services, f"{self.name}_memo")(memo, taken_on=taken_on, reason=reason)
        return step


ACTS = (
    MemoAct("review", "Take into review", (State.PROPOSED,), "in review", "Says that somebody looks at it."),
    MemoAct(
        "approve",
        "Approve",
        (State.PROPOSED, State.IN_REVIEW),
        "approved",
        "Whoever had a hand in what the memo rests on cannot approve it.",
    ),
    MemoAct(
        "issue",
        "Issue and post",
        (State.APPROVED,),
        "issued",
        "Gives the memo its number and posts it. An issued memo never changes.",
    ),
    MemoAct(
        "reverse",
        "Reverse",
        (State.ISSUED,),
        "reversed",
        "Posts the mirror of its entry. Whoever approved or issued it cannot reverse it.",
        bulk=False,
    ),
)
BY_NAME = {act.name: act for act in ACTS}


def seen_by(user: Asking) -> QuerySet[Any]:
    """The memos that a user may see, with their state."""
    return visible_memos(user)


def listed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With what a list of memos shows."""
    return rows.select_related("counterparty", "contract", "assessment__commitment__service").defer(
        "facts", "assessment__inputs", "assessment__result"
    )


@require_safe
@viewing("memo")
def memos(request: HttpRequest) -> HttpResponse:
    """The memos, newest first; those that wait by amount."""
    return _list(request, {})


def _list(request: HttpRequest, more: dict[str, Any]) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("state", "direction", "q")}
    rows = _narrowed(seen_by(request.user), asked)
    order = ("currency", "-amount", "pk") if asked["state"] == "waiting" else ("-pk",)
    page = Paginator(listed(rows).order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    there = {row.state for row in page.object_list}
    acts = [
        act
        for act in ACTS
        if act.bulk and there.intersection(act.states) and may(request.user, act.name, "memo")
    ]
    context = {
        "title": "Memos",
        "page": page,
        "sums": rows.order_by()
        .values("direction", "currency")
        .annotate(count=Count("pk"), total=Sum("amount"))
        .order_by("direction", "currency"),
        "asked": asked,
        "states": [("waiting", "Waiting, by amount"), *State.choices],
        "directions": Contract.Direction.choices,
        "acts": acts,
        "actable": {state for act in acts for state in act.states},
    }
    return render(request, "pages/finance/memos.html", context | more)


def _narrowed(rows: QuerySet[Any], asked: dict[str, str]) -> QuerySet[Any]:
    if asked["state"] == "waiting":
        rows = rows.filter(books.waiting())
    elif asked["state"] in State.values:
        rows = rows.filter(books.stands_at(asked["state"]))
    if asked["direction"] in Contract.Direction.values:
        rows = rows.filter(direction=asked["direction"])
    if words := asked["q"].replace("\0", "").strip()[:100]:
        rows = rows.filter(
            Q(document_number__icontains=words)
            | Q(counterparty__name__icontains=words)
            | Q(contract__reference__icontains=words)
            | Q(assessment__window_label__icontains=words)
            | Q(assessment__commitment__service__name__icontains=words)
            # Memos over a difference and goodwill rest on no result of their own; what they say of it is copied.
            | Q(facts__window__icontains=words)
            | Q(facts__service_name__icontains=words)
        )
    return rows


@dataclass(frozen=True)
class Outcome:
    """What came of an act on one of several memos."""

    memo: CreditMemo
    refusal: str


@require_POST
@viewing("memo")
def act_on_several(request: HttpRequest) -> HttpResponse:
    """One act on the memos that were ticked, each on its own: what one is refused for stops no other."""
    act = _act(request, request.POST.get("act", ""))
    if not act.bulk:
        raise Http404
    form = ReasonForm(request.POST)
    wanted = [int(one) for one in request.POST.getlist("memo") if one.isdecimal() and len(one) <= 18]
    faults = [str(one) for errors in form.errors.values() for one in errors]
    if not wanted:
        faults.append("Tick at least one memo.")
    if len(wanted) > AT_ONCE:
        faults.append(f"Tick at most {AT_ONCE} memos at once.")
    if faults:
        return _list(
            request, {"faults": faults, "ticked": set(wanted), "reason": request.POST.get("reason", "")}
        )
    chosen = listed(seen_by(request.user).filter(pk__in=wanted))
    outcomes = [
        _tried(act, memo, form.cleaned_data["reason"])
        for memo in chosen.order_by("currency", "-amount", "pk")
    ]
    return _list(
        request,
        {
            "act": act,
            "done": [one for one in outcomes if not one.refusal],
            "refused": [one for one in outcomes if one.refusal],
            "not_there": len(set(wanted)) - len(outcomes),
        },
    )


def _act(request: HttpRequest, name: str) -> MemoAct:
    """The act of that name. Raises Http404 where there is none, PermissionDenied where the role has it not."""
    if name not in BY_NAME:
        raise Http404
    if not may(request.user, name, "memo"):
        raise PermissionDenied(f"Your role does not {name} memos.")
    return BY_NAME[name]


def _tried(act: MemoAct, memo: CreditMemo, reason: str) -> Outcome:
    try:
        act.do(memo, clock.as_of(), reason)
    except DomainError as error:
        return Outcome(memo, sentence(error))
    return Outcome(memo, "")


@require_safe
@viewing("memo")
def memo(request: HttpRequest, pk: int) -> HttpResponse:
    """One memo: what it says, what it rests on, its steps and entries, and what its reader may do now."""
    row = _memo(request, pk)
    open_acts = [act for act in ACTS if row.state in act.states and may(request.user, act.name, "memo")]
    context = {
        "title": row.document_number or f"Memo {row.pk}",
        "crumbs": [("Memos", reverse("pages:memos"))],
        "memo": row,
        "state": State(row.state),
        "steps": row.steps.select_related("taken_by").order_by("number"),
        # Who of us did what is nothing for the other side.
        "inside": Scope.OWN not in scopes_of(request.user, "memo"),
        "entries": visible_entries(request.user)
        .filter(memo=row)
        .prefetch_related("postings__account__counterparty")
        .order_by("pk"),
        "may_see_entries": may(request.user, "view", "entry"),
        "claim": _claim(request.user, row),
        "may_have_evidence": may(request.user, "view", "evidence"),
        "acts": open_acts,
        "hands": _hands(row, request.user) if any(act.name == "approve" for act in open_acts) else [],
        **life_of(request.user, row),
    }
    return render(request, "pages/finance/memo.html", context)


def _hands(row: CreditMemo, user: Asking) -> list[str]:
    return acts_under(row, user) if isinstance(user, User) else []


def _memo(request: HttpRequest, pk: int) -> Any:
    rows = seen_by(request.user).select_related(
        "contract",
        "counterparty",
        "legal_entity",
        "assessment__commitment__service",
        "proposed_by",
        "restatement",
    )
    return get_object_or_404(rows, pk=pk)


def _claim(user: Asking, row: CreditMemo) -> tuple[str, str, date] | None:
    """How the claim behind a memo stands, the address of its page, and since when; where the reader may see it."""
    if row.assessment_id is None:
        return None
    claim: Any = visible_claims(user).filter(breach__assessment=row.assessment_id).first()
    if claim is None:
        return None
    words = str(ClaimStep.Kind(claim.state).label)
    return words, reverse("pages:claim", args=[claim.pk]), claim.state_since


@require_POST
@viewing("memo")
def act_on_one(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """One act on one memo."""
    wanted, row = _act(request, act), _memo(request, pk)
    carry_out(
        request,
        f"The memo is {wanted.done}.",
        lambda reason: wanted.do(row, clock.as_of(), reason),
    )
    return redirect("pages:memo", pk=row.pk)
