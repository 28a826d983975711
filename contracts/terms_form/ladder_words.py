"""What the ladder says: thresholds, what holds at a value, what binds, how far the next rung is, rows and picture."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe

from base.svg.ladder import Here, Stair, tier_ladder
from reckoning.assessment.result import AssessmentResult, percent_text
from reckoning.assessment.rungs import Rung, Said, index_of, said_of
from reckoning.assessment.sliding import Scene
from reckoning.canonical import decimal_text
from reckoning.money import minor_digits, round_fraction
from reckoning.terms import Terms
from reckoning.terms.schedules import TierSchedule
from reckoning.terms.wording_money import base_name, word_cap, word_minimum

OUTCOMES = {"met": "kept", "breach": "missed", "open_question": "open question"}


class Row(NamedTuple):
    """A rung as a row of the table."""

    begins: str
    ends: str
    level: str
    outcome: str
    tier: str
    before: str
    after: str
    bound: str
    here: bool


def figure_words(value: Fraction, unit: str) -> str:
    """A value of the moved figure, exact where a decimal says it: 43 min 12 s, 0.1 %, 3."""
    if unit == "seconds":
        return duration(value)
    return f"{number(value)} %" if unit == "percent" else number(value)


def duration(seconds: Fraction) -> str:
    """Days, hours, minutes and seconds."""
    whole, rest = divmod(seconds, 1)
    parts = []
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {name}")
    last = number(Fraction(whole) + rest)
    if last != "0" or not parts:
        parts.append(f"{last} s")
    return " ".join(parts)


def number(value: Fraction) -> str:
    """A decimal of at most twelve places; "about" where it has more."""
    if 10**12 % value.denominator == 0:
        exact = Decimal(value.numerator) / value.denominator
        whole, point, rest = decimal_text(exact).partition(".")
        return f"{int(whole):,}{point}{rest}"
    return f"about {decimal_text(round_fraction(value, 6, 'half_up'))}"


def money(amount: Fraction | Decimal | None, currency: str) -> str:
    """An amount in its currency; "about" where its decimals do not hold it."""
    if amount is None:
        return "open"
    value, places = Fraction(amount), minor_digits(currency)
    shown = round_fraction(value, places, "half_up")
    # Signed terms may name more decimals than the currency has.
    if isinstance(amount, Decimal):
        return f"{currency} {amount:,f}"
    return f"{'' if Fraction(shown) == value else 'about '}{currency} {shown:,f}"


def begins(scene: Scene, rung: Rung) -> str:
    """Where a rung begins."""
    words = figure_words(rung.lower, scene.sliding.unit)
    return f"from {words} on" if rung.lower_inclusive else f"above {words}"


def ends(scene: Scene, rung: Rung) -> str:
    """Where it ends."""
    if rung.upper is None:
        return "no end"
    words = figure_words(rung.upper, scene.sliding.unit)
    return f"up to {words}, included" if rung.upper_inclusive else f"below {words}"


def bound_words(terms: Terms, scene: Scene, one: Said) -> str:
    """What holds a credit back: caps, the least payout; empty where nothing does."""
    commitment = scene.commitment
    words = []
    for name in one.bound_by:
        if name == "minimum":
            words.append(word_minimum(terms, commitment))
        else:
            cap = commitment.caps[int(name.rpartition(".")[2])]
            words.append(word_cap(terms, cap, base_name(commitment.fee_base)))
    return " ".join(words)


def earned_words(terms: Terms, one: Said) -> str:
    """What is earned before any fee: 10 % of the fee."""
    if one.earned is None:
        return "open"
    value, _, unit = one.earned.partition(" ")
    amount = number(Fraction(value))
    if not Fraction(value):
        return "nothing"
    return {
        "percent": f"{amount} % of the fee",
        "amount": f"{terms.currency} {amount}",
        "price_multiple": f"{amount} times the price of the time",
        "times": "a multiple of the price of the time",
    }.get(unit, f"{amount} {unit.removesuffix('s') if Fraction(value) == 1 else unit}")


def said_words(
    terms: Terms, scene: Scene, stretches: tuple[Rung, ...], value: Fraction, result: AssessmentResult
) -> list[tuple[str, str]]:
    """What the engine says at a value, as (what, words)."""
    one, at = said_of(result), index_of(stretches, value)
    found = [("The promise is", OUTCOMES[one.outcome])]
    if result.level is not None:
        found.append(("Level", f"{percent_text(result.level)} %"))
        found.append(("Level, exactly", f"{result.level.numerator}/{result.level.denominator}"))
    if isinstance(scene.commitment.schedule, TierSchedule):
        number_of = next(
            (
                index + 1
                for index, tier in enumerate(scene.commitment.schedule.tiers)
                if one.tier is not None and tier.label == one.tier
            ),
            None,
        )
        found.append(("Tier", f"tier {number_of}, {one.tier}" if number_of else "none"))
    found.append(("It earns", earned_words(terms, one)))
    found.append(
        ("Credit before caps", money(one.uncapped, terms.currency) if one.uncapped is not None else "none")
    )
    found.append(("Credit", money(one.credit, terms.currency)))
    found.append(("What binds", bound_words(terms, scene, one) or "nothing but the schedule"))
    for question in result.open_questions:
        found.append(("Open question", question.sentence))
    found.append(("Next rung", _next(terms, scene, stretches, value, at)))
    return found


def _next(terms: Terms, scene: Scene, stretches: tuple[Rung, ...], value: Fraction, at: int) -> str:
    if at + 1 >= len(stretches):
        return "this is the last one"
    after = stretches[at + 1]
    far = figure_words(after.lower - value, scene.sliding.unit)
    more = "" if after.lower_inclusive else "more than "
    then = OUTCOMES[after.first.outcome]
    credit = money(after.first.credit, terms.currency)
    grows = ", and grows from there" if after.steady else ""
    return f"in {more}{far}: {then}, credit {credit}{grows}"


def rows_of(terms: Terms, scene: Scene, stretches: tuple[Rung, ...], value: Fraction) -> list[Row]:
    """The table of rungs."""
    here = index_of(stretches, value)
    found = []
    for at, rung in enumerate(stretches):
        one = rung.first
        after = money(one.credit, terms.currency)
        if rung.steady:
            last = rung.last if rung.upper is None else said_of(scene.known(rung.upper))
            after = f"grows, up to {money(last.credit if rung.upper_inclusive else rung.last.credit, terms.currency)}"
        found.append(
            Row(
                begins(scene, rung),
                ends(scene, rung),
                _levels(scene, rung),
                OUTCOMES[one.outcome],
                one.tier or "none",
                earned_words(terms, one) if not rung.steady else "grows",
                after if one.question is None else "a person decides",
                bound_words(terms, scene, one),
                at == here,
            )
        )
    return found


def _levels(scene: Scene, rung: Rung) -> str:
    """The levels of a rung, the better one first; empty where the terms know no level."""
    if rung.first.level is None:
        return ""
    ends = [scene.known(rung.lower).level]
    if rung.upper is not None and rung.upper != rung.lower:
        ends.append(scene.known(rung.upper).level)
    words = [f"{decimal_text(Decimal(percent_text(one)))} %" for one in ends if one is not None]
    return " to ".join(dict.fromkeys(words))


def picture(terms: Terms, scene: Scene, stretches: tuple[Rung, ...], value: Fraction) -> SafeString:
    """The ladder as SVG; every word in it is escaped by ``base.svg``."""
    here = index_of(stretches, value)
    rung = stretches[here]
    width = (rung.upper if rung.upper is not None else rung.lower) - rung.lower
    share = (value - rung.lower) / width if width else Fraction(1, 2)
    shown = figure_words(value, scene.sliding.unit)
    title = f"Ladder: {scene.commitment.title}, {scene.sliding.label.lower()}"
    desc = (
        "One column for each rung, all equally wide whatever they stand for; as high as the credit after caps. "
        f"The mark stands at {shown}, in rung {here + 1} of {len(stretches)}."
    )
    svg = tier_ladder(
        [_stair(terms, scene, one) for one in stretches],
        here=Here(here, share, shown),
        title=title,
        desc=desc,
        id_prefix="ladder",
    )
    return mark_safe(svg)  # noqa: S308


def _stair(terms: Terms, scene: Scene, rung: Rung) -> Stair:
    one, words = rung.last if rung.steady else rung.first, begins(scene, rung)
    if one.question is not None or one.credit is None:
        return Stair(words, "open", "open")
    if not one.credit:
        return Stair(
            words,
            "kept" if one.outcome == "met" else "no credit",
            "kept" if one.outcome == "met" else "nothing",
        )
    before = one.uncapped if one.uncapped is not None else Fraction(one.credit)
    return Stair(words, f"{one.credit:,f}", "pays", Fraction(one.credit), before, rung.steady)
