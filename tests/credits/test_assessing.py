"""Revisions, cut-offs and open questions."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from contracts.models import Contract
from credits import services
from credits.errors import (
    AlreadyFinal,
    NotAWindow,
    NotTheVersionInEffect,
    QuestionsOpen,
    StaleKnowledge,
    TooEarlyToFinalise,
)
from credits.models import Assessment, Breach, Claim, ClaimStep, CreditMemo, Finalisation, OpenQuestion
from credits.windows import cut_off_of, window_at, window_between
from reckoning.timeline import Window
from tests import factories
from tests.credits import world

pytestmark = pytest.mark.django_db
EARLY = datetime(2023, 4, 2, 7, tzinfo=UTC)


def test_the_same_facts_known_later_make_no_further_revision():
    told = world.customer()
    first = told.assess(EARLY)
    assert told.assess(EARLY) == first
    assert told.assess(EARLY + timedelta(hours=5)) == first
    assert Assessment.objects.count() == 1
    assert Event.objects.filter(verb="assessment.assess").count() == 1


def test_a_later_fact_makes_a_further_revision_and_the_old_one_stays():
    told = world.customer()
    first = told.assess(EARLY)
    world.import_incidents(
        told.contract,
        "i-2,2023-03-20T12:00:00Z,2023-03-20T13:00:00Z,major,platform,Found later",
        known_at=datetime(2023, 4, 3, tzinfo=UTC),
    )
    second = told.assess(datetime(2023, 4, 3, tzinfo=UTC))
    first.refresh_from_db()
    assert (first.revision, first.down_seconds) == (1, 3600)
    assert (second.revision, second.down_seconds) == (2, 7200)


def test_an_earlier_knowledge_is_replayed_or_refused_but_never_reckoned_after_a_later_one():
    told = world.customer()
    first = told.assess(EARLY)
    world.import_incidents(
        told.contract,
        "i-2,2023-03-20T12:00:00Z,2023-03-20T13:00:00Z,major,platform,Found later",
        known_at=datetime(2023, 4, 3, tzinfo=UTC),
    )
    told.assess(datetime(2023, 4, 3, tzinfo=UTC))
    assert told.assess(EARLY) == first
    with pytest.raises(StaleKnowledge, match="lies before"):
        told.assess(EARLY - timedelta(hours=30))


def test_a_missing_fee_is_a_question_for_finance_and_the_breach_is_certain():
    told = world.customer(fee=None)
    result = told.assess()
    assert (result.outcome, result.credit_amount) == ("breach", None)
    [question] = result.open_questions.all()
    assert (question.code, question.owner_role) == ("MISSING_FEE", "finance")
    with pytest.raises(QuestionsOpen, match="MISSING_FEE"):
        told.finalise()
    assert not Finalisation.objects.exists()
    world.import_fees(world.FEE)
    assert told.finalise().credit_amount == world.CREDIT


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["2023-02-15,2023-04-01"], "FEE_LINE_STRADDLES"),
        (["2023-03-01,2023-03-31"], "FEE_HAS_GAP"),
        (["2023-03-02,2023-04-01"], "FEE_HAS_GAP"),
        (["2023-03-01,2023-03-10", "2023-03-11,2023-04-01"], "FEE_HAS_GAP"),
    ],
)
def test_a_fee_that_does_not_fit_the_window_is_a_question(lines: list[str], code: str):
    told = world.customer(fee=None)
    world.import_fees(
        *[
            f"I-1,C-1,2023-04-01,EUR,I-1-{number},platform,{period},100.00,S,19,"
            for number, period in enumerate(lines)
        ]
    )
    codes = set(told.assess().open_questions.values_list("code", flat=True))
    assert codes == {"MISSING_FEE", code}


def test_lines_that_tile_the_window_are_summed():
    told = world.customer(fee=None)
    world.import_fees(
        "I-1,C-1,2023-04-01,EUR,I-1-1,platform,2023-03-01,2023-03-11,100.00,S,19,",
        "I-1,C-1,2023-04-01,EUR,I-1-2,platform,2023-03-11,2023-04-01,200.05,S,19,",
        "I-1,C-1,2023-04-01,EUR,I-1-3,platform,2023-02-01,2023-03-01,999.00,S,19,",
    )
    result = told.assess()
    assert result.inputs["fee"] == {"amount": "300.05", "currency": "EUR", "lines": ["I-1-1", "I-1-2"]}
    assert result.credit_amount == Decimal("30.01")  # 30.005, half up


def test_unknown_time_is_a_question_for_legal():
    told = world.customer()
    april = window_at(told.commitment, datetime(2023, 4, 10, tzinfo=UTC))
    with world.as_job():
        result = services.assess_window(
            told.commitment, window=april, known_at=datetime(2023, 5, 2, tzinfo=UTC)
        )
    assert (result.outcome, result.credit_amount) == ("open_question", None)
    assert list(result.open_questions.values_list("owner_role", flat=True)) == ["legal"]


def test_a_result_becomes_final_at_the_cut_off_and_not_a_second_before():
    told = world.customer()
    cut_off = cut_off_of(told.commitment, told.window)
    assert cut_off == datetime(2023, 4, 5, 22, tzinfo=UTC)  # the end of 5 April in Berlin
    with pytest.raises(TooEarlyToFinalise, match="provisional"):
        told.finalise(cut_off - timedelta(seconds=1))
    assert told.finalise(cut_off).finalisation.known_at == cut_off


def test_a_final_result_is_not_made_final_with_other_knowledge():
    told = world.customer()
    told.finalise()
    assert told.finalise().revision == 1
    with pytest.raises(AlreadyFinal, match="does not change"):
        told.finalise(world.CUT_OFF + timedelta(days=1))


def test_a_fact_after_the_end_makes_a_revision_that_nothing_is_paid_on():
    told = world.customer()
    told.finalise()
    world.import_incidents(
        told.contract,
        "i-2,2023-03-20T12:00:00Z,2023-03-20T13:00:00Z,major,platform,Too late",
        known_at=datetime(2023, 5, 3, tzinfo=UTC),
    )
    late = told.assess(datetime(2023, 5, 3, tzinfo=UTC))
    assert late.revision == 2
    with world.as_job(), pytest.raises(services.memos.NotFinal):
        services.propose_memo(late, taken_on=date(2023, 5, 3))


def test_another_span_than_a_window_of_the_terms():
    told = world.customer()
    odd = Window(told.window.start, told.window.end - timedelta(hours=1), "UTC", "odd")
    with world.as_job():
        with pytest.raises(NotAWindow, match="2023-03"):
            services.assess_window(told.commitment, window=odd, known_at=world.CUT_OFF)
        with pytest.raises(NotAWindow):
            services.assess_windows_of(told.contract, window=odd, known_at=world.CUT_OFF)


def test_a_window_before_the_version_took_effect():
    told = world.customer()
    before = window_at(told.commitment, datetime(2021, 12, 10, tzinfo=UTC))
    with world.as_job(), pytest.raises(NotTheVersionInEffect):
        services.assess_window(told.commitment, window=before, known_at=world.CUT_OFF)


def test_a_window_is_found_from_its_edges_alone():
    told = world.customer()
    found = window_between(told.contract, told.window.start, told.window.end)
    assert found == told.window
    assert (found.label, found.zone) == ("2023-03", "Europe/Berlin")


def test_all_commitments_of_a_contract_at_once_with_a_number_of_queries_that_hardly_grows():
    def queries(services_of: list[str], reference: str) -> int:
        told = world.vendor(reference=reference, fee=None, terms={"services": services_of})
        with world.as_job(), CaptureQueriesContext(connection) as seen:
            results = services.assess_windows_of(told.contract, window=told.window, known_at=world.CUT_OFF)
        assert len(results) == len(services_of)
        reads = [
            query
            for query in seen
            if query["sql"].startswith("SELECT") and "credits_hold" not in query["sql"]
        ]
        return len(reads)

    few, many = queries(["actions"], "V-1"), queries(["actions", "pages", "issues", "webhooks"], "V-2")
    assert many <= few


# Round the ORM -------------------------------------------------------------------------------------------


def refused(constraint: str, save: Callable[[], None]) -> None:
    """Saving is refused by the constraint of this name."""
    with world.refused(constraint):
        save()


def copy_of(result: Assessment, **changes: object) -> Assessment:
    values = {field.attname: getattr(result, field.attname) for field in result._meta.concrete_fields}
    return Assessment(**(values | {"id": None} | changes))


def test_revisions_count_up_by_one_with_knowledge_in_order():
    result = world.customer().assess()
    refused("credits_assessment_revision_next", copy_of(result, revision=3).save)
    refused("credits_assessment_revision_next", copy_of(result, revision=1).save)
    earlier = result.known_at - timedelta(seconds=1)
    refused("credits_assessment_known_in_order", copy_of(result, revision=2, known_at=earlier).save)
    longer = result.window_end + timedelta(hours=1)
    refused("credits_assessment_one_window", copy_of(result, revision=2, window_end=longer).save)


def test_a_question_has_no_amount_and_a_result_has_a_level():
    result = world.customer().assess()
    refused(
        "credits_assessment_figure_or_question", copy_of(result, revision=2, outcome="open_question").save
    )
    refused("credits_assessment_figure_or_question", copy_of(result, revision=2, level_exact="").save)


def final_of(result: Assessment, **changes: object) -> Finalisation:
    values: dict[str, object] = {
        "assessment": result,
        "commitment_id": result.commitment_id,
        "window_start": result.window_start,
        "known_at": result.known_at,
    }
    return Finalisation(**(values | changes))


def test_a_finalisation_is_of_the_latest_revision_of_its_own_window_and_cut_off():
    told = world.customer()
    result = told.assess()
    later = result.known_at + timedelta(seconds=1)
    refused("credits_finalisation_of_its_window", final_of(result, known_at=later).save)
    refused("credits_finalisation_of_its_window", final_of(result, window_start=later).save)
    with transaction.atomic(), world.as_job():
        second = copy_of(result, revision=2, known_at=later)
        second.save()
    refused("credits_finalisation_latest", final_of(result).save)


def test_the_database_knows_the_cut_off_of_the_terms():
    told = world.customer()
    cut_off = cut_off_of(told.commitment, told.window)
    early = told.assess(cut_off - timedelta(seconds=1))
    refused("credits_finalisation_after_cut_off", final_of(early).save)
    other = world.vendor()
    with connection.cursor() as cursor:
        for one in (told, other):
            cursor.execute("SELECT credits_cut_off(%s, %s)", [one.commitment.pk, one.window.end])
            assert cursor.fetchone()[0] == cut_off_of(one.commitment, one.window)


def test_a_result_with_a_question_is_not_final():
    result = world.customer(fee=None).assess()
    refused("credits_finalisation_answered", final_of(result).save)


def test_two_revisions_of_one_window_are_never_both_final():
    told = world.customer()
    result = told.finalise()
    second = copy_of(result, revision=2)
    second.save()
    refused("credits_finalisation_once", final_of(second).save)


def test_a_breach_a_claim_and_a_memo_need_a_final_result():
    told = world.customer()
    result = told.assess()
    job = world.reckoning_job()
    refused("credits_breach_of_a_final_result", Breach(assessment=result, found_on=date(2023, 4, 6)).save)
    contract = told.contract
    memo = CreditMemo(
        assessment=result,
        contract=contract,
        legal_entity=contract.legal_entity,
        counterparty=contract.counterparty,
        direction=contract.direction,
        amount=world.CREDIT,
        currency="EUR",
        facts={},
        proposed_by=job,
    )
    refused("credits_memo_of_a_final_breach", memo.save)


def test_a_claim_has_the_deadline_of_its_result():
    told = world.customer()
    result = told.finalise()
    second = copy_of(result, revision=2)
    second.save()
    breach = result.breach
    refused("credits_claim_of_its_breach", Claim(breach=breach, deadline_on=date(2023, 5, 1)).save)


def test_a_memo_is_for_the_amount_and_the_parties_of_its_result_and_once_earned():
    told = world.customer()
    claim = told.claim()
    result = claim.breach.assessment
    contract = told.contract
    values = {
        "assessment": result,
        "contract": contract,
        "legal_entity": contract.legal_entity,
        "counterparty": contract.counterparty,
        "direction": contract.direction,
        "amount": world.CREDIT,
        "currency": "EUR",
        "facts": {},
        "proposed_by": world.reckoning_job(),
    }
    refused("credits_memo_earned", CreditMemo(**values).save)
    with world.as_("customer_success"):
        services.record_customer_claim(claim, taken_on=date(2023, 4, 6), reference="letter")
    refused("credits_memo_amount_of_result", CreditMemo(**values | {"amount": Decimal("999.99")}).save)
    refused("credits_memo_amount_of_result", CreditMemo(**values | {"currency": "USD"}).save)
    theirs = {"direction": Contract.Direction.PROMISED_TO_US}
    refused("credits_memo_parties_of_result", CreditMemo(**values | theirs).save)
    other = {"counterparty": factories.counterparty("somebody")}
    refused("credits_memo_parties_of_result", CreditMemo(**values | other).save)
    refused("credits_memo_has_first_step", CreditMemo(**values).save)


def test_open_questions_are_asked_once():
    result = world.customer(fee=None).assess()
    again = OpenQuestion(assessment=result, code="MISSING_FEE", sentence="?", owner_role="finance")
    refused("credits_question_once", again.save)


def test_a_claim_step_in_the_name_of_nobody_known():
    step = ClaimStep(claim_id=999999, number=1, kind="found", taken_on=date(2023, 4, 6))
    step.taken_by = world.reckoning_job()
    refused("credits_claim_step_order", step.save)
