"""How amounts are written on pages."""

from decimal import Decimal

from django import template

from credits import explained

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency, thousands set apart; "open" where nobody knows it yet."""
    return "open" if amount is None else explained.money(amount, currency)
