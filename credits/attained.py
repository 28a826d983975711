"""What a result came to, in words, for promises of every kind: a level, a longest outage, a number of events, points.

Pure: everything is read from the terms and from the stored result, so that a page, a notice, a letter and a statement
say the same. A result of a plain availability has its level alone; the wider blocks say their figures.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reckoning.assessment.result import percent_text
from reckoning.canonical import decimal_text
from reckoning.money import minor_digits, round_fraction
from reckoning.terms import CommitmentTerms
from reckoning.terms.wording_parts import FIGURES

WORTHS = {
    "percent": "% of the base",
    "days": "days of service",
    "hours": "hours of service",
    "points": "points",
    "price_multiple": "times the price",
}


def duration(seconds: Fraction | int) -> str:
    """A length of time in days, hours, minutes and seconds, exact; parts of a second as a decimal or fraction."""
    value = Fraction(seconds)
    whole, rest = divmod(abs(value), 1)
    parts = []
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {name}")
    last = number(Fraction(whole) + rest)
    if last != "0" or not parts:
        parts.append(f"{last} s")
    return ("-" if value < 0 else "") + " ".join(parts)


def number(value: Fraction) -> str:
    """A plain decimal where there is one of at most six places, else p/q."""
    if 10**6 % value.denominator == 0:
        return decimal_text(Decimal(value.numerator) / value.denominator)
    return f"{value.numerator}/{value.denominator}"


def money(amount: Fraction | Decimal, currency: str) -> str:
    """An amount with its currency, thousands set apart. More decimals than the currency has are shown as they are;
    one that no decimal says (a third of a cent) is "about" its rounded amount, and exact in the trace alone."""
    value = Fraction(amount)
    places = minor_digits(currency)
    if 10**places % value.denominator == 0:
        return f"{currency} {Decimal(value.numerator) / value.denominator:,.{places}f}"
    if 10**12 % value.denominator == 0:
        return f"{currency} {Decimal(value.numerator) / value.denominator:,f}"
    return f"about {currency} {round_fraction(value, places, 'half_up'):,f}"


def figure_words(figure: Mapping[str, str]) -> str:
    """A figure of a result with its unit: a ratio in percent, a length of time, a plain number."""
    value = Fraction(figure["exact"])
    if figure["unit"] == "ratio":
        return f"{percent_text(value)} %"
    return duration(value) if figure["unit"] == "seconds" else number(value)


def figure_name(name: str) -> str:
    """A figure's name in words."""
    return FIGURES.get(name, name.replace("_", " "))


def deciding_figure(clause: CommitmentTerms) -> str:
    """The figure that the promise is about; where there is none, the one that the schedule looks at."""
    if clause.limit is not None:
        return clause.limit.on
    return "level" if clause.target_percent is not None else clause.schedule.on


def attained(clause: CommitmentTerms, result: Mapping[str, Any]) -> tuple[str, str]:
    """Name and value of the deciding figure: ("level", "99.865410 %"), ("longest outage", "5 h"); open where it
    cannot be told."""
    name = deciding_figure(clause)
    figure = result.get("figures", {}).get(name)
    if figure is not None:
        return figure_name(name), figure_words(figure)
    if name == "level" and result.get("level") is not None:
        return figure_name(name), f"{result['level']['percent']} %"
    return figure_name(name), "open"


def entitlement_words(entitlement: Mapping[str, Any] | None, currency: str) -> str:
    """What is earned before any fee: 10 % of the base, 3 days of service, 2 points, an amount."""
    if entitlement is None or entitlement.get("value") is None:
        return "open"
    value = Fraction(entitlement["value"])
    unit = entitlement["unit"]
    if unit == "amount":
        return money(value, currency)
    shown = f"{number(value)} {WORTHS.get(unit, unit.replace('_', ' '))}"
    return shown.removesuffix("s") if value == 1 and unit in ("days", "hours", "points") else shown
