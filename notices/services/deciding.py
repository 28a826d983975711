"""What a person decides about a notice of which nobody knows, or that could not or may not be sent."""

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from notices.errors import BY_CONSTRAINT, DecidedAlready, NothingToDecide, ReasonMissing
from notices.models import Decision, Notice
from notices.reading import NEEDS_A_PERSON, State, hold, notices_with_state

DECIDERS = ("legal", "customer_success", "administrator")
Kind = Decision.Kind


def resend(notice: Notice, *, reason: str) -> Decision:
    """Have an uncertain or failed notice sent once more, under the same message id.

    Raises NothingToDecide for any other, ReasonMissing, DecidedAlready, and NotAllowed.
    """
    return _decide(notice, Kind.RESEND, reason, (State.UNCERTAIN, State.FAILED))


def mark_delivered(notice: Notice, *, reason: str) -> Decision:
    """Note that an uncertain notice arrived, or that its receiver was told in another way. See :func:`resend`."""
    return _decide(notice, Kind.DELIVERED, reason, NEEDS_A_PERSON)


def give_up(notice: Notice, *, reason: str) -> Decision:
    """Note that a notice is not sent after all. See :func:`resend`."""
    return _decide(notice, Kind.GIVEN_UP, reason, NEEDS_A_PERSON)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def _decide(notice: Notice, kind: Decision.Kind, reason: str, states: tuple[State, ...]) -> Decision:
    actor = require_person(*DECIDERS)
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say what is known of this mail, and from whom")
    hold(notice.pk)
    now = notices_with_state().get(pk=notice.pk)
    if now.decision is not None:
        raise DecidedAlready(f"notice: somebody decided on the last attempt at it before ({now.decision})")
    if now.state not in states:
        raise NothingToDecide(
            f"notice: it is {now.state}; only one that is {' or '.join(states)} is decided on"
        )
    decision = Decision.objects.create(
        notice=notice, attempt_id=now.attempt_id, kind=kind, reason=reason, decided_by=actor
    )
    record(
        f"notice.{kind.value}",
        notice,
        before={"state": now.state, "answer": now.answer},
        after={"decision": kind.value, "attempt": now.attempt_number},
        reason=reason,
    )
    if kind == Kind.RESEND:
        from notices.tasks import send_deliver

        transaction.on_commit(lambda: send_deliver([notice.pk]))
    return decision
