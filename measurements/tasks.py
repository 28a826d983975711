"""Work of this room that a worker carries out: asking sources when their time has come, and the steps of imports.

A run is a row first; a message to a worker is only a hint, and what was lost is found again here.
"""

import logging

from celery import shared_task
from django.db import transaction
from django.db.models import Q

from audit.record import acting
from base import clock
from measurements import services
from measurements.feeding.runs import ask_for_step, importing_job
from measurements.models import Feed, ImportRun, Source
from measurements.months import CHECKED_BACK, differing_days, make_coming_months

MOST_AT_ONCE = 200
logger = logging.getLogger(__name__)


@shared_task(name="measurements.tick", ignore_result=True)
def tick() -> None:
    """Begin to ask every source whose time has come, and ask again for steps that nobody was asked for."""
    now = clock.now()
    due = Feed.objects.filter(Q(state__next_at=None) | Q(state__next_at__lte=now), enabled=True)
    with acting(importing_job(), via="task"):
        for feed in due.select_related("source").order_by("state__next_at")[:MOST_AT_ONCE]:
            services.pull(feed=feed, requested_at=now)
    with transaction.atomic():
        for run in ImportRun.objects.filter(finished_at=None).order_by("pk")[:MOST_AT_ONCE]:
            ask_for_step(run)


@shared_task(name="measurements.retain", ignore_result=True)
def retain() -> None:
    """Remove the bytes of payloads whose retention is over, a source at a time."""
    now = clock.now()
    with acting(importing_job(), via="task", reason="retention"):
        for source in Source.objects.filter(intake_policy__payload_days__isnull=False).order_by("pk"):
            while services.remove_payloads(source=source, removed_at=now):
                pass


@shared_task(name="measurements.look_after_months", ignore_result=True)
def look_after_months() -> int:
    """Make the partitions of the coming months, and hold the sums of days that moved of late against their slots.

    A day that differs is told as an error in the log, and nothing is repaired: somebody must find out why. How many
    there were.
    """
    now = clock.now()
    make_coming_months(now.date())
    found = list(differing_days(now - CHECKED_BACK))
    for one in found:
        logger.error("The sums of a day are not those of its slots: %s", one)
    return len(found)
