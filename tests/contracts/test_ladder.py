"""The ladder beside the form: what stands in it, and that every word of it is the engine's."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.terms_form.ladder import STEPS, ladder_of
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import document
from reckoning.terms import parse_terms
from tests import factories
from tests.admin.forms import log_in
from tests.admin.forms import posted as browser
from tests.reckoning.build import terms
from tests.work import at_most

TODAY = date(2026, 4, 20)
SHOP = terms(caps=[{"kind": "percent_of_fee", "value": "20"}])


def facts(**given: str) -> dict[str, str]:
    return {f"ladder.{name.replace('__', '.')}": value for name, value in given.items()}


def said(**given: str) -> dict[str, str]:
    return dict(ladder_of(SHOP, facts(**given), TODAY).said)


def test_the_table_names_the_thresholds_to_the_second() -> None:
    rows = ladder_of(SHOP, {}, TODAY).rows
    assert [(row.begins, row.ends, row.outcome, row.tier, row.after) for row in rows] == [
        ("from 0 s on", "up to 43 min 12 s, included", "kept", "none", "EUR 0.00"),
        ("above 43 min 12 s", "up to 7 h 12 min, included", "missed", "[99, 99.9)", "EUR 100.00"),
        ("above 7 h 12 min", "up to 30 d, included", "missed", "(-inf, 99)", "EUR 200.00"),
    ]
    assert rows[1].level == "99.9 % to 99 %"
    assert "No window earns more than 20 %" in rows[2].bound


def test_at_the_threshold_the_promise_is_kept_and_a_second_later_it_is_not() -> None:
    assert said(exact="43.2")["The promise is"] == "kept"
    assert said(exact="43.216")["The promise is"] == "missed"
    assert said(exact="43.2")["Next rung"] == "in more than 0 s: missed, credit EUR 100.00"
    assert said(exact="40")["Next rung"] == "in more than 3 min 12 s: missed, credit EUR 100.00"


def test_level_tier_credit_cap_and_what_binds_stand_beside_the_slider() -> None:
    found = said(exact="600", assumed__fee="5000")
    assert found["Level"] == "98.611111 %"
    assert found["Level, exactly"] == "71/72"
    assert found["Tier"] == "tier 2, (-inf, 99)"
    assert found["It earns"] == "25 % of the fee"
    assert found["Credit before caps"] == "EUR 1,250.00"
    assert found["Credit"] == "EUR 1,000.00"
    assert "No window earns more than 20 %" in found["What binds"]


def test_the_month_decides_the_threshold_and_is_named() -> None:
    april, march = ladder_of(SHOP, {}, TODAY), ladder_of(SHOP, facts(month="2026-03"), TODAY)
    assert april.window == "2026-04 in UTC (calendar month): 30 days, 43,200 minutes."
    assert march.rows[1].begins == "above 44 min 38.4 s"
    berlin = ladder_of(terms(zone="Europe/Berlin"), facts(month="2026-03"), TODAY)
    assert berlin.window == "2026-03 in Europe/Berlin (calendar month): 31 days, 44,580 minutes."
    assert berlin.rows[1].begins == "above 44 min 34.8 s"


def test_every_position_of_the_slider_lies_in_its_rung_and_finds_back() -> None:
    for position in range(0, 3 * STEPS + 1, 11):
        found = ladder_of(SHOP, facts(at=str(position), moved="slider"), TODAY)
        assert found.rows[min(position // STEPS, 2)].here
        again = ladder_of(SHOP, facts(exact=found.exact), TODAY)
        assert abs(again.position - position) <= 1


def test_a_fee_is_an_assumption_that_is_shown_and_a_bad_one_is_said() -> None:
    found = ladder_of(SHOP, facts(assumed__fee="much"), TODAY)
    (fee,) = found.assumed
    assert (fee.assumption.label, fee.fault) == (
        "Fee of the service for the window",
        "is no number from 0 on; 1000 is used instead",
    )
    assert ladder_of(SHOP, facts(exact="-1"), TODAY).fault
    assert ladder_of(SHOP, facts(month="soon"), TODAY).reason == "Name a month: its days count."


@pytest.mark.parametrize("text", ["1e-999999999", "1E9", "NaN", "1_000", "9" * 40, "0." + "1" * 40])
def test_a_number_that_only_looks_short_is_refused_unread(text: str) -> None:
    found = ladder_of(SHOP, facts(exact=text, assumed__fee=text), TODAY)
    assert found.fault == "is no number from 0 on; 0 is shown"
    assert found.assumed[0].fault == "is no number from 0 on; 1000 is used instead"


def test_a_comma_that_may_be_meant_as_a_point_is_not_guessed() -> None:
    assert ladder_of(SHOP, facts(exact="1,500"), TODAY).exact == "1500"
    assert "after a point" in ladder_of(SHOP, facts(exact="43,2"), TODAY).fault


@pytest.mark.parametrize("number", ["00001", "99999999", "1", "x", ""])
def test_a_commitment_that_is_not_there_is_the_first_one(number: str) -> None:
    assert ladder_of(SHOP, facts(commitment=number), TODAY).chosen == 0


def test_a_hole_is_an_open_question_on_the_ladder_and_never_a_zero() -> None:
    row = {"lower": "99", "lower_inclusive": True, "upper": "99.5", "upper_inclusive": False, "percent": "10"}
    found = ladder_of(terms(schedule__tiers=[row]), {}, TODAY)
    holes = [one for one in found.rows if one.outcome == "missed" and one.tier == "none"]
    assert [one.after for one in holes] == ["a person decides", "a person decides"]


def test_what_cannot_slide_says_why() -> None:
    quantity = {"kind": "quantity", "unit": "ms", "aggregate": "mean"}
    schedule = {"kind": "flat", "on": "value", "worth": {"percent": "5"}}
    other = terms(
        indicator=quantity,
        schedule=schedule,
        target_percent=None,
        limit={"on": "samples", "op": "at_least", "value": "5"},
        exclusions=[],
    )
    found = ladder_of(other, {}, TODAY)
    assert found.slides or found.reason


@pytest.mark.django_db
def test_a_move_of_the_slider_is_answered_with_the_ladder_alone_and_little_work() -> None:
    legal = log_in(factories.user("legal"))
    commitments = [factories.commitment_terms(key=f"c-{at}") for at in range(40)]
    factories.service(commitments[0]["services"][0])
    page = TermsPage.of_document(factories.terms(*commitments))
    sent = browser(parse_terms(document(SHAPE, page.values)).document()) | facts(at="150", moved="slider")
    address = reverse("admin:contracts_contractversion_ladder")
    legal.post(address, sent)
    with at_most(calls=1_500_000):
        answer = legal.post(address, sent)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="terms-ladder"' in text
    assert "terms-whole" not in text
