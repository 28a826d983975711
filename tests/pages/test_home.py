"""The way in, and whose home is shown: by role, never more than the role may open."""

import pytest
from django.test import Client

from base.models import ROLES
from tests import factories
from tests.admin.forms import log_in

pytestmark = pytest.mark.django_db


def test_a_visitor_sees_the_way_in_and_no_figure():
    html = Client().get("/").content.decode()
    assert "Log in to see where things stand." in html
    assert "<dl" not in html


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_a_home_and_its_navigation_opens(role):
    client = log_in(factories.user(role))
    html = client.get("/").content.decode()
    addresses = {part.split('"')[0] for part in html.split('<a href="')[1:]}
    assert addresses
    for address in addresses - {"#main"}:
        assert client.get(address).status_code == 200, address


def test_the_figures_open_for_whom_they_are_shown():
    client = log_in(factories.user("administrator"))
    html = client.get("/").content.decode()
    addresses = [part.split('"')[0] for part in html.split('<dt><a href="')[1:]]
    assert addresses
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_a_login_without_a_role_is_told_so():
    assert "has no role yet" in log_in(factories.user()).get("/").content.decode()


def test_whoever_has_two_roles_chooses_between_two_homes():
    client = log_in(factories.user("legal", "auditor"))
    html = client.get("/").content.decode()
    assert '/home/legal/" aria-current="page"' in html
    assert '/home/auditor/"' in html
    assert client.get("/home/auditor/").status_code == 200


def test_the_home_of_another_role_is_refused_in_plain_words():
    answer = log_in(factories.user("executive")).get("/home/legal/")
    assert answer.status_code == 403
    assert "a role that you do not have" in answer.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_no_home_needs_an_inline_script_or_style(role):
    answer = log_in(factories.user(role)).get("/")
    html = answer.content.decode()
    assert "<script>" not in html
    assert " style=" not in html
    assert "<style" not in html
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_login_page_shows_the_demos_people_in_demo_mode_only(settings):
    settings.DEMO_MODE = True
    assert 'data-fill-user="lena"' in Client().get("/login/").content.decode()
    settings.DEMO_MODE = False
    html = Client().get("/login/?as=lena").content.decode()
    assert "lena" not in html
    assert "demo-sla-ledger" not in html


def test_one_click_fills_the_form_without_a_script(settings):
    settings.DEMO_MODE = True
    html = Client().get("/login/?as=lena").content.decode()
    assert 'value="lena"' in html
    assert 'value="demo-sla-ledger"' in html


def test_a_refused_login_is_never_shown_its_password_again(settings):
    settings.DEMO_MODE = True
    html = Client().post("/login/", {"username": "x", "password": "not-this-one"}).content.decode()
    assert "not-this-one" not in html


def test_logging_in_leads_on_to_where_one_wanted_but_never_to_another_site():
    person = factories.user("legal")
    person.set_password(factories.PASSWORD)
    person.save()
    sent = {"username": person.username, "password": factories.PASSWORD}
    assert Client().post("/login/", sent | {"next": "/home/legal/"}).headers["Location"] == "/home/legal/"
    assert Client().post("/login/", sent | {"next": "https://elsewhere.example/"}).headers["Location"] == "/"


def test_logging_out_is_posted_and_leads_home():
    client = log_in(factories.user("legal"))
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/"
    assert "Log in to see" in client.get("/").content.decode()
