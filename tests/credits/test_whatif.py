"""Terms laid on the past: as the product reckons, for any terms, with a fixed number of queries."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.reading import terms_of
from credits import whatif
from credits.models import Assessment
from credits.whatif import WhatIf, what_if
from reckoning.canonical import fraction_text
from reckoning.terms import Terms, parse_terms
from tests import factories
from tests.credits import world

pytestmark = pytest.mark.django_db
KNOWN = datetime(2023, 5, 1, tzinfo=UTC)


def _terms(**changes: Any) -> Terms:
    return parse_terms(factories.terms(factories.commitment_terms(**changes)))


def _month(told: WhatIf, label: str = "2023-03") -> Any:
    return next(month for month in told.months if month.label == label)


def test_the_terms_in_effect_come_to_what_was_stored_to_the_last_cent_and_second():
    for told in (world.customer(), world.vendor()):
        stored = told.finalise()
        [laid] = what_if(told.contract, [terms_of(told.commitment.version)], KNOWN)
        [one] = [one for one in laid.replays if one.window == stored.window_label]
        assert (one.outcome, one.credit, one.tier) == (
            stored.outcome,
            stored.credit_amount,
            stored.tier_label,
        )
        assert fraction_text(one.level) == stored.level_exact
        assert one.down_seconds == Fraction(stored.down_seconds)


def test_other_terms_on_the_same_outage_pay_otherwise_and_nothing_is_written():
    told = world.customer()
    lax = _terms(
        target_percent="99.5", schedule={"kind": "tiers", "tiers": [{"upper": "99.5", "percent": "10"}]}
    )
    before = Assessment.objects.count()
    ours, theirs = what_if(told.contract, [terms_of(told.commitment.version), lax], KNOWN)
    assert (_month(ours).outcome, _month(ours).credit) == ("breach", Decimal("1000.00"))
    assert (_month(theirs).outcome, _month(theirs).credit) == ("met", Decimal("0.00"))
    assert Assessment.objects.count() == before


def test_a_month_of_which_nobody_told_anything_has_no_figure_and_says_so():
    told = world.customer()
    [laid] = what_if(told.contract, [_terms()], KNOWN)
    april = _month(laid, "2023-04")
    assert (april.outcome, april.credit) == (None, None)
    assert april.missing
    assert len(laid.months) == 24
    assert laid.months[-1].label == "2023-04"


def test_a_missing_fee_leaves_the_miss_certain_and_the_amount_open():
    told = world.customer(fee=None)
    [laid] = what_if(told.contract, [_terms()], KNOWN)
    march = _month(laid)
    assert (march.outcome, march.credit) == ("breach", None)
    assert any("fee" in said.lower() for said in march.missing)
    assert laid.cost_of_a_year is None or march not in laid.priced


def test_a_role_that_nobody_plays_and_a_service_that_is_not_there_are_said():
    told = world.customer()
    unbound, unknown = what_if(
        told.contract, [_terms(source_role="the sun"), _terms(services=["nowhere"])], KNOWN
    )
    assert all("no source plays 'the sun'" in said for said in _month(unbound).missing)
    assert _month(unbound).outcome is None
    assert unknown.not_replayed == (("availability", "there is no service with the code 'nowhere'"),)
    assert unknown.replays == ()


def test_the_same_arguments_give_the_same_bytes_and_more_months_and_terms_no_more_queries():
    told = world.customer()
    [first] = what_if(told.contract, [_terms()], KNOWN)
    [again] = what_if(told.contract, [_terms()], KNOWN)
    assert first.sha256() == again.sha256()
    with CaptureQueriesContext(
        connection,
    ) as few:
        what_if(told.contract, [_terms()], KNOWN, months=1)
    with CaptureQueriesContext(connection) as many:
        what_if(told.contract, [_terms(), _terms(target_percent="99"), _terms(cut_off_days=9)], KNOWN)
    assert len(many) <= len(few) <= 8


def test_a_cap_over_several_windows_sees_what_the_earlier_ones_took():
    told = world.customer(
        world.OUTAGE,
        fee="\n".join(
            [
                world.FEE,
                "I-2,C-1,2023-05-01,EUR,I-2-1,platform,2023-02-01,2023-03-01,10000.00,S,19,",
            ]
        ),
    )
    world.import_incidents(
        told.contract,
        "i-0,2023-02-10T12:00:00Z,2023-02-10T14:00:00Z,major,platform,Down for two hours",
        known_at=datetime(2023, 4, 3, tzinfo=UTC),
    )
    capped = _terms(caps=[{"per": "rolling", "windows": 12, "kind": "amount", "value": "1500"}])
    free, held = what_if(told.contract, [_terms(), capped], KNOWN)
    assert [_month(free, label).credit for label in ("2023-02", "2023-03")] == [Decimal("1000.00")] * 2
    assert [_month(held, label).credit for label in ("2023-02", "2023-03")] == [
        Decimal("1000.00"),
        Decimal("500.00"),
    ]
    assert held.held_back == Decimal("500.00")


def test_more_windows_than_can_be_laid_out_are_said_and_the_rest_is_reckoned(monkeypatch):
    told = world.customer()
    monkeypatch.setattr(whatif, "MOST_IN_ALL", 30)
    terms = parse_terms(
        factories.terms(
            factories.commitment_terms(), factories.commitment_terms(key="second", cut_off_days=6)
        )
    )
    [laid] = what_if(told.contract, [terms], KNOWN)
    assert len(laid.replays) == 24
    [(key, said)] = laid.not_replayed
    assert (key, "more than 30 windows" in said) == ("second", True)


def test_terms_that_ask_for_what_the_source_does_not_report_say_so_month_by_month():
    told = world.customer()
    plain = factories.commitment_terms(
        indicator={"kind": "error_rate", "aggregate": "mean_of_intervals", "interval_seconds": 3600}
    )
    for name in ("excluded_time", "unknown_time", "part_life"):
        del plain[name]
    [laid] = what_if(told.contract, [parse_terms(factories.terms(plain | {"exclusions": []}))], KNOWN)
    assert _month(laid).outcome is None
    assert "is played by" in _month(laid).missing[0]


def test_failed_parts_that_no_source_tells_are_a_question_and_no_kept_promise():
    told = world.customer()
    parts = {"kind": "weighted_parts", "parts": [{"name": "a", "weight": "1"}, {"name": "b", "weight": "1"}]}
    plain = factories.commitment_terms(indicator=parts, exclusions=[])
    for name in ("excluded_time", "unknown_time", "part_life"):
        del plain[name]
    [laid] = what_if(told.contract, [parse_terms(factories.terms(plain))], KNOWN)
    assert {month.outcome for month in laid.months} == {None}
    assert any("No source tells failed parts yet" in said for said in _month(laid).missing)
