"""The reckoning of one commitment over one window: pure, exact, and explained stage by stage."""

from datetime import date, timedelta
from decimal import Decimal

from reckoning import ENGINE_VERSION
from reckoning.assessment.explain import explain
from reckoning.assessment.inputs import AssessmentInputs, Fee
from reckoning.assessment.judge import Level, Settlement, level_of, settle
from reckoning.assessment.measure import Measured, measure
from reckoning.assessment.result import AssessmentResult, OpenQuestion, OtherReading
from reckoning.errors import InputError
from reckoning.money import minor_digits
from reckoning.terms.model import CommitmentTerms
from reckoning.timeline.spans import seconds
from reckoning.timeline.windows import Window


def reckon(
    commitment: CommitmentTerms,
    inputs: AssessmentInputs,
    *,
    currency: str,
    terms_sha256: str,
    zone: str | None = None,
) -> AssessmentResult:
    """Reckon what happened against what was promised. The same arguments give the same bytes (rule 7).

    `currency` is the contract's; `zone` the contract's zone (`terms.zone`), needed where the commitment's
    window names none of its own and a day matters: a claim's deadline, or a cap in days of fee. Nothing is
    rounded but the final amount, unless the terms say that the level is. Raises InputError for facts that
    contradict each other or that the indicator cannot use; what is merely missing becomes an open question.
    """
    calendar = _calendar(commitment, inputs, zone)
    measured = measure(commitment, inputs)
    level = level_of(measured, commitment.excluded_time, commitment.unknown_time)
    settled = settle(commitment, level.value, inputs.fee, currency, calendar.days if calendar else 1)
    questions = tuple(question for question in (level.question, settled.question) if question is not None)
    deadline = _deadline(commitment, settled, questions, calendar)
    return AssessmentResult(
        outcome=settled.outcome,
        level=level.value,
        base_seconds=seconds(max(level.base, 0)),
        down_seconds=level.down / 1_000_000,
        gross_down_seconds=measured.gross_down / 1_000_000,
        excluded_seconds=seconds(measured.excluded_time),
        unknown_seconds=seconds(measured.unknown),
        tier=settled.tier,
        tier_percent=settled.tier_percent,
        fee_amount=_fee_amount(inputs.fee),
        uncapped_amount=settled.uncapped,
        credit_amount=settled.credit,
        currency=currency,
        claim_deadline_on=deadline,
        open_questions=questions,
        trace=explain(commitment, inputs, measured, level, settled, currency, deadline),
        other_readings=_other_readings(commitment, inputs, measured, currency, calendar),
        terms_sha256=terms_sha256,
        engine_version=ENGINE_VERSION,
    )


def _calendar(commitment: CommitmentTerms, inputs: AssessmentInputs, zone: str | None) -> Window | None:
    """The window with its zone, where local days matter; None where they do not and no zone is known."""
    of_window = commitment.window.zone or zone
    if of_window is None:
        in_days = any(cap.kind == "days_of_fee" for cap in commitment.caps)
        if in_days or commitment.claim.kind == "by_deadline":
            raise InputError(
                f"zone: the window of {commitment.key} names none and days are counted; "
                "hand over zone=terms.zone",
                code="ZONE_MISSING",
            )
        return None
    return Window(inputs.window_start, inputs.window_end, of_window, "")


def _deadline(
    commitment: CommitmentTerms,
    settled: Settlement,
    questions: tuple[OpenQuestion, ...],
    calendar: Window | None,
) -> date | None:
    """The last day in time: the n-th day after the window's last local day."""
    if commitment.claim.kind != "by_deadline" or calendar is None:
        return None
    if settled.outcome == "met" and not settled.credit and not questions:
        return None
    return calendar.last_day + timedelta(days=commitment.claim.days)


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
    measured: Measured,
    currency: str,
    calendar: Window | None,
) -> tuple[OtherReading, ...]:
    """What the stored alternatives give, and the other answers for unknown and for excluded time.

    The latter two appear only where there is such time, so that an ordinary result stays short.
    """
    days = calendar.days if calendar else 1
    others: list[OtherReading] = []

    def add(name: str, terms: CommitmentTerms, level: Level) -> None:
        settled = settle(terms, level.value, inputs.fee, currency, days)
        others.append(OtherReading(name, settled.outcome, level.value, settled.credit))

    for name, terms in commitment.alternatives:
        again = measured if _measures_alike(terms, commitment) else measure(terms, inputs)
        add(name, terms, level_of(again, terms.excluded_time, terms.unknown_time))
    if measured.unknown:
        for answer in ("up", "down", "excluded", "carry_last"):
            possible = answer != "carry_last" or measured.carried_down is not None
            if possible and answer != commitment.unknown_time:
                add(
                    f"unknown time: {answer}",
                    commitment,
                    level_of(measured, commitment.excluded_time, answer),
                )
    if measured.excluded_time:
        removed = commitment.excluded_time == "removed_from_base"
        other = "counted_as_up" if removed else "removed_from_base"
        add(f"excluded time: {other}", commitment, level_of(measured, other, commitment.unknown_time))
    return tuple(others)


def _measures_alike(left: CommitmentTerms, right: CommitmentTerms) -> bool:
    return (
        left.indicator == right.indicator
        and left.exclusions == right.exclusions
        and left.part_life == right.part_life
    )
