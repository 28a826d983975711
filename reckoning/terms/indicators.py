"""What is measured: each indicator turns facts into named figures.

The figures of each kind are listed in docs/terms/indicators.md; targets, limits and schedules name them.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Amount, Count, Flag, GrownValue, Name, Number, Percent, Value
from reckoning.terms.calendars import CalendarTerms
from reckoning.terms.faults import fault
from reckoning.terms.formula import Formula

Positive = Annotated[Number, Field(gt=0)]
PositiveCount = Annotated[int, Field(strict=True, ge=1, le=10**10)]


class UptimeFromIntervals(GrownValue):
    """Downtime is the union of the intervals that are severe enough and concern the service."""

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "component_rule",
            "clock_starts",
            "clock_ends",
            "grace_seconds",
            "grid_seconds",
            "grid_rule",
            "started_unit_seconds",
            "weight",
            "overlap",
            "used_time",
        }
    )

    kind: Literal["uptime_from_intervals"] = "uptime_from_intervals"
    down_severities: tuple[Name, ...] = Field(
        min_length=1, max_length=20, description="Severities that count as down; any other counts as up."
    )
    down_components: tuple[Name, ...] = Field(
        default=(),
        max_length=200,
        description="Down while an interval names any of these components. Empty: the service's own code.",
    )
    component_rule: Literal["any", "all"] = Field(
        default="any",
        description="all: down only while every component that is in use is down at the same time.",
    )
    clock_starts: Literal["failure", "report"] = Field(
        default="failure",
        description="report: an outage counts only from the time at which it was reported or ticketed.",
    )
    clock_ends: Literal["restored", "closed"] = Field(
        default="restored", description="closed: an outage counts until its ticket was closed."
    )
    minimum_run_seconds: Count = Field(
        default=0, description="A loss shorter than this does not count. 0: every loss counts."
    )
    minimum_run_strict: Flag = Field(
        default=False, description="Strict: a loss of exactly the minimum length does not count either."
    )
    run_order: Literal[
        "merge_then_test_then_clip", "clip_then_test", "exclude_then_test_then_clip", "test_each_report"
    ] = Field(
        default="merge_then_test_then_clip",
        description="Whether the length is tested on the whole loss, on its part inside the window, on what "
        "exclusions leave of it, or on each report alone.",
    )
    grace_seconds: Count = Field(
        default=0, description="The first seconds of each outage that do not count (a restore target)."
    )
    grid_seconds: Count = Field(
        default=0,
        description="Width of the cells, from the window's start on, by which time counts. 0: none.",
    )
    grid_rule: Literal["whole_cells", "touched_cells"] = Field(
        default="whole_cells",
        description="whole_cells: only cells that are down throughout count. touched_cells: a cell counts as "
        "down throughout when any of it is.",
    )
    started_unit_seconds: Count = Field(
        default=0, description="Each outage is rounded up to started units of this length. 0: not rounded."
    )
    weight: Literal["none", "affected_users", "affected_share"] = Field(
        default="none",
        description="affected_users: a second counts for each user that is down. affected_share: a second "
        "counts by the share of all customers that is down.",
    )
    overlap: Literal["sum", "once"] = Field(
        default="sum",
        description="With a weight: reports that overlap are summed, or each user's second counts once.",
    )
    used_time: Literal["counted_again", "left_out"] = Field(
        default="counted_again",
        description="left_out: downtime before an earlier claim that was paid cannot be used again.",
    )

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Self:
        if self.weight != "none" and (self.grid_seconds or self.started_unit_seconds):
            raise fault("weight", "cannot be combined with a grid or with started units; keep one of them")
        if self.overlap == "once" and self.weight != "affected_users":
            raise fault("overlap", "once needs weight affected_users with the range of users in each report")
        return self


class UptimeFromWeightedSeconds(Value):
    """Downtime is the sum of the reported seconds of each class times the weight of the class."""

    kind: Literal["uptime_from_weighted_seconds"] = "uptime_from_weighted_seconds"
    weights: dict[Name, Annotated[Number, Field(ge=0, le=1)]] = Field(
        min_length=1, max_length=20, description="Weight from 0 to 1 of a second of each class of outage."
    )


class Threshold(Value):
    """Bad when the percentage of errors compares so with `percent`."""

    op: Literal["more_than", "at_least"]
    percent: Percent

    def holds(self, percent: Fraction) -> bool:
        """Whether a percentage is bad."""
        bound = Fraction(self.percent)
        return percent > bound if self.op == "more_than" else percent >= bound


class RetryFilter(Value):
    """Failures of one repeated request count only where the client waited before it tried again.

    The wait before the first repetition is `first_seconds`, each further one `factor` times the last, up to
    `most_seconds`; it is measured from the last attempt that counted.
    """

    first_seconds: Positive
    factor: Annotated[Number, Field(ge=1)]
    most_seconds: Positive


class ErrorRate(Value):
    """Good and bad requests (calls, objects, executions) counted in intervals of one width."""

    kind: Literal["error_rate"] = "error_rate"
    aggregate: Literal["mean_of_intervals", "pooled", "share_of_good_intervals"] = Field(
        description="mean_of_intervals: 1 - mean of the intervals' error rates, whatever their traffic. pooled: "
        "1 - all errors / all requests. share_of_good_intervals: intervals that are not bad / intervals."
    )
    interval_seconds: PositiveCount | None = Field(
        default=None, description="Width of an interval. Empty: the counts have no intervals (pooled)."
    )
    bad_interval: Threshold | None = Field(
        default=None, description="When an interval is bad. Needed for share_of_good_intervals."
    )
    empty_interval: Literal["no_errors", "left_out", "all_errors"] = Field(
        default="no_errors", description="What an interval without any request counts as."
    )
    minimum_requests: PositiveCount = Field(
        default=1, description="An interval with fewer requests than this counts as one without any."
    )
    minimum_run_seconds: Count = Field(
        default=0, description="Bad intervals count only in runs of at least this length."
    )
    minimum_run_strict: Flag = Field(default=False, description="The run must be longer than the minimum.")
    retry_filter: RetryFilter | None = None

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Self:
        if self.aggregate != "pooled" and self.interval_seconds is None:
            raise fault("interval_seconds", f"is needed for {self.aggregate}: how wide is an interval?")
        if self.aggregate == "share_of_good_intervals" and self.bad_interval is None:
            raise fault("bad_interval", "is needed for share_of_good_intervals: when is an interval bad?")
        if self.minimum_run_seconds and self.bad_interval is None:
            raise fault("minimum_run_seconds", "needs bad_interval: runs are runs of bad intervals")
        return self


class EventsOnTime(Value):
    """Events, each with a length of time and perhaps a deadline: deliveries, repairs, first responses."""

    kind: Literal["events_on_time"] = "events_on_time"
    kinds: tuple[Name, ...] = Field(
        default=(), max_length=50, description="Only events of these kinds are concerned. Empty: all."
    )
    deadline_seconds: Count | None = Field(
        default=None, description="An event is on time within this. Empty: events are counted, not judged."
    )
    deadline_inclusive: Flag = Field(
        default=True, description="Whether an event of exactly the deadline is on time."
    )
    business_hours: CalendarTerms | None = Field(
        default=None, description="The clock of an event runs in these hours only. Empty: round the clock."
    )


class Quantity(Value):
    """A number that is measured again and again, or once: loss, delay, temperature, time to replace."""

    kind: Literal["quantity"] = "quantity"
    unit: Name = Field(description='What the number is in, in words: "ms", "percent", "hours".')
    aggregate: Literal["mean", "maximum", "minimum", "sum", "count", "percentile", "share_within", "single"]
    percentile: Annotated[Number, Field(gt=0, le=100)] | None = Field(
        default=None, description="Which percentile, by nearest rank: the smallest value that so many reach."
    )
    within: Number | None = Field(default=None, description="The bound of share_within.")
    within_op: Literal["at_most", "less_than", "at_least", "more_than"] = Field(
        default="at_most", description="How a sample compares with the bound to be within."
    )
    minimum_samples: Count = Field(
        default=0, description="With fewer samples there is no figure, and a person decides."
    )

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Self:
        if (self.aggregate == "percentile") != (self.percentile is not None):
            raise fault("percentile", "belongs to aggregate percentile, and is needed there")
        if (self.aggregate == "share_within") != (self.within is not None):
            raise fault("within", "belongs to aggregate share_within, and is needed there")
        return self


class Part(Value):
    """A part of what is promised, with its weight."""

    name: Name
    weight: Amount
    key: Flag = Field(default=False, description="Whether its failure can make the others deemed failed.")


class WeightedParts(Value):
    """Parts (areas, rooms, lines) that fail one by one, each with its weight."""

    kind: Literal["weighted_parts"] = "weighted_parts"
    parts: tuple[Part, ...] = Field(min_length=1, max_length=1000)
    all_failed_from_key_parts: PositiveCount | None = Field(
        default=None,
        description="From so many failed key parts on, every part is deemed failed. Empty: never.",
    )

    @model_validator(mode="after")
    def _parts_differ(self) -> Self:
        names = [part.name for part in self.parts]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise fault(f"parts.{index}.name", f"{name!r} stands there twice; each part stands once")
        return self


class LevelOf(Value):
    """One of the levels that a composite is made of."""

    commitment: Name = Field(
        description="Key of a commitment of this document, or the name of a given level."
    )
    weight: Positive = Decimal(1)


class Composite(Value):
    """A level made of other levels: in series, the lowest, or a weighted mean."""

    kind: Literal["composite"] = "composite"
    rule: Literal["product", "lowest", "highest", "weighted_mean"]
    of: tuple[LevelOf, ...] = Field(min_length=2, max_length=50)


class FormulaIndicator(Value):
    """A figure computed by a formula over given quantities: the last resort."""

    kind: Literal["formula"] = "formula"
    unit: Literal["ratio", "number", "seconds", "percent"]
    formula: Formula


Indicator = Annotated[
    UptimeFromIntervals
    | UptimeFromWeightedSeconds
    | ErrorRate
    | EventsOnTime
    | Quantity
    | WeightedParts
    | Composite
    | FormulaIndicator,
    Field(discriminator="kind"),
]
TIMED = (UptimeFromIntervals, UptimeFromWeightedSeconds)
