"""docs/ledger.md says what is posted and what is refused."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from contracts.models import Commitment, ContractVersion
from credits import services
from credits.close_items import ITEMS
from credits.errors import BY_CONSTRAINT
from credits.models import AccrualPolicy, Assessment, JournalEntry
from credits.services.accruals import _expected, _Final
from credits.services.uses import ACCOUNTS
from reckoning.terms import parse_terms
from tests import factories
from tests.credits import world
from tests.credits.test_rates import owe, rate, revalue

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "ledger.md").read_text()
MONTH_END = (DOCS / "algorithms" / "month-end.md").read_text()
# Guards that no service can run into: whoever meets them went round the services, and gets the database's error.
ONLY_ROUND_THE_SERVICES = {
    "credits_entry_isolation",
    "credits_memo_use_posted",
    "credits_provision_move_posted",
    "credits_restatement_amount",
    "credits_memo_has_first_step",
    "credits_memo_parties_of_result",
    "credits_memo_step_posted",
    "credits_series_gapless",
}


def tables(page: str = PAGE) -> list[list[dict[str, str]]]:
    """Every table of a page as rows by heading."""
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        found.append([dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]])
    return found


def table(heading: str) -> list[dict[str, str]]:
    """The first table with a column of this heading."""
    return next(rows for rows in tables() if heading in rows[0])


def lines_of(entry: JournalEntry) -> tuple[str, str, str]:
    sides = {row.side: row for row in entry.postings.select_related("account")}
    debit, credit = sides["debit"], sides["credit"]
    assert debit.amount == credit.amount
    return debit.account.purpose, credit.account.purpose, f"{debit.amount:,.2f}"


@pytest.mark.django_db
def test_the_entries_of_the_page_are_the_entries_that_are_posted():
    fee = world.VENDOR_FEE.replace("9874.61", "10000.00")
    world.customer().issue()
    claim = world.vendor(fee=fee).send()
    with world.as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("600.00"))
    with world.as_("finance"):
        services.receive_payment(claim, taken_on=date(2023, 6, 1))
    other = fee.replace("P-1", "P-2").replace("V-1", "V-2")
    refused = world.vendor(fee=other, reference="V-2").send()
    with world.as_("vendor_manager"):
        services.refuse_claim(refused, taken_on=date(2023, 5, 2), reason="no")
    posted = [lines_of(entry) for entry in JournalEntry.objects.order_by("pk")]
    said = [(row["debit"], row["credit"], row["amount"]) for row in table("debit")]
    # The second vendor's memo is issued once more before it is refused.
    assert posted == [*said[:5], said[1], said[5]]


def test_the_uses_of_the_page_are_posted_as_it_says():
    said = {row["use"]: (row["debits"], row["credits"]) for row in table("use")}
    assert said == {kind.value: (takes.value, gives.value) for kind, (takes, gives) in ACCOUNTS.items()}


def test_the_checklist_of_the_page_is_the_one_that_is_asked():
    said = {row["line"]: (row["blocks"] == "yes", row["first owner"]) for row in table("line")}
    assert said == {item.key: (item.blocks, item.owners[0]) for item in ITEMS}


@pytest.mark.django_db
def test_every_constraint_of_the_page_is_raised_somewhere_and_every_raised_one_is_on_the_page():
    said = {row["constraint"].strip("`") for row in table("constraint")}
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname LIKE 'credits%%'", [])
        sources = "".join(row[0] for row in cursor.fetchall())
    raised = set(re.findall(r"CONSTRAINT = '(\w+)'", sources)) - {"credits_period_step_isolation"}
    assert raised == said - {"credits_posting_positive"}


def test_every_guard_that_a_service_can_run_into_has_its_named_error():
    said = {row["constraint"].strip("`") for row in table("constraint")}
    assert said - set(BY_CONSTRAINT) == ONLY_ROUND_THE_SERVICES


def test_every_guards_function_pins_its_search_path_and_every_trigger_is_always_on(db: Any):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND proname ~ '^(credits|audit|base|contracts|measurements)_'"
        )
        functions = cursor.fetchall()
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgname ~ '^credits_'"
        )
        triggers = cursor.fetchall()
    assert len(functions) > 15
    pinned = "search_path=pg_catalog, public, pg_temp"
    assert {name: config for name, config in functions if pinned not in (config or ())} == {}
    assert len(triggers) > 30
    assert {name for name, enabled in triggers if enabled != "A"} == set()


# docs/algorithms/month-end.md ------------------------------------------------------------------------------


def worked(heading: str) -> list[dict[str, str]]:
    """The table of the page on the month's end with a column of this heading."""
    return next(rows for rows in tables(MONTH_END) if heading in rows[0])


@pytest.mark.parametrize("row", worked("most likely"), ids=lambda row: row["what is known"])
def test_the_estimates_of_the_page_are_those_of_the_code(row: dict[str, str]):
    final = None
    if row["stage"] != "provisional":
        final = _Final(
            Decimal(row["payable"]),
            issued=Decimal(row["issued"]),
            claim=row["claim"].replace("-", ""),
            taken_back=row["stage"] == "reversed",
        )
    terms = parse_terms(factories.terms(factories.commitment_terms(claim={"kind": "automatic"})))
    result = Assessment(
        commitment=Commitment(version=ContractVersion(terms=terms.document()), key=terms.commitments[0].key),
        credit_amount=Decimal(row["payable"]),
        currency="EUR",
        revision=1,
        claim_deadline_on=date(2023, 4, 30) if row["claim wanted"] == "yes" else None,
    )
    for method, heading in (("most_likely", "most likely"), ("expected_value", "expected value at 0.8")):
        policy = AccrualPolicy(method=method, claimed_ratio=Decimal("0.8"))
        assert _expected(result, final, policy)[0] == Decimal(row[heading]), heading


@pytest.mark.django_db
def test_the_revaluations_of_the_page_are_those_of_the_code():
    for at, row in enumerate(worked("carried at")):
        month = date(2023, at + 1, 28)
        rate(month.replace(day=1) if at == 0 else month, row["rate"])
        if row["posted"] != "-":
            owe(row["posted"], on=month.replace(day=2) if at == 0 else month, reference=f"E-{at}")
        [found] = revalue(month)
        assert (-found.carried_amount, -found.revalued_amount, found.difference_amount) == (
            Decimal(row["carried at"]),
            Decimal(row["worth"]),
            Decimal(row["gain (+) or loss (-)"]),
        )


@pytest.mark.parametrize("row", worked("balance of the memo"), ids=lambda row: row["act"])
def test_the_balances_of_the_page_add_up(row: dict[str, str]):
    """Each row's balance is the one before it, less what the act takes, plus what it gives back."""
    rows = worked("balance of the memo")
    at = rows.index(row)
    before = Decimal(rows[at - 1]["balance of the memo"]) if at else Decimal(0)
    assert before + Decimal(row["moves"]) == Decimal(row["balance of the memo"])
