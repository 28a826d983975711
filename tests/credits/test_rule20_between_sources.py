"""Rule 20 between sources: who accepted a figure, set a tolerance or entered maintenance that recurs."""

from datetime import date, time, timedelta

import pytest

from credits import services
from measurements import services as measuring
from tests import factories
from tests.credits import world
from tests.credits.test_rule20 import ON, barred, both
from tests.factories import utc
from tests.measurements.test_reconciliation import ALONE, SHORTER, second_monitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    return world.customer(terms={"claim": {"kind": "automatic"}})


def tolerate(told, source, person, seconds=100_000, **given):
    values = {"windows_from": utc(2023, 1, 1), "set_at": utc(2023, 1, 1)} | given
    with world.as_(person):
        measuring.set_difference_tolerance(
            contract=told.contract, source=source, seconds=seconds, reason="schedule 3", **values
        )


def accept(told, source, person, line="2023-03-10", decided_at=world.CUT_OFF):
    with world.as_(person):
        measuring.accept_figure(
            commitment=told.commitment,
            window=told.window,
            source=source,
            line=line,
            accepted_seconds=3600,
            category="length",
            reason="the log agrees with ours",
            decided_at=decided_at,
        )


def recurring(told, person, first_on=date(2023, 3, 6), last_on=date(2023, 3, 20)):
    with world.as_(person):
        measuring.propose_recurring_maintenance(
            contract=told.contract,
            service=told.commitment.service,
            code="mondays",
            zone="Europe/Berlin",
            weekdays=[1],
            starts_local=time(1),
            ends_local=time(2),
            first_on=first_on,
            last_on=last_on,
            announced_at=utc(2023, 1, 1),
            evidence="a notice",
            proposed_at=utc(2023, 1, 2),
        )


def approves(memo, person):
    with world.as_(person):
        services.approve_memo(memo, taken_on=ON)
    assert memo.steps.filter(state="approved").exists()


def test_whoever_accepted_a_figure(told):
    person = both("legal")
    accept(told, second_monitor(told, SHORTER), person)
    barred(told.propose(), person, r"accepted 3600 s against probe, 2023-03-10")


def test_also_where_somebody_else_said_another_word_later(told):
    person, later = both("legal"), both("vendor_manager")
    source = second_monitor(told, SHORTER)
    accept(told, source, person, decided_at=world.CUT_OFF - timedelta(hours=1))
    accept(told, source, later, line="window")
    memo = told.propose()
    barred(memo, person, "accepted 3600 s")
    barred(memo, later, "accepted 3600 s against probe, window")


def test_a_figure_accepted_after_the_result_was_known_bars_nobody(told):
    person = both("legal")
    source = second_monitor(told, SHORTER)
    memo = told.propose()
    accept(told, source, person, decided_at=world.CUT_OFF + timedelta(microseconds=1))
    approves(memo, person)


def test_whoever_set_the_tolerance(told):
    person = both("legal")
    tolerate(told, second_monitor(told, ALONE), person)
    barred(told.propose(), person, "set the tolerance to probe")


def test_whoever_ended_a_comparison_that_would_have_kept_the_result_open(told):
    person = both("legal")
    source = second_monitor(told, ALONE)
    tolerate(told, source, factories.user("legal"), seconds=1)
    tolerate(told, source, person, seconds=None, windows_from=utc(2024, 1, 1), set_at=utc(2023, 4, 1))
    barred(told.propose(), person, "set the tolerance to probe")


def test_a_tolerance_of_later_windows_bars_nobody(told):
    person = both("legal")
    tolerate(
        told, second_monitor(told, ALONE), person, windows_from=told.window.start + timedelta(microseconds=1)
    )
    approves(told.propose(), person)


def test_a_tolerance_of_windows_from_its_own_start_bars(told):
    person = both("legal")
    tolerate(told, second_monitor(told, ALONE), person, windows_from=told.window.start)
    barred(told.propose(), person, "set the tolerance to probe")


def test_whoever_entered_maintenance_that_recurs(told):
    person = both("vendor_manager")
    recurring(told, person)
    barred(told.propose(), person, "entered the recurring maintenance mondays")


def test_maintenance_that_recurs_in_other_windows_bars_nobody(told):
    person = both("vendor_manager")
    recurring(told, person, first_on=date(2023, 4, 3), last_on=date(2023, 4, 10))
    approves(told.propose(), person)
