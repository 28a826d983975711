"""Locking, closing and reopening the months of a legal entity's books."""

from datetime import date

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.errors import NotAllowed
from base.models import User
from contracts.models import LegalEntity
from credits import checklist
from credits.errors import BY_CONSTRAINT, CloserReopens, PeriodNotReady, ReasonMissing, WrongStep
from credits.locks import hold_period
from credits.models import ChecklistNote, Period, PeriodStep

State = PeriodStep.State


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def lock_period(legal_entity: LegalEntity, *, starts_on: date, reason: str = "") -> PeriodStep:
    """Lock the month that starts on ``starts_on``: from then on finance approvers alone post into it.

    Waits for postings that are under way. Raises WrongStep where it is locked or closed, NotAllowed (finance locks).
    """
    actor = require_person("finance")
    _require_first_day(starts_on)
    hold_period(legal_entity.pk, starts_on, alone=True)
    return _step(legal_entity, starts_on, State.LOCKED, reason, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def close_period(legal_entity: LegalEntity, *, starts_on: date, reason: str = "") -> PeriodStep:
    """Close the month that starts on ``starts_on``: from then on nothing is posted into it.

    Waits for postings that are under way. Raises PeriodNotReady naming the lines of the checklist that block it,
    or that nobody has accepted as they stand; WrongStep where it is closed already, NotAllowed (finance closes).
    """
    actor = require_person("finance")
    return close_as(legal_entity, starts_on, reason, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def reopen_period(legal_entity: LegalEntity, *, starts_on: date, reason: str) -> PeriodStep:
    """Reopen a closed or locked month, with a reason, by somebody else than who closed or locked it.

    Raises ReasonMissing, CloserReopens, WrongStep where it is open, NotAllowed (a finance approver reopens).
    """
    actor = require_person("finance_approver")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the month must be open again")
    hold_period(legal_entity.pk, starts_on, alone=True)
    last = _last_step(legal_entity, starts_on)
    if last is not None and last.state != State.REOPENED and last.taken_by_id == actor.pk:
        raise CloserReopens(
            f"actor: {actor.display_name} {last.state} {last.period}; somebody else must reopen it"
        )
    return _step(legal_entity, starts_on, State.REOPENED, reason, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def accept_finding(legal_entity: LegalEntity, *, starts_on: date, key: str, reason: str) -> ChecklistNote:
    """Accept what a line of the close checklist finds, as it stands, with a reason; again is free.

    Raises PeriodNotReady for a line that blocks (it is mended, not accepted) or that finds nothing, ReasonMissing,
    NotAllowed (one of the line's owners accepts).
    """
    actor = require_person()
    _require_first_day(starts_on)
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the month may be closed like this")
    line = next((one for one in checklist.checklist(legal_entity, starts_on) if one.item.key == key), None)
    if line is None or line.item.blocks or not line.findings:
        raise PeriodNotReady(f"key: there is nothing under {key!r} that could be accepted")
    if not actor.has_role(*line.item.owners):
        raise NotAllowed(
            f"actor: {actor.display_name} does not answer for {line.item.label.lower()}; {line.owner} does"
        )
    if line.note is not None:
        return line.note
    period, _ = Period.objects.get_or_create(legal_entity=legal_entity, starts_on=starts_on)
    note = ChecklistNote.objects.create(
        period=period,
        key=key,
        fingerprint=line.fingerprint,
        found=list(line.findings),
        reason=reason,
        accepted_by=actor,
    )
    record("period.accept_finding", period, after={"key": key, "found": len(line.findings)}, reason=reason)
    return note


# Below the acts ------------------------------------------------------------------------------------------


def close_as(legal_entity: LegalEntity, starts_on: date, reason: str, actor: User) -> PeriodStep:
    """Close a month in the name of whoever asked for it. Raises PeriodNotReady, WrongStep."""
    _require_first_day(starts_on)
    hold_period(legal_entity.pk, starts_on, alone=True)
    last = _last_step(legal_entity, starts_on)
    if last is not None and last.state == State.CLOSED:
        raise WrongStep(f"period: {legal_entity.code} {starts_on:%Y-%m} is closed; it cannot be closed")
    lines = checklist.checklist(legal_entity, starts_on)
    require_ready(lines, starts_on)
    return _step(legal_entity, starts_on, State.CLOSED, reason, actor, checklist.told(lines))


def require_ready(lines: list[checklist.Line], starts_on: date) -> None:
    """Raise PeriodNotReady where something stands against the closing of a month."""
    if against := checklist.standing_against(lines):
        words = "; ".join(
            f"{line.item.label.lower()} ({len(line.findings)}, {line.owner})" for line in against
        )
        raise PeriodNotReady(
            f"starts_on: {starts_on:%Y-%m} is not ready to be closed: {words}; settle them, or accept those that do "
            "not block"
        )


def _require_first_day(starts_on: date) -> None:
    if starts_on.day != 1:
        raise WrongStep(f"starts_on: {starts_on} is not the first day of a month")


def _last_step(legal_entity: LegalEntity, starts_on: date) -> PeriodStep | None:
    steps = PeriodStep.objects.filter(period__legal_entity=legal_entity, period__starts_on=starts_on)
    return steps.select_related("period__legal_entity").order_by("-number").first()


_AFTER = {
    "open": (State.LOCKED, State.CLOSED),
    State.REOPENED.value: (State.LOCKED, State.CLOSED),
    State.LOCKED.value: (State.CLOSED, State.REOPENED),
    State.CLOSED.value: (State.REOPENED,),
}
_VERB = {State.LOCKED: "period.lock", State.CLOSED: "period.close", State.REOPENED: "period.reopen"}


def _step(
    legal_entity: LegalEntity,
    starts_on: date,
    state: PeriodStep.State,
    reason: str,
    actor: User,
    found: dict[str, object] | None = None,
) -> PeriodStep:
    last = _last_step(legal_entity, starts_on)
    before = last.state if last else "open"
    if state not in _AFTER[before]:
        raise WrongStep(f"period: {legal_entity.code} {starts_on:%Y-%m} is {before}; it cannot be {state}")
    period, _ = Period.objects.get_or_create(legal_entity=legal_entity, starts_on=starts_on)
    step = PeriodStep.objects.create(
        period=period,
        number=last.number + 1 if last else 1,
        state=state,
        reason=reason,
        taken_by=actor,
    )
    after: dict[str, object] = {"state": state.value} | ({"checklist": found} if found else {})
    record(_VERB[state], period, before={"state": before}, after=after, reason=reason)
    return step


__all__ = ["accept_finding", "close_period", "lock_period", "reopen_period"]
