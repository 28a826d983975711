"""From figures to an outcome, and from an outcome to an amount."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from reckoning.assessment.calendar import Calendar
from reckoning.assessment.earning import Earned, Facts, earn, figure_missing, looked_up, unit_of
from reckoning.assessment.figures import Counted, Figure, Row
from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.pricing import Base, capped, fee_base, minimum_missed, price
from reckoning.assessment.result import OpenQuestion, Outcome
from reckoning.money import minor_digits, round_fraction
from reckoning.terms.indicators import EventsOnTime, UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.schedules import Schedule, TierSchedule
from reckoning.timeline.spans import DAY


@dataclass(frozen=True, slots=True)
class Share:
    """What one window, outage, event or day earned by itself, after its own caps."""

    name: str
    start: int | None
    end: int | None
    earned: Earned
    amount: Fraction | None
    cause: str | None = None
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Settlement:
    """Whether the promise was kept, and what that costs. Amounts are exact until `credit`."""

    outcome: Outcome
    compared_percent: Fraction | None = None
    tier_index: int | None = None
    tier: str | None = None
    tier_percent: Decimal | None = None
    withheld: str | None = None
    uncapped: Fraction | None = None
    capped: Fraction | None = None
    caps: tuple[tuple[int, Fraction], ...] = ()
    credit: Decimal | None = None
    question: OpenQuestion | None = None
    earned: Earned | None = None
    points: Fraction | None = None
    base: Base | None = None
    shares: tuple[Share, ...] = ()
    capped_by: tuple[int, ...] = ()
    carried: Fraction = Fraction(0)
    too_small: Fraction | None = None
    band: str | None = None


def settle(
    commitment: CommitmentTerms,
    counted: Counted,
    inputs: AssessmentInputs,
    currency: str,
    calendar: Calendar,
) -> Settlement:
    """Compare with the promise, find what is earned, and compute the credit (rules 2, 8, 12 and 21)."""
    nothing = _rounded(commitment, Fraction(0), currency)
    outcome, compared = _outcome(commitment, counted)
    band = _band(commitment, compared)
    if outcome is None and counted.nothing_to_measure and commitment.no_base == "met":
        return Settlement("met", credit=nothing)
    if outcome is None and _is_promised(commitment):
        question = None
        if counted.question is None:
            question = figure_missing(commitment.limit.on if commitment.limit else "level")
        return Settlement("open_question", compared, band=band, question=question)
    if in_doubt(commitment, counted, inputs):
        sure = outcome == "breach" and commitment.limit and commitment.limit.op in ("at_most", "less_than")
        return Settlement("breach" if sure else "open_question", compared, band=band)
    given = _given_credit(inputs) is not None
    if (
        outcome == "met"
        and commitment.schedule.requires_missed_target
        and not inputs.carried_amount
        and not given
    ):
        return Settlement(
            outcome, compared, withheld=_withheld(commitment, counted), credit=nothing, band=band
        )
    if given or (outcome == "met" and commitment.schedule.requires_missed_target):
        shares: list[Share] = []
    else:
        shares = _shares(commitment, counted, inputs, calendar)
    question = next((share.earned.question for share in shares if share.earned.question), None)
    if question is not None and outcome == "met" and question.code == "NO_TIER":
        return Settlement(outcome, compared, credit=nothing, band=band)
    if question is None and any(share.earned.value for share in shares):
        outcome = outcome or "breach"
    elif question is None:
        outcome = outcome or "met"
    found = Settlement(
        outcome or "open_question", compared, shares=tuple(shares), question=question, band=band
    )
    if len(shares) == 1:
        found = _with_tier(commitment, found, shares[0].earned)
    if question is not None:
        base = fee_base(commitment.fee_base, inputs, currency, calendar.seconds, calendar.days)
        return replace(found, base=base if isinstance(base, Base) else None)
    return _priced(commitment, found, inputs, currency, calendar)


def in_doubt(commitment: CommitmentTerms, counted: Counted, inputs: AssessmentInputs) -> bool:
    """Whether a question of the measuring leaves open what a limit or the schedule would use.

    Unknown time and events of unknown length can only add to what was measured, so that a limit that is
    broken stays so; its amount, and whether a limit that looks kept is kept, nobody can tell (rule 5).
    """
    question = counted.question
    if question is None or (counted.nothing_to_measure and commitment.no_base == "met"):
        return False
    given = {one.figure for one in inputs.given}
    if given & {"missed", "earned", "credit"}:
        return False
    if commitment.schedule.each == "event" and question.code == "EVENT_LENGTH_UNKNOWN":
        return True
    if not isinstance(commitment.indicator, UptimeFromIntervals | UptimeFromWeightedSeconds):
        return False
    needed = commitment.limit.on if commitment.limit else commitment.schedule.on
    return needed not in given


def with_shortfall(commitment: CommitmentTerms, counted: Counted) -> Counted:
    """The figures with `shortfall_percent`: percent points by which the level misses the target, never below 0."""
    if commitment.target_percent is None or counted.level is None:
        return counted
    short = Fraction(commitment.target_percent) - _rounded_level(commitment, counted.level)
    figures = {**counted.figures, "shortfall_percent": Figure(max(Fraction(0), short), "number")}
    return replace(counted, figures=figures)


def _rounded_level(commitment: CommitmentTerms, level: Fraction) -> Fraction:
    """The level in percent, rounded where the contract itself says so."""
    rounding = commitment.level_rounding
    if rounding is None:
        return level * 100
    return Fraction(round_fraction(level * 100, rounding.places, rounding.mode))


def _is_promised(commitment: CommitmentTerms) -> bool:
    return commitment.target_percent is not None or commitment.limit is not None


def _outcome(commitment: CommitmentTerms, counted: Counted) -> tuple[Outcome | None, Fraction | None]:
    """Met or missed, with the percentage that was compared; None where there is nothing to compare."""
    level = counted.level
    compared = None if level is None else _rounded_level(commitment, level)
    # What is given already decided decides: a miss, what it earned, or its credit.
    given = (counted.figures.get(name) for name in ("missed", "earned", "credit"))
    missed = next((figure for figure in given if figure is not None), None)
    if missed is not None:
        return ("breach" if missed.value else "met"), compared
    if commitment.target_percent is not None:
        if compared is None:
            return None, None
        # Fractions compare by cross multiplication: there is no rounding between the level and the target.
        target = Fraction(commitment.target_percent)
        met = compared >= target if commitment.target_inclusive else compared > target
        return ("met" if met else "breach"), compared
    if commitment.limit is not None:
        figure = counted.figures.get(commitment.limit.on)
        if figure is None:
            return None, compared
        # A ratio is compared in percent, as a target and the bounds of a schedule are.
        value = figure.value * 100 if figure.unit == "ratio" else figure.value
        return ("met" if commitment.limit.kept(value) else "breach"), compared
    return None, compared


def _band(commitment: CommitmentTerms, compared: Fraction | None) -> str | None:
    if compared is None:
        return None
    reached = [band for band in commitment.bands if Fraction(band.from_percent) <= compared]
    return max(reached, key=lambda band: band.from_percent).name if reached else None


def _withheld(commitment: CommitmentTerms, counted: Counted) -> str | None:
    """The tier in which a level that keeps the promise lies nevertheless."""
    if not isinstance(commitment.schedule, TierSchedule):
        return None
    value = looked_up(commitment.schedule, Facts(counted.figures, {}))
    if value is None:
        return None
    if commitment.schedule.on == "level" and commitment.level_rounding is not None:
        value = Fraction(
            round_fraction(value, commitment.level_rounding.places, commitment.level_rounding.mode)
        )
    hits = [tier.label for tier in commitment.schedule.tiers if tier.holds(value) is True]
    return hits[0] if hits else None


def _shares(
    commitment: CommitmentTerms, counted: Counted, inputs: AssessmentInputs, calendar: Calendar
) -> list[Share]:
    """What each row earns by itself: the window, or each outage, event or day in it."""
    schedule = commitment.schedule
    plain = schedule.on == "level" and schedule.kind == "tiers" and not schedule.factors
    figures = dict(counted.figures if plain else with_shortfall(commitment, counted).figures)
    if commitment.level_rounding is not None and counted.level is not None:
        figures["level"] = Figure(_rounded_level(commitment, counted.level) / 100, "ratio")
    if "earned" in counted.figures:
        earned = Earned(unit_of(schedule), counted.figures["earned"].value)
        return [Share("window", None, None, earned, None)]
    if schedule.each == "window":
        facts = Facts(figures, inputs.quantities)
        return [Share("window", None, None, earn(schedule, facts), None)]
    shares = []
    for row in _each(commitment, counted, calendar):
        facts = Facts({**figures, **row.figures}, {**inputs.quantities, **row.quantities})
        shares.append(Share(row.name, row.start, row.end, earn(schedule, facts), None, row.cause))
    return _spaced(schedule, shares, calendar)


def _each(commitment: CommitmentTerms, counted: Counted, calendar: Calendar) -> list[Row]:
    if commitment.schedule.each == "day":
        return calendar.by_day([row for row in counted.rows if row.counts])
    late = (
        isinstance(commitment.indicator, EventsOnTime) and commitment.indicator.deadline_seconds is not None
    )
    return [row for row in counted.rows if row.counts and (not late or row.late)]


def _spaced(schedule: Schedule, shares: list[Share], calendar: Calendar) -> list[Share]:
    """At most one share per local day, or in the 24 hours from the start of the last one that earned."""
    if schedule.one_per == "none":
        return shares
    kept: list[Share] = []
    last: Share | None = None
    for share in sorted(shares, key=lambda one: one.start or 0):
        if not share.earned.value and share.earned.question is None:
            continue
        near = (
            last is not None
            and share.start is not None
            and last.start is not None
            and (
                calendar.day_of(share.start) == calendar.day_of(last.start)
                if schedule.one_per == "calendar_day"
                else share.start - last.start < DAY
            )
        )
        if near:
            kept.append(replace(share, chosen=False))
        else:
            last = share
            kept.append(share)
    return kept


def _with_tier(commitment: CommitmentTerms, found: Settlement, earned: Earned) -> Settlement:
    if not isinstance(commitment.schedule, TierSchedule) or earned.tier is None:
        return found
    tier = commitment.schedule.tiers[earned.tier]
    return replace(found, tier_index=earned.tier, tier=tier.label, tier_percent=tier.percent)


def _priced(
    commitment: CommitmentTerms,
    found: Settlement,
    inputs: AssessmentInputs,
    currency: str,
    calendar: Calendar,
) -> Settlement:
    shares = [share for share in found.shares if share.chosen]
    repeated = _repetition(commitment, inputs)
    shares = [_repeated(commitment, share, repeated) for share in shares]
    day = calendar.day_of(calendar.start)
    base = fee_base(commitment.fee_base, inputs, currency, calendar.seconds, calendar.days)
    known = base if isinstance(base, Base) else None
    handed = _given_credit(inputs)
    needed = handed is None and any(share.earned.value and share.earned.unit != "amount" for share in shares)
    if needed and isinstance(base, OpenQuestion):
        return replace(found, question=_fee_question(base, found), earned=_sum(commitment, shares))
    own = [(index, cap) for index, cap in enumerate(commitment.caps) if cap.per == "outage"]
    by: set[int] = set()
    priced: list[Share] = []
    for share in shares:
        whole = capped(own, price(share.earned, known), known, inputs, day)
        if whole.question is not None and share.earned.value:
            return replace(found, question=whole.question)
        by.update(whole.by)
        priced.append(replace(share, amount=whole.amount))
    uncapped = _together(commitment.schedule, [(share.cause, price(share.earned, known)) for share in shares])
    amount = _together(commitment.schedule, [(share.cause, share.amount or Fraction(0)) for share in priced])
    if handed is not None:
        uncapped = amount = handed
    common = [(index, cap) for index, cap in enumerate(commitment.caps) if cap.per != "outage"]
    rest = capped(common, amount, known, inputs, day)
    if rest.question is not None and (amount or inputs.carried_amount):
        return replace(found, question=rest.question, uncapped=uncapped)
    final = max(Fraction(0), rest.amount)
    credit = _rounded(commitment, final, currency)
    too_small = None
    if minimum_missed(commitment, final, Fraction(credit)):
        too_small, final, credit = final, Fraction(0), _rounded(commitment, Fraction(0), currency)
    idle = len(found.shares) - len(priced)
    return replace(
        found,
        uncapped=uncapped,
        capped=final,
        caps=rest.limits if amount or inputs.carried_amount else (),
        credit=credit,
        earned=_sum(commitment, shares),
        base=known,
        shares=tuple(priced) + tuple(share for share in found.shares if not share.chosen)[:idle],
        capped_by=tuple(sorted({*by, *rest.by})),
        carried=rest.carried,
        too_small=too_small,
        points=_points(commitment, shares),
    )


def _given_credit(inputs: AssessmentInputs) -> Fraction | None:
    return next((one.exact for one in inputs.given if one.figure == "credit"), None)


def _fee_question(base: OpenQuestion, found: Settlement) -> OpenQuestion:
    if base.code == "MISSING_FEE" and found.tier_percent is not None:
        sentence = f"The fee is missing of which {found.tier_percent:f} % are owed."
        return OpenQuestion("MISSING_FEE", sentence)
    return base


def _repetition(commitment: CommitmentTerms, inputs: AssessmentInputs) -> Fraction:
    repetition = commitment.schedule.repetition
    if repetition is None or not inputs.earlier or inputs.earlier[-1].outcome != "breach":
        return Fraction(1)
    return Fraction(repetition.factor)


def _repeated(commitment: CommitmentTerms, share: Share, factor: Fraction) -> Share:
    """Repetition, and points turned into percent."""
    earned = share.earned if factor == 1 else replace(share.earned, value=share.earned.value * factor)
    if earned.unit == "points" and commitment.schedule.points_percent is not None:
        worth = Fraction(commitment.schedule.points_percent)
        earned = replace(
            earned, unit="percent", value=earned.value * worth, extra={"points": str(earned.value)}
        )
    return replace(share, earned=earned)


def _points(commitment: CommitmentTerms, shares: list[Share]) -> Fraction | None:
    if unit_of(commitment.schedule) != "points":
        return None
    return sum(
        (Fraction(share.earned.extra.get("points", share.earned.value)) for share in shares), Fraction(0)
    )


def _sum(commitment: CommitmentTerms, shares: list[Share]) -> Earned | None:
    """The entitlement of all rows together, in the unit of the schedule."""
    if not shares:
        return None
    if len(shares) == 1:
        return shares[0].earned
    value = _together(commitment.schedule, [(share.cause, share.earned.value) for share in shares])
    units = [share.earned.units for share in shares if share.earned.units is not None]
    return Earned(
        shares[0].earned.unit,
        value,
        units=sum(units, Fraction(0)) if units else None,
        factors=(),
    )


def _together(schedule: Schedule, amounts: list[tuple[str | None, Fraction]]) -> Fraction:
    if schedule.together == "highest":
        return max((amount for _, amount in amounts), default=Fraction(0))
    if schedule.together == "highest_per_cause":
        best: dict[str, Fraction] = {}
        for number, (cause, amount) in enumerate(amounts):
            name = f"cause {cause}" if cause is not None else f"row {number}"
            best[name] = max(best.get(name, Fraction(0)), amount)
        return sum(best.values(), Fraction(0))
    return sum((amount for _, amount in amounts), Fraction(0))


def _rounded(commitment: CommitmentTerms, amount: Fraction, currency: str) -> Decimal:
    places = commitment.rounding.places
    return round_fraction(
        amount, minor_digits(currency) if places is None else places, commitment.rounding.mode
    )
