"""How much work something takes, counted instead of timed: the same on every machine, however busy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Count:
    """What was counted so far."""

    calls = 0


@contextmanager
def at_most(calls: int) -> Iterator[Count]:
    """Let the block make so many calls of functions, Python's and built-in ones, in this thread.

    The first one too many fails the test there and then, so that what would go on for ever does not. What one
    built-in call does inside is not seen; the limit of time that every test has is for that.
    """
    count, before = Count(), sys.getprofile()

    def counted(frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            count.calls += 1
            if count.calls > calls:
                sys.setprofile(before)
                raise AssertionError(f"more than {calls:,} calls; at {frame.f_code.co_qualname}")

    sys.setprofile(counted)
    try:
        yield count
    finally:
        sys.setprofile(before)
    # Where the code under test took the failure for one of its own.
    assert count.calls <= calls, f"more than {calls:,} calls"
