"""The rungs of a ladder: from which value of the moved figure on the result is another one, exactly.

Between two neighbouring bounds of the terms nothing jumps, so the axis is cut at every bound, carried over into the
moved figure; each cut and one place inside each gap are put to the engine, and neighbours with the same answer are
one rung. Where a credit grows steadily inside a gap, it is cut once more where a cap or the least payout is reached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from reckoning.assessment.result import AssessmentResult
from reckoning.assessment.sliding import Scene, bounds
from reckoning.terms.indicators import EventsOnTime, UptimeFromIntervals
from reckoning.terms.schedules import SECONDS_IN, PerUnit, TierSchedule

MOST_UNITS = 8
MOST_CUTS = 200
MOST_ROUNDS = 3
MOST_STEPS = 5000


class Said(NamedTuple):
    """What the engine says at one value, as far as it makes a rung."""

    outcome: str
    tier: str | None
    earned: str | None
    credit: Decimal | None
    uncapped: Fraction | None
    bound_by: tuple[str, ...]
    question: str | None
    level: Fraction | None


@dataclass(frozen=True)
class Rung:
    """A stretch of the moved figure with one answer. `steady`: the credit grows within it, from `first` to `last`."""

    lower: Fraction
    lower_inclusive: bool
    upper: Fraction | None
    upper_inclusive: bool
    first: Said
    last: Said

    @property
    def steady(self) -> bool:
        """Whether the credit is not the same throughout."""
        return self.first.credit != self.last.credit

    def holds(self, value: Fraction) -> bool:
        """Whether a value lies in the stretch."""
        if value < self.lower or (value == self.lower and not self.lower_inclusive):
            return False
        return self.upper is None or value < self.upper or (value == self.upper and self.upper_inclusive)


class _Part(NamedTuple):
    """A single value, or the inside of a gap, with the answers at its ends (inside)."""

    lower: Fraction
    upper: Fraction
    first: Said
    last: Said


def said(scene: Scene, value: Fraction) -> Said:
    """The engine's answer at a value."""
    return said_of(scene.known(value))


def said_of(result: AssessmentResult) -> Said:
    """The part of a result that a rung shows."""
    entitlement = result.more.get("entitlement") or {}
    value = entitlement.get("value")
    earned = None if value is None else f"{value} {entitlement['unit']}"
    if entitlement.get("unit") == "price_multiple":
        # The time that the price is of grows with the figure; the multiple alone tells rows apart.
        earned = f"{value} times"
    withheld = (result.more.get("withheld") or {}).get("because")
    by = (*result.more.get("capped_by", ()), *(("minimum",) if withheld == "minimum" else ()))
    question = result.open_questions[0].sentence if result.open_questions else None
    return Said(
        result.outcome,
        result.tier,
        earned,
        result.credit_amount,
        result.uncapped_amount,
        by,
        None if question is None else result.open_questions[0].code,
        result.level,
    )


def rungs(scene: Scene) -> list[Rung]:
    """All rungs in rising order of the moved figure, from 0 to its right end."""
    cuts = _cuts(scene)
    parts = list(_parts(scene, cuts))
    for _ in range(MOST_ROUNDS):
        more = {cut for part in parts for cut in _crossings(scene, part)} - set(cuts)
        if not more:
            break
        cuts = sorted({*cuts, *more})
        parts = list(_parts(scene, cuts))
    return _joined(parts)


def _cuts(scene: Scene) -> list[Fraction]:
    most, whole = scene.sliding.most, scene.sliding.unit == "count"
    found = {Fraction(0), most}
    for cut in _candidates(scene):
        if whole:
            # Only whole numbers occur: the last one before a bound and the first one after it.
            floor = cut.numerator // cut.denominator
            found |= {Fraction(one) for one in (floor - 1, floor, floor + 1, floor + 2)}
        else:
            found.add(cut)
    inside = sorted(cut for cut in found if 0 <= cut <= most)
    return inside[:MOST_CUTS] + ([most] if len(inside) > MOST_CUTS else [])


