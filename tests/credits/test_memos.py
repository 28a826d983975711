"""A memo's states in order, its number, and that it stands in the ledger."""

from datetime import date

import pytest

from base.errors import NotAllowed
from contracts import services as contracting
from credits import services
from credits.errors import PeriodClosed, PeriodNotReady, WrongStep
from credits.models import CreditMemo, JournalEntry, MemoStep, NumberSeries
from credits.reading import memos_with_state
from tests import factories
from tests.credits import world
from tests.credits.world import refused

pytestmark = pytest.mark.django_db


def step(memo: CreditMemo, state: str, on: date = date(2023, 4, 20), **values: object) -> MemoStep:
    """A step as somebody would write it who goes round the service."""
    person = factories.user("finance_approver")
    number = memo.steps.count() + 1
    return MemoStep(
        memo=memo, **({"number": number, "state": state, "taken_on": on, "taken_by": person} | values)
    )


def test_a_proposed_memo_is_not_issued():
    memo = world.customer().propose()
    with world.as_("finance"), pytest.raises(WrongStep, match="is proposed"):
        services.issue_memo(memo, taken_on=date(2023, 4, 11))
    with refused("credits_memo_step_order"):
        step(memo, "issued", document_number="SC-1").save()
    assert not NumberSeries.objects.exists()


def test_review_is_a_step_that_may_be_taken():
    memo = world.customer().propose()
    with world.as_("finance"):
        services.review_memo(memo, taken_on=date(2023, 4, 8))
    with world.as_("finance_approver"):
        services.approve_memo(memo, taken_on=date(2023, 4, 9))
    assert [one.state for one in memo.steps.all()] == ["proposed", "in_review", "approved"]


def test_a_memo_is_approved_once():
    memo = world.customer().approve()
    with world.as_("finance_approver"), pytest.raises(WrongStep, match="is approved"):
        services.approve_memo(memo, taken_on=date(2023, 4, 11))
    with refused("credits_memo_step_order"):
        step(memo, "approved").save()


def test_steps_go_forward_in_time():
    memo = world.customer().propose()
    with world.as_("finance_approver"), pytest.raises(WrongStep, match="lies before"):
        services.approve_memo(memo, taken_on=date(2023, 4, 6))
    with refused("credits_memo_step_days_in_order"):
        step(memo, "approved", date(2023, 4, 6)).save()


def test_the_first_step_is_the_proposers():
    told = world.customer()
    memo = told.propose()
    with refused("credits_memo_step_order"):
        step(memo, "proposed").save()


def test_an_issue_without_an_entry_in_the_ledger():
    memo = world.customer().approve()
    with refused("credits_memo_step_posted"):
        step(memo, "issued", document_number="SC-us-00001").save()


def test_an_issue_without_a_number():
    memo = world.customer().approve()
    with refused("credits_memo_step_number_at_issue"):
        step(memo, "issued").save()


def test_numbers_count_up_by_one_per_legal_entity_and_direction():
    numbers = []
    for told in (world.customer(), world.vendor()):
        numbers.append(told.issue().steps.get(state="issued").document_number)
    assert numbers == ["SC-us-00001", "VC-us-00001"]
    series = NumberSeries.objects.get(prefix="SC")
    with refused("credits_series_gapless"):
        NumberSeries.objects.filter(pk=series.pk).update(next_number=9)
    with refused("credits_series_gapless"):
        NumberSeries.objects.filter(pk=series.pk).update(next_number=1)
    with refused("credits_series_gapless"):
        series.delete()
    with refused("credits_series_gapless"):
        NumberSeries.objects.create(legal_entity=series.legal_entity, prefix="XX", next_number=7)


def test_a_refused_issue_takes_no_number():
    told = world.customer()
    memo = told.approve()
    assert memos_with_state().get().state == "approved"
    with world.as_("finance"):
        with pytest.raises(PeriodNotReady, match=r"memos that are not issued \(1"):
            services.close_period(told.contract.legal_entity, starts_on=date(2023, 4, 1))
        services.close_period(told.contract.legal_entity, starts_on=date(2023, 3, 1))
        with pytest.raises(PeriodClosed):
            services.issue_memo(memo, taken_on=date(2023, 3, 31))
        services.issue_memo(memo, taken_on=date(2023, 4, 11))
    assert memo.steps.get(state="issued").document_number == "SC-us-00001"


def test_facts_on_a_memo_outlive_a_change_of_name():
    told = world.customer()
    memo = told.propose()
    with world.as_("legal"):
        contracting.change(told.contract.counterparty, reason="renamed", name="Another name")
    memo.refresh_from_db()
    assert memo.facts["counterparty"] == "Their Customer Ltd"


def test_only_finance_issues():
    memo = world.customer().approve()
    for role in ("legal", "vendor_manager", "customer_success", "auditor", "executive", "administrator"):
        with world.as_(role), pytest.raises(NotAllowed):
            services.issue_memo(memo, taken_on=date(2023, 4, 11))
    assert not JournalEntry.objects.exists()


# Periods -------------------------------------------------------------------------------------------------


def test_a_month_is_reopened_by_somebody_else_with_a_reason():
    entity = factories.entity()
    closer = factories.user("finance", "finance_approver")
    month = date(2023, 4, 1)
    with world.as_(closer):
        services.close_period(entity, starts_on=month)
        with pytest.raises(services.periods.CloserReopens):
            services.reopen_period(entity, starts_on=month, reason="I forgot something")
    with world.as_("finance_approver"):
        with pytest.raises(services.periods.ReasonMissing):
            services.reopen_period(entity, starts_on=month, reason="")
        services.reopen_period(entity, starts_on=month, reason="an invoice was missing")
        with pytest.raises(WrongStep, match="is reopened"):
            services.reopen_period(entity, starts_on=month, reason="again")
    with world.as_("finance"):
        services.close_period(entity, starts_on=month)
        with pytest.raises(WrongStep, match="is closed"):
            services.close_period(entity, starts_on=month)
        with pytest.raises(WrongStep, match="first day"):
            services.close_period(entity, starts_on=date(2023, 4, 2))


def test_round_the_service_a_period_is_closed_and_reopened_in_turn_by_two():
    entity = factories.entity()
    with world.as_("finance") as closer:
        closed = services.close_period(entity, starts_on=date(2023, 4, 1))
    again = type(closed)(period=closed.period, number=2, state="closed", taken_by=closer)
    with refused("credits_period_step_order"):
        again.save()
    own = type(closed)(period=closed.period, number=2, state="reopened", reason="mine", taken_by=closer)
    with refused("credits_period_step_four_eyes"):
        own.save()


def test_a_closed_month_takes_no_memo():
    told = world.customer()
    memo = told.approve()
    with world.as_("finance"):
        services.issue_memo(memo, taken_on=date(2023, 4, 11))
        services.close_period(told.contract.legal_entity, starts_on=date(2023, 5, 1))
    with world.as_("finance_approver"), pytest.raises(PeriodClosed):
        services.reverse_memo(memo, taken_on=date(2023, 5, 3), reason="wrong")
