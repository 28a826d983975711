"""The Python checks and the database's agree on every entry: each is the oracle of the other."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from base.dberrors import constraint_of
from base.errors import DomainError
from credits.errors import BY_CONSTRAINT
from credits.models import Account, JournalEntry, Posting
from credits.rules import Line, check_lines
from tests.credits.test_ledger_guards import Books

pytestmark = pytest.mark.django_db
# Few accounts and few amounts, so that balanced entries are found as well.
LINES = st.lists(
    st.tuples(
        st.sampled_from(["expense", "payable", "memorandum", "contra", "dollars"]),
        st.sampled_from(["debit", "credit"]),
        st.sampled_from(["1.00", "2.00", "3.00"]),
    ),
    max_size=5,
)
MIRRORED = LINES.map(
    lambda lines: (
        lines + [(name, {"debit": "credit"}.get(side, "debit"), amount) for name, side, amount in lines]
    )
)


@pytest.fixture
def books() -> Books:
    return Books()


def by_python(lines: list[Line], entity: int) -> bool:
    try:
        check_lines(lines, entity)
    except DomainError:
        return False
    return True


def by_database(lines: list[Line], books: Books) -> bool:
    """Whether the database takes the entry; it is taken back in any case."""
    try:
        with transaction.atomic():
            entry = JournalEntry.objects.create(
                legal_entity=books.entity,
                reference="E-1",
                description="",
                effective_on=date(2023, 4, 11),
                posted_by=books.finance,
            )
            Posting.objects.bulk_create(
                Posting(
                    entry=entry,
                    account=line.account,
                    side=line.side,
                    amount=line.amount,
                    currency=line.account.currency,
                )
                for line in lines
            )
            connection.check_constraints()
            transaction.set_rollback(True)
    except IntegrityError as error:
        if constraint_of(error) not in BY_CONSTRAINT:
            raise
        return False
    return True


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=LINES | MIRRORED)
@example(drawn=[("expense", "debit", "1.00"), ("payable", "credit", "1.00")])
@example(drawn=[("memorandum", "debit", "1.00"), ("payable", "credit", "1.00")])
def test_python_and_the_database_take_the_same_entries(books: Books, drawn: list[tuple[str, str, str]]):
    accounts: dict[str, Account] = vars(books)
    lines = [Line(accounts[name], side, Decimal(amount)) for name, side, amount in drawn]
    taken = by_python(lines, books.entity.pk)
    event("taken" if taken else "refused")
    assert taken == by_database(lines, books)
