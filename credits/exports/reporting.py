"""Statements on a schedule: which periods are due, and the acts that begin, end and run them.

A period without a run is visible as missed and can be run at any time; the same period again gives a further run
and leaves the earlier one as it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch

from audit.record import record
from base.access import require_role
from base.dberrors import named_errors
from base.errors import DomainError
from contracts.models import Counterparty, LegalEntity
from credits.actors import require_job_or
from credits.exports.errors import BY_CONSTRAINT, ScheduleRefused
from credits.exports.models import ReportAttempt, ReportDocument, ReportRun, ReportSchedule
from credits.locks import hold
from credits.models import Account
from credits.statement_documents import is_provisional, statement_pdf, statement_xlsx
from credits.statement_files import to_csv, to_json
from credits.statements import Statement, statement

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WRITERS: dict[str, tuple[str, Callable[[Statement], bytes]]] = {
    "pdf": ("application/pdf", statement_pdf),
    "xlsx": (XLSX, statement_xlsx),
    "csv": ("text/csv; charset=utf-8", to_csv),
    "json": ("application/json", to_json),
}
# What came of the mail of a run, and what that means to a reader of the log.
STATES = {
    "missed": "Missed: it was due and was not made",
    "failed": "Failed",
    "made": "Made, not sent yet",
    "sending": "Being sent",
    "accepted": "Sent: the mail server took it",
    "refused_for_now": "Refused for now, tried again",
    "refused": "Refused for good",
    "uncertain": "Uncertain: it may have gone out",
}
MONTHS = {"monthly": 1, "quarterly": 3}


@dataclass(frozen=True)
class Due:
    """A period of a schedule, with its last run and how the mail fared."""

    schedule: ReportSchedule
    from_on: date
    until_on: date
    due_on: date
    run: ReportRun | None
    state: str
    answer: str

    @property
    def documents(self) -> list[ReportDocument]:
        """Its statements, without their bytes."""
        return list(self.run.documents.all()) if self.run else []

    @property
    def words(self) -> str:
        """The state in words."""
        return STATES.get(self.state, self.state)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def begin_schedule(
    legal_entity: LegalEntity,
    *,
    department: str,
    cadence: str,
    form: str,
    address: str,
    first_on: date,
    counterparty: Counterparty | None = None,
    days_after: int = 5,
) -> ReportSchedule:
    """Have statements made and sent from the period on that begins on ``first_on``, the first of a month.

    Raises ScheduleRefused, Conflict where the same is sent there already, NotAllowed (finance schedules).
    """
    actor = require_role("finance")
    schedule = ReportSchedule(
        legal_entity=legal_entity,
        counterparty=counterparty,
        department=department,
        cadence=cadence,
        form=form,
        address=address.strip().lower(),
        first_on=first_on,
        days_after=days_after,
        begun_by=actor,
    )
    try:
        schedule.full_clean(validate_constraints=False)
    except ValidationError as error:
        said = "; ".join(f"{name}: {' '.join(lines)}" for name, lines in error.message_dict.items())
        raise ScheduleRefused(said) from None
    schedule.save(force_insert=True)
    record("report_schedule.begin", schedule, after=_told(schedule))
    return schedule


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def end_schedule(schedule: ReportSchedule, *, ended_on: date, reason: str) -> ReportSchedule:
    """Make no more periods due that end after ``ended_on``; again is free. Raises ScheduleRefused, NotAllowed."""
    require_role("finance")
    if not reason.strip():
        raise ScheduleRefused("reason: is empty; say why nobody wants them any more")
    hold("report_schedule", schedule.pk)
    schedule.refresh_from_db()
    if schedule.ended_on is not None:
        return schedule
    schedule.ended_on = ended_on
    schedule.save(update_fields=["ended_on"])
    record(
        "report_schedule.end",
        schedule,
        before={"ended_on": None},
        after={"ended_on": ended_on},
        reason=reason,
    )
    return schedule


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def run_report(
    schedule: ReportSchedule, *, from_on: date, run_at: datetime, number: int | None = None
) -> ReportRun:
    """Make the statements of one period of a schedule; what goes wrong is kept as a failed run.

    ``number`` makes it idempotent: the run of that number is given back where it is there. Without it, it is a
    further run for the same period. Raises ScheduleRefused for what is no period of the schedule or not over yet,
    NotAllowed (the job, or finance).
    """
    actor = require_job_or("finance")
    hold("report_schedule", schedule.pk)
    until_on = _after(schedule, from_on)
    if from_on not in set(_starts(schedule, run_at.date())):
        raise ScheduleRefused(
            f"from_on: {from_on} begins no period of {schedule} that is over on {run_at:%Y-%m-%d}"
        )
    earlier = schedule.runs.filter(from_on=from_on)
    if number is not None and (there := earlier.filter(number=number).first()):
        return there
    number = number or earlier.count() + 1
    documents, failure = _documents(schedule, from_on, until_on)
    run = ReportRun.objects.create(
        schedule=schedule,
        from_on=from_on,
        until_on=until_on,
        number=number,
        outcome=ReportRun.Outcome.FAILED if failure else ReportRun.Outcome.MADE,
        failure=failure[:500],
        provisional=any(provisional for _, provisional in documents),
        message_id=f"<report-{schedule.pk}-{from_on:%Y%m%d}-{number}@sla-ledger.invalid>",
        run_at=run_at,
        run_by=actor,
    )
    for document, _ in documents:
        document.run = run
    ReportDocument.objects.bulk_create([document for document, _ in documents])
    record(
        "report_schedule.run",
        run,
        after={
            "from_on": from_on,
            "number": number,
            "outcome": run.outcome,
            "documents": {document.name: document.sha256 for document, _ in documents},
            "failure": run.failure,
        },
    )
    return run


# Looks -----------------------------------------------------------------------------------------------------


def due_periods(as_of: date, schedules: list[ReportSchedule] | None = None) -> list[Due]:
    """Every period that is due on a day, newest first, with its last run; four queries."""
    attempts = ReportAttempt.objects.select_related("outcome").order_by("number")
    documents = ReportDocument.objects.defer("content").order_by("name")
    runs = ReportRun.objects.order_by("number").prefetch_related(
        Prefetch("attempts", queryset=attempts), Prefetch("documents", queryset=documents)
    )
    rows = ReportSchedule.objects.select_related("legal_entity", "counterparty")
    if schedules is not None:
        rows = rows.filter(pk__in=[one.pk for one in schedules])
    found = []
    for schedule in rows.prefetch_related(Prefetch("runs", queryset=runs)):
        by_start: dict[date, ReportRun] = {run.from_on: run for run in schedule.runs.all()}
        for from_on in _starts(schedule, as_of):
            run = by_start.get(from_on)
            due_on = _after(schedule, from_on) + timedelta(days=schedule.days_after)
            if due_on > as_of and run is None:
                continue
            state, answer = _fared(run)
            found.append(Due(schedule, from_on, _after(schedule, from_on), due_on, run, state, answer))
    return sorted(found, key=lambda one: (one.from_on, one.schedule.pk), reverse=True)


def _fared(run: ReportRun | None) -> tuple[str, str]:
    if run is None:
        return "missed", ""
    if run.outcome == ReportRun.Outcome.FAILED:
        return "failed", run.failure
    attempts = list(run.attempts.all())
    if not attempts:
        return "made", ""
    outcome = getattr(attempts[-1], "outcome", None)
    return ("sending", "") if outcome is None else (outcome.kind, outcome.answer)


# Below the acts --------------------------------------------------------------------------------------------


def _month(day: date, ahead: int) -> date:
    at = day.year * 12 + day.month - 1 + ahead
    return date(at // 12, at % 12 + 1, 1)


def _after(schedule: ReportSchedule, from_on: date) -> date:
    return _month(from_on, MONTHS[schedule.cadence])


def _starts(schedule: ReportSchedule, as_of: date) -> Iterator[date]:
    """The first days of the periods that are over on a day, and that ended before the schedule did."""
    last = min(as_of, schedule.ended_on) if schedule.ended_on else as_of
    start = schedule.first_on
    while _after(schedule, start) <= last:
        yield start
        start = _after(schedule, start)


def _documents(
    schedule: ReportSchedule, from_on: date, until_on: date
) -> tuple[list[tuple[ReportDocument, bool]], str]:
    parties = Counterparty.objects.filter(
        pk__in=Account.objects.filter(legal_entity=schedule.legal_entity).values("counterparty")
    )
    if schedule.counterparty_id is not None:
        parties = Counterparty.objects.filter(pk=schedule.counterparty_id)
    media_type, write = WRITERS[schedule.form]
    made = []
    try:
        for party in parties.order_by("code"):
            value = statement(party, schedule.legal_entity, from_on, until_on)
            content = write(value)
            document = ReportDocument(
                counterparty=party,
                name=f"statement-{party.code}-{from_on}-{until_on}.{schedule.form}",
                media_type=media_type,
                row_count=value.row_count,
                content=content,
                sha256=sha256(content).hexdigest(),
            )
            made.append((document, is_provisional(value)))
    except DomainError as error:
        return [], str(error)
    return (made, "") if made else ([], "nobody has an account with the company in its books")


def _told(schedule: ReportSchedule) -> dict[str, object]:
    return {
        "legal_entity": schedule.legal_entity.code,
        "counterparty": schedule.counterparty.code if schedule.counterparty else None,
        "department": schedule.department,
        "cadence": schedule.cadence,
        "form": schedule.form,
        "address": schedule.address,
        "first_on": schedule.first_on,
        "days_after": schedule.days_after,
    }


__all__ = ["begin_schedule", "end_schedule", "run_report"]
