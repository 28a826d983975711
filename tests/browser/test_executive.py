"""The executive's first day: four numbers, a sentence each, the money by quarter, and nothing of how things run."""

from playwright.sync_api import expect

from contracts.models import Contract, Counterparty, Service
from measurements.models import IntervalObservation


def test_the_executive_sees_four_numbers_and_no_internals(visit):
    page = visit("emil")
    page.goto("/")
    for title in ("Promises kept", "Exposure this quarter", "Recovered from vendors", "Top risk"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    visit.check(page, "executive-home")
    page.locator("summary").first.click()
    visit.check(page, "executive-table", dark=False)


def test_nothing_that_runs_is_named_to_the_executive(visit):
    page = visit("emil")
    page.goto("/")
    html = page.content()
    names = [
        *Service.objects.values_list("name", flat=True),
        *Service.objects.values_list("code", flat=True),
        *Contract.objects.values_list("reference", flat=True),
        *Counterparty.objects.values_list("name", flat=True),
        *IntervalObservation.objects.values_list("external_id", flat=True)[:50],
    ]
    visible = page.locator("main").inner_text()
    # "Pages", "Issues" and the like are words of the page too; codes and references are not.
    assert [name for name in names if len(name) > 8 and (name in visible or name in html)] == []


def test_the_executive_opens_no_detail(visit):
    page = visit("emil")
    for address in (
        "/components/",
        "/assessments/",
        "/contracts/",
        "/mails/",
        "/components/actions/2023-01-25/",
    ):
        assert page.goto(address).status == 403
    visit.errors.clear()  # the browser logs each refusal
    visit.check(page, "refused")
