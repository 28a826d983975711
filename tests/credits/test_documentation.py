"""docs/ledger.md says what is posted and what is refused."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from credits import services
from credits.errors import BY_CONSTRAINT
from credits.models import JournalEntry
from tests.credits import world

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text()
# Guards that no service can run into: whoever meets them went round the services, and gets the database's error.
ONLY_ROUND_THE_SERVICES = {
    "credits_entry_isolation",
    "credits_memo_has_first_step",
    "credits_memo_parties_of_result",
    "credits_memo_step_posted",
    "credits_series_gapless",
}


def tables() -> list[list[dict[str, str]]]:
    """Every table of the page as rows by heading."""
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", PAGE, re.MULTILINE):
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
    assert {
        name: config for name, config in functions if config != ["search_path=pg_catalog, public, pg_temp"]
    } == {}
    assert len(triggers) > 30
    assert {name for name, enabled in triggers if enabled != "A"} == set()
