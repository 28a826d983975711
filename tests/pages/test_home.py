"""The home page: the way in for visitors, and for each role the figures that it may see."""

import pytest
from django.test import Client

from base.models import ROLES
from tests import factories
from tests.admin.forms import log_in

pytestmark = pytest.mark.django_db


def test_a_visitor_sees_the_way_in_and_no_figure():
    html = Client().get("/").content.decode()
    assert "Log in to see where things stand." in html
    assert "<dl>" not in html


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_only_figures_whose_lists_it_may_open(role):
    client = log_in(factories.user(role))
    html = client.get("/").content.decode()
    addresses = [part.split('"')[0] for part in html.split('<dt><a href="')[1:]]
    assert addresses or role == "executive"
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_a_login_without_a_role_is_told_so():
    assert "has no role yet" in log_in(factories.user()).get("/").content.decode()


def test_the_page_needs_no_inline_script_or_style():
    answer = log_in(factories.user("auditor")).get("/")
    html = answer.content.decode()
    assert "<script" not in html
    assert "style=" not in html
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
