"""From reported outages to measured time: downtime, exclusions and what is not known (rules 3 and 4).

The order is fixed here, because it moves money: overlapping reports are merged, the minimum length is tested
(before or after clipping, as the terms say), the window and the life of the service clip, and exclusions are
taken away last. An outage that an exclusion cuts in two is therefore tested as the one outage that it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm

from reckoning.assessment.exclusions import ExcludedResult, excluded_spans
from reckoning.assessment.inputs import AssessmentInputs, DaySeconds, Interval, OutageLength
from reckoning.assessment.outages import clocked, downtime, long_enough, reaches, started
from reckoning.assessment.result import OpenQuestion
from reckoning.errors import InputError
from reckoning.fields import zone_info
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.terms.model import CommitmentTerms
from reckoning.timeline.spans import (
    DAY,
    SECOND,
    Span,
    clip,
    from_us,
    intersect,
    merge,
    subtract,
    to_us,
    total,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured in the window, in microseconds. Nothing here depends on the target or on money.

    `measured` is the time that the level is taken over, before exclusions. `gross_down` is the counted
    downtime, `net_down` the part of it that no exclusion covers. `unknown` is neither excluded nor known.
    `carried_down` is the part of it that the last known state makes down, and None where some of it has no
    state before it.
    """

    window: Span
    life: Span
    measured: int
    known: int
    gross_down: Fraction
    net_down: Fraction
    excluded: ExcludedResult
    unknown: int
    carried_down: int | None
    counted: tuple[str, ...]
    not_counted: tuple[str, ...]
    unweighted_classes: tuple[str, ...] = ()
    whole: tuple[Span, ...] = ()
    left: tuple[Span, ...] = ()
    bad_cells: int | None = None
    question: OpenQuestion | None = None

    @property
    def excluded_time(self) -> int:
        """Excluded microseconds within the life of the service in the window."""
        return self.excluded.total


def measure(commitment: CommitmentTerms, inputs: AssessmentInputs, zone: str | None = None) -> Measured:
    """Measure what the indicator of `commitment` counts. `zone` is the contract's, for recurring windows.

    Raises InputError for facts that it cannot use.
    """
    window = Span(to_us(inputs.window_start), to_us(inputs.window_end))
    begin = max(window.start, to_us(inputs.existed_from)) if inputs.existed_from else window.start
    finish = min(window.end, to_us(inputs.existed_until)) if inputs.existed_until else window.end
    life = Span(begin, max(begin, finish)) if begin < window.end else Span(window.end, window.end)
    shortened = commitment.part_life == "shorten_window"
    whole = life if shortened else window
    hours = _service_hours(commitment, inputs, window, zone)
    measured = total([whole]) if hours is None else total(clip(hours, whole))
    indicator = commitment.indicator
    if isinstance(indicator, UptimeFromIntervals):
        found = _from_intervals(commitment, indicator, inputs, window, life, measured, zone, hours)
        return _with_given(found, inputs) if inputs.given else found
    if not isinstance(indicator, UptimeFromWeightedSeconds):
        raise InputError(f"indicator: {indicator.kind} measures no time", code="INDICATOR_MEASURES_NO_TIME")
    return _from_weighted_seconds(indicator, inputs, window, life, measured)


def _service_hours(
    commitment: CommitmentTerms, inputs: AssessmentInputs, window: Span, zone: str | None
) -> list[Span] | None:
    """The hours within the window in which time is measured; None where it is round the clock."""
    if commitment.service_hours is None:
        return None
    of_hours = commitment.service_hours.zone or zone
    if of_hours is None:
        raise InputError("zone: the service hours name none; hand over zone=terms.zone", code="ZONE_MISSING")
    calendar = commitment.service_hours.calendar(of_hours, inputs.holidays)
    info = zone_info(of_hours)
    first = from_us(window.start).astimezone(info).date()
    after = from_us(window.end).astimezone(info).date() + timedelta(days=1)
    return clip(calendar.open_spans(first, after), window)


