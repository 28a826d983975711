"""The worst state of each component on each day, as a source reported it and as it was known at a moment.

Days are of UTC, because sources report by them. What nobody reported is unknown, never good: a day without a row,
or outside of the time that a source of intervals covers. Nothing here is a result: what counts as down is for the
terms of each contract to say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from base.access import Asking
from base.svg.heatmap import State
from contracts.models import Service
from credits.explained import duration
from measurements.coverage import watched
from measurements.models import ExclusionDecision, SecondsObservation, Source
from measurements.reading import latest_intervals
from measurements.visibility import visible_exclusions
from reckoning.timeline import Span as Watched
from reckoning.timeline import clip, seconds, to_us, total

ONE_DAY = timedelta(days=1)
# How bad the words of sources are. What is not listed counts as degraded: a word nobody knows is never good.
SEVERITIES: dict[str, State] = {"critical": "down", "major": "down", "none": "up", "maintenance": "up"}
# A day without an outage that an exclusion touches is shown as excluded, one that nobody knows as unknown.
ORDER: tuple[State, ...] = ("up", "excluded", "unknown", "degraded", "down", "not_yet")
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Told:
    """One component on one day."""

    service: Service
    day: date
    state: State
    shown: str


@dataclass(frozen=True)
class Stretch:
    """Consecutive days of one component on which the same is told; ``last`` is included."""

    service: Service
    first: date
    last: date
    state: State
    shown: str


def midnight(day: date) -> datetime:
    """The first instant of a day of UTC."""
    return datetime.combine(day, time(0), tzinfo=UTC)


def components_of(source: Source) -> QuerySet[Service]:
    """What a source reports on: its vendor's components, or the services of the contracts that it plays for."""
    if source.vendor_id is not None:
        return Service.objects.filter(vendor=source.vendor_id).order_by("code")
    playing = source.bindings.values("contract")
    return Service.objects.filter(commitments__version__contract__in=playing).order_by("code").distinct()


def calendar(
    source: Source, services: Sequence[Service], first: date, last: date, known_at: datetime, user: Asking
) -> list[Told]:
    """Every day from ``first`` to ``last``, both included, of every component, in that order. The number of
    queries depends on neither."""
    excluded = _excluded(services, first, last, known_at, user)
    if source.shape == Source.Shape.DAILY_SECONDS:
        reported = _of_seconds(source, services, first, last, known_at)
        covered = None
    else:
        reported = _of_intervals(source, services, first, last, known_at, excluded)
        covered = watched(
            [(source, service.pk) for service in services],
            midnight(first),
            midnight(last) + ONE_DAY,
            known_at,
        )
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    return [
        _told(
            service,
            day,
            reported.get((service.pk, day)),
            excluded.get(service.pk, []),
            None if covered is None else covered.get((source.pk, service.pk), []),
        )
        for service in services
        for day in days
    ]


def stretches(told: Sequence[Told]) -> Iterator[Stretch]:
    """The days that are not simply up, with neighbours of which the same is told put together."""
    run: list[Told] = []
    for one in [*told, None]:
        if run and (one is None or not _continues(run[-1], one)):
            yield Stretch(run[0].service, run[0].day, run[-1].day, run[0].state, run[0].shown)
            run = []
        if one is not None and one.state != "up":
            run.append(one)


def _continues(before: Told, one: Told) -> bool:
    same = (before.service.pk, before.state, before.shown) == (one.service.pk, one.state, one.shown)
    return same and one.day - before.day == ONE_DAY


