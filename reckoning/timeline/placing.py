"""Whether a stretch of time is a window of the terms: by its edges, whatever its kind is counted from."""

from datetime import datetime, timedelta

from reckoning.errors import InputError
from reckoning.timeline.windows import HasShape, Window, WindowShape, window_of

_INSTANT = timedelta(microseconds=1)


def window_between(
    kind: str | WindowShape | HasShape, zone: str, start: datetime, end: datetime
) -> Window | None:
    """The window of that kind and zone from `start` to `end`, both aware; None where there is no such window.

    Most windows are found by their first instant. Rolling days are found by their last day, an anchored window
    by the anchor that lies at one of its edges, on whichever side of it.
    """
    for instant in (start, end - _INSTANT, end, start - _INSTANT):
        try:
            found = window_of(kind, zone, instant)
        except InputError:
            continue
        if (found.start, found.end) == (start, end):
            return found
    return None
