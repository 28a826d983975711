"""Who wants to be told, and no longer."""

from datetime import datetime

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.models import User
from notices.errors import BY_CONSTRAINT, AlreadyEnded, AlreadySubscribed, BadAddress, NoTarget
from notices.models import Subscription
from notices.recipients import sendable

KEEPERS = ("legal", "customer_success", "administrator")


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def subscribe(
    *,
    audience: str,
    role: str = "",
    person: User | None = None,
    address: str = "",
    kind: str = Subscription.Kind.BREACH,
    language: str = Subscription.Language.ENGLISH,
) -> Subscription:
    """Have a role's people, a person or an address told from now on.

    Raises NoTarget unless exactly one of the three is named, BadAddress, AlreadySubscribed, and NotAllowed.
    """
    require_person(*KEEPERS)
    if sum(map(bool, (role, person, address))) != 1:
        raise NoTarget("receiver: name a role, a person or an address; exactly one of the three")
    address = address.strip().lower()
    if wrong := next(
        (one for one in (address, person.email if person else "") if one and not sendable(one)), ""
    ):
        raise BadAddress(f"address: {wrong!r} is no plain address such as legal@example.com")
    if person is not None and not person.email:
        raise BadAddress(f"person: {person.display_name} has no mail address; enter it with the person first")
    if person is not None and not person.has_role(audience):
        raise NoTarget(f"person: {person.display_name} does not have the role {audience.replace('_', ' ')}")
    same = Subscription.objects.filter(
        kind=kind, audience=audience, role=role, person=person, address=address, ended_at=None
    )
    if same.exists():
        raise AlreadySubscribed("receiver: has a subscription of this kind for this audience already")
    made = Subscription.objects.create(
        kind=kind, audience=audience, role=role, person=person, address=address, language=language
    )
    record("subscription.begin", made, after={"kind": kind, "audience": audience, "target": made.target})
    return made


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def end_subscription(subscription: Subscription, *, ended_at: datetime, reason: str = "") -> Subscription:
    """End a subscription. What was composed by then is still sent. Raises AlreadyEnded and NotAllowed."""
    require_person(*KEEPERS)
    row = (
        Subscription.objects.select_for_update(of=("self",)).select_related("person").get(pk=subscription.pk)
    )
    if row.ended_at is not None:
        raise AlreadyEnded(f"subscription: it was ended at {row.ended_at.isoformat()}")
    row.ended_at = ended_at
    row.save(update_fields=["ended_at"])
    record("subscription.end", row, after={"ended_at": ended_at}, reason=reason)
    return row
