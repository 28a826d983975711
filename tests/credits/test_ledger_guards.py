"""Round the ORM, as the application's role: what the database itself refuses, by the name of the constraint."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from audit.record import record
from contracts.models import Counterparty, LegalEntity
from credits import services
from credits.errors import (
    CannotReverse,
    EntryIncomplete,
    EntryNotBalanced,
    MemorandumMixed,
    PeriodClosed,
    WrongAccount,
    WrongAmount,
)
from credits.models import Account, JournalEntry, Posting
from credits.rules import credit, debit
from credits.services.ledger import account_for
from tests import factories
from tests.credits import world
from tests.credits.world import refused

pytestmark = pytest.mark.django_db
ON = date(2023, 4, 11)


class Books:
    """Accounts of one legal entity with one counterparty, and SQL as somebody in a hurry would write it."""

    def __init__(self) -> None:
        self.entity: LegalEntity = factories.entity()
        self.counterparty: Counterparty = factories.counterparty()
        self.finance = factories.user("finance")
        with world.as_(self.finance), transaction.atomic():
            self.expense = self.account(Account.Purpose.SERVICE_CREDIT_EXPENSE)
            self.payable = self.account(Account.Purpose.PAYABLE_TO_CUSTOMERS)
            self.memorandum = self.account(Account.Purpose.CLAIMS_NOT_ACKNOWLEDGED)
            self.contra = self.account(Account.Purpose.CLAIMS_CONTRA)
            self.dollars = self.account(Account.Purpose.PAYABLE_TO_CUSTOMERS, "USD")
            record("test.prepare", self.entity)

    def account(self, purpose: Account.Purpose, currency: str = "EUR") -> Account:
        return account_for(self.entity, purpose, self.counterparty, currency)

    def post(self, reference: str = "E-1", amount: str = "10.00", on: date = ON) -> JournalEntry:
        with world.as_(self.finance):
            return services.post_entry(
                self.entity,
                reference=reference,
                description="a test",
                effective_on=on,
                postings=[debit(self.expense, Decimal(amount)), credit(self.payable, Decimal(amount))],
            )

    def entry(self, reference: str, reverses: int | None = None, on: date = ON) -> int:
        """An entry without postings, in SQL."""
        return int(
            one(
                "INSERT INTO credits_journalentry (legal_entity_id, reference, description, effective_on,"
                " posted_by_id, reverses_id) VALUES (%s, %s, '', %s, %s, %s) RETURNING id",
                self.entity.pk,
                reference,
                on,
                self.finance.pk,
                reverses,
            )
        )


def one(statement: str, *values: Any) -> Any:
    """The first column of the first row of a statement, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postings(*rows: tuple[int, Account, str, str]) -> None:
    """Postings in one statement: (entry, account, side, amount), in the currency of the account."""
    values = [(entry, account.pk, side, amount, account.currency) for entry, account, side, amount in rows]
    places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    one(
        f"INSERT INTO credits_posting (entry_id, account_id, side, amount, currency) VALUES {places}",
        *[cell for row in values for cell in row],
    )


@pytest.fixture
def books() -> Books:
    return Books()


def test_a_balanced_entry_in_two_statements_is_accepted_as_the_oracle_of_this_file(books: Books):
    with world.as_(books.finance), transaction.atomic():
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"), (entry, books.payable, "credit", "10"))
        record("test.post", books.entity)
        connection.check_constraints()
    assert Posting.objects.count() == 2


def test_an_entry_without_postings(books: Books):
    with refused("credits_entry_has_postings"):
        books.entry("E-1")


def test_a_one_sided_entry(books: Books):
    with refused("credits_entry_balanced"):
        postings((books.entry("E-1"), books.expense, "debit", "10"))


def test_sides_that_differ_by_the_smallest_unit(books: Books):
    with refused("credits_entry_balanced"):
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10.000"), (entry, books.payable, "credit", "9.999"))


def test_two_currencies_that_balance_only_when_added(books: Books):
    with refused("credits_entry_balanced"):
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"), (entry, books.dollars, "credit", "10"))


