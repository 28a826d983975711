"""Looking at notices: the admin, and the demo's mails."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from base.models import User
from demo import mail_catcher
from demo.mails import MAILBOXES, mail_named, mails
from notices.models import Attempt, Notice, Outcome, Subscription
from notices.smtp import content_of
from tests import factories
from tests.api.client import api
from tests.notices import world

pytestmark = pytest.mark.django_db


def seen_by(*roles: str, **values: Any) -> Client:
    """A client who is logged in."""
    client = Client()
    client.force_login(factories.user(*roles, **values))
    return client


@pytest.fixture
def uncertain() -> Notice:
    """Legal's notice, of which nobody knows."""
    notice = world.notices()[0]
    one = Attempt.objects.create(
        notice=notice, number=1, started_at=world.NOW, lost_after=world.NOW + world.HOUR, worker="w:1"
    )
    Outcome.objects.create(attempt=one, kind="uncertain", answer="the line went dead")
    return notice


# The admin -----------------------------------------------------------------------------------------------


def test_an_uncertain_mail_is_shown_as_such_with_what_happened(uncertain: Notice) -> None:
    client = seen_by("legal")
    answer = client.get("/admin/notices/notice/?state=person")
    page = answer.content.decode()
    assert [row.pk for row in answer.context["cl"].result_list] == [uncertain.pk]
    assert uncertain.subject in page
    assert "Uncertain: it may have gone out" in page
    assert "the line went dead" in page
    one = client.get(f"/admin/notices/notice/{uncertain.pk}/change/").content.decode()
    assert f"/admin/notices/notice/{uncertain.pk}/act/resend/" in one
    assert uncertain.message_id.strip("<>") in one


def test_a_person_sends_it_again_with_a_reason(uncertain: Notice) -> None:
    client = seen_by("legal")
    address = f"/admin/notices/notice/{uncertain.pk}/act/resend/"
    assert client.post(address, {"reason": ""}).status_code == 200
    assert world.state(uncertain) == "uncertain"
    assert client.post(address, {"reason": "they have nothing"}).status_code == 302
    assert world.state(uncertain) == "waiting"


def test_nobody_edits_or_deletes_notices(uncertain: Notice) -> None:
    client = seen_by("legal", "administrator", is_superuser=True)
    assert client.get("/admin/notices/notice/add/").status_code == 403
    assert client.post(f"/admin/notices/notice/{uncertain.pk}/change/", {"subject": "x"}).status_code == 403
    assert client.get(f"/admin/notices/notice/{uncertain.pk}/delete/").status_code == 403


@pytest.mark.parametrize(
    ("role", "status", "rows"),
    [
        ("legal", 200, 2),
        ("auditor", 200, 2),
        ("administrator", 200, 2),
        ("customer_success", 200, 1),
        ("executive", 403, 0),
        ("finance", 403, 0),
        ("vendor_manager", 403, 0),
    ],
)
def test_who_sees_which_notices(role: str, status: int, rows: int) -> None:
    world.notices()
    answer = seen_by(role).get("/admin/notices/notice/")
    assert answer.status_code == status
    if rows:
        assert len(answer.context["cl"].result_list) == rows


def test_the_other_lists_open(uncertain: Notice) -> None:
    client = seen_by("administrator")
    for name in ("announcement", "attempt", "subscription"):
        assert client.get(f"/admin/notices/{name}/").status_code == 200


def test_a_subscription_is_begun_and_ended_in_the_admin() -> None:
    client = seen_by("administrator")
    given = {"kind": "breach", "audience": "legal", "address": "new@example.com", "language": "en"}
    assert client.post("/admin/notices/subscription/add/", given).status_code == 302
    row = Subscription.objects.get(address="new@example.com")
    assert (
        client.post(f"/admin/notices/subscription/{row.pk}/act/end/", {"reason": "moved"}).status_code == 302
    )
    row.refresh_from_db()
    assert row.ended_at is not None
    wrong = client.post("/admin/notices/subscription/add/", given | {"role": "legal"})
    assert "exactly one of the three" in wrong.content.decode()


