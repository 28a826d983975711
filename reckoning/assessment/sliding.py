"""A scene to slide in: one commitment, one window, assumed fees, and one figure that a reader moves.

Nothing is reckoned here: every point is a full `reckon` of the engine on facts that hold the moved figure. What
slides is chosen from the terms; where nothing can, `scene_of` says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple

from reckoning.assessment.inputs import AssessmentInputs, Event, Fee, GivenFigure, OutageLength
from reckoning.assessment.reckon import reckon
from reckoning.assessment.result import AssessmentResult
from reckoning.errors import InputError
from reckoning.terms.figure_names import figure_names
from reckoning.terms.indicators import (
    Composite,
    ErrorRate,
    EventsOnTime,
    FormulaIndicator,
    Quantity,
    UptimeFromIntervals,
    UptimeFromWeightedSeconds,
    WeightedParts,
)
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.schedules import SECONDS_IN, PerUnit, TierSchedule
from reckoning.timeline.windows import Window

Unit = Literal["seconds", "percent", "count", "number"]
_TIMED_FIGURES = {"level", "down_seconds", "gross_down_seconds", "shortfall_percent"}
_OUTAGE_FIGURES = {"runs", "longest_run_seconds", "seconds"}
EVENTS = "number of events"


class Assumption(NamedTuple):
    """A number that the result needs and that the terms do not hold: it is shown, and the reader may change it."""

    name: str
    label: str
    default: Decimal


class Sliding(NamedTuple):
    """The figure that moves: in seconds, percent, whole numbers, or plain numbers from 0 to `most`."""

    figure: str
    label: str
    unit: Unit
    most: Fraction
    note: str


class Unmovable(NamedTuple):
    """Why nothing slides."""

    sentence: str


@dataclass(frozen=True)
class Scene:
    """Everything but the moved figure."""

    commitment: CommitmentTerms
    currency: str
    zone: str
    window: Window
    sliding: Sliding
    assumed: Mapping[str, Decimal]
    base: AssessmentInputs

    def at(self, value: Fraction) -> AssessmentResult:
        """The engine's result with the moved figure at a value, in the unit of `sliding`. Exact."""
        return reckon(
            self.commitment,
            self.base.model_copy(update=self._facts(value)),
            currency=self.currency,
            terms_sha256="0" * 64,
            zone=self.zone,
            full=True,
        )

    @cached_property
    def zero(self) -> AssessmentResult:
        """The result with the moved figure at 0."""
        return self.at(Fraction(0))

    def known(self, value: Fraction) -> AssessmentResult:
        """The same as `at`, kept with the scene: for thresholds, which are asked for again at every move."""
        if value not in self._asked:
            self._asked[value] = self.at(value)
        return self._asked[value]

    @cached_property
    def _asked(self) -> dict[Fraction, AssessmentResult]:
        return {}

    def _facts(self, value: Fraction) -> dict[str, object]:
        figure, indicator = self.sliding.figure, self.commitment.indicator
        if figure == "one outage":
            return {"lengths": (OutageLength.model_construct(seconds=value),)}
        if figure == "one event":
            kind = indicator.kinds[0] if isinstance(indicator, EventsOnTime) and indicator.kinds else None
            event = Event(id="event", kind=kind, at=self.window.start, seconds=value)
            return {"events": (event,)}
        if figure == "late":
            events = Fraction(self.assumed[EVENTS])
            return {"given": (_given("events", events, "count"), _given("late", value, "count"))}
        if figure == "shortfall":
            return {"given": (_given("level", 100 - value, "percent"),)}
        return {"given": (_given(figure, value, self.sliding.unit),)}


def _given(figure: str, value: Fraction, unit: Unit) -> GivenFigure:
    return GivenFigure.model_construct(figure=figure, value=value, unit=unit)


def assumptions(commitment: CommitmentTerms) -> list[Assumption]:
    """What must be assumed for an amount: fees by name, quantities by name, a number of events."""
    found: dict[str, Assumption] = {}

    def add(name: str, label: str, default: int) -> None:
        found.setdefault(name, Assumption(name, label, Decimal(default)))

    base = commitment.fee_base
    if not base.parts:
        add("fee", "Fee of the service for the window", 1000)
    for name in (*base.parts, *(cap.of for cap in commitment.caps if cap.of)):
        add(f"fee:{name}", f"Fee “{name}”", 1000)
    schedule = commitment.schedule
    named = [factor.quantity for factor in schedule.factors]
    named += [factor.divided_by_quantity for factor in schedule.factors]
    named += [schedule.index]
    for step in base.ratios:
        named += [step.times_quantity, step.divided_by_quantity]
    for one in named:
        if one:
            add(f"quantity:{one}", f"Quantity “{one}”", 1)
    formulas = [schedule.formula] if schedule.kind == "formula" else []
    for formula in formulas:
        known = figure_names(commitment.indicator)
        for given in formula.inputs:
            if given.name not in known:
                add(f"quantity:{given.name}", f"Quantity “{given.name}”", 1)
    if isinstance(commitment.indicator, EventsOnTime) and schedule.each != "event":
        add(EVENTS, "Number of events in the window", 100)
    return list(found.values())


