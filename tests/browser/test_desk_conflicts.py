"""Legal decides which of two documents gives way, and a second person confirms it."""

from playwright.sync_api import expect


def test_two_of_legal_decide_which_document_gives_way(visit):
    page = visit("lena")
    page.goto("/")
    card = page.locator("section[aria-labelledby=conflicts]")
    card.get_by_role("link", name="CUS-2025-03 and CUS-2025-04").click()
    texts = page.get_by_role("region", name="Both texts side by side")
    expect(texts).to_contain_text("differs")
    expect(page.locator("#decisions ~ p").first).to_contain_text("CUS-2025-04 prevails over CUS-2025-03")
    visit.check(page, "conflict")
    page.get_by_label("For windows that begin on or after").fill("2025-08-01")
    page.get_by_label("Reason, for the record").fill("The order form is the later paper.")
    page.get_by_role("button", name="Decide").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("once a second person of legal confirms it")
    second = visit("leo")
    second.goto(page.url)
    second.get_by_role("button", name="Confirm the decision").press("Enter")
    expect(second.get_by_role("status")).to_contain_text("From now on it counts")
    second.goto("/conflicts/")
    expect(second.get_by_role("region", name="Conflicts")).to_contain_text("decided")
    visit.check(second, "conflicts", dark=False)
    second.goto("/objectives/")
    expect(second.get_by_role("region", name="Internal objectives")).to_contain_text("not agreed")
    visit.check(second, "objectives", dark=False)
