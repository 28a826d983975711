"""Internal objectives: entered, revised by a further version, agreed to by their owner."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.models import User
from contracts.errors import PRECEDENCE_BY_CONSTRAINT, FieldsRefused, NotByYourself, WrongState
from contracts.models import ObjectiveAgreement, Service, ServiceLevelObjective
from contracts.services.common import refusal, require_reason
from contracts.services.conflicts import look_for_conflicts, take_turns

MAY_SET = ("legal", "vendor_manager", "customer_success", "administrator")


@named_errors(PRECEDENCE_BY_CONSTRAINT)
@transaction.atomic
def set_objective(
    *,
    code: str,
    service: Service,
    target_percent: Decimal,
    owner: User,
    from_on: date,
    reason: str,
    as_of: date,
    until_on: date | None = None,
    figure: str = "availability",
    window: str = "",
    target_inclusive: bool = True,
) -> ServiceLevelObjective:
    """Enter an objective, or the next version of the one with that code, for the days ``[from_on, until_on)``.

    The target is a percentage. Promises that reach it from ``as_of`` on are found in the same transaction. Saying
    again what the last version says writes nothing. Raises FieldsRefused, WrongState (another service or
    figure than before), ReasonMissing, NotAllowed.
    """
    actor = require_person(*MAY_SET)
    require_reason(reason)
    take_turns("contracts.objective")
    last = ServiceLevelObjective.objects.filter(code=code).order_by("-number").first()
    if last is not None and (last.service_id, last.figure) != (service.pk, figure):
        raise WrongState(
            f"code: {code} is the objective of {last.service.code} for {last.get_figure_display().lower()}; "
            "enter another objective under a code of its own"
        )
    row = ServiceLevelObjective(
        code=code,
        number=last.number + 1 if last else 1,
        service=service,
        figure=figure,
        window=window,
        target_percent=target_percent,
        target_inclusive=target_inclusive,
        owner=owner,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        entered_by=actor,
    )
    if last is not None and _says(last) == _says(row):
        return last
    _check_owner(owner)
    try:
        row.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    row.save()
    record(
        "objective.set",
        row,
        before=_told(last) if last else None,
        after=_told(row),
        reason=reason,
    )
    look_for_conflicts(as_of, service_id=service.pk)
    return row


@named_errors(PRECEDENCE_BY_CONSTRAINT)
@transaction.atomic
def agree_objective(objective: ServiceLevelObjective) -> ObjectiveAgreement:
    """Say as its owner that one aims for it; until then it is shown as not agreed. Again is free.

    Raises NotByYourself for anybody but the owner, and for whoever entered it; WrongState where a later version is
    there.
    """
    actor = require_person()
    take_turns("contracts.objective")
    done = ObjectiveAgreement.objects.filter(objective=objective).first()
    if done is not None:
        return done
    if actor.pk != objective.owner_id or actor.pk == objective.entered_by_id:
        raise NotByYourself(
            f"actor: {objective.owner.display_name} owns {objective} and agrees to it, unless they entered it "
            "themselves: then somebody else enters a further version"
        )
    if ServiceLevelObjective.objects.filter(code=objective.code, number__gt=objective.number).exists():
        raise WrongState(f"objective: a later version took the place of {objective}; agree to that one")
    agreement = ObjectiveAgreement.objects.create(objective=objective, agreed_by=actor)
    record("objective.agree", objective, after={"agreed": True})
    return agreement


def _check_owner(owner: User) -> None:
    if owner.kind != User.Kind.STAFF or not owner.is_active:
        raise FieldsRefused({"owner": [f"{owner.display_name} is no person of ours who is still here."]})


def _says(row: ServiceLevelObjective) -> tuple[object, ...]:
    target = Decimal(row.target_percent)
    return (row.window, target, row.target_inclusive, row.owner_id, row.from_on, row.until_on)


def _told(row: ServiceLevelObjective) -> dict[str, object]:
    return {
        "code": row.code,
        "number": row.number,
        "service": row.service.code,
        "figure": row.figure,
        "window": row.window,
        "target_percent": row.target_percent,
        "target_inclusive": row.target_inclusive,
        "owner": row.owner.get_username(),
        "from_on": row.from_on,
        "until_on": row.until_on,
    }
