"""Percentiles from histograms: merged by adding counts, answered as the bounds between which the value lies.

A histogram knows no value exactly. The percentile that its raw values would have given lies in the bucket that holds
the rank; the width of that bucket is the stated error.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reckoning.errors import InputError


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts[i]`` values lie in (``bounds[i-1]``, ``bounds[i]``], the last count above every bound."""

    bounds: tuple[int, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if list(self.bounds) != sorted(set(self.bounds)) or len(self.counts) != len(self.bounds) + 1:
            raise InputError(
                f"counts: {len(self.counts)} for {len(self.bounds)} bounds; ascending bounds and one more count "
                "are expected",
                code="HISTOGRAM",
            )

    @property
    def size(self) -> int:
        """How many values it counts."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Percentile:
    """Between which bounds the value of that rank lies: above ``above``, at most ``at_most``.

    None: below the first bound nothing, above the last nothing is known. ``size`` values were counted.
    """

    above: int | None
    at_most: int | None
    size: int

    @property
    def error(self) -> int | None:
        """The width of what is not known: the raw percentile differs from ``at_most`` by less than this."""
        return None if self.above is None or self.at_most is None else self.at_most - self.above


@dataclass(frozen=True, slots=True)
class Insufficient:
    """Too few values for a percentile: ``size`` of the ``minimum`` that the terms ask for."""

    size: int
    minimum: int


def merge_histograms(histograms: Iterable[Histogram]) -> Histogram:
    """The counts of histograms of the same bounds, added. Where bounds differ, those that all share are kept:
    adding is exact there and nowhere else. Raises InputError where they share none, or there is no histogram."""
    every = list(histograms)
    if not every:
        raise InputError("histograms: there is none", code="HISTOGRAM")
    shared = sorted(set.intersection(*(set(one.bounds) for one in every)))
    if not shared:
        raise InputError("bounds: the histograms share none, so that they cannot be added", code="HISTOGRAM")
    counts = [0] * (len(shared) + 1)
    for one in every:
        at = 0
        for bound, count in zip((*one.bounds, None), one.counts, strict=True):
            counts[at] += count
            if at < len(shared) and bound == shared[at]:
                at += 1
    return Histogram(tuple(shared), tuple(counts))


def percentile(histogram: Histogram, percent: Fraction, minimum: int = 0) -> Percentile | Insufficient:
    """The percentile by nearest rank: the smallest value that so many percent of all reach.

    ``minimum`` values are needed, and one at least. Raises InputError unless 0 < percent <= 100.
    """
    if not 0 < percent <= 100:
        raise InputError(f"percent: {percent} is not above 0 and at most 100", code="PERCENT")
    size = histogram.size
    if size < max(1, minimum):
        return Insufficient(size, max(1, minimum))
    rank = -(-percent * size // 100)
    reached = 0
    for at, count in enumerate(histogram.counts):
        reached += count
        if reached >= rank:
            above = histogram.bounds[at - 1] if at else None
            return Percentile(above, histogram.bounds[at] if at < len(histogram.bounds) else None, size)
    raise AssertionError("the counts add up to the size")


def values_of(histogram: Histogram) -> Sequence[tuple[int, int]]:
    """Each upper bound with its count, as if every value lay there: never better than it was. Values above the last
    bound have no upper bound and are left out; the caller sees from ``size`` that they are missing."""
    return [(bound, count) for bound, count in zip(histogram.bounds, histogram.counts, strict=False) if count]
