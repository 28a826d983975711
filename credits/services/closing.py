"""A month's closing as work for a worker: stage by stage, each committed with its own mark.

A stage is one job. What it does, its row here and the next job are one transaction, so that a worker that is killed
leaves nothing half done, and the sweep goes on with the stage that has no row yet. Somebody asks for the closing and
answers for it; the worker only carries it out.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from audit.record import acting, record
from base.access import require_person
from base.dberrors import named_errors
from base.errors import DomainError
from base.jobs import enqueue
from base.models import User
from contracts.models import LegalEntity
from credits import checklist
from credits.errors import BY_CONSTRAINT, ReasonMissing, WrongStep
from credits.models import CloseRun, CloseStage, Period
from credits.reading import is_closed, month_after, trial_balance
from credits.services.accruals import accrue, contracts_of
from credits.services.periods import close_as, require_ready
from credits.services.rates import foreign_accounts, revalue

JOB = "credits.close"
CHUNK = 200
STAGES = ("look", "accrue", "revalue", "check", "total", "close")


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def request_close(legal_entity: LegalEntity, *, starts_on: date, as_of: date, reason: str) -> CloseRun:
    """Ask for a month to be closed by a worker. While one closing of it runs, that one is returned.

    Its stages: what blocks, expected credits chunk by chunk, revaluation, the checklist once more, control totals,
    the closing itself. Raises ReasonMissing, WrongStep for a month that is not over as of ``as_of`` or is closed,
    NotAllowed (finance closes).
    """
    actor = require_person("finance")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the month is closed")
    if starts_on.day != 1 or month_after(starts_on) > as_of:
        raise WrongStep(f"starts_on: {starts_on:%Y-%m} is not over on {as_of}; it is closed when it is")
    if is_closed(legal_entity, starts_on):
        raise WrongStep(f"period: {legal_entity.code} {starts_on:%Y-%m} is closed already")
    period, _ = Period.objects.get_or_create(legal_entity=legal_entity, starts_on=starts_on)
    last = period.close_runs.order_by("-number").first()
    if last is not None and is_running(last):
        return last
    run = CloseRun.objects.create(
        period=period,
        number=last.number + 1 if last else 1,
        as_of_on=as_of,
        reason=reason,
        requested_by=actor,
    )
    record("period.request_close", period, after={"run": run.number, "as_of": as_of}, reason=reason)
    enqueue(JOB, f"{run.pk}/1", run_id=run.pk)
    return run


# Carried out by a worker ---------------------------------------------------------------------------------


def carry_on(run_id: int, job: User) -> dict[str, Any]:
    """Do the next stage of a closing and ask for the one after it; what is finished is left alone.

    A refusal (something is found that nobody accepted) is a stage too: it ends the run and says why.
    """
    run = CloseRun.objects.select_related("period__legal_entity", "requested_by").get(pk=run_id)
    if not is_running(run):
        return {"finished": True}
    number = run.stages.count() + 1
    key, cursor = _next(run)
    try:
        with transaction.atomic():
            result = _do(run, key, cursor, job)
    except DomainError as error:
        with acting(job, via="task"):
            _mark(run, number, key, "refused", {"because": str(error), "code": error.code})
        return {"stage": key, "refused": error.code}
    with acting(job, via="task"):
        _mark(run, number, key, "done", result)
    if key != STAGES[-1]:
        enqueue(JOB, f"{run.pk}/{number + 1}", run_id=run.pk)
    return {"stage": key} | result


def is_running(run: CloseRun) -> bool:
    """Whether a closing has a stage before it."""
    last = run.stages.order_by("-number").first()
    return last is None or (last.outcome == "done" and last.key != STAGES[-1])


def progress_of(run: CloseRun) -> tuple[int, int]:
    """How many of a closing's stages are done, and how many there are; chunks of accruals count once."""
    keys = set(run.stages.filter(outcome="done").values_list("key", flat=True))
    last = run.stages.order_by("-number").first()
    if last is not None and last.key == "accrue" and last.result.get("more"):
        keys.discard("accrue")
    return len(keys), len(STAGES)


