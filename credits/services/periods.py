"""Closing and reopening the months of a legal entity's books."""

from datetime import date

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.models import User
from contracts.models import LegalEntity
from credits.errors import BY_CONSTRAINT, CloserReopens, PeriodNotReady, ReasonMissing, WrongStep
from credits.locks import hold_period
from credits.models import ClaimStep, Period, PeriodStep
from credits.reading import memos_with_state

State = PeriodStep.State


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def close_period(legal_entity: LegalEntity, *, starts_on: date, reason: str = "") -> PeriodStep:
    """Close the month that starts on ``starts_on``: from then on nothing is posted into it.

    Waits for postings that are under way. Raises PeriodNotReady while memos that were proposed in that month
    or before await approval or issue, WrongStep where it is closed already, NotAllowed (finance closes).
    """
    actor = require_person("finance")
    if starts_on.day != 1:
        raise WrongStep(f"starts_on: {starts_on} is not the first day of a month")
    hold_period(legal_entity.pk, starts_on, alone=True)
    following = date(starts_on.year + starts_on.month // 12, starts_on.month % 12 + 1, 1)
    unfinished = (
        memos_with_state()
        .filter(
            legal_entity=legal_entity,
            state__in=["proposed", "in_review", "approved"],
            steps__number=1,
            steps__taken_on__lt=following,
        )
        .exclude(assessment__breach__claim__steps__kind=ClaimStep.Kind.FORFEITED)
    )
    if count := unfinished.count():
        raise PeriodNotReady(
            f"starts_on: {count} memos that were proposed before {following} are not issued yet; "
            "approve and issue them first"
        )
    return _step(legal_entity, starts_on, State.CLOSED, reason, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def reopen_period(legal_entity: LegalEntity, *, starts_on: date, reason: str) -> PeriodStep:
    """Reopen a closed month, with a reason, by somebody else than who closed it.

    Raises ReasonMissing, CloserReopens, WrongStep where it is open, NotAllowed (a finance approver reopens).
    """
    actor = require_person("finance_approver")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the month must be open again")
    hold_period(legal_entity.pk, starts_on, alone=True)
    last = _last_step(legal_entity, starts_on)
    if last is not None and last.state == State.CLOSED and last.taken_by_id == actor.pk:
        raise CloserReopens(f"actor: {actor.display_name} closed {last.period}; somebody else must reopen it")
    return _step(legal_entity, starts_on, State.REOPENED, reason, actor)


def _last_step(legal_entity: LegalEntity, starts_on: date) -> PeriodStep | None:
    steps = PeriodStep.objects.filter(period__legal_entity=legal_entity, period__starts_on=starts_on)
    return steps.select_related("period__legal_entity").order_by("-number").first()


def _step(legal_entity: LegalEntity, starts_on: date, state: str, reason: str, actor: User) -> PeriodStep:
    last = _last_step(legal_entity, starts_on)
    before = last.state if last else "open"
    if (before == State.CLOSED) == (state == State.CLOSED):
        raise WrongStep(f"period: {legal_entity.code} {starts_on:%Y-%m} is {before}; it cannot be {state}")
    period, _ = Period.objects.get_or_create(legal_entity=legal_entity, starts_on=starts_on)
    step = PeriodStep.objects.create(
        period=period,
        number=last.number + 1 if last else 1,
        state=state,
        reason=reason,
        taken_by=actor,
    )
    verb = "period.close" if state == State.CLOSED else "period.reopen"
    record(verb, period, before={"state": before}, after={"state": state}, reason=reason)
    return step
