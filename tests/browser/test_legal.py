"""Legal's first day: what waits for them, the version in effect on a day, and a question followed to its result."""

from playwright.sync_api import expect

from demo.people import person
from tests.browser.worlds import draft_that_needs_legal


def test_legal_sees_what_needs_them_and_follows_it(visit):
    drafted = draft_that_needs_legal(person("leo"))
    page = visit("lena")
    page.goto("/")
    expect(page.get_by_role("heading", name="What waits for legal")).to_be_visible()
    needs = page.locator(".table[aria-label='Contracts that need me']")
    expect(needs).to_contain_text(str(drafted))
    expect(needs).to_contain_text("signature of")
    expect(needs).to_contain_text("items of the checklist")
    visit.check(page, "legal-home")
    needs.get_by_role("link", name=str(drafted)).click()
    expect(page.get_by_role("heading", name="What stands against signing")).to_be_visible()
    page.get_by_role("link", name="The contract", exact=True).click()
    expect(page.get_by_role("heading", name=f"What version {drafted.number} says")).to_be_visible()
    visit.check(page, "legal-draft", dark=False)


def test_legal_asks_for_the_terms_as_of_a_day(visit):
    page = visit("lena")
    page.goto("/")
    page.get_by_label("Terms of").fill("CUS-2021-07")
    page.get_by_label("as of", exact=True).fill("2021-06-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_contain_text("nothing was promised")


def test_legal_follows_a_question_to_its_result(visit):
    page = visit("lena")
    page.goto("/")
    page.locator("section[aria-labelledby=questions] a").first.click()
    expect(page.get_by_role("region", name="Open questions")).to_be_visible()
    visit.check(page, "legal-question")
