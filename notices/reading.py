"""Where each notice stands, derived from its attempts, their outcomes and the decisions of people."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from notices.models import Attempt, Decision, Notice, Outcome


class State(StrEnum):
    """What a notice can be."""

    WAITING = "waiting"
    SENDING = "sending"
    TRIED_AGAIN = "tried_again"
    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    HELD = "held"
    NEEDLESS = "needless"
    OVERTAKEN = "overtaken"
    MARKED_DELIVERED = "marked_delivered"
    GIVEN_UP = "given_up"


MEANING: dict[str, str] = {
    State.WAITING: "Waiting to be sent",
    State.SENDING: "Being sent",
    State.TRIED_AGAIN: "Refused for now, tried again by itself",
    State.ACCEPTED: "Accepted by the mail server",
    State.UNCERTAIN: "Uncertain: it may have gone out",
    State.FAILED: "Failed: not sent",
    State.HELD: "Held: its words may not be sent",
    State.NEEDLESS: "Not needed: nothing was sent that it would take back",
    State.OVERTAKEN: "Not sent: a later notice took its place",
    State.MARKED_DELIVERED: "Marked as delivered by a person",
    State.GIVEN_UP: "Given up by a person",
}
NEEDS_A_PERSON = (State.UNCERTAIN, State.FAILED, State.HELD)
UNSENT = (State.WAITING, State.SENDING, State.TRIED_AGAIN)


def notices_with_state() -> QuerySet[Any]:
    """Notices with ``state``, and of the last attempt ``attempt_number``, ``attempted_at``, ``outcome``, ``answer``,
    ``next_try_at`` and ``decision``; in one query."""
    last = Attempt.objects.filter(notice=OuterRef("pk")).order_by("-number")
    outcomes = Outcome.objects.filter(attempt=OuterRef("attempt_id")).order_by(
        # The server's own answer goes before our guess that the attempt was lost.
        Case(When(kind=Outcome.Kind.UNCERTAIN, then=1), default=0),
        "pk",
    )
    decisions = Decision.objects.alias(about=Coalesce("attempt_id", 0)).filter(
        notice=OuterRef("pk"), about=Coalesce(OuterRef("attempt_id"), 0)
    )
    return Notice.objects.annotate(
        attempt_id=Subquery(last.values("pk")[:1]),
        attempt_number=Subquery(last.values("number")[:1]),
        attempted_at=Subquery(last.values("started_at")[:1]),
        outcome=Subquery(outcomes.values("kind")[:1]),
        answer=Subquery(outcomes.values("answer")[:1]),
        next_try_at=Subquery(outcomes.values("next_try_at")[:1]),
        decision=Subquery(decisions.values("kind")[:1]),
        is_replaced=Exists(Notice.objects.filter(replaces=OuterRef("pk"))),
        state=_state(),
    )


def _state() -> Case:
    refused_for_now = Q(outcome=Outcome.Kind.REFUSED_FOR_NOW)
    rules: list[tuple[Q, State]] = [
        (Q(outcome=Outcome.Kind.ACCEPTED), State.ACCEPTED),
        (Q(decision=Decision.Kind.DELIVERED), State.MARKED_DELIVERED),
        (Q(decision=Decision.Kind.GIVEN_UP), State.GIVEN_UP),
        (~Q(held_because=""), State.HELD),
        (Q(needless=True), State.NEEDLESS),
        (Q(attempt_id__isnull=False, outcome__isnull=True), State.SENDING),
        (Q(outcome=Outcome.Kind.UNCERTAIN, decision__isnull=True), State.UNCERTAIN),
        (Q(is_replaced=True), State.OVERTAKEN),
        (Q(attempt_id__isnull=True) | Q(decision=Decision.Kind.RESEND), State.WAITING),
        (refused_for_now & Q(next_try_at__isnull=False), State.TRIED_AGAIN),
    ]
    return Case(
        *(When(condition, then=Value(str(state))) for condition, state in rules),
        default=Value(str(State.FAILED)),
        output_field=CharField(),
    )


def not_accepted() -> QuerySet[Any]:
    """Like :func:`notices_with_state`, without the many that the mail server took; looked up by their outcomes."""
    taken = Outcome.objects.filter(kind=Outcome.Kind.ACCEPTED, attempt__notice=OuterRef("pk"))
    return notices_with_state().filter(~Exists(taken))


def due(now: datetime) -> QuerySet[Any]:
    """The notices whose turn has come by ``now``, oldest first."""
    turn = Q(state=State.WAITING) | Q(state=State.TRIED_AGAIN, next_try_at__lte=now)
    return not_accepted().filter(turn).order_by("pk")


def lost(now: datetime) -> QuerySet[Attempt]:
    """Attempts that have no outcome although their time is over."""
    return Attempt.objects.filter(outcomes__isnull=True, lost_after__lt=now).order_by("pk")


def counts() -> dict[str, int]:
    """How many notices there are in each state that occurs."""
    rows = notices_with_state().order_by().values("state").annotate(number=Count("pk"))
    return {row["state"]: row["number"] for row in rows.order_by("state")}


def unsent_count() -> int:
    """How many notices wait to be sent, are being sent, or are tried again."""
    return not_accepted().filter(state__in=UNSENT).count()


def needing_a_person() -> QuerySet[Any]:
    """The notices that nothing happens with until a person decides: uncertain, failed, held."""
    return not_accepted().filter(state__in=NEEDS_A_PERSON).order_by("pk")


def hold(notice_id: int) -> None:
    """Be alone with one notice until the transaction ends (the triggers' own lock)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT notices_hold(%s)", [notice_id])
