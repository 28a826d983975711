"""A result as known on another day, and what moved between two days, fact by fact."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base import clock
from base.access import may
from base.errors import DomainError
from credits.knowledge import as_known as reckoned_as_known
from credits.knowledge import between
from credits.windows import window_of_row
from pages.components import known_at_end_of
from pages.dispute_forms import known_by_now
from pages.layout import viewing
from pages.reconciling import result_of, signed


@require_safe
@viewing("assessment", "observation")
def as_known(request: HttpRequest, pk: int) -> HttpResponse:
    """A result recomputed with the knowledge of another day, and what moved between two days, with its reason."""
    result = result_of(request, pk)
    window = window_of_row(result)
    until, until_wrong = _day(request, "known_on", clock.as_of())
    final = getattr(result, "finalisation", None)
    since, since_wrong = _day(request, "since", (final.known_at if final else result.known_at).date())
    context: dict[str, Any] = {
        "title": f"{result.commitment.service.name}, {window.label}, as known on {until:%-d %B %Y}",
        "crumbs": [
            ("Results", reverse("pages:assessments")),
            (f"{result.commitment.service.name}, {window.label}", reverse("pages:assessment", args=[pk])),
        ],
        "result": result,
        "window": window,
        "until": until,
        "since": since,
        "wrong": [one for one in (until_wrong, since_wrong) if one],
        "may_open_files": may(request.user, "view", "payload"),
    }
    try:
        if since <= until:
            moments = (_moment(since, final), _moment(until, None))
            moved = between(result.commitment, window, min(moments), max(moments))
            context |= {"moved": moved, "told": moved.after, "lines": list(_moved_rows(moved.lines))}
        else:
            context["told"] = reckoned_as_known(result.commitment, window, known_at_end_of(until))
            messages.warning(request, "The earlier day must not lie after the later one.")
    except DomainError as error:
        context["refusal"] = str(error)
    return render(request, "pages/disputes/as_known.html", context)


def _moment(day: date, final: Any) -> datetime:
    """The end of a day; of the day of the cut-off the cut-off itself, so that nothing before it shows as late."""
    if final is not None and final.known_at.date() == day:
        moment: datetime = final.known_at
        return moment
    return known_by_now() if day == clock.as_of() else known_at_end_of(day)


def _day(request: HttpRequest, name: str, otherwise: date) -> tuple[date, str]:
    text = request.GET.get(name, "")
    if not text:
        return otherwise, ""
    try:
        found = date.fromisoformat(text)
        datetime.combine(found, time(0), tzinfo=UTC)
        known_at_end_of(found)
    except (ValueError, OverflowError):
        return otherwise, f"{text[:20]!r} is no day; {otherwise} is taken."
    return found, ""


def _moved_rows(lines: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for one in lines:
        fact = one.fact
        yield {
            "kind": fact.kind,
            "what": fact.what,
            "known_at": fact.known_at,
            "reason": fact.reason,
            "down": signed(fact.down_seconds),
            "excluded": signed(fact.excluded_seconds),
            "unknown": signed(fact.unknown_seconds),
            "amount": one.amount,
            "exclusion": fact.exclusion_id,
            "reference": f"{fact.payload_sha256[:16]}:{fact.row_number}" if fact.row_number else "",
        }
