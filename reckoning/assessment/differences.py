"""The same facts under every other reading of a clause, side by side: which clause decided (rules 3, 4, 5 and 11).

Every row is a full reckoning of the engine on the same inputs, with one clause of the commitment read otherwise.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.reckon import reckon
from reckoning.assessment.result import AssessmentResult
from reckoning.errors import ReckoningError
from reckoning.terms.indicators import TIMED, UptimeFromIntervals
from reckoning.terms.model import Alternative, CommitmentTerms, with_alternative
from reckoning.terms.schedules import TierSchedule


class Reading(NamedTuple):
    """One reading of a clause with the engine's result, or why it cannot be read so. `own`: as these terms have it."""

    name: str
    clause: str
    own: bool
    result: AssessmentResult | None
    refusal: str = ""


class Question(NamedTuple):
    """One clause that can be read in several ways."""

    key: str
    title: str
    explanation: str
    readings: tuple[Reading, ...]

    @property
    def decides(self) -> bool:
        """Whether the outcome, or the credit, depends on how the clause is read."""
        seen = {
            (one.result.outcome, one.result.credit_amount) for one in self.readings if one.result is not None
        }
        return len(seen) > 1


class _Way(NamedTuple):
    """A reading before it was reckoned: its name, the clause in words, and what would be replaced."""

    name: str
    clause: str
    changes: dict[str, Any]


def differences(
    commitment: CommitmentTerms, inputs: AssessmentInputs, *, currency: str, zone: str
) -> tuple[Question, ...]:
    """Every clause of the commitment that could be read otherwise on these facts, each reading reckoned.

    `currency` and `zone` are the contract's. What has nothing to act on (a minimum length of none, a service that
    lived throughout) is left out. The stored readings come last.
    """

    def reckoned(terms: CommitmentTerms) -> AssessmentResult:
        return reckon(terms, inputs, currency=currency, terms_sha256="0" * 64, zone=zone)

    found: list[Question] = []
    for key, title, explanation, ways in _questions(commitment, inputs):
        readings = [_read(commitment, way, reckoned) for way in ways]
        if len(readings) > 1:
            found.append(Question(key, title, explanation, tuple(readings)))
    stored = []
    for name, terms in commitment.alternatives:
        try:
            stored.append(Reading(name, "a stored reading of this contract", False, reckoned(terms)))
        except ReckoningError as error:
            stored.append(Reading(name, "a stored reading of this contract", False, None, str(error)))
    if stored:
        own = Reading("as it was read", "the reading that was chosen", True, reckoned(commitment))
        said = "What the paper leaves open, with what each way to read it would have paid."
        found.append(Question("stored", "Stored readings", said, (own, *stored)))
    return tuple(found)


def _read(commitment: CommitmentTerms, way: _Way, reckoned: Any) -> Reading:
    own = all(_now(commitment, path) == value for path, value in way.changes.items())
    try:
        terms = (
            commitment if own else with_alternative(commitment, Alternative(name=way.name, set=way.changes))
        )
        return Reading(way.name, way.clause, own, reckoned(terms))
    except ReckoningError as error:
        return Reading(way.name, way.clause, own, None, str(error))


def _now(commitment: CommitmentTerms, path: str) -> Any:
    value: Any = commitment
    for step in path.split("."):
        value = value[int(step)] if step.isdecimal() else getattr(value, step)
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


_Asked = tuple[str, str, str, list[_Way]]


def _questions(commitment: CommitmentTerms, inputs: AssessmentInputs) -> Iterator[_Asked]:
    if isinstance(commitment.indicator, TIMED):
        yield _excluded(commitment)
        yield _unknown(commitment)
    if isinstance(commitment.indicator, UptimeFromIntervals) and commitment.indicator.minimum_run_seconds:
        yield _least(commitment.indicator)
        yield _order()
    if commitment.target_percent is not None:
        yield _rounding(commitment)
        yield _boundary(commitment)
    yield from _rows(commitment, inputs)
    begins = inputs.existed_from is not None and inputs.existed_from > inputs.window_start
    ends = inputs.existed_until is not None and inputs.existed_until < inputs.window_end
    if isinstance(commitment.indicator, TIMED) and (begins or ends):
        yield _part_life()


def _places(commitment: CommitmentTerms) -> int:
    exponent = commitment.target_percent.as_tuple().exponent if commitment.target_percent is not None else 0
    return max(2, -exponent) if isinstance(exponent, int) else 2


def _excluded(commitment: CommitmentTerms) -> _Asked:
    rounding = {"places": _places(commitment), "mode": "half_up"}
    ways = [
        _Way("counted as up", "excluded_time: counted_as_up", {"excluded_time": "counted_as_up"}),
        _Way(
            "removed from the base",
            "excluded_time: removed_from_base",
            {"excluded_time": "removed_from_base"},
        ),
    ]
    if commitment.level_rounding is None and commitment.target_percent is not None:
        ways.append(
            _Way(
                f"removed, then rounded to {rounding['places']} decimals before comparing",
                "excluded_time: removed_from_base, level_rounding: half up",
                {"excluded_time": "removed_from_base", "level_rounding": rounding},
            )
        )
    said = "Time that does not count may stay in the whole, as if all had gone well, or leave it."
    return "excluded_time", "Excluded time", said, ways


