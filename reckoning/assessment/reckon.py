"""The reckoning of one commitment over one window: pure, exact, and explained stage by stage."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from reckoning import ENGINE_VERSION
from reckoning.assessment.calendar import Calendar
from reckoning.assessment.claims import ClaimResult, assess_claim
from reckoning.assessment.earning import unit_of
from reckoning.assessment.explain import explain
from reckoning.assessment.figures import Counted, ratio
from reckoning.assessment.indicators import figures_of, given_figures
from reckoning.assessment.inputs import AssessmentInputs, Fee
from reckoning.assessment.levels import Level, level_of
from reckoning.assessment.measure import Measured, measure
from reckoning.assessment.more import more_of
from reckoning.assessment.result import AssessmentResult, OpenQuestion, OtherReading
from reckoning.assessment.settling import Settlement, settle, with_shortfall
from reckoning.assessment.timed import timed_figures
from reckoning.errors import InputError
from reckoning.money import minor_digits
from reckoning.terms.blocks import ClaimByDeadline
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.terms.model import CommitmentTerms
from reckoning.timeline.spans import SECOND, seconds, to_us
from reckoning.timeline.windows import Window


class _Found(NamedTuple):
    """What was measured: time with its level where the indicator measures time, and the figures."""

    measured: Measured | None
    level: Level
    counted: Counted


def reckon(
    commitment: CommitmentTerms,
    inputs: AssessmentInputs,
    *,
    currency: str,
    terms_sha256: str,
    zone: str | None = None,
    full: bool = False,
) -> AssessmentResult:
    """Reckon what happened against what was promised. The same arguments give the same bytes (rule 7).

    `currency` is the contract's; `zone` the contract's zone (`terms.zone`), needed where the commitment's
    window names none of its own and a day matters: a claim's deadline, or a cap in days of fee. Nothing is
    rounded but the final amount, unless the terms say so. `full` writes every figure into the result; without
    it, only terms that use the wider blocks have them. Raises InputError for facts that contradict each other
    or that the indicator cannot use; what is merely missing becomes an open question.
    """
    window = _window(commitment, inputs, zone)
    calendar = Calendar.of(window, to_us(inputs.window_start), to_us(inputs.window_end))
    wide = full or not commitment.is_first_edition
    of_zone = commitment.window.zone or zone
    found = _found(commitment, inputs, wide, of_zone)
    if wide:
        found = found._replace(counted=with_shortfall(commitment, found.counted))
    settled = settle(commitment, found.counted, inputs, currency, calendar)
    claim = _claim(commitment, inputs, window)
    questions = tuple(
        question
        for question in (_unmeasured(commitment, found, inputs), settled.question)
        if question is not None
    )
    deadline = claim.last_day if claim else _deadline(commitment, settled, questions, window)
    return AssessmentResult(
        outcome=settled.outcome,
        level=found.counted.level,
        base_seconds=seconds(max(found.level.base, 0)),
        down_seconds=found.level.down / SECOND,
        gross_down_seconds=(found.measured.gross_down if found.measured else Fraction(0)) / SECOND,
        excluded_seconds=seconds(found.measured.excluded_time if found.measured else 0),
        unknown_seconds=seconds(found.measured.unknown if found.measured else 0),
        tier=settled.tier,
        tier_percent=settled.tier_percent,
        fee_amount=_fee_amount(inputs.fee),
        uncapped_amount=settled.uncapped,
        credit_amount=settled.credit,
        currency=currency,
        claim_deadline_on=deadline,
        open_questions=questions,
        trace=explain(
            commitment, inputs, found.measured, found.level, found.counted, settled, currency, deadline
        ),
        other_readings=_other_readings(commitment, inputs, found, currency, calendar, of_zone),
        terms_sha256=terms_sha256,
        engine_version=ENGINE_VERSION,
        more=more_of(commitment, found.counted, settled, claim) if wide else {},
    )


def _found(commitment: CommitmentTerms, inputs: AssessmentInputs, wide: bool, zone: str | None) -> _Found:
    indicator = commitment.indicator
    if isinstance(indicator, (UptimeFromIntervals, UptimeFromWeightedSeconds)):
        measured = measure(commitment, inputs, zone)
        level = level_of(measured, commitment.excluded_time, commitment.unknown_time)
        return _Found(measured, level, _timed(commitment, inputs, measured, level, wide))
    counted = figures_of(indicator, inputs, zone)
    base = counted.figures.get("base_seconds")
    down = counted.figures.get("down_seconds")
    level = Level(
        counted.level,
        int(base.value * SECOND) if base else 0,
        down.value * SECOND if down else Fraction(0),
        counted.question,
    )
    return _Found(None, level, counted)


def _timed(
    commitment: CommitmentTerms, inputs: AssessmentInputs, measured: Measured, level: Level, wide: bool
) -> Counted:
    if wide or inputs.given:
        return timed_figures(commitment, inputs, measured, level, given_figures(inputs))
    figures = {} if level.value is None else {"level": ratio(level.value)}
    return Counted(figures, question=level.question, nothing_to_measure=level.base <= 0)


def _unmeasured(commitment: CommitmentTerms, found: _Found, inputs: AssessmentInputs) -> OpenQuestion | None:
    """The question of the measuring, where the promise or the schedule needs the figure that is missing."""
    counted = found.counted
    if counted.question is None or (counted.nothing_to_measure and commitment.no_base == "met"):
        return None
    needed = "level" if commitment.target_percent is not None else commitment.schedule.on
    if commitment.limit is not None:
        needed = commitment.limit.on
    given = needed in {one.figure for one in inputs.given}
    known = needed in counted.figures or "missed" in counted.figures
    return None if known and (found.measured is None or given) else counted.question


def _window(commitment: CommitmentTerms, inputs: AssessmentInputs, zone: str | None) -> Window | None:
    """The window with its zone, where local days matter; None where they do not and no zone is known."""
    of_window = commitment.window.zone or zone
    if of_window is None:
        in_days = any(cap.kind == "days_of_fee" for cap in commitment.caps) or _earns_in_days(commitment)
        if in_days or commitment.claim.kind != "automatic":
            raise InputError(
                f"zone: the window of {commitment.key} names none and days are counted; "
                "hand over zone=terms.zone",
                code="ZONE_MISSING",
            )
        return None
    return Window(inputs.window_start, inputs.window_end, of_window, "")


def _earns_in_days(commitment: CommitmentTerms) -> bool:
    schedule = commitment.schedule
    return unit_of(schedule) == "days" or schedule.each == "day" or schedule.one_per == "calendar_day"


def _claim(
    commitment: CommitmentTerms, inputs: AssessmentInputs, window: Window | None
) -> ClaimResult | None:
    """The claim against its clauses, where they are more than one deadline or where its dates are known."""
    claim = commitment.claim
    if window is None or (inputs.claim is None and claim.kind != "steps"):
        return None
    return assess_claim(claim, inputs.claim, zone=window.zone, window=window)


def _deadline(
    commitment: CommitmentTerms,
    settled: Settlement,
    questions: tuple[OpenQuestion, ...],
    window: Window | None,
) -> date | None:
    """The last day in time: the n-th day after the window's last local day."""
    if not isinstance(commitment.claim, ClaimByDeadline) or window is None:
        return None
    if settled.outcome == "met" and not settled.credit and not questions:
        return None
    return window.last_day + timedelta(days=commitment.claim.days)


