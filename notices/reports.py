"""Mails with scheduled statements: what ``credits`` made is handed to the mail server here, and how it fared is kept.

As with notices, the attempt is on disk before the first word with the mail server and its outcome after the last;
whoever is killed in between leaves an attempt that nobody knows the end of, and it is not sent again by itself.
"""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from credits.exports.models import ReportAttempt, ReportOutcome, ReportRun
from notices.models import Outcome
from notices.services.delivering import LOST, MOST_ATTEMPTS, back_off
from notices.smtp import WAITS, Post, sender_address

log = structlog.get_logger(__name__)
Kind = Outcome.Kind


def due_reports(now: datetime) -> QuerySet[ReportRun]:
    """The runs whose mail is to be tried: the last one of its period, never tried, or refused for now."""
    later = ReportRun.objects.filter(
        schedule=OuterRef("schedule"), from_on=OuterRef("from_on"), number__gt=OuterRef("number")
    )
    tried = ReportAttempt.objects.filter(run=OuterRef("pk"))
    settled = tried.exclude(outcome__kind=Kind.REFUSED_FOR_NOW)
    waiting = ReportOutcome.objects.filter(attempt__run=OuterRef("pk"), next_try_at__gt=now)
    rows = ReportRun.objects.filter(outcome=ReportRun.Outcome.MADE).annotate(tries=Count("attempts"))
    rows = rows.filter(~Exists(later), ~Exists(settled), ~Exists(waiting), tries__lt=MOST_ATTEMPTS)
    return rows.order_by("pk")


def deliver_report(run_id: int, *, now: datetime, post: Post) -> ReportOutcome | None:
    """Make one attempt at the mail of a run if its turn has come. Must not be called inside a transaction."""
    try:
        with transaction.atomic(durable=True):
            run = due_reports(now).select_related("schedule__legal_entity").filter(pk=run_id).first()
            if run is None:
                return None
            attempt = ReportAttempt.objects.create(
                run=run,
                number=run.tries + 1,  # type: ignore[attr-defined]  # annotated
                started_at=now,
                lost_after=now + timedelta(seconds=settings.EMAIL_TIMEOUT * WAITS),
            )
    except IntegrityError:
        return None  # another worker was quicker with this very attempt
    answer = post.hand_over(sender_address(), run.schedule.address, content_of(run))
    again = answer.kind == Kind.REFUSED_FOR_NOW and attempt.number < MOST_ATTEMPTS
    with transaction.atomic(durable=True):
        outcome = ReportOutcome.objects.create(
            attempt=attempt,
            kind=answer.kind.value,
            answer_code=answer.code,
            answer=answer.text,
            next_try_at=now + back_off(attempt.number) if again else None,
        )
    if answer.kind != Kind.ACCEPTED:
        log.warning("report.not_accepted", run=run.pk, attempt=attempt.number, outcome=answer.kind.value)
    return outcome


def settle_lost_reports(now: datetime) -> int:
    """Count attempts whose time is over as uncertain. Returns how many."""
    count = 0
    for attempt in ReportAttempt.objects.filter(outcome=None, lost_after__lte=now):
        try:
            with transaction.atomic():
                ReportOutcome.objects.create(attempt=attempt, kind=Kind.UNCERTAIN.value, answer=LOST)
            count += 1
        except IntegrityError:
            pass  # the late answer of its worker came first
    return count


def content_of(run: ReportRun) -> bytes:
    """The mail as it travels, with its statements: the same bytes for every attempt."""
    schedule = run.schedule
    mail: Any = EmailMessage(policy=SMTP)
    mail["Message-ID"] = run.message_id
    mail["Date"] = format_datetime(run.run_at)
    mail["From"] = settings.DEFAULT_FROM_EMAIL
    mail["To"] = schedule.address
    mail["Subject"] = (
        f"{'Provisional statements' if run.provisional else 'Statements'} of {schedule.legal_entity.name}, "
        f"{run.from_on} to {run.until_on}"
    )
    mail["Auto-Submitted"] = "auto-generated"
    documents = list(run.documents.order_by("name"))
    lines = [
        f"Statements of {schedule.legal_entity.name}, effective from {run.from_on} until {run.until_on} (excluded).",
        "Provisional: a result that they list may still change." if run.provisional else "",
        f"Made again: this is number {run.number} for the period." if run.number > 1 else "",
        "",
        *(f"{one.name}: {one.row_count} rows, SHA-256 {one.sha256}" for one in documents),
    ]
    mail.set_content("\n".join(line for at, line in enumerate(lines) if line or at == 3) + "\n")
    # A boundary of its own would be another one each time.
    for one in documents:
        kind, _, sub = one.media_type.partition(";")[0].partition("/")
        mail.add_attachment(bytes(one.content), maintype=kind, subtype=sub, filename=one.name)
    mail.set_boundary(f"=-{run.schedule_id}-{run.from_on:%Y%m%d}-{run.number}-statements-=")
    return bytes(mail)