# The demo's mails ----------------------------------------------------------------------------------------


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> list[str]:
    """Two mails in the catcher's folder, to the demo's two mailboxes."""
    settings.MAIL_FOLDER = tmp_path
    names = []
    for notice, box in zip(world.notices(), MAILBOXES.values(), strict=True):
        content = content_of(notice).replace(notice.recipient_address.encode(), box.encode())
        names.append(mail_catcher.keep(tmp_path, content))
    return names


def test_mails_are_read_newest_first(kept: list[str]) -> None:
    assert [mail.name for mail in mails()] == kept[::-1]
    page = seen_by("legal").get("/demo/mails/").content.decode()
    assert "Breach: C-1, availability, Platform, 2023-03" in page
    one = seen_by("legal").get(f"/demo/mails/{kept[0]}/").content.decode()
    assert "Level: 99.865410 %" in one


def test_customer_success_reads_its_own_mailbox_only(kept: list[str]) -> None:
    client = seen_by("customer_success")
    page = client.get("/demo/mails/?to=legal@example.com").content.decode()
    assert "Their Customer Ltd: Platform in March 2023" in page
    assert "Breach:" not in page
    assert client.get(f"/demo/mails/{kept[0]}/").status_code == 404
    assert client.get(f"/demo/mails/{kept[1]}/").status_code == 200


def test_nobody_else_reads_them(kept: list[str], client: Client, settings: Any) -> None:
    assert client.get("/demo/mails/").status_code == 302
    for values in ({"kind": User.Kind.VENDOR}, {"is_superuser": True}):
        assert seen_by(**values).get("/demo/mails/").status_code == 403
    assert seen_by("executive").get("/demo/mails/").status_code == 403
    settings.DEMO_MODE = False
    assert seen_by("legal").get("/demo/mails/").status_code == 404


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "secret.eml", "20230101T000000000000-1-2-ab.eml"])
def test_no_other_file_is_shown(kept: list[str], name: str) -> None:
    assert mail_named(name) is None
    assert seen_by("legal").get(f"/demo/mails/{name}/").status_code == 404


def test_what_is_written_in_a_mail_is_text_and_no_markup(settings: Any, tmp_path: Path) -> None:
    settings.MAIL_FOLDER = tmp_path
    name = mail_catcher.keep(
        tmp_path, b"From: a@b\r\nTo: c@d\r\nSubject: <script>1</script>\r\n\r\n<b>bold</b>\r\n"
    )
    for address in ("/demo/mails/", f"/demo/mails/{name}/"):
        page = seen_by("legal").get(address).content.decode()
        assert "<script>1" not in page
        assert "<b>bold" not in page


def test_a_double_is_kept_twice(tmp_path: Path) -> None:
    content = b"Message-ID: <x@y>\r\nSubject: one\r\n\r\ntext\r\n"
    first, second = mail_catcher.keep(tmp_path, content), mail_catcher.keep(tmp_path, content)
    assert first != second
    assert first.rpartition("-")[2] == second.rpartition("-")[2]
    assert len(list(tmp_path.glob("*.eml"))) == 2


# What is measured ----------------------------------------------------------------------------------------


def test_unsent_and_uncertain_notices_are_measured(uncertain: Notice) -> None:
    page = Client().get("/metrics").content.decode().splitlines()
    for line in (
        "sla_notices_unsent 1.0",
        "sla_notices_needing_a_person 1.0",
        'sla_notices{state="uncertain"} 1.0',
        'sla_notices{state="waiting"} 1.0',
        'sla_notices{state="held"} 0.0',
    ):
        assert line in page
    assert any(line.startswith("sla_notices_oldest_unsent_seconds ") for line in page)


# The API -------------------------------------------------------------------------------------------------


def test_the_api_shows_an_uncertain_notice_with_its_attempt(uncertain: Notice) -> None:
    [shown] = api("legal").rows("notices/", state="uncertain")
    assert (shown["id"], shown["state"], shown["contract"]) == (uncertain.pk, "uncertain", "C-1")
    assert shown["attempts"][0]["outcomes"][0]["answer"] == "the line went dead"
    assert api("legal").get(f"notices/{uncertain.pk}/").json() == shown
    assert [row["audience"] for row in api("customer_success").rows("notices/")] == ["customer_success"]
    assert api("executive").get("notices/").status_code == 403
