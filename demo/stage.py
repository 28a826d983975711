"""How the replay survives bad days: acts are tried again when the database or the broker was gone for a
moment, and work that was handed to the worker is waited for by looking at its row."""

import time
from collections.abc import Callable, Iterable

from django.db import InterfaceError, OperationalError, connection, transaction

from base import jobs
from base.errors import DomainError
from base.models import Job

PATIENCE_SECONDS = 180
POLL_SECONDS = 0.03
RESEND_SECONDS = 5


class ReplayStuck(DomainError):
    """The servers or the worker did not come back, or a job was given up; the message says which."""

    code = "replay_stuck"


class Stage:
    """Carries out acts and jobs. ``inline``: jobs run in this process, without broker and worker."""

    def __init__(self, *, inline: bool) -> None:
        self.inline = inline

    def act[T](self, name: str, function: Callable[[], T]) -> T:
        """Do ``function``, again after the database was lost. It must see for itself what is done already."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return function()
            except (OperationalError, InterfaceError) as error:
                if connection.in_atomic_block:
                    raise
                connection.close()
                if time.monotonic() > deadline:
                    raise ReplayStuck(f"{name}: the database did not come back: {error}") from error
                time.sleep(0.3)

    def work(self, *wanted: tuple[str, str, dict[str, object]]) -> None:
        """Have jobs done, each (kind, key, arguments), and wait for all of them."""
        if not wanted:
            return
        numbers = self.act("enqueue", lambda: _enqueue(wanted))
        if self.inline:
            for number in numbers:
                jobs.run(number)
        self._wait(numbers)

    def settle(self) -> None:
        """Wait for whatever else is to be done, such as notices that follow from results."""
        numbers = self.act("settle", lambda: [number for number, _ in jobs.waiting()])
        while numbers:
            if self.inline:
                for number in numbers:
                    jobs.run(number)
            self._wait(numbers, stop_at_failure=False)
            numbers = self.act("settle", lambda: [number for number, _ in jobs.waiting()])

    def _wait(self, numbers: list[int], *, stop_at_failure: bool = True) -> None:
        started = sent = time.monotonic()
        left = len(numbers)
        while rows := self.act("wait", lambda: _unfinished(numbers)):
            for job in rows:
                if job.failed_at and stop_at_failure:
                    raise ReplayStuck(f"job {job.kind} {job.key}: given up: {job.last_error}")
            rows = [job for job in rows if not job.failed_at]
            if not rows:
                return
            if len(rows) < left:
                started, left = time.monotonic(), len(rows)
            elif time.monotonic() - started > PATIENCE_SECONDS:
                said = rows[0].last_error or "no worker took it"
                raise ReplayStuck(f"job {rows[0].kind} {rows[0].key}: not done for a long time: {said}")
            if time.monotonic() - sent > RESEND_SECONDS:
                # Beat's sweep does this too; without beat the replay goes on all the same.
                sent = time.monotonic()
                for job in rows:
                    jobs.send(job.pk, job.correlation_id)
            time.sleep(POLL_SECONDS)


def _enqueue(wanted: Iterable[tuple[str, str, dict[str, object]]]) -> list[int]:
    with transaction.atomic():
        return [jobs.enqueue(kind, key, **arguments).pk for kind, key, arguments in wanted]


def _unfinished(numbers: list[int]) -> list[Job]:
    return list(Job.objects.filter(pk__in=numbers, done_at=None).order_by("pk"))
