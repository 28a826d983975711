"""The small words that every clause is made of: numbers with nouns, lengths of time, percentages, figures."""

from collections.abc import Sequence
from decimal import Decimal

from reckoning.canonical import decimal_text
from reckoning.terms.schedules import BoundsIn

MODES = {
    "half_up": "half a unit upwards",
    "half_even": "half a unit to the even neighbour",
    "down": "by cutting off what is below a unit",
    "up": "to the next unit wherever anything is left over",
}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
COMPARED = {
    "at_most": "at most",
    "less_than": "less than",
    "at_least": "at least",
    "more_than": "more than",
}

# Figures in words, as a sentence names them after "the".
FIGURES = {
    "level": "level",
    "down_seconds": "downtime",
    "gross_down_seconds": "downtime before exclusions",
    "base_seconds": "measured time",
    "excluded_seconds": "excluded time",
    "excluded_over_allowance_seconds": "maintenance above its allowance",
    "unknown_seconds": "unknown time",
    "runs": "number of outages that count",
    "longest_run_seconds": "longest outage",
    "seconds": "whole length of the outage or event",
    "cells": "number of cells of the grid",
    "down_cells": "number of cells that are down",
    "down_user_seconds": "sum of seconds times users that are down",
    "base_user_seconds": "sum of seconds times all users",
    "errors": "number of errors",
    "requests": "number of requests",
    "intervals": "number of intervals",
    "bad_intervals": "number of bad intervals",
    "error_rate_sum": "sum of the intervals' error rates",
    "empty_intervals_left_out": "number of empty intervals that are left out",
    "raw_failures": "number of failures",
    "counted_failures": "number of failures that count",
    "events": "number of events",
    "late": "number of late events",
    "on_time": "number of events on time",
    "total_seconds": "length of all events together",
    "longest_seconds": "longest event",
    "value": "measured value",
    "samples": "number of samples",
    "within": "number of samples within the bound",
    "failed_weight": "weight of the failed parts",
    "failed_parts": "number of failed parts",
    "failed_key_parts": "number of failed key parts",
    "total_weight": "weight of all parts",
    "shortfall_percent": "number of percent points by which the level falls short",
}


def figure(name: str) -> str:
    """A figure in words; one that only the facts know is called by its name."""
    return f"the {FIGURES[name]}" if name in FIGURES else f"the figure {name!r}"


def measured_in(on: str, bounds_in: BoundsIn) -> str:
    """The unit of a bound on a figure, as it follows the number."""
    if on == "level":
        return " %"
    if bounds_in != "as_measured":
        return f" {bounds_in}"
    return " seconds" if on.endswith("seconds") and "user" not in on else ""


def percent(value: Decimal) -> str:
    """99.9 %."""
    return f"{decimal_text(value)} %"


def sentence(text: str) -> str:
    """The text with a full stop, where it has none."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def plural(count: int, noun: str) -> str:
    """1 day, 2 days, 1,000 days."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def plural_of(count: Decimal, noun: str) -> str:
    """1 day, 0.5 days."""
    return f"{decimal_text(count)} {noun}" if count == 1 else f"{decimal_text(count)} {noun}s"


def duration(count: int) -> str:
    """A length in the largest units that leave nothing over, with the seconds beside it where that helps."""
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if count and count % size == 0:
            return f"{plural(count // size, noun)} ({plural(count, 'second')})"
    return plural(count, "second")


def all_of(parts: Sequence[str]) -> str:
    """a, b and c."""
    return _joined(parts, "and")


def any_of(parts: Sequence[str]) -> str:
    """a, b or c."""
    return _joined(parts, "or")


def _joined(parts: Sequence[str], last: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
