"""Candidates: kept, compared, picked on record; and what a back-test on record says against signing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from audit.models import Event
from contracts import services
from contracts.attainment import Attainment, attainment_standings, attainments
from contracts.checks import open_standings
from contracts.errors import CandidateRefused, ReasonMissing
from contracts.models import BackTest, Candidate, Contract, ContractVersion
from contracts.services.candidates import Into
from tests import factories

pytestmark = pytest.mark.django_db
KNOWN = datetime(2025, 7, 16, tzinfo=UTC)
DAY = date(2025, 8, 1)


def _contract() -> Contract:
    return factories.signed_contract(factories.terms(), reference="C-1")


def _keep(contract: Contract, label: str = "realistic", **changes: Any) -> Candidate:
    with factories.legal():
        return services.keep_candidate(
            contract, label=label, terms=factories.terms(factories.commitment_terms(**changes))
        )


def _comparison(*candidates: Candidate) -> dict[str, Any]:
    return {"candidates": [{"candidate": one.pk, "terms_sha256": one.terms_sha256} for one in candidates]}


def _months(met: int, missed: int, used: str | None = "1/10") -> list[dict[str, Any]]:
    return [{"outcome": "breach", "used": "2"}] * missed + [{"outcome": "met", "used": used}] * met


def _figures(months: list[dict[str, Any]], key: str = "availability") -> dict[str, Any]:
    met = sum(one["outcome"] == "met" for one in months)
    decided = sum(one["outcome"] is not None for one in months)
    return {
        "months": len(months),
        "decided": decided,
        "attained": met,
        "commitments": [{"key": key, "months": months}],
    }


def _attainment(months: list[dict[str, Any]]) -> Attainment:
    [one] = attainments(_figures(months))
    return one


def test_a_candidate_replaces_the_one_of_its_label_and_the_earlier_one_stays():
    contract = _contract()
    first = _keep(contract)
    assert _keep(contract) == first
    second = _keep(contract, cut_off_days=9)
    assert list(contract.candidates.order_by("pk")) == [first, second]
    assert Event.objects.filter(verb="candidate.keep").count() == 2


def test_a_label_that_is_none_is_refused():
    with pytest.raises(CandidateRefused, match="label: 'bold' is none"):
        _keep(_contract(), "bold")


def test_picking_records_who_why_and_the_rejected_ones_with_their_figures_and_makes_the_draft():
    contract = _contract()
    bold, calm = _keep(contract, "aspirational"), _keep(contract, "conservative", cut_off_days=9)
    with factories.legal() as person:
        choice = services.choose_candidate(
            calm,
            comparison=_comparison(bold, calm),
            known_at=KNOWN,
            reason="we can keep it",
            into=Into(effective_from_on=DAY),
        )
    assert (choice.chosen, choice.chosen_by, choice.reason) == (calm, person, "we can keep it")
    assert choice.draft.terms == calm.terms
    assert choice.draft.state == ContractVersion.State.DRAFT
    event = Event.objects.get(verb="candidate.choose")
    assert event.after["rejected"] == [bold.pk]


def test_picking_into_a_draft_edits_it():
    contract = _contract()
    one = _keep(contract, cut_off_days=9)
    with factories.legal():
        draft = services.draft_version(contract, factories.terms(), DAY)
        services.choose_candidate(
            one, comparison=_comparison(one), known_at=KNOWN, reason="so", into=Into(draft)
        )
    draft.refresh_from_db()
    assert draft.terms == one.terms


def test_a_pick_without_a_reason_or_out_of_another_comparison_is_refused():
    contract = _contract()
    one, other = _keep(contract), _keep(contract, "conservative", cut_off_days=9)
    given: dict[str, Any] = {"known_at": KNOWN, "into": Into(effective_from_on=DAY)}
    with factories.legal():
        with pytest.raises(ReasonMissing):
            services.choose_candidate(one, comparison=_comparison(one), reason=" ", **given)
        with pytest.raises(CandidateRefused, match="is not in it with this text"):
            services.choose_candidate(one, comparison=_comparison(other), reason="so", **given)


@pytest.mark.parametrize("table", ["candidate", "candidatechoice", "backtest"])
def test_what_was_kept_is_never_changed(table: str):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = ANY(%s)",
            [
                [
                    f"contracts_{table}_append_only",
                    f"contracts_{table}_no_truncate",
                    f"contracts_{table}_has_event",
                ]
            ],
        )
        assert cursor.fetchone() == (3,)


# What the past says --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("met", "missed", "rare", "percent"),
    [(4, 8, True, 33), (5, 7, True, 42), (6, 6, False, 50), (7, 5, False, 58)],
)
def test_attained_in_less_than_half_of_the_last_twelve_months_is_rare(
    met: int, missed: int, rare: bool, percent: int
):
    one = _attainment(_months(met, missed))
    assert (one.is_rare, one.percent_of_last) == (rare, percent)


def test_fewer_than_six_known_months_say_nothing():
    unknown = [{"outcome": None, "used": None}]
    assert not _attainment(unknown * 7 + _months(0, 5)).is_rare
    assert _attainment(unknown * 6 + _months(0, 6)).is_rare


def test_old_misses_do_not_count_for_ever():
    assert not _attainment(_months(0, 12) + _months(12, 0)).is_rare


@pytest.mark.parametrize(
    ("met", "missed", "used", "lenient"),
    [
        (24, 0, "249/1000", True),
        (24, 0, "1/4", False),
        (24, 0, "251/1000", False),
        (23, 0, "1/10", False),
        (23, 1, "1/10", False),
        (24, 0, None, False),
    ],
)
def test_attained_in_all_of_24_months_by_a_wide_margin_is_too_lenient(
    met: int, missed: int, used: str | None, lenient: bool
):
    assert _attainment(_months(met, missed, used)).is_lenient is lenient


def test_a_back_test_on_record_stands_against_exactly_its_text_and_none_says_nothing():
    contract = _contract()
    with factories.legal():
        draft = services.draft_version(contract, factories.terms(), DAY)
        assert list(attainment_standings(draft)) == []
        figures = _figures(_months(4, 8))
        row = services.record_back_test(contract, terms=draft.terms, figures=figures, known_at=KNOWN)
        again = services.record_back_test(contract, terms=draft.terms, figures=figures, known_at=KNOWN)
        assert again == row
        assert BackTest.objects.count() == 1
        [stands] = attainment_standings(draft)
        assert (stands.code, stands.path) == ("TARGET_RARELY_ATTAINED", "commitments.0")
        assert "4 of the 12 last months" in stands.sentence
        assert "33 %" in stands.sentence
        assert stands.code in {one.code for one in open_standings(draft)}
        services.accept_finding(draft, stands.code, stands.path, "they insist, and we price it in")
        assert stands.code not in {one.code for one in open_standings(draft)}
        services.edit_draft(draft, factories.terms(factories.commitment_terms(cut_off_days=9)))
    assert list(attainment_standings(draft)) == []
    with pytest.raises(Exception, match="backtest"), transaction.atomic():
        BackTest.objects.filter(pk=row.pk).update(months=1)