def _next(run: CloseRun) -> tuple[str, int]:
    """The stage that comes now, and behind which contract its chunk begins."""
    last = run.stages.order_by("-number").first()
    if last is None:
        return STAGES[0], 0
    if last.key == "accrue" and last.result.get("more"):
        return "accrue", int(last.result["until"])
    return STAGES[STAGES.index(last.key) + 1], 0


def _do(run: CloseRun, key: str, cursor: int, job: User) -> dict[str, Any]:
    entity, starts_on = run.period.legal_entity, run.period.starts_on
    last_day = month_after(starts_on) - timedelta(days=1)
    if key == "close":
        # The person who asked closes; the worker is only the hand (rule 20, and for who may reopen).
        with acting(run.requested_by, via="task", reason=run.reason):
            require_person("finance")
            close_as(entity, starts_on, run.reason, run.requested_by)
        return {}
    with acting(job, via="task"):
        return {
            "look": _look,
            "accrue": lambda *_: _accrue(entity, last_day, cursor),
            "revalue": lambda *_: _revalue(entity, last_day),
            "check": _check,
            "total": lambda *_: _total(entity, last_day),
        }[key](entity, starts_on)


def _look(entity: LegalEntity, starts_on: date) -> dict[str, Any]:
    """What blocks is found before anything is posted."""
    lines = checklist.checklist(entity, starts_on)
    require_ready([line for line in lines if line.item.blocks], starts_on)
    return {"checklist": checklist.told(lines)}


def _accrue(entity: LegalEntity, last_day: date, cursor: int) -> dict[str, Any]:
    keys = list(contracts_of(entity).filter(pk__gt=cursor).values_list("pk", flat=True)[: CHUNK + 1])
    chunk = keys[:CHUNK]
    posted = (
        len(accrue(entity, effective_on=last_day, contracts=chunk))
        if chunk and _has_policy(entity, last_day)
        else 0
    )
    return {
        "contracts": len(chunk),
        "entries": posted,
        "until": chunk[-1] if chunk else cursor,
        "more": len(keys) > CHUNK,
    }


def _has_policy(entity: LegalEntity, day: date) -> bool:
    return bool(entity.accrual_policies.filter(effective_from_on__lte=day).exists())


def _revalue(entity: LegalEntity, last_day: date) -> dict[str, Any]:
    """Without foreign balances, or where a missing rate was accepted, there is nothing to value."""
    if not list(foreign_accounts(entity)):
        return {"accounts": 0}
    lines = checklist.checklist(entity, last_day.replace(day=1))
    if any(line.item.key == "rates" and line.findings for line in lines):
        return {"accounts": 0, "skipped": "rates"}
    return {"accounts": len(revalue(entity, on=last_day))}


def _check(entity: LegalEntity, starts_on: date) -> dict[str, Any]:
    lines = checklist.checklist(entity, starts_on)
    require_ready(lines, starts_on)
    return {"checklist": checklist.told(lines)}


def _total(entity: LegalEntity, last_day: date) -> dict[str, Any]:
    """The books as they are closed, by currency."""
    sums: dict[str, list[Any]] = {}
    for row in trial_balance(entity, last_day):
        found = sums.setdefault(row.currency, [0, 0])
        found[0] += row.debit
        found[1] += row.credit
    return {"totals": {currency: [str(one) for one in pair] for currency, pair in sorted(sums.items())}}


def _mark(run: CloseRun, number: int, key: str, outcome: str, result: dict[str, Any]) -> None:
    CloseStage.objects.create(run=run, number=number, key=key, outcome=outcome, result=result)
    record("period.close_stage", run.period, after={"run": run.number, "stage": key, "outcome": outcome})


__all__ = ["request_close"]
