"""Statements: what stood, what moved, what stands; as JSON and as CSV."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from contracts import services as contracting
from credits import services
from credits.errors import StatementRefused
from credits.statement_files import to_csv, to_json
from credits.statements import Statement, statement
from tests import factories
from tests.credits import world

pytestmark = pytest.mark.django_db
MAR, APR, MAY, JUN, JUL = (date(2023, month, 1) for month in (3, 4, 5, 6, 7))


def told(of: world.World, from_on: date, until_on: date) -> Statement:
    contract = of.contract
    return statement(contract.counterparty, contract.legal_entity, from_on=from_on, until_on=until_on)


def figures(value: Statement) -> dict[str, tuple[str, str, str]]:
    return {row.account: (str(row.opening), str(row.movements), str(row.closing)) for row in value.balances}


def test_a_customers_statement_opens_with_what_the_last_one_closed_with():
    customer = world.customer()
    customer.issue()
    april, may = told(customer, APR, MAY), told(customer, MAY, JUN)
    assert figures(april) == {"payable_to_customers": ("0", "1000.000", "1000.000")}
    assert figures(may) == {"payable_to_customers": ("1000.000", "0", "1000.000")}
    [row] = april.movements
    assert (row.document_number, row.contract, row.window, row.tier) == (
        "SC-us-00001",
        "C-1",
        "2023-03",
        "[99, 99.9)",
    )
    assert row.level_percent == "99.865410497981"
    assert may.movements == ()


def test_a_vendors_statement_follows_the_claim_from_memorandum_to_payment():
    vendor = world.vendor()
    claim = vendor.send()
    with world.as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("500.00"))
    with world.as_("finance"):
        services.receive_payment(claim, taken_on=date(2023, 6, 1))
    assert figures(told(vendor, APR, MAY)) == {"claims_not_acknowledged": ("0", "987.460", "987.460")}
    assert figures(told(vendor, MAY, JUN)) == {
        "claims_not_acknowledged": ("987.460", "-987.460", "0.000"),
        "receivable_from_vendors": ("0", "500.000", "500.000"),
    }
    assert figures(told(vendor, APR, JUL)) == {
        "claims_not_acknowledged": ("0", "0.000", "0.000"),
        "receivable_from_vendors": ("0", "0.000", "0.000"),
    }
    assert [str(row.amount) for row in told(vendor, APR, JUL).movements] == [
        "987.460",
        "-987.460",
        "500.000",
        "-500.000",
    ]


def test_what_is_not_in_the_books_is_listed_as_what_it_is_and_counted_in_no_balance():
    customer = world.customer()
    customer.assess(datetime(2023, 4, 2, 7, tzinfo=UTC))
    [row] = told(customer, MAR, APR).not_posted
    assert (row.standing, row.amount) == ("provisional", world.CREDIT)
    customer.finalise()
    assert told(customer, MAR, APR).not_posted[0].standing == "provisional"  # it became final in April
    assert told(customer, MAR, MAY).not_posted[0].standing == "final, claim found"
    customer.propose()
    assert told(customer, MAR, MAY).not_posted[0].standing == "final, memo proposed"
    customer.issue()
    value = told(customer, MAR, MAY)
    assert value.not_posted == ()
    assert told(customer, MAR, APR).not_posted_totals == {"EUR": world.CREDIT}


def test_a_result_without_an_amount_is_an_open_question_and_no_zero():
    customer = world.customer(fee=None)
    customer.assess()
    value = told(customer, MAR, APR)
    assert (value.not_posted[0].standing, value.not_posted[0].amount) == ("open question", None)
    assert value.not_posted_totals == {}
    assert json.loads(to_json(value))["not_posted"][0]["amount"] is None


def test_a_window_belongs_to_the_period_in_which_its_last_local_day_lies():
    customer = world.customer()
    customer.finalise()
    assert told(customer, date(2023, 2, 1), MAR).not_posted == ()
    assert len(told(customer, date(2023, 3, 31), APR).not_posted) == 1
    assert told(customer, APR, MAY).not_posted == ()


def test_an_empty_period_is_refused():
    customer = world.customer()
    with pytest.raises(StatementRefused, match="is not after"):
        told(customer, APR, APR)


def test_json_has_parameters_control_totals_and_the_same_bytes_each_time():
    customer = world.customer()
    customer.issue()
    content = to_json(told(customer, MAR, MAY))
    assert content == to_json(told(customer, MAR, MAY))
    document = json.loads(content)
    assert document["format"] == "sla-ledger-statement/2"
    assert document["parameters"]["from_on"] == "2023-03-01"
    assert document["control"] == {
        "row_count": 1,
        "movement_count": 1,
        "not_posted_count": 0,
        "not_posted_totals": {},
    }
    [balance] = document["balances"]
    assert Decimal(balance["opening"]) + Decimal(balance["movements"]) == Decimal(balance["closing"])
    assert balance["closing"] == "1000.00"
    assert sum(Decimal(row["amount"]) for row in document["movements"]) == Decimal(balance["movements"])


def test_csv_is_as_rfc_4180_wants_it_and_its_totals_follow_from_its_rows():
    vendor = world.vendor()
    vendor.send()
    content = to_csv(told(vendor, APR, MAY))
    assert content.count(b"\r\n") == content.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    kinds = [row["kind"] for row in rows]
    assert kinds == [
        "statement",
        "opening",
        "movement",
        "total of section",
        "total of movements",
        "closing",
        "rows",
    ]
    moved = sum(Decimal(row["amount"]) for row in rows if row["kind"] == "movement")
    assert moved == Decimal(rows[4]["amount"]) == Decimal("987.46")
    assert rows[-1]["description"] == "1"


def test_a_text_that_looks_like_a_formula_is_disarmed_and_a_negative_amount_is_not():
    customer = world.customer()
    with world.as_("legal"):
        contracting.change(customer.contract.legal_entity, reason="mischief", name='=HYPERLINK("x")')
    memo = customer.issue()
    with world.as_("finance_approver"):
        services.reverse_memo(memo, taken_on=date(2023, 4, 20), reason="wrong")
    rows = list(csv.DictReader(io.StringIO(to_csv(told(customer, APR, MAY)).decode(), newline="")))
    assert rows[0]["description"].startswith("'=HYPERLINK")
    assert [row["amount"] for row in rows if row["kind"] == "movement"] == ["1000.00", "-1000.00"]


def test_the_command_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    customer = world.customer()
    customer.issue()
    output = tmp_path / "statement.json"
    call_command(
        "statement", "customer", "2023-03", "--until", "2023-04", "--format", "json", "--output", output
    )
    assert output.read_bytes() == to_json(told(customer, MAR, MAY))
    for wrong in (
        ["nobody", "2023-03"],
        ["customer", "2023-13"],
        ["customer", "2023-03", "--until", "2023-02"],
    ):
        with pytest.raises(CommandError):
            call_command("statement", *wrong, "--output", output)


def test_the_command_asks_for_our_company_where_there_are_several(tmp_path: Path):
    world.customer()
    factories.signed_contract(factories.terms(), reference="C-2", legal_entity=factories.entity("them"))
    output = tmp_path / "statement.csv"
    with pytest.raises(CommandError, match="them, us"):
        call_command("statement", "customer", "2023-03", "--output", output)
    call_command("statement", "customer", "2023-03", "--legal-entity", "us", "--output", output)
    assert output.read_bytes().startswith(b"kind,section,account,")


def test_what_moved_a_balance_stands_between_its_opening_and_its_closing():
    customer = world.customer()
    memo = customer.issue()
    with world.as_("finance_approver"):
        services.reverse_memo(memo, taken_on=date(2023, 4, 20), reason="the fee was wrong")
    value = told(customer, APR, MAY)
    assert [(row.section, row.count, row.amount) for row in value.sections] == [
        ("credits", 1, world.CREDIT),
        ("adjustments", 1, -world.CREDIT),
    ]
    for balance in value.balances:
        moved = sum(row.amount for row in value.sections if row.account == balance.account)
        assert balance.opening + moved == balance.closing
    document = json.loads(to_json(value))
    assert [row["section"] for row in document["sections"]] == ["credits", "adjustments"]
    rows = list(csv.DictReader(io.StringIO(to_csv(value).decode())))
    assert [row["section"] for row in rows if row["kind"] == "total of section"] == ["credits", "adjustments"]
    assert [row["section"] for row in rows if row["kind"] == "movement"] == ["credits", "adjustments"]


def test_a_vendors_payment_is_received_and_its_acknowledgement_a_credit():
    vendor = world.vendor()
    claim = vendor.send()
    with world.as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2))
    with world.as_("finance"):
        services.receive_payment(claim, taken_on=date(2023, 6, 1))
    found = {(row.account, row.section): row.amount for row in told(vendor, APR, JUL).sections}
    assert found == {
        ("claims_not_acknowledged", "credits"): world.VENDOR_CREDIT,
        ("claims_not_acknowledged", "adjustments"): -world.VENDOR_CREDIT,
        ("receivable_from_vendors", "credits"): world.VENDOR_CREDIT,
        ("receivable_from_vendors", "applied"): -world.VENDOR_CREDIT,
    }


def test_goodwill_and_what_was_applied_stand_on_lines_of_their_own():
    customer = world.customer()
    memo = customer.issue()
    with world.as_("finance"):
        goodwill = services.propose_goodwill(
            customer.contract, amount=Decimal("50.00"), taken_on=date(2023, 4, 12), reason="a bad week"
        )
    with world.as_("finance_approver"):
        services.approve_memo(goodwill, taken_on=date(2023, 4, 12))
    with world.as_("finance"):
        services.issue_memo(goodwill, taken_on=date(2023, 4, 13))
        invoice = customer.contract.invoices.get()
        services.apply_credit(
            memo,
            invoice=invoice,
            amount=Decimal("400.00"),
            taken_on=date(2023, 4, 14),
        )
    found = {row.section: row.amount for row in told(customer, APR, MAY).sections}
    assert found == {
        "credits": world.CREDIT,
        "goodwill": Decimal("50.000"),
        "applied": Decimal("-400.000"),
    }
