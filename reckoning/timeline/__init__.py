"""Time as whole microseconds of UTC in half-open spans, and windows whose edges come from a zone."""

from reckoning.timeline.placing import window_between
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
    WindowShape,
    add_months,
    cycle_of,
    last_local_day,
    local_instant,
    local_window,
    next_window,
    shape_of,
    window_of,
    windows,
)

__all__ = [
    "Span",
    "Window",
    "WindowShape",
    "add_months",
    "clip",
    "cycle_of",
    "from_us",
    "intersect",
    "last_local_day",
    "local_instant",
    "local_window",
    "merge",
    "next_window",
    "seconds",
    "shape_of",
    "subtract",
    "to_us",
    "total",
    "truncate",
    "window_between",
    "window_of",
    "windows",
]
