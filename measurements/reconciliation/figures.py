"""The downtime that each source gives for one window, day by day (UTC), before anything is excluded.

The contract's own source is read by the contract's terms. Another source is read by the same terms where it reports in
the same shape; where it does not, its incidents all count alike, or its seconds all weigh one. What that changes is a
difference like any other, and the page says so: a figure of another source is not contractual.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from measurements.errors import NotComparable
from measurements.models import IntervalObservation, Source
from measurements.reading import Clause, inputs_of_clauses
from reckoning.assessment import AssessmentInputs
from reckoning.assessment.measure import measure
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.timeline import Window
from reckoning.timeline.spans import DAY, SECOND, Span, clip, merge, to_us, total

ONE_DAY = timedelta(days=1)
# Severities with which a list of incidents tells of something that was no outage.
NO_OUTAGE = ("maintenance", "none")


@dataclass(frozen=True)
class Figures:
    """What one source says of a window. ``days`` holds exact seconds of downtime by day, days without any left out.

    ``known`` are the days of which the source knows the whole part that lies in the window.
    """

    source: Source
    days: dict[date, Fraction]
    known: frozenset[date]
    names: dict[date, tuple[str, ...]]

    @property
    def seconds(self) -> Fraction:
        """The downtime of the window as far as it is known."""
        return sum(self.days.values(), Fraction(0))

    @property
    def silent(self) -> bool:
        """Whether the source knows no day of the window."""
        return not self.known


def clause_for(clause: Clause, source: Source) -> Clause:
    """The clause as ``source`` can be read by it; exclusions and other readings play no part.

    Raises NotComparable where the terms measure neither intervals nor daily seconds, or the source reports neither.
    """
    indicator = clause.terms.indicator
    if not isinstance(indicator, UptimeFromIntervals | UptimeFromWeightedSeconds):
        raise NotComparable(
            f"indicator: {clause.terms.key} measures {indicator.kind.replace('_', ' ')}; only uptime from intervals "
            "or from daily seconds is compared line by line"
        )
    by_intervals = isinstance(indicator, UptimeFromIntervals)
    changes: dict[str, object] = {"exclusions": (), "readings": ()}
    if source.shape == Source.Shape.INTERVALS and not by_intervals:
        changes["indicator"] = UptimeFromIntervals(down_severities=_severities(source))
    elif source.shape == Source.Shape.DAILY_SECONDS and by_intervals:
        changes["indicator"] = UptimeFromWeightedSeconds(weights={"major": 1, "partial": 1})
    elif source.shape not in (Source.Shape.INTERVALS, Source.Shape.DAILY_SECONDS):
        raise NotComparable(
            f"source: {source.code} reports {source.get_shape_display().lower()}; only intervals and daily seconds "
            "are compared"
        )
    return Clause(clause.commitment, clause.terms.model_copy(update=changes))


def _severities(source: Source) -> tuple[str, ...]:
    """Every word of the source for an outage."""
    told = IntervalObservation.objects.filter(source=source).exclude(severity__in=NO_OUTAGE)
    found = sorted(set(told.order_by().values_list("severity", flat=True).distinct()))
    return tuple(found[:20]) or ("major",)


def figures_of(clause: Clause, source: Source, window: Window, known_at: datetime) -> Figures:
    """What ``source`` says of the window, as known at ``known_at``. Raises NotComparable."""
    read = clause_for(clause, source)
    [inputs] = inputs_of_clauses(
        [read], window.start, window.end, known_at, sources={read.commitment.pk: source}
    ).values()
    inputs = inputs.model_copy(update={"exclusions": ()})
    parts = list(days_of(window.start, window.end))
    if isinstance(read.terms.indicator, UptimeFromWeightedSeconds):
        return _of_seconds(read.terms.indicator, source, inputs, parts)
    return _of_intervals(read, source, inputs, parts)


def days_of(start: datetime, end: datetime) -> Iterator[tuple[date, Span]]:
    """The days of UTC that share time with [start, end), each with its part of it."""
    day = start.astimezone(UTC).date()
    while (midnight := datetime.combine(day, time(0), tzinfo=UTC)) < end:
        yield day, Span(max(to_us(start), to_us(midnight)), min(to_us(end), to_us(midnight + ONE_DAY)))
        day += ONE_DAY


def _of_intervals(
    read: Clause, source: Source, inputs: AssessmentInputs, parts: Sequence[tuple[date, Span]]
) -> Figures:
    reported = [(Span(to_us(one.start), to_us(one.end)), one.id) for one in inputs.intervals]
    counted = set(measure(read.terms, inputs).counted)
    known = merge(
        [
            *(Span(to_us(one.start), to_us(one.end)) for one in inputs.coverage),
            *(span for span, name in reported if name in counted),
        ]
    )
    # The downtime up to each day's end, less that up to its beginning: whatever the terms make of a run that lies
    # across an edge, the days sum exactly to the window.
    days: dict[date, Fraction] = {}
    names: dict[date, tuple[str, ...]] = {}
    before = Fraction(0)
    for day, part in parts:
        touching = sorted(name for span, name in reported if name in counted and clip([span], part))
        if touching:
            names[day] = tuple(touching)
            upto = inputs.model_copy(update={"window_end": _instant(part.end, inputs)})
            reached = measure(read.terms, upto).gross_down
            if reached != before:
                days[day] = (reached - before) / SECOND
            before = reached
    return Figures(source, days, _whole(parts, known), names)


def _instant(us: int, inputs: AssessmentInputs) -> datetime:
    return inputs.window_start + timedelta(microseconds=us - to_us(inputs.window_start))


def _of_seconds(
    indicator: UptimeFromWeightedSeconds,
    source: Source,
    inputs: AssessmentInputs,
    parts: Sequence[tuple[date, Span]],
) -> Figures:
    whole = {day for day, part in parts if part.end - part.start == DAY}
    rows = {one.start.date(): one for one in inputs.seconds}
    days: dict[date, Fraction] = {}
    names: dict[date, tuple[str, ...]] = {}
    for day in sorted(whole & rows.keys()):
        weighted = sum(
            (Fraction(indicator.weights.get(name, 0)) * count for name, count in rows[day].classes.items()),
            Fraction(0),
        )
        if weighted:
            days[day] = weighted
        if rows[day].incidents:
            names[day] = tuple(sorted(rows[day].incidents))
    # A day that the window's edge cuts cannot be divided: of it nothing is known here.
    return Figures(source, days, frozenset(whole & rows.keys()), names)


def _whole(parts: Sequence[tuple[date, Span]], known: Sequence[Span]) -> frozenset[date]:
    return frozenset(
        day
        for day, part in parts
        if total(clip(known, part)) == part.end - part.start and part.end > part.start
    )
