"""Against a real mail server that refuses, dawdles and drops: one mail, or an uncertain one that is shown."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from notices import services, tasks
from notices.models import Attempt, Notice, Outcome
from notices.reading import counts, due, needing_a_person, notices_with_state, unsent_count
from notices.services.delivering import back_off
from notices.smtp import WAITS
from tests.notices import world
from tests.notices.mail_server import MailServer

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OVER = timedelta(seconds=WAITS * 10 + 1)


@pytest.fixture
def notice() -> Notice:
    """A notice to legal, to be sent."""
    return world.notices()[0]


def run_later(notice: Notice, after: timedelta) -> None:
    """What beat's sweep would do."""
    services.settle_lost(world.NOW + after)
    for pk in due(world.NOW + after).filter(pk=notice.pk).values_list("pk", flat=True):
        world.send(Notice.objects.get(pk=pk), after)


def test_a_mail_that_is_taken_is_sent_once(mail_server: MailServer, notice: Notice) -> None:
    outcome = world.send(notice)
    assert outcome is not None
    assert (outcome.kind, outcome.answer_code, outcome.answer) == ("accepted", 250, "2.0.0 taken as 4711")
    [mail] = mail_server.mails
    assert (mail["Message-ID"], mail["To"], mail["Subject"]) == (
        notice.message_id,
        world.LEGAL,
        notice.subject,
    )
    assert mail.get_content().replace("\r\n", "\n") == notice.text
    assert world.state(notice) == "accepted"


def test_a_second_run_sends_nothing(mail_server: MailServer) -> None:
    made = world.notices()
    for _ in range(2):
        for notice in made:
            world.send(notice)
            run_later(notice, OVER)
    assert sorted(mail_server.receivers) == [world.LEGAL, world.SUCCESS]
    assert counts() == {"accepted": 2}
    assert unsent_count() == 0


def test_several_mails_travel_over_one_connection(mail_server: MailServer, settings: object) -> None:
    made = world.notices()
    tasks.deliver([one.pk for one in made])
    assert len(mail_server.mails) == 2
    assert mail_server.conversations == 1


# Refused -------------------------------------------------------------------------------------------------


def test_a_receiver_that_is_refused_for_now_is_tried_again_after_a_while(
    mail_server: MailServer, notice: Notice
) -> None:
    mail_server.answers_to_receiver = ["451 4.7.1 greylisted, come again"]
    outcome = world.send(notice)
    assert outcome is not None
    assert (outcome.kind, outcome.answer_code) == ("refused_for_now", 451)
    assert outcome.next_try_at == world.NOW + timedelta(seconds=30)
    assert world.state(notice) == "tried_again"
    assert world.send(notice, timedelta(seconds=29)) is None
    run_later(notice, timedelta(seconds=30))
    assert len(mail_server.mails) == 1
    assert world.state(notice) == "accepted"


def test_a_content_that_is_refused_for_now_is_tried_again(mail_server: MailServer, notice: Notice) -> None:
    mail_server.answers_to_content = ["452 4.3.1 disk full"]
    assert getattr(world.send(notice), "kind", "") == "refused_for_now"
    run_later(notice, MINUTE)
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize("where", ["answers_to_receiver", "answers_to_content"])
def test_a_mail_that_is_refused_for_good_has_failed_and_is_shown(
    mail_server: MailServer, notice: Notice, where: str
) -> None:
    setattr(mail_server, where, ["550 5.1.1 no such mailbox"])
    outcome = world.send(notice)
    assert outcome is not None
    assert (outcome.kind, outcome.answer, outcome.next_try_at) == ("refused", "5.1.1 no such mailbox", None)
    run_later(notice, timedelta(days=3))
    assert mail_server.mails == []
    assert [one.pk for one in needing_a_person()] == [notice.pk]


def test_the_other_mail_still_goes_out_after_one_was_refused(mail_server: MailServer) -> None:
    made = world.notices()
    mail_server.answers_to_receiver = ["550 no"]
    tasks.deliver([one.pk for one in made])
    assert mail_server.receivers == [world.SUCCESS]


def test_a_server_that_is_not_there_is_tried_again(
    mail_server: MailServer, notice: Notice, settings: object
) -> None:
    settings.EMAIL_PORT = 1  # type: ignore[attr-defined]
    outcome = world.send(notice)
    assert outcome is not None
    assert outcome.kind == "refused_for_now"
    assert outcome.answer.startswith("cannot connect")
    settings.EMAIL_PORT = mail_server.port  # type: ignore[attr-defined]
    run_later(notice, MINUTE)
    assert len(mail_server.mails) == 1