def test_a_memorandum_account_against_a_real_one(books: Books):
    with refused("credits_entry_memorandum_apart"):
        entry = books.entry("E-1")
        postings((entry, books.memorandum, "debit", "10"), (entry, books.payable, "credit", "10"))


def test_a_posting_in_another_currency_than_its_account(books: Books):
    with refused("credits_posting_account_currency"):
        entry = books.entry("E-1")
        one(
            "INSERT INTO credits_posting (entry_id, account_id, side, amount, currency)"
            " VALUES (%s, %s, 'debit', 10, 'USD'), (%s, %s, 'credit', 10, 'USD')",
            entry,
            books.expense.pk,
            entry,
            books.payable.pk,
        )


def test_a_posting_to_an_account_that_is_not_there_yet(books: Books):
    with refused("credits_posting_account_currency"):
        entry = books.entry("E-1")
        one(
            "INSERT INTO credits_posting (entry_id, account_id, side, amount, currency)"
            " VALUES (%s, 999999, 'debit', 10, 'EUR'), (%s, 999999, 'credit', 10, 'EUR')",
            entry,
            entry,
        )


def test_a_posting_before_its_entry(books: Books):
    with refused("credits_entry_made_whole"):
        postings((999999, books.expense, "debit", "10"), (999999, books.payable, "credit", "10"))


def test_an_account_of_another_legal_entity(books: Books):
    other = factories.entity("them")
    with world.as_(books.finance), transaction.atomic():
        theirs = account_for(other, Account.Purpose.PAYABLE_TO_CUSTOMERS, books.counterparty, "EUR")
        record("test.prepare", other)
    with refused("credits_posting_account_entity"):
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"), (entry, theirs, "credit", "10"))


def test_a_balanced_entry_in_two_halves(books: Books):
    with refused("credits_entry_balanced"):
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"))
        postings((entry, books.payable, "credit", "10"))


def test_a_balanced_addition_to_an_entry_of_the_same_transaction(books: Books):
    with refused("credits_entry_made_whole"):
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"), (entry, books.payable, "credit", "10"))
        postings((entry, books.expense, "debit", "5"), (entry, books.payable, "credit", "5"))


@pytest.mark.django_db(transaction=True)
def test_a_balanced_addition_to_an_old_entry(books: Books):
    old = books.post()
    with refused("credits_entry_made_whole"):
        postings((old.pk, books.expense, "debit", "10"), (old.pk, books.payable, "credit", "10"))


def test_an_entry_cannot_claim_to_be_of_another_transaction(books: Books):
    with world.as_(books.finance), transaction.atomic():
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"), (entry, books.payable, "credit", "10"))
        forged = one(
            "INSERT INTO credits_journalentry (legal_entity_id, reference, description, effective_on,"
            " posted_by_id, transaction_id, posted_at) VALUES (%s, 'E-2', '', %s, %s, 1, '1999-01-01')"
            " RETURNING transaction_id = pg_current_xact_id()::text::bigint AND posted_at = now()",
            books.entity.pk,
            ON,
            books.finance.pk,
        )
        assert forged is True
        transaction.set_rollback(True)


def test_an_account_of_another_kind_than_its_purpose(books: Books):
    with refused("credits_account_kind_of_purpose"):
        Account.objects.create(
            legal_entity=books.entity,
            counterparty=books.counterparty,
            purpose=Account.Purpose.CLEARING,
            kind=Account.Kind.MEMORANDUM,
            currency="EUR",
        )


def test_an_amount_of_zero_and_one_below_zero(books: Books):
    for amount in ("0", "-10"):
        with refused("credits_posting_positive"):
            entry = books.entry("E-1")
            postings((entry, books.expense, "debit", amount), (entry, books.payable, "credit", amount))


def test_the_same_reference_again(books: Books):
    books.post("E-1")
    with refused("credits_journalentry_reference_key"):
        books.entry("E-1")


