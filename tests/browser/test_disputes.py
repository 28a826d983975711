"""Where it is argued about measurements: a source with its gaps, an incident's worksheet, an exclusion that waits, and
the reconciliation of a result."""

import re

from playwright.sync_api import expect

INCIDENT = "/incidents/status-page-incidents/y7lb2rg4btd7/"


def test_from_a_minute_to_its_row_in_its_file(visit):
    page = visit("audrey")
    page.goto("/assessments/?contract=CUS-2021-07&window=2024-03")
    page.get_by_role("region", name="Results").get_by_role("link").first.click()
    page.get_by_role("region", name="Observations").get_by_role(
        "link", name=re.compile("^[0-9a-f]{16}:")
    ).first.click()
    expect(page.get_by_text("this one")).to_be_visible()
    visit.check(page, "disputes-file")


def test_a_source_shows_its_calendar_its_gaps_and_what_came_late(visit):
    page = visit("audrey")
    page.goto("/sources/")
    visit.check(page, "disputes-sources")
    page.get_by_role("link", name="Status page, incidents").click()
    expect(page.get_by_role("heading", name="What came after a cut-off")).to_be_visible()
    visit.check(page, "disputes-source")
    page.get_by_role("region", name="Late accounts").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="What became known in between")).to_be_visible()
    visit.check(page, "disputes-as-known")


def test_the_vendor_manager_reads_the_worksheet_and_adds_to_the_timeline_by_keyboard(visit):
    page = visit("vera")
    page.goto(INCIDENT)
    expect(page.get_by_role("heading", name="Worksheet: VND-2021-01, Actions, 2025-Q2")).to_be_visible()
    visit.check(page, "disputes-incident")
    form = page.get_by_role("region", name="Add to the timeline")
    form.get_by_label("That clock was ahead by, in seconds").fill("120")
    form.get_by_label("What was seen").fill("The vendor called back (invented).")
    form.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The note stands on the timeline.")
    expect(page.get_by_role("region", name="Timeline").first).to_contain_text("its clock was 120 s ahead")


def test_legal_sees_what_an_exclusion_is_worth_and_approves_it(visit):
    page = visit("lena")
    page.goto("/exclusions/")
    visit.check(page, "disputes-exclusions")
    page.get_by_label("State").select_option("open")
    page.get_by_role("link", name=re.compile("^Planned maintenance")).first.click()
    expect(page.get_by_role("region", name="What it is worth").first).to_contain_text("EUR 2,099.01")
    visit.check(page, "disputes-exclusion")
    form = page.get_by_role("region", name="Approve")
    form.get_by_label("Reason").fill("The notice was in time.")
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("what it was worth is kept")
    expect(page.get_by_text("As it was shown when it was decided")).to_be_visible()


def test_legal_reconciles_a_quarter(visit):
    page = visit("lena")
    page.goto("/reconciliation/?window=2025-Q2")
    visit.check(page, "disputes-reconciliation")
    page.get_by_role("region", name="Windows to reconcile").get_by_role(
        "link", name="Issues, 2025-Q2"
    ).click()
    expect(page.get_by_text("Nothing stands against a final result:")).to_be_visible()
    expect(page.get_by_role("heading", name="Past windows beside the target")).to_be_visible()
    visit.check(page, "disputes-reconciled")
