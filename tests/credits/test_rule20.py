"""Rule 20: nobody approves a credit that rests on an act of theirs; in Python, and in the database as well."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from audit.record import record
from base.dberrors import constraint_of
from base.errors import NotAllowed
from base.models import User
from credits import services
from credits.errors import HasAHandInIt, NotAnApprover
from credits.models import CreditMemo, MemoStep
from credits.tasks import reckoning_job
from measurements import services as measuring
from tests import factories
from tests.credits import world

pytestmark = pytest.mark.django_db
ON = date(2023, 4, 10)


def both(role: str) -> User:
    """Somebody who may act in a role and approve."""
    return factories.user(role, "finance_approver")


def barred(memo: CreditMemo, person: User, act: str) -> None:
    """The person is refused by the service with their act named, and by the database when they go round it."""
    with world.as_(person):
        with pytest.raises(HasAHandInIt, match=act):
            services.approve_memo(memo, taken_on=ON)
        assert around_the_service(memo, person) == "credits_memo_approver_has_no_hand"
    assert not memo.steps.filter(state="approved").exists()


def around_the_service(memo: CreditMemo, person: User) -> str:
    """Approve in SQL; the name of the constraint that refuses."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        MemoStep.objects.create(memo=memo, number=2, state="approved", taken_on=ON, taken_by=person)
    return constraint_of(caught.value)


def test_whoever_proposed_the_memo():
    told = world.customer(terms={"claim": {"kind": "automatic"}})
    person = both("finance")
    with world.as_(person):
        memo = services.propose_memo(told.finalise(), taken_on=date(2023, 4, 7))
    barred(memo, person, "proposed the memo")


def test_whoever_uploaded_an_observation_of_intervals():
    told = world.customer()
    memo = told.propose()
    told.observer.groups.add(*both("finance").groups.all())
    barred(memo, User.objects.get(pk=told.observer.pk), r"imported incidents 2023-04-02\.csv")


def test_whoever_uploaded_an_observation_of_seconds():
    told = world.vendor()
    memo = told.propose()
    told.observer.groups.add(*both("finance").groups.all())
    barred(memo, User.objects.get(pk=told.observer.pk), r"imported seconds\.csv")


def test_whoever_imported_the_invoices_of_the_fee():
    told = world.customer(fee=None)
    person = both("finance")
    world.import_fees(world.FEE, by=person)
    barred(told.propose(), person, r"imported the invoices of its fee \(fees\.csv\)")


def test_whoever_imported_other_invoices_is_not_barred():
    told = world.customer()
    person = both("finance")
    other = "I-2,C-1,2023-05-01,EUR,I-2-1,platform,2023-04-01,2023-05-01,10000.00,S,19,"
    world.import_fees(other, by=person)
    memo = told.propose()
    with world.as_(person):
        services.approve_memo(memo, taken_on=ON)


def test_whoever_proposed_an_exclusion_that_nobody_decided_on():
    told = world.customer()
    person = both("finance")
    with world.as_(person):
        exclusion = measuring.propose_exclusion(
            contract=told.contract,
            service=told.commitment.service,
            kind="planned_maintenance",
            start=datetime(2023, 3, 20, 1, tzinfo=UTC),
            end=datetime(2023, 3, 20, 2, tzinfo=UTC),
            evidence="a notice",
            announced_at=datetime(2023, 3, 1, tzinfo=UTC),
            proposed_at=datetime(2023, 4, 2, tzinfo=UTC),
        )
    barred(told.propose(), person, f"proposed exclusion {exclusion.pk}")


def test_whoever_proposed_an_exclusion_is_barred_and_whoever_approved_it_is_not():
    told = world.customer()
    proposer, decider = both("finance"), factories.user("finance_approver")
    with world.as_(proposer):
        exclusion = measuring.propose_exclusion(
            contract=told.contract,
            service=told.commitment.service,
            kind="planned_maintenance",
            start=datetime(2023, 3, 20, 1, tzinfo=UTC),
            end=datetime(2023, 3, 20, 2, tzinfo=UTC),
            evidence="a notice",
            announced_at=datetime(2023, 3, 1, tzinfo=UTC),
            proposed_at=datetime(2023, 4, 2, tzinfo=UTC),
        )
    with world.as_(decider):
        measuring.decide_exclusion(
            exclusion=exclusion,
            verdict="approved",
            reason="announced in time",
            decided_at=datetime(2023, 4, 3, tzinfo=UTC),
        )
    memo = told.propose()
    barred(memo, proposer, f"proposed exclusion {exclusion.pk}")
    with world.as_(decider):
        services.approve_memo(memo, taken_on=ON)


def test_whoever_chose_a_reading():
    reading = {
        "name": "what is down",
        "question": "Which severities are down?",
        "chosen": "major and critical",
        "chosen_by": "Legal",
        "chosen_on": "2021-12-10",
        "why": "as the text says",
        "alternatives": [],
    }
    told = world.customer(terms={"readings": [reading]})
    chooser = told.commitment.version.reading_choices.get().chosen_by
    memo = told.propose()
    chooser.groups.add(*both("finance").groups.all())
    barred(memo, User.objects.get(pk=chooser.pk), "chose the reading 'what is down'")


def test_whoever_waived_the_claim():
    told = world.customer()
    person = both("finance")
    with world.as_(person):
        services.waive_claim(told.claim(), taken_on=date(2023, 4, 7), reason="a good customer")
    barred(told.propose(), person, "waived the claim")


def test_a_superuser_is_barred_like_anybody_else():
    told = world.customer(terms={"claim": {"kind": "automatic"}})
    person = factories.user("finance", "finance_approver", is_superuser=True)
    with world.as_(person):
        memo = services.propose_memo(told.finalise(), taken_on=date(2023, 4, 7))
    barred(memo, person, "proposed the memo")


def test_a_superuser_has_no_role_by_being_one():
    memo = world.customer().propose()
    person = factories.user(is_superuser=True)
    with world.as_(person):
        with pytest.raises(NotAnApprover):
            services.approve_memo(memo, taken_on=ON)
        assert around_the_service(memo, person) == "credits_memo_approver"


def test_a_job_never_approves_not_even_with_the_role():
    memo = world.customer().propose()
    job = reckoning_job()
    job.groups.add(*factories.user("finance_approver").groups.all())
    with world.as_(User.objects.get(pk=job.pk)):
        with pytest.raises(NotAllowed, match="scheduled job"):
            services.approve_memo(memo, taken_on=ON)
        assert around_the_service(memo, job) == "credits_memo_approver"


def test_finance_proposes_but_does_not_approve():
    memo = world.customer().propose()
    with world.as_("finance"), pytest.raises(NotAnApprover):
        services.approve_memo(memo, taken_on=ON)


def test_whoever_approved_a_memo_does_not_reverse_it():
    memo = world.customer().issue()
    approver = memo.steps.get(state="approved").taken_by
    with world.as_(approver), pytest.raises(HasAHandInIt, match="approved or issued"):
        services.reverse_memo(memo, taken_on=date(2023, 5, 1), reason="I was wrong")


def test_going_round_the_service_with_clean_hands_leaves_an_event_to_be_told():
    memo = world.customer().propose()
    person = factories.user("finance_approver")
    with world.as_(person), transaction.atomic():
        MemoStep.objects.create(memo=memo, number=2, state="approved", taken_on=ON, taken_by=person)
        record("test.approve", memo)
    assert memo.steps.count() == 2
