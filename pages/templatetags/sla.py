"""How figures are written on pages: exact, never rounder than they are."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from django import template

from credits.explained import duration as duration_words
from credits.explained import money as money_words

register = template.Library()
_SECONDS = re.compile(r"\b([0-9]+) s\b")


@register.filter
def money(amount: Decimal | Fraction | None, currency: str) -> str:
    """An amount with its currency; "open" where there is none."""
    return "open" if amount is None else money_words(amount, currency)


@register.filter
def duration(seconds: Decimal | Fraction | int | None) -> str:
    """A length of time in days, hours, minutes and seconds; "open" where there is none."""
    return "open" if seconds is None else duration_words(Fraction(seconds))


@register.filter
def seconds_in_words(sentence: str) -> str:
    """A sentence that was kept with its seconds, with days, hours and minutes in their place."""
    return _SECONDS.sub(lambda found: duration_words(Fraction(found[1])), sentence)


@register.filter
def act_words(verb: str) -> str:
    """An act of the record without the name of what it was done to: answer checklist."""
    return verb.rpartition(".")[2].replace("_", " ")


@register.filter
def beside(cells: Sequence[str], columns: Sequence[object]) -> list[tuple[str, object]]:
    """Each cell of a row with its column."""
    return list(zip(cells, columns, strict=True))
