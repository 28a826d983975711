"""Time as whole microseconds of UTC in half-open spans, and calendar windows whose edges come from a zone."""

from reckoning.timeline.spans import (
    Span,
    clip,
    from_us,
    intersect,
    merge,
    seconds,
    subtract,
    to_us,
    total,
    truncate,
)
from reckoning.timeline.windows import (
    Window,
    local_instant,
    local_window,
    next_window,
    window_of,
    windows,
)

__all__ = [
    "Span",
    "Window",
    "clip",
    "from_us",
    "intersect",
    "local_instant",
    "local_window",
    "merge",
    "next_window",
    "seconds",
    "subtract",
    "to_us",
    "total",
    "truncate",
    "window_of",
    "windows",
]
