"""Counts on a grid, packed by series and UTC day into runs, and the binary rows of COPY that carry them.

A day's slots become one row whatever their number: equal consecutive slots one run, so that what never changes
takes the space of what happened once. Packing loses nothing; ``unpack`` gives the slots back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import lt
from struct import Struct, pack

from base.csvio import Faults
from reckoning.timeline import to_us

DAY = 86_400
_EPOCH_2000 = 10_957  # days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts
_INT4, _INT8 = 23, 20  # the type numbers of PostgreSQL
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
SPILL_ROWS = 500_000

Slots = dict[int, tuple[int, int]]  # slot -> (good, bad)


@dataclass(slots=True)
class Chunk:
    """Slots of one series and UTC day. ``day`` counts from 1970-01-01. After :meth:`tidy` they are in order."""

    key: int
    day: int
    slots: list[int] = field(default_factory=list)
    good: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)

    def tidy(self) -> "list[tuple[int, tuple[int, int], tuple[int, int]]]":
        """Bring the slots into order, each once. Returns those that were told twice and differently."""
        if all(map(lt, self.slots, self.slots[1:])):
            return []
        kept: Slots = {}
        contradictions = []
        for slot, *told in zip(self.slots, self.good, self.bad, strict=True):
            said = (told[0], told[1])
            if kept.setdefault(slot, said) != said:
                contradictions.append((slot, kept[slot], said))
        self.slots = sorted(kept)
        self.good = [kept[slot][0] for slot in self.slots]
        self.bad = [kept[slot][1] for slot in self.slots]
        return contradictions

    def binary(self, step: int, sums: tuple[int, int, int] | None = None) -> bytes:
        """The row of COPY: key, day, first slot, step, slots, counts, good, bad and the three sums."""
        slots, counts, good, bad = runs_of(self.slots, self.good, self.bad, step)
        plain = counts is None and slots[-1] - slots[0] == (len(slots) - 1) * step and step == 1
        sum_good, sum_bad, number = sums or (sum(self.good), sum(self.bad), len(self.slots))
        return b"".join(
            (
                _FRONT.pack(11, 4, self.key, 4, self.day - _EPOCH_2000, 4, slots[0], 4, step),
                _NULL if plain else _int4s(slots),
                _NULL if counts is None else _int4s(counts),
                _int8s(good),
                _int8s(bad),
                _SUMS.pack(8, sum_good, 8, sum_bad, 4, number),
            )
        )


def runs_of(
    slots: list[int], good: list[int], bad: list[int], step: int
) -> tuple[list[int], list[int] | None, list[int], list[int]]:
    """Starts, lengths, good and bad of the runs; lengths are None where hardly anything repeats itself."""
    # Counts that differ nearly everywhere are not worth looking through.
    if len(set(good)) * 2 > len(good) > 2:
        return slots, None, good, bad
    starts, lengths, goods, bads = [slots[0]], [1], [good[0]], [bad[0]]
    following, last_good, last_bad = slots[0] + step, good[0], bad[0]
    for at in range(1, len(slots)):
        if slots[at] == following and good[at] == last_good and bad[at] == last_bad:
            lengths[-1] += 1
        else:
            last_good, last_bad = good[at], bad[at]
            starts.append(slots[at])
            lengths.append(1)
            goods.append(last_good)
            bads.append(last_bad)
        following = slots[at] + step
    if len(starts) * 2 > len(slots):
        return slots, None, good, bad
    return starts, lengths, goods, bads


def unpack(
    first_slot: int,
    step: int,
    slots: list[int] | None,
    counts: list[int] | None,
    good: list[int],
    bad: list[int],
) -> Slots:
    """The slots of a stored row."""
    found: Slots = {}
    for at, told in enumerate(zip(good, bad, strict=True)):
        start = first_slot + at if slots is None else slots[at]
        for n in range(counts[at] if counts else 1):
            found[start + n * step] = told
    return found


class Packer:
    """Sorts rows into chunks. Chunks of days that are over are handed out as soon as many rows have gathered."""

    def __init__(self, width: int, latest: int, faults: Faults) -> None:
        """``latest``: seconds since 1970 at which a slot must have ended, or it lies in the future."""
        self.width = width
        self.latest = latest
        self.faults = faults
        self.keys: dict[tuple[int, str], int] = {}
        self.future: list[tuple[int, tuple[object, ...]]] = []
        self.row_count = 0
        self.days: set[int] = set()
        self._open: dict[tuple[int, int], Chunk] = {}

    def chunks(self, rows: Iterable[tuple[int, datetime, int, int, str]]) -> Iterator[Chunk]:
        """Chunks of rows (service, start, good, total, segment); the same key and day may come more than once."""
        width, latest, keys, waiting = self.width, self.latest, self.keys, 0
        service = segment = day = None
        add_slot = add_good = add_bad = None
        number = 0
        for number, (a_service, at, good, total, a_segment) in enumerate(rows, 1):
            if type(good) is not int or type(total) is not int or not 0 <= good <= total:
                self.faults.add(
                    number, "good", f"is {good!r} of {total!r}; whole numbers are expected, good of total"
                )
                continue
            if at.tzinfo is None or at.microsecond:
                self.faults.add(
                    number, "start", f"is {at.isoformat()}; a whole second with its zone is expected"
                )
                continue
            # Exact: a whole number of seconds, far below 2**53.
            seconds = int(at.timestamp())
            a_day, second = divmod(seconds, DAY)
            slot, rest = divmod(second, width)
            if rest:
                self.faults.add(
                    number, "start", f"is {at.isoformat()}, which no bucket of {width} s starts at"
                )
                continue
            if seconds + width > latest:
                self.future.append((number, (a_service, at.isoformat(), good, total, a_segment)))
                continue
            if a_day != day or a_service != service or a_segment != segment or add_slot is None:
                if waiting > SPILL_ROWS:
                    yield from self._spill()
                    waiting = sum(len(chunk.slots) for chunk in self._open.values())
                service, segment, day = a_service, a_segment, a_day
                key = keys.setdefault((a_service, a_segment), len(keys))
                chunk = self._open.get((key, a_day))
                if chunk is None:
                    chunk = self._open[key, a_day] = Chunk(key, a_day)
                    self.days.add(a_day)
                add_slot, add_good, add_bad = chunk.slots.append, chunk.good.append, chunk.bad.append
            add_slot(slot)
            add_good(good)
            add_bad(total - good)
            waiting += 1
        self.row_count = number
        yield from self._open.values()
        self._open = {}

    def _spill(self) -> Iterator[Chunk]:
        """Hand out the days before the last one; all of them where there is but one."""
        last = max(day for _, day in self._open)
        over = [place for place in self._open if place[1] < last] or list(self._open)
        for place in over:
            yield self._open.pop(place)


def day_of(number: int) -> date:
    """The date of a day counted from 1970-01-01."""
    return date.fromordinal(number + 719_163)


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970 UTC."""
    return to_us(instant) // 1_000_000