def _from_intervals(
    commitment: CommitmentTerms,
    indicator: UptimeFromIntervals,
    inputs: AssessmentInputs,
    window: Span,
    life: Span,
    measured: int,
    zone: str | None,
    hours: list[Span] | None,
) -> Measured:
    if inputs.seconds:
        raise InputError(
            "seconds: the indicator reads intervals; daily seconds belong to uptime_from_weighted_seconds",
            code="INDICATOR_NEEDS_INTERVALS",
        )
    relevant, ignored = _relevant(indicator, inputs)
    reports, question = clocked(indicator, relevant)
    coverage = merge(Span(to_us(known.start), to_us(known.end)) for known in inputs.coverage)
    excluded = excluded_spans(
        commitment.exclusions, inputs.exclusions, life, inputs.allowance_used_seconds, zone
    )
    if hours is not None:
        within = tuple(intersect(excluded.spans, hours))
        excluded = excluded._replace(spans=within, total=total(within))
    found = downtime(indicator, reports, inputs, window, life, excluded.spans, hours)
    added, cells = _aggregated(indicator, inputs, window)
    told = _told(inputs)
    # A reported outage is knowledge, also where the source's coverage does not say so. Counts and lengths
    # without a place in time are a statement about the whole window.
    known = merge([*clip(coverage, life), *clip(found.whole, life), *([life] if told else [])])
    gaps = subtract([life], known) if life.start < life.end else []
    if hours is not None:
        gaps = intersect(gaps, hours)
    unknown = subtract(gaps, excluded.spans)
    bad_cells = None if found.bad_cells is None and cells is None else (found.bad_cells or 0) + (cells or 0)
    return Measured(
        window=window,
        life=life,
        measured=measured,
        known=total(known),
        gross_down=found.gross + added,
        net_down=found.net + added,
        excluded=excluded,
        unknown=total(unknown),
        carried_down=_carried(
            gaps, excluded.spans, _ends(found.counted, found.whole, life, indicator), coverage, found.whole
        ),
        counted=tuple(interval.id for interval in relevant),
        not_counted=tuple(interval.id for interval in ignored),
        whole=tuple(found.whole),
        left=tuple(found.left),
        bad_cells=bad_cells,
        question=question,
    )


def _with_given(found: Measured, inputs: AssessmentInputs) -> Measured:
    """Downtime and base that are given already aggregated stand in place of the measured ones."""
    given = {one.figure: one.exact * SECOND for one in inputs.given}
    if "excluded_seconds" in given or "excluded_down_seconds" in given:
        whole = given.get("excluded_seconds", given.get("excluded_down_seconds", Fraction(0)))
        found = replace(found, excluded=found.excluded._replace(total=_whole(whole, "excluded_seconds")))
    if "gross_down_seconds" in given:
        gross = given["gross_down_seconds"]
        net = max(Fraction(0), gross - given.get("excluded_down_seconds", Fraction(0)))
        found = replace(found, gross_down=gross, net_down=net, question=None)
    if "down_seconds" in given:
        found = replace(
            found, gross_down=given["down_seconds"], net_down=given["down_seconds"], question=None
        )
    if "base_seconds" in given:
        found = replace(found, measured=_whole(given["base_seconds"], "base_seconds"))
    return found


def _whole(us: Fraction, name: str) -> int:
    if us.denominator != 1:
        raise InputError(f"given: {name} is finer than a microsecond", code="TIME_TOO_FINE")
    return int(us)


def _told(inputs: AssessmentInputs) -> bool:
    """Whether the facts speak of the whole window by a count or a length, without places in time."""
    given = any(
        figure.figure in ("down_seconds", "gross_down_seconds", "level", "missed", "credit")
        for figure in inputs.given
    )
    return given or bool(inputs.lengths) or bool(inputs.cells)


def _aggregated(
    indicator: UptimeFromIntervals, inputs: AssessmentInputs, window: Span
) -> tuple[Fraction, int | None]:
    """Microseconds of downtime known by length or by bad cells only, and the number of these cells."""
    if inputs.lengths and (indicator.grid_seconds or indicator.overlap == "once"):
        raise InputError(
            "lengths: outages without a place in time cannot be laid on a grid nor over each other; give outages",
            code="LENGTHS_WITHOUT_PLACE",
        )
    lengths = (
        counted_length(indicator, one.seconds) * _weight(indicator, one, inputs) for one in inputs.lengths
    )
    added = sum(lengths, Fraction(0)) * SECOND
    if not inputs.cells:
        return added, None
    if not indicator.grid_seconds:
        raise InputError(
            "cells: the terms have no grid; set indicator.grid_seconds", code="CELLS_WITHOUT_GRID"
        )
    begin = window.start
    if indicator.used_time == "left_out" and inputs.used_until is not None:
        begin = max(begin, to_us(inputs.used_until))
    count = sum(row.count for row in inputs.cells if begin <= to_us(row.at) < window.end)
    return added + count * indicator.grid_seconds * SECOND, count


def _weight(indicator: UptimeFromIntervals, one: OutageLength, inputs: AssessmentInputs) -> Fraction:
    """The weight of an outage of which only the length is known."""
    if indicator.weight == "none":
        return Fraction(1)
    if indicator.weight == "affected_share":
        if one.share is None:
            raise InputError("lengths: an outage has no share of affected customers", code="WEIGHT_MISSING")
        return one.share
    if one.users is None or not inputs.population:
        raise InputError("lengths: users and population are needed for the weight", code="WEIGHT_MISSING")
    return Fraction(one.users, inputs.population)


