"""Months of the partitioned tables: made before they are needed, checked against their sums, and what dropping one
would take away. Nothing here repairs or drops."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from measurements.errors import FieldRefused
from measurements.models import BucketDay, BucketDaySum, MonthSeal
from measurements.packing import unpack
from measurements.staging import make_months

MONTHS_AHEAD = 3
CHECKED_BACK = timedelta(days=2)
DAYS_AT_ONCE = 500
KEEPING = """
    SELECT DISTINCT source.code FROM {table} kept
      JOIN measurements_series series ON series.id = kept.series_id
      JOIN measurements_source source ON source.id = series.source_id
     WHERE kept.{at} >= %(month)s AND kept.{at} < %(after)s
       AND (source.retention_days IS NULL OR %(after)s::date + source.retention_days > %(as_of)s)
     ORDER BY source.code
"""


def month_after(month_on: date, months: int = 1) -> date:
    """The first day of the month so many months later."""
    at = month_on.year * 12 + month_on.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def make_coming_months(today: date) -> list[date]:
    """Make the partitions of this month and the MONTHS_AHEAD after it, where there are none; their first days."""
    months = [month_after(today.replace(day=1), ahead) for ahead in range(MONTHS_AHEAD + 1)]
    make_months(set(months))
    return months


# Sums against detail -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Differs:
    """A day whose sums are not what its slots add up to, each as (good, bad, slots)."""

    series_id: int
    day: date
    sums: tuple[int, int, int]
    detail: tuple[int, int, int]

    def __str__(self) -> str:
        return f"series {self.series_id}, {self.day}: its sums say {self.sums}, its slots {self.detail}"


def differing_days(since: datetime) -> Iterator[Differs]:
    """The days of which anything became known at ``since`` or later and whose sums are not those of their slots.

    Days of months that were dropped have no slots any more, and are not among those: late data cannot come to them.
    """
    touched = BucketDaySum.objects.filter(known_at__gte=since)
    told = BucketDay.objects.filter(known_at__gte=since)
    keys = sorted({*touched.values_list("series_id", "day"), *told.values_list("series_id", "day")})
    for first in range(0, len(keys), DAYS_AT_ONCE):
        yield from _differing(keys[first : first + DAYS_AT_ONCE])


def _differing(keys: list[tuple[int, date]]) -> Iterator[Differs]:
    series, days = {pk for pk, _ in keys}, {day for _, day in keys}
    summed = {
        (pk, day): (good, bad, slots)
        for pk, day, good, bad, slots in BucketDaySum.objects.filter(series__in=series, day__in=days)
        .values_list("series_id", "day")
        .annotate(Sum("good"), Sum("bad"), Sum("slots"))
        .order_by()
    }
    rows = BucketDay.objects.filter(series__in=series, day__in=days).order_by("known_at", "payload_id", "pk")
    slots: dict[tuple[int, date], dict[int, tuple[int, int]]] = {}
    columns = ("series_id", "day", "first_slot", "step", "slots", "counts", "good", "bad")
    for pk, day, first, step, at, counts, good, bad in rows.values_list(*columns).iterator(
        chunk_size=DAYS_AT_ONCE
    ):
        slots.setdefault((pk, day), {}).update(unpack(first, step, at, counts, good, bad))
    for key in keys:
        here = slots.get(key, {}).values()
        detail = (sum(good for good, _ in here), sum(bad for _, bad in here), len(here))
        sums = summed.get(key, (0, 0, 0))
        if sums != detail:
            yield Differs(*key, sums, detail)


# Before a month is dropped -------------------------------------------------------------------------------


@dataclass(frozen=True)
class MonthStanding:
    """What a month of a table holds, and what keeps it: no seal that fits, or sources that still keep it."""

    table: str
    month_on: date
    row_count: int
    sha256: str
    is_sealed: bool
    keepers: tuple[str, ...]

    @property
    def may_go(self) -> bool:
        """Whether ``measurements_drop_month`` would drop it."""
        return self.is_sealed and not self.keepers


def standing_of_month(cursor: Any, table: str, month_on: date, as_of: date) -> MonthStanding:
    """Look at a month, with the eyes of ``cursor``: the owner's in the command. Raises FieldRefused."""
    if table not in MonthSeal.Table.values:
        raise FieldRefused(f"table: {table!r} has no months; {' or '.join(MonthSeal.Table.values)} have")
    part = f"{table}_{month_on:%Y_%m}"
    cursor.execute("SELECT to_regclass(%s)::text", [f"public.{part}"])
    if cursor.fetchone() == (None,):
        raise FieldRefused(f"month_on: nothing is kept of {month_on:%Y-%m} in {table}")
    cursor.execute("SELECT row_count, sha256 FROM measurements_month_digest(%s, %s)", [table, month_on])
    row_count, digest = cursor.fetchone()
    cursor.execute(
        'SELECT row_count, sha256 FROM measurements_monthseal WHERE "table" = %s AND month_on = %s '
        "ORDER BY id DESC LIMIT 1",
        [table, month_on],
    )
    sealed = cursor.fetchone() == (row_count, digest)
    # Both names are of closed lists. By way of the whole table, which the application may read as well.
    asked = KEEPING.format(table=table, at="day" if table == MonthSeal.Table.BUCKETS else "starts_at")
    cursor.execute(asked, {"month": month_on, "after": month_after(month_on), "as_of": as_of})
    keepers = tuple(code for (code,) in cursor.fetchall())
    return MonthStanding(table, month_on, row_count, digest, sealed, keepers)


def drop_month(cursor: Any, standing: MonthStanding, as_of: date) -> int:
    """Drop the month by the owner's function, which asks the same again; the number of rows that went."""
    cursor.execute("SELECT measurements_drop_month(%s, %s, %s)", [standing.table, standing.month_on, as_of])
    [count] = cursor.fetchone()
    return int(count)
