"""The findings of a text with the buttons that mend them, and the ladder beside the form."""

from typing import Any

from django import template
from django.urls import reverse

from base import clock
from contracts.terms_form.ladder import Ladder, ladder_of
from contracts.terms_form.mending import Asked, asked
from contracts.terms_form.page import TermsPage

register = template.Library()


@register.simple_tag
def findings_of(page: TermsPage) -> list[Asked]:
    """What is asked about the form's text."""
    return asked(page)


@register.simple_tag(takes_context=True)
def ladder_of_page(context: Any, page: TermsPage) -> Ladder | None:
    """The ladder of the form's text, as the reader left it; None while the values make no terms."""
    request = context.get("request")
    return (
        None if page.terms is None else ladder_of(page.terms, request.POST if request else {}, clock.as_of())
    )


@register.simple_tag
def ladder_address_of(page: TermsPage) -> str:
    """Where the panel's moves are answered."""
    address = reverse("admin:contracts_contractversion_ladder")
    return f"{address}?version={page.version.pk}" if page.version else address
