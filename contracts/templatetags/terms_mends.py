"""The findings of a text with the buttons that mend them."""

from django import template

from contracts.terms_form.mending import Asked, asked
from contracts.terms_form.page import TermsPage

register = template.Library()


@register.simple_tag
def findings_of(page: TermsPage) -> list[Asked]:
    """What is asked about the form's text."""
    return asked(page)
