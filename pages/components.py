"""The calendar of the components, and the minutes of one of their days with where each was read."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, Max, Min, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base import clock
from base.access import Asking, may
from base.svg import Day, Rows, calendar_heatmap
from base.svg.parts import STATE_WORDS
from contracts.models import Service
from credits.explained import duration
from credits.reading import latest_assessments
from credits.visibility import visible_assessments
from measurements.models import ExclusionDecision, IntervalObservation, Source, SourceBinding
from measurements.visibility import visible_exclusions, visible_intervals, visible_seconds, visible_sources
from pages.calendar import ONE_DAY, Told, calendar, components_of, length_of, midnight, stretches
from pages.layout import viewing
from pages.pictures import Picture, drawn

QUARTERS = 4


@dataclass(frozen=True)
class Period:
    """A quarter or a year of UTC; ``name`` is 2025-Q2 or 2025. ``last`` is included."""

    name: str
    first: date
    last: date

    @property
    def quarters(self) -> list["Period"]:
        """The quarters that it consists of."""
        if "-Q" in self.name:
            return [self]
        return [quarter(self.first.year, number) for number in range(1, QUARTERS + 1)]


def quarter(year: int, number: int) -> Period:
    """A quarter of a year, from 1 to 4."""
    first = date(year, 3 * number - 2, 1)
    following = date(year + number // QUARTERS, 3 * number % 12 + 1, 1)
    return Period(f"{year}-Q{number}", first, following - ONE_DAY)


def quarter_of(day: date) -> Period:
    """The quarter that a day lies in."""
    return quarter(day.year, (day.month + 2) // 3)


def period_of(name: str, otherwise: date) -> Period:
    """A period by its name; the quarter of ``otherwise`` where the name is empty. Raises Http404."""
    if not name:
        return quarter_of(otherwise)
    year, _, number = name.partition("-Q")
    if not (year.isascii() and year.isdecimal() and 1970 <= int(year) <= 2200):
        raise Http404("There is no such year.")
    if not number and "-" not in name:
        return Period(year, date(int(year), 1, 1), date(int(year), 12, 31))
    if number not in {"1", "2", "3", "4"}:
        raise Http404("There is no such quarter.")
    return quarter(int(year), int(number))


def known_at_end_of(day: date) -> datetime:
    """The moment until which knowledge counts when a page is as of a day: the end of that day, UTC."""
    return midnight(day) + ONE_DAY


@require_safe
@viewing("observation", "source")
def components(request: HttpRequest) -> HttpResponse:
    """A quarter or a year of all components that a source reports on."""
    as_of = clock.as_of()
    plays = Exists(SourceBinding.objects.filter(source=OuterRef("pk")))
    # The one that plays for a contract tells more than one that nothing is reckoned from.
    sources = list(visible_sources(request.user).annotate(plays=plays).order_by("-plays", "shape", "code"))
    wanted = request.GET.get("source", "")
    source = next((one for one in sources if one.code == wanted), None)
    if wanted and source is None:
        raise Http404("There is no such source, or none that your role may see.")
    if source is None:
        source = sources[0] if sources else None
    context: dict[str, object] = {"title": "Components", "sources": sources, "source": source}
    if source is not None:
        period = period_of(request.GET.get("period", ""), _last_told(source, as_of))
        context |= {"period": period, "choices": _choices(source, as_of)} | _shown(
            request, source, period, as_of
        )
    return render(request, "pages/components.html", context)


def _shown(request: HttpRequest, source: Source, period: Period, as_of: date) -> dict[str, object]:
    services = list(components_of(source))
    last = min(period.last, as_of)
    if not services or last < period.first:
        return {"pictures": [], "stretches": []}
    told = calendar(source, services, period.first, last, known_at_end_of(as_of), request.user)
    pictures = [
        _picture(source, one, [row for row in told if one.first <= row.day <= one.last], period)
        for one in period.quarters
        if one.first <= last
    ]
    return {
        "pictures": pictures,
        "stretches": [(one, STATE_WORDS[one.state]) for one in stretches(told)],
        "days_up": sum(1 for one in told if one.state == "up"),
        "days": len(told),
    }


def _picture(source: Source, shown: Period, told: list[Told], asked: Period) -> tuple[Period, Picture]:
    """A year is drawn as its quarters; there, days that were simply up lead nowhere, for the page's size."""
    whole_year = shown.name != asked.name
    days = [
        Day(
            one.service.name,
            one.day,
            one.state,
            one.shown,
            "" if whole_year and one.state == "up" else _address(one.service, one.day),
        )
        for one in told
    ]
    title = f"{source.name}, {shown.name}"
    desc = (
        "One row a component, one column a day of UTC, the worst that was reported on each day. Every day that was "
        "not up is listed in the table below."
    )
    svg = calendar_heatmap(days, title=title, desc=desc, id_prefix=f"cal-{shown.name.lower()}")
    return shown, drawn(title, svg, Rows((), ()))


