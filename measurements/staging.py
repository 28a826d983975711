"""From packed chunks to stored days: staged by binary COPY, weighed against what is known, and settled in order.

Only days about which something else is known already are unpacked and compared slot by slot; a day that is new, or
that repeats the newest account whole, is settled by the database as it stands.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from types import TracebackType
from typing import Any

from django.db import connection

from base.csvio import Faults
from measurements.deliveries import Counts
from measurements.models import Payload, Series, Source
from measurements.packing import HEADER, TRAILER, Chunk, Packer, day_of, sums_of, unpack

COLUMNS = "key, day, first_slot, step, slots, counts, good, bad, sum_good, sum_bad, sum_slots"
CREATE = """
CREATE TEMPORARY TABLE {name} (key integer, day date, first_slot integer, step integer, slots integer[],
    counts integer[], good bigint[], bad bigint[], sum_good bigint, sum_bad bigint, sum_slots integer) ON COMMIT DROP
"""
# The newest account of each day that is known already, and whether the staged one is just that.
KNOWN = """
SELECT key, day, bool_or(same AND known_at = newest)
FROM (
    SELECT staged.key, staged.day, stored.known_at,
        max(stored.known_at) OVER (PARTITION BY staged.key, staged.day) newest,
        (stored.first_slot, stored.step, stored.good, stored.bad)
            = (staged.first_slot, staged.step, staged.good, staged.bad)
        AND stored.slots IS NOT DISTINCT FROM staged.slots
        AND stored.counts IS NOT DISTINCT FROM staged.counts AS same
    FROM measurements_bucketday stored
    JOIN pg_temp.arriving_series named ON named.series_id = stored.series_id
    JOIN pg_temp.arriving staged ON staged.key = named.key AND staged.day = stored.day
    WHERE stored.day BETWEEN %(first)s AND %(last)s
) compared
GROUP BY key, day
"""
STAGED = """
SELECT key, day, first_slot, step, slots, counts, good, bad FROM pg_temp.arriving
WHERE (key, day) IN (SELECT * FROM unnest(%s::integer[], %s::date[])) ORDER BY key, day
"""
STORED = """
SELECT named.key, stored.day, stored.first_slot, stored.step, stored.slots, stored.counts, stored.good, stored.bad,
    stored.known_at
FROM unnest(%s::integer[], %s::date[]) wanted (key, day)
JOIN pg_temp.arriving_series named ON named.key = wanted.key
JOIN measurements_bucketday stored ON stored.series_id = named.series_id AND stored.day = wanted.day
ORDER BY named.key, stored.day, stored.known_at, stored.payload_id
"""
LEFT = """
WITH staged AS (
    SELECT * FROM pg_temp.arriving
    WHERE NOT EXISTS (SELECT FROM pg_temp.arriving_done done WHERE done.key = arriving.key AND done.day = arriving.day)
    UNION ALL SELECT * FROM pg_temp.arriving_weighed
)
"""
DETAIL = f"""{LEFT}
INSERT INTO measurements_bucketday
    (series_id, day, known_at, payload_id, first_slot, step, slots, counts, good, bad)
