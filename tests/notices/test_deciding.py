"""What only a person decides, and what the database refuses to everybody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from audit.models import Event
from audit.record import record
from base.dberrors import constraint_of
from base.errors import DomainError, NotAllowed
from base.models import User
from contracts.models import Service
from notices import services
from notices.errors import (
    AlreadyEnded,
    AlreadySubscribed,
    BadAddress,
    DecidedAlready,
    NoTarget,
    NothingToDecide,
    ReasonMissing,
)
from notices.models import Attempt, Decision, Notice, Outcome, Subscription
from tests import factories
from tests.credits import world as credits_world
from tests.notices import world
from tests.notices.mail_server import MailServer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def notice() -> Notice:
    """A notice to legal, to be sent."""
    return world.notices()[0]


def attempt(notice: Notice, number: int = 1, at: timedelta = timedelta()) -> Attempt:
    """An attempt, written round the service."""
    return Attempt.objects.create(
        notice=notice, number=number, started_at=world.NOW + at, lost_after=world.NOW + at + HOUR, worker="w"
    )


def outcome(one: Attempt, kind: str, **values: object) -> Outcome:
    """What came of it."""
    return Outcome.objects.create(attempt=one, kind=kind, answer="said", **values)


@pytest.fixture
def uncertain(notice: Notice) -> Notice:
    """Nobody knows whether it went out."""
    outcome(attempt(notice), "uncertain")
    return notice


# Decisions -----------------------------------------------------------------------------------------------


def test_a_person_has_an_uncertain_mail_sent_again_under_the_same_message_id(
    mail_server: MailServer, uncertain: Notice
) -> None:
    with credits_world.as_("legal"):
        services.resend(uncertain, reason="legal's mailbox has nothing")
    assert world.state(uncertain) == "waiting"
    assert getattr(world.send(uncertain), "kind", "") == "accepted"
    assert [mail["Message-ID"] for mail in mail_server.mails] == [uncertain.message_id]
    assert Attempt.objects.count() == 2
    event = Event.objects.get(verb="notice.resend")
    assert (event.before["state"], event.reason) == ("uncertain", "legal's mailbox has nothing")


def test_a_person_marks_a_mail_as_delivered_or_gives_it_up(uncertain: Notice) -> None:
    with credits_world.as_("customer_success"):
        services.mark_delivered(uncertain, reason="legal has it")
    assert world.state(uncertain) == "marked_delivered"
    with credits_world.as_("legal"), pytest.raises(DecidedAlready):
        services.resend(uncertain, reason="again")


def test_a_held_notice_is_told_otherwise_but_never_sent() -> None:
    world.subscribe_both()
    told = credits_world.customer()
    Service.objects.filter(code="platform").update(name="SLA portal")
    told.finalise()
    held = world.compose()[1]
    with credits_world.as_("legal"), pytest.raises(NothingToDecide):
        services.resend(held, reason="now")
    with credits_world.as_("legal"):
        services.mark_delivered(held, reason="told by telephone")
    assert world.state(held) == "marked_delivered"


@pytest.mark.parametrize("act", [services.resend, services.mark_delivered, services.give_up])
def test_what_waits_or_is_known_is_not_decided_on(notice: Notice, act: Callable[..., Decision]) -> None:
    with credits_world.as_("legal"), pytest.raises(NothingToDecide):
        act(notice, reason="early")
    one = attempt(notice)
    with credits_world.as_("legal"), pytest.raises(NothingToDecide):
        act(notice, reason="while it is sent")
    outcome(one, "accepted")
    with credits_world.as_("legal"), pytest.raises(NothingToDecide):
        act(notice, reason="late")


def test_a_decision_needs_a_reason_a_role_and_a_person(uncertain: Notice) -> None:
    with credits_world.as_("legal"), pytest.raises(ReasonMissing):
        services.resend(uncertain, reason=" ")
    with credits_world.as_("finance"), pytest.raises(NotAllowed):
        services.resend(uncertain, reason="please")
    with credits_world.as_(factories.user(is_superuser=True)), pytest.raises(NotAllowed):
        services.resend(uncertain, reason="please")
    with credits_world.as_(factories.job_user()), pytest.raises(NotAllowed):
        services.resend(uncertain, reason="please")
    assert not Decision.objects.exists()


# Round the services --------------------------------------------------------------------------------------


def refused(constraint: str, act: Callable[[], object]) -> None:
    """The database refuses ``act`` by this name."""

    def tried() -> None:
        with transaction.atomic():
            act()
            connection.check_constraints()

    with pytest.raises(IntegrityError) as caught:
        tried()
    assert constraint_of(caught.value) == constraint


def test_the_database_refuses_an_attempt_that_is_not_due(notice: Notice) -> None:
    first = attempt(notice)
    refused("notices_attempt_under_way", lambda: attempt(notice, 2))
    refused("notices_attempt_next", lambda: attempt(notice, 3))
    outcome(first, "refused_for_now", next_try_at=world.NOW + HOUR)
    refused("notices_attempt_not_due", lambda: attempt(notice, 2, HOUR - timedelta(microseconds=1)))
    second = attempt(notice, 2, HOUR)
    outcome(second, "accepted")
    refused("notices_attempt_not_due", lambda: attempt(notice, 3, 2 * HOUR))


def test_the_database_refuses_to_send_an_uncertain_mail_again_without_a_decision(uncertain: Notice) -> None:
    refused("notices_attempt_not_due", lambda: attempt(uncertain, 2, 9 * HOUR))


def test_the_database_refuses_to_send_what_is_held_needless_or_replaced(notice: Notice) -> None:
    def copy(**values: object) -> Notice:
        fresh = Notice.objects.get(pk=notice.pk)
        fresh.pk = None
        for name, value in ({"message_id": "<x@y>", "recipient_address": "x@example.com"} | values).items():
            setattr(fresh, name, value)
        fresh.save(force_insert=True)
        return fresh

    with credits_world.as_("legal"), transaction.atomic():
        record("a test", notice)
        refused("notices_attempt_not_due", lambda: attempt(copy(held_because="words")))
        refused("notices_attempt_not_due", lambda: attempt(copy(needless=True)))
        refused("notices_notice_replaces_earlier", lambda: copy(replaces=notice))
        refused("notices_notice_once", lambda: copy(recipient_address=notice.recipient_address))
        refused(
            "notices_notice_address_in_small_letters", lambda: copy(recipient_address="Legal@example.com")
        )


def test_the_database_keeps_one_answer_and_no_guess_after_it(notice: Notice) -> None:
    one = attempt(notice)
    outcome(one, "accepted")
    refused("notices_outcome_uncertain_once", lambda: outcome(one, "uncertain"))
    refused("notices_outcome_definite_once", lambda: outcome(one, "refused"))


def test_the_database_refuses_decisions_that_are_not_due(notice: Notice) -> None:
    person = factories.user("legal")

    def decide(one: Attempt | None, kind: str = "resend", reason: str = "r") -> Decision:
        return Decision.objects.create(
            notice=notice, attempt=one, kind=kind, reason=reason, decided_by=person
        )

    with credits_world.as_(person), transaction.atomic():
        record("a test", notice)
        refused("notices_decision_due", lambda: decide(None))
        refused("notices_decision_due", lambda: decide(None, "delivered"))
        one = attempt(notice)
        refused("notices_decision_due", lambda: decide(one))
        outcome(one, "uncertain")
        refused("notices_decision_has_reason", lambda: decide(one, reason=""))
        decide(one)
        refused("notices_decision_once", lambda: decide(one, "delivered"))


@pytest.mark.django_db(transaction=True)
def test_facts_are_appended_whoever_asks(owner_cursor: "psycopg.Cursor[Any]") -> None:
    notice = world.notices()[0]
    one = attempt(notice)
    outcome(one, "uncertain")
    with credits_world.as_("legal"):
        services.give_up(notice, reason="enough")
    for table in ("announcement", "notice", "attempt", "outcome", "decision"):
        for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="appended"):
                owner_cursor.execute(sql.SQL(statement).format(sql.Identifier(f"notices_{table}")))


@pytest.mark.django_db(transaction=True)
def test_no_notice_decision_or_subscription_without_its_event() -> None:
    notice = world.notices()[0]
    outcome(attempt(notice), "uncertain")
    values = Notice.objects.filter(pk=notice.pk).values().get()
    values |= {"id": None, "message_id": "<x@y>", "recipient_address": "x@example.com"}
    refused("notices_notice_has_event", lambda: Notice.objects.create(**values))
    refused(
        "notices_decision_has_event",
        lambda: Decision.objects.create(
            notice=notice, attempt=notice.attempts.get(), kind="resend", reason="r", decided_by=_anybody()
        ),
    )
    refused(
        "notices_subscription_has_event",
        lambda: Subscription.objects.create(audience="legal", address="secret@example.com"),
    )


def _anybody() -> User:
    found = User.objects.first()
    assert found is not None
    return found


# Subscriptions -------------------------------------------------------------------------------------------


def test_a_subscription_names_exactly_one_receiver() -> None:
    person = factories.user("legal", email="p@example.com")
    wrong: tuple[tuple[type[DomainError], dict[str, object]], ...] = (
        (NoTarget, {}),
        (NoTarget, {"role": "legal", "address": "a@example.com"}),
        (NoTarget, {"person": person, "address": "a@example.com"}),
        (NoTarget, {"person": factories.user("finance", email="f@example.com")}),
        (BadAddress, {"address": "nonsense"}),
        (BadAddress, {"address": "zoë@example.com"}),
        (BadAddress, {"person": factories.user("legal")}),
    )
    with credits_world.as_("administrator"):
        for error, values in wrong:
            with pytest.raises(error):
                services.subscribe(audience="legal", **values)  # type: ignore[arg-type]
        services.subscribe(audience="legal", address="A@example.com")
        with pytest.raises(AlreadySubscribed):
            services.subscribe(audience="legal", address="a@example.com")
    with credits_world.as_("finance"), pytest.raises(NotAllowed):
        services.subscribe(audience="legal", role="legal")


def test_the_database_refuses_two_receivers_and_a_second_subscription() -> None:
    with credits_world.as_("administrator"):
        services.subscribe(audience="legal", address="a@example.com")
    create = Subscription.objects.create
    refused(
        "notices_subscription_one_target",
        lambda: create(audience="legal", role="legal", address="b@example.com"),
    )
    refused("notices_subscription_one_target", lambda: create(audience="legal"))
    refused("notices_subscription_once", lambda: create(audience="legal", address="a@example.com"))


def test_a_subscription_is_ended_once_and_otherwise_stays_what_it_is() -> None:
    with credits_world.as_("administrator"):
        one = services.subscribe(audience="legal", address="a@example.com")
        services.end_subscription(one, ended_at=world.NOW)
        with pytest.raises(AlreadyEnded):
            services.end_subscription(one, ended_at=world.NOW)
        services.subscribe(audience="legal", address="a@example.com")
    rows = Subscription.objects.filter(pk=one.pk)
    refused("notices_subscription_ends_once", lambda: rows.update(ended_at=None))
    refused("notices_subscription_ends_once", lambda: rows.delete())
    refused(
        "notices_subscription_ends_once",
        lambda: Subscription.objects.exclude(pk=one.pk).update(address="b@example.com"),
    )
