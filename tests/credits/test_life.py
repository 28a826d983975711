"""What becomes of an issued credit: uses with their balance, disputes, the approval matrix, goodwill."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from audit.record import record
from base.errors import Conflict, NotAllowed
from credits import services
from credits.errors import (
    CreditUsed,
    HasAHandInIt,
    InDispute,
    NothingToClaim,
    NotIssued,
    OtherParties,
    ReasonMissing,
    SelfResolved,
    WrongAmount,
    WrongStep,
)
from credits.invoices.models import Invoice
from credits.models import Account, Breach, CreditMemo, Dispute, MemoApproval, MemoStep, MemoUse
from credits.reading import approvals_needed, ledger_balances, memo_balance, trial_balance, with_balance
from tests import factories
from tests.credits import world
from tests.credits.world import as_, refused

pytestmark = pytest.mark.django_db
ON = date(2023, 4, 20)
HALF = Decimal("500.00")


def balances() -> dict[str, Decimal]:
    """The trial balance by purpose: debit less credit."""
    found: dict[str, Decimal] = {}
    for row in trial_balance():
        found[row.account.purpose] = found.get(row.account.purpose, Decimal(0)) + row.balance
    return {purpose: balance for purpose, balance in found.items() if balance}


@pytest.fixture
def memo() -> CreditMemo:
    """An issued credit of 1,000.00 EUR, and an invoice of 10,000.00 EUR of the same customer."""
    return world.customer().issue()


@pytest.fixture
def invoice(memo: CreditMemo) -> Invoice:
    return Invoice.objects.get()


def apply(memo: CreditMemo, invoice: Invoice, amount: Decimal | None = None, on: date = ON) -> MemoUse:
    with as_("finance"):
        return services.apply_credit(memo, invoice=invoice, taken_on=on, amount=amount)


def other_invoice(number: int = 2) -> Invoice:
    row = world.FEE.replace("I-1", f"I-{number}").replace("2023-03-01,2023-04-01", "2023-05-01,2023-06-01")
    world.import_fees(row.replace("10000.00", "300.00"))
    return Invoice.objects.get(external_id=f"I-{number}")


def test_a_credit_is_applied_in_parts_until_nothing_is_left(memo: CreditMemo, invoice: Invoice):
    apply(memo, invoice, HALF)
    assert memo_balance(memo) == HALF
    use = apply(memo, other_invoice())
    assert use.amount == Decimal("300.00")  # all that the invoice takes
    assert balances()["applied"] == Decimal("-800.00")
    assert with_balance(CreditMemo.objects.all()).get().balance == memo_balance(memo) == Decimal("200.00")
    assert ledger_balances()


def test_applying_twice_to_one_invoice_is_applying_once(memo: CreditMemo, invoice: Invoice):
    assert apply(memo, invoice, HALF) == apply(memo, invoice, HALF)
    assert MemoUse.objects.count() == 1
    with pytest.raises(Conflict, match="was used for 500"):
        apply(memo, invoice, Decimal("499.00"))


def test_no_more_is_used_than_is_left_in_python_and_round_it(memo: CreditMemo, invoice: Invoice):
    with pytest.raises(WrongAmount, match="more than 1000"):
        apply(memo, invoice, Decimal("1000.01"))
    apply(memo, invoice, Decimal("1000.00"))
    with as_("finance"), pytest.raises(WrongAmount, match="nothing of"):
        services.pay_out(memo, taken_on=ON, reference="bank")
    with refused("credits_memo_use_within_balance"):
        round_the_service(memo, "paid_out", "0.01")


def round_the_service(memo: CreditMemo, kind: str, amount: str, **more: Any) -> None:
    """A use with its entry as somebody would write it who goes round the service."""
    from credits.rules import credit, debit
    from credits.services.ledger import account_for, write_entry

    with as_("finance") as person:
        accounts = [
            account_for(memo.legal_entity, one, memo.counterparty, memo.currency)
            for one in (Account.Purpose.PAYABLE_TO_CUSTOMERS, Account.Purpose.PAYOUTS)
        ]
        entry, _ = write_entry(
            memo.legal_entity,
            reference="round",
            description="",
            effective_on=more.get("taken_on", ON),
            postings=[debit(accounts[0], Decimal("0.01")), credit(accounts[1], Decimal("0.01"))],
        )
        record("test.post", memo)
        values: dict[str, Any] = {
            "memo": memo,
            "number": memo.uses.count() + 1,
            "kind": kind,
            "amount": Decimal(amount),
            "taken_on": ON,
            "reference": "round",
            "reason": "a test",
            "entry": entry,
            "taken_by": person,
        }
        MemoUse(**(values | more)).save(force_insert=True)
        connection.check_constraints()


def test_a_use_is_posted_with_its_own_amount(memo: CreditMemo):
    with refused("credits_memo_use_posted"):
        round_the_service(memo, "paid_out", "0.02")


def test_a_use_is_of_an_issued_credit(memo: CreditMemo):
    with as_("finance"), pytest.raises(NotIssued, match="lies before"):
        services.pay_out(memo, taken_on=date(2023, 4, 10), reference="bank")
    with refused("credits_memo_use_of_an_issued_credit"):
        round_the_service(memo, "paid_out", "0.01", taken_on=date(2023, 4, 10))
    waiting = world.customer(
        reference="C-2", fee=world.FEE.replace("I-1", "I-9").replace("C-1", "C-2")
    ).approve()
    with as_("finance"), pytest.raises(NotIssued, match="is approved"):
        services.pay_out(waiting, taken_on=ON, reference="bank")
    with refused("credits_memo_use_of_an_issued_credit"):
        round_the_service(waiting, "paid_out", "0.01")


def test_a_credit_is_applied_to_its_own_customers_invoices(memo: CreditMemo):
    theirs = world.vendor()
    strange = Invoice.objects.get(contract=theirs.contract)
    with as_("finance"), pytest.raises(OtherParties):
        services.apply_credit(memo, invoice=strange, taken_on=ON)
    with refused("credits_memo_use_same_parties"):
        round_the_service(memo, "applied", "0.01", invoice=strange)


@pytest.mark.parametrize(
    "statement", ["UPDATE credits_memouse SET amount = 1", "DELETE FROM credits_memouse"]
)
def test_uses_are_appended(memo: CreditMemo, invoice: Invoice, statement: str):
    apply(memo, invoice, HALF)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


# Rule 15: used credits are not voided --------------------------------------------------------------------


def test_a_used_credit_is_not_voided_but_withdrawn_and_clawed_back(memo: CreditMemo, invoice: Invoice):
    apply(memo, invoice, Decimal("600.00"))
    with as_("finance_approver"), pytest.raises(CreditUsed):
        services.reverse_memo(memo, taken_on=ON, reason="wrong")
    with refused("credits_memo_not_used"):
        MemoStep.objects.create(
            memo=memo, number=4, state="reversed", taken_on=ON, taken_by=factories.user("finance_approver")
        )
    with as_("finance_approver"):
        services.withdraw_credit(memo, taken_on=ON, reason="the outage was another one")
        assert memo_balance(memo) == Decimal("-600.00")
        use = services.decide_used_part(memo, verdict="claw_back", taken_on=ON, reason="asked back")
    assert (use.amount, memo_balance(memo)) == (Decimal("600.00"), 0)
    assert balances() == {"applied": Decimal("-600.00"), "receivable_from_customers": Decimal("600.00")}


def test_what_was_used_may_be_let_go_by_decision(memo: CreditMemo, invoice: Invoice):
    apply(memo, invoice, Decimal("600.00"))
    with as_("finance_approver"):
        services.withdraw_credit(memo, taken_on=ON, reason="wrong", amount=Decimal("700.00"))
        assert memo_balance(memo) == Decimal("-300.00")
        with pytest.raises(WrongAmount, match="more than 300"):
            services.decide_used_part(
                memo, verdict="write_off", taken_on=ON, reason="x", amount=Decimal("300.01")
            )
        services.decide_used_part(memo, verdict="write_off", taken_on=ON, reason="not worth it")
    assert balances() == {
        "applied": Decimal("-600.00"),
        "service_credit_expense": Decimal("300.00"),
        "write_off": Decimal("300.00"),
    }


def test_whoever_approved_or_issued_does_not_take_back(memo: CreditMemo, invoice: Invoice):
    apply(memo, invoice, HALF)
    approver = memo.steps.get(state="approved").taken_by
    with as_(approver), pytest.raises(HasAHandInIt):
        services.withdraw_credit(memo, taken_on=ON, reason="wrong")
    with as_("finance_approver"), pytest.raises(ReasonMissing):
        services.withdraw_credit(memo, taken_on=ON, reason=" ")
    with as_("finance"), pytest.raises(NotAllowed):
        services.withdraw_credit(memo, taken_on=ON, reason="wrong")


def test_a_later_credit_is_set_off_against_what_was_clawed_back(memo: CreditMemo, invoice: Invoice):
    apply(memo, invoice, Decimal("600.00"))
    with as_("finance_approver"):
        services.withdraw_credit(memo, taken_on=ON, reason="wrong")
        back = services.decide_used_part(memo, verdict="claw_back", taken_on=ON, reason="asked back")
    later = world.customer(reference="C-2", fee=world.FEE.replace("I-1", "I-9").replace("C-1", "C-2")).issue()
    with as_("finance"):
        use = services.set_off(later, against=back, taken_on=ON)
    assert (use.amount, memo_balance(later)) == (Decimal("600.00"), Decimal("400.00"))
    assert "receivable_from_customers" not in balances()
    with as_("finance"), pytest.raises(WrongAmount):
        services.set_off(memo, against=back, taken_on=ON)


# Disputes ------------------------------------------------------------------------------------------------


def test_a_dispute_holds_the_credit_until_somebody_else_resolves_it(memo: CreditMemo, invoice: Invoice):
    person = factories.user("finance", "finance_approver")
    with as_(person):
        dispute = services.open_dispute(memo, taken_on=ON, reason="they say that it was two hours")
        with pytest.raises(InDispute):
            services.apply_credit(memo, invoice=invoice, taken_on=ON)
        with pytest.raises(InDispute):
            services.open_dispute(memo, taken_on=ON, reason="again")
        services.answer_dispute(dispute, taken_on=ON, reason="it was one")
        with pytest.raises(SelfResolved):
            services.resolve_dispute(dispute, verdict="stands", taken_on=ON, reason="it was one")
    with refused("credits_memo_use_not_in_dispute"):
        round_the_service(memo, "paid_out", "0.01")
    with refused("credits_dispute_one_at_a_time"):
        Dispute.objects.create(memo=memo, number=2)
    with as_("finance_approver"):
        services.resolve_dispute(dispute, verdict="stands", taken_on=ON, reason="it was one")
        with pytest.raises(WrongStep):
            services.answer_dispute(dispute, taken_on=ON, reason="more")
    assert apply(memo, invoice).amount == Decimal("1000.00")


def test_only_an_issued_memo_is_disputed():
    waiting = world.customer().approve()
    with as_("finance"), pytest.raises(NotIssued):
        services.open_dispute(waiting, taken_on=ON, reason="x")


# The approval matrix ---------------------------------------------------------------------------------------


def rule(above: str, approvals: int, **more: Any) -> None:
    with as_("finance_approver"):
        services.set_approval_rule(
            direction="promised_by_us",
            currency=more.pop("currency", "EUR"),
            above_amount=Decimal(above),
            approvals=approvals,
            reason="a policy",
            **more,
        )


@pytest.mark.parametrize(("above", "needed"), [("999.99", 2), ("1000.00", 1), ("1000.01", 1)])
def test_a_rule_holds_above_its_amount_and_not_at_it(above: str, needed: int):
    memo = world.customer().propose()
    rule(above, 2)
    assert approvals_needed(memo) == needed
    assert in_database(memo) == needed


def in_database(memo: CreditMemo) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credits_approvals_needed(%s)", [memo.pk])
        return int(cursor.fetchone()[0])


def test_the_last_word_the_own_entity_and_the_currency_count():
    memo = world.customer().propose()
    for args in [("0", 3), ("500", 2), ("500", 3), ("2000", 1)]:
        rule(*args)
    assert approvals_needed(memo) == in_database(memo) == 3
    rule("100", 2, legal_entity=memo.legal_entity)
    assert approvals_needed(memo) == in_database(memo) == 2
    rule("100", 3, currency="USD")
    assert approvals_needed(memo) == in_database(memo) == 2


def test_two_persons_approve_what_two_must():
    memo = world.customer().propose()
    rule("0", 2)
    first, second = factories.user("finance_approver"), factories.user("finance_approver")
    with as_(first):
        assert isinstance(services.approve_memo(memo, taken_on=ON), MemoApproval)
        assert isinstance(services.approve_memo(memo, taken_on=ON), MemoApproval)  # again is free
    assert memo.steps.count() == 1
    with refused("credits_memo_approvals_enough"):
        MemoStep.objects.create(memo=memo, number=2, state="approved", taken_on=ON, taken_by=first)
    with as_(second):
        assert isinstance(services.approve_memo(memo, taken_on=ON), MemoStep)
    with refused("credits_memo_step_order"):
        MemoApproval.objects.create(memo=memo, approved_by=factories.user("finance_approver"), taken_on=ON)
    with as_("finance"):
        services.issue_memo(memo, taken_on=ON)
    for person in (first, second):
        with as_(person), pytest.raises(HasAHandInIt):
            services.reverse_memo(memo, taken_on=ON, reason="wrong")


def test_a_first_approval_too_is_refused_to_whoever_has_a_hand_in_it_superusers_included():
    told = world.customer()
    memo = told.propose()
    rule("0", 2)
    invoicer = told.invoicer
    assert invoicer is not None
    with refused("credits_memo_approver"):
        MemoApproval.objects.create(memo=memo, approved_by=invoicer, taken_on=ON)
    person = factories.user("finance", "finance_approver", is_superuser=True)
    world.import_fees(by=person)
    other = world.customer(reference="C-2", fee=None)
    world.import_fees(world.FEE.replace("I-1", "I-9").replace("C-1", "C-2"), by=person)
    theirs = other.propose()
    with as_(person), pytest.raises(HasAHandInIt, match="imported the invoices"):
        services.approve_memo(theirs, taken_on=ON)
    with refused("credits_memo_approver_has_no_hand"):
        MemoApproval.objects.create(memo=theirs, approved_by=person, taken_on=ON)


# Goodwill ------------------------------------------------------------------------------------------------


def test_goodwill_stands_in_its_own_account_with_its_own_number_and_is_no_breach():
    told = world.customer()
    with as_("customer_success"):
        memo = services.propose_goodwill(
            told.contract, amount=Decimal("50.00"), taken_on=ON, reason="a rough week"
        )
    assert "no precedent" in memo.facts["no_precedent"]
    with as_("finance_approver"):
        services.approve_memo(memo, taken_on=ON)
    with as_("finance"):
        step = services.issue_memo(memo, taken_on=ON)
    assert step.document_number == "GW-us-00001"
    assert balances() == {"goodwill": Decimal("50.00"), "payable_to_customers": Decimal("-50.00")}
    assert not Breach.objects.exists()
    assert str(memo) == "goodwill for  2023-04"


def test_goodwill_is_given_to_customers_with_a_reason_and_without_precedent():
    told = world.customer()
    with as_("finance"):
        with pytest.raises(ReasonMissing):
            services.propose_goodwill(told.contract, amount=Decimal(1), taken_on=ON, reason="")
        with pytest.raises(NothingToClaim):
            services.propose_goodwill(world.vendor().contract, amount=Decimal(1), taken_on=ON, reason="x")
        memo = services.propose_goodwill(told.contract, amount=Decimal(1), taken_on=ON, reason="x")
    proposer = memo.proposed_by
    with refused("credits_memo_goodwill_no_precedent"):
        CreditMemo.objects.create(
            kind="goodwill",
            contract=memo.contract,
            legal_entity=memo.legal_entity,
            counterparty=memo.counterparty,
            direction=memo.direction,
            amount=1,
            currency="EUR",
            facts={},
            proposed_by=proposer,
        )
    with refused("credits_memo_basis_of_kind"):
        CreditMemo.objects.create(
            kind="goodwill",
            assessment=told.finalise(),
            contract=memo.contract,
            legal_entity=memo.legal_entity,
            counterparty=memo.counterparty,
            direction=memo.direction,
            amount=1000,
            currency="EUR",
            facts={"no_precedent": "x"},
            proposed_by=proposer,
        )


# The document ----------------------------------------------------------------------------------------------


def test_the_legal_facts_of_both_sides_stand_on_the_document_as_they_were(memo: CreditMemo):
    from contracts import services as contracting

    step = memo.steps.get(state="issued")
    assert step.document["counterparty"]["name"] == "Their Customer Ltd"
    assert step.document["number"] == "SC-us-00001"
    assert step.document["invoices"] == ["I-1"]
    with factories.legal():
        contracting.change(memo.counterparty, name="Renamed Ltd", reason="a merger")
    assert memo.steps.get(state="issued").document["counterparty"]["name"] == "Their Customer Ltd"