SELECT named.series_id, day, %(known_at)s, %(payload)s, first_slot, step, slots, counts, good, bad
FROM staged JOIN pg_temp.arriving_series named USING (key) ORDER BY named.series_id, day
"""  # noqa: S608  # two constants
SUMS = f"""{LEFT}
INSERT INTO measurements_bucketdaysum (series_id, day, known_at, payload_id, good, bad, slots)
SELECT named.series_id, day, %(known_at)s, %(payload)s, sum_good, sum_bad, sum_slots
FROM staged JOIN pg_temp.arriving_series named USING (key) ORDER BY named.series_id, day
"""  # noqa: S608
AT_ONCE = 2_000
FLUSH_BYTES = 1 << 17

Place = tuple[int, date]


class Stage:
    """The temporary tables of one delivery. Use it as a context, within the transaction of the delivery."""

    def __init__(self, source: Source, step: int) -> None:
        self.source = source
        self.step = step
        self.keys: dict[tuple[int, str], int] = {}
        self.days: set[int] = set()
        self._split: set[Place] = set()
        self._contradictions: list[tuple[int, date, int, tuple[int, int], tuple[int, int]]] = []
        self._names: dict[int, tuple[int, str]] = {}
        self._left = 0

    def __enter__(self) -> "Stage":
        with connection.cursor() as cursor:
            self._drop(cursor)
            # Long arrays are compressed once, here, and moved as they are; lz4 does it in a third of the time.
            cursor.execute(
                "SELECT set_config(name, 'lz4', true) FROM pg_settings "
                "WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)"
            )
            for name in ("arriving", "arriving_weighed"):
                cursor.execute(CREATE.format(name=name))
            cursor.execute(
                "CREATE TEMPORARY TABLE arriving_series (key integer, series_id bigint) ON COMMIT DROP"
            )
            cursor.execute("CREATE TEMPORARY TABLE arriving_done (key integer, day date) ON COMMIT DROP")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error the transaction is over, and the tables with it.
        if kind is None:
            with connection.cursor() as cursor:
                self._drop(cursor)

    def _drop(self, cursor: Any) -> None:
        for name in ("arriving", "arriving_weighed", "arriving_series", "arriving_done"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")

    def fill(self, packer: Packer, rows: Iterable[tuple[int, datetime, int, int, str]]) -> None:
        """Pack the rows and send them, while they are still being read, to the first of the tables."""
        seen: set[tuple[int, int]] = set()

        def tidied() -> Iterable[Chunk]:
            for chunk in packer.chunks(rows):
                for slot, one, other in chunk.tidy():
                    self._contradictions.append((chunk.key, day_of(chunk.day), slot, one, other))
                if (chunk.key, chunk.day) in seen:
                    self._split.add((chunk.key, day_of(chunk.day)))
                seen.add((chunk.key, chunk.day))
                yield chunk

        self._send("arriving", tidied())
        self.keys, self.days = packer.keys, packer.days

    def weigh(self, known_at: datetime, conflicts: Faults) -> Counts:
        """Compare with what is known: count what is new, superseded or said before, and note contradictions."""
        numbers = series_numbers(self.source, set(self.keys))
        with connection.cursor() as cursor, cursor.copy("COPY arriving_series FROM STDIN") as copy:
            for place, key in self.keys.items():
                copy.write_row((key, numbers[place]))
        self._names = {key: place for place, key in self.keys.items()}
        for key, day, slot, one, other in self._contradictions:
            self._conflict(conflicts, key, day, slot, one, other, "in the same delivery")
        counts = Counts()
        if not self.days:
            return counts
        with connection.cursor() as cursor:
            # Not the arrays: statistics of their elements would cost more than everything else here.
            cursor.execute("ANALYZE pg_temp.arriving (key, day)")
            cursor.execute("ANALYZE pg_temp.arriving_series")
            cursor.execute(KNOWN, {"first": day_of(min(self.days)), "last": day_of(max(self.days))})
            compared = {(key, day): same for key, day, same in cursor.fetchall()}
            repeated = [place for place, same in compared.items() if same and place not in self._split]
            careful = sorted({place for place in compared if place not in set(repeated)} | self._split)
            self._copy_places(cursor, [*repeated, *careful])
            if careful:
                cursor.execute("CREATE INDEX ON pg_temp.arriving (key, day)")
            for start in range(0, len(careful), AT_ONCE):
                self._compare(cursor, careful[start : start + AT_ONCE], known_at, conflicts, counts)
            cursor.execute(f"{LEFT} SELECT count(*) FROM staged")  # noqa: S608
            (self._left,) = cursor.fetchone()
            cursor.execute(
                "SELECT coalesce(sum(sum_slots), 0) FROM pg_temp.arriving WHERE NOT EXISTS (SELECT FROM "
                "pg_temp.arriving_done done WHERE done.key = arriving.key AND done.day = arriving.day)"
            )
            (fresh,) = cursor.fetchone()
        counts.accepted += fresh
        return counts

    def settle(self, payload: Payload) -> None:
        """Write what is left into the days, and what it changes into their sums."""
        if not self._left:
            return
        make_months({day_of(day) for day in self.days})
        given: dict[str, Any] = {"known_at": payload.known_at, "payload": payload.pk}
        with connection.cursor() as cursor:
            cursor.execute(DETAIL, given)
            cursor.execute(SUMS, given)

    def _compare(
        self, cursor: Any, places: Sequence[Place], known_at: datetime, conflicts: Faults, counts: Counts
    ) -> None:
        """Slot by slot: put what is new or otherwise in its own chunk beside the change of the sums."""
        keys, days = [key for key, _ in places], [day for _, day in places]
        cursor.execute(STAGED, [keys, days])
        staged = {place: list(rows) for place, rows in groupby(cursor.fetchall(), key=lambda row: row[:2])}
        cursor.execute(STORED, [keys, days])
        stored = {place: list(rows) for place, rows in groupby(cursor.fetchall(), key=lambda row: row[:2])}
        weighed: list[tuple[Chunk, tuple[int, int, int]]] = []
        for key, day in places:
            arriving: dict[int, tuple[int, int]] = {}
            for row in staged[key, day]:
                for slot, told in unpack(*row[2:8]).items():
                    if arriving.setdefault(slot, told) != told:
                        self._conflict(
                            conflicts, key, day, slot, arriving[slot], told, "in the same delivery"
                        )
            before: dict[int, tuple[int, int]] = {}
            since: dict[int, datetime] = {}
            for row in stored.get((key, day), ()):
                slots = unpack(*row[2:8])
                before |= slots
                since |= dict.fromkeys(slots, row[8])
            new = {slot: told for slot, told in arriving.items() if before.get(slot) != told}
            for slot, told in new.items():
                if slot in before and since[slot] >= known_at:
                    said = f"at {since[slot]:%Y-%m-%dT%H:%M:%SZ}; a correction needs a later known_at"
                    self._conflict(conflicts, key, day, slot, before[slot], told, said)
            counts.accepted += len(new)
            counts.superseding += sum(slot in before for slot in new)
            if new:
                order = sorted(new)
                number = (day - date(1970, 1, 1)).days
                chunk = Chunk(
                    key, number, order, [new[slot][0] for slot in order], [new[slot][1] for slot in order]
                )
                weighed.append((chunk, sums_of(new, before)))
        with cursor.copy(f"COPY arriving_weighed ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(HEADER)
            for chunk, sums in weighed:
                copy.write(chunk.binary(self.step, sums))
            copy.write(TRAILER)

    def _send(self, table: str, chunks: Iterable[Chunk]) -> None:
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            parts, size = [HEADER], 0
            for chunk in chunks:
                row = chunk.binary(self.step)
                parts.append(row)
                size += len(row)
                if size > FLUSH_BYTES:
                    copy.write(b"".join(parts))
                    parts, size = [], 0
            copy.write(b"".join([*parts, TRAILER]))

    def _copy_places(self, cursor: Any, places: Sequence[Place]) -> None:
        if places:
            with cursor.copy("COPY arriving_done FROM STDIN") as copy:
                for place in places:
                    copy.write_row(place)
            cursor.execute("ANALYZE pg_temp.arriving_done")

    def _conflict(
        self,
        conflicts: Faults,
        key: int,
        day: date,
        slot: int,
        one: tuple[int, int],
        other: tuple[int, int],
        where: str,
    ) -> None:
        service, segment = self._names[key]
        second = slot * (self.source.width_seconds or 1) if self.source.shape == "buckets" else slot
        at = f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
        conflicts.add(
            0,
            "",
            f"service {service}{' ' + segment if segment else ''} at {at} is {other[0]} of {sum(other)}, and was "
            f"{one[0]} of {sum(one)} {where}",
        )


def series_numbers(source: Source, places: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The keys of the series of a source by service and segment. Those that are new are entered."""
    found = _series(source)
    missing = sorted(places - found.keys())
    if missing:
        Series.objects.bulk_create(
            [Series(source=source, service_id=service, segment=segment) for service, segment in missing],
            batch_size=AT_ONCE,
        )
        found = _series(source)
    return {place: found[place] for place in places}


def _series(source: Source) -> dict[tuple[int, str], int]:
    rows = Series.objects.filter(source=source).values_list("service_id", "segment", "pk")
    return {(service, segment): pk for service, segment, pk in rows}


def make_months(days: set[date]) -> None:
    """Make the partitions of the months in which the days lie, as far as there are none."""
    with connection.cursor() as cursor:
        for month in sorted({day.replace(day=1) for day in days}):
            cursor.execute("SELECT measurements_make_month(%s)", [month])
