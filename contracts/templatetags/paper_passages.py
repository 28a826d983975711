"""The passages of the paper beside the clauses of the wording in the admin."""

from django import template
from django.utils.safestring import SafeString

from contracts.models import ContractVersion
from contracts.papers.passages import Beside, ClauseBeside, beside, clauses_of
from contracts.terms_form.clauses import clauses_html
from reckoning.terms import Terms

register = template.Library()


@register.simple_tag
def clauses_beside(terms: Terms | None, version: ContractVersion | None) -> Beside:
    """The clauses of the terms as they are in the form, with the version's passages; without any before it is kept."""
    if terms is None:
        return Beside((), ())
    if version is None or version.pk is None:
        return Beside(tuple(ClauseBeside(one) for one in clauses_of(terms)), ())
    return beside(version, terms)


@register.simple_tag
def clauses_html_of(paper: Beside, version: ContractVersion | None) -> SafeString:
    """The clauses as HTML."""
    return clauses_html(paper.clauses, version)
