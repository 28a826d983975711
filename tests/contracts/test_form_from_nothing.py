"""Every published agreement is built in the blank form, by what the form itself has: its fields and its buttons."""

import pytest

from contracts.terms_form.page import SHAPE
from contracts.terms_form.values import blank, posted, shown
from tests.contracts.filled import NAMES, agreement
from tests.contracts.form_driver import Reader

QUICK = {"uk-msa-points", "verizon-pip", "level3-colo-power-day"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in NAMES]
)
def test_an_agreement_is_built_from_the_blank_form_to_the_same_bytes(name):
    terms = agreement(name)
    reader = Reader()
    reader.build(SHAPE, shown(SHAPE, terms.document()))
    page = reader.page()
    assert page.faults == ()
    assert page.terms.canonical() == terms.canonical()


@pytest.mark.parametrize("name", sorted(QUICK))
def test_looking_at_the_form_changes_nothing(name):
    reader = Reader()
    for values in (blank(SHAPE), shown(SHAPE, agreement(name).document())):
        reader.draw(values)
        assert posted(SHAPE, reader.sent) == values


def test_the_driver_refuses_what_the_form_does_not_have():
    reader = Reader()
    with pytest.raises(AssertionError, match="no button"):
        reader.press("add:nothing.of.the.kind")
    with pytest.raises(AssertionError, match="no field"):
        reader.write("commitments.0.nothing", "1")
    with pytest.raises(AssertionError, match="no choice"):
        reader.write("commitments.0.window.kind", "fortnight")
