"""Places of a document in words."""

from django import template

from contracts.terms_form import places

register = template.Library()


@register.filter
def place_words(place: str) -> str:
    """A place as the form calls it: Commitment uptime › Target, percent."""
    return places.place_words(place)
