"""The figures of measured time: level, downtime, outages one by one, cells, weighted seconds."""

from collections.abc import Iterator
from fractions import Fraction

from reckoning.assessment.figures import Counted, Figure, Row, count, lasting, number, ratio
from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.levels import Level
from reckoning.assessment.measure import Measured, counted_length
from reckoning.assessment.outages import started
from reckoning.terms.indicators import UptimeFromIntervals
from reckoning.terms.model import CommitmentTerms
from reckoning.timeline.spans import SECOND, clip, intersect, to_us, total


def timed_figures(
    commitment: CommitmentTerms,
    inputs: AssessmentInputs,
    measured: Measured,
    level: Level,
    given: dict[str, Figure],
) -> Counted:
    """All figures of an indicator that measures time, in seconds, with a row for each outage."""
    indicator = commitment.indicator
    figures = {
        "down_seconds": lasting(Fraction(level.down) / SECOND),
        "gross_down_seconds": lasting(measured.gross_down / SECOND),
        "base_seconds": lasting(Fraction(max(level.base, 0), SECOND)),
        "excluded_seconds": lasting(Fraction(measured.excluded_time, SECOND)),
        "excluded_over_allowance_seconds": lasting(
            Fraction(sum(use.asked - use.granted for use in measured.excluded.uses), SECOND)
        ),
        "unknown_seconds": lasting(Fraction(measured.unknown, SECOND)),
    }
    rows: tuple[Row, ...] = ()
    if isinstance(indicator, UptimeFromIntervals):
        rows = tuple(_rows(indicator, inputs, measured))
        lengths = [row.figures["down_seconds"].value for row in rows if row.counts]
        figures["runs"] = count(len(lengths))
        figures["longest_run_seconds"] = lasting(max(lengths, default=Fraction(0)))
        if indicator.grid_seconds:
            figures["cells"] = count(Fraction(max(level.base, 0), indicator.grid_seconds * SECOND))
            figures["down_cells"] = count(measured.bad_cells or 0)
        if indicator.weight == "affected_users" and inputs.population:
            figures["down_user_seconds"] = number(Fraction(level.down) / SECOND * inputs.population)
            figures["base_user_seconds"] = number(Fraction(max(level.base, 0), SECOND) * inputs.population)
    if level.value is not None:
        figures["level"] = ratio(level.value)
    # A given length of downtime is already in the level; every other given figure stands for itself.
    figures.update(
        {name: figure for name, figure in given.items() if name not in ("down_seconds", "base_seconds")}
    )
    question = None if "level" in given else level.question
    nothing = level.base <= 0 and "level" not in given
    return Counted(figures, rows, question, nothing)


def _rows(indicator: UptimeFromIntervals, inputs: AssessmentInputs, measured: Measured) -> Iterator[Row]:
    causes = sorted(
        (to_us(one.start), to_us(one.end), one.cause) for one in inputs.intervals if one.cause is not None
    )
    number_of = 0
    for run in clip(measured.whole, measured.life):
        number_of += 1
        mine = intersect([run], measured.left)
        if indicator.grid_seconds:
            counted = Fraction(total(mine))
        else:
            counted = sum((started(one.end - one.start, indicator) for one in mine), Fraction(0))
        figures = {
            "seconds": lasting(Fraction(run.end - run.start, SECOND)),
            "down_seconds": lasting(counted / SECOND),
            "runs": count(1),
        }
        if inputs.probes is not None:
            figures["probes"] = count(counted / (inputs.probes.interval_seconds * SECOND))
        cause = next((name for start, end, name in causes if start < run.end and end > run.start), None)
        yield Row(
            name=f"outage-{number_of}",
            figures=figures,
            counts=counted > 0,
            start=run.start,
            end=run.end,
            cause=cause,
        )
    for one in inputs.lengths:
        number_of += 1
        length = counted_length(indicator, one.seconds)
        yield Row(
            name=f"outage-{number_of}",
            figures={"seconds": lasting(one.seconds), "down_seconds": lasting(length), "runs": count(1)},
            counts=length > 0,
            cause=one.cause,
        )
