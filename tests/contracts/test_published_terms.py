"""Every published agreement is drafted, worded, linted and drawn as a form that loses no value."""

import pytest

from contracts.terms_form.nodes import node_of
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import document, number_alternatives, shown
from reckoning.terms import parse_terms
from tests.contracts.filled import NAMES, agreement


def sent_by_a_browser(values):
    """What a browser sends of the drawn form, from the drawn nodes alone."""
    sent: dict[str, str] = {}
    for node in node_of(SHAPE, values, "", "Terms").every():
        match node.type:
            case "group" | "oneof" | "many" | "pairs":
                sent[f"{node.name}.__here"] = "1"
                if node.type == "oneof":
                    sent[f"{node.name}.kind"] = node.value
            case "pair":
                sent |= {f"{node.name}.name": node.label, f"{node.name}.value": node.value}
            case "absent" | "constant":
                pass
            case "choice" | "flag" if node.value not in dict(node.choices):
                # A browser would send the first choice instead, and the value would be lost.
                raise AssertionError(f"{node.place}: {node.value!r} is none of its choices")
            case _:
                sent[node.name] = node.value.replace("\n", "\r\n")
    return sent


@pytest.mark.parametrize("name", NAMES)
def test_a_published_agreement_goes_through_the_form_without_losing_a_value(name):
    terms = agreement(name)
    values = shown(SHAPE, terms.document())
    again = parse_terms(number_alternatives(document(SHAPE, values)))
    assert again.canonical() == terms.canonical()
    page = TermsPage.of_post(sent_by_a_browser(values))
    assert page.faults == ()
    assert page.terms.canonical() == terms.canonical()
    assert page.wording


def test_the_largest_of_them_can_be_sent_several_times_over(settings):
    most = max(len(sent_by_a_browser(shown(SHAPE, agreement(name).document()))) for name in NAMES)
    assert most * 10 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