def test_a_temporary_table_with_the_postings_name_changes_nothing(books: Books):
    with refused("credits_entry_balanced"):
        one("CREATE TEMPORARY TABLE credits_posting (LIKE public.credits_posting INCLUDING DEFAULTS)")
        one("CREATE TEMPORARY TABLE added (LIKE public.credits_posting INCLUDING DEFAULTS)")
        one("CREATE TEMPORARY TABLE credits_account (LIKE public.credits_account)")
        one("CREATE TEMPORARY TABLE credits_journalentry (LIKE public.credits_journalentry)")
        entry = int(
            one(
                "INSERT INTO public.credits_journalentry (legal_entity_id, reference, description, effective_on,"
                " posted_by_id) VALUES (%s, 'E-1', '', %s, %s) RETURNING id",
                books.entity.pk,
                ON,
                books.finance.pk,
            )
        )
        for table in ("credits_posting", "added"):
            one(
                f"INSERT INTO pg_temp.{table} (id, entry_id, account_id, side, amount, currency)"
                " VALUES (1, %s, %s, 'debit', 10, 'EUR'), (2, %s, %s, 'credit', 10, 'EUR')",
                *(entry, books.expense.pk, entry, books.payable.pk),
            )
        one(
            "INSERT INTO public.credits_posting (entry_id, account_id, side, amount, currency)"
            " VALUES (%s, %s, 'debit', 10, 'EUR')",
            entry,
            books.expense.pk,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credits_posting SET amount = amount + 1",
        "DELETE FROM credits_posting",
        "TRUNCATE credits_posting",
        "UPDATE credits_journalentry SET effective_on = '2020-01-01'",
        "DELETE FROM credits_journalentry",
        "TRUNCATE credits_journalentry CASCADE",
        "UPDATE credits_account SET currency = 'USD'",
        "ALTER TABLE credits_posting DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION credits_check_postings() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NULL; END'",
        "DROP TRIGGER credits_posting_checked ON credits_posting",
    ],
)
def test_the_application_cannot_change_what_was_posted_or_its_guards(books: Books, statement: str):
    books.post()
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        one(statement)


@pytest.mark.parametrize(
    "statement", ["UPDATE credits_posting SET amount = 1", "DELETE FROM credits_posting"]
)
@pytest.mark.django_db(transaction=True)
def test_the_owner_is_refused_as_well(owner_cursor: Any, statement: str):
    Books().post()
    with pytest.raises(Exception, match="only ever appended") as caught:
        owner_cursor.execute(statement)
    assert caught.value.diag.constraint_name == "credits_posting_append_only"


@pytest.mark.django_db(transaction=True)
def test_an_entry_in_a_transaction_without_an_event_is_refused_at_the_commit():
    books = Books()
    with refused("credits_journalentry_has_event"):
        entry = books.entry("E-1")
        postings((entry, books.expense, "debit", "10"), (entry, books.payable, "credit", "10"))


# Reversals -----------------------------------------------------------------------------------------------


def reversing(books: Books, of: JournalEntry, *rows: tuple[Account, str, str]) -> None:
    entry = books.entry("R-1", reverses=of.pk)
    postings(*[(entry, account, side, amount) for account, side, amount in rows])


def test_a_reversal_that_mirrors_nothing(books: Books):
    with refused("credits_reversal_of_an_entry"):
        books.entry("R-1", reverses=999999)


def test_a_reversal_with_another_amount(books: Books):
    entry = books.post()
    with refused("credits_reversal_mirrors"):
        reversing(books, entry, (books.payable, "debit", "9"), (books.expense, "credit", "9"))


def test_a_reversal_with_the_same_sides(books: Books):
    entry = books.post()
    with refused("credits_reversal_mirrors"):
        reversing(books, entry, (books.expense, "debit", "10"), (books.payable, "credit", "10"))


def test_a_reversal_with_something_added(books: Books):
    entry = books.post()
    with refused("credits_reversal_mirrors"):
        reversing(
            books,
            entry,
            (books.payable, "debit", "10"),
            (books.expense, "credit", "10"),
            (books.payable, "debit", "1"),
            (books.expense, "credit", "1"),
        )


