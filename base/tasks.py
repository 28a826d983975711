"""Celery tasks: they take keys, call one service, and may be repeated."""

from celery import shared_task

from base import clock, jobs, limits


@shared_task(name="base.run_job", bind=False)
def run_job(job_id: int) -> str:
    """Carry out the job of this number; see :func:`base.jobs.run`."""
    return jobs.run(job_id)


@shared_task(name="base.sweep", ignore_result=True)
def sweep() -> None:
    """Find the work that the broker lost and send it again; forget counts that no limit asks for."""
    jobs.sweep()
    limits.forget(clock.now())