def _candidates(scene: Scene) -> Iterator[Fraction]:
    """Every bound of the terms as a value of the moved figure, with what rounding makes of it."""
    commitment = scene.commitment
    if scene.sliding.figure == "one event" and isinstance(commitment.indicator, EventsOnTime):
        yield Fraction(commitment.indicator.deadline_seconds or 0)
    names = [
        "level",
        "down_seconds",
        "gross_down_seconds",
        "shortfall_percent",
        "seconds",
        "longest_run_seconds",
    ]
    schedule = commitment.schedule
    names += [schedule.on, scene.sliding.figure, *([commitment.limit.on] if commitment.limit else [])]
    names += [factor.figure for factor in schedule.factors if factor.figure]
    for name in dict.fromkeys(names):
        stated = {*bounds(commitment, name), *(_unit_steps(scene, name))}
        for bound in stated:
            for value in _rounded(scene, name, bound):
                yield from _moved(scene, name, value)


def _unit_steps(scene: Scene, name: str) -> Iterator[Fraction]:
    """The first units of a schedule by units, as values of the figure that it counts."""
    schedule = scene.commitment.schedule
    if not isinstance(schedule, PerUnit) or schedule.on != name:
        return
    up_to = schedule.up_to
    if up_to is not None and up_to.number is None:
        yield _share(scene, up_to.of or "", Fraction(up_to.percent or 0))
    units = 0 if schedule.units == "proportional" else MOST_UNITS
    for count in (*range(units + 1), *([schedule.most_units] if schedule.most_units is not None else [])):
        yield _unit_step(scene, schedule, count)


def _unit_step(scene: Scene, schedule: PerUnit, count: int) -> Fraction:
    """Where so many units end, as a value of the figure that is counted."""
    size = SECONDS_IN[schedule.bounds_in] if schedule.on.endswith("seconds") else 1
    start = Fraction(0)
    if schedule.first is not None:
        start = Fraction(schedule.first.from_value)
    elif schedule.beyond is not None and schedule.beyond.number is not None:
        start = Fraction(schedule.beyond.number)
    elif schedule.beyond is not None:
        start = _share(scene, schedule.beyond.of or "", Fraction(schedule.beyond.percent or 0)) / size
    return (start + count * Fraction(schedule.unit)) * size


def _share(scene: Scene, name: str, percent: Fraction) -> Fraction:
    figures = scene.zero.more.get("figures", {})
    value = Fraction(figures[name]["exact"]) if name in figures else Fraction(0)
    return value * percent / 100


def _rounded(scene: Scene, name: str, bound: Fraction) -> set[Fraction]:
    """Where a figure that is rounded first passes a bound: on its grid, and half a step beside it."""
    commitment, found = scene.commitment, {bound}
    rounding = commitment.level_rounding if name in ("level", "shortfall_percent") else None
    lookup = getattr(commitment.schedule, "lookup_rounding", None)
    size = SECONDS_IN[commitment.schedule.bounds_in] if name.endswith("seconds") else 1
    for one in (rounding, lookup if name == commitment.schedule.on else None):
        if one is None:
            continue
        step = Fraction(size, 10**one.places)
        floor = bound // step * step
        found |= {floor + step * half / 2 for half in range(-2, 5)}
    return found


def _moved(scene: Scene, name: str, value: Fraction) -> Iterator[Fraction]:
    """The values of the moved figure at which another figure has a value."""
    figure = scene.sliding.figure
    target = Fraction(scene.commitment.target_percent or 0)
    if name == "shortfall_percent":
        yield from _moved(scene, "level", target - value)
    elif figure in (name, "shortfall"):
        yield 100 - value if figure == "shortfall" and name == "level" else value
    elif figure in ("down_seconds", "one outage"):
        down = value
        if name == "level":
            down = (100 - value) / 100 * Fraction(scene.zero.base_seconds)
        yield from _outage(scene, down) if figure == "one outage" else (down,)
    elif figure == "late" and name in ("level", "on_time"):
        events = scene.sliding.most
        yield events - (value / 100 * events if name == "level" else value)
    elif figure in ("one event", "runs"):
        yield value


