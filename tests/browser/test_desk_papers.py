"""Legal lays the signed paper beside the terms; drafts what is covered; takes terms out and brings them in again."""

import re

from playwright.sync_api import Page, expect

from tests.contracts.pdfs import SIGNED, pdf


def attach(page: Page, first: str, last: str) -> None:
    """Attach lines of the page that is shown to the first clause that has no passage yet."""
    select = page.locator("#attach-clause")
    value = select.locator("option").filter(has_not_text="(has one)").first.get_attribute("value")
    select.select_option(value)
    page.locator("#attach-first").select_option(first)
    expect(page.locator(".papers-mark.chosen")).to_be_attached()
    page.locator("#attach-last").select_option(last)
    page.get_by_role("button", name="Attach", exact=True).press("Enter")


def test_two_passages_of_the_signed_paper_stand_beside_the_wording(visit):
    page = visit("lena")
    page.goto("/contracts/")
    page.get_by_role("link", name="CUS-2021-07").first.click()
    page.get_by_role("link", name="The paper", exact=True).click()
    expect(page.get_by_role("heading", name="Papers of this version")).to_be_visible()
    attached = page.locator(".papers-clauses > li:has(.papers-passage)")
    before = attached.count()
    page.locator("details:has(#id_file)").evaluate("one => { one.open = true; }")
    page.get_by_label("PDF").set_input_files(
        {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": pdf(*SIGNED)}
    )
    page.get_by_label("Title").fill("Signed agreement")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Signed agreement, page 1 of 2")).to_be_visible()
    attach(page, "2", "3")
    expect(page.get_by_text(re.compile(rf"^{before + 1} of \d+ clauses"))).to_be_visible()
    # The mark on the picture leads to its clause by the keyboard.
    page.locator(".papers-page a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("li.is-here")).to_contain_text("available for at least 99.9 %")
    page.get_by_role("link", name="Next", exact=True).click()
    attach(page, "2", "3")
    expect(page.get_by_text(re.compile(rf"^{before + 2} of \d+ clauses"))).to_be_visible()
    expect(page.locator(".papers-clauses")).to_contain_text("available for at least 99.9 %")
    page.get_by_label("Words in the paper").fill("credited")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".papers-mark.hit")).to_be_attached()
    expect(page.locator(".papers-page image")).to_be_attached()
    visit.check(page, "desk-paper")


def test_what_is_covered_is_drafted_and_terms_go_out_and_in(visit):
    page = visit("lena")
    page.goto("/contracts/")
    page.get_by_role("link", name="CUS-2021-07").first.click()
    page.get_by_role("link", name="Covered and not covered").click()
    page.get_by_role("link", name="Draft the list").click()
    page.get_by_label("Owner").first.fill("Platform team")
    page.get_by_label("Cost estimate").first.fill("1200")
    visit.check(page, "desk-coverage-draft", dark=False)
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_role("heading", name="Not covered", exact=True)).to_be_visible()
    visit.check(page, "desk-coverage")
    page.go_back()
    page.goto("/contracts/")
    page.get_by_role("link", name="CUS-2021-07").first.click()
    page.get_by_role("link", name="Terms in and out").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="YAML").first.click()
    with open(taken.value.path(), encoding="utf-8") as file:
        text = file.read()
    page.get_by_label("Or its text").fill(text.replace("title:", "title: Another", 1))
    page.get_by_label("In effect from").fill("2026-01-01")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="What would become of it")).to_be_visible()
    visit.check(page, "desk-documents", dark=False)
