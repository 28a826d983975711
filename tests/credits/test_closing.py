"""A month's end: locked, the checklist, and a closing that a worker carries out and may be killed in."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from base import jobs
from base.errors import NotAllowed
from base.models import Job
from contracts.models import LegalEntity
from credits import checklist, services
from credits.close_items import ITEMS
from credits.errors import CloserReopens, PeriodClosed, PeriodLocked, PeriodNotReady, WrongStep
from credits.models import ChecklistNote, CloseRun, CloseStage, JournalEntry, PeriodStep, ProvisionMove
from credits.reading import period_state
from credits.rules import credit, debit
from credits.services.closing import STAGES, is_running, progress_of
from tests import factories
from tests.credits import world
from tests.credits.test_accruals import BEFORE_CUT_OFF, policy
from tests.credits.test_ledger_guards import Books
from tests.credits.world import as_, refused

pytestmark = pytest.mark.django_db
MARCH = date(2023, 3, 1)
MAY_2 = date(2023, 5, 2)


def post(books: Books, *roles: str, on: date = date(2023, 3, 15), reference: str = "E-1") -> JournalEntry:
    with as_(factories.user(*roles)):
        return services.post_entry(
            books.entity,
            reference=reference,
            description="",
            effective_on=on,
            postings=[debit(books.expense, Decimal("1.00")), credit(books.payable, Decimal("1.00"))],
        )


def test_a_locked_month_takes_entries_of_approvers_only():
    books = Books()
    with as_("finance"):
        services.lock_period(books.entity, starts_on=MARCH)
    with pytest.raises(PeriodLocked, match="2023-03 is locked"):
        post(books, "finance")
    with refused("credits_entry_period_not_locked"):
        books.entry("E-9", on=date(2023, 3, 15))
    assert post(books, "finance", "finance_approver").pk
    assert post(books, "finance", on=date(2023, 4, 1), reference="E-2").pk
    with as_("finance"):
        services.close_period(books.entity, starts_on=MARCH)
    with pytest.raises(PeriodClosed):
        post(books, "finance", "finance_approver", reference="E-3")


def test_a_month_goes_through_its_states_in_order_and_back_by_another_person():
    entity = factories.entity()
    both = factories.user("finance", "finance_approver")
    with as_(both):
        services.lock_period(entity, starts_on=MARCH)
        with pytest.raises(WrongStep):
            services.lock_period(entity, starts_on=MARCH)
        with pytest.raises(CloserReopens, match="locked"):
            services.reopen_period(entity, starts_on=MARCH, reason="x")
    with as_("finance_approver"):
        services.reopen_period(entity, starts_on=MARCH, reason="a late invoice")
    with as_(both):
        services.close_period(entity, starts_on=MARCH)
        with pytest.raises(WrongStep):
            services.lock_period(entity, starts_on=MARCH)
    period = PeriodStep.objects.latest("pk").period
    with refused("credits_period_step_order"):
        PeriodStep.objects.create(period=period, number=4, state="locked", taken_by=both)
    with refused("credits_period_step_four_eyes"):
        PeriodStep.objects.create(period=period, number=4, state="reopened", reason="x", taken_by=both)


# The checklist -------------------------------------------------------------------------------------------


def lines(entity: LegalEntity) -> dict[str, checklist.Line]:
    return {line.item.key: line for line in checklist.checklist(entity, MARCH)}


def test_every_line_has_an_owner_and_this_rooms_lines_are_registered():
    keys = {item.key for item in checklist.items()}
    assert {item.key for item in ITEMS} <= keys
    assert all(item.owners for item in checklist.items())
    checklist.register(ITEMS[0])  # the same again is no second one
    with pytest.raises(RuntimeError):
        checklist.register(checklist.Item("memos", "Others", ("finance",), False, lambda *_: []))


def test_a_provisional_credit_is_provided_for_or_accepted_before_the_month_is_closed():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    entity = told.contract.legal_entity
    assert "set a policy" in lines(entity)["accruals"].findings[0]
    with as_("finance"), pytest.raises(PeriodNotReady, match="not provided for"):
        services.close_period(entity, starts_on=MARCH)
    policy()
    assert lines(entity)["accruals"].findings == ("C-1, Platform, 2023-03: 1000.000 EUR to be accrued",)
    with as_("finance"):
        services.accrue(entity, effective_on=date(2023, 3, 31))
        services.close_period(entity, starts_on=MARCH)


def test_what_is_accepted_is_the_very_finding():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    entity = told.contract.legal_entity
    with as_("legal"), pytest.raises(NotAllowed, match="does not answer for"):
        services.accept_finding(entity, starts_on=MARCH, key="accruals", reason="small")
    with as_("finance"):
        note = services.accept_finding(entity, starts_on=MARCH, key="accruals", reason="small")
        assert services.accept_finding(entity, starts_on=MARCH, key="accruals", reason="small") == note
    assert lines(entity)["accruals"].is_done
    policy()
    assert not lines(entity)["accruals"].is_done  # another finding now
    assert ChecklistNote.objects.count() == 1


def test_what_blocks_is_mended_and_not_accepted():
    told = world.customer()
    told.propose(on=date(2023, 3, 31))
    with as_("finance"), pytest.raises(PeriodNotReady, match="nothing under 'memos'"):
        services.accept_finding(told.contract.legal_entity, starts_on=MARCH, key="memos", reason="later")


def test_a_line_that_cannot_be_looked_at_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> list[str]:
        raise WrongStep("field: no")

    monkeypatch.setitem(
        checklist._items, "broken", checklist.Item("broken", "Broken", ("finance",), False, broken)
    )
    assert lines(factories.entity())["broken"].findings == ("It could not be looked at: field: no",)


def test_foreign_balances_want_a_rate_of_the_month():
    books = Books()
    with as_("finance"), connection.cursor():
        from credits.models import Account

        other = books.account(Account.Purpose.SERVICE_CREDIT_EXPENSE, "USD")
        services.post_entry(
            books.entity,
            reference="U-1",
            description="",
            effective_on=MARCH,
            postings=[debit(other, Decimal(1)), credit(books.dollars, Decimal(1))],
        )
        assert "no rate of USD" in lines(books.entity)["rates"].findings[0]
        services.record_rate(
            base_currency="USD",
            quote_currency="EUR",
            on=date(2023, 3, 31),
            rate=Decimal("0.92"),
            source="bank",
        )
    assert not lines(books.entity)["rates"].findings


# The closing as work ---------------------------------------------------------------------------------------


def ask(entity: LegalEntity) -> CloseRun:
    with as_("finance"):
        return services.request_close(entity, starts_on=MARCH, as_of=MAY_2, reason="month-end")


def carry_out(run: CloseRun) -> None:
    """What a worker does, until nothing waits."""
    for _ in range(30):
        waiting = Job.objects.filter(kind="credits.close", done_at=None, failed_at=None).first()
        if waiting is None:
            return
        assert jobs.run(waiting.pk) == "done"


def test_a_closing_goes_through_its_stages_and_is_told_as_progress():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    policy()
    run = ask(told.contract.legal_entity)
    assert ask(told.contract.legal_entity) == run  # one at a time
    assert progress_of(run) == (0, 6)
    carry_out(run)
    assert [stage.key for stage in run.stages.all()] == list(STAGES)
    assert progress_of(run) == (6, 6)
    assert not is_running(run)
    assert period_state(told.contract.legal_entity, MARCH) == "closed"
    assert PeriodStep.objects.get().taken_by == run.requested_by
    assert ProvisionMove.objects.get().amount == Decimal("1000.00")
    totals = run.stages.get(key="total").result["totals"]
    assert totals == {"EUR": ["1000.000", "1000.000"]}


def test_a_closing_that_is_refused_says_why_and_another_one_may_follow():
    told = world.customer()
    told.propose(on=date(2023, 3, 31))
    run = ask(told.contract.legal_entity)
    carry_out(run)
    [stage] = run.stages.all()
    assert (stage.outcome, stage.result["code"]) == ("refused", "period_not_ready")
    assert "memos that are not issued" in stage.result["because"]
    assert not is_running(run)
    assert ask(told.contract.legal_entity).number == 2


def test_a_month_that_is_not_over_is_not_closed():
    with as_("finance"), pytest.raises(WrongStep, match="not over"):
        services.request_close(factories.entity(), starts_on=MARCH, as_of=date(2023, 3, 31), reason="x")


def test_accruals_go_by_chunks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("credits.services.closing.CHUNK", 1)
    for number in range(1, 3):
        reference = f"C-{number}"
        fee = world.FEE.replace("I-1", f"I-{number}").replace("C-1", reference)
        world.customer(reference=reference, fee=fee).assess(BEFORE_CUT_OFF)
    policy()
    run = ask(factories.entity())
    carry_out(run)
    assert [stage.key for stage in run.stages.all()] == [
        "look",
        "accrue",
        "accrue",
        "revalue",
        "check",
        "total",
        "close",
    ]
    assert ProvisionMove.objects.count() == 2


KILLED = """
import sys, time, django
django.setup()
from base import jobs
from base.models import Job
from credits.services import closing
real = closing._do
def slow(run, key, cursor, job):
    result = real(run, key, cursor, job)
    if key == "accrue":
        print("posted, not committed", flush=True)
        time.sleep(60)
    return result
