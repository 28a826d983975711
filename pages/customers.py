"""Customer success's home: which customers are affected now, in words that a customer understands, and which mails
were sent about it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base import clock
from base.access import Asking, visible
from contracts.models import Commitment
from contracts.reading import commitment_terms
from credits.explained import duration, money
from credits.models import Assessment, Claim, ClaimStep
from credits.reading import claims_with_state, days_left, latest_assessments
from notices.reading import MEANING, notices_with_state
from pages.assessments import PARTIES
from pages.calendar import midnight
from pages.layout import viewing
from pages.mails import open_results
from reckoning.canonical import decimal_text
from reckoning.terms.wording import promise

SHOWN = 20
RECENT = timedelta(days=35)
WINDOWS = 12
MAILS = 10
OPEN_CLAIM = (ClaimStep.Kind.FOUND,)
FOR_CUSTOMERS = f"{PARTIES}__direction"


@dataclass(frozen=True)
class Affected:
    """One customer whose promise was missed, in plain words."""

    assessment: Assessment
    sentence: str
    claim: Claim | None
    claim_words: str


@viewing("assessment", "claim", "notice")
def home(request: HttpRequest) -> HttpResponse:
    """Affected customers, what they may still claim, the last windows of each, and the mails about it."""
    as_of = clock.as_of()
    now = _affected_now(request.user, as_of)
    rows = list(now[:SHOWN])
    affected = _in_words(rows, _claims_of(rows), as_of)
    claims = visible(claims_with_state(), request.user).filter(
        Q(deadline_on=None) | Q(deadline_on__gte=as_of),
        state__in=OPEN_CLAIM,
        breach__assessment__commitment__version__contract__direction="promised_by_us",
    )
    kept, total = _kept(request.user, as_of)
    mails = list(visible(notices_with_state(), request.user, kind="notice").order_by("-pk")[:MAILS])
    context = {
        "affected": affected,
        **_counted(now),
        "recent_days": RECENT.days,
        "claims": [(claim, days_left(claim, as_of)) for claim in _whole(claims)[:SHOWN]],
        "claim_count": claims.count(),
        "kept": kept,
        "total": total,
        "strips": _strips(rows, as_of),
        "mails": [(mail, MEANING[mail.state]) for mail in mails],
        "open_results": open_results(request.user, mails),
    }
    return render(request, "pages/customers.html", context)


def _whole(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    deep = "breach__assessment__commitment"
    return (
        claims.select_related(f"{deep}__version__contract__counterparty", f"{deep}__service")
        .defer("breach__assessment__inputs", "breach__assessment__result", f"{deep}__version__terms")
        .order_by("deadline_on", "pk")
    )


def _affected_now(user: Asking, as_of: date) -> QuerySet[Assessment]:
    """The missed promises of windows that hold the day or ended shortly before it, the newest and dearest first."""
    rows = visible(latest_assessments(), user).filter(
        **{FOR_CUSTOMERS: "promised_by_us"},
        outcome=Assessment.Outcome.BREACH,
        window_end__gt=midnight(as_of) - RECENT,
        window_start__lte=midnight(as_of),
    )
    return (
        rows.select_related(f"{PARTIES}__counterparty", "commitment__service", "finalisation")
        .annotate(level_shown=KT("result__level__percent"))
        .defer("inputs", "result")
        .order_by("-window_end", "-credit_amount", "pk")
    )


def _counted(now: QuerySet[Assessment]) -> dict[str, int]:
    """How many promises and how many customers."""
    plain = Assessment.objects.filter(pk__in=now.order_by().values("pk"))
    return plain.aggregate(
        affected_count=Count("pk"), customers=Count(f"{PARTIES}__counterparty", distinct=True)
    )


def _claims_of(rows: Sequence[Assessment]) -> dict[int, Any]:
    found = claims_with_state().filter(breach__assessment__in=rows).select_related("breach")
    return {claim.breach.assessment_id: claim for claim in found}


def _in_words(rows: Sequence[Assessment], claims: dict[int, Any], as_of: date) -> list[Affected]:
    affected = []
    for row in rows:
        claim = claims.get(row.pk)
        sentence = sentence_of(row, claim.state if claim else "")
        affected.append(Affected(row, sentence, claim, _claim_words(claim, as_of)))
    return affected


def sentence_of(row: Assessment, state: str = "") -> str:
    """What happened to a customer, without the words of the trade, and what follows from the ``state`` of the claim.
    Needs ``level_shown``."""
    terms = commitment_terms(row.commitment)
    promised = promise(terms) if terms.target_percent is None else f"{decimal_text(terms.target_percent)} %"
    length = duration(Fraction(row.down_seconds))
    words = (
        f"{row.commitment.service.name} did not work for {length} in {row.window_label}: it worked "
        f"{row.level_shown} % of the time, and we promised {promised}."  # type: ignore[attr-defined]
    )
    if row.credit_amount is None:
        return f"{words} What the customer gets is not settled yet."
    if not row.credit_amount:
        return f"{words} Nothing is due for it."
    return f"{words} {_money_words(money(row.credit_amount, row.currency), state)}"


def _money_words(amount: str, state: str) -> str:
    if state in (ClaimStep.Kind.CLAIMED, ClaimStep.Kind.WAIVED):
        return f"The customer gets {amount} back."
    if state == ClaimStep.Kind.FORFEITED:
        return f"The customer did not ask for the {amount} in time and gets nothing."
    return f"The customer gets {amount} back if it is asked for in time."


def _claim_words(claim: Any, as_of: date) -> str:
    if claim is None:
        return "not final yet, so there is nothing to claim yet"
    if claim.state != ClaimStep.Kind.FOUND:
        return f"{ClaimStep.Kind(claim.state).label.lower()} on {claim.state_since:%Y-%m-%d}"
    left = days_left(claim, as_of)
    if left is None:
        return "needs no claim"
    if left < 0:
        return f"the time to claim ended on {claim.deadline_on:%Y-%m-%d}"
    return f"may be claimed until {claim.deadline_on:%Y-%m-%d}, {left} days left"


def _kept(user: Asking, as_of: date) -> tuple[int, int]:
    """How many of the final results of the last twelve months kept their promise."""
    year = visible(Assessment.objects.exclude(finalisation=None), user).filter(
        **{FOR_CUSTOMERS: "promised_by_us"},
        window_end__gt=midnight(as_of) - timedelta(days=365),
        window_end__lte=midnight(as_of),
    )
    found = year.aggregate(kept=Count("pk", filter=Q(outcome=Assessment.Outcome.MET)), all=Count("pk"))
    return found["kept"], found["all"]


def _strips(affected: Sequence[Assessment], as_of: date) -> list[tuple[Commitment, list[Assessment]]]:
    """The last windows of the promises that were missed now, each with its results in order of time."""
    wanted = list(dict.fromkeys(row.commitment_id for row in affected))
    rows = (
        latest_assessments()
        .filter(commitment__in=wanted, window_end__gt=midnight(as_of) - timedelta(days=400))
        .select_related(f"{PARTIES}__counterparty", "commitment__service", "finalisation")
        .defer("inputs", "result", "commitment__version__terms")
        .order_by("window_start")
    )
    found: dict[int, list[Assessment]] = defaultdict(list)
    for row in rows:
        found[row.commitment_id].append(row)
    return [(found[pk][0].commitment, found[pk][-WINDOWS:]) for pk in wanted]
