"""From the fact to the words: the outbox, who is told, what they are told."""

from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest
from django.db import connection, transaction

from audit.models import Event
from audit.record import record
from base import jobs
from base.models import Job
from contracts.models import Service
from credits import services as credits_services
from notices import services
from notices.models import Announcement, Notice
from notices.plain_words import check, paragraphs
from notices.recipients import recipients_of
from notices.smtp import content_of
from notices.tasks import COMPOSE
from notices.wording import duration_text, period_text
from tests import factories
from tests.credits import world as credits_world
from tests.notices import world

pytestmark = pytest.mark.django_db
LATER = datetime(2023, 4, 20, tzinfo=UTC)
# The outage was not what it seemed: only ten minutes, which the promise allows.
SHORT = "i-1,2023-03-10T12:00:00Z,2023-03-10T12:10:00Z,major,platform,Down for ten minutes"
LONG = "i-1,2023-03-10T12:00:00Z,2023-03-10T22:00:00Z,major,platform,Down for ten hours"


def revise(told: credits_world.World, row: str, known_at: datetime = LATER) -> Announcement | None:
    """A later fact changes the result; what the database announced of it."""
    credits_world.import_incidents(told.contract, row, known_at=known_at)
    result = told.assess(known_at)
    return Announcement.objects.filter(assessment=result).first()


# The outbox ----------------------------------------------------------------------------------------------


def test_a_breach_is_announced_in_its_own_transaction_with_the_work_to_tell_it() -> None:
    result = world.breach()
    announcement = Announcement.objects.get()
    assert (announcement.kind, announcement.assessment) == ("found", result)
    job = Job.objects.get(kind=COMPOSE)
    assert (job.key, job.arguments) == (str(announcement.pk), {"announcement_id": announcement.pk})


def test_what_is_rolled_back_is_not_announced() -> None:
    told = credits_world.customer()

    class Broken(Exception):
        pass

    def fail_at_the_end() -> None:
        with transaction.atomic():
            told.finalise()
            assert Announcement.objects.exists()
            raise Broken

    with pytest.raises(Broken):
        fail_at_the_end()
    assert not Announcement.objects.exists()
    assert not Job.objects.filter(kind=COMPOSE).exists()


def test_a_breach_that_was_written_round_the_services_is_announced_all_the_same() -> None:
    told = credits_world.customer()
    result = told.assess()
    with credits_world.as_job(), transaction.atomic(), connection.cursor() as cursor:
        record("a test", result)
        cursor.execute(
            "INSERT INTO credits_finalisation (assessment_id, commitment_id, window_start, known_at) "
            "VALUES (%s, %s, %s, %s)",
            [result.pk, result.commitment_id, result.window_start, result.known_at],
        )
        cursor.execute(
            "INSERT INTO credits_breach (assessment_id, found_on) VALUES (%s, '2023-04-06')", [result.pk]
        )
    assert Announcement.objects.get().assessment == result
    assert Job.objects.filter(kind=COMPOSE).count() == 1


def test_a_provisional_result_and_a_kept_promise_are_not_announced() -> None:
    credits_world.customer().assess()
    assert not Announcement.objects.exists()
    fee = credits_world.FEE.replace("C-1", "C-2").replace("I-1", "I-2")
    credits_world.customer(SHORT, reference="C-2", fee=fee).finalise()
    assert not Announcement.objects.exists()


# Who is told ---------------------------------------------------------------------------------------------


def test_legal_and_customer_success_get_one_notice_each() -> None:
    made = world.notices()
    assert [(one.audience, one.recipient_address) for one in made] == [
        ("legal", world.LEGAL),
        ("customer_success", world.SUCCESS),
    ]
    assert {one.held_because for one in made} == {""}
    assert Event.objects.get(verb="notice.compose").after["notices"][0]["text_sha256"] == made[0].text_sha256


def test_composing_again_adds_nothing_but_those_who_subscribed_since() -> None:
    world.notices()
    announcement = Announcement.objects.get()
    with credits_world.as_job():
        assert services.compose(announcement, composed_at=world.NOW) == []
    with credits_world.as_("legal"):
        services.subscribe(audience="legal", address="second@example.com")
    with credits_world.as_job():
        [new] = services.compose(announcement, composed_at=world.NOW)
    assert new.recipient_address == "second@example.com"
    assert jobs.run(Job.objects.get(kind=COMPOSE).pk) == "gone"