def test_an_entry_is_reversed_once(books: Books):
    entry = books.post()
    with world.as_(books.finance):
        services.reverse_entry(entry, effective_on=ON, reason="posted twice")
    with refused("credits_journalentry_reverses_id_key"):
        books.entry("R-2", reverses=entry.pk)


def test_a_reversal_is_not_reversed(books: Books):
    entry = books.post()
    with world.as_(books.finance):
        reversal = services.reverse_entry(entry, effective_on=ON, reason="posted twice")
        with refused("credits_reversal_not_reversed"):
            books.entry("R-2", reverses=reversal.pk)
        with pytest.raises(CannotReverse, match="is a reversal itself"):
            services.reverse_entry(reversal, effective_on=ON, reason="no")


# The same, refused by name in Python -----------------------------------------------------------------------


def post_lines(books: Books, *lines: Any, reference: str = "E-1") -> JournalEntry:
    with world.as_(books.finance):
        return services.post_entry(
            books.entity, reference=reference, description="", effective_on=ON, postings=lines
        )


def test_the_service_names_what_is_wrong_before_the_database_does(books: Books):
    ten, nine = Decimal("10.00"), Decimal("9.99")
    with pytest.raises(EntryIncomplete, match="2 to"):
        post_lines(books, debit(books.expense, ten))
    with pytest.raises(EntryNotBalanced, match=r"0\.01 EUR"):
        post_lines(books, debit(books.expense, ten), credit(books.payable, nine))
    with pytest.raises(EntryNotBalanced):
        post_lines(books, debit(books.expense, ten), credit(books.dollars, ten))
    with pytest.raises(MemorandumMixed):
        post_lines(books, debit(books.memorandum, ten), credit(books.payable, ten))
    for wrong in ("0", "-1", "NaN", "Infinity", "10.001"):
        with pytest.raises(WrongAmount):
            post_lines(books, debit(books.expense, Decimal(wrong)), credit(books.payable, Decimal(wrong)))
    other = factories.entity("them")
    stranger = Account(legal_entity=other, counterparty=books.counterparty, currency="EUR", kind="liability")
    with pytest.raises(WrongAccount):
        post_lines(books, debit(books.expense, ten), credit(stranger, ten))
    assert not JournalEntry.objects.exists()


def test_the_same_reference_with_the_same_content_is_posted_once_and_with_other_content_refused(books: Books):
    first = books.post("E-1")
    assert books.post("E-1") == first
    assert (JournalEntry.objects.count(), Posting.objects.count()) == (1, 2)
    with pytest.raises(services.ledger.Conflict, match="E-1 stands for another entry"):
        books.post("E-1", amount="11.00")


def test_memorandum_accounts_balance_among_themselves(books: Books):
    ten = Decimal("10.00")
    entry = post_lines(
        books,
        debit(books.memorandum, ten),
        credit(books.contra, ten),
        debit(books.expense, ten),
        credit(books.payable, ten),
    )
    assert entry.postings.count() == 4


# Periods -------------------------------------------------------------------------------------------------


def test_nothing_is_posted_into_a_closed_month(books: Books):
    with world.as_(books.finance):
        services.close_period(books.entity, starts_on=date(2023, 4, 1))
    for day in (date(2023, 4, 1), date(2023, 4, 30)):
        with pytest.raises(PeriodClosed, match="2023-04 is closed"):
            books.post(on=day)
        with refused("credits_entry_period_open"):
            books.entry("E-9", on=day)
    books.post("E-2", on=date(2023, 3, 31))
    books.post("E-3", on=date(2023, 5, 1))


def test_a_reversal_is_posted_into_an_open_month(books: Books):
    entry = books.post()
    with world.as_(books.finance):
        services.close_period(books.entity, starts_on=date(2023, 4, 1))
        with pytest.raises(PeriodClosed):
            services.reverse_entry(entry, effective_on=ON, reason="wrong")
        reversal = services.reverse_entry(entry, effective_on=date(2023, 5, 2), reason="wrong")
    assert reversal.effective_on == date(2023, 5, 2)
