"""What conflicts do to money: nothing is paid twice while nobody decided, and who gives way is not reckoned."""

from datetime import date

import pytest

from contracts.models import Conflict, Contract
from credits import services
from credits.checklist import items
from credits.conflicts import undecided_results, why_it_gives_way
from credits.errors import ConflictUndecided, GivesWayToAnother
from credits.models import Assessment, Finalisation
from credits.reading import every_latest, latest_assessments
from tests import factories
from tests.contracts.agreements import decide, level
from tests.credits import world
from tests.credits.world import as_

pytestmark = pytest.mark.django_db
MARCH = date(2023, 3, 1)


@pytest.fixture
def family():
    """A customer's contract with a missed March, and an order form under it that promises more."""
    made = world.customer()
    with factories.legal():
        from contracts import services as contracts

        contracts.change(made.contract, kind="master_agreement", reason="that is what it is")
    factories.signed_contract(
        level("99.95"),
        "OF-1",
        kind=Contract.Kind.ORDER_FORM,
        under=made.contract,
        counterparty=made.contract.counterparty,
        currency=made.contract.currency,
    )
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
