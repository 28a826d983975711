"""Counts on a grid, packed by series and UTC day into runs, and the binary rows of COPY that carry them.

A day's slots become one row whatever their number: equal consecutive slots one run, so that what never changes
takes the space of what happened once. Packing loses nothing; ``unpack`` gives the slots back.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby, islice
from operator import lt, sub
from struct import Struct, pack
from sys import byteorder
from typing import NamedTuple

from base.csvio import Faults
from reckoning.timeline import to_us

DAY = 86_400
_EPOCH_2000 = 10_957  # days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts
_INT4, _INT8 = 23, 20  # the type numbers of PostgreSQL
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
BATCH_ROWS = 1_024  # fewer living rows than would set off Python's collector of garbage
SPILL_ROWS = 500_000

Slots = dict[int, tuple[int, int]]  # slot -> (good, bad)
Row = tuple[int, datetime, int, int, str]  # service, start, good, total, segment


class _Run(NamedTuple):
    """Consecutive slots of one series and day."""

    place: tuple[int, str]
    day: int
    slot: int
    good: tuple[int, ...]
    bad: list[int]


@dataclass(slots=True)
class Chunk:
    """Slots of one series and UTC day. ``day`` counts from 1970-01-01. After :meth:`tidy` they are in order."""

    key: int
    day: int
    slots: list[int] | range = field(default_factory=list)
    good: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)

    def add(self, slots: range, good: Sequence[int], bad: Sequence[int]) -> None:
        """Consecutive slots. As long as nothing else comes, they stay a range."""
        if not self.good:
            self.slots = slots
        elif isinstance(self.slots, range) and slots.start == self.slots.stop:
            self.slots = range(self.slots.start, slots.stop)
        else:
            self.slots = [*self.slots, *slots]
        self.good.extend(good)
        self.bad.extend(bad)

    def add_one(self, slot: int, good: int, bad: int) -> None:
        """One slot, whichever it is."""
        if isinstance(self.slots, range):
            self.slots = list(self.slots)
        self.slots.append(slot)
        self.good.append(good)
        self.bad.append(bad)

    def tidy(self) -> "list[tuple[int, tuple[int, int], tuple[int, int]]]":
        """Bring the slots into order, each once. Returns those that were told twice and differently."""
        if isinstance(self.slots, range) or all(map(lt, self.slots, self.slots[1:])):
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
        plain = counts is None and step == 1 and slots[-1] - slots[0] == len(slots) - 1
        sum_good, sum_bad, number = sums or (sum(self.good), sum(self.bad), len(self.slots))
        return b"".join(
            (
                _FRONT.pack(11, 4, self.key, 4, self.day - _EPOCH_2000, 4, slots[0], 4, step),
                _NULL if plain else _array(slots, _INT4),
                _NULL if counts is None else _array(counts, _INT4),
                _array(good, _INT8),
                _array(bad, _INT8),
                _SUMS.pack(8, sum_good, 8, sum_bad, 4, number),
            )
        )


def runs_of(
    slots: Sequence[int], good: list[int], bad: list[int], step: int
) -> tuple[Sequence[int], list[int] | None, list[int], list[int]]:
    """Starts, lengths, good and bad of the runs; lengths are None where hardly anything repeats itself."""
    # Counts that differ nearly everywhere are not worth looking through; a few of them show it.
    looked = good[:32] + good[len(good) // 2 :][:32]
    if len(set(looked)) * 2 > len(looked) > 4:
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
        self._waiting = 0
        self._grid: dict[int, tuple[datetime, ...]] = {}

    def chunks(self, rows: Iterable[Row]) -> Iterator[Chunk]:
        """Chunks of rows (service, start, good, total, segment); the same key and day may come more than once."""
        incoming = iter(rows)
        while batch := list(islice(incoming, BATCH_ROWS)):
            runs = self._runs(batch)
            if runs is None:
                self._one_by_one(batch, self.row_count)
            else:
                self._by_runs(batch, runs)
            self.row_count += len(batch)
            yield from self._full()
            if self._waiting > SPILL_ROWS:
                yield from self._spill()
        yield from self._open.values()
        self._open = {}

    def _runs(self, batch: list[Row]) -> "list[_Run] | None":
        """A batch as runs of consecutive slots of one series, or None where there are few or a row has a fault.

        This is the ordinary case, and it is looked at by columns: each of these steps is one loop in C.
        """
        services, starts, good, total, segments = zip(*batch, strict=True)
        lengths = [(place, len(list(told))) for place, told in groupby(zip(services, segments, strict=True))]
        if len(lengths) * 8 > len(batch):
            return None
        if set(map(type, good)) | set(map(type, total)) != {int}:
            return None
        bad = list(map(sub, total, good))
        if min(good) < 0 or min(bad) < 0:
            return None
        at, runs = 0, []
        for place, length in lengths:
            end = at + length
            while at < end:
                if starts[at].tzinfo is None:
                    return None
                first = int(starts[at].timestamp())
                day, second = divmod(first, DAY)
                slot, rest = divmod(second, self.width)
                upto = min(end, at + DAY // self.width - slot)
                # Equal instants, whatever their zones; one without a zone or with a part of a second equals none.
                if rest or first + (upto - at) * self.width > self.latest:
                    return None
                if starts[at:upto] != self._instants(day)[slot : slot + upto - at]:
                    return None
                runs.append(_Run(place, day, slot, good[at:upto], bad[at:upto]))
                at = upto
        return runs

    def _by_runs(self, batch: list[Row], runs: "list[_Run]") -> None:
        self._waiting += len(batch)
        for place, day, slot, good, bad in runs:
            chunk = self._chunk(place, day)
            chunk.add(range(slot, slot + len(good)), good, bad)

    def _instants(self, day: int) -> tuple[datetime, ...]:
        """The starts of the slots of a day."""
        found = self._grid.get(day)
        if found is None:
            if len(self._grid) * DAY > 500_000 * self.width:
                self._grid.clear()
            midnight = datetime.fromordinal(day + 719_163).replace(tzinfo=UTC)
            found = tuple(midnight + timedelta(seconds=second) for second in range(0, DAY, self.width))
            self._grid[day] = found
        return found

    def _one_by_one(self, batch: list[Row], before: int) -> None:
        """Rows in any order and with any fault."""
        for number, (service, at, good, total, segment) in enumerate(batch, before + 1):
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
            day, second = divmod(seconds, DAY)
            slot, rest = divmod(second, self.width)
            if rest:
                self.faults.add(
                    number, "start", f"is {at.isoformat()}, which no bucket of {self.width} s starts at"
                )
                continue
            if seconds + self.width > self.latest:
                self.future.append((number, (service, at.isoformat(), good, total, segment)))
                continue
            chunk = self._chunk((service, segment), day)
            chunk.add_one(slot, good, total - good)
            self._waiting += 1

    def _chunk(self, place: tuple[int, str], day: int) -> Chunk:
        key = self.keys.get(place)
        if key is None:
            key = self.keys[place] = len(self.keys)
        chunk = self._open.get((key, day))
        if chunk is None:
            chunk = self._open[key, day] = Chunk(key, day)
            self.days.add(day)
        return chunk

    def _full(self) -> Iterator[Chunk]:
        """Hand out the days that are complete, so that the database takes them in while the rest is read."""
        number = DAY // self.width
        for place in [place for place, chunk in self._open.items() if len(chunk.slots) >= number]:
            chunk = self._open.pop(place)
            self._waiting -= len(chunk.slots)
            yield chunk

    def _spill(self) -> Iterator[Chunk]:
        """Hand out the days before the last one; all of them where there is but one."""
        last = max(day for _, day in self._open)
        over = [place for place in self._open if place[1] < last] or list(self._open)
        for place in over:
            chunk = self._open.pop(place)
            self._waiting -= len(chunk.slots)
            yield chunk


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


@lru_cache(maxsize=256)
def _layout(number: int) -> Struct:
    return Struct(">" + "iq" * number)


@lru_cache(maxsize=256)
def _frames(number: int, words: int) -> array[int]:
    """Elements that are all 0, each behind its length, as words of 4 bytes."""
    return array("i", [4 * words, *[0] * words] * number)


def _array(values: Sequence[int], of_type: int) -> bytes:
    """An array in PostgreSQL's binary form, with the length in front of it."""
    number, words = len(values), 2 if of_type == _INT8 else 1
    front = pack(">iiiiii", 20 + number * (4 + 4 * words), 1, 0, of_type, number, 1)
    try:
        lower = array("i", values)
    except OverflowError:
        parts = [8] * (2 * number)
        parts[1::2] = values
        return front + _layout(number).pack(*parts)
    # Four bytes hold each value, and none is negative: whole arrays are laid out without a loop in Python.
    frames = _frames(number, words)[:]
    frames[words :: words + 1] = lower
    if byteorder == "little":
        frames.byteswap()
    return front + frames.tobytes()
