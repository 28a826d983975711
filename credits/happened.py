"""What was told of a promise that measures no time: counts of requests, events, samples. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from credits.attained import duration, number
from reckoning.assessment import AssessmentInputs
from reckoning.assessment.inputs import Event
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import ErrorRate

MOST = 500


@dataclass(frozen=True)
class Happened:
    """A table: columns as "Name share" or "Name share right", and what stands before it."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    before: str


def happened(clause: CommitmentTerms, inputs: AssessmentInputs, result: dict[str, Any]) -> Happened:
    """The table for whichever facts there are; without any, one that says so."""
    if inputs.events:
        return _events(inputs, result)
    if inputs.buckets:
        return _buckets(clause, inputs)
    if inputs.samples:
        rows = [(number(Fraction(one.value)), f"{one.repeat:,}") for one in inputs.samples[:MOST]]
        return Happened(
            ("Value 60 right", "How often 40 right"), rows, "Measured values." + _more(len(inputs.samples))
        )
    return Happened(("Told 100",), [], "Nothing was reported in the window.")


def _events(inputs: AssessmentInputs, result: dict[str, Any]) -> Happened:
    judged = {row["name"]: row for row in result.get("rows", ())}
    rows = []
    for one in inputs.events[:MOST]:
        row = judged.get(one.id, {})
        late = {True: "no", False: "yes", None: "not judged"}[row.get("late")]
        length = row.get("figures", {}).get("seconds")
        took = "open" if length is None else duration(Fraction(length["exact"]))
        begun, ended = _instant(one.started_at), _instant(one.ended_at)
        rows.append((one.id, one.kind or "", begun, ended, duration(_paused(one)), took, late))
    columns = (
        "Event 18",
        "Kind 12",
        "Opened (UTC) 20",
        "Done (UTC) 20",
        "Paused 10 right",
        "Took 12 right",
        "On time 8",
    )
    return Happened(
        columns,
        rows,
        "Every event that was opened in the window; pauses are taken off." + _more(len(inputs.events)),
    )


def _buckets(clause: CommitmentTerms, inputs: AssessmentInputs) -> Happened:
    """Intervals with errors, by time where the runs have no gap, as the instants are not among the inputs."""
    indicator = clause.indicator
    width = indicator.interval_seconds if isinstance(indicator, ErrorRate) else None
    every = sum(run.repeat for run in inputs.buckets)
    window = (inputs.window_end - inputs.window_start) // timedelta(seconds=1)
    whole = width is not None and every * width == window
    rows, at, quiet = [], 0, 0
    for run in inputs.buckets:
        if run.errors:
            begun = inputs.window_start + timedelta(seconds=at * (width or 0))
            place = _instant(begun) if whole else f"number {at + 1}"
            rows.append((place, f"{run.repeat:,}", f"{run.requests:,}", f"{run.errors:,}"))
        else:
            quiet += run.repeat
        at += run.repeat
    return Happened(
        ("From (UTC) 34", "Intervals alike 22 right", "Requests in each 22 right", "Errors in each 22 right"),
        rows[:MOST],
        f"{every:,} intervals were told; {quiet:,} of them had no error." + _more(len(rows)),
    )


def _paused(event: Event) -> int:
    """Whole seconds of pauses as the clock of the wall shows them."""
    stretches = sum(((one.end - one.start) // timedelta(seconds=1) for one in event.paused), 0)
    return stretches + event.paused_seconds


def _instant(value: datetime | None) -> str:
    return "open" if value is None else value.isoformat(sep=" ").removesuffix("+00:00")


def _more(count: int) -> str:
    return (
        f" The first {MOST} of {count:,} are shown; the data attached has them all." if count > MOST else ""
    )
