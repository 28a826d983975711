"""What was never told where the terms count intervals: a question, as a gap is neither an error nor the lack of one.

Pure: it is read from the inputs. The reckoning takes the mean of the intervals that there are; without the answer to
this question nothing is made final.
"""

from collections.abc import Callable
from datetime import timedelta

from reckoning.assessment import AssessmentInputs
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import ErrorRate, EventsOnTime, WeightedParts


def counts_intervals(clause: CommitmentTerms) -> bool:
    """Whether gaps matter: the terms count intervals, and do not say themselves that unknown ones are left out."""
    indicator = clause.indicator
    counts = isinstance(indicator, ErrorRate) and indicator.interval_seconds is not None
    return counts and clause.unknown_time != "excluded"


def may_be_silent(clause: CommitmentTerms) -> bool:
    """Whether nothing told looks like nothing happened: events are counted, or failed parts."""
    return isinstance(clause.indicator, (EventsOnTime, WeightedParts))


def silence_question(
    clause: CommitmentTerms, inputs: AssessmentInputs, listed: Callable[[], bool]
) -> tuple[str, str] | None:
    """The question where nobody said that nothing happened, as a code and a sentence, else None.

    ``listed`` says whether a source delivered its list after the window, so that an empty one tells something.
    """
    if isinstance(clause.indicator, WeightedParts) and not (inputs.failed_parts or inputs.given):
        return "PARTS_NOT_TOLD", "Which parts failed in the window? No source tells failed parts yet."
    if isinstance(clause.indicator, EventsOnTime) and not (inputs.events or inputs.given) and not listed():
        return "EVENTS_NOT_TOLD", (
            f"The {clause.source_role} delivered no list after the window's end, so nobody knows that there was no "
            "event. Deliver the list, be it empty."
        )
    return None


def gap_question(clause: CommitmentTerms, inputs: AssessmentInputs) -> tuple[str, str] | None:
    """The question, as a code and a sentence, or None where every interval of the service's life was told."""
    indicator = clause.indicator
    if not isinstance(indicator, ErrorRate) or not counts_intervals(clause) or not inputs.buckets:
        return None
    start = max(inputs.window_start, inputs.existed_from or inputs.window_start)
    end = min(inputs.window_end, inputs.existed_until or inputs.window_end)
    expected = (end - start) // timedelta(seconds=indicator.interval_seconds or 1)
    told = sum(run.repeat for run in inputs.buckets)
    if told >= expected:
        return None
    return "INTERVALS_MISSING", (
        f"{expected - told:,} of {expected:,} intervals of {indicator.interval_seconds} s were never told, or told in "
        "part only. Deliver them, let a stand-in be bound, or let the terms say that unknown time is excluded."
    )