def test_without_a_subscription_the_people_of_the_role_are_told() -> None:
    factories.user("legal", name="lo", email="Lo@Example.com")
    factories.user("legal", name="gone", email="gone@example.com", is_active=False)
    factories.user("legal", name="silent")
    assert [(one.name, one.address) for one in recipients_of("legal")] == [("lo", "lo@example.com")]
    assert recipients_of("customer_success") == []


def test_an_ended_subscription_tells_nobody_any_more() -> None:
    with credits_world.as_("administrator"):
        one = services.subscribe(audience="legal", address=world.LEGAL)
        services.subscribe(audience="legal", address="other@example.com")
        services.end_subscription(one, ended_at=world.NOW)
    assert [who.address for who in recipients_of("legal")] == ["other@example.com"]


def test_whoever_lost_the_role_is_told_no_more() -> None:
    person = factories.user("legal", email="p@example.com")
    with credits_world.as_("administrator"):
        services.subscribe(audience="legal", person=person)
    assert [who.address for who in recipients_of("legal")] == ["p@example.com"]
    with credits_world.as_("administrator"):
        person.groups.clear()
    assert recipients_of("legal") == []


# What they are told --------------------------------------------------------------------------------------


def test_legal_gets_every_figure() -> None:
    legal, _ = world.notices()
    assert legal.subject == "Breach: C-1, availability, Platform, 2023-03"
    for line in (
        "Contract: C-1, An agreement, version 1",
        "Clause: availability, Monthly availability",
        "Window: 2023-03, 2023-02-28T23:00:00+00:00 to 2023-03-31T22:00:00+00:00, that is 2023-03-01 to "
        "2023-03-31 in Europe/Berlin",
        "Promised: at least 99.9 %",
        "Level: 99.865410 %",
        "Exact level: 742/743",
        "Counted as down: 1 hour",
        "Tier: [99, 99.9), 10 % of the fee",
        "Service credit: 1,000.00 EUR",
        "Deadline of the claim: 30 April 2023 (2023-04-30)",
        "Revision: 1, as known at 2023-04-06T00:00:00+00:00",
    ):
        assert line in legal.text.splitlines()


def test_customer_success_gets_two_paragraphs_in_plain_words() -> None:
    _, success = world.notices()
    assert len(paragraphs(success.text)) == 2
    assert check(f"{success.subject}\n{success.text}", strict=True) == []
    first, second = paragraphs(success.text)
    assert first == (
        "Their Customer Ltd did not get from us what we promised for March 2023: Platform counted as down for "
        "1 hour in all, where no more than 45 minutes was promised."
    )
    assert "a service credit of 1,000.00 EUR if they ask for it by 30 April 2023" in second


def test_of_a_vendors_breach_customer_success_is_told_no_amount() -> None:
    legal, success = world.notices(credits_world.vendor())
    assert "Service credit: 987.46 USD" in legal.text
    assert "Level: 99.833333 %" in legal.text
    assert len(paragraphs(success.text)) == 2
    assert "987" not in success.text
    assert success.text.startswith(
        "Their Vendor Ltd did not keep what it promised us for January to March 2023"
    )


def test_words_with_a_forbidden_one_are_held_and_never_sent() -> None:
    world.subscribe_both()
    told = credits_world.customer()
    Service.objects.filter(code="platform").update(name="Alert portal")
    told.finalise()
    legal, success = world.compose()
    assert (legal.held_because, world.state(legal)) == ("", "waiting")
    assert "Alert" in success.held_because
    assert world.state(success) == "held"


def test_the_mail_has_the_same_bytes_and_message_id_every_time() -> None:
    legal, success = world.notices()
    assert content_of(legal) == content_of(Notice.objects.get(pk=legal.pk))
    assert legal.message_id != success.message_id
    mail = BytesParser(policy=default).parsebytes(content_of(success))
    assert isinstance(mail, EmailMessage)
    assert mail["Message-ID"] == success.message_id
    assert mail["To"] == world.SUCCESS
    assert mail.get_content().replace("\r\n", "\n") == success.text


