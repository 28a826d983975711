"""Named figures: what an indicator measured, exact, each with its unit."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from reckoning.assessment.result import OpenQuestion
from reckoning.canonical import decimal_text, fraction_text
from reckoning.money import round_fraction

Unit = Literal["ratio", "seconds", "count", "number"]


class Figure(NamedTuple):
    """An exact value with its unit: a ratio from 0 to 1, seconds, a count, or a plain number."""

    value: Fraction
    unit: Unit

    def to_json_obj(self) -> dict[str, str]:
        """The exact value with a decimal of twelve places beside it for the eye."""
        decimal = decimal_text(round_fraction(self.value, 12, "half_even"))
        return {"exact": fraction_text(self.value), "decimal": decimal, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Row:
    """One outage, event or interval by itself, for rules that look at each.

    `counts` says whether it concerns the promise at all; `figures` are its own.
    """

    name: str
    figures: dict[str, Figure]
    counts: bool = True
    start: int | None = None
    end: int | None = None
    late: bool | None = None
    cause: str | None = None
    quantities: dict[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """What an indicator found. `level` is a ratio where there is one; a `question` says why not."""

    figures: dict[str, Figure]
    rows: tuple[Row, ...] = ()
    question: OpenQuestion | None = None
    nothing_to_measure: bool = False
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Fraction | None:
        """The level as an exact ratio, where there is one."""
        found = self.figures.get("level")
        return found.value if found else None


def ratio(value: Fraction) -> Figure:
    """A figure that is a ratio."""
    return Figure(Fraction(value), "ratio")


def count(value: Fraction | int) -> Figure:
    """A figure that counts."""
    return Figure(Fraction(value), "count")


def lasting(value: Fraction | int) -> Figure:
    """A figure in seconds."""
    return Figure(Fraction(value), "seconds")


def number(value: Fraction | int) -> Figure:
    """A plain number."""
    return Figure(Fraction(value), "number")
