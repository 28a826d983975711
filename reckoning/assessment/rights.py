"""Rights that arise over a history of windows: k of any n in a row, or a threshold (rule 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from reckoning.assessment.deadlines import Dates
from reckoning.assessment.moments import Moment
from reckoning.assessment.remedy_facts import PastWindow
from reckoning.assessment.result import OpenQuestion
from reckoning.errors import InputError
from reckoning.terms.remedy import Right
from reckoning.timeline.calendars import BusinessCalendar
from reckoning.timeline.windows import WindowShape


@dataclass(frozen=True, slots=True)
class RightResult:
    """Whether a right has arisen, in which windows, and how long it can be exercised.

    `arisen` is None where what is missing could decide it. Indices count from zero in the history.
    """

    name: str
    effect: str
    arisen: bool | None
    arises_at: tuple[int, ...]
    labels: tuple[str, ...]
    counted: tuple[str, ...]
    exercise_from: date | None
    exercise_until: date | None
    questions: tuple[OpenQuestion, ...] = ()

    def to_json_obj(self) -> dict[str, Any]:
        """Plain JSON values; `counted` are the windows that made the right arise first."""
        return {
            "effect": self.effect,
            "arisen": self.arisen,
            "first_index": self.arises_at[0] if self.arises_at else None,
            "first_label": self.labels[0] if self.labels else None,
            "arises_at": list(self.arises_at),
            "labels": list(self.labels),
            "counted": list(self.counted),
            "exercise_from": self.exercise_from.isoformat() if self.exercise_from else None,
            "exercise_until": self.exercise_until.isoformat() if self.exercise_until else None,
        }


def rights_over(
    rights: Sequence[Right], history: Sequence[PastWindow], calendar: BusinessCalendar
) -> tuple[RightResult, ...]:
    """Hold every right against windows in order of time, each following the one before without a gap.

    Raises InputError for an end of an exercise outside the calendar.
    """
    try:
        return tuple(_right(right, history, calendar) for right in rights)
    except OverflowError:
        raise InputError(
            "rights: the end of an exercise lies outside the calendar", code="CALENDAR"
        ) from None


def contradictions(rights: Sequence[Right], results: Sequence[RightResult]) -> dict[str, bool | None]:
    """For each name that rights share as the same promise, whether they disagree on the same history."""
    groups: dict[str, list[bool | None]] = {}
    for right, result in zip(rights, results, strict=True):
        if right.same_promise is not None:
            groups.setdefault(right.same_promise, []).append(result.arisen)
    return {
        name: None if None in found else len(set(found)) > 1
        for name, found in groups.items()
        if len(found) > 1
    }


def _right(right: Right, history: Sequence[PastWindow], calendar: BusinessCalendar) -> RightResult:
    counts = [_counts(right, history, index) for index in range(len(history))]
    arises: list[int] = []
    open_: list[int] = []
    for index, here in enumerate(counts):
        recent = counts[max(0, index + 1 - right.of_last) : index + 1]
        if here is False:
            continue
        sure, possible = recent.count(True), recent.count(True) + recent.count(None)
        if here is True and sure >= right.at_least:
            arises.append(index)
        elif possible >= right.at_least:
            open_.append(index)
    first = arises[0] if arises else None
    questions: tuple[OpenQuestion, ...] = ()
    if open_ and (first is None or open_[0] < first):
        label = _label(history, open_[0])
        sentence = f"{right.name}: what is missing of the windows up to {label} could make it arise."
        questions = (OpenQuestion("HISTORY_INCOMPLETE", sentence),)
    counted: tuple[str, ...] = ()
    if first is not None:
        begin = max(0, first + 1 - right.of_last)
        summed = right.threshold is not None and right.threshold.summed
        counted = tuple(_label(history, at) for at in range(begin, first + 1) if summed or counts[at] is True)
    begins, ends = _exercise(right, history[first], calendar) if first is not None else (None, None)
    return RightResult(
        name=right.name,
        effect=right.effect,
        arisen=True if arises else (None if open_ else False),
        arises_at=tuple(arises),
        labels=tuple(_label(history, index) for index in arises),
        counted=counted,
        exercise_from=begins,
        exercise_until=ends,
        questions=questions,
    )


def _label(history: Sequence[PastWindow], index: int) -> str:
    return history[index].label or f"window {index + 1}"


def _counts(right: Right, history: Sequence[PastWindow], index: int) -> bool | None:
    """Whether a window counts for a right; None where it cannot be told."""
    window = history[index]
    if right.counts == "missed":
        found = window.missed
    elif right.counts == "credit_owed":
        found = window.credit_owed
    else:
        found = _passes(right, history, index)
    if found is False or right.notified_within_days is None:
        return found
    notified = _notified(window, right.notified_within_days)
    return False if notified is False else (None if notified is None else found)


def _passes(right: Right, history: Sequence[PastWindow], index: int) -> bool | None:
    threshold = right.threshold
    if threshold is None:
        return None
    begin = max(0, index + 1 - right.of_last) if threshold.summed else index
    figures: list[Fraction] = []
    whole: list[Fraction] = []
    for window in history[begin : index + 1]:
        if threshold.on not in window.figures:
            return None
        figures.append(window.figures[threshold.on])
        if threshold.percent_of is not None:
            if threshold.percent_of not in window.figures:
                return None
            whole.append(window.figures[threshold.percent_of])
    value = sum(figures, Fraction(0))
    if threshold.percent_of is not None:
        base = sum(whole, Fraction(0))
        if base == 0:
            return None
        value = value * 100 / base
    elif threshold.on == "level":
        # A level is a ratio, as results have it; the threshold is in percent, as everywhere.
        if any(not 0 <= figure <= 1 for figure in figures):
            raise InputError(
                "history: the figure level is a ratio from 0 to 1, as in a result; 99.9 % is 0.999",
                code="LEVEL_IS_A_RATIO",
            )
        value *= 100
    return threshold.passed(value)


def _notified(window: PastWindow, days: int) -> bool | None:
    if window.notified_in_time is not None:
        return window.notified_in_time
    if window.notified_on is None or window.last_day is None:
        return None
    return window.notified_on <= window.last_day + timedelta(days=days)


def _exercise(
    right: Right, window: PastWindow, calendar: BusinessCalendar
) -> tuple[date | None, date | None]:
    """First and last day on which a right can be exercised, where the window's last day is known."""
    if window.last_day is None:
        return None, None
    begins = window.last_day + timedelta(days=1)
    if right.exercise is None:
        return begins, None
    dates = Dates(calendar.zone, calendar, WindowShape("calendar_month"))
    anchor = Moment(window.last_day, None, period_end=True)
    return begins, dates.days_after(anchor, right.exercise.count, right.exercise.unit)
