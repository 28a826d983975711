"""What a source of incidents knows of a window: the time in which it would have told of an outage."""

from collections.abc import Iterable
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Max, Q

from measurements.models import Coverage, Payload, Source
from reckoning.timeline import Span, intersect, merge, subtract, to_us

Key = tuple[int, int]  # source, service


def watched(
    pairs: Iterable[tuple[Source, int]], start: datetime, end: datetime, known_at: datetime
) -> dict[Key, list[Span]]:
    """The watched parts of [start, end) as known at ``known_at``, by source and service, merged.

    Files say how far a list reaches (``covers_until``): from the source's ``covers_from`` until there it is
    complete. Statements of coverage come on top of that, in order of knowledge: watched time is known, and time in
    which the source says that it was blind is not, whatever a list says that covers it.
    """
    wanted = {(source.pk, service): source for source, service in pairs}
    sources = {source.pk: source for source in wanted.values()}
    window = Span(to_us(start), to_us(end))
    listed: dict[int, list[Span]] = {}
    speaking = set()
    rows = (
        Payload.objects.filter(source__in=sources, known_at__lte=known_at, covers_until__isnull=False)
        .order_by()
        .values_list("source")
        # A payload with statements of its own says by them what it covers.
        .annotate(until=Max("covers_until", filter=Q(coverage__isnull=True)), told=Count("coverage"))
    )
    for pk, until, told in rows:
        begins = sources[pk].covers_from
        if told:
            speaking.add(pk)
        if until is not None and begins is not None:
            listed[pk] = merge([Span(max(to_us(begins), window.start), min(to_us(until), window.end))])
    statements = (
        Coverage.objects.filter(
            source__in=speaking, known_at__lte=known_at, during__overlap=DateTimeTZRange(start, end, "[)")
        )
        .order_by("known_at", "pk")
        .values_list("source_id", "service_id", "during", "watched")
        if speaking
        else ()
    )
    found = {key: listed.get(key[0], []) for key in wanted}
    by_source: dict[int, list[Key]] = {}
    for key in wanted:
        by_source.setdefault(key[0], []).append(key)
    for pk, service, during, is_watched in statements:
        part = intersect([window], [Span(to_us(during.lower), to_us(during.upper))])
        for key in by_source[pk]:
            if service is None or key[1] == service:
                found[key] = merge([*found[key], *part]) if is_watched else subtract(found[key], part)
    return found