def test_names_in_any_script_and_with_odd_characters_make_a_mail() -> None:
    world.subscribe_both()
    told = credits_world.customer()
    Service.objects.filter(code="platform").update(name="منصة\r\nBcc: x@example.com 平台")
    told.finalise()
    for notice in world.compose():
        mail = BytesParser(policy=default).parsebytes(content_of(notice))
        assert mail["Bcc"] is None
        assert "منصة Bcc: x@example.com 平台" in mail["Subject"]


# Revisions -----------------------------------------------------------------------------------------------


def test_a_revised_result_takes_the_place_of_the_notice_before() -> None:
    world.subscribe_both()
    told = credits_world.customer()
    told.finalise()
    first = world.compose()
    announcement = revise(told, LONG)
    assert announcement is not None
    assert announcement.kind == "revised"
    second = world.compose(announcement)
    assert [one.replaces for one in second] == first
    assert [world.state(one) for one in first] == ["overtaken", "overtaken"]
    assert "Service credit: 2,500.00 EUR" in second[0].text
    assert second[1].text.startswith("This takes the place of what we wrote to you before.")
    assert len(paragraphs(second[1].text)) == 2


def test_a_breach_that_no_longer_stands_is_taken_back_only_from_those_who_were_told(
    mail_server: object,
) -> None:
    world.subscribe_both()
    told = credits_world.customer()
    told.finalise()
    legal, success = world.compose()
    # As if legal's mail had gone out.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_attempt (notice_id, number, started_at, lost_after, worker) "
            "VALUES (%s, 1, now(), now() + interval '1 hour', 'w') RETURNING id",
            [legal.pk],
        )
        cursor.execute(
            "INSERT INTO notices_outcome (attempt_id, kind, answer) VALUES (%s, 'accepted', 'ok')",
            [cursor.fetchone()[0]],
        )
    announcement = revise(told, SHORT)
    assert announcement is not None
    assert announcement.kind == "withdrawn"
    back = world.compose(announcement)
    assert [one.needless for one in back] == [False, True]
    assert [world.state(one) for one in back] == ["waiting", "needless"]
    assert "no longer stands" in back[0].text
    assert len(paragraphs(back[1].text)) == 2
    assert world.state(success) == "overtaken"


def test_what_was_taken_back_is_not_taken_back_twice() -> None:
    world.subscribe_both()
    told = credits_world.customer()
    told.finalise()
    assert revise(told, SHORT) is not None
    assert revise(told, SHORT.replace("12:10", "12:11"), datetime(2023, 4, 21, tzinfo=UTC)) is None
    again = revise(told, LONG, datetime(2023, 4, 22, tzinfo=UTC))
    assert again is not None
    assert again.kind == "revised"


# Figures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2023, 3, 1), date(2023, 3, 31), "March 2023"),
        (date(2023, 1, 1), date(2023, 3, 31), "January to March 2023"),
        (date(2022, 11, 1), date(2023, 1, 31), "November 2022 to January 2023"),
        (date(2023, 3, 2), date(2023, 3, 31), "the days from 2 March 2023 to 31 March 2023"),
    ],
)
def test_a_period_is_said_in_the_shortest_words(first: date, last: date, said: str) -> None:
    assert period_text(first, last) == said


@pytest.mark.parametrize(
    ("seconds", "unit", "said"),
    [
        (0, 60, "0 seconds"),
        (59, 60, "59 seconds"),
        (60, 60, "1 minute"),
        (89, 60, "1 minute"),
        (90, 60, "2 minutes"),
        (90, 1, "1 minute 30 seconds"),
        (3600, 60, "1 hour"),
        (86_400 + 3_660, 60, "1 day 1 hour 1 minute"),
    ],
)
def test_a_length_of_time_is_said_in_words(seconds: int, unit: int, said: str) -> None:
    from fractions import Fraction

    assert duration_text(Fraction(seconds), unit) == said


def test_finalising_still_works_for_whoever_may(client: object) -> None:
    told = credits_world.customer()
    with credits_world.as_("finance"):
        result = credits_services.finalise_window(
            told.commitment, window=told.window, known_at=credits_world.CUT_OFF
        )
    assert Announcement.objects.get().assessment == result
