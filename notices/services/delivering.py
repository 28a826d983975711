"""Sending, at most once by itself.

The attempt is committed before the first word with the mail server, and its outcome after the last. Whoever is
killed in between leaves an attempt without an outcome, which is counted as uncertain when its time is over; only a
person has it sent again.
"""

import os
import socket
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from base.dberrors import constraint_of
from notices.errors import BY_CONSTRAINT
from notices.models import Attempt, Notice, Outcome
from notices.reading import due, lost
from notices.smtp import WAITS, Answer, Post, content_of, sender_address

log = structlog.get_logger(__name__)
Kind = Outcome.Kind
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=1)
# With the back-off above: given up after about two days.
MOST_ATTEMPTS = 50
LOST = (
    "the worker that was sending it ended, or lost the database, before it could say what came of it; the mail "
    "may have gone out"
)


def deliver(notice_id: int, *, now: datetime, post: Post) -> Outcome | None:
    """Make one attempt at a notice if its turn has come, and keep what came of it.

    None where there is nothing to do: it was sent, another worker is at it, or a person must decide. Must not
    be called inside a transaction: the attempt has to be on disk before anything is sent.
    """
    attempt = _begin(notice_id, now)
    if attempt is None:
        return None
    notice = attempt.notice
    answer = post.hand_over(sender_address(), notice.recipient_address, content_of(notice))
    return _end(attempt, answer, now)


def settle_lost(now: datetime) -> int:
    """Count attempts whose time is over as uncertain. Returns how many."""
    count = 0
    for attempt in lost(now):
        if _keep(Outcome(attempt=attempt, kind=Kind.UNCERTAIN, answer=LOST)):
            log.warning("notice.attempt_lost", notice=attempt.notice_id, attempt=attempt.number)
            count += 1
    return count


def back_off(number: int) -> timedelta:
    """How long to wait after the attempt of this number: 30 s, doubled each time, at most an hour."""
    doubled = FIRST_BACK_OFF * 2 ** min(number - 1, 10)
    return min(doubled, LONGEST_BACK_OFF)


def _begin(notice_id: int, now: datetime) -> Attempt | None:
    """Put an attempt on disk; None where none is due. The trigger asks the same, alone with the notice."""
    longest = timedelta(seconds=settings.EMAIL_TIMEOUT * WAITS)
    attempt = Attempt(
        notice_id=notice_id,
        started_at=now,
        lost_after=now + longest,
        worker=f"{socket.gethostname()[:80]}:{os.getpid()}",
    )
    try:
        # Durable: inside of another transaction the attempt would not be on disk before the mail is sent.
        with transaction.atomic(durable=True):
            last = Attempt.objects.filter(notice=notice_id).aggregate(last=Max("number"))["last"] or 0
            notice = _sendable(notice_id, now, is_first=not last)
            if notice is None:
                return None
            attempt.notice, attempt.number = notice, last + 1
            attempt.save(force_insert=True)
    except IntegrityError as error:
        # Somebody else was quicker between our look and our writing.
        if constraint_of(error) not in BY_CONSTRAINT:
            raise
        return None
    return attempt


def _sendable(notice_id: int, now: datetime, *, is_first: bool) -> Notice | None:
    """The notice if its turn has come. Of one that was never tried that is quickly said."""
    rows = Notice.objects.filter(pk=notice_id, held_because="", needless=False, replaced_by=None)
    notice: Notice | None = rows.select_related("replaces").first()
    return notice if is_first or due(now).filter(pk=notice_id).exists() else None


def _end(attempt: Attempt, answer: Answer, now: datetime) -> Outcome | None:
    again = answer.kind == Kind.REFUSED_FOR_NOW and attempt.number < MOST_ATTEMPTS
    outcome = Outcome(
        attempt=attempt,
        kind=answer.kind,
        answer_code=answer.code,
        answer=answer.text,
        next_try_at=now + back_off(attempt.number) if again else None,
    )
    kept = _keep(outcome)
    if answer.kind != Kind.ACCEPTED:
        log.warning(
            "notice.not_accepted",
            notice=attempt.notice_id,
            attempt=attempt.number,
            outcome=answer.kind.value,
            answer=answer.text,
        )
    return outcome if kept else None


def _keep(outcome: Outcome) -> bool:
    """Write an outcome; False where the attempt has one already."""
    try:
        with transaction.atomic(durable=True):
            outcome.save(force_insert=True)
    except IntegrityError as error:
        if constraint_of(error) not in BY_CONSTRAINT:
            raise
        return False
    return True
