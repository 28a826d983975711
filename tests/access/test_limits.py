"""How often a login may be tried, how much may be sent, and what browsers are told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from base.limits import Limit, address_of, forget, hit, is_exceeded
from base.models import RateCount
from tests import factories
from tests.api.client import api

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 7, 15, 12, 0, 5, tzinfo=UTC)
THRICE = Limit("thrice", 3, 60)


@pytest.fixture
def clock(monkeypatch):
    """The present, which the test moves."""
    moment = [NOW]
    monkeypatch.setattr("base.clock.now", lambda: moment[0])
    return moment


@pytest.fixture
def person():
    made = factories.user("legal", name="lena")
    made.set_password(factories.PASSWORD)
    made.save()
    return made


def try_login(password: str, name: str = "lena", address: str = "10.0.0.1", door: str = "/admin/login/"):
    return Client().post(door, {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize("door", ["/admin/login/", "/login/"])
def test_after_five_failures_the_right_password_is_not_tried_either(clock, person, door):
    for _ in range(4):
        assert try_login("wrong", door=door).status_code == 200
    assert try_login(factories.PASSWORD, door=door).status_code == 302
    assert try_login("wrong", door=door).status_code == 200
    answer = try_login(factories.PASSWORD, door=door)
    assert (answer.status_code, answer["Retry-After"]) == (429, "895")
    assert "15 minutes" in answer.content.decode()


def test_the_limit_ends_with_its_quarter_of_an_hour(clock, person):
    for _ in range(5):
        try_login("wrong")
    clock[0] = NOW + timedelta(seconds=894)
    assert try_login(factories.PASSWORD).status_code == 429
    clock[0] = NOW + timedelta(seconds=895)
    assert try_login(factories.PASSWORD).status_code == 302


def test_a_name_in_other_letters_is_the_same_name(clock, person):
    for name in ("LENA", "Lena", "lena", "lEna", "leNa"):
        try_login("wrong", name)
    assert try_login("wrong").status_code == 429


def test_another_address_may_still_try_until_the_name_is_full(clock, person, settings):
    settings.LOGIN_LIMITS = settings.LOGIN_LIMITS | {"login_name": 12}
    for number in range(12):
        assert try_login("wrong", address=f"10.0.1.{number // 4}").status_code == 200
    assert try_login(factories.PASSWORD, address="10.0.2.1").status_code == 429


def test_one_address_does_not_try_many_names(clock, person, settings):
    settings.LOGIN_LIMITS = settings.LOGIN_LIMITS | {"login_address": 6}
    for number in range(6):
        assert try_login("wrong", name=f"name-{number}").status_code == 200
    assert try_login(factories.PASSWORD).status_code == 429
    assert try_login(factories.PASSWORD, address="10.0.0.2").status_code == 302


def test_what_is_counted_names_nobody(clock, person):
    try_login("wrong")
    kept = str(list(RateCount.objects.values()))
    assert "lena" not in kept
    assert "10.0.0.1" not in kept


def test_counts_are_kept_for_a_day():
    hit(THRICE, "a", NOW)
    assert forget(NOW + timedelta(days=1)) == 0
    assert forget(NOW + timedelta(days=1, seconds=1)) == 1


def test_a_limit_is_reached_at_its_count():
    for number in (1, 2, 3):
        assert not is_exceeded(THRICE, "a", NOW)
        assert hit(THRICE, "a", NOW) == number
    assert is_exceeded(THRICE, "a", NOW)
    assert not is_exceeded(THRICE, "b", NOW)
    assert not is_exceeded(THRICE, "a", NOW + timedelta(seconds=55))
    assert THRICE.wait_seconds(NOW) == 55


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        (False, "1.2.3.4", "10.0.0.1"),
        (True, "1.2.3.4", "1.2.3.4"),
        (True, "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # the client's own claim stands before what the proxy added
        (True, "", "10.0.0.1"),
    ],
)
def test_only_our_own_proxy_is_believed(rf, settings, trusted, forwarded, expected):
    settings.TRUST_PROXY = trusted
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert address_of(rf.get("/", headers=headers, REMOTE_ADDR="10.0.0.1")) == expected


def test_the_api_is_throttled_by_token(clock, settings):
    settings.API_LIMITS = {"api_token": 3, "api_address": 100}
    asked, other = api("legal"), api("legal")
    assert [asked.get("contracts/").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = asked.get("contracts/")
    assert (answer["Retry-After"], answer["Content-Type"]) == ("55", "application/problem+json")
    assert other.get("contracts/").status_code == 200
    clock[0] = NOW + timedelta(seconds=55)
    assert asked.get("contracts/").status_code == 200


def test_the_api_is_throttled_by_address(clock, settings):
    settings.API_LIMITS = {"api_token": 100, "api_address": 4}
    assert [api("legal").get("contracts/").status_code for _ in range(5)] == [200, 200, 200, 200, 429]


def test_guessing_tokens_is_throttled_as_well(clock, settings):
    settings.API_LIMITS = {"api_token": 100, "api_address": 4}
    from tests.api.client import Api

    statuses = [Api("sla_000000000000_" + "A" * 43).get("contracts/").status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 401, 429, 429]


@pytest.mark.parametrize(
    ("length", "status"), [("11000000", 200), ("11000001", 413), ("-1", 413), ("x", 413), ("1e9", 413)]
)
def test_a_body_is_bounded_by_what_it_says_of_itself(length, status):
    # GET carries none: only the header is looked at.
    assert Client().get("/healthz", CONTENT_LENGTH=length).status_code == status


@pytest.mark.parametrize(
    "address", ["/", "/login/", "/admin/login/", "/api/docs/", "/api/v1/contracts/", "/healthz"]
)
def test_every_answer_carries_the_headers(address):
    answer = Client().get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    if not address.startswith("/admin/"):
        assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(answer["X-Request-ID"]) >= 16


def test_a_session_ends_after_half_a_day_and_no_script_reads_it(person):
    cookie = try_login(factories.PASSWORD).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 3600)
    assert settings.SESSION_COOKIE_AGE == 12 * 3600


def test_a_new_login_gets_a_new_session(person):
    client = Client()
    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "lena", "password": factories.PASSWORD})
    first = client.cookies["sessionid"].value
    client.post("/admin/logout/")
    client.post("/admin/login/", {"username": "lena", "password": factories.PASSWORD})
    assert client.cookies["sessionid"].value not in ("", first)


def test_a_form_without_its_token_is_refused(person):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/admin/login/", {"username": "lena", "password": "x"}).status_code == 403
    strict.force_login(person)
    assert strict.post("/api/v1/invoice-files/", {}, "application/json").status_code == 403
