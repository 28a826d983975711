"""Work of this room that a worker carries out: looking for conflicts of promises once a day."""

from datetime import date
from typing import Any

from celery import shared_task
from django.db import transaction

from audit.record import acting
from base import clock, jobs
from base.jobs import handler
from base.models import User
from contracts import services

FIND = "contracts.find_conflicts"


def contracts_job() -> User:
    """The account in whose name conflicts are looked for: an actor, but no person."""
    return User.job("contracts")


@shared_task(name="contracts.look_for_conflicts", ignore_result=True)
def look_for_conflicts() -> None:
    """Ask for today's look, once a day however often this is called."""
    day = clock.as_of().isoformat()
    with transaction.atomic():
        jobs.enqueue(FIND, day, on=day)


@handler(FIND)
def find_conflicts(*, on: str) -> dict[str, Any]:
    """Look through everything that is signed as of a day. Returns the conflicts that were not known before."""
    with acting(contracts_job(), via="task"):
        found = services.find_conflicts(on=date.fromisoformat(on))
    return {"conflicts": [row.pk for row in found]}
