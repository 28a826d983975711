"""The vendor manager's day: the claim with the fewest days left, its letter, the vendor's answer, and what was
reported against what was measured."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

DAY = date(2025, 7, 15)


@pytest.fixture
def issued(demo_world):
    """The memos of the quarter are approved and issued, as others do on the same day."""
    from audit.record import acting
    from base.models import User
    from credits import services
    from credits.reading import memos_with_state

    for name, state, act in (
        ("ada", "proposed", services.approve_memo),
        ("finn", "approved", services.issue_memo),
    ):
        with acting(User.objects.get(username=name), via="command", reason="checked"):
            for memo in memos_with_state().filter(
                state=state, direction="promised_to_us", assessment__window_label="2025-Q2"
            ):
                act(memo, taken_on=DAY)


def test_a_claim_from_its_last_day_to_the_money(visit, issued):
    page = visit("vera")
    page.goto("/")
    expect(page.get_by_text("The first has 15 days left.")).to_be_visible()
    visit.check(page, "vendors-home")
    page.get_by_role("region", name="Claims to be sent").get_by_role(
        "link", name=re.compile("^Actions")
    ).click()
    expect(page.get_by_role("heading", name="Claim: Actions, 2025-Q2")).to_be_visible()

    draft = page.get_by_role("region", name="Draft the letter")
    draft.get_by_label("What you add in your own words").fill("Thank you for your answer within two weeks.")
    draft.get_by_label("Reason").fill("The quarter is final.")
    draft.get_by_role("button", name="Draft the letter").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 of the letter is written")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF of version 1").click()
    assert download.value.suggested_filename.endswith("-letter-1-draft.pdf")
    visit.check(page, "vendors-claim-drafted")

    send = page.get_by_role("region", name="Send the newest letter")
    send.get_by_label("Reason").fill("In writing, as the terms want it.")
    send.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("is sent")
    expect(page.get_by_role("region", name="In the ledger")).to_contain_text(
        "Claims on vendors, not acknowledged"
    )

    answer = page.get_by_role("region", name="Record the vendor's answer")
    answer.get_by_label("Acknowledged in part").check()
    answer.get_by_label("Reason").fill("Their mail of today.")
    answer.get_by_role("button").click()
    expect(answer.get_by_text(re.compile("with which words the vendor refuses"))).to_be_visible()
    visit.check(page, "vendors-answer-refused")
    answer.get_by_label("Acknowledged amount").fill("1000.00")
    answer.get_by_label("In the vendor's own words").fill("One day was not ours.")
    answer.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("the ledger has moved")
    ledger = page.get_by_role("region", name="In the ledger")
    expect(ledger).to_contain_text("Service credits receivable from vendorsUSD 1,000.00")
    visit.check(page, "vendors-claim-answered")


def test_reported_against_measured(visit):
    page = visit("vera")
    page.goto("/reported/?year=2024")
    expect(page.get_by_role("heading", name="API Requests in 2024, month by month")).to_be_visible()
    visit.check(page, "vendors-reported")
    page.get_by_label("Component").select_option("copilot")
    expect(page.get_by_role("heading", name=re.compile("^Copilot in 2024"))).to_be_visible()
    page.get_by_role("link", name="An incident stands in the list only").click()
    expect(
        page.get_by_role("heading", name="Day by day: An incident stands in the list only")
    ).to_be_visible()


def test_where_claims_go(visit):
    page = visit("vera")
    page.goto("/vendors/github/")
    page.get_by_label("Address for claims").fill("Claims desk (invented)\n1 Main Street")
    page.get_by_label("Reason").fill("Their last invoice says so.")
    page.get_by_role("button", name="Keep the profile").click()
    expect(page.get_by_role("status")).to_contain_text("The profile is kept.")
    visit.check(page, "vendors-profile")


def test_the_list_of_claims_is_read_by_keyboard(visit):
    page = visit("vera")
    page.goto("/claims/")
    visit.check(page, "vendors-claims")
    page.get_by_label("State").select_option("forfeited")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Claims")).to_contain_text("USD 211.63")
