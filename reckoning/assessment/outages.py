"""From reports of outages to the downtime that counts: clocks, components, lengths, grace, grids and weights.

Every step is a term of the contract, because every step moves money. The order is that of the steps below.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from reckoning.assessment.inputs import AssessmentInputs, Interval
from reckoning.assessment.result import OpenQuestion
from reckoning.errors import InputError
from reckoning.terms.indicators import UptimeFromIntervals
from reckoning.timeline.spans import SECOND, Span, clip, intersect, merge, subtract, to_us, total


class Report(NamedTuple):
    """One report as it counts: its time on the contract's clock."""

    span: Span
    interval: Interval


@dataclass(frozen=True, slots=True)
class Downtime:
    """Counted downtime in microseconds: `gross` before exclusions, `net` after them.

    `whole` are the outages as they were, beyond the window too; `counted` the time that counts before
    exclusions and `left` after them. `weighted` is the weight of the time that is left, where it is weighted.
    """

    whole: list[Span]
    counted: list[Span]
    left: list[Span]
    gross: Fraction
    net: Fraction
    bad_cells: int | None = None


def clocked(
    indicator: UptimeFromIntervals, intervals: Sequence[Interval]
) -> tuple[list[Report], OpenQuestion | None]:
    """The reports on the contract's clock. A clock that begins with a report which nobody recorded is a
    question, not a guess.
    """
    reports: list[Report] = []
    missing: list[str] = []
    for interval in intervals:
        start, end = to_us(interval.start), to_us(interval.end)
        if indicator.clock_starts == "report":
            if interval.reported_at is None:
                missing.append(f"{interval.id} has no reported_at")
                continue
            start = max(start, to_us(interval.reported_at))
        if indicator.clock_ends == "closed":
            if interval.closed_at is None:
                missing.append(f"{interval.id} has no closed_at")
                continue
            end = max(start, to_us(interval.closed_at))
        if start < end:
            reports.append(Report(Span(start, end), interval))
    question = None
    if missing:
        question = OpenQuestion(
            "CLOCK_WITHOUT_INSTANT", f"The clock of the terms needs an instant that is missing: {missing[0]}."
        )
    return reports, question


def whole_outages(
    indicator: UptimeFromIntervals, reports: Sequence[Report], inputs: AssessmentInputs
) -> list[Span]:
    """The outages: the union of the reports, or the time in which every component in use is down."""
    spans = [report.span for report in reports]
    if indicator.component_rule == "any":
        return merge(spans)
    names = inputs.components_in_use or indicator.down_components or (inputs.service,)
    common: list[Span] | None = None
    for name in names:
        mine = merge(report.span for report in reports if name in report.interval.components)
        common = mine if common is None else intersect(common, mine)
    return common or []


def downtime(
    indicator: UptimeFromIntervals,
    reports: Sequence[Report],
    inputs: AssessmentInputs,
    window: Span,
    life: Span,
    excluded: Sequence[Span],
    hours: Sequence[Span] | None = None,
) -> Downtime:
    """What counts within `life`: tested, begun late where there is grace, clipped to the window and to the
    service hours, and laid on the grid.
    """
    tested = _tester(indicator)
    if indicator.run_order == "test_each_report":
        reports = [report for report in reports if tested([report.span])]
    whole = merge([*whole_outages(indicator, reports, inputs), *probed(inputs, window)])
    if indicator.used_time == "left_out" and inputs.used_until is not None:
        whole = subtract(
            whole, [Span(min(life.start, to_us(inputs.used_until)) - 1, to_us(inputs.used_until))]
        )
    if indicator.run_order == "merge_then_test_then_clip":
        counted = clip(_late(tested(whole), indicator), life)
    elif indicator.run_order == "clip_then_test":
        counted = _late(tested(clip(whole, life)), indicator)
    elif indicator.run_order == "exclude_then_test_then_clip":
        counted = clip(_late(tested(subtract(whole, excluded)), indicator), life)
    else:
        counted = clip(_late(whole, indicator), life)
    if hours is not None:
        counted = intersect(counted, hours)
    left = subtract(counted, excluded)
    if indicator.weight != "none":
        weigh = _weigher(indicator, reports, inputs)
        return Downtime(whole, counted, left, weigh(counted), weigh(left))
    if indicator.grid_seconds:
        left = on_grid(left, indicator, window)
        cells = total(left) // (indicator.grid_seconds * SECOND)
        return Downtime(whole, counted, left, Fraction(total(counted)), Fraction(total(left)), cells)
    net = sum((started(run.end - run.start, indicator) for run in left), Fraction(0))
    return Downtime(whole, counted, left, Fraction(total(counted)), net)


