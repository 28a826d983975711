"""From probes to states: what a monitor saw, and how long each sight holds."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from reckoning.timeline.spans import Span, merge


class Seen(NamedTuple):
    """A probe at an instant in microseconds: up or down."""

    at: int
    up: bool


def states_of_probes(probes: Iterable[Seen], every: int) -> tuple[list[Span], list[Span]]:
    """The time that was down, and the time that is known at all, both merged.

    A probe holds until the next one where that comes within one and a half times ``every`` microseconds: clocks
    jitter. Otherwise it holds for ``every``, and what follows until the next probe is unknown, neither up nor down.
    Of two probes of one instant the bad one holds.
    """
    by_instant: dict[int, bool] = {}
    for at, up in probes:
        by_instant[at] = by_instant.get(at, True) and up
    order = sorted(by_instant)
    down, known = [], []
    for at, after in zip_longest(order, order[1:]):
        end = after if after is not None and 2 * (after - at) <= 3 * every else at + every
        known.append(Span(at, end))
        if not by_instant[at]:
            down.append(Span(at, end))
    return merge(down), merge(known)