def _outage(scene: Scene, down: Fraction) -> Iterator[Fraction]:
    """The lengths of one outage of which so much counts, and the shortest that counts at all."""
    indicator = scene.commitment.indicator
    yield down
    if not isinstance(indicator, UptimeFromIntervals):
        return
    yield Fraction(indicator.minimum_run_seconds)
    yield Fraction(indicator.grace_seconds)
    yield down + indicator.grace_seconds
    if indicator.started_unit_seconds:
        unit = indicator.started_unit_seconds
        for count in range(MOST_UNITS + 1):
            yield Fraction(count * unit + indicator.grace_seconds)
        below = Fraction(down // unit * unit)
        yield from (below + indicator.grace_seconds, below + unit + indicator.grace_seconds)


def _parts(scene: Scene, cuts: list[Fraction]) -> Iterator[_Part]:
    whole = scene.sliding.unit == "count"
    for index, cut in enumerate(cuts):
        at = said(scene, cut)
        yield _Part(cut, cut, at, at)
        if index + 1 == len(cuts):
            return
        after = cuts[index + 1]
        if whole:
            if after - cut > 1:
                yield _Part(cut, after, said(scene, cut + 1), said(scene, after - 1))
        elif after > cut:
            third = (after - cut) / 3
            first = said(scene, cut + third)
            yield _Part(
                cut, after, first, said(scene, after - third) if _may_grow(scene, cut, after) else first
            )


def _may_grow(scene: Scene, lower: Fraction, upper: Fraction) -> bool:
    """Whether a credit can change inside a gap: rows do not grow, and whole units only where one ends."""
    schedule = scene.commitment.schedule
    if schedule.kind == "formula" or any(factor.figure for factor in schedule.factors):
        return True
    if isinstance(schedule, PerUnit):
        whole = schedule.units != "proportional" and schedule.worth.worth_unit != "price_multiple"
        unit = _moved_unit(scene, schedule)
        if not whole or unit is None:
            return True
        after = max((lower - unit[0]) // unit[1] + 1, 0)
        return unit[0] + after * unit[1] < upper
    if isinstance(schedule, TierSchedule):
        return schedule.tiers[0].worth_unit == "price_multiple"
    return schedule.kind == "flat" and schedule.worth.worth_unit == "price_multiple"


def _crossings(scene: Scene, part: _Part) -> Iterator[Fraction]:
    """Where within a gap a growing amount reaches a cap or the least payout. Only a proposal: the engine is asked
    at it and on both sides.
    """
    one, other = part.first.uncapped, part.last.uncapped
    if one is None or other is None or one == other or scene.sliding.unit == "count":
        return
    schedule = scene.commitment.schedule
    if isinstance(schedule, PerUnit) and schedule.units != "proportional":
        yield from _step_of_change(scene, schedule, part)
        return
    # Along a straight line, two values say where it reaches any other.
    third = (part.upper - part.lower) / 3
    left = part.lower + third
    slope = (other - one) / third
    levels = {Fraction(row["allowed"]) for row in scene.at(left).more.get("cap_amounts", ())}
    if scene.commitment.minimum is not None:
        levels.add(Fraction(scene.commitment.minimum.amount))
    for level in levels:
        cut = left + (level - one) / slope
        if part.lower < cut < part.upper:
            yield cut


def _step_of_change(scene: Scene, schedule: PerUnit, part: _Part) -> Iterator[Fraction]:
    """The unit with which another answer begins, by halving the units that lie in the gap."""
    unit = _moved_unit(scene, schedule)
    if unit is None:
        return
    begin, size = unit
    first = max(0, (part.lower - begin) // size + 1)
    count = min(int((part.upper - begin) / size - first) + 1, MOST_STEPS)
    steps = [begin + (first + one) * size for one in range(count)]
    edges = [part.lower, *(one for one in steps if part.lower < one < part.upper), part.upper]
    low, high = 0, len(edges) - 2
    if high < 1 or _alike(_between(scene, edges, low), _between(scene, edges, high)):
        return
    while high - low > 1:
        middle = (low + high) // 2
        if _alike(_between(scene, edges, low), _between(scene, edges, middle)):
            low = middle
        else:
            high = middle
    yield edges[high]
    yield edges[high + 1]


def _moved_unit(scene: Scene, schedule: PerUnit) -> tuple[Fraction, Fraction] | None:
    """Where units begin and how long one is, in the moved figure: equal units are equal steps of it."""
    ends = [next(iter(_moved(scene, schedule.on, _unit_step(scene, schedule, one))), None) for one in (0, 1)]
    if ends[0] is None or ends[1] is None or ends[1] <= ends[0]:
        return None
    return ends[0], ends[1] - ends[0]


def _between(scene: Scene, edges: list[Fraction], at: int) -> Said:
    return said(scene, (edges[at] + edges[at + 1]) / 2)


def _alike(one: Said, other: Said) -> bool:
    return (one.outcome, one.tier, one.bound_by, one.question) == (
        other.outcome,
        other.tier,
        other.bound_by,
        other.question,
    )


def _joined(parts: list[_Part]) -> list[Rung]:
    found: list[Rung] = []
    for part in parts:
        point = part.lower == part.upper
        last = found[-1] if found else None
        if last is not None and _continues(last, part):
            found[-1] = Rung(last.lower, last.lower_inclusive, part.upper, point, last.first, part.last)
        else:
            found.append(Rung(part.lower, point, part.upper, point, part.first, part.last))
    return found


def _continues(last: Rung, part: _Part) -> bool:
    """Whether a part belongs to the rung before it: the same answer, or the same steady growth."""
    if not _alike(last.last, part.first):
        return False
    if last.last.credit == part.first.credit and not last.steady and part.first.credit == part.last.credit:
        return last.last.earned == part.first.earned
    growing = part.first.credit != part.last.credit
    point = part.lower == part.upper
    return (last.steady and (growing or point)) or (growing and _is_point(last) and last.last.credit == 0)


def _is_point(rung: Rung) -> bool:
    return rung.lower == rung.upper


def value_at(stretches: Sequence[Rung], position: int, steps: int, unit: str) -> Fraction:
    """The value at a position of a slider on which every rung has so many steps, and that ends with the last one.

    Whole seconds and whole numbers where the rung has any; a rung that begins above its bound begins a second (or a
    thousandth of its width) above it.
    """
    if position >= steps * len(stretches):
        return stretches[-1].upper or stretches[-1].lower
    rung, share = stretches[position // steps], Fraction(position % steps, steps)
    width = (rung.upper if rung.upper is not None else rung.lower) - rung.lower
    value = rung.lower + width * share
    if unit in ("seconds", "count"):
        whole = Fraction(value.numerator // value.denominator)
        value = next((one for one in (whole, whole + 1) if rung.holds(one)), value)
    if not rung.holds(value):
        value = rung.lower + min(Fraction(1), width / 1000) if width else rung.lower
    return value


def position_of(stretches: Sequence[Rung], value: Fraction, steps: int) -> int:
    """Where a value stands on such a slider."""
    index = index_of(stretches, value)
    rung = stretches[index]
    width = (rung.upper if rung.upper is not None else rung.lower) - rung.lower
    share = (value - rung.lower) / width if width else Fraction(0)
    return index * steps + min(int(share * steps), steps - (0 if index == len(stretches) - 1 else 1))


def index_of(stretches: Sequence[Rung], value: Fraction) -> int:
    """Which rung holds a value; beyond the last one, the last."""
    return next((at for at, one in enumerate(stretches) if one.holds(value)), len(stretches) - 1)
