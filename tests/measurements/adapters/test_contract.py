"""The contract that every way in keeps, pulled or sent: nothing is lost, and nothing counts twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from base import clock, jobs
from base.csvio import ImportRefused
from measurements import services
from measurements.feeding import files, runs
from measurements.models import FeedState, ImportRun, ListedRow, Payload
from tests.measurements.adapters.cases import (
    CASES,
    DAY,
    FIRST,
    HOUR,
    Case,
    PrometheusCase,
    Pulled,
    Refused,
    Sent,
    work_off,
)
from tests.measurements.adapters.serving import serving

pytestmark = pytest.mark.django_db
# Hours that were down on the first three days.
DOWN = {0: 2, 1: 0, 2: 5}
SECONDS = {0: 7200, 2: 18_000}
THIRD = FIRST + 3 * DAY + 2 * HOUR


class Clock:
    """The time, as the test sets it."""

    def __init__(self) -> None:
        self.at = THIRD

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "now", found)
    return found


@pytest.fixture(params=CASES)
def case(
    request: pytest.FixtureRequest, vendor: Any, importer: Any, now: Clock, settings: Any
) -> Iterator[Case]:
    settings.FETCH_INTERNAL_HOSTS = ["127.0.0.1"]
    with serving() as server:
        yield CASES[request.param](server, vendor, dict(DOWN))


def bring(case: Case, now: Clock, at: datetime) -> ImportRun:
    now.at = at
    return case.bring(at)


def test_what_comes_is_known_once_and_leads_to_its_payload(case: Case, now: Clock) -> None:
    run = bring(case, now, THIRD)
    assert run.outcome == "done", run.error
    assert case.known(THIRD) == SECONDS
    assert run.row_count == run.accepted + run.repeated + run.listed > 0
    assert run.content is None
    for payload in Payload.objects.filter(source=case.source):
        assert payload.intake.run == run
        assert len(payload.intake.original_sha256) == 64


def test_the_same_again_changes_nothing(case: Case, now: Clock) -> None:
    bring(case, now, THIRD)
    before = case.rows()
    if isinstance(case, Pulled):
        FeedState.objects.update(cursor={}, content_sha256="")
    run = bring(case, now, THIRD + timedelta(minutes=1))
    assert run.outcome == "done", run.error
    assert run.accepted == 0
    assert run.repeated == run.row_count > 0
    assert case.rows() == before
    assert case.known(now.at) == SECONDS


def test_it_goes_on_where_it_stopped(case: Case, now: Clock) -> None:
    bring(case, now, THIRD)
    case.down[4] = 1
    run = bring(case, now, THIRD + 2 * DAY)
    assert run.outcome == "done", run.error
    assert case.known(THIRD + 2 * DAY) == SECONDS | {4: 3600}
    assert case.known(THIRD) == SECONDS


def test_a_worker_that_dies_loses_nothing_and_doubles_nothing(
    case: Case, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies in every step once: before anything is kept, and after, before the step is done."""
    monkeypatch.setattr(files, "PART_ROWS", 20)
    real, died = runs.ask_for_step, set()

    def dies_first(run: ImportRun) -> None:
        if run.step and run.step not in died:
            died.add(run.step)
            raise OperationalError("the connection was lost")
        real(run)

    monkeypatch.setattr(runs, "ask_for_step", dies_first)
    run = case.deliver(now.at)
    for _ in range(60):
        for number, _ in jobs.waiting():
            try:
                jobs.run(number)
            except OperationalError:
                pass
        run.refresh_from_db()
        if run.finished_at:
            break
    assert run.outcome == "done", run.error
    if isinstance(case, Sent):
        assert len(died) == run.pages - 1 == 3
    assert case.known(now.at) == SECONDS
    assert run.row_count == run.row_total or run.row_total is None


def test_a_step_that_is_delivered_twice_is_done_once(case: Case, now: Clock) -> None:
    run = case.deliver(now.at)
    first = runs.carry_out(run_id=run.pk, step=0)
    assert runs.carry_out(run_id=run.pk, step=0) == {"skipped": 0}
    assert "skipped" not in first
    work_off()
    assert case.known(now.at) == SECONDS


