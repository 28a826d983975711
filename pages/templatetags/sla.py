"""How figures are written on pages: exact, never rounder than they are."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from django import template

from credits.explained import duration as duration_words
from credits.explained import money as money_words

register = template.Library()


@register.filter
def money(amount: Decimal | Fraction | None, currency: str) -> str:
    """An amount with its currency; "open" where there is none."""
    return "open" if amount is None else money_words(amount, currency)


@register.filter
def duration(seconds: Decimal | Fraction | int | None) -> str:
    """A length of time in days, hours, minutes and seconds; "open" where there is none."""
    return "open" if seconds is None else duration_words(Fraction(seconds))


@register.filter
def beside(cells: Sequence[str], columns: Sequence[object]) -> list[tuple[str, object]]:
    """Each cell of a row with its column."""
    return list(zip(cells, columns, strict=True))
