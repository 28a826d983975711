"""The vendor manager's home: claims by days left, what waits, what came back, what lateness cost."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base import clock
from base.svg import Bar
from contracts.models import Contract, Counterparty
from contracts.visibility import visible_counterparties
from credits.explained import money
from credits.models import Assessment
from credits.reading import latest_assessments
from credits.visibility import visible_assessments, visible_claims
from pages.assessments import listed as listed_results
from pages.layout import viewing
from pages.pictures import Picture, bars_of
from vendors import reading
from vendors.reading import Recovery

SHOWN = 20
THEIRS = Contract.Direction.PROMISED_TO_US


@viewing("claim", "breach")
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the vendor manager, as of the page's day. A fixed number of queries."""
    as_of = clock.as_of()
    claims = reading.on_vendors(visible_claims(request.user))
    found = reading.recoveries(claims)
    urgent = reading.urgent(claims)[:SHOWN]
    context: dict[str, Any] = {
        "as_of": as_of,
        "recoveries": found,
        "to_send": _count(found, "found"),
        "unanswered": _count(found, "sent"),
        "lost": _count(found, "forfeited"),
        "urgent": urgent,
        "next_days": _days_of_first(urgent, as_of),
        "waiting": reading.waiting(claims)[:SHOWN],
        "pictures": [_picture(one) for one in found],
        "provisional": _provisional(request)[:SHOWN],
        "vendors": _vendors(request),
    }
    return render(request, "pages/vendors/home.html", context)


def _count(found: list[Recovery], state: str) -> int:
    return sum(one.counts.get(state, 0) for one in found)


def _days_of_first(urgent: QuerySet[Any], as_of: Any) -> int | None:
    days = [(row.deadline_on - as_of).days for row in urgent if row.deadline_on]
    return days[0] if days else None


def _picture(one: Recovery) -> Picture:
    """What became of the claims in one currency; what is certain is solid, what may come is hatched."""
    rows = [
        Bar("Received", one.received, money(one.received, one.currency)),
        Bar("Acknowledged, to come", one.acknowledged, money(one.acknowledged, one.currency), "hatched"),
        Bar("Sent, no answer yet", one.waiting, money(one.waiting, one.currency), "hatched"),
        Bar("To be sent", one.to_send, money(one.to_send, one.currency), "hatched"),
        Bar("Refused", one.refused, money(one.refused, one.currency), "outline"),
        Bar("Lost to lateness", one.lost, money(one.lost, one.currency), "outline"),
    ]
    title = f"What became of our claims, {one.currency}"
    desc = f"{len(rows)} bars from zero that add up to {money(one.claimed, one.currency)}."
    return bars_of(rows, title=title, desc=desc, id_prefix=f"became-{one.currency.lower()}")


def _provisional(request: HttpRequest) -> QuerySet[Assessment]:
    """Results of vendors' promises that are not final: below the promise, or an open question."""
    rows = visible_assessments(request.user).filter(
        commitment__version__contract__direction=THEIRS,
        finalisation=None,
        outcome__in=(Assessment.Outcome.BREACH, Assessment.Outcome.OPEN_QUESTION),
        pk__in=latest_assessments().values("pk"),
    )
    return listed_results(rows).order_by("-window_start", "commitment__service__code")


def _vendors(request: HttpRequest) -> QuerySet[Counterparty]:
    rows = visible_counterparties(request.user).filter(is_vendor=True)
    return rows.select_related("vendor_profile").order_by("name")[:SHOWN]
