"""Counts of a source's width as counts of the width that the terms speak of. Pure."""

from collections.abc import Sequence
from datetime import datetime

from measurements.reading_series import Slot


def resampled(slots: Sequence[Slot], width: int, interval: int | None, start: datetime) -> list[Slot]:
    """``slots`` of ``width`` seconds as intervals of ``interval`` seconds, counted from ``start``.

    An interval of which any slot is missing is missing as a whole: nobody knows its errors. Slots that are wider than
    the interval, or that do not fill it whole, tell nothing of it. None: the terms know no intervals.
    """
    if interval is None or interval == width:
        return list(slots)
    if interval % width:
        return []
    origin, needed = int(start.timestamp()), interval // width
    found: dict[int, list[Slot]] = {}
    for slot in slots:
        found.setdefault((slot[0] - origin) // interval, []).append(slot)
    return [
        (origin + number * interval, sum(one[1] for one in told), sum(one[2] for one in told), told[0][3])
        for number, told in sorted(found.items())
        if len(told) == needed
    ]
