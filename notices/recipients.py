"""Who is told by which subscription, and whether an address is one that mail can be sent to."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from base.models import User
from notices.models import Subscription


@dataclass(frozen=True)
class Recipient:
    """Somebody who is told: in whose words, under which name, at which address (in small letters)."""

    audience: str
    name: str
    address: str
    language: str = Subscription.Language.ENGLISH


def sendable(address: str) -> bool:
    """Whether an address is a plain one in ASCII, as every mail server takes it."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address.isascii()


def recipients_of(audience: str, kind: str = Subscription.Kind.BREACH) -> list[Recipient]:
    """The receivers of an audience, each address once, in the order of the subscriptions.

    Without any subscription of the audience: everybody who has the role of that name.
    """
    rows = Subscription.objects.filter(kind=kind, audience=audience, ended_at=None).select_related("person")
    found: dict[str, Recipient] = {}
    subscriptions = list(rows.order_by("pk")) or [Subscription(audience=audience, role=audience)]
    for subscription in subscriptions:
        for name, address in _targets(subscription):
            if sendable(address):
                one = Recipient(audience, " ".join(name.split()), address.lower(), subscription.language)
                found.setdefault(one.address, one)
    return list(found.values())


def _targets(subscription: Subscription) -> list[tuple[str, str]]:
    if subscription.address:
        return [("", subscription.address)]
    if subscription.person is not None:
        people = [subscription.person] if subscription.person.is_active else []
    else:
        people = list(
            User.objects.filter(groups__name=subscription.role, is_active=True)
            .exclude(kind=User.Kind.JOB)
            .order_by("pk")
        )
    # Whoever lost the role is no longer told; a role's people have theirs unless their login is of another kind.
    wanted = subscription.role or subscription.audience
    return [(person.display_name, person.email) for person in people if person.has_role(wanted)]
