"""Two at once: gapless numbers, one posting per reference, closing against posting; each with a control."""

import threading
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from audit.record import record
from base.dberrors import constraint_of
from contracts.models import LegalEntity
from credits import services
from credits.errors import PeriodClosed, WrongAmount
from credits.models import Account, JournalEntry, MemoStep, NumberSeries
from credits.reading import is_closed, ledger_balances, memo_balance
from credits.rules import credit, debit
from credits.services.ledger import account_for
from credits.services.memos import _next_number
from tests import factories
from tests.credits import world

pytestmark = pytest.mark.django_db(transaction=True)
APRIL = date(2023, 4, 1)


class Task:
    """A function in a thread with a database connection of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self.thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self.result = work()
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()

    def done(self, within: float = 10) -> Any:
        self.thread.join(within)
        assert not self.thread.is_alive(), "still waiting"
        if self.error:
            raise self.error
        return self.result


def somebody_waits(within: float = 5) -> bool:
    """Whether some session waits for a lock before the time is up."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.02)
    return False


def accounts(entity: LegalEntity, person: Any) -> tuple[Account, Account]:
    counterparty = factories.counterparty()
    with world.as_(person), transaction.atomic():
        purposes = (Account.Purpose.SERVICE_CREDIT_EXPENSE, Account.Purpose.PAYABLE_TO_CUSTOMERS)
        made = tuple(account_for(entity, purpose, counterparty, "EUR") for purpose in purposes)
        record("test.prepare", entity)
    return made  # type: ignore[return-value]


class Posting:
    """A posting that is written and not committed yet, until it is told to."""

    def __init__(self, entity: LegalEntity) -> None:
        self.entity = entity
        self.person = factories.user("finance")
        self.accounts = accounts(entity, self.person)
        self.written, self.commit = threading.Event(), threading.Event()
        self.task = Task(self._post)
        assert self.written.wait(10)

    def _post(self) -> JournalEntry:
        expense, payable = self.accounts
        with world.as_(self.person), transaction.atomic():
            entry = services.post_entry(
                self.entity,
                reference="E-1",
                description="",
                effective_on=date(2023, 4, 11),
                postings=[debit(expense, Decimal("10.00")), credit(payable, Decimal("10.00"))],
            )
            self.written.set()
            assert self.commit.wait(10)
            return entry


def closing(entity: LegalEntity) -> Callable[[], Any]:
    closer = factories.user("finance")

    def close() -> None:
        with world.as_(closer):
            services.close_period(entity, starts_on=APRIL)

    return close


def test_closing_waits_for_a_posting_that_is_under_way():
    entity = factories.entity()
    posting = Posting(entity)
    close = Task(closing(entity))
    assert somebody_waits()
    assert close.thread.is_alive()
    posting.commit.set()
    posting.task.done()
    close.done()
    assert is_closed(entity, APRIL)
    with world.as_("finance"), pytest.raises(PeriodClosed):
        services.post_entry(
            entity,
            reference="E-2",
            description="",
            effective_on=APRIL,
            postings=[
                debit(posting.accounts[0], Decimal("1.00")),
                credit(posting.accounts[1], Decimal("1.00")),
            ],
        )


@pytest.fixture
def without_the_lock(owner_cursor: Any) -> None:
    """The negative control: the lock on a period does nothing."""
    owner_cursor.execute(
        "CREATE OR REPLACE FUNCTION credits_lock_period(entity bigint, day date, alone boolean) RETURNS void"
        " LANGUAGE plpgsql AS 'BEGIN RETURN; END'"
    )


def test_without_the_lock_a_posting_slips_into_a_closed_month(without_the_lock: None):
    entity = factories.entity()
    posting = Posting(entity)
    Task(closing(entity)).done()
    assert is_closed(entity, APRIL)
    assert not JournalEntry.objects.exists()
    posting.commit.set()
    posting.task.done()
    assert JournalEntry.objects.filter(effective_on__month=4).exists()  # what the lock is there to prevent


def test_posting_waits_for_a_closing_that_is_under_way_and_is_then_refused():
    entity = factories.entity()
    person = factories.user("finance")
    expense, payable = accounts(entity, person)
    close = closing(entity)

    def post() -> None:
        with world.as_(person):
            services.post_entry(
                entity,
                reference="E-1",
                description="",
                effective_on=date(2023, 4, 11),
                postings=[debit(expense, Decimal("1.00")), credit(payable, Decimal("1.00"))],
            )

    with transaction.atomic():
        close()
        task = Task(post)
        assert somebody_waits()
    with pytest.raises(PeriodClosed):
        task.done()
    assert not JournalEntry.objects.exists()


def test_an_entry_is_posted_in_read_committed_only():
    entity = factories.entity()
    person = factories.user("finance")
    expense, payable = accounts(entity, person)
    with pytest.raises(IntegrityError) as caught, world.as_(person), transaction.atomic():  # noqa: PT012
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        services.post_entry(
            entity,
            reference="E-1",
            description="",
            effective_on=APRIL,
            postings=[debit(expense, Decimal("1.00")), credit(payable, Decimal("1.00"))],
        )
    assert constraint_of(caught.value) == "credits_entry_isolation"