def _address(service: Service, day: date) -> str:
    return reverse("pages:component_day", args=[service.code, day.isoformat()])


def _last_told(source: Source, as_of: date) -> date:
    """The last day up to ``as_of`` on which the source knows anything; ``as_of`` where it knows nothing."""
    if source.shape == Source.Shape.DAILY_SECONDS:
        last: date | None = source.seconds.filter(day__lte=as_of).aggregate(last=Max("day"))["last"]
        return last or as_of
    until = source.payloads.aggregate(until=Max("covers_until"))["until"]
    # What it covers ends before that instant, which may be a midnight.
    return min(as_of, (until - timedelta(microseconds=1)).date()) if until else as_of


def _choices(source: Source, as_of: date) -> list[str]:
    """The years and quarters from the first report of a source to today, newest first."""
    if source.shape == Source.Shape.DAILY_SECONDS:
        first = source.seconds.aggregate(first=Min("day"))["first"] or as_of
    else:
        first = source.covers_from.date() if source.covers_from else as_of
    names = []
    for year in range(as_of.year, first.year - 1, -1):
        names.append(str(year))
        numbers = range(QUARTERS, 0, -1)
        names += [
            one.name
            for one in (quarter(year, number) for number in numbers)
            if one.first <= as_of and first <= one.last
        ]
    return names


# One day -------------------------------------------------------------------------------------------------


@require_safe
@viewing("observation")
def component_day(request: HttpRequest, code: str, day: str) -> HttpResponse:
    """What every source said about a component on one day, with the file, its hash and the row."""
    service = get_object_or_404(Service, code=code)
    try:
        on = date.fromisoformat(day)
        before, after = on - ONE_DAY, on + ONE_DAY
    except (ValueError, OverflowError):
        raise Http404("There is no such day.") from None
    context = {
        "service": service,
        "day": on,
        "title": f"{service.name}, {on:%-d %B %Y}",
        "crumbs": [("Components", f"{reverse('pages:components')}?period={quarter_of(on).name}")],
        "before": _address(service, before),
        "after": _address(service, after) if after <= clock.as_of() else "",
        "may_open_files": may(request.user, "view", "payload"),
        **_minutes(request.user, service, on),
    }
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "pages/component_minutes.html" if partial else "pages/component_day.html", context)


def _minutes(user: Asking, service: Service, on: date) -> dict[str, object]:
    start, end = midnight(on), midnight(on) + ONE_DAY
    known_at = known_at_end_of(clock.as_of())
    seconds = visible_seconds(user).filter(service=service, day=on, known_at__lte=known_at)
    intervals = visible_intervals(user).filter(
        components__contains=[service.code],
        during__overlap=DateTimeTZRange(start, end),
        known_at__lte=known_at,
    )
    return {
        "seconds": _newest_first(
            seconds.select_related("source", "payload")
            .defer("payload__content")
            .order_by("source__code", "-known_at"),
            lambda row: row.source_id,
        ),
        "intervals": [
            (row, superseded, *_part(row, start, end))
            for row, superseded in _newest_first(
                intervals.select_related("source", "payload")
                .defer("payload__content")
                .order_by("source__code", "external_id", "-known_at"),
                lambda row: (row.source_id, row.external_id),
            )
        ],
        "exclusions": visible_exclusions(user)
        .filter(service=service, during__overlap=DateTimeTZRange(start, end), proposed_at__lte=known_at)
        .select_related("contract", "decision"),
        "approved": ExclusionDecision.Verdict.APPROVED,
        "silent": _silent(user, service, start, known_at),
        "results": visible_assessments(user)
        .filter(
            pk__in=latest_assessments().values("pk"),
            commitment__service=service,
            window_start__lt=end,
            window_end__gt=start,
        )
        .select_related("commitment__version__contract", "finalisation"),
    }


def _newest_first[RowT](rows: Iterable[RowT], key: Callable[[RowT], Hashable]) -> list[tuple[RowT, bool]]:
    """Rows with whether a later account of the same thing stands before them."""
    seen: set[Hashable] = set()
    found = []
    for row in rows:
        same = key(row)
        found.append((row, same in seen))
        seen.add(same)
    return found


def _part(row: IntervalObservation, start: datetime, end: datetime) -> tuple[datetime, datetime, str]:
    """The part of an incident that lies on the day, and its length."""
    since, until = max(row.during.lower, start), min(row.during.upper, end)
    return since, until, duration(length_of([(since, until)]))


def _silent(user: Asking, service: Service, start: datetime, known_at: datetime) -> list[Source]:
    """The sources of intervals whose knowledge does not reach over this day."""
    sources = (
        visible_sources(user)
        .filter(shape=Source.Shape.INTERVALS, vendor=service.vendor_id)
        .annotate(reaches=Max("payloads__covers_until"))
    )
    return [
        one
        for one in sources
        if one.covers_from is None
        or one.covers_from > start
        or one.reaches is None
        or one.reaches < start + ONE_DAY
    ]