def sums_of(
    new: Mapping[int, tuple[int, int]], before: Mapping[int, tuple[int, int]]
) -> tuple[int, int, int]:
    """What ``new`` slots change in a day's good, bad and number of slots, given those known before."""
    good = bad = added = 0
    for slot, (now_good, now_bad) in new.items():
        was_good, was_bad = before.get(slot, (0, 0))
        good, bad, added = good + now_good - was_good, bad + now_bad - was_bad, added + (slot not in before)
    return good, bad, added


_FRONT = Struct(">hiiiiiiii")
_SUMS = Struct(">iqiqii")
_NULL = pack(">i", -1)


@lru_cache(maxsize=2048)
def _layout(number: int, code: str) -> Struct:
    return Struct(">" + f"i{code}" * number)


def _int4s(values: list[int]) -> bytes:
    return _array(values, _INT4, 4, "i")


def _int8s(values: list[int]) -> bytes:
    return _array(values, _INT8, 8, "q")


def _array(values: list[int], of_type: int, size: int, code: str) -> bytes:
    """An array in PostgreSQL's binary form, with the length in front of it."""
    number = len(values)
    parts = [size] * (2 * number)
    parts[1::2] = values
    return pack(">iiiiii", 20 + number * (4 + size), 1, 0, of_type, number, 1) + _layout(number, code).pack(
        *parts
    )