def test_garbage_is_refused_whole_and_told_and_good_data_come_afterwards(case: Case, now: Clock) -> None:
    case.serve_garbage()
    faults: list[Any] = []
    try:
        faults = bring(case, now, THIRD).faults
    except ImportRefused as refused:
        faults = refused.faults
    except Refused as refused:
        faults = refused.answer.json()["faults"]
    assert faults
    assert not isinstance(case, Pulled) or case.state.failures == 1
    assert case.rows() == 0
    assert not Payload.objects.filter(source=case.source).exists()
    case.serve_well()
    run = bring(case, now, THIRD + timedelta(hours=2))
    assert run.outcome == "done", run.error
    assert case.known(now.at) == SECONDS


def test_the_same_hours_with_other_numbers_are_a_correction(case: Case, now: Clock) -> None:
    bring(case, now, THIRD)
    case.down[0] = 3
    if isinstance(case, Pulled):
        # Prometheus does not change its mind: it is asked again on purpose.
        FeedState.objects.update(cursor={}, content_sha256="")
    later = THIRD + DAY
    run = bring(case, now, later)
    assert run.outcome == "done", run.error
    assert run.superseding
    assert case.known(later)[0] == 3 * 3600
    assert case.known(THIRD)[0] == 2 * 3600


def test_a_year_at_once_comes_in_whole(case: Case, now: Clock) -> None:
    case.down |= {day: day % 3 for day in range(3, 363)}
    if isinstance(case, PrometheusCase):
        case.page_seconds = 14 * 86_400
        services.set_feed(
            source=case.source,
            adapter=case.adapter,
            settings=case.settings(),
            begins_at=FIRST,
            every_seconds=60,
        )
    run = bring(case, now, FIRST + 363 * DAY + 2 * HOUR)
    assert run.outcome == "done", run.error
    expected = {day: hours * 3600 for day, hours in case.down.items() if hours}
    assert case.known(now.at) == expected
    assert run.percent == 100


def test_nothing_that_lies_in_the_future_is_reckoned_from(case: Case, now: Clock) -> None:
    """A day that has not come yet is told as down, hours ahead."""
    if isinstance(case, Sent):
        case.down[-1] = 30
    else:
        case.down[4] = 6
        if hasattr(case, "now"):
            case.now = FIRST + 9 * DAY
    run = bring(case, now, THIRD)
    assert run.outcome == "done", run.error
    assert case.known(THIRD + 10 * DAY) == SECONDS
    if isinstance(case, Sent):
        assert ListedRow.objects.filter(payload__source=case.source, reason="in_the_future").count() == 1


def test_a_clock_two_minutes_off_loses_nothing(case: Case, now: Clock) -> None:
    """The source is two minutes ahead of us: its newest row ends after now."""
    case.down[2] = 24
    just = FIRST + 3 * DAY - timedelta(minutes=2)
    run = bring(case, now, just if isinstance(case, Pulled) else THIRD)
    assert run.outcome == "done", run.error
    run = bring(case, now, THIRD)
    assert run.outcome == "done", run.error
    assert case.known(THIRD) == {0: 7200, 2: 86_400}


@pytest.mark.parametrize("case", ["prometheus", "statuspage", "upptime"], indirect=True)
def test_a_flapping_source_is_left_for_a_while_and_then_told_whole(case: Pulled, now: Clock) -> None:
    for failure, answer in enumerate(
        [(503, {}, b""), (200, {}, "hang up"), (200, {"Content-Length": "900"}, b'{"data"'), (429, {}, b"")]
    ):
        case.server.fail_next = [answer] * 2
        run = bring(case, now, now.at + HOUR)
        assert run.outcome == "unreachable"
        assert case.state.failures == failure + 1
        assert case.state.next_at == now.at + timedelta(minutes=2**failure)
        assert case.rows() == 0
    case.server.fail_next = [(429, {"Retry-After": "7200"}, b"")]
    bring(case, now, now.at + HOUR)
    assert case.state.next_at == now.at + timedelta(hours=2)
    run = bring(case, now, FIRST + 3 * DAY + 20 * HOUR)
    assert run.outcome == "done", run.error
    assert case.known(now.at) == SECONDS
    assert case.state.failures == 0
    assert case.state.last_error == ""


def test_the_mail_address_that_was_in_it_is_nowhere(case: Case, now: Clock) -> None:
    bring(case, now, THIRD)
    for payload in Payload.objects.filter(source=case.source):
        assert b"ann@example.com" not in bytes(payload.content)
        assert b"10.0.0.1" not in bytes(payload.content)
