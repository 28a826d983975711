"""Who still needs what a source told: rooms above name the windows whose results are not settled.

This room knows no results. A payload that tells of any time in such a window is kept, past its retention too.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time

from django.db.models import Min, Model

from measurements.models import (
    BucketDay,
    Coverage,
    EventObservation,
    Exclusion,
    HistogramObservation,
    IntervalObservation,
    MaintenanceNotice,
    SecondsObservation,
    Source,
    SourceBinding,
    VendorFigure,
)

Window = tuple[datetime, datetime]
_asked: list[Callable[[Source], Iterable[Window]]] = []
# What is told, and where its beginning stands.
TOLD: tuple[tuple[type[Model], str], ...] = (
    (IntervalObservation, "during__startswith"),
    (SecondsObservation, "day"),
    (VendorFigure, "month_on"),
    (BucketDay, "day"),
    (HistogramObservation, "starts_at"),
    (EventObservation, "opened_at"),
    (Coverage, "during__startswith"),
    (MaintenanceNotice, "during__startswith"),
)


def needed_for(windows: Callable[[Source], Iterable[Window]]) -> None:
    """Ask ``windows`` as well: the windows, [start, end) in UTC, for which a source is still needed."""
    if windows not in _asked:
        _asked.append(windows)


def open_windows(source: Source) -> list[Window]:
    """All windows for which a source is still needed, exclusions that nobody decided yet among them."""
    contracts = SourceBinding.objects.filter(source=source).values("contract")
    undecided = Exclusion.objects.filter(contract__in=contracts, decision=None).values_list(
        "during", flat=True
    )
    found = [(one.lower, one.upper) for one in undecided]
    for windows in _asked:
        found.extend(windows(source))
    return found


def begins_of(payload_ids: list[int]) -> dict[int, datetime]:
    """The first instant that each payload tells of; a payload whose rows were all known before is not there."""
    found: dict[int, datetime] = {}
    for model, beginning in TOLD:
        rows = model._default_manager.filter(payload_id__in=payload_ids).order_by().values_list("payload_id")
        for payload_id, first in rows.annotate(first=Min(beginning)):
            if first is None:
                continue
            at = first if isinstance(first, datetime) else datetime.combine(first, time(), UTC)
            found[payload_id] = min(at, found.get(payload_id, at))
    return found
