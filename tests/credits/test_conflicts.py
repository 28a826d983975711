"""What conflicts do to money: nothing is paid twice while nobody decided, and who gives way is not reckoned."""

from datetime import UTC, date, datetime

import pytest

from contracts import services as contracts
from contracts.models import Conflict, Contract
from credits import services
from credits.checklist import items
from credits.conflicts import why_it_gives_way
from credits.errors import ConflictUndecided, GivesWayToAnother
from credits.models import Assessment, Finalisation
from credits.not_posted import not_posted
from credits.reading import every_latest, latest_assessments
from credits.undecided import open_disagreements, undecided_results
from tests import factories
from tests.contracts.agreements import decide, level
from tests.credits import world
from tests.credits.test_accruals import accrue, policy
from tests.credits.test_life import balances
from tests.credits.world import as_

pytestmark = pytest.mark.django_db
MARCH = date(2023, 3, 1)
LATE = datetime(2023, 5, 3, tzinfo=UTC)
OTHER_FEE = world.FEE.replace("I-1", "I-2").replace("C-1", "OF-1")
SHORT = "i-0,2023-03-10T12:00:00Z,2023-03-10T12:01:00Z,major,platform,Down for a minute"


def beneath(above):
    """An order form under a contract, which promises more."""
    with factories.legal():
        contracts.change(above, kind="master_agreement", reason="that is what it is")
    factories.signed_contract(
        level("99.95"),
        "OF-1",
        kind=Contract.Kind.ORDER_FORM,
        under=above,
        counterparty=above.counterparty,
        currency=above.currency,
    )


@pytest.fixture
def family():
    """A customer's contract with a missed March, and an order form under it that promises more."""
    made = world.customer()
    beneath(made.contract)
    return made, Conflict.objects.get()


def finalise(made):
    with as_("finance"):
        return services.finalise_window(made.commitment, window=made.window, known_at=world.CUT_OFF)


def test_what_two_documents_would_pay_is_not_final_before_it_is_decided(family):
    made, conflict = family
    made.assess()
    with pytest.raises(ConflictUndecided, match="is not decided, and both would pay"):
        finalise(made)
    with as_("finance"):
        services.finalise_windows_of(made.contract, window=made.window, known_at=world.CUT_OFF)
    assert not Finalisation.objects.exists()
    [said] = undecided_results(factories.entity(), MARCH)
    assert str(conflict) in said
    assert next(one for one in items() if one.key == "conflicts").blocks


def test_once_both_stand_by_decision_both_pay(family):
    made, conflict = family
    decide(conflict, "neither", MARCH)
    assert finalise(made).credit_amount > 0
    assert undecided_results(factories.entity(), MARCH) == []


def test_who_gives_way_is_not_reckoned_and_a_provisional_result_counts_nowhere(family):
    made, conflict = family
    made.assess()
    decide(conflict, "first", MARCH)
    for act in (services.assess_window, services.finalise_window):
        with (
            as_("finance"),
            pytest.raises(GivesWayToAnother, match="gives way to OF-1, availability by decision"),
        ):
            act(made.commitment, window=made.window, known_at=world.CUT_OFF)
    with as_("finance"):
        assert services.assess_windows_of(made.contract, window=made.window, known_at=world.CUT_OFF) == []
    assert not latest_assessments().exists()
    row = every_latest().get()
    assert "confirmed by" in why_it_gives_way(row)
    assert undecided_results(factories.entity(), MARCH) == []


def test_a_window_that_began_before_the_day_of_the_decision_is_not_touched_by_it(family):
    made, conflict = family
    decide(conflict, "first", date(2023, 3, 2))
    made.assess()
    assert latest_assessments().count() == 1
    with pytest.raises(ConflictUndecided):
        finalise(made)


def test_a_result_that_was_final_before_stays(family):
    made, conflict = family
    decide(conflict, "second", MARCH)
    result = finalise(made)
    decide(conflict, "first", MARCH)
    assert latest_assessments().get() == result
    assert Assessment.objects.get().credit_amount == result.credit_amount
    assert why_it_gives_way(result) == ""


def test_a_late_fact_makes_no_final_result_pay_what_another_document_pays_too():
    made = world.customer(SHORT)
    assert finalise(made).credit_amount == 0
    beneath(made.contract)
    world.import_incidents(made.contract, world.OUTAGE, known_at=LATE)

    def restate():
        with as_("finance"):
            return services.restate_window(
                made.commitment,
                window=made.window,
                known_at=LATE,
                restated_on=date(2023, 5, 4),
                reason="late",
            )

    conflict = Conflict.objects.get()
    with pytest.raises(ConflictUndecided, match="is not decided, and both would pay"):
        restate()
    decide(conflict, "first", MARCH)
    with pytest.raises(GivesWayToAnother):
        restate()
    decide(conflict, "second", MARCH)
    assert restate().payable_amount == world.CREDIT


def test_what_prevails_by_a_late_decision_is_not_paid_on_top_of_what_was_paid():
    made = world.customer()
    other = world.customer(reference="OF-1", fee=OTHER_FEE, terms={"target_percent": "99.95"})
    issued = made.issue()
    with factories.legal():
        contracts.change(made.contract, kind="master_agreement", reason="that is what it is")
        contracts.change(other.contract, kind="order_form", under=made.contract, reason="that is what it is")
        contracts.find_conflicts(on=MARCH)
    conflict = Conflict.objects.get(is_family=True)
    decide(conflict, "first", MARCH)
    with pytest.raises(
        ConflictUndecided, match="C-1 gives way by decision, and its result of 2023-03 was final"
    ):
        finalise(other)
    with as_("finance"):
        services.finalise_windows_of(other.contract, window=other.window, known_at=world.CUT_OFF)
    [said] = undecided_results(factories.entity(), MARCH)
    assert said.startswith("OF-1, Platform, 2023-03: C-1 gives way by decision")
    with as_("finance_approver"):
        services.reverse_memo(issued, taken_on=date(2023, 4, 20), reason="the order form prevails")
    assert undecided_results(factories.entity(), MARCH) == []
    assert finalise(other).credit_amount == world.CREDIT


def test_the_checklist_names_a_disagreement_of_no_family_also_once_one_of_them_ended():
    made = world.customer()
    ends = {"counterparty": made.contract.counterparty, "effective_until_on": date(2023, 3, 20)}
    factories.signed_contract(level("99.95"), "C-2", currency=made.contract.currency, **ends)
    made.assess()
    conflict = Conflict.objects.get()
    with factories.legal():
        contracts.find_conflicts(on=date(2023, 4, 1))
    assert conflict.steps.last().kind == "gone"
    [said] = open_disagreements(factories.entity(), MARCH)
    assert said == f"C-1, Platform, 2023-03: {conflict}"
    finalise(made)
    assert open_disagreements(factories.entity(), MARCH) == [said]
    decide(conflict, "neither", MARCH)
    assert open_disagreements(factories.entity(), MARCH) == []


def test_what_was_provided_for_a_result_that_gives_way_is_released_and_a_statement_says_to_whom(family):
    made, conflict = family
    made.assess(datetime(2023, 4, 3, tzinfo=UTC))
    policy()
    accrue(date(2023, 3, 31))
    assert balances()["provision"] == -world.CREDIT
    decide(conflict, "first", MARCH)
    accrue(date(2023, 4, 30))
    assert balances() == {}
    contract = made.contract
    [row] = not_posted(contract.counterparty, contract.legal_entity, MARCH, date(2023, 4, 1))
    assert (row.amount, row.standing) == (
        0,
        "none: gives way to OF-1, availability for windows that begin on 2023-03-01 or later",
    )
