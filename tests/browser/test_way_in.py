"""The way in: one click fills the form, the home is the role's, and the appearance is remembered."""

import re

import pytest
from playwright.sync_api import expect


def test_one_click_and_one_more_lead_home(visit):
    page = visit()
    page.goto("/")
    visit.check(page, "welcome")
    page.get_by_role("link", name="Log in").click()
    visit.check(page, "login")
    page.get_by_role("link", name=re.compile("Lena Legal")).click()
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Lena Legal", exact=True)).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_the_appearance_is_chosen_once_for_all_pages(visit):
    page = visit("emil")
    page.goto("/")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_the_keyboard_skips_to_the_content(visit):
    page = visit("emil")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize(
    "name",
    ["lena", "fay", "ada", "vera", "cleo", "audrey", "emil", "adam"],
)
def test_every_home_is_whole_in_light_dark_and_narrow(visit, name):
    page = visit(name)
    page.goto("/")
    visit.check(page, f"home-{name}")