def long_enough(runs: Sequence[Span], indicator: UptimeFromIntervals) -> list[Span]:
    """The runs that reach the minimum length."""
    return [run for run in runs if reaches(run.end - run.start, indicator)]


def reaches(length: Fraction | int, indicator: UptimeFromIntervals) -> bool:
    """Whether a length in microseconds reaches the minimum, strictly where the terms say so."""
    least = indicator.minimum_run_seconds * SECOND
    return length > least if indicator.minimum_run_strict else length >= least


def started(length: Fraction | int, indicator: UptimeFromIntervals) -> Fraction:
    """A length in microseconds, rounded up to started units where the terms say so."""
    unit = indicator.started_unit_seconds * SECOND
    if not unit or not length:
        return Fraction(length)
    whole = Fraction(length) / unit
    return Fraction(-(-whole.numerator // whole.denominator) * unit)


def on_grid(spans: Sequence[Span], indicator: UptimeFromIntervals, window: Span) -> list[Span]:
    """The cells of the grid, from the window's start on, that count as down."""
    width = indicator.grid_seconds * SECOND
    cells: list[Span] = []
    for start, end in spans:
        if indicator.grid_rule == "whole_cells":
            first, last = -(-(start - window.start) // width), (end - window.start) // width
        else:
            first, last = (start - window.start) // width, -(-(end - window.start) // width)
        if first < last:
            # The window's last cell may be cut off by its end; what lies beyond is no time of the window.
            cells.append(Span(window.start + first * width, min(window.start + last * width, window.end)))
    return merge(cells)


def probed(inputs: AssessmentInputs, window: Span) -> list[Span]:
    """The time of bad probes: each stands for the interval that begins with it."""
    probes = inputs.probes
    if probes is None:
        return []
    begin = to_us(probes.start) if probes.start else window.start
    width = probes.interval_seconds * SECOND
    return [
        Span(begin + index * width, begin + (index + 1) * width)
        for index, bad in enumerate(probes.bad)
        if bad
    ]


def _tester(indicator: UptimeFromIntervals) -> Callable[[Sequence[Span]], list[Span]]:
    return lambda runs: long_enough(runs, indicator)


def _late(runs: Sequence[Span], indicator: UptimeFromIntervals) -> list[Span]:
    grace = indicator.grace_seconds * SECOND
    if not grace:
        return list(runs)
    return [Span(start + grace, end) for start, end in runs if start + grace < end]


def _weigher(
    indicator: UptimeFromIntervals, reports: Sequence[Report], inputs: AssessmentInputs
) -> Callable[[Sequence[Span]], Fraction]:
    """A function that weighs time: by the share of the population, or of all customers, that is down in it."""
    population = inputs.population
    if indicator.weight == "affected_users" and not population and reports:
        raise InputError(
            "population: seconds are weighted by affected users; the number of all users is needed",
            code="POPULATION_MISSING",
        )
    if indicator.overlap == "once":
        return lambda spans: _users_once(spans, reports) / Fraction(population or 1)

    def weigh(spans: Sequence[Span]) -> Fraction:
        found = Fraction(0)
        for report in reports:
            part = total(intersect([report.span], spans))
            found += part * _share(indicator, report.interval, population)
        return found

    return weigh


def _share(indicator: UptimeFromIntervals, interval: Interval, population: int | None) -> Fraction:
    if indicator.weight == "affected_share":
        if interval.share is None:
            raise InputError(
                f"intervals: {interval.id} has no share of affected customers", code="WEIGHT_MISSING"
            )
        return interval.share
    if interval.users is not None:
        return Fraction(interval.users, population or 1)
    first, last = _range(interval)
    return Fraction(last - first + 1, population or 1)


def _range(interval: Interval) -> tuple[int, int]:
    if interval.users_from is None or interval.users_to is None or interval.users_to < interval.users_from:
        raise InputError(
            f"intervals: {interval.id} does not say which users were affected (users_from, users_to)",
            code="WEIGHT_MISSING",
        )
    return interval.users_from, interval.users_to


def _users_once(spans: Sequence[Span], reports: Sequence[Report]) -> Fraction:
    """Microseconds times users, each user's microsecond once: between two edges the set of users is fixed."""
    pieces: list[tuple[Span, int, int]] = []
    for report in reports:
        first, last = _range(report.interval)
        pieces.extend((part, first, last + 1) for part in intersect([report.span], spans))
    edges = sorted({edge for part, _, _ in pieces for edge in part})
    found = 0
    for start, end in pairwise(edges):
        users = merge(
            Span(first, last) for part, first, last in pieces if part.start <= start and part.end >= end
        )
        found += (end - start) * total(users)
    return Fraction(found)
