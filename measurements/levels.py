"""Levels of many services at once, by the database: from the daily sums of buckets, and from merged intervals.

The pure reckoning is the oracle that ``tests/measurements/test_levels_property.py`` holds these to. Everything is
exact: counts are whole numbers, and time is whole microseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from django.db import connection

from measurements.errors import FieldRefused
from measurements.models import BucketDay, MonthDrop, Source
from measurements.packing import DAY, seconds_of

SQL = Path(__file__).resolve().parent / "sql"
Stretch = tuple[datetime, datetime]
RunOrder = Literal["merge_then_test_then_clip", "clip_then_test", "exclude_then_test_then_clip"]


@dataclass(frozen=True, slots=True)
class BucketLevel:
    """Good and bad of the known slots in a window that no exclusion covers, and how many slots are known.

    ``excluded`` known slots are left out of the counts. ``slots`` is what the window holds, known or not.
    """

    good: int
    bad: int
    known: int
    excluded: int
    slots: int

    @property
    def ratio(self) -> Fraction | None:
        """Good of all; None where nothing was counted."""
        return Fraction(self.good, self.good + self.bad) if self.good + self.bad else None

    @property
    def unknown(self) -> int:
        """Slots of which nobody told."""
        return self.slots - self.known


@dataclass(frozen=True, slots=True)
class IntervalLevel:
    """Microseconds of a window: of the time that no exclusion covers, down, and excluded."""

    base_us: int
    down_us: int
    excluded_us: int


def bucket_levels(
    source: Source,
    window_start: datetime,
    window_end: datetime,
    known_at: datetime,
    *,
    services: Sequence[int] | None = None,
    excluded: Mapping[int, Sequence[Stretch]] | None = None,
) -> dict[tuple[int, str], BucketLevel]:
    """What was counted in [window_start, window_end) as known at ``known_at``, by service and segment.

    Whole UTC days come from their sums; the days that the window's edges or an exclusion cut are unpacked. A slot
    is excluded where it lies wholly in the ``excluded`` time of its service. Raises FieldRefused for a window
    whose edges cut a bucket in two: no exact count can be told of it.
    """
    width = source.width_seconds or 1
    if source.shape == Source.Shape.SAMPLES:
        width = 1
    start, end = seconds_of(window_start), seconds_of(window_end)
    for name, edge, instant in (("window_start", start, window_start), ("window_end", end, window_end)):
        if edge % width or instant.microsecond:
            raise FieldRefused(
                f"{name}: {instant.isoformat()} cuts a bucket of {width} s of {source.code} in two; choose a source "
                "whose buckets begin there, or a window in another zone"
            )
    first, last = -(-start // DAY), end // DAY  # whole days, from first on and before last
    edges = {start // DAY, end // DAY} if first <= last else {start // DAY}
    edges = {day for day in edges if not first <= day < last and day * DAY < end}
    stretches = [
        (service, begins, ends) for service, told in (excluded or {}).items() for begins, ends in told
    ]
    given: dict[str, Any] = {
        "source": source.pk,
        "every": services is None,
        "services": list(services or ()),
        "known_at": known_at,
        "first": _date(first),
        "last": _date(max(first, last)),
        "edges": [_date(day) for day in sorted(edges)],
        "width": width,
        "start": start,
        "end": end,
        "window_start": window_start,
        "window_end": window_end,
        "excluded_services": [service for service, _, _ in stretches],
        "excluded_from": [begins for _, begins, _ in stretches],
        "excluded_to": [ends for _, _, ends in stretches],
    }
    cut = {_date(day) for day in edges} | {
        at.astimezone(UTC).date() for _, begins, ends in stretches for at in _days(begins, ends)
    }
    _refuse_dropped(source, cut)
    slots = (end - start) // (source.width_seconds or 1)
    with connection.cursor() as cursor:
        cursor.execute((SQL / "bucket_levels.sql").read_text(), given)
        return {
            (service, segment): BucketLevel(int(good), int(bad), int(known), int(out), slots)
            for service, segment, good, bad, known, out in cursor.fetchall()
        }


def interval_levels(
    source: Source,
    window_start: datetime,
    window_end: datetime,
    known_at: datetime,
    *,
    severities: Sequence[str],
    minimum_run_seconds: int = 0,
    minimum_run_strict: bool = False,
    run_order: RunOrder = "merge_then_test_then_clip",
    grid_seconds: int = 0,
    grid_rule: Literal["whole_cells", "touched_cells"] = "whole_cells",
    services: Sequence[str] | None = None,
    excluded: Mapping[str, Sequence[Stretch]] | None = None,
) -> dict[str, IntervalLevel]:
    """Downtime of every service (by code) that an incident of these severities names, as known at ``known_at``.

    The order is the pure reckoning's: overlapping incidents are merged, the minimum length is tested before or
    after clipping or on what exclusions leave, the window clips, excluded time is taken away, and what is left
    counts by cells of the grid from the window's start on, where there is one. A service without such an incident
    is not among the results: it was down for no time.
    """
    stretches = [(code, begins, ends) for code, told in (excluded or {}).items() for begins, ends in told]
    least = timedelta(seconds=minimum_run_seconds)
    given: dict[str, Any] = {
        "source": source.pk,
        "every": services is None,
        "services": list(services or ()),
        "known_at": known_at,
        "window_start": window_start,
        "window_end": window_end,
        "near_start": window_start - least,
        "near_end": window_end + least,
        "severities": list(severities),
        "least": least,
        "strict": minimum_run_strict,
        "run_order": run_order,
        "grid": grid_seconds,
        "touched": grid_rule == "touched_cells",
        "excluded_services": [code for code, _, _ in stretches],
        "excluded_from": [begins for _, begins, _ in stretches],
        "excluded_to": [ends for _, _, ends in stretches],
    }
    plain = not minimum_run_seconds and not grid_seconds
    query = "interval_levels_every_run.sql" if plain else "interval_levels.sql"
    with connection.cursor() as cursor:
        cursor.execute((SQL / query).read_text(), given)
        return {
            code: IntervalLevel(int(base), int(down), int(out)) for code, base, down, out in cursor.fetchall()
        }


def _days(begins: datetime, ends: datetime) -> list[datetime]:
    """An instant in every month that the stretch touches."""
    return [begins + n * timedelta(days=28) for n in range((ends - begins).days // 28 + 1)] + [ends]


def _refuse_dropped(source: Source, cut: set[date]) -> None:
    """Days that must be unpacked must be there: their sums alone would count what the window leaves out."""
    months = {day.replace(day=1) for day in cut}
    if not months:
        return
    gone = MonthDrop.objects.filter(seal__table=BucketDay._meta.db_table, seal__month_on__in=months)
    dropped = gone.order_by("seal__month_on").values_list("seal__month_on", flat=True).first()
    if dropped is not None:
        raise FieldRefused(
            f"window: the buckets of {dropped:%Y-%m} of {source.code} were dropped after their retention, and a day "
            "of that month is cut by the window's edge or by excluded time; only whole UTC days are still known"
        )


def _date(number: int) -> date:
    """The date of a day counted from 1970-01-01."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date()
