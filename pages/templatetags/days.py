"""How days are counted on pages."""

from datetime import date

from django import template

register = template.Library()


@register.filter
def days_after(day: date | None, other: date) -> int | None:
    """How many days ``day`` lies after ``other``; negative before it, None without a day."""
    return None if day is None else (day - other).days