def _fee_amount(fee: Fee | None) -> Decimal | None:
    """The fee with at least the decimals of its currency."""
    if fee is None:
        return None
    places = minor_digits(fee.currency)
    exponent = fee.amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent >= places:
        return fee.amount
    return Decimal(f"{fee.amount:.{places}f}")


def _other_readings(
    commitment: CommitmentTerms,
    inputs: AssessmentInputs,
    found: _Found,
    currency: str,
    calendar: Calendar,
    zone: str | None,
) -> tuple[OtherReading, ...]:
    """What the stored alternatives give, and the other answers for unknown and for excluded time.

    The latter two appear only where there is such time, so that an ordinary result stays short.
    """
    others: list[OtherReading] = []

    def add(name: str, terms: CommitmentTerms, counted: Counted) -> None:
        settled = settle(terms, counted, inputs, currency, calendar)
        others.append(OtherReading(name, settled.outcome, counted.level, settled.credit))

    for name, terms in commitment.alternatives:
        wide = not terms.is_first_edition
        same = found.measured is not None and not wide and _measures_alike(terms, commitment)
        if same and found.measured is not None:
            level = level_of(found.measured, terms.excluded_time, terms.unknown_time)
            add(name, terms, _timed(terms, inputs, found.measured, level, wide))
        else:
            add(name, terms, _found(terms, inputs, wide, zone).counted)
    measured = found.measured
    if measured is None:
        return tuple(others)
    wide = not commitment.is_first_edition
    if measured.unknown:
        for answer in ("up", "down", "excluded", "carry_last"):
            possible = answer != "carry_last" or measured.carried_down is not None
            if possible and answer != commitment.unknown_time:
                level = level_of(measured, commitment.excluded_time, answer)
                add(f"unknown time: {answer}", commitment, _timed(commitment, inputs, measured, level, wide))
    if measured.excluded_time:
        removed = commitment.excluded_time == "removed_from_base"
        other = "counted_as_up" if removed else "removed_from_base"
        level = level_of(measured, other, commitment.unknown_time)
        add(f"excluded time: {other}", commitment, _timed(commitment, inputs, measured, level, wide))
    return tuple(others)


def _measures_alike(left: CommitmentTerms, right: CommitmentTerms) -> bool:
    return (
        left.indicator == right.indicator
        and left.exclusions == right.exclusions
        and left.part_life == right.part_life
    )
