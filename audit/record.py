"""The actor's context and the recording of events.

An entrance (page, admin, API, command, task) says once who acts and from where::

    with acting(user, via="admin", reason="signed on paper on 3 March"):
        sign_version(...)

and every service below records its act with :func:`record`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection, models
from django.utils import timezone

from audit.hashing import leaf_hash
from audit.models import Event
from base.correlation import correlated, current
from base.errors import DomainError
from base.models import User


class NoActor(DomainError):
    """A business act was tried outside of any actor's context."""

    code = "no_actor"


@dataclass(frozen=True)
class Actor:
    """Who acts, through which entrance, and why."""

    user: User
    via: str
    reason: str = ""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def acting(user: User, *, via: str, reason: str = "", correlation_id: str = "") -> Iterator[Actor]:
    """Bind the actor for the block, and a correlation id where none is in force."""
    actor = Actor(user, via, reason)
    token = _actor.set(actor)
    try:
        with correlated(correlation_id):
            yield actor
    finally:
        _actor.reset(token)


@contextmanager
def acting_for(reason: str) -> Iterator[Actor]:
    """The same actor through the same entrance, with the reason of this one act."""
    actor = current_actor()
    with acting(actor.user, via=actor.via, reason=reason) as changed:
        yield changed


def current_actor() -> Actor:
    """The actor in force. Raises :class:`NoActor` outside of any."""
    actor = _actor.get()
    if actor is None:
        raise NoActor("actor: an act needs an actor; the entrance must bind one with acting(...)")
    return actor


def plain(value: Any) -> Any:
    """A value as plain JSON: exact numbers and instants as strings, keys as strings."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal() | Fraction():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case models.Model():
            return value.pk
    raise TypeError(f"an event cannot hold a {type(value).__name__}")


def content_of(event: Event) -> dict[str, Any]:
    """What an event's leaf hash covers: every column but the database's own ids."""
    return {
        "recorded_at": event.recorded_at.isoformat(timespec="microseconds"),
        "actor_id": event.actor_id,
        "actor_name": event.actor_name,
        "via": event.via,
        "verb": event.verb,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "subject_label": event.subject_label,
        "reason": event.reason,
        "before": event.before,
        "after": event.after,
        "correlation_id": event.correlation_id,
    }


def record(
    verb: str,
    subject: models.Model,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    label: str = "",
) -> Event:
    """Record one act on ``subject`` by the actor in force, in the running transaction.

    Raises :class:`NoActor` outside of an actor's context, and RuntimeError outside of a transaction:
    an event that does not share its act's fate proves nothing.
    """
    _require_transaction()
    event = event_of(verb, subject, before=before, after=after, reason=reason, label=label)
    event.save(force_insert=True)
    return event


def record_all(events: Sequence[Event]) -> None:
    """Record acts that were done together, in their order. Raises RuntimeError outside of a transaction."""
    _require_transaction()
    Event.objects.bulk_create(events)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of its act")


def event_of(
    verb: str,
    subject: models.Model,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    label: str = "",
) -> Event:
    """The event of one act by the actor in force, to be recorded. Raises NoActor."""
    actor = current_actor()
    event = Event(
        recorded_at=timezone.now(),
        actor=actor.user,
        actor_name=actor.user.display_name,
        via=actor.via,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=(label or str(subject))[:300],
        reason=reason or actor.reason,
        before=plain(before),
        after=plain(after),
        correlation_id=current(),
    )
    event.leaf_hash = leaf_hash(content_of(event))
    return event