closing._do = slow
while True:
    jobs.run(Job.objects.filter(kind="credits.close", done_at=None).order_by("pk").first().pk)
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_nothing_half_done_and_the_next_one_goes_on():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    policy()
    run = ask(told.contract.legal_entity)
    settings = connection.settings_dict
    url = os.environ["DATABASE_URL"]
    environment = os.environ | {
        "DATABASE_URL": url.replace("/sla?", f"/{settings['NAME']}?"),
        "PYTHONPATH": os.getcwd(),
    }
    environment["TEST_DATABASE_NAME"] = settings["NAME"]
    worker = subprocess.Popen(
        [sys.executable, "-c", NAMED + KILLED], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "posted, not committed\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    for _ in range(100):
        if not _others():
            break
        time.sleep(0.05)
    assert [stage.key for stage in CloseStage.objects.all()] == ["look"]
    assert not ProvisionMove.objects.exists()
    assert not JournalEntry.objects.exists()
    carry_out(run)
    assert [stage.key for stage in run.stages.all()] == list(STAGES)
    assert ProvisionMove.objects.count() == JournalEntry.objects.count() == 1
    assert period_state(told.contract.legal_entity, MARCH) == "closed"


NAMED = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE_NAME"]
"""


def _others() -> int:
    """Sessions on this database that are in a transaction, beside our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])
