"""Claims: their last days, their order, their amounts; in Python and in the database."""

from datetime import date
from decimal import Decimal

import pytest

from base.errors import Conflict, NotAllowed
from credits import services
from credits.errors import ClaimTooLate, MemoNotIssued, ReasonMissing, WrongAmount, WrongStep
from credits.models import Claim, ClaimStep
from credits.reading import claims_with_state, days_left
from tests.credits import world
from tests.credits.world import refused

pytestmark = pytest.mark.django_db
LAST_DAY = date(2023, 4, 30)


def step(claim: Claim, kind: str, on: date, **values: object) -> ClaimStep:
    """A step as somebody would write it who goes round the service."""
    number = claim.steps.count() + 1
    return ClaimStep(
        claim=claim, number=number, kind=kind, taken_on=on, taken_by=world.reckoning_job(), **values
    )


def test_a_claim_on_its_last_day_is_in_time():
    told = world.vendor()
    told.issue()
    with world.as_("vendor_manager"):
        assert services.send_claim(told.claim(), sent_on=LAST_DAY, reference="letter").kind == "sent"


def test_a_claim_on_the_day_after_is_too_late():
    told = world.vendor()
    told.issue()
    claim = told.claim()
    with world.as_("vendor_manager"), pytest.raises(ClaimTooLate, match="1 days after 2023-04-30"):
        services.send_claim(claim, sent_on=date(2023, 5, 1), reference="letter")
    with refused("credits_claim_step_in_time"):
        step(claim, "sent", date(2023, 5, 1)).save()


def test_a_customers_claim_on_its_last_day_and_on_the_day_after():
    claim = world.customer().claim()
    with world.as_("customer_success"):
        with pytest.raises(ClaimTooLate):
            services.record_customer_claim(claim, taken_on=date(2023, 5, 1), reference="letter")
        with refused("credits_claim_step_in_time"):
            step(claim, "claimed", date(2023, 5, 1)).save()
        services.record_customer_claim(claim, taken_on=LAST_DAY, reference="letter")
    assert claims_with_state().get().state == "claimed"


def test_days_left_count_down_to_nothing_on_the_last_day():
    claim = world.vendor().claim()
    assert [days_left(claim, date(2023, 4, day)) for day in (1, 29, 30)] == [29, 1, 0]
    assert days_left(claim, date(2023, 5, 1)) == -1


def test_a_claim_is_sent_once_its_memo_is_issued():
    told = world.vendor()
    told.approve()
    claim = told.claim()
    with world.as_("vendor_manager"), pytest.raises(MemoNotIssued, match="approved"):
        services.send_claim(claim, sent_on=date(2023, 4, 12), reference="letter")
    with refused("credits_claim_step_memo_issued"):
        step(claim, "sent", date(2023, 4, 12)).save()


def test_a_claim_is_forfeited_after_its_last_day_and_not_on_it():
    claim = world.vendor().claim()
    with refused("credits_claim_step_not_forfeited"):
        step(claim, "forfeited", LAST_DAY, reason="too early").save()


def test_a_forfeited_claim_is_neither_sent_nor_waived():
    told = world.customer()
    claim = told.claim()
    with world.as_job():
        services.forfeit_overdue(as_of=date(2023, 5, 1))
    with world.as_("finance"), pytest.raises(WrongStep, match="is forfeited"):
        services.waive_claim(claim, taken_on=date(2023, 5, 2), reason="mercy")
    with refused("credits_claim_step_order"):
        step(claim, "waived", date(2023, 5, 2), reason="mercy").save()


def test_a_memo_whose_claim_is_forfeited_is_not_issued():
    told = world.vendor()
    memo = told.approve()
    with world.as_job():
        services.forfeit_overdue(as_of=date(2023, 5, 1))
    with world.as_("finance"), pytest.raises(WrongStep, match="forfeited"):
        services.issue_memo(memo, taken_on=date(2023, 5, 2))


@pytest.mark.parametrize("kind", ["acknowledged", "paid", "refused", "claimed", "waived", "found"])
def test_steps_are_not_left_out_nor_taken_in_the_other_direction(kind: str):
    claim = world.vendor().claim()
    amount = Decimal("1.00") if kind in ("acknowledged", "paid") else None
    with refused("credits_claim_step_order"):
        step(claim, kind, date(2023, 4, 12), reason="no", amount=amount).save()


def test_a_vendors_steps_are_not_taken_on_a_customers_claim():
    claim = world.customer().claim()
    with world.as_("vendor_manager"), pytest.raises(WrongStep, match="promised to us"):
        services.send_claim(claim, sent_on=date(2023, 4, 12), reference="letter")
    with refused("credits_claim_step_order"):
        step(claim, "sent", date(2023, 4, 12)).save()


def test_a_customers_step_is_not_taken_on_a_vendors_claim():
    claim = world.vendor().claim()
    with world.as_("finance"), pytest.raises(WrongStep, match="promised by us"):
        services.record_customer_claim(claim, taken_on=date(2023, 4, 12), reference="letter")


def test_no_more_is_acknowledged_than_was_claimed_and_no_more_paid_than_acknowledged():
    claim = world.vendor().send()
    with world.as_("vendor_manager"):
        for wrong in ("987.47", "0.00", "-1.00", "0.001"):
            with pytest.raises(WrongAmount):
                services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal(wrong))
        for wrong in ("987.47", "0", "-1"):
            with refused("credits_claim_step_amount"):
                step(claim, "acknowledged", date(2023, 5, 2), amount=Decimal(wrong)).save()
        with refused("credits_claim_step_amount"):
            step(claim, "acknowledged", date(2023, 5, 2)).save()
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("500.00"))
    with world.as_("finance"), pytest.raises(WrongAmount, match=r"more than 500\.00"):
        services.receive_payment(claim, taken_on=date(2023, 6, 1), amount=Decimal("500.01"))
    with refused("credits_claim_step_amount"):
        step(claim, "paid", date(2023, 6, 1), amount=Decimal("500.01")).save()


def test_an_answer_does_not_come_before_the_claim():
    claim = world.vendor().send()
    with world.as_("vendor_manager"), pytest.raises(WrongStep, match="lies before"):
        services.refuse_claim(claim, taken_on=date(2023, 4, 11), reason="no")
    with refused("credits_claim_step_days_in_order"):
        step(claim, "refused", date(2023, 4, 11), reason="no").save()


def test_a_refusal_and_a_waiver_need_a_reason():
    claim = world.vendor().send()
    with world.as_("vendor_manager"), pytest.raises(ReasonMissing):
        services.refuse_claim(claim, taken_on=date(2023, 5, 2), reason=" ")
    with refused("credits_claim_step_reason"):
        step(claim, "refused", date(2023, 5, 2)).save()


def test_the_same_answer_again_is_free_and_another_one_a_conflict():
    claim = world.vendor().send()
    with world.as_("vendor_manager"):
        first = services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("500.00"))
        again = services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("500.00"))
        assert first == again
        with pytest.raises(Conflict):
            services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("501.00"))


def test_roles():
    told = world.vendor()
    told.issue()
    claim = told.claim()
    for role in ("legal", "customer_success", "auditor", "executive", "administrator"):
        with world.as_(role), pytest.raises(NotAllowed):
            services.send_claim(claim, sent_on=date(2023, 4, 12), reference="letter")
    with world.as_job(), pytest.raises(NotAllowed):
        services.send_claim(claim, sent_on=date(2023, 4, 12), reference="letter")