def counted_length(indicator: UptimeFromIntervals, length_seconds: Fraction) -> Fraction:
    """What counts of an outage of that many seconds: nothing below the minimum, less grace, rounded up."""
    if not reaches(length_seconds * SECOND, indicator):
        return Fraction(0)
    beyond = max(Fraction(0), length_seconds - indicator.grace_seconds)
    return started(beyond * SECOND, indicator) / SECOND


def _relevant(
    indicator: UptimeFromIntervals, inputs: AssessmentInputs
) -> tuple[list[Interval], list[Interval]]:
    """The intervals that make the service down, and the others, each in order of time."""
    severities = set(indicator.down_severities)
    components = set(inputs.components_in_use or indicator.down_components) or {inputs.service}
    relevant: list[Interval] = []
    ignored: list[Interval] = []
    for interval in sorted(inputs.intervals, key=lambda one: (one.start, one.end, one.id)):
        counts = interval.severity in severities and not components.isdisjoint(interval.components)
        (relevant if counts else ignored).append(interval)
    return relevant, ignored


def _ends(
    down: Sequence[Span], whole: Sequence[Span], life: Span, indicator: UptimeFromIntervals
) -> set[int]:
    """The instants at which counted downtime ends, that before the window included."""
    before = long_enough([run for run in whole if run.end <= life.start], indicator)
    return {run.end for run in down} | {run.end for run in before}


def _carried(
    gaps: Sequence[Span],
    excluded: Sequence[Span],
    down_ends: set[int],
    coverage: Sequence[Span],
    whole: Sequence[Span],
) -> int | None:
    """How much of the gaps the last known state makes down; None where a gap has no state before it."""
    known_ends = {span.end for span in coverage} | {run.end for run in whole}
    carried = 0
    for gap in gaps:
        left = total(subtract([gap], excluded))
        if gap.start in down_ends:
            carried += left
        elif gap.start not in known_ends and left:
            return None
    return carried


def _from_weighted_seconds(
    indicator: UptimeFromWeightedSeconds, inputs: AssessmentInputs, window: Span, life: Span, measured: int
) -> Measured:
    if inputs.exclusions:
        raise InputError(
            "exclusions: daily seconds have no time of day, so no interval can be taken out of them; "
            "use a source of intervals, or leave the exclusions away",
            code="EXCLUSION_NEEDS_INTERVALS",
        )
    if inputs.intervals:
        raise InputError(
            "intervals: the indicator reads daily seconds; intervals belong to uptime_from_intervals",
            code="INDICATOR_NEEDS_SECONDS",
        )
    # Over one common denominator the sum over the days is a sum of whole numbers.
    exact = {name: Fraction(weight) for name, weight in indicator.weights.items()}
    scale = lcm(*(weight.denominator for weight in exact.values()))
    weights = {name: int(weight * scale) * SECOND for name, weight in exact.items()}
    down, known, unweighted, counted, idle = 0, 0, set[str](), list[str](), list[str]()
    for day, row in _days(inputs.seconds, window):
        part = max(0, min(day.end, life.end) - max(day.start, life.start))
        known += part
        weighted = 0
        for name, reported in row.classes.items():
            if reported and name not in weights:
                unweighted.add(name)
            weighted += weights.get(name, 0) * reported
        down += min(weighted, part * scale)
        (counted if part and any(row.classes.values()) else idle).append(row.observation)
    return Measured(
        window=window,
        life=life,
        measured=measured,
        known=known,
        gross_down=Fraction(down, scale),
        net_down=Fraction(down, scale),
        excluded=ExcludedResult(),
        unknown=total([life]) - known,
        carried_down=None,
        counted=tuple(counted),
        not_counted=tuple(idle),
        unweighted_classes=tuple(sorted(unweighted)),
    )


def _days(rows: Sequence[DaySeconds], window: Span) -> list[tuple[Span, DaySeconds]]:
    """The rows that share time with the window, in order. Raises InputError where a row cannot be placed."""
    days: list[tuple[Span, DaySeconds]] = []
    for row in rows:
        day = Span(to_us(row.start), to_us(row.end))
        if day.start % DAY or day.end - day.start != DAY:
            raise InputError(
                f"seconds: {row.observation} runs from {row.start.isoformat()} to {row.end.isoformat()}, "
                "which is not one whole UTC day",
                code="NOT_A_UTC_DAY",
            )
        if day.end <= window.start or day.start >= window.end:
            continue
        if day.start < window.start or day.end > window.end:
            raise InputError(
                f"seconds: the day {row.start.date()} lies across the window's edge and cannot be divided; "
                "a window with edges at midnight UTC is needed for daily seconds",
                code="DAY_STRADDLES_WINDOW",
            )
        days.append((day, row))
    days.sort(key=lambda pair: pair[0])
    for (before, _), (after, row) in pairwise(days):
        if before == after:
            raise InputError(f"seconds: the day {row.start.date()} is given twice", code="DAY_TWICE")
    return days
