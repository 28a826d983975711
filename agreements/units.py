"""Units that a mapping may change: of time, and of shares. A change of unit is exact."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from agreements.faults import CannotPlace

_UNITS: dict[str, tuple[str, Fraction]] = {
    "milliseconds": ("time", Fraction(1, 1000)),
    "seconds": ("time", Fraction(1)),
    "minutes": ("time", Fraction(60)),
    "hours": ("time", Fraction(3600)),
    "days": ("time", Fraction(86400)),
    "ratio": ("share", Fraction(1)),
    "percent": ("share", Fraction(1, 100)),
}
KNOWN = ", ".join(_UNITS)


def is_unit(name: Any) -> bool:
    """Whether a mapping may use that unit."""
    return isinstance(name, str) and name in _UNITS


def same_kind(left: str, right: str) -> bool:
    """Whether one unit can be changed into the other."""
    return _UNITS[left][0] == _UNITS[right][0]


def number(value: Any) -> Fraction | None:
    """The exact number that a text or whole number spells: "99.90", "3/10", 7. None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Fraction, Decimal)):
        return Fraction(value)
    if not isinstance(value, str):
        return None
    over, slash, under = value.partition("/")
    plain = over.removeprefix("-")
    digits = plain.replace(".", "", 1)
    if not digits.isascii() or not digits.isdigit() or plain[0] == "." or plain[-1] == ".":
        return None
    if slash and ("." in over or not under.isascii() or not under.isdigit() or int(under) == 0):
        return None
    return Fraction(value)


def spell(value: Fraction) -> int | str:
    """A whole number, else a decimal where one is exact, else p/q."""
    if value.denominator == 1:
        return value.numerator
    for places in range(1, 13):
        if (value * 10**places).denominator == 1:
            whole = str(abs(value.numerator * 10**places // value.denominator)).rjust(places + 1, "0")
            return f"{'-' if value < 0 else ''}{whole[:-places]}.{whole[-places:]}"
    return f"{value.numerator}/{value.denominator}"


def change(value: Any, given: str, wanted: str) -> int | str:
    """The same quantity in another unit. Raises CannotPlace for what is not a number."""
    exact = number(value)
    if exact is None:
        raise CannotPlace(f"{value!r} is not a number of {given}")
    return spell(exact * _UNITS[given][1] / _UNITS[wanted][1])
