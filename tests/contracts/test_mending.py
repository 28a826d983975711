"""Buttons at findings in the form of the terms: what they offer, and what a pressed one leaves."""

import pytest
from django.urls import reverse

from contracts.terms_form.mending import MOST_FINDINGS, Offer, _changed, asked, mended
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import UnknownOperation, document
from reckoning.terms import parse_terms
from reckoning.terms.mends import applied
from tests import factories
from tests.admin.forms import log_in
from tests.admin.forms import posted as browser
from tests.reckoning.test_linter import row

pytestmark = pytest.mark.django_db

A4 = [row("99", "99.49", "10", "[]"), row("95", "98.99", "25", "[]"), row(None, "95", "100")]


def page(**changes: object) -> TermsPage:
    commitment = factories.commitment_terms(**changes)
    factories.service(commitment["services"][0])
    return TermsPage.of_document(factories.terms(commitment))


def holes() -> TermsPage:
    schedule = {"kind": "tiers", "tiers": A4}
    return page(target_percent="99.5", schedule=schedule, caps=[])


def test_the_holes_are_closed_by_one_button_each_until_nothing_is_found() -> None:
    form = holes()
    assert [one.standing.code for one in asked(form)] == ["TIER_HOLE", "TIER_HOLE"]
    for left in (1, 0):
        form, _ = mended(form, f"mend:{asked(form)[0].offers[0].key}")
        assert len(asked(form)) == left
    assert form.standings == ()


def test_a_button_of_another_state_of_the_form_is_refused() -> None:
    form = holes()
    key = asked(form)[0].offers[0].key
    form, _ = mended(form, f"mend:{key}")
    with pytest.raises(UnknownOperation):
        mended(form, f"mend:{key}")


def test_a_misspelled_service_is_corrected_by_a_button_and_another_one_is_not_guessed() -> None:
    factories.service("checkout")
    form = page(services=["chekout"])
    form = TermsPage.of_document(factories.terms(factories.commitment_terms(services=["checkuot"])))
    (one,) = asked(form)
    assert (one.standing.code, one.offers[0].mend.label) == (
        "SERVICE_UNKNOWN",
        "Write checkout for checkuot.",
    )
    form = TermsPage.of_document(factories.terms(factories.commitment_terms(services=["zzz"])))
    (one,) = asked(form)
    assert one.offers == ()
    assert "Which service is meant" in one.needed


def test_a_mend_is_tried_on_the_very_text_that_its_button_gives() -> None:
    factories.service("checkout")
    commitments = [
        factories.commitment_terms(key=f"c-{at}", services=["checkuot"], window={"kind": "day", "zone": None})
        for at in range(2)
    ]
    both = {"name": "both", "commitments": ["c-0", "c-1"], "rule": "highest"}
    form = TermsPage.of_document(factories.terms(*commitments, combinations=[both]))
    assert form.terms is not None, form.faults
    offered = [one.mend for one in all_offers(form)]
    assert {one.label.split()[0] for one in offered} >= {"Write", "Leave", "Measure"}
    for mend in offered:
        whole = parse_terms(applied(form.terms.document(), mend.edits))
        if len(mend.edits) == 1:
            assert _changed(form.terms, mend).canonical() == whole.canonical()
        after, _ = mended(form, f"mend:{next(one.key for one in all_offers(form) if one.mend == mend)}")
        assert after.terms is not None
        assert after.terms.canonical() == whole.canonical()


def all_offers(form: TermsPage) -> list[Offer]:
    return [offer for one in asked(form) for offer in one.offers]


def test_many_findings_get_their_buttons_in_turn() -> None:
    tiers = [
        {
            "lower": str(low),
            "upper": f"{low}.5",
            "lower_inclusive": True,
            "upper_inclusive": True,
            "percent": "9",
        }
        for low in range(70, 90)
    ]
    found = asked(page(schedule={"kind": "tiers", "tiers": tiers}))
    assert len(found) > MOST_FINDINGS
    assert [one.later for one in found] == [False] * MOST_FINDINGS + [True] * (len(found) - MOST_FINDINGS)


def test_the_endpoint_of_the_form_carries_the_button_out_and_says_what_was_done() -> None:
    legal = log_in(factories.user("legal"))
    form = holes()
    key = asked(form)[0].offers[0].key
    address = f"{reverse('admin:contracts_contractversion_terms')}?op=mend:{key}"
    sent = browser(parse_terms(document(SHAPE, form.values)).document())
    said = legal.post(address, sent)
    assert said.status_code == 200
    assert "Done: Close the gap: let tier 2 end at 99 %, not included." in said.content.decode()
    assert said.content.decode().count("TIER_HOLE") == 1
    assert legal.post(f"{address}0", sent).status_code == 400
