"""What is measured, in plain English: every field of every indicator has its words."""

from reckoning.canonical import decimal_text
from reckoning.terms.formula_words import sentences as formula_sentences
from reckoning.terms.indicators import (
    Composite,
    ErrorRate,
    EventsOnTime,
    FormulaIndicator,
    Indicator,
    Quantity,
    UptimeFromIntervals,
    UptimeFromWeightedSeconds,
    WeightedParts,
)
from reckoning.terms.wording_dates import word_calendar
from reckoning.terms.wording_parts import COMPARED, all_of, any_of, duration, percent, plural, plural_of

_EMPTY = {
    "no_errors": "An interval without any request counts as one without errors.",
    "left_out": "An interval without any request is left out.",
    "all_errors": "An interval without any request counts as failed throughout.",
}


def word_indicator(indicator: Indicator) -> list[str]:
    """The sentences of an indicator."""
    if isinstance(indicator, UptimeFromIntervals):
        return _uptime(indicator)
    if isinstance(indicator, UptimeFromWeightedSeconds):
        return _weighted_seconds(indicator)
    if isinstance(indicator, ErrorRate):
        return _error_rate(indicator)
    if isinstance(indicator, EventsOnTime):
        return _events(indicator)
    if isinstance(indicator, Quantity):
        return _quantity(indicator)
    if isinstance(indicator, WeightedParts):
        return _parts(indicator)
    if isinstance(indicator, Composite):
        return _composite(indicator)
    assert isinstance(indicator, FormulaIndicator)
    unit = {"ratio": "a level from 0 to 1", "percent": "a level in percent", "seconds": "seconds"}
    lead = f"The figure is computed by a formula; it gives {unit.get(indicator.unit, 'a plain number')}."
    return [lead, *formula_sentences(indicator.formula)]


def _weighted_seconds(indicator: UptimeFromWeightedSeconds) -> list[str]:
    weights = [
        f"a second of {name} outage counts as {plural_of(one, 'second')} of downtime"
        for name, one in sorted(indicator.weights.items())
    ]
    return [
        f"The source reports seconds of outage per UTC day; {all_of(weights)}, "
        "and a day has at most its own length of it."
    ]


def _uptime(indicator: UptimeFromIntervals) -> list[str]:
    if indicator.component_rule == "all":
        who = all_of(indicator.down_components) or "its components"
        named = (
            f"while incidents of severity {any_of(indicator.down_severities)} name every one of {who} at the same "
            "time; components that the customer does not use are left aside"
        )
    else:
        named = any_of(indicator.down_components) if indicator.down_components else "the service itself"
        named = f"while an incident of severity {any_of(indicator.down_severities)} names {named}"
    found = [f"The service is down {named}.", "Incidents that overlap or touch are one outage."]
    if indicator.clock_starts == "report":
        found.append("An outage counts only from the time at which it was reported.")
    if indicator.clock_ends == "closed":
        found.append("An outage counts until its ticket was closed.")
    found.append(_minimum_run(indicator))
    if indicator.grace_seconds:
        found.append(f"The first {duration(indicator.grace_seconds)} of each outage do not count.")
    if indicator.grid_seconds:
        cells = duration(indicator.grid_seconds)
        rule = (
            "only cells that are down throughout count"
            if indicator.grid_rule == "whole_cells"
            else "a cell counts as down throughout when any of it is down"
        )
        found.append(f"Time is counted in cells of {cells} from the window's start on; {rule}.")
    if indicator.started_unit_seconds:
        found.append(
            f"Each outage is rounded up to started units of {duration(indicator.started_unit_seconds)}."
        )
    found += _weight(indicator)
    if indicator.used_time == "left_out":
        found.append("Downtime before an earlier claim that was paid is not used again.")
    return found


def _weight(indicator: UptimeFromIntervals) -> list[str]:
    if indicator.weight == "none":
        return []
    if indicator.weight == "affected_share":
        return [
            "A second counts by the share of all customers that is down in it; incidents that overlap add up."
        ]
    how = (
        "incidents that overlap add up"
        if indicator.overlap == "sum"
        else "a user who is down in several incidents at once counts once"
    )
    return [
        "A second counts for each user who is down in it, and the measured time for each of all users; "
        f"{how}."
    ]


def _minimum_run(indicator: UptimeFromIntervals) -> str:
    order = {
        "merge_then_test_then_clip": "the length is that of the whole outage, also beyond the window, "
        "before exclusions are taken out",
        "clip_then_test": "the length is that of its part inside the window, before exclusions are taken out",
        "exclude_then_test_then_clip": "the length is that of what exclusions leave of it, also beyond the window",
        "test_each_report": "the length is that of each report alone, before reports are joined",
    }[indicator.run_order]
    if not indicator.minimum_run_seconds:
        if indicator.run_order == "merge_then_test_then_clip":
            return "Every outage counts, however short."
        return f"Every outage counts, however short; were there a minimum, {order}."
    short = "of that length or shorter" if indicator.minimum_run_strict else "shorter than that"
    return (
        f"An outage must last {duration(indicator.minimum_run_seconds)}; one {short} does not count; {order}."
    )


