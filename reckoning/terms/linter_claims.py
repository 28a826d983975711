"""What a careful reader would ask about claims and rights: deadlines and rights that contradict each other.

Deadlines depend on where their anchor falls, so they are tried on days of four years, with a business calendar
and cycles of their own; the sentence names the first day on which it goes wrong.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Literal, NamedTuple

from reckoning.assessment.deadlines import Bound, Dates
from reckoning.assessment.moments import Moment, end_of
from reckoning.canonical import decimal_text
from reckoning.errors import InputError
from reckoning.terms.claims import (
    AutomaticClaim,
    ClaimByDeadline,
    ClaimInSteps,
    Point,
    as_steps,
    is_period_end,
)
from reckoning.terms.remedy import RemedyTerms, Right
from reckoning.terms.windows import WindowTerms
from reckoning.timeline.windows import Window, WindowShape, window_of

_FIRST = date(2023, 1, 1)
_DAYS = 4 * 365 + 1


class Asked(NamedTuple):
    """A question about the terms, with its path in the commitment."""

    code: str
    path: str
    sentence: str
    mend: str
    severity: Literal["error", "warning"]


def claim_findings(
    claim: AutomaticClaim | ClaimByDeadline | ClaimInSteps, window: WindowTerms, cut_off_days: int, zone: str
) -> Iterator[Asked]:
    """Deadlines that cannot be kept, that never count, or that come before the result is final."""
    if not isinstance(claim, ClaimInSteps):
        return
    tried = _Tried(claim, window, zone)
    for index, step in enumerate(as_steps(claim).steps):
        place = f"claim.steps.{index}"
        yield from _opens_too_late(tried, place, index)
        if len(step.deadlines) > 1:
            yield from _idle(tried, place, index)
        if step.who == "customer" and step.if_missed == "forfeits":
            yield from _before_final(tried, place, index, cut_off_days)


def right_findings(remedy: RemedyTerms | None, window: WindowTerms, zone: str) -> Iterator[Asked]:
    """Rights that are meant to say the same and do not."""
    if remedy is None:
        return
    seconds = sorted({(one.end - one.start) // timedelta(seconds=1) for one in _windows(window, zone)})
    for (first, left), (second, right) in combinations(enumerate(remedy.rights), 2):
        if left.same_promise is not None and left.same_promise == right.same_promise:
            words = _disagree(left, right, seconds)
            if words:
                yield Asked(
                    "RIGHTS_CONTRADICT",
                    f"remedy.rights.{second}",
                    f"{right.name} and {left.name} (right {first + 1}) are meant to say the same, and {words}.",
                    "Ask the parties which of them is meant; until then both are reckoned, and where they "
                    "disagree the result says so.",
                    "warning",
                )


class _Tried:
    """Anchors of four years, one for each day, or for each end of a period."""

    def __init__(self, claim: ClaimInSteps, window: WindowTerms, zone: str) -> None:
        self.claim = claim
        self.zone = window.zone or zone
        self.windows = _windows(window, zone)
        cycle = claim.cycle.shape() if claim.cycle else WindowShape("calendar_month")
        self.cycle = cycle
        self.calendar = claim.calendar.calendar(self.zone)
        points = [point for step in claim.steps for point in (*step.deadlines, step.opens) if point]
        long = max((_effort(point) for point in points), default=0)
        # Long counts are tried on fewer days, so that a document of them is linted in no time as well.
        self.step = 1 if long <= 50 else 29

    def anchors(self, name: str) -> Iterator[tuple[Moment, Window | None]]:
        if name in ("window_end", "window_start"):
            for window in self.windows:
                if name == "window_end":
                    yield Moment(window.last_day, window.end, True), window
                else:
                    yield Moment(window.start.date(), window.start), window
            return
        step = 7 if is_period_end(name) else self.step
        for at in range(0, _DAYS, step):
            day = _FIRST + timedelta(days=at)
            if is_period_end(name):
                yield end_of((day.replace(day=1) - timedelta(days=1)), self.zone), None
            else:
                yield Moment(day, datetime.combine(day, time(12), UTC)), None

    def bound(self, point: Point, anchor: Moment, window: Window | None, *, closing: bool) -> Bound | None:
        try:
            found = Dates(self.zone, self.calendar, self.cycle, window).bound(point, anchor, closing=closing)
        except (InputError, OverflowError):
            return None
        return found if isinstance(found, Bound) else None


def _effort(point: Point) -> int:
    """How many days must be looked at to find a point."""
    if point.by is not None:
        return point.by.later * 5
    if point.after is not None and point.after.unit.startswith("business"):
        return point.after.count
    return 0


def _opens_too_late(tried: _Tried, place: str, index: int) -> Iterator[Asked]:
    step = tried.claim.steps[index]
    opens = step.opens
    if opens is None:
        return
    for number, point in enumerate(step.deadlines):
        if point.anchor != opens.anchor:
            continue
        for anchor, window in tried.anchors(point.anchor):
            first = tried.bound(opens, anchor, window, closing=False)
            last = tried.bound(point, anchor, window, closing=True)
            if first and last and first.at >= last.at:
                yield Asked(
                    "CLAIM_OPENS_AFTER_DEADLINE",
                    f"{place}.deadlines.{number}",
                    f"With {point.anchor} on {anchor.day.isoformat()}, {step.name} opens on {first.day.isoformat()} "
                    f"and closes on {last.day.isoformat()}: it can never be in time.",
                    "Let it open earlier, or close later.",
                    "error",
                )
                break


def _idle(tried: _Tried, place: str, index: int) -> Iterator[Asked]:
    step = tried.claim.steps[index]
    for number, point in enumerate(step.deadlines):
        others = [one for at, one in enumerate(step.deadlines) if at != number and one.anchor == point.anchor]
        for other in others:
            if _never_decides(tried, point, other, step.decisive):
                yield Asked(
                    "CLAIM_DEADLINE_IDLE",
                    f"{place}.deadlines.{number}",
                    f"Of the deadlines of {step.name} the {step.decisive} counts, and this one never is it: "
                    f"another from {point.anchor} always comes {'before' if step.decisive == 'earliest' else 'after'}.",
                    "Take it out, or say that the other of earliest and latest is decisive.",
                    "warning",
                )
                break


def _never_decides(tried: _Tried, point: Point, other: Point, decisive: str) -> bool:
    seen = False
    for anchor, window in tried.anchors(point.anchor):
        mine = tried.bound(point, anchor, window, closing=True)
        theirs = tried.bound(other, anchor, window, closing=True)
        if mine is None or theirs is None:
            continue
        seen = True
        if mine.at <= theirs.at if decisive == "earliest" else mine.at >= theirs.at:
            return False
    return seen


def _before_final(tried: _Tried, place: str, index: int, cut_off_days: int) -> Iterator[Asked]:
    step = tried.claim.steps[index]
    if index + 1 < len(tried.claim.steps):
        return
    for number, point in enumerate(step.deadlines):
        if point.anchor != "window_end":
            continue
        for anchor, window in tried.anchors(point.anchor):
            last = tried.bound(point, anchor, window, closing=True)
            if last and last.day <= anchor.day + timedelta(days=cut_off_days):
                yield Asked(
                    "CLAIM_AFTER_DEADLINE",
                    f"{place}.deadlines.{number}",
                    f"After a window that ends on {anchor.day.isoformat()}, {step.name} closes on "
                    f"{last.day.isoformat()}, and results become final only {cut_off_days} days after the window.",
                    "Lower cut_off_days, or allow more time for the claim.",
                    "error",
                )
                break


def earliest_close(claim: ClaimInSteps, window: WindowTerms, zone: str, step: int, number: int) -> int | None:
    """The fewest days from a window's last day to the last day of a deadline that counts from it."""
    tried = _Tried(claim, window, zone)
    point = tried.claim.steps[step].deadlines[number]
    found = [
        (last.day - anchor.day).days
        for anchor, one in tried.anchors(point.anchor)
        if (last := tried.bound(point, anchor, one, closing=True)) is not None
    ]
    return min(found, default=None)


