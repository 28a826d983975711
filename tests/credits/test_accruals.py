"""Expected credits: estimated, trued up, used up by the issue; and the roll-forward that says why."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from base.errors import Conflict, NotAllowed
from credits import services
from credits.errors import NoPolicy, WrongAccount, WrongAmount
from credits.models import Account, JournalEntry, ProvisionMove
from credits.reading import ledger_balances
from credits.rollforward import RollForward, roll_forward
from credits.rules import credit, debit
from credits.services.ledger import account_for
from tests import factories
from tests.credits import world
from tests.credits.test_life import balances
from tests.credits.world import as_, as_job, refused

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2023, 3, 31), date(2023, 4, 30), date(2023, 5, 31)
BEFORE_CUT_OFF = datetime(2023, 4, 3, tzinfo=UTC)


def policy(method: str = "most_likely", ratio: str = "1", on: date = date(2023, 1, 1)) -> None:
    with as_("finance_approver"):
        services.set_accrual_policy(
            factories.entity(),
            method=method,
            claimed_ratio=Decimal(ratio),
            effective_from_on=on,
            reason="history",
        )


def accrue(on: date) -> list[JournalEntry]:
    with as_job():
        return services.accrue(factories.entity(), effective_on=on)


def rolled(from_on: date, until_on: date) -> RollForward:
    value = roll_forward(factories.entity(), from_on, until_on)
    assert value.agrees
    return value


def test_a_provisional_credit_is_provided_for_by_the_method_on_record():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    policy("expected_value", "0.75")
    [entry] = accrue(MARCH)
    assert balances() == {"provision": Decimal("-750.00"), "service_credit_expense": Decimal("750.00")}
    move = ProvisionMove.objects.get()
    assert (move.kind, move.amount, move.entry) == ("accrued", Decimal("750.00"), entry)
    assert move.policy.method == "expected_value"
    assert "expected value" in move.reason
    assert accrue(MARCH) == []


def test_a_window_that_another_text_reckons_is_provided_for_once():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    policy()
    accrue(MARCH)
    tiers = [{"upper": "99.9", "upper_inclusive": False, "percent": "20"}]
    later = factories.terms(factories.commitment_terms(schedule={"kind": "tiers", "tiers": tiers}))
    factories.sign(factories.draft(told.contract, later, date(2023, 3, 1)), date(2023, 4, 2))
    with as_job():
        services.assess_windows_of(told.contract, window=told.window, known_at=BEFORE_CUT_OFF)
    accrue(APRIL)
    assert balances()["provision"] == Decimal("-2000.00")
    assert ProvisionMove.objects.get(kind="released").reason.startswith("another text")
    assert accrue(APRIL) == []


STEP = {
    "name": "claim",
    "who": "customer",
    "deadlines": [{"anchor": "awareness", "after": {"count": 30, "unit": "days"}}],
}


@pytest.mark.parametrize(
    ("who", "expected"), [("customer", "-750.00"), ("provider", "-1000.00")], ids=["the customer", "we"]
)
def test_a_claim_in_steps_is_awaited_where_the_customer_takes_one(who, expected):
    told = world.customer(terms={"claim": {"kind": "steps", "steps": [STEP | {"who": who}]}})
    told.assess(BEFORE_CUT_OFF)
    policy("expected_value", "0.75")
    accrue(MARCH)
    assert balances()["provision"] == Decimal(expected)
    told.finalise()
    accrue(APRIL)
    assert balances()["provision"] == Decimal(expected)


def test_the_most_likely_amount_is_the_whole():
    world.customer().assess(BEFORE_CUT_OFF)
    policy()
    accrue(MARCH)
    assert balances()["provision"] == Decimal("-1000.00")


def test_at_final_the_estimate_is_trued_up_and_the_issue_uses_it_up():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    policy("expected_value", "0.75")
    accrue(MARCH)
    told.propose()  # final, and claimed by the customer
    accrue(date(2023, 4, 8))
    assert balances()["provision"] == Decimal("-1000.00")
    told.issue()
    assert balances() == {
        "payable_to_customers": Decimal("-1000.00"),
        "service_credit_expense": Decimal("1000.00"),
    }
    issue = JournalEntry.objects.get(reference="SC-us-00001/issue")
    assert [row.account.purpose for row in issue.postings.filter(side="debit")] == ["provision"]
    assert accrue(APRIL) == []
    value = rolled(date(2023, 4, 1), date(2023, 5, 1))
    [total] = value.totals
    amounts = total.amounts
    assert (amounts.opening, amounts.accrued, amounts.released, amounts.issued, amounts.closing) == (
        Decimal("750.00"),
        Decimal("250.00"),
        0,
        Decimal("1000.00"),
        0,
    )
    [line] = value.lines
    assert line.why == "final; issued as SC-us-00001"


def test_without_accruals_an_issue_is_expense_as_before():
    world.customer().issue()
    entry = JournalEntry.objects.get()
    assert [row.account.purpose for row in entry.postings.order_by("pk")] == [
        "service_credit_expense",
        "payable_to_customers",
    ]


def test_a_forfeited_claim_releases_what_was_provided():
    told = world.customer()
    told.finalise()
    policy()
    accrue(APRIL)
    with as_job():
        services.forfeit_overdue(as_of=date(2023, 5, 1))
    accrue(MAY)
    assert balances() == {}
    [line] = rolled(date(2023, 5, 1), date(2023, 6, 1)).lines
    assert (line.amounts.released, line.why) == (Decimal("1000.00"), "the claim was forfeited")


def test_a_reversed_issue_puts_back_and_the_next_run_releases():
    told = world.customer()
    told.finalise()
    policy()
    accrue(date(2023, 4, 7))
    memo = told.issue()
    with as_("finance_approver"):
        services.reverse_memo(memo, taken_on=date(2023, 4, 20), reason="wrong")
    assert balances()["provision"] == Decimal("-1000.00")
    accrue(APRIL)
    assert balances() == {}
    value = rolled(date(2023, 4, 1), date(2023, 5, 1))
    assert (value.totals[0].amounts.issued, value.totals[0].amounts.released) == (0, Decimal("1000.00"))
    assert ledger_balances()


def test_an_estimate_that_falls_is_released():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    policy()
    accrue(MARCH)
    world.import_incidents(
        told.contract,
        "i-1,2023-03-10T12:00:00Z,2023-03-10T12:01:00Z,major,platform,A minute",
        known_at=datetime(2023, 4, 3, tzinfo=UTC),
    )
    told.assess(datetime(2023, 4, 4, tzinfo=UTC))
    accrue(APRIL)
    assert balances() == {}


def test_what_is_expected_is_estimated_by_a_policy_only():
    world.customer().assess(BEFORE_CUT_OFF)
    with pytest.raises(NoPolicy):
        accrue(MARCH)
    with as_("finance"), pytest.raises(NotAllowed):
        services.set_accrual_policy(
            factories.entity(), method="most_likely", effective_from_on=MARCH, reason="x"
        )
    with as_("finance_approver"), pytest.raises(WrongAmount):
        services.set_accrual_policy(factories.entity(), method="guess", effective_from_on=MARCH, reason="x")
    policy()
    with pytest.raises(Conflict):
        policy("expected_value")


def test_a_vendors_promise_is_never_provided_for():
    world.vendor().assess()
    policy()
    assert accrue(APRIL) == []


def test_nobody_posts_to_the_provision_by_hand():
    entity, party = factories.entity(), factories.counterparty()
    with as_("finance"):
        accounts = [
            account_for(entity, one, party, "EUR")
            for one in (Account.Purpose.SERVICE_CREDIT_EXPENSE, Account.Purpose.PROVISION)
        ]
        with pytest.raises(WrongAccount, match="not posted by hand"):
            services.post_entry(
                entity,
                reference="E-1",
                description="",
                effective_on=APRIL,
                postings=[debit(accounts[0], Decimal(1)), credit(accounts[1], Decimal(1))],
            )


def test_round_the_service_a_move_is_what_its_entry_posts():
    world.customer().assess(BEFORE_CUT_OFF)
    policy()
    accrue(MARCH)
    move = ProvisionMove.objects.get()
    with refused("credits_provision_move_posted"):
        move.pk = None
        move.amount = Decimal(1)
        move.save(force_insert=True)