def _error_rate(indicator: ErrorRate) -> list[str]:
    found: list[str] = []
    if indicator.interval_seconds is not None:
        found.append(
            f"Requests and errors are counted in intervals of {duration(indicator.interval_seconds)}."
        )
    found.append(
        {
            "mean_of_intervals": "The level is 100 % less the mean of the intervals' error rates; each interval "
            "weighs the same, whatever its traffic.",
            "pooled": "The level is 100 % less all errors in percent of all requests.",
            "share_of_good_intervals": "The level is the share of intervals that are not bad.",
        }[indicator.aggregate]
    )
    if indicator.bad_interval is not None:
        bad = indicator.bad_interval
        found.append(
            f"An interval is bad when {COMPARED[bad.op]} {percent(bad.percent)} of its requests fail."
        )
        if indicator.minimum_run_seconds:
            sign = "longer than" if indicator.minimum_run_strict else "at least"
            found.append(
                f"Bad intervals count only in a row that lasts {sign} {duration(indicator.minimum_run_seconds)}."
            )
        elif indicator.minimum_run_strict:
            found.append(
                "Every bad interval counts; a minimum length, were there one, would have to be exceeded."
            )
    elif indicator.minimum_run_strict:
        found.append("A minimum length, were there one, would have to be exceeded.")
    if indicator.minimum_requests > 1:
        found.append(
            f"An interval with fewer than {indicator.minimum_requests} requests counts as one without any."
        )
    found.append(_EMPTY[indicator.empty_interval])
    if indicator.retry_filter is not None:
        wait = indicator.retry_filter
        found.append(
            "Failures of one repeated request count only where the client waited: first "
            f"{plural_of(wait.first_seconds, 'second')}, then {decimal_text(wait.factor)} times as long each time, "
            f"up to {plural_of(wait.most_seconds, 'second')}, measured from the last failure that counted."
        )
    return found


def _events(indicator: EventsOnTime) -> list[str]:
    kinds = f" of kind {any_of(indicator.kinds)}" if indicator.kinds else ""
    found = [
        f"Each event{kinds} counts with the time that it took; time in which its clock was paused is left out."
    ]
    if indicator.business_hours is not None:
        zone = indicator.business_hours.zone or "the contract's zone"
        found.append("The clock of an event runs in business hours only.")
        found += word_calendar(indicator.business_hours, zone)
    if indicator.deadline_seconds is None:
        edge = (
            "" if indicator.deadline_inclusive else " A deadline, were there one, would itself be too late."
        )
        return [*found, f"Events are counted, and not judged by a deadline.{edge}"]
    sign = "at most" if indicator.deadline_inclusive else "less than"
    found.append(
        f"An event is on time when it took {sign} {duration(indicator.deadline_seconds)}. "
        "The level is the share of events on time."
    )
    return found


def _quantity(indicator: Quantity) -> list[str]:
    unit = indicator.unit
    if indicator.aggregate == "share_within":
        bound = decimal_text(indicator.within) if indicator.within is not None else ""
        what = (
            f"the share of samples that are {COMPARED[indicator.within_op]} {bound} {unit}; this is the level"
        )
    elif indicator.aggregate == "percentile":
        rank = decimal_text(indicator.percentile) if indicator.percentile is not None else ""
        what = f"percentile {rank} of the samples in {unit}: the smallest sample that so many percent do not exceed"
    else:
        names = {
            "mean": "the mean of the samples",
            "maximum": "the highest sample",
            "minimum": "the lowest sample",
            "sum": "the sum of the samples",
            "count": "the number of samples",
            "single": "the one value that is measured",
        }
        what = f"{names[indicator.aggregate]} in {unit}"
    found = [f"What counts is {what}."]
    if indicator.within_op != "at_most" and indicator.aggregate != "share_within":
        found.append(f"A bound, were there one, would be read as {COMPARED[indicator.within_op]}.")
    if indicator.minimum_samples:
        found.append(f"With fewer than {plural(indicator.minimum_samples, 'sample')} a person decides.")
    return found


def _parts(indicator: WeightedParts) -> list[str]:
    parts = [
        f"{part.name} {decimal_text(part.weight)}{' (key part)' if part.key else ''}"
        for part in indicator.parts
    ]
    found = [f"These parts are promised, each with its weight: {all_of(parts)}."]
    if indicator.all_failed_from_key_parts is not None:
        keys = plural(indicator.all_failed_from_key_parts, "key part")
        found.append(f"From {keys} failed at once on, all parts are deemed failed.")
    return found


def _composite(indicator: Composite) -> list[str]:
    names = [
        part.commitment if part.weight == 1 else f"{part.commitment} (weight {decimal_text(part.weight)})"
        for part in indicator.of
    ]
    rule = {
        "product": "the product of the levels",
        "lowest": "the lowest of the levels",
        "highest": "the highest of the levels",
        "weighted_mean": "the weighted mean of the levels",
    }[indicator.rule]
    return [f"The level is {rule} of {all_of(names)}."]