def _disagree(left: Right, right: Right, seconds: list[int]) -> str | None:
    """Why two rights can never be the same; None where they may be."""
    if (left.counts, left.at_least, left.of_last) != (right.counts, right.at_least, right.of_last):
        return "count other windows or another number of them"
    one, other = left.threshold, right.threshold
    if one is None or other is None:
        return None
    if one.on != other.on or one.op != other.op or one.summed != other.summed:
        return "compare other figures, or another way"
    if one.percent_of == other.percent_of:
        return None if one.value == other.value else "have other bounds"
    plain, share = (one, other) if one.percent_of is None else (other, one)
    if plain.percent_of is not None or share.percent_of != "base_seconds":
        return "take the figure in percent of other figures"
    for length in seconds:
        if share.value * length != plain.value * 100:
            bound = decimal_text(share.value * length / 100)
            return (
                f"{decimal_text(share.value)} % of a window of {length:,} s is {bound} s and not "
                f"{decimal_text(plain.value)} s"
            )
    return None


def _windows(window: WindowTerms, zone: str) -> list[Window]:
    """The windows of four years that can be found without a fact: one for each month at most."""
    found: list[Window] = []
    for month in range(48):
        day = datetime(2023 + month // 12, month % 12 + 1, 15, 12, tzinfo=UTC)
        try:
            one = window_of(window, window.zone or zone, day)
        except InputError:
            continue
        if one not in found:
            found.append(one)
    return found
