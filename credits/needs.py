"""For which windows sources are still needed: their payloads are kept for as long (measurements.needs)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery

from credits.models import Assessment, ClaimStep, Finalisation
from credits.reading import open_disputes
from measurements.models import Source

ENDED = (ClaimStep.Kind.PAID, ClaimStep.Kind.CLAIMED, ClaimStep.Kind.WAIVED, ClaimStep.Kind.FORFEITED)


def unsettled_windows(source: Source) -> Iterator[tuple[datetime, datetime]]:
    """Windows of the contracts that the source plays a role for, [start, end) in UTC: without a final result, with a
    claim that has not ended, or with a memo in dispute."""
    rows = Assessment.objects.filter(commitment__version__contract__source_bindings__source=source).order_by()
    final = Finalisation.objects.filter(
        commitment=OuterRef("commitment"), window_start=OuterRef("window_start")
    )
    last = ClaimStep.objects.filter(claim=OuterRef("breach__claim")).order_by("-number").values("kind")[:1]
    disputed = open_disputes().values("memo")
    bounds = ("window_start", "window_end")
    yield from rows.filter(~Exists(final)).values_list(*bounds).distinct()
    claimed = rows.filter(breach__claim__isnull=False).annotate(last=Subquery(last))
    yield from claimed.exclude(last__in=ENDED).values_list(*bounds).distinct()
    yield from rows.filter(memo__in=disputed).values_list(*bounds).distinct()
    yield from rows.filter(restatements__memo__in=disputed).values_list(*bounds).distinct()
