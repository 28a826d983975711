"""Tokens: made by administrators, shown once, never more than their owner's role, and over when they are over."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from audit.models import Event
from audit.record import acting
from audit.tokens import TokenRefused, create_token, revoke_token
from base import clock
from base.api import secrets
from base.api.models import Token
from base.dberrors import constraint_of
from base.errors import NotAllowed
from tests import factories
from tests.admin.forms import log_in, page
from tests.api.client import Api, api, token

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 7, 15, 12, tzinfo=UTC)


def test_a_token_is_found_by_its_prefix_and_only_its_hash_is_kept():
    row, text = token(factories.user("legal"))
    prefix, secret = secrets.split(text)
    assert (row.prefix, row.secret_sha256) == (prefix, secrets.digest(secret))
    stored = str(list(Token.objects.values())) + str(list(Event.objects.values()))
    assert secret not in stored
    assert Api(text).get("contracts/").status_code == 200


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text[:-1],
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.replace("sla_", "slb_"),
        lambda text: "nothing",
        lambda text: "sla_" + "0" * 12 + "_" + "A" * 43,
    ],
)
def test_a_text_that_is_not_the_token_is_unknown(spoilt):
    _, text = token(factories.user("legal"))
    answer = Api(spoilt(text)).get("contracts/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer["Content-Type"] == "application/problem+json"


def test_without_a_token_nothing_is_told():
    answer = Api().get("contracts/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 401), (1, 401)])
def test_a_token_ends_at_its_instant(monkeypatch, seconds, status):
    _, text = token(factories.user("legal"), created_at=NOW - timedelta(days=1), expires_at=NOW)
    monkeypatch.setattr("base.clock.now", lambda: NOW + timedelta(seconds=seconds))
    assert Api(text).get("contracts/").status_code == status


def test_a_revoked_token_is_over_at_once_and_its_end_is_on_record():
    row, text = token(factories.user("legal"))
    with acting(factories.user("administrator"), via="admin"):
        revoke_token(row, revoked_at=clock.now(), reason="the laptop is lost")
    assert Api(text).get("contracts/").status_code == 401
    event = Event.objects.get(verb="token.revoke")
    assert (event.subject_id, event.reason) == (str(row.pk), "the laptop is lost")
    with acting(factories.user("administrator"), via="admin"), pytest.raises(TokenRefused):
        revoke_token(row, revoked_at=clock.now(), reason="again")


def test_a_token_falls_with_its_owner():
    owner = factories.user("legal")
    _, text = token(owner)
    owner.is_active = False
    owner.save()
    assert Api(text).get("contracts/").status_code == 401


def test_a_token_of_a_time_boxed_auditor_is_closed_outside_of_the_box(monkeypatch):
    owner = factories.user("auditor", kind="auditor", access_until_on=NOW.date())
    _, text = token(owner, created_at=NOW, expires_at=NOW + timedelta(days=30))
    for days, status in ((0, 200), (1, 401)):
        moment = NOW + timedelta(days=days)
        monkeypatch.setattr("base.clock.now", lambda moment=moment: moment)
        assert Api(text).get("contracts/").status_code == status


def test_a_scope_that_the_token_lacks_is_refused_whatever_the_role():
    asked = api("auditor", scopes=("read:contracts",))
    assert asked.get("contracts/").status_code == 200
    assert asked.get("events/").status_code == 403


def test_a_scope_gives_nothing_that_the_role_does_not():
    asked = api("legal")
    assert asked.get("entries/").status_code == 403
    assert asked.get("contracts/").status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scopes": ["read:everything"]}, "read:everything"),
        ({"scopes": []}, "none given"),
        ({"name": " "}, "name"),
        ({"expires_at": NOW}, "within a year"),
        ({"expires_at": NOW + timedelta(days=367)}, "within a year"),
    ],
)
def test_what_a_token_cannot_be(change, said):
    given = {
        "owner": factories.user("legal"),
        "name": "a program",
        "scopes": ["read:contracts"],
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=366),
    }
    with acting(factories.user("administrator"), via="admin"):
        create_token(**given)
        with pytest.raises(TokenRefused, match=said):
            create_token(**(given | change))
        with pytest.raises(TokenRefused, match="no active person"):
            create_token(**(given | {"owner": factories.job_user()}))


def test_only_administrators_make_tokens():
    with acting(factories.user("legal", is_superuser=True), via="admin"), pytest.raises(NotAllowed):
        create_token(
            owner=factories.user("legal"),
            name="mine",
            scopes=["read:contracts"],
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )


@pytest.mark.django_db(transaction=True)
def test_round_the_services_a_token_without_an_event_is_refused_by_the_database():
    owner = factories.user("legal")
    with pytest.raises(IntegrityError) as caught:
        Token.objects.create(
            owner=owner,
            name="a back door",
            prefix="0" * 12,
            secret_sha256="0" * 64,
            scopes=["read:contracts"],
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
    assert constraint_of(caught.value) == "api_token_has_event"


@pytest.mark.parametrize(
    "change",
    [{"scopes": ["read:everything"]}, {"scopes": []}, {"expires_at": NOW}],
)
def test_round_the_services_the_database_holds_to_scopes_and_ends(change):
    given = {
        "owner": factories.user("legal"),
        "name": "a program",
        "prefix": "0" * 12,
        "secret_sha256": "0" * 64,
        "scopes": ["read:contracts"],
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
    }
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Token.objects.create(**(given | change))
    assert constraint_of(caught.value) in {"api_token_ends", "api_token_scopes_known"}


def test_the_admin_shows_the_text_once():
    client = log_in(factories.user("administrator"))
    owner = factories.user("finance")
    answer = client.post(
        page("api.token", "add"),
        {
            "owner": owner.pk,
            "name": "billing",
            "scopes": ["write:invoices"],
            "expires_on": clock.now().date(),
        },
    )
    assert answer.status_code == 200, answer
    text = answer.context["text"]
    assert text in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    row = Token.objects.get()
    secret = secrets.split(text)[1]
    for address in (page("api.token"), page("api.token", "change", row.pk)):
        told = client.get(address).content.decode()
        assert secret not in told
        assert row.secret_sha256 not in told
    assert client.post(page("api.token", "change", row.pk), {"name": "wider"}).status_code == 403


def test_the_command_prints_the_text_and_nothing_else():
    boss, owner = factories.user("administrator"), factories.user("legal")
    out = StringIO()
    call_command(
        "make_token",
        *(
            "--by",
            boss.username,
            "--owner",
            owner.username,
            "--name",
            "a script",
            "--scope",
            "read:contracts",
        ),
        stdout=out,
    )
    assert Api(out.getvalue().strip()).get("contracts/").status_code == 200
    with pytest.raises(CommandError, match="does not have the role"):
        call_command(
            "make_token",
            *("--by", owner.username, "--owner", owner.username, "--name", "x", "--scope", "read:contracts"),
        )
    with pytest.raises(CommandError, match="there is no nobody"):
        call_command(
            "make_token", *("--by", "nobody", "--owner", "nobody", "--name", "x", "--scope", "read:contracts")
        )
