"""Legal finds a template by what it contains, starts from it, and has a draft in the form of the terms."""

import re

from playwright.sync_api import expect


def test_legal_starts_a_draft_from_a_template(visit):
    page = visit("lena")
    page.goto("/")
    page.get_by_role("link", name="Templates", exact=True).click()
    expect(page.get_by_role("heading", name="67 templates")).to_be_visible()
    visit.check(page, "templates")

    page.get_by_label("Words").fill("earn back")
    page.get_by_label("Words").press("Enter")
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    page.get_by_text("How the credit is found", exact=True).click()
    page.get_by_role("checkbox", name=re.compile("^So much for each unit")).check()
    page.get_by_role("button", name="Narrow").click()
    expect(page.get_by_text("With: So much for each unit.")).to_be_visible()
    visit.check(page, "templates-narrowed", dark=False)

    page.goto("/templates/slack-2019/")
    expect(page.get_by_text("They are a dated fact and not today's terms")).to_be_visible()
    visit.check(page, "template")
    page.get_by_role("link", name="Start from this").click()
    page.locator("#id_contract").select_option(label="CUS-2021-07 Build platform (invented)")
    page.get_by_label("In effect from").fill("2027-01-01")
    page.get_by_label(re.compile("^Multiple")).fill("a lot")
    page.get_by_role("button", name="Draft it").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was drafted")
    visit.check(page, "template-start")
    page.get_by_label(re.compile("^Multiple")).fill("50")
    page.get_by_label(re.compile("^Currency of the terms")).fill("EUR")
    page.get_by_role("button", name="Draft it").click()
    expect(page).to_have_url(re.compile("/admin/contracts/contractversion/[0-9]+/change/"))
    expect(page.get_by_text("is drafted from")).to_be_visible()


def test_legal_takes_a_portfolio_in_pages_that_everybody_can_read(visit):
    page = visit("lena")
    page.goto("/portfolios/")
    expect(page.get_by_role("heading", name="Take a file")).to_be_visible()
    visit.check(page, "portfolios", dark=False)
