"""Which figures an indicator gives, by name and unit: what limits, schedules and factors may name."""

from typing import Literal

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

FigureUnit = Literal["ratio", "seconds", "count", "number"]

_TIMED: dict[str, FigureUnit] = {
    "level": "ratio",
    "down_seconds": "seconds",
    "gross_down_seconds": "seconds",
    "base_seconds": "seconds",
    "excluded_seconds": "seconds",
    "excluded_over_allowance_seconds": "seconds",
    "unknown_seconds": "seconds",
}
_ROWS: dict[str, FigureUnit] = {"runs": "count", "longest_run_seconds": "seconds", "seconds": "seconds"}


def figure_names(indicator: Indicator) -> dict[str, FigureUnit]:
    """The figures of an indicator with their units. Units: a ratio is compared in percent, seconds in the unit
    of `bounds_in`.
    """
    if isinstance(indicator, UptimeFromIntervals):
        found = {**_TIMED, **_ROWS}
        if indicator.grid_seconds:
            found |= {"cells": "count", "down_cells": "count"}
        if indicator.weight == "affected_users":
            found |= {"down_user_seconds": "number", "base_user_seconds": "number"}
    elif isinstance(indicator, UptimeFromWeightedSeconds):
        found = dict(_TIMED)
    elif isinstance(indicator, ErrorRate):
        found = {"level": "ratio", "errors": "count", "requests": "count"}
        if indicator.interval_seconds is not None:
            found |= {"intervals": "count", "error_rate_sum": "number", "empty_intervals_left_out": "count"}
        if indicator.bad_interval is not None:
            found |= {"bad_intervals": "count", "down_seconds": "seconds", "base_seconds": "seconds"}
        if indicator.retry_filter is not None:
            found |= {"raw_failures": "count", "counted_failures": "count"}
    elif isinstance(indicator, EventsOnTime):
        found = {
            "events": "count",
            "total_seconds": "seconds",
            "longest_seconds": "seconds",
            "seconds": "seconds",
        }
        if indicator.deadline_seconds is not None:
            found |= {"level": "ratio", "late": "count", "on_time": "count"}
    elif isinstance(indicator, Quantity):
        found = {"samples": "count"}
        found |= (
            {"level": "ratio", "within": "count"}
            if indicator.aggregate == "share_within"
            else {"value": "number"}
        )
    elif isinstance(indicator, WeightedParts):
        found = {
            "failed_weight": "number",
            "failed_parts": "count",
            "failed_key_parts": "count",
            "total_weight": "number",
        }
    elif isinstance(indicator, Composite):
        found = {"level": "ratio"}
    else:
        assert isinstance(indicator, FormulaIndicator)
        found = {"value": "number"}
        if indicator.unit in ("ratio", "percent"):
            found["level"] = "ratio"
        elif indicator.unit == "seconds":
            found["value"] = "seconds"
    return found
