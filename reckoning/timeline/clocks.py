"""The clock of a ticket or delivery: when it ran, when it stood still, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass

from reckoning.errors import InputError
from reckoning.timeline.spans import Span, merge, subtract, total


@dataclass(frozen=True, slots=True)
class Clock:
    """From ``opened`` on, in microseconds since 1970; the end is None while nothing has stopped it."""

    opened: int
    answered: int | None
    completed: int | None
    pauses: tuple[Span, ...]

    def runs(self, until: int, *, stops_at: str = "completed") -> list[Span]:
        """The time in which the clock ran, seen from ``until``. It stops when the event is ``completed``, or when
        it is first ``answered`` (a completion answers too)."""
        ends = [self.completed] if stops_at == "completed" else [self.answered, self.completed]
        known = [end for end in ends if end is not None]
        end = min([*known, until])
        return subtract(merge([Span(self.opened, max(self.opened, end))]), merge(self.pauses))

    def elapsed(self, until: int, *, stops_at: str = "completed") -> int:
        """Microseconds that the clock ran."""
        return total(self.runs(until, stops_at=stops_at))


def clock_of(steps: Sequence[tuple[str, int]], until: int) -> Clock:
    """The clock of an event from its steps (kind, instant), as far as they had happened before or at ``until``.

    A pause that nobody ended lasts to the event's end, or to ``until``. Raises InputError where steps are out of
    order or do not fit: opened first, paused only while it runs, resumed only while it is paused.
    """
    if not steps or steps[0][0] != "opened":
        raise InputError("steps: begin with opened", code="STEPS")
    answered = completed = paused = None
    pauses: list[Span] = []
    last = steps[0][1]
    for kind, at in steps[1:]:
        if at < last or completed is not None:
            raise InputError(f"steps: {kind} stands after a later step", code="STEPS")
        last = at
        if at > until:
            break
        if kind == "paused" and paused is None:
            paused = at
        elif kind == "resumed" and paused is not None:
            pauses.append(Span(paused, at))
            paused = None
        elif kind == "answered":
            answered = at if answered is None else answered
        elif kind == "completed":
            completed = at
        else:
            raise InputError(f"steps: {kind} does not fit what stands before it", code="STEPS")
    if paused is not None:
        pauses.append(Span(paused, completed if completed is not None else max(paused, until)))
    return Clock(steps[0][1], answered, completed, tuple(pauses))