def test_the_same_reference_from_two_at_once_is_posted_once():
    entity = factories.entity()
    posting = Posting(entity)
    expense, payable = posting.accounts

    def again() -> JournalEntry:
        with world.as_(posting.person):
            return services.post_entry(
                entity,
                reference="E-1",
                description="",
                effective_on=date(2023, 4, 11),
                postings=[debit(expense, Decimal("10.00")), credit(payable, Decimal("10.00"))],
            )

    second = Task(again)
    assert somebody_waits()
    posting.commit.set()
    assert second.done() == posting.task.done()
    assert JournalEntry.objects.count() == 1


def test_two_issuers_take_gapless_numbers_even_when_one_gives_up():
    memos = []
    for number in range(1, 5):
        reference = f"C-{number}"
        fee = world.FEE.replace("I-1", f"I-{number}").replace("C-1", reference)
        memos.append(world.customer(fee=fee, reference=reference).approve())
    quitter = factories.user("finance")

    def issue(memo: Any, person: Any) -> Callable[[], MemoStep]:
        def work() -> MemoStep:
            with world.as_(person):
                return services.issue_memo(memo, taken_on=date(2023, 4, 11))

        return work

    def give_up() -> None:
        with world.as_(quitter), transaction.atomic():
            services.issue_memo(memos[0], taken_on=date(2023, 4, 11))
            time.sleep(0.2)
            transaction.set_rollback(True)

    tasks = [Task(give_up)] + [Task(issue(memo, factories.user("finance"))) for memo in memos[1:]]
    for task in tasks:
        task.done(20)
    numbers = sorted(MemoStep.objects.filter(state="issued").values_list("document_number", flat=True))
    assert numbers == ["SC-us-00001", "SC-us-00002", "SC-us-00003"]
    assert NumberSeries.objects.get().next_number == 4
    assert ledger_balances()


def test_without_the_rows_lock_two_issuers_would_be_refused_by_the_database(monkeypatch: pytest.MonkeyPatch):
    entity = factories.entity()
    with transaction.atomic():
        _next_number(entity, "XX")
    read = threading.Barrier(2, timeout=10)

    def take() -> None:
        with transaction.atomic():
            series = NumberSeries.objects.get(prefix="XX")  # the negative control: read without a lock
            read.wait()
            series.next_number += 1
            series.save(update_fields=["next_number"])

    outcomes = []
    for task in [Task(take), Task(take)]:
        try:
            outcomes.append(task.done())
        except IntegrityError as error:
            outcomes.append(constraint_of(error))
    assert sorted(outcomes, key=str) == [None, "credits_series_gapless"]


def test_a_window_reckoned_by_two_at_once_has_one_revision():
    told = world.customer()
    tasks = [Task(told.assess) for _ in range(3)]
    assert len({task.done().pk for task in tasks}) == 1


def test_a_claim_answered_by_two_at_once_is_answered_once():
    claim = world.vendor().send()
    people = [factories.user("vendor_manager"), factories.user("vendor_manager")]

    def answer(person: Any) -> Callable[[], Any]:
        def work() -> Any:
            with world.as_(person):
                return services.acknowledge_claim(claim, taken_on=date(2023, 5, 2))

        return work

    tasks = [Task(answer(person)) for person in people]
    first, second = (task.done() for task in tasks)
    assert first == second
    assert ledger_balances()


def paying(memo: Any) -> Callable[[], Any]:
    """Pays a credit out whole, in a transaction that takes its time."""
    person = factories.user("finance")

    def pay() -> Any:
        with world.as_(person), transaction.atomic():
            use = services.pay_out(memo, taken_on=date(2023, 4, 20), reference=f"bank {person.pk}")
            time.sleep(0.5)
            return use

    return pay


def test_a_credit_that_two_pay_out_at_once_is_paid_out_once():
    memo = world.customer().issue()
    tasks = [Task(paying(memo)), Task(paying(memo))]
    outcomes = []
    for task in tasks:
        try:
            outcomes.append(task.done().amount)
        except WrongAmount:
            outcomes.append(None)
    assert sorted(outcomes, key=str) == [Decimal("1000.00"), None]
    assert memo_balance(memo) == 0
    assert ledger_balances()


def test_without_the_lock_on_the_memo_two_uses_collide_on_the_reference_of_their_entry_only(
    owner_cursor: Any,
):
    """The negative control: without turns both find the whole balance, and only the entry's reference stops one."""
    owner_cursor.execute(
        "CREATE OR REPLACE FUNCTION credits_hold(what text, id bigint) RETURNS void LANGUAGE plpgsql"
        " AS 'BEGIN RETURN; END'"
    )
    memo = world.customer().issue()
    tasks = [Task(paying(memo)), Task(paying(memo))]
    errors = []
    for task in tasks:
        try:
            task.done()
        except Exception as error:
            errors.append(type(error).__name__)
    assert errors == ["Conflict"]