def _unknown(commitment: CommitmentTerms) -> _Asked:
    words = {
        "up": "counts as up",
        "down": "counts as down",
        "excluded": "leaves the base",
        "carry_last": "carries the last known state on",
        "escalate": "goes to a person",
    }
    ways = [_Way(said, f"unknown_time: {name}", {"unknown_time": name}) for name, said in words.items()]
    if not isinstance(commitment.indicator, UptimeFromIntervals):
        ways = [way for way in ways if "carry_last" not in way.clause]
    return (
        "unknown_time",
        "Unknown time",
        "What nobody measured is neither up nor down until a clause says so.",
        ways,
    )


def _least(indicator: UptimeFromIntervals) -> _Asked:
    seconds, path = indicator.minimum_run_seconds, "indicator.minimum_run_strict"
    ways = [
        _Way(f"{seconds} s is long enough", "minimum_run_strict: false", {path: False}),
        _Way(f"only more than {seconds} s is", "minimum_run_strict: true", {path: True}),
        _Way(
            "every loss counts", "minimum_run_seconds: 0", {"indicator.minimum_run_seconds": 0, path: False}
        ),
    ]
    return (
        "minimum_run",
        "Shortest loss",
        "An outage of exactly the shortest length counts, or it does not.",
        ways,
    )


def _order() -> _Asked:
    path = "indicator.run_order"
    words = {
        "merge_then_test_then_clip": "the whole loss is tested, then cut at the window",
        "clip_then_test": "the part inside the window is tested",
        "exclude_then_test_then_clip": "what exclusions leave is tested",
        "test_each_report": "each report is tested by itself",
    }
    ways = [_Way(said, f"run_order: {name}", {path: name}) for name, said in words.items()]
    said = "Merging, testing the length, excluding and cutting at the window's edge: the order moves money."
    return "run_order", "Order of testing and cutting", said, ways


def _rounding(commitment: CommitmentTerms) -> _Asked:
    places = _places(commitment)
    ways = [_Way("compared unrounded", "level_rounding: none", {"level_rounding": None})]
    for mode, said in (("half_up", "rounded half up"), ("down", "cut off")):
        clause = f"level_rounding: {places} places, {mode}"
        changes = {"level_rounding": {"places": places, "mode": mode}}
        ways.append(_Way(f"{said} to {places} decimals first", clause, changes))
    own = commitment.level_rounding
    if own is not None and (own.places != places or own.mode not in ("half_up", "down")):
        name = f"{own.mode.replace('_', ' ')} to {own.places} decimals first"
        clause = f"level_rounding: {own.places} places, {own.mode}"
        ways.append(_Way(name, clause, {"level_rounding": own.model_dump(mode="json")}))
    said = "Rounding before the level is compared can lift a miss to the target."
    return "level_rounding", "Rounding before comparing", said, ways


def _boundary(commitment: CommitmentTerms) -> _Asked:
    target = f"{commitment.target_percent:f} %"
    ways = [
        _Way(f"exactly {target} is enough", "target_inclusive: true", {"target_inclusive": True}),
        _Way(f"exactly {target} is not enough", "target_inclusive: false", {"target_inclusive": False}),
    ]
    return "boundary", "Exactly on the target", "“At least” holds the figure itself, “above” does not.", ways


def _rows(commitment: CommitmentTerms, inputs: AssessmentInputs) -> Iterator[_Asked]:
    """Where the level lies on a bound of two rows: each of them may hold it."""
    schedule = commitment.schedule
    if not isinstance(schedule, TierSchedule) or schedule.on != "level":
        return
    try:
        level = reckon(commitment, inputs, currency="EUR", terms_sha256="0" * 64, zone="UTC").level
    except ReckoningError:
        return
    if level is None:
        return
    below = [
        at
        for at, one in enumerate(schedule.tiers)
        if one.upper is not None and Fraction(one.upper) == level * 100
    ]
    above = [
        at
        for at, one in enumerate(schedule.tiers)
        if one.lower is not None and Fraction(one.lower) == level * 100
    ]
    if not below or not above:
        return
    low, high = f"schedule.tiers.{below[0]}.upper_inclusive", f"schedule.tiers.{above[0]}.lower_inclusive"
    ways = [
        _Way(f"tier {above[0] + 1} holds it", "lower_inclusive: true", {high: True, low: False}),
        _Way(f"tier {below[0] + 1} holds it", "upper_inclusive: true", {high: False, low: True}),
    ]
    yield (
        "tier_bound",
        "Exactly on the bound of two tiers",
        "One of the rows must hold the figure itself.",
        ways,
    )


def _part_life() -> _Asked:
    ways = [
        _Way("the window is shortened", "part_life: shorten_window", {"part_life": "shorten_window"}),
        _Way("it counts as up before and after", "part_life: deemed_up", {"part_life": "deemed_up"}),
    ]
    said = "The service lived for a part of the window only."
    return "part_life", "A service that lived for a part of the window", said, ways
