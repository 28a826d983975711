"""Work that must happen: asked for once, carried out at least once, effective once, given up only with a reason."""

from typing import Any

import pytest
from django.db import transaction

from audit.models import Event
from audit.record import acting, record
from base import jobs
from base.correlation import correlated
from base.errors import DomainError
from base.models import Job
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A kind of job whose behaviour a test sets; it writes an event, as its effect."""
    state: dict[str, Any] = {"error": None, "runs": 0}
    monkeypatch.setattr(jobs, "_handlers", dict(jobs._handlers))
    person = factories.user()

    @jobs.handler("test.work")
    def carry_out(**arguments: Any) -> dict[str, Any]:
        state["runs"] += 1
        with acting(person, via="task"), transaction.atomic():
            record("test.work", person)
        if state["error"]:
            raise state["error"]
        return {"got": arguments}

    return state


def effects() -> int:
    return Event.objects.filter(verb="test.work").count()


def test_asking_twice_is_asking_once(work):
    first = jobs.enqueue("test.work", "key", number=1)
    assert jobs.enqueue("test.work", "key", number=1) == first
    assert Job.objects.count() == 1


def test_the_job_keeps_the_correlation_id_of_its_cause(work):
    with correlated("0123"):
        assert jobs.enqueue("test.work", "key").correlation_id == "0123"


def test_a_job_that_is_carried_out_twice_has_its_effect_once(work):
    job = jobs.enqueue("test.work", "key", number=1)
    assert jobs.run(job.pk) == "done"
    assert jobs.run(job.pk) == "gone"
    job.refresh_from_db()
    assert (work["runs"], effects(), job.attempts) == (1, 1, 1)
    assert job.outcome == {"got": {"number": 1}}
    assert job.done_at is not None


def test_a_refusal_is_final_and_kept_for_a_person(work):
    work["error"] = DomainError("amount: is negative")
    job = jobs.enqueue("test.work", "key")
    assert jobs.run(job.pk) == "failed"
    assert jobs.run(job.pk) == "gone"
    job.refresh_from_db()
    assert (job.last_error, job.attempts, effects()) == ("DomainError: amount: is negative", 1, 0)
    assert job.failed_at is not None
    assert (job.pk, job.correlation_id) not in jobs.waiting()


def test_any_other_error_is_tried_again(work):
    work["error"] = RuntimeError("the disk is full")
    job = jobs.enqueue("test.work", "key")
    with pytest.raises(RuntimeError):
        jobs.run(job.pk)
    assert effects() == 0
    assert (job.pk, job.correlation_id) in jobs.waiting()
    work["error"] = None
    assert jobs.run(job.pk) == "done"
    job.refresh_from_db()
    assert (job.attempts, effects()) == (2, 1)


def test_a_job_of_an_unknown_kind_is_refused_at_once():
    with pytest.raises(jobs.UnknownJob, match="no handler"):
        jobs.enqueue("test.unheard-of", "key")


def test_a_kind_has_one_handler(work):
    with pytest.raises(RuntimeError, match="two handlers"):
        jobs.handler("test.work")(lambda: None)


def test_a_job_that_does_not_exist_is_gone(work):
    assert jobs.run(0) == "gone"


def test_the_sweep_sends_what_waits_and_nothing_else(work, monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr(jobs, "send", lambda job_id, correlation_id: sent.append(job_id) is None)
    waiting = jobs.enqueue("test.work", "waits")
    done = jobs.enqueue("test.work", "done")
    jobs.run(done.pk)
    assert jobs.sweep() == 1
    assert sent == [waiting.pk]


def test_a_broker_that_cannot_be_reached_loses_nothing(work, monkeypatch):
    from base.tasks import run_job

    def unreachable(*args: Any, **kwargs: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(run_job, "apply_async", unreachable)
    job = jobs.enqueue("test.work", "key")
    assert jobs.send(job.pk, "") is False
    assert (job.pk, job.correlation_id) in jobs.waiting()