def scene_of(
    commitment: CommitmentTerms,
    *,
    currency: str,
    zone: str,
    window: Window,
    assumed: Mapping[str, Decimal] | None = None,
) -> Scene | Unmovable:
    """The scene, or why nothing can slide. `zone` is the contract's; `assumed` overrides `assumptions`.

    The facts are of a window in which everything else went well: known throughout, no exclusion, no earlier credit.
    """
    values = {one.name: one.default for one in assumptions(commitment)} | dict(assumed or {})
    sliding = _sliding(commitment, window, values)
    if isinstance(sliding, Unmovable):
        return sliding
    fees = {name.removeprefix("fee:"): value for name, value in values.items() if name.startswith("fee:")}
    quantities = {
        name.removeprefix("quantity:"): Fraction(value)
        for name, value in values.items()
        if name.startswith("quantity:")
    }
    fee = values.get("fee")
    base = AssessmentInputs.model_validate(
        {
            "window_start": window.start,
            "window_end": window.end,
            "known_at": window.end,
            "service": commitment.services[0],
            "coverage": [{"start": window.start, "end": window.end}],
            "fee": None if fee is None else Fee(amount=fee, currency=currency),
            "fees": fees,
            "quantities": quantities,
        }
    )
    # Other readings are not shown here, and would be reckoned at every place.
    alone = commitment.model_copy(update={"readings": ()})
    scene = Scene(alone, currency, zone, window, sliding, values, base)
    return _tried(scene)


def _tried(scene: Scene) -> Scene | Unmovable:
    """The scene, if the engine can tell anything along it; else its own question as the reason."""
    questions: list[str] = []
    for share in (Fraction(0), Fraction(1, 2), Fraction(1)):
        value = scene.sliding.most * share
        try:
            result = scene.at(Fraction(int(value)) if scene.sliding.unit == "count" else value)
        except InputError as error:
            return Unmovable(f"The engine refuses a single moved figure here: {error}.")
        missing = [
            one for one in result.open_questions if one.code.endswith("MISSING") or "FORMULA" in one.code
        ]
        if not missing:
            return scene
        questions += [one.sentence for one in missing]
    return Unmovable(f"One moved figure does not decide these terms. {questions[0]}")


def _named(commitment: CommitmentTerms) -> set[str]:
    """The figures that the promise and the schedule look at."""
    named = set()
    if commitment.target_percent is not None:
        named.add("level")
    if commitment.limit is not None:
        named.add(commitment.limit.on)
    if isinstance(commitment.schedule, TierSchedule | PerUnit):
        named.add(commitment.schedule.on)
    return named