def test_it_is_waited_longer_each_time_and_given_up_in_the_end(notice: Notice, settings: object) -> None:
    assert [back_off(number).total_seconds() for number in (1, 2, 3, 8, 9, 50)] == [
        30,
        60,
        120,
        3600,
        3600,
        3600,
    ]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    after = timedelta()
    while (outcome := world.send(notice, after)) is not None and outcome.next_try_at:
        after = outcome.next_try_at - world.NOW
    assert Attempt.objects.count() == 50
    assert world.state(notice) == "failed"


# Slow and broken -----------------------------------------------------------------------------------------


def test_a_server_that_dawdles_before_the_content_is_tried_again(
    mail_server: MailServer, notice: Notice
) -> None:
    mail_server.slow_receiver_seconds = 3
    outcome = world.send(notice)
    assert outcome is not None
    assert outcome.kind == "refused_for_now"
    assert "before the content" in outcome.answer
    mail_server.slow_receiver_seconds = 0
    run_later(notice, MINUTE)
    assert len(mail_server.mails) == 1


def test_a_connection_that_breaks_before_the_content_is_tried_again(
    mail_server: MailServer, notice: Notice
) -> None:
    mail_server.drop_before_content = True
    assert getattr(world.send(notice), "kind", "") == "refused_for_now"
    mail_server.drop_before_content = False
    run_later(notice, MINUTE)
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize("fault", ["drop_after_content", "keep_and_drop", "slow_content_seconds"])
def test_no_answer_after_the_content_is_uncertain_and_never_sent_again_by_itself(
    mail_server: MailServer, notice: Notice, fault: str
) -> None:
    setattr(mail_server, fault, 3)
    outcome = world.send(notice)
    assert outcome is not None
    assert (outcome.kind, outcome.next_try_at) == ("uncertain", None)
    setattr(mail_server, fault, 0)
    taken = len(mail_server.mails)
    for after in (MINUTE, OVER, timedelta(days=9)):
        run_later(notice, after)
    assert len(mail_server.mails) == taken <= 1
    assert world.state(notice) == "uncertain"
    assert [one.pk for one in needing_a_person()] == [notice.pk]


# Killed, and two at once ---------------------------------------------------------------------------------


def start_sender(server: MailServer, *notices: Notice) -> "subprocess.Popen[str]":
    """A worker in a process of its own."""
    arguments = [
        str(connection.settings_dict["NAME"]),
        str(server.port),
        world.NOW.isoformat(),
        *(str(one.pk) for one in notices),
    ]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.notices.sender", *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"LOG_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_while_sending_leaves_an_uncertain_mail_and_no_second_one(
    mail_server: MailServer,
) -> None:
    notice = world.notices()[0]
    mail_server.hold_content = threading.Event()
    worker = start_sender(mail_server, notice)
    assert mail_server.content_came.wait(30)
    assert world.state(notice) == "sending"
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    mail_server.hold_content.set()

    # Its time is not over yet: it might still be at it.
    run_later(notice, MINUTE)
    assert world.state(notice) == "sending"
    run_later(notice, OVER)
    assert world.state(notice) == "uncertain"
    for after in (OVER, timedelta(days=9)):
        run_later(notice, after)
    assert Attempt.objects.count() == 1
    assert len(mail_server.mails) <= 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail(mail_server: MailServer) -> None:
    made = world.notices()
    mail_server.slow_content_seconds = 0.3
    workers = [start_sender(mail_server, *made) for _ in range(2)]
    said = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert sorted(said[0] + said[1]) == ["accepted", "accepted", "nothing", "nothing"]
    assert sorted(mail_server.receivers) == [world.LEGAL, world.SUCCESS]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_of_a_transaction(mail_server: MailServer) -> None:
    from django.db import transaction

    notice = world.notices()[0]
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        world.send(notice)
    assert mail_server.mails == []


def test_a_late_answer_goes_before_the_guess_that_the_attempt_was_lost(notice: Notice) -> None:
    attempt = Attempt.objects.create(
        notice=notice, number=1, started_at=world.NOW, lost_after=world.NOW + MINUTE, worker="slow:1"
    )
    services.settle_lost(world.NOW + 2 * MINUTE)
    assert world.state(notice) == "uncertain"
    Outcome.objects.create(attempt=attempt, kind="accepted", answer_code=250, answer="ok")
    assert world.state(notice) == "accepted"
    assert notices_with_state().get(pk=notice.pk).answer == "ok"


def test_without_a_mail_server_notices_wait(notice: Notice, settings: object) -> None:
    settings.EMAIL_HOST = ""  # type: ignore[attr-defined]
    tasks.deliver([notice.pk])
    tasks.sweep()
    assert world.state(notice) == "waiting"
    assert not Attempt.objects.exists()
