"""Work that must happen: enqueued in the transaction of its cause, carried out at least once, effective once."""

from collections.abc import Callable
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from base.correlation import current
from base.errors import DomainError
from base.models import Job

log = structlog.get_logger(__name__)
Handler = Callable[..., Any]
_handlers: dict[str, Handler] = {}


class UnknownJob(DomainError):
    code = "unknown_job"


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register a function that carries out jobs of ``kind``; it gets the job's arguments as keywords."""

    def register(function: Handler) -> Handler:
        if kind in _handlers and _handlers[kind] is not function:
            raise RuntimeError(f"two handlers for jobs of kind {kind}")
        _handlers[kind] = function
        return function

    return register


def enqueue(kind: str, key: str, **arguments: Any) -> Job:
    """Ask for work, once per (kind, key), and send it to a worker when the transaction commits.

    The row is the promise; the message is only a hint. Where the broker cannot be reached the sweep
    finds the row later.
    """
    if kind not in _handlers:
        raise UnknownJob(f"kind: no handler is registered for jobs of kind {kind!r}")
    job, created = Job.objects.get_or_create(
        kind=kind, key=key, defaults={"arguments": arguments, "correlation_id": current()}
    )
    if created:
        transaction.on_commit(lambda: send(job.pk, job.correlation_id))
    return job


def send(job_id: int, correlation_id: str) -> bool:
    """Hand a job's number to the broker. False, and a warning in the log, where it cannot be reached."""
    from kombu.exceptions import OperationalError as BrokerError

    from base.tasks import run_job

    try:
        run_job.apply_async((job_id,), headers={"correlation_id": correlation_id}, retry=False)
    except (BrokerError, OSError) as error:
        log.warning("job.not_sent", job=job_id, error=str(error))
        return False
    return True


def run(job_id: int) -> str:
    """Carry out one job: its effects and its mark are one transaction.

    Returns "done", "busy" (another worker holds it), "gone" (done or given up before) or "failed".
    A :class:`DomainError` is final: trying again cannot mend it, so that it is kept on the row for a
    person. Any other error is counted and raised; the sweep tries again.
    """
    try:
        with transaction.atomic():
            job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
            if job is None:
                return "busy" if Job.objects.filter(pk=job_id).exists() else "gone"
            if job.done_at or job.failed_at:
                return "gone"
            with transaction.atomic():
                job.outcome = _handlers[job.kind](**job.arguments)
                # Deferred guards speak now, while the job can still be marked.
                connection.check_constraints()
            job.done_at = timezone.now()
            job.attempts += 1
            job.save(update_fields=["outcome", "done_at", "attempts"])
        return "done"
    except DomainError as error:
        _note_failure(job_id, error, final=True)
        return "failed"
    except OperationalError:
        raise
    except Exception as error:
        _note_failure(job_id, error, final=False)
        raise


def _note_failure(job_id: int, error: Exception, *, final: bool) -> None:
    log.error("job.failed", job=job_id, final=final, error=str(error), error_type=type(error).__name__)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        job.attempts += 1
        job.last_error = f"{type(error).__name__}: {error}"[:4000]
        job.failed_at = timezone.now() if final else None
        job.save(update_fields=["attempts", "last_error", "failed_at"])


def waiting() -> list[tuple[int, str]]:
    """Jobs that are neither done nor given up, oldest first, with their correlation ids."""
    rows = Job.objects.filter(done_at=None, failed_at=None).order_by("created_at", "pk")
    return list(rows.values_list("pk", "correlation_id")[:1000])


def sweep() -> int:
    """Send every waiting job again; returns how many were sent. Sending twice is harmless."""
    return sum(send(job_id, correlation_id) for job_id, correlation_id in waiting())
