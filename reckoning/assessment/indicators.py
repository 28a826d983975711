"""From facts to figures, one function for each indicator that does not measure time itself."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from reckoning.assessment.figures import Counted, Figure, Row, count, lasting, number, ratio
from reckoning.assessment.inputs import AssessmentInputs, Attempts, Event
from reckoning.assessment.result import OpenQuestion
from reckoning.errors import InputError
from reckoning.terms.formula import FormulaError, evaluate
from reckoning.terms.indicators import (
    Composite,
    ErrorRate,
    EventsOnTime,
    FormulaIndicator,
    Quantity,
    RetryFilter,
    WeightedParts,
)
from reckoning.timeline.calendars import BusinessCalendar, running_us
from reckoning.timeline.spans import SECOND, Span, to_us

_UNITS = {"ratio": ratio, "number": number, "seconds": lasting}


def figures_of(
    indicator: ErrorRate | EventsOnTime | Quantity | WeightedParts | Composite | FormulaIndicator,
    inputs: AssessmentInputs,
    zone: str | None = None,
) -> Counted:
    """The figures of an indicator; `zone` is the contract's, for business hours.

    What is missing becomes a question; what contradicts itself raises InputError.
    """
    given = given_figures(inputs)
    if isinstance(indicator, ErrorRate):
        found = _error_rate(indicator, inputs, given)
    elif isinstance(indicator, EventsOnTime):
        found = _events(indicator, inputs, given, zone)
    elif isinstance(indicator, Quantity):
        found = _quantity(indicator, inputs)
    elif isinstance(indicator, WeightedParts):
        found = _parts(indicator, inputs)
    elif isinstance(indicator, Composite):
        found = _composite(indicator, given)
    else:
        found = _formula(indicator, inputs, given)
    main = main_figure(indicator)
    figures = {**found.figures, **given}
    question = None if main in given else found.question
    return Counted(
        figures, found.rows, question, found.nothing_to_measure and main not in given, found.detail
    )


def main_figure(indicator: object) -> str:
    """The figure that an indicator is about."""
    if isinstance(indicator, Quantity):
        return "level" if indicator.aggregate == "share_within" else "value"
    if isinstance(indicator, WeightedParts):
        return "failed_weight"
    if isinstance(indicator, FormulaIndicator):
        return "level" if indicator.unit in ("ratio", "percent") else "value"
    return "level"


def given_figures(inputs: AssessmentInputs) -> dict[str, Figure]:
    """The figures that were handed over already aggregated."""
    found: dict[str, Figure] = {}
    for one in inputs.given:
        unit = {"percent": ratio, "ratio": ratio, "count": count, "number": number}.get(one.unit, lasting)
        if one.figure in found:
            raise InputError(f"given: {one.figure} stands there twice", code="GIVEN_TWICE")
        found[one.figure] = unit(one.exact)
    return found


def _missing(what: str) -> OpenQuestion:
    return OpenQuestion("FACTS_MISSING", f"The facts hold no {what}; without them there is no figure.")


def _error_rate(indicator: ErrorRate, inputs: AssessmentInputs, given: dict[str, Figure]) -> Counted:
    rates = Fraction(0)
    intervals = bad = counted = errors = requests = left_out = 0
    for repeat, all_requests, failed, is_bad in _judged(indicator, inputs):
        intervals += repeat
        requests += all_requests * repeat
        errors += failed * repeat
        if all_requests == 0:
            if indicator.empty_interval == "left_out":
                left_out += repeat
                continue
            rates += repeat if indicator.empty_interval == "all_errors" else 0
        else:
            rates += Fraction(failed, all_requests) * repeat
        counted += repeat
        bad += repeat if is_bad else 0
    figures = {"errors": count(errors), "requests": count(requests)}
    detail = {}
    if inputs.failed_attempts and indicator.retry_filter is not None:
        kept = [_counted_attempts(indicator.retry_filter, group) for group in inputs.failed_attempts]
        figures["raw_failures"] = count(sum(len(group.at_seconds) for group in inputs.failed_attempts))
        figures["counted_failures"] = count(sum(len(group) for group in kept))
        figures["errors"] = count(errors + sum(len(group) for group in kept))
        detail["counted_at_seconds"] = [[str(at) for at in group] for group in kept]
    figures.update({name: given[name] for name in ("errors", "requests") if name in given})
    if "good" in given and "requests" in given and "errors" not in given:
        figures["errors"] = count(given["requests"].value - given["good"].value)
    if indicator.interval_seconds is not None and inputs.buckets:
        width = indicator.interval_seconds
        figures["intervals"] = count(intervals)
        figures["empty_intervals_left_out"] = count(left_out)
        figures["error_rate_sum"] = number(rates)
        if indicator.bad_interval is not None:
            figures["bad_intervals"] = count(bad)
            figures["down_seconds"] = lasting(bad * width)
            figures["base_seconds"] = lasting(counted * width)
    figures.update(
        {name: given[name] for name in ("intervals", "error_rate_sum", "bad_intervals") if name in given}
    )
    return _level_of_counts(indicator, figures, counted if inputs.buckets else None, detail)


def _level_of_counts(
    indicator: ErrorRate, figures: dict[str, Figure], counted: int | None, detail: dict[str, list[list[str]]]
) -> Counted:
    if indicator.aggregate == "pooled":
        above, below = figures["errors"].value, figures["requests"].value
        missing = "requests"
    else:
        name = "error_rate_sum" if indicator.aggregate == "mean_of_intervals" else "bad_intervals"
        above = figures[name].value if name in figures else Fraction(0)
        below = Fraction(counted) if counted is not None else figures.get("intervals", count(0)).value
        missing = "intervals with their requests and errors"
    if below <= 0:
        return Counted(figures, question=_missing(missing), nothing_to_measure=True, detail=detail)
    if not 0 <= above <= below:
        raise InputError("errors: there are more of them than requests", code="MORE_ERRORS_THAN_REQUESTS")
    return Counted({**figures, "level": ratio(1 - above / below)}, detail=detail)


def _judged(indicator: ErrorRate, inputs: AssessmentInputs) -> Iterator[tuple[int, int, int, bool]]:
    """Runs of equal intervals with whether they are bad: by the threshold, and in a run that is long enough."""
    least_requests = indicator.minimum_requests
    runs = [
        (one.repeat, one.requests, one.errors) if one.requests >= least_requests else (one.repeat, 0, 0)
        for one in inputs.buckets
    ]
    above = [_above(indicator, requests, errors) for _, requests, errors in runs]
    index = 0
    while index < len(runs):
        until = index
        while until < len(runs) and above[until] == above[index]:
            until += 1
        length = sum(run[0] for run in runs[index:until]) * (indicator.interval_seconds or 0)
        least = indicator.minimum_run_seconds
        long = length > least if indicator.minimum_run_strict else length >= least
        for repeat, requests, errors in runs[index:until]:
            yield repeat, requests, errors, above[index] and long
        index = until


def _above(indicator: ErrorRate, requests: int, errors: int) -> bool:
    if indicator.bad_interval is None:
        return False
    if requests == 0:
        return indicator.empty_interval == "all_errors"
    return indicator.bad_interval.holds(Fraction(errors * 100, requests))


def _counted_attempts(filtering: RetryFilter, group: Attempts) -> list[Fraction]:
    """The attempts that count: each waits long enough after the last one that did."""
    wait = Fraction(filtering.first_seconds)
    kept = [group.at_seconds[0]]
    for at in group.at_seconds[1:]:
        if at - kept[-1] >= wait:
            kept.append(at)
            wait = min(wait * Fraction(filtering.factor), Fraction(filtering.most_seconds))
    return kept


def _events(
    indicator: EventsOnTime, inputs: AssessmentInputs, given: dict[str, Figure], zone: str | None
) -> Counted:
    clock = None
    if indicator.business_hours is not None:
        of_hours = indicator.business_hours.zone or zone
        if of_hours is None:
            raise InputError("zone: business hours name none; hand over zone=terms.zone", code="ZONE_MISSING")
        clock = indicator.business_hours.calendar(of_hours, inputs.holidays)
    rows = [_event_row(indicator, one, inputs, clock) for one in inputs.events]
    unknown = [
        row.name for row in rows if row.counts and indicator.deadline_seconds is not None and row.late is None
    ]
    mine = [row for row in rows if row.counts]
    figures: dict[str, Figure] = {"events": count(len(mine))} if inputs.events else {}
    lengths = [row.figures["seconds"].value for row in mine if "seconds" in row.figures]
    # A sum that leaves out an event of unknown length, and a count of late ones without it, would be too low.
    if lengths and len(lengths) == len(mine):
        figures["total_seconds"] = lasting(sum(lengths))
        figures["longest_seconds"] = lasting(max(lengths))
    if indicator.deadline_seconds is not None and inputs.events and not unknown:
        figures["late"] = count(sum(1 for row in mine if row.late))
    figures.update({name: given[name] for name in ("events", "late", "on_time") if name in given})
    if "events" in figures and "on_time" in figures and "late" not in figures:
        figures["late"] = count(figures["events"].value - figures["on_time"].value)
    if "events" in figures and "late" in figures:
        figures["on_time"] = count(figures["events"].value - figures["late"].value)
    question = None
    if unknown:
        question = OpenQuestion("EVENT_LENGTH_UNKNOWN", f"Nobody knows how long {unknown[0]} took.")
    elif "events" not in figures:
        question = _missing("events")
    elif figures["events"].value == 0 and indicator.deadline_seconds is not None:
        question = OpenQuestion(
            "NO_EVENTS", "There was no event, so that there is no share of events on time."
        )
    elif "late" in figures:
        figures["level"] = ratio(figures["on_time"].value / figures["events"].value)
    empty = figures.get("events", count(0)).value == 0 and not unknown
    return Counted(figures, tuple(rows), question, empty)


def _took(event: Event, clock: BusinessCalendar | None) -> Fraction | None:
    """Seconds on the clock of an event, less its pauses; None where neither length nor both ends are known."""
    if event.seconds is not None:
        return event.seconds
    if event.started_at is None or event.ended_at is None:
        return None
    pauses = [Span(to_us(pause.start), to_us(pause.end)) for pause in event.paused]
    if clock is None:
        running = running_us(event.started_at, event.ended_at, pauses)
    else:
        if event.paused_seconds:
            raise InputError(
                f"events: {event.id} has paused_seconds; with business hours the pauses need their times",
                code="PAUSE_WITHOUT_PLACE",
            )
        running = clock.elapsed_us(event.started_at, event.ended_at, pauses)
    return max(Fraction(0), Fraction(running, SECOND) - event.paused_seconds)


def _event_row(
    indicator: EventsOnTime, event: Event, inputs: AssessmentInputs, clock: BusinessCalendar | None
) -> Row:
    """The event by itself. It belongs to the window in which it happened, or else began."""
    placed = event.at or event.started_at
    inside = placed is None or inputs.window_start <= placed < inputs.window_end
    concerned = inside and (not indicator.kinds or event.kind in indicator.kinds)
    took = _took(event, clock)
    late = None
    if took is not None and indicator.deadline_seconds is not None:
        bound = indicator.deadline_seconds
        late = concerned and not (took <= bound if indicator.deadline_inclusive else took < bound)
    return Row(
        name=event.id,
        figures={} if took is None else {"seconds": lasting(took)},
        counts=concerned,
        start=None if placed is None else to_us(placed),
        end=None if event.ended_at is None else to_us(event.ended_at),
        late=late,
        cause=event.cause,
        quantities=dict(event.quantities),
    )


def _quantity(indicator: Quantity, inputs: AssessmentInputs) -> Counted:
    samples = [(Fraction(one.value), one.repeat) for one in inputs.samples]
    size = sum(repeat for _, repeat in samples)
    figures = {"samples": count(size)}
    if indicator.aggregate == "count":
        return Counted({**figures, "value": number(size)})
    if not size or size < indicator.minimum_samples:
        least = max(1, indicator.minimum_samples)
        question = OpenQuestion("TOO_FEW_SAMPLES", f"There are {size} samples; at least {least} are needed.")
        return Counted(figures, question=question, nothing_to_measure=size == 0)
    if indicator.aggregate == "share_within":
        inside = sum(repeat for value, repeat in samples if _within(indicator, value))
        return Counted({**figures, "within": count(inside), "level": ratio(Fraction(inside, size))})
    if indicator.aggregate == "single" and size > 1:
        raise InputError(
            f"samples: the terms want a single value and {size} are given", code="SEVERAL_SAMPLES"
        )
    return Counted({**figures, "value": number(_aggregate(indicator, samples, size))})


def _aggregate(indicator: Quantity, samples: list[tuple[Fraction, int]], size: int) -> Fraction:
    whole = sum((value * repeat for value, repeat in samples), Fraction(0))
    if indicator.aggregate == "mean":
        return whole / size
    if indicator.aggregate == "sum":
        return whole
    if indicator.aggregate == "percentile":
        return _nearest_rank(samples, size, Fraction(indicator.percentile or 0))
    values = [value for value, _ in samples]
    return {"maximum": max(values), "minimum": min(values), "single": values[0]}[indicator.aggregate]


def _nearest_rank(samples: Iterable[tuple[Fraction, int]], size: int, percentile: Fraction) -> Fraction:
    """The smallest value that at least so many percent of the samples reach."""
    rank = -(-(percentile * size / 100).numerator // (percentile * size / 100).denominator)
    seen = 0
    for value, repeat in sorted(samples):
        seen += repeat
        if seen >= rank:
            return value
    raise InputError("samples: there are none", code="TOO_FEW_SAMPLES")


def _within(indicator: Quantity, value: Fraction) -> bool:
    bound = Fraction(indicator.within or 0)
    return {
        "at_most": value <= bound,
        "less_than": value < bound,
        "at_least": value >= bound,
        "more_than": value > bound,
    }[indicator.within_op]


def _parts(indicator: WeightedParts, inputs: AssessmentInputs) -> Counted:
    known = {part.name for part in indicator.parts}
    for name in inputs.failed_parts:
        if name not in known:
            raise InputError(f"failed_parts: the terms have no part {name!r}", code="UNKNOWN_PART")
    failed = set(inputs.failed_parts)
    keys = sum(1 for part in indicator.parts if part.key and part.name in failed)
    deemed = indicator.all_failed_from_key_parts is not None and keys >= indicator.all_failed_from_key_parts
    mine = [part for part in indicator.parts if deemed or part.name in failed]
    return Counted(
        {
            "failed_weight": number(sum((Fraction(part.weight) for part in mine), Fraction(0))),
            "failed_parts": count(len(mine)),
            "failed_key_parts": count(keys),
            "total_weight": number(sum((Fraction(part.weight) for part in indicator.parts), Fraction(0))),
        },
        detail={"failed": [part.name for part in mine]},
    )


def _composite(indicator: Composite, given: dict[str, Figure]) -> Counted:
    levels: list[tuple[Fraction, Fraction]] = []
    for part in indicator.of:
        if part.commitment not in given:
            return Counted({}, question=_missing(f"level of {part.commitment}"))
        levels.append((given[part.commitment].value, Fraction(part.weight)))
    value = Fraction(1)
    if indicator.rule == "product":
        for level, _ in levels:
            value *= level
    elif indicator.rule == "weighted_mean":
        value = sum((level * weight for level, weight in levels), Fraction(0)) / sum(
            (weight for _, weight in levels), Fraction(0)
        )
    else:
        choose = min if indicator.rule == "lowest" else max
        value = choose(level for level, _ in levels)
    return Counted({"level": ratio(value)})


def _formula(indicator: FormulaIndicator, inputs: AssessmentInputs, given: dict[str, Figure]) -> Counted:
    names = {**inputs.quantities, **{name: figure.value for name, figure in given.items()}}
    try:
        value = evaluate(indicator.formula, names)
    except FormulaError as error:
        return Counted({}, question=OpenQuestion(error.code, str(error)))
    if indicator.unit == "percent":
        return Counted({"value": number(value), "level": ratio(value / 100)})
    if indicator.unit == "ratio":
        return Counted({"value": number(value), "level": ratio(value)})
    return Counted({"value": _UNITS[indicator.unit](value)})
