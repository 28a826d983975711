"""Legal looks at a text as of an instant, compares two, drafts a change, and takes the dates along."""

from playwright.sync_api import expect

from contracts.models import Contract, ContractVersion

REFERENCE = "CUS-2021-07"


def test_legal_goes_from_the_text_of_an_instant_to_its_redline_and_drafts_a_change(visit):
    contract = Contract.objects.get(reference=REFERENCE)
    page = visit("lena")
    page.goto("/")
    page.get_by_label("Terms of").fill(REFERENCE)
    page.get_by_label("as of", exact=True).fill("2025-08-20T12:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="What made this text")).to_be_visible()
    expect(page.locator("section[aria-labelledby=made]")).to_contain_text("While the build servers move")
    visit.check(page, "terms-as-of")
    page.get_by_role("link", name="Compare two texts").click()
    page.get_by_label("Before").fill("v1")
    page.get_by_label("After").fill("2025-08-20")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("del", has_text="99.9").first).to_be_visible()
    expect(page.locator("section[aria-labelledby=flags]")).to_contain_text("What is promised was changed")
    visit.check(page, "redline")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Word, with tracked changes").click()
    assert taken.value.suggested_filename.endswith(".docx")
    page.goto(f"/contracts/{contract.pk}/change/")
    page.get_by_label("What it is", exact=True).select_option("variation")
    page.get_by_label("What it is about").fill("While the office moves")
    page.get_by_label("In effect from").fill("2025-11-01")
    page.get_by_label("Ends before").fill("2025-12-01")
    page.get_by_label("Notice given on").fill("2025-10-20")
    page.get_by_label("Days of notice that are agreed").fill("30")
    page.get_by_role("button", name="Draft it").click()
    expect(page.get_by_text("2025-11-19 is the first day in time")).to_be_visible()
    visit.check(page, "change-draft")
    page.get_by_label("Notice given on").fill("2025-10-01")
    page.get_by_role("button", name="Draft it").click()
    page.wait_for_url("**/admin/contracts/contractversion/**")
    assert ContractVersion.objects.get(contract=contract, state="draft").kind == "variation"


def test_legal_takes_the_dates_ahead_along_under_a_private_address(visit):
    page = visit("lena")
    page.goto("/calendar/")
    dates = page.get_by_role("region", name="Dates ahead")
    expect(dates).to_contain_text("CUS-2021-07: last day for notice, else it renews itself by 12 months")
    page.get_by_label("Where it is used").fill("the phone")
    page.get_by_role("button", name="Make an address").click()
    address = page.locator("section[aria-labelledby=own] code").inner_text()
    visit.check(page, "dates-ahead")
    answer = page.request.get(address)
    assert "BEGIN:VCALENDAR" in answer.text()
    page.get_by_role("link", name="CUS-2021-07: last day for notice").first.click()
    expect(page.get_by_role("heading", name="What follows from it")).to_be_visible()
    visit.check(page, "renewal")
