"""Scheduled statements: what is due is found again and again, so that nothing depends on a clock's one tick."""

from datetime import date, datetime
from typing import Any

from celery import shared_task

from audit.record import acting
from base import clock
from base.jobs import enqueue, handler
from credits.exports import reporting
from credits.exports.models import ReportSchedule
from credits.tasks import reckoning_job

RUN = "credits.run_report"


@handler(RUN)
def run_report(*, schedule_id: int, from_on: str, run_at: str) -> dict[str, Any]:
    """Make the statements of one period, once. Returns the run's number and what came of it."""
    schedule = ReportSchedule.objects.get(pk=schedule_id)
    with acting(reckoning_job(), via="task"):
        run = reporting.run_report(
            schedule, from_on=date.fromisoformat(from_on), run_at=datetime.fromisoformat(run_at), number=1
        )
    return {"run": run.pk, "outcome": run.outcome}


@shared_task(name="exports.tick", ignore_result=True)
def tick() -> None:
    """Put down a job for every period that is due and has no run; again changes nothing."""
    now = clock.now()
    for one in reporting.due_periods(clock.as_of()):
        if one.state == "missed":
            key = f"{one.schedule.pk}/{one.from_on}"
            arguments = {"from_on": one.from_on.isoformat(), "run_at": now.isoformat()}
            enqueue(RUN, key, schedule_id=one.schedule.pk, **arguments)
