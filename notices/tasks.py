"""Work of this room that a worker carries out, and how it gets there.

Composing is a job like any other. Sending is not: an attempt must be on disk before the mail server is spoken to,
so that it cannot share a transaction with its outcome. What must be sent stands in the database, and the sweep
finds it; a message to a worker is only a hint.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.db import models, transaction

from audit.record import acting
from base import clock
from base.correlation import current
from base.jobs import handler, send
from base.models import Job, User
from credits.models import Assessment
from notices import services
from notices.models import Announcement, Audience
from notices.reading import due
from notices.recipients import recipients_of
from notices.reports import deliver_report, due_reports, settle_lost_reports
from notices.smtp import Post
from notices.wording_versions import told_of

log = structlog.get_logger(__name__)
COMPOSE = "notices.compose"
MOST_PER_TASK = 50
OF_CONFLICT = "conflict_step__conflict"
OF_RESULT = "assessment__commitment__version__contract"


def notices_job() -> User:
    """The account in whose name notices are composed: an actor, but no person."""
    return User.job("notices")


@handler(COMPOSE)
def compose(*, announcement_id: int) -> dict[str, Any]:
    """Compose the notices of an announcement and have them sent. Returns their numbers, and for whom nobody is
    there to be told."""
    announcement = Announcement.objects.select_related(
        f"{OF_RESULT}__legal_entity",
        f"{OF_RESULT}__counterparty",
        "assessment__commitment__service",
        *(
            f"{OF_CONFLICT}__{path}"
            for path in ("service", "first__owner", "second__owner", "objective__owner")
        ),
        "version__contract__counterparty",
        "version__contract__owner",
    ).get(pk=announcement_id)
    with acting(notices_job(), via="task"):
        made = services.compose(announcement, composed_at=clock.now())
    numbers = [notice.pk for notice in made]
    nobody = _nobody_for(announcement)
    if nobody:
        log.warning("notice.nobody_to_tell", announcement=announcement_id, audiences=nobody)
    if numbers:
        transaction.on_commit(lambda: send_deliver(numbers))
    return {"notices": numbers, "nobody": nobody}


def _nobody_for(announcement: Announcement) -> list[str]:
    """The audiences for whom nobody is there to be told; of a conflict, its owners; of a version, who is meant."""
    if announcement.version_id is not None:
        meant = told_of(announcement, clock.now().date())
        return (
            [one.person.display_name for one in meant] if meant and not announcement.notices.exists() else []
        )
    if announcement.conflict_step_id is not None:
        return [] if announcement.notices.exists() else ["owners"]
    return [audience for audience in Audience.values if not recipients_of(audience)]


def send_on_commit(
    sender: type[models.Model], instance: models.Model, created: bool = False, **options: Any
) -> None:
    """Hand the composing of what was just written to a worker at once, instead of at the next sweep.

    A listener to breaches and results; the work itself is put down by the database's own trigger.
    """
    if not created or (isinstance(instance, Assessment) and instance.revision == 1):
        return
    result = instance.pk if isinstance(instance, Assessment) else instance.assessment_id  # type: ignore[attr-defined]

    def hint() -> None:
        announced = Announcement.objects.filter(assessment=result).values_list("pk", flat=True)
        for job in Job.objects.filter(kind=COMPOSE, key__in=[str(one) for one in announced], done_at=None):
            send(job.pk, job.correlation_id or correlation_id)

    correlation_id = current()
    transaction.on_commit(hint)


def send_deliver(notice_ids: Sequence[int]) -> bool:
    """Hint to a worker that notices are due. False where the broker cannot be reached; the sweep finds them."""
    from kombu.exceptions import OperationalError as BrokerError

    try:
        for start in range(0, len(notice_ids), MOST_PER_TASK):
            deliver.apply_async((list(notice_ids[start : start + MOST_PER_TASK]),), retry=False)
    except (BrokerError, OSError) as error:
        log.warning("notice.not_handed_to_a_worker", notices=len(notice_ids), error=str(error))
        return False
    return True


@shared_task(name="notices.deliver", ignore_result=True)
def deliver(notice_ids: Sequence[int]) -> None:
    """Make an attempt at each of these notices whose turn has come; harmless for all others."""
    if not settings.EMAIL_HOST:
        return
    with Post() as post:
        for notice_id in notice_ids:
            services.deliver(notice_id, now=clock.now(), post=post)


@shared_task(name="notices.sweep", ignore_result=True)
def sweep() -> None:
    """Count lost attempts as uncertain, and have a worker look at every notice whose turn has come."""
    now = clock.now()
    services.settle_lost(now)
    settle_lost_reports(now)
    if settings.EMAIL_HOST:
        send_deliver(list(due(now).values_list("pk", flat=True)[:1000]))
        deliver_reports()


def deliver_reports() -> None:
    """Send the scheduled statements whose turn has come."""
    now = clock.now()
    numbers = list(due_reports(now).values_list("pk", flat=True)[:MOST_PER_TASK])
    if numbers:
        with Post() as post:
            for number in numbers:
                deliver_report(number, now=now, post=post)
