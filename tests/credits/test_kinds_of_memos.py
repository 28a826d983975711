"""Whoever tells of memos knows all their kinds: what a restatement adds or takes, and goodwill."""

from datetime import date
from decimal import Decimal

import pytest

from credits import services
from credits.exports.formats.notes import refusal_of_a_note
from credits.exports.gathering import notes_of
from credits.models import CreditMemo
from credits.statement_files import to_csv
from credits.statements import statement
from tests.credits import world
from tests.credits.test_restating import LONG, approve_and_issue, more, restate

pytestmark = pytest.mark.django_db
MAR, APR, MAY, JUN = (date(2023, month, 1) for month in (3, 4, 5, 6))
SHORT = "i-2,2023-03-20T00:00:00Z,2023-03-20T00:10:00Z,major,platform,Ten minutes only"


def told(of: world.World, from_on: date, until_on: date):
    contract = of.contract
    return statement(contract.counterparty, contract.legal_entity, from_on=from_on, until_on=until_on)


def test_a_statement_lists_an_increase_that_is_not_issued_and_not_the_credit_that_is():
    customer = world.customer()
    customer.issue()
    more(customer, LONG)
    row = restate(customer)
    [waiting] = told(customer, MAR, JUN).not_posted
    assert (waiting.window, waiting.standing, waiting.amount) == (
        "2023-03",
        "final, increase proposed",
        Decimal("1500.00"),
    )
    approve_and_issue(row.memo)
    value = told(customer, MAR, JUN)
    assert value.not_posted == ()
    assert [(one.section, one.amount) for one in value.movements] == [
        ("credits", Decimal("1000.00")),
        ("adjustments", Decimal("1500.00")),
    ]
    # Before the restatement was made, nothing waited.
    assert told(customer, MAR, MAY).not_posted == ()


def test_a_statement_lists_a_reduction_below_zero_until_it_is_issued():
    customer = world.customer(world.OUTAGE, LONG)
    customer.issue()
    more(customer, SHORT)
    row = restate(customer)
    [waiting] = told(customer, MAR, JUN).not_posted
    assert (waiting.standing, waiting.amount) == ("final, reduction proposed", Decimal("-1500.00"))
    approve_and_issue(row.memo)
    value = told(customer, MAR, JUN)
    assert value.not_posted == ()
    assert [(one.section, one.amount) for one in value.movements] == [
        ("credits", Decimal("2500.00")),
        ("adjustments", Decimal("-1500.00")),
    ]


def test_a_statement_lists_goodwill_apart_before_and_after_its_issue():
    customer = world.customer()
    with world.as_("finance"):
        memo = services.propose_goodwill(
            customer.contract, amount=Decimal("50.00"), taken_on=date(2023, 4, 20), reason="a bad week"
        )
    [waiting] = told(customer, APR, MAY).not_posted
    assert (waiting.contract, waiting.window, waiting.standing, waiting.amount) == (
        "C-1",
        "2023-04",
        "goodwill proposed",
        Decimal("50.00"),
    )
    assert told(customer, MAR, APR).not_posted == ()
    approve_and_issue(memo, date(2023, 4, 21))
    value = told(customer, APR, MAY)
    assert value.not_posted == ()
    assert [(one.section, one.amount) for one in value.movements] == [("goodwill", Decimal("50.00"))]
    assert b"goodwill" in to_csv(value)


def test_credit_notes_are_made_of_what_adds_and_a_reduction_is_refused_with_its_reason():
    customer = world.customer()
    customer.issue()
    more(customer, LONG)
    approve_and_issue(restate(customer).memo)
    with world.as_("finance"):
        memo = services.propose_goodwill(
            customer.contract, amount=Decimal("50.00"), taken_on=date(2023, 5, 4), reason="a bad week"
        )
    approve_and_issue(memo)
    notes = {note.kind: note for note in notes_of(CreditMemo.objects.all(), JUN)}
    assert {kind: note.net_amount for kind, note in notes.items()} == {
        "service_credit": Decimal("1000.00"),
        "increase": Decimal("1500.00"),
        "goodwill": Decimal("50.00"),
    }
    assert notes["increase"].description == "Increase by a restatement, platform 2023-03"
    assert refusal_of_a_note(notes["increase"]) == ""
    assert sum(part.net for part in notes["increase"].parts) == Decimal("1500.00")
    # Goodwill credits no invoice, so that its tax is not known here.
    assert "credits no invoice" in refusal_of_a_note(notes["goodwill"])


def test_a_reduction_is_no_credit_note():
    customer = world.customer(world.OUTAGE, LONG)
    customer.issue()
    more(customer, SHORT)
    approve_and_issue(restate(customer).memo)
    [note] = [one for one in notes_of(CreditMemo.objects.all(), JUN) if one.kind == "reduction"]
    assert "takes a credit back" in refusal_of_a_note(note)