def _told(
    service: Service,
    day: date,
    reported: tuple[State, str] | None,
    excluded: Sequence[Span],
    covered: Sequence[Watched] | None,
) -> Told:
    start, end = midnight(day), midnight(day) + ONE_DAY
    if service.existed_from is not None and end <= service.existed_from:
        return Told(service, day, "not_yet", f"exists from {service.existed_from:%Y-%m-%d}")
    if service.existed_until is not None and service.existed_until <= start:
        return Told(service, day, "not_yet", f"existed until {service.existed_until:%Y-%m-%d}")
    state: State = "unknown"
    shown = "nobody reported on this day"
    if reported is not None:
        state, shown = reported
    elif covered is not None:
        blind = _blind(covered, start, end)
        if not blind:
            state, shown = "up", "no outage reported"
        elif blind < Fraction(ONE_DAY // timedelta(seconds=1)):
            shown = f"nobody watched for {duration(blind)} of this day"
    touched = any(start < until and since < end for since, until in excluded)
    if touched and ORDER.index(state) < ORDER.index("excluded"):
        return Told(service, day, "excluded", f"{shown}; an approved exclusion lies on this day")
    return Told(service, day, state, shown)


def _of_seconds(
    source: Source, services: Sequence[Service], first: date, last: date, known_at: datetime
) -> dict[tuple[int, date], tuple[State, str]]:
    rows = (
        SecondsObservation.objects.filter(
            source=source, service__in=services, day__range=(first, last), known_at__lte=known_at
        )
        .order_by("service_id", "day", "-known_at")
        .distinct("service_id", "day")
        .values_list("service_id", "day", "partial_seconds", "major_seconds")
    )
    found: dict[tuple[int, date], tuple[State, str]] = {}
    for service, day, partial, major in rows:
        parts = [f"{duration(n)} {name}" for n, name in ((major, "major"), (partial, "partial")) if n]
        state: State = "down" if major else "degraded" if partial else "up"
        found[service, day] = (state, ", ".join(parts) or "no outage reported")
    return found


def _of_intervals(
    source: Source,
    services: Sequence[Service],
    first: date,
    last: date,
    known_at: datetime,
    excluded: dict[int, list[Span]],
) -> dict[tuple[int, date], tuple[State, str]]:
    """The worst of what lies on each day, with how long it lasted there; what an exclusion covers whole is that."""
    by_code = {service.code: service.pk for service in services}
    begin, end = midnight(first), midnight(last) + ONE_DAY
    rows = (
        latest_intervals(known_at)
        .filter(
            source=source, components__overlap=sorted(by_code), during__overlap=DateTimeTZRange(begin, end)
        )
        .values_list("during", "severity", "components")
    )
    lengths: dict[tuple[int, date], dict[State, list[Span]]] = {}
    for during, severity, components in rows:
        state = SEVERITIES.get(severity, "degraded")
        if state == "up":
            continue
        for day, span in _days(max(during.lower, begin), min(during.upper, end)):
            for code in by_code.keys() & set(components):
                spans = excluded.get(by_code[code], [])
                inside = any(since <= span[0] and span[1] <= until for since, until in spans)
                mine = lengths.setdefault((by_code[code], day), {})
                mine.setdefault("excluded" if inside else state, []).append(span)
    return {key: _worst(states) for key, states in lengths.items()}


def _worst(states: dict[State, list[Span]]) -> tuple[State, str]:
    words = [f"{duration(length_of(states[state]))} {state}" for state in reversed(ORDER) if state in states]
    return max(states, key=ORDER.index), ", ".join(words)


def length_of(spans: Sequence[Span]) -> Fraction:
    """Seconds that any of the spans covers."""
    total, reached = timedelta(0), None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
            reached = end
    return Fraction(total // timedelta(microseconds=1), 1_000_000)


def _days(start: datetime, end: datetime) -> Iterator[tuple[date, Span]]:
    """The part of a span that lies on each day."""
    day = start.astimezone(UTC).date()
    while midnight(day) < end:
        yield day, (max(start, midnight(day)), min(end, midnight(day) + ONE_DAY))
        day += ONE_DAY


def _blind(covered: Sequence[Watched], start: datetime, end: datetime) -> Fraction:
    """Seconds of [start, end) that lie in no watched stretch: a monitor's own outage is neither up nor down."""
    whole = Watched(to_us(start), to_us(end))
    return seconds(total([whole]) - total(clip(covered, whole)))


def _excluded(
    services: Sequence[Service], first: date, last: date, known_at: datetime, user: Asking
) -> dict[int, list[Span]]:
    """The approved exclusions that the reader may see, by component."""
    rows = visible_exclusions(user).filter(
        service__in=services,
        during__overlap=DateTimeTZRange(midnight(first), midnight(last) + ONE_DAY),
        decision__verdict=ExclusionDecision.Verdict.APPROVED,
        decision__decided_at__lte=known_at,
    )
    found: dict[int, list[Span]] = {}
    for service, during in rows.values_list("service_id", "during"):
        found.setdefault(service, []).append((during.lower, during.upper))
    return found
