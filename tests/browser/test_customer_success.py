"""Customer success's first day: who is affected, in plain words, which mails went out, and what may be claimed."""

from playwright.sync_api import expect

from notices.plain_words import check


def test_customer_success_sees_who_is_affected_in_plain_words(visit):
    page = visit("cleo")
    page.goto("/")
    expect(page.get_by_role("heading", name="Customers who are affected now")).to_be_visible()
    told = page.locator("section[aria-labelledby=affected]").inner_text()
    assert "Northwind Assembly" in told
    assert check(told) == []
    visit.check(page, "customer-success-home")
    page.get_by_role("link", name="How this was reckoned").first.click()
    expect(page.locator("strong", has_text="The promise was not kept")).to_be_visible()


def test_customer_success_reads_the_mails(visit):
    page = visit("cleo")
    page.goto("/mails/")
    visit.check(page, "mails")


def test_customer_success_sees_no_vendor(visit):
    page = visit("cleo")
    page.goto("/contracts/")
    expect(page.get_by_role("region", name="Contracts")).not_to_contain_text("VND-")
    page.goto("/assessments/")
    expect(page.get_by_role("region", name="Results")).not_to_contain_text("VND-")
