"""What is known of windows, credits and payments when a remedy is reckoned."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

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


LongExact = Annotated[
    Fraction,
    PlainValidator(_exact_in),
    PlainSerializer(fraction_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+|/[1-9][0-9]*)?$"}),
]
"""An exact number: a whole one, a decimal, or p/q. Longer than what terms may say, as sums of earlier windows are."""

Month = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]
"""A month as 2024-04."""


class PastWindow(Value):
    """A window of the history, in order of time. Nothing is guessed: what is not known is left out."""

    label: Name | None = Field(default=None, description="Empty: its number, the first being window 1.")
    last_day: Day | None = None
    missed: Flag | None = None
    credit_owed: Flag | None = None
    notified_in_time: Flag | None = None
    notified_on: Day | None = None
    figures: dict[Name, LongExact] = Field(default={}, max_length=100)


class MonthAmount(Value):
    """An amount of a month. Without a month it serves, or is due, whenever it is asked for."""

    month: Month | None = None
    amount: Amount
    events: Count | None = Field(default=None, description="How many events it sums up, for display.")


def _rows_in(value: Any) -> Any:
    """Columns of one length as rows: {missed: [true, false]} is [{missed: true}, {missed: false}]."""
    if not isinstance(value, dict):
        return value
    if not all(isinstance(column, (list, tuple)) for column in value.values()):
        raise ValueError("is neither a list of windows nor columns of values, such as missed: [true, false]")
    if len({len(column) for column in value.values()}) > 1:
        raise ValueError("has columns of different lengths; each holds one value for every window")
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def _by_month_in(value: Any) -> Any:
    """Amounts by month as rows: {2024-04: "40.00"} is [{month: 2024-04, amount: "40.00"}]."""
    if isinstance(value, dict) and "amount" not in value:
        return [{"month": month, "amount": amount} for month, amount in value.items()]
    return value


Amounts = Annotated[tuple[MonthAmount, ...], BeforeValidator(_by_month_in), Field(max_length=2000)]
"""A list of amounts with their months, or an object of amounts by month."""


class RemedyFacts(Value):
    """The facts of a remedy."""

    history: Annotated[tuple[PastWindow, ...], BeforeValidator(_rows_in), Field(max_length=2000)] = ()
    credits: Amounts = ()
    cancelled_in: Month | None = None
    credit_amount: Amount | None = None
    following_met: tuple[Flag, ...] | None = Field(default=None, max_length=2000)
    earned: Amounts = ()
    deductions: Amounts = ()
    issued_on: Day | None = None
    window_last_day: Day | None = None
    term_last_day: Day | None = None
    left_amount: Amount | None = Field(default=None, description="What of the credit was not used.")
    holidays: tuple[Day, ...] = Field(default=(), max_length=2000)
