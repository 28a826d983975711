"""Statements on a schedule: due, made, sent, missed and made again for the same period."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from base.errors import Conflict, NotAllowed
from base.models import Job
from credits.exports import reporting, tasks
from credits.exports.errors import ScheduleRefused
from credits.exports.models import ReportOutcome, ReportRun, ReportSchedule
from notices.models import Outcome
from notices.reports import content_of, due_reports, settle_lost_reports
from notices.smtp import Answer
from tests import factories
from tests.credits import world
from tests.credits.world import as_, as_job

pytestmark = pytest.mark.django_db
JUNE = datetime(2023, 6, 6, 4, tzinfo=UTC)


def schedule(**values) -> ReportSchedule:
    given = {
        "department": "finance", "cadence": "monthly", "form": "csv", "address": "Finance@Example.com",
        "first_on": date(2023, 4, 1),
    } | values  # fmt: skip
    with as_("finance"):
        return reporting.begin_schedule(factories.entity(), **given)


def states(on: date) -> list[tuple[date, str]]:
    return [(one.from_on, one.state) for one in reporting.due_periods(on)]


def run(of: ReportSchedule, from_on: date, at: datetime = JUNE, **values) -> ReportRun:
    with as_job():
        return reporting.run_report(of, from_on=from_on, run_at=at, **values)


@pytest.mark.parametrize(("on", "due"), [
    (date(2023, 5, 1), []), (date(2023, 5, 5), []), (date(2023, 5, 6), [date(2023, 4, 1)]),
    (date(2023, 6, 5), [date(2023, 4, 1)]), (date(2023, 6, 6), [date(2023, 5, 1), date(2023, 4, 1)]),
])  # fmt: skip
def test_a_period_is_due_so_many_days_after_its_end_and_missed_until_it_is_made(on, due):
    schedule()
    assert states(on) == [(first, "missed") for first in due]


def test_quarters_follow_each_other_and_end_with_the_schedule():
    one = schedule(cadence="quarterly", first_on=date(2022, 10, 1))
    assert [first for first, _ in states(date(2023, 7, 10))] == [
        date(2023, 4, 1), date(2023, 1, 1), date(2022, 10, 1),
    ]  # fmt: skip
    with as_("finance"):
        reporting.end_schedule(one, ended_on=date(2023, 4, 1), reason="nobody reads them")
    assert [first for first, _ in states(date(2023, 7, 10))] == [date(2023, 1, 1), date(2022, 10, 1)]


def test_a_run_holds_the_statements_and_the_same_period_can_be_run_again():
    world.customer().issue()
    one = schedule()
    first = run(one, date(2023, 4, 1))
    [document] = first.documents.all()
    assert document.name == "statement-customer-2023-04-01-2023-05-01.csv"
    assert b"SC-us-00001" in bytes(document.content)
    assert run(one, date(2023, 4, 1), number=1) == first, "the job again changes nothing"
    with as_("finance"):
        again = reporting.run_report(one, from_on=date(2023, 4, 1), run_at=JUNE + timedelta(days=1))
    assert (again.number, again.documents.get().sha256) == (2, document.sha256)
    assert [state for _, state in states(date(2023, 5, 6))] == ["made"]
    assert list(due_reports(JUNE)) == [again], "only the last run of a period is sent"


def test_a_run_that_fails_is_kept_and_seen():
    one = schedule()
    failed = run(one, date(2023, 4, 1))
    assert (failed.outcome, failed.documents.count()) == ("failed", 0)
    assert "nobody" in failed.failure
    assert [(one.state, one.answer) for one in reporting.due_periods(date(2023, 5, 6))] == [
        ("failed", failed.failure)
    ]
    assert not due_reports(JUNE).exists()


def test_a_period_that_is_not_over_or_not_of_the_schedule_is_refused():
    one = schedule()
    for from_on in (date(2023, 6, 1), date(2023, 3, 1), date(2023, 4, 2)):
        with pytest.raises(ScheduleRefused):
            run(one, from_on)


@pytest.mark.parametrize("values", [{"first_on": date(2023, 4, 2)}, {"address": "nobody"}, {"form": "docx"}])
def test_a_schedule_that_cannot_be_is_refused(values):
    with pytest.raises(ScheduleRefused):
        schedule(**values)


def test_the_same_is_not_sent_twice_and_only_finance_schedules():
    one = schedule()
    with pytest.raises(Conflict), transaction.atomic():
        schedule()
    with as_("legal"):
        with pytest.raises(NotAllowed):
            reporting.end_schedule(one, ended_on=date(2023, 7, 1), reason="x")
        with pytest.raises(NotAllowed):
            reporting.run_report(one, from_on=date(2023, 4, 1), run_at=JUNE)


def test_what_is_due_is_put_down_as_a_job_once(monkeypatch, settings):
    settings.AS_OF = None
    world.customer().issue()
    schedule()
    monkeypatch.setattr("base.clock.now", lambda: JUNE)
    tasks.tick()
    tasks.tick()
    assert Job.objects.filter(kind=tasks.RUN).count() == 2
    from base import jobs

    for job in Job.objects.filter(kind=tasks.RUN):
        assert jobs.run(job.pk) == "done"
    assert {state for _, state in states(date(2023, 6, 6))} == {"made"}
    tasks.tick()
    assert Job.objects.filter(kind=tasks.RUN).count() == 2


class FakePost:
    """A mail server that answers as it is told."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.mails: list[tuple[str, bytes]] = []

    def hand_over(self, sender: str, receiver: str, content: bytes) -> Answer:
        self.mails.append((receiver, content))
        return Answer(Outcome.Kind(self.answers.pop(0)), 250, "so it said")


@pytest.mark.django_db(transaction=True)
def test_a_refused_mail_is_tried_again_with_the_same_bytes_and_an_accepted_one_never():
    from notices.reports import deliver_report

    world.customer().issue()
    made = run(schedule(), date(2023, 4, 1))
    post = FakePost("refused_for_now", "accepted")
    deliver_report(made.pk, now=JUNE, post=post)
    assert deliver_report(made.pk, now=JUNE + timedelta(seconds=29), post=post) is None
    deliver_report(made.pk, now=JUNE + timedelta(seconds=30), post=post)
    assert deliver_report(made.pk, now=JUNE + timedelta(days=1), post=post) is None
    (receiver, first), (_, second) = post.mails
    assert receiver == "finance@example.com"
    assert first == second == content_of(made)
    assert b"statement-customer-2023-04-01-2023-05-01.csv" in first
    assert [state for _, state in states(date(2023, 5, 6))] == ["accepted"]
    with pytest.raises(ProgrammingError), transaction.atomic():
        connection.cursor().execute("UPDATE exports_reportoutcome SET kind = 'refused'")


def test_an_attempt_that_nobody_finished_is_uncertain_and_is_not_sent_again():
    from credits.exports.models import ReportAttempt

    world.customer().issue()
    made = run(schedule(), date(2023, 4, 1))
    ReportAttempt.objects.create(run=made, number=1, started_at=JUNE, lost_after=JUNE + timedelta(minutes=2))
    assert settle_lost_reports(JUNE + timedelta(minutes=1)) == 0
    assert settle_lost_reports(JUNE + timedelta(minutes=2)) == 1
    assert ReportOutcome.objects.get().kind == "uncertain"
    assert not due_reports(JUNE + timedelta(days=9)).exists()
    assert [state for _, state in states(date(2023, 5, 6))] == ["uncertain"]
