"""Sources: who measures what and where, when each is silent, what came late, and the files it gave."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base import clock
from base.access import Asking, may
from base.svg.parts import STATE_WORDS
from credits.explained import duration
from credits.models import Finalisation
from credits.visibility import visible_assessments
from measurements.coverage import watched
from measurements.models import IntervalObservation, Payload, SecondsObservation, Source
from measurements.reading import clauses_of
from measurements.visibility import visible_payloads, visible_sources
from pages.calendar import Stretch, calendar, components_of, midnight, stretches
from pages.components import Period, _choices, _last_told, _picture, known_at_end_of, period_of
from pages.layout import viewing
from reckoning.timeline import Span, from_us, seconds, subtract, to_us, total

PER_PAGE = 25
LATE_SHOWN = 50


@require_safe
@viewing("source")
def sources(request: HttpRequest) -> HttpResponse:
    """Every source with where it measures, for whom it is decisive, and since when it is silent."""
    rows = (
        visible_sources(request.user)
        .select_related("vendor")
        .annotate(files=Count("payloads"), heard=Max("payloads__known_at"))
        .prefetch_related("bindings__contract")
        .order_by("code")
    )
    context = {"title": "Sources", "sources": rows[:200], "as_of": clock.as_of()}
    return render(request, "pages/disputes/sources.html", context)


@dataclass(frozen=True)
class Late:
    """A window that had its cut-off before its source told of something in it."""

    contract: str
    service: str
    window: str
    assessment_id: int
    cut_off: datetime
    known_at: datetime
    rows: int

    @property
    def days(self) -> int:
        """Whole days after the cut-off."""
        return (self.known_at - self.cut_off).days


@require_safe
@viewing("source", "observation")
def source(request: HttpRequest, code: str) -> HttpResponse:
    """One source: its calendar of a quarter or a year, its gaps, what came after a cut-off, and its files."""
    row = get_object_or_404(visible_sources(request.user).select_related("vendor"), code=code)
    as_of = clock.as_of()
    known_at = known_at_end_of(as_of)
    period = period_of(request.GET.get("period", ""), _last_told(row, as_of))
    services = list(components_of(row))[:200]
    last = min(period.last, as_of)
    told = (
        calendar(row, services, period.first, last, known_at, request.user)
        if services and last >= period.first
        else []
    )
    rows = list(stretches(told))
    days = {one.service.pk for one in told}
    context: dict[str, Any] = {
        "title": row.name,
        "crumbs": [("Sources", reverse("pages:sources"))],
        "source": row,
        "bindings": row.bindings.select_related("contract").order_by("contract__reference", "role"),
        "period": period,
        "choices": _choices(row, as_of),
        "pictures": _pictures(row, told, period, last),
        "counts": _counts(told),
        "components": len(days),
        "gaps": list(_gaps(row, services, rows, period.first, last, known_at)),
        "stretches": [(one, STATE_WORDS[one.state]) for one in rows],
        "reach": _reach(row, known_at),
        "late": list(late_windows(row, request.user)),
        "page": _files(request, row),
        "may_open_files": may(request.user, "view", "payload"),
        "may_tolerate": may(request.user, "edit", "reconciliation") and request.user.is_staff,
    }
    return render(request, "pages/disputes/source.html", context)


def _pictures(row: Source, told: list[Any], period: Period, last: date) -> list[Any]:
    if not told:
        return []
    return [
        _picture(row, one, [day for day in told if one.first <= day.day <= one.last], period)
        for one in period.quarters
        if one.first <= last
    ]


def _counts(told: list[Any]) -> list[tuple[str, str, int]]:
    """Component-days by state, those of which there are any."""
    found: dict[str, int] = {}
    for one in told:
        found[one.state] = found.get(one.state, 0) + 1
    return [(state, STATE_WORDS[state], count) for state, count in found.items()]


def _reach(row: Source, known_at: datetime) -> dict[str, Any]:
    """From when to when it knows anything, and when it was last heard."""
    files = Payload.objects.filter(source=row, known_at__lte=known_at)
    found = files.aggregate(heard=Max("known_at"), until=Max("covers_until"), files=Count("pk"))
    if row.shape == Source.Shape.DAILY_SECONDS:
        day = row.seconds.filter(known_at__lte=known_at).aggregate(last=Max("day"))["last"]
        found["until"] = midnight(day + timedelta(days=1)) if day else None
    return found


@dataclass(frozen=True)
class Gap:
    """A stretch of which the source knows nothing, to the second where it reports to the second."""

    service: str
    start: str
    end: str
    length: str
    why: str


def _gaps(
    row: Source, services: list[Any], told: list[Stretch], first: date, last: date, known_at: datetime
) -> Iterator[Gap]:
    """Gaps of the period, component by component; those of daily seconds are whole days."""
    if row.shape != Source.Shape.INTERVALS:
        for one in told:
            if one.state == "unknown":
                days = (one.last - one.first).days + 1
                words = f"{days} day{'' if days == 1 else 's'}"
                yield Gap(
                    one.service.name, str(one.first), str(one.last + timedelta(days=1)), words, one.shown
                )
        return
    if last < first:
        return
    whole = Span(to_us(midnight(first)), to_us(midnight(last + timedelta(days=1))))
    covered = watched(
        [(row, service.pk) for service in services], from_us(whole.start), from_us(whole.end), known_at
    )
    begins = to_us(row.covers_from) if row.covers_from else whole.end
    for service in services:
        for gap in subtract([whole], covered.get((row.pk, service.pk), [])):
            why = (
                "before it told of anything" if gap.start < begins else "nobody watched, or nothing came yet"
            )
            yield Gap(service.name, _at(gap.start), _at(gap.end), duration(seconds(total([gap]))), why)


def _at(us: int) -> str:
    return f"{from_us(us):%Y-%m-%d %H:%M:%S}"


def _files(request: HttpRequest, row: Source) -> Any:
    if not may(request.user, "view", "payload"):
        return None
    files: QuerySet[Payload] = visible_payloads(request.user).filter(source=row)
    files = files.select_related("imported_by").annotate(lag=F("known_at") - F("covers_until"))
    return Paginator(files.order_by("-known_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))


def late_windows(row: Source, user: Asking) -> list[Late]:
    """Windows that were final when ``row`` told of something in them; what it moves stands on their page.

    Two queries for any number of windows.
    """
    roles = Q(pk__in=[])
    for binding in row.bindings.all():
        roles |= Q(commitment__version__contract=binding.contract_id)
    final = list(
        Finalisation.objects.filter(roles, assessment__in=visible_assessments(user).values("pk"))
        .select_related("commitment__version__contract", "commitment__service", "assessment")
        .defer("assessment__inputs", "assessment__result")
        .order_by("-window_start", "pk")
    )
    if not final:
        return []
    accounts = _accounts(row, min(one.known_at for one in final))
    clauses = {clause.commitment.pk: clause for clause in clauses_of([one.commitment for one in final])}
    found = []
    for one in final:
        clause = clauses[one.commitment_id]
        about = clause.components if clause.reads_intervals else {one.commitment.service.code}
        mine = [
            told.known_at
            for told in accounts
            if told.known_at > one.known_at
            and told.start < one.assessment.window_end
            and told.end > one.window_start
            and not about.isdisjoint(told.components)
        ]
        if mine:
            found.append(
                Late(
                    one.commitment.version.contract.reference,
                    one.commitment.service.name,
                    one.assessment.window_label,
                    one.assessment_id,
                    one.known_at,
                    max(mine),
                    len(mine),
                )
            )
    return found[:LATE_SHOWN]


@dataclass(frozen=True)
class _Account:
    start: datetime
    end: datetime
    components: frozenset[str]
    known_at: datetime


def _accounts(row: Source, after: datetime) -> list[_Account]:
    """What the source told after the first cut-off of all; ordinary reports of later windows are among it."""
    if row.shape == Source.Shape.DAILY_SECONDS:
        seconds = SecondsObservation.objects.filter(source=row, known_at__gt=after)
        return [
            _Account(midnight(day), midnight(day) + timedelta(days=1), frozenset({code}), known_at)
            for day, code, known_at in seconds.values_list("day", "service__code", "known_at")
        ]
    intervals = IntervalObservation.objects.filter(source=row, known_at__gt=after)
    return [
        _Account(during.lower, during.upper, frozenset(components), known_at)
        for during, components, known_at in intervals.values_list("during", "components", "known_at")
    ]
