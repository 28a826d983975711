"""Half-open spans [start, end) in whole microseconds since 1970 UTC (rules 1 and 2)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from reckoning.errors import InputError

SECOND = 1_000_000
DAY = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Span(NamedTuple):
    """From `start`, which belongs to it, to `end`, which does not.

    A span whose end is not after its start is empty.
    """

    start: int
    end: int


def to_us(value: datetime) -> int:
    """Microseconds since 1970 UTC. Raises InputError for a naive time: nobody knows when that was."""
    if value.tzinfo is None:
        raise InputError(f"{value.isoformat()} has no time zone; give an aware instant", code="NAIVE_TIME")
    # Subtracting across zones goes through UTC; within one zone Python would compare the clocks on the wall.
    return (value.astimezone(UTC) - _EPOCH) // _MICROSECOND


def from_us(value: int) -> datetime:
    """The aware UTC instant of that many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def seconds(us: int) -> Fraction:
    """Microseconds as exact seconds."""
    return Fraction(us, SECOND)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time as sorted spans that neither overlap nor touch. Empty spans vanish."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1].end:
            if end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, end)
        else:
            merged.append(Span(start, end))
    return merged


def clip(spans: Iterable[Span], within: Span) -> list[Span]:
    """The part of each span that lies within `within`; what is empty then is left out."""
    start, end = within
    return [
        Span(max(start, a), min(end, b)) for a, b in spans if a < end and b > start and a < b and start < end
    ]


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Time that is in both. Both must be merged."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i].start, right[j].start)
        end = min(left[i].end, right[j].end)
        if start < end:
            common.append(Span(start, end))
        if left[i].end < right[j].end:
            i += 1
        else:
            j += 1
    return common


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """Time that is in `spans` and not in `holes`. Both must be merged."""
    left: list[Span] = []
    j = 0
    for start, end in spans:
        while j < len(holes) and holes[j].end <= start:
            j += 1
        k = j
        while k < len(holes) and holes[k].start < end:
            if holes[k].start > start:
                left.append(Span(start, holes[k].start))
            start = max(start, holes[k].end)
            k += 1
        if start < end:
            left.append(Span(start, end))
    return left


def total(spans: Iterable[Span]) -> int:
    """The length in microseconds. The spans must not overlap."""
    return sum(end - start for start, end in spans)


def truncate(spans: Sequence[Span], allowance: int) -> list[Span]:
    """The earliest `allowance` microseconds of merged spans."""
    kept: list[Span] = []
    for start, end in spans:
        if allowance <= 0:
            break
        kept.append(Span(start, min(end, start + allowance)))
        allowance -= end - start
    return kept