def _sliding(
    commitment: CommitmentTerms, window: Window, values: Mapping[str, Decimal]
) -> Sliding | Unmovable:
    indicator, named, each = commitment.indicator, _named(commitment), commitment.schedule.each
    seconds = Fraction((window.end - window.start) // timedelta(seconds=1))
    if isinstance(indicator, UptimeFromIntervals | UptimeFromWeightedSeconds):
        return _timed(commitment, seconds, named)
    if isinstance(indicator, EventsOnTime):
        if each == "event":
            most = _beyond(commitment, Fraction(indicator.deadline_seconds or 3600))
            return Sliding("one event", "How long one event takes", "seconds", most, "There is one event.")
        if named <= {"level", "late", "on_time", "events", "shortfall_percent"}:
            events = Fraction(int(values[EVENTS]))
            return Sliding(
                "late", "Late events", "count", events, f"Of {int(events):,} events in the window."
            )
    if named <= {"level", "shortfall_percent"} and not isinstance(indicator, Quantity | WeightedParts):
        label = {
            ErrorRate: "Error rate",
            Composite: "What the level lacks of 100 %",
            FormulaIndicator: "What the level lacks of 100 %",
        }.get(type(indicator), "What the level lacks of 100 %")
        note = "The level is 100 % less this." if isinstance(indicator, ErrorRate) else ""
        return Sliding("shortfall", label, "percent", Fraction(100), note)
    share = isinstance(indicator, Quantity) and indicator.aggregate == "share_within"
    if share and named <= {"level", "shortfall_percent"}:
        return Sliding("shortfall", "Share of samples that miss the bound", "percent", Fraction(100), "")
    return _own_figure(commitment, named)


def _timed(commitment: CommitmentTerms, seconds: Fraction, named: set[str]) -> Sliding | Unmovable:
    indicator, each = commitment.indicator, commitment.schedule.each
    one_outage = each in ("outage", "day") or bool(named & _OUTAGE_FIGURES)
    if named == {"runs"}:
        most = _beyond(commitment, Fraction(5))
        return Sliding("runs", "Interruptions", "count", most, "The number of interruptions in the window.")
    if not named <= _TIMED_FIGURES | _OUTAGE_FIGURES:
        return _own_figure(commitment, named)
    if not one_outage:
        note = "Downtime that counts: after short losses and exclusions, summed over the window."
        return Sliding("down_seconds", "Downtime that counts", "seconds", seconds, note)
    if not isinstance(indicator, UptimeFromIntervals):
        return Unmovable("Each outage earns by itself, and this way of measuring knows no single outages.")
    if indicator.weight != "none":
        return Unmovable("Each outage earns by itself, weighted by its users: one length does not decide it.")
    if indicator.grid_seconds:
        return Unmovable(
            "Each outage earns by itself on a grid of cells: its place decides, not its length alone."
        )
    most = min(seconds, max(_beyond(commitment, Fraction(4 * 3600)), Fraction(4 * 3600)))
    if named & {"level"}:
        most = seconds
    return Sliding(
        "one outage", "Length of one outage", "seconds", most, "There is one outage in the window."
    )


def _own_figure(commitment: CommitmentTerms, named: set[str]) -> Sliding | Unmovable:
    """A figure that promise and schedule both look at is moved itself."""
    if len(named) != 1:
        listed = " and ".join(sorted(named)) or "no figure"
        return Unmovable(
            f"The promise and the schedule look at different figures ({listed}); one slider cannot move both."
            if named
            else "The schedule looks at no figure of the window: whatever happens, the terms say the same."
        )
    (figure,) = named
    known = figure_names(commitment.indicator)
    unit = known.get(figure)
    if unit is None:
        return Unmovable(f"The terms look at {figure}, which this way of measuring does not give.")
    if unit == "ratio":
        return Sliding("shortfall", "What the level lacks of 100 %", "percent", Fraction(100), "")
    label = figure.replace("_", " ").capitalize()
    note = ""
    if isinstance(commitment.indicator, Quantity):
        label, note = f"{label} in {commitment.indicator.unit}", "The measured figure itself."
    if isinstance(commitment.indicator, WeightedParts) and figure == "failed_weight":
        label, note = "Points of failed parts", "The summed weight of the parts that failed."
    kind: Unit = "seconds" if unit == "seconds" else "count" if unit == "count" else "number"
    return Sliding(figure, label, kind, _beyond(commitment, Fraction(10)), note)


def bounds(commitment: CommitmentTerms, figure: str) -> set[Fraction]:
    """Every number that the terms compare a figure with, in the unit of the figure (a level in percent)."""
    found: set[Fraction] = set()
    schedule, limit = commitment.schedule, commitment.limit
    seconds = figure_names(commitment.indicator).get(figure) == "seconds"
    size = SECONDS_IN[schedule.bounds_in] if seconds else 1
    if limit is not None and limit.on == figure:
        found.add(Fraction(limit.value) * SECONDS_IN[limit.bounds_in])
    if figure == "level" and commitment.target_percent is not None:
        found.add(Fraction(commitment.target_percent))
    if isinstance(schedule, TierSchedule) and schedule.on == figure:
        for tier in schedule.tiers:
            found |= {Fraction(bound) * size for bound in (tier.lower, tier.upper) if bound is not None}
    if isinstance(schedule, PerUnit) and schedule.on == figure:
        stated = [schedule.beyond, schedule.up_to]
        found |= {Fraction(one.number) * size for one in stated if one and one.number is not None}
        if schedule.first is not None:
            found.add(Fraction(schedule.first.from_value) * size)
    for factor in schedule.factors:
        if factor.figure == figure:
            found |= {Fraction(row.from_value) * Fraction(factor.divided_by or 1) for row in factor.rows}
    if figure == "level":
        found |= {Fraction(band.from_percent) for band in commitment.bands}
    return found


def _beyond(commitment: CommitmentTerms, least: Fraction) -> Fraction:
    """A right end that shows something beyond every bound."""
    top = max((one for name in _named(commitment) for one in bounds(commitment, name)), default=Fraction(0))
    schedule = commitment.schedule
    if isinstance(schedule, PerUnit):
        top += Fraction(schedule.unit) * SECONDS_IN[schedule.bounds_in] * 6
    top = max(top * Fraction(3, 2), least)
    return Fraction(-(-top.numerator // top.denominator))
