"""What is known of windows, credits and payments when a remedy is reckoned."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from reckoning.canonical import fraction_text
from reckoning.fields import Amount, Count, Day, Flag, Name, Value

_EXACT = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,30}|/[1-9][0-9]{0,59})?")


def _exact_in(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _EXACT.fullmatch(value[:130]):
        raise ValueError('is no exact number; write "25500", "0.5" or "719/720"')
    return Fraction(value)


Exact = Annotated[
    Fraction,
    PlainValidator(_exact_in),
    PlainSerializer(fraction_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+|/[1-9][0-9]*)?$"}),
]
"""An exact number: a whole one, a decimal, or p/q."""

Month = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]
"""A month as 2024-04."""


class PastWindow(Value):
    """A window of the history, in order of time. Nothing is guessed: what is not known is left out."""

    label: Name
    last_day: Day | None = None
    missed: Flag | None = None
    credit_owed: Flag | None = None
    notified_in_time: Flag | None = None
    notified_on: Day | None = None
    figures: dict[Name, Exact] = Field(default={}, max_length=100)


class MonthAmount(Value):
    """An amount of a month. Without a month it serves, or is due, whenever it is asked for."""

    month: Month | None = None
    amount: Amount
    events: Count | None = Field(default=None, description="How many events it sums up, for display.")


class RemedyFacts(Value):
    """The facts of a remedy."""

    history: tuple[PastWindow, ...] = Field(default=(), max_length=2000)
    credits: tuple[MonthAmount, ...] = Field(default=(), max_length=2000)
    cancelled_in: Month | None = None
    credit_amount: Amount | None = None
    following_met: tuple[Flag, ...] | None = Field(default=None, max_length=2000)
    earned: tuple[MonthAmount, ...] = Field(default=(), max_length=2000)
    deductions: tuple[MonthAmount, ...] = Field(default=(), max_length=2000)
    issued_on: Day | None = None
    window_last_day: Day | None = None
    term_last_day: Day | None = None
    left_amount: Amount | None = Field(default=None, description="What of the credit was not used.")
    holidays: tuple[Day, ...] = Field(default=(), max_length=2000)
