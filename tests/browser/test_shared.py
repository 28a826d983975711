"""What several roles share: the calendar of the components, a day's minutes, a result, contracts as of any day."""

from playwright.sync_api import expect

from tests.browser.conftest import ARTEFACTS


def test_a_day_of_the_calendar_shows_its_minutes_and_where_they_were_read(visit):
    page = visit("vera")
    page.goto("/components/?source=status-page-seconds&period=2023-Q1")
    visit.check(page, "components")
    page.locator("svg a[href='/components/actions/2023-01-25/'] rect").click()
    expect(page.locator("#minutes")).to_contain_text("Actions, 25 January 2023")
    expect(page.locator("#minutes")).to_contain_text("SHA-256 of the file")
    visit.check(page, "components-day-chosen", dark=False)


def test_the_calendar_is_worked_by_the_keyboard(visit):
    page = visit("vera")
    page.goto("/components/?source=status-page-seconds&period=2023-Q1")
    page.locator("svg a[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#minutes")).to_contain_text("2 January 2023")


def test_a_year_of_incidents_shows_what_nobody_knows_as_unknown(visit):
    page = visit("cleo")
    page.goto("/components/?source=status-page-incidents&period=2022")
    visit.check(page, "components-year", dark=False)
    expect(page.get_by_text("nobody reported on this day").first).to_be_attached()


def test_a_day_has_a_page_of_its_own(visit):
    page = visit("audrey")
    page.goto("/components/actions/2023-01-25/")
    visit.check(page, "component-day")


def test_a_result_explains_itself_from_the_list_to_the_evidence(visit):
    page = visit("audrey")
    page.goto("/assessments/?contract=VND-2021-01&window=2023-Q1&service=actions")
    visit.check(page, "results")
    page.get_by_role("link", name="2023-Q1").click()
    expect(page.locator("strong", has_text="The promise was not kept")).to_be_visible()
    visit.check(page, "result")
    page.screenshot(path=ARTEFACTS / "readme.png")  # the picture in the README
    page.get_by_text("Every step, with what went in").click()
    visit.check(page, "result-trace", dark=False)
    with page.expect_download() as download:
        page.get_by_role("link", name="Evidence, PDF").click()
    assert download.value.suggested_filename.startswith("evidence-VND-2021-01-actions-2023-Q1-r")


def test_a_customers_month_explains_its_incidents(visit):
    page = visit("cleo")
    page.goto("/assessments/?outcome=breach")
    page.locator("tbody th a").first.click()
    visit.check(page, "result-month")


def test_a_contract_says_what_was_in_effect_on_any_day(visit):
    page = visit("lena")
    page.goto("/contracts/")
    visit.check(page, "contracts")
    page.get_by_role("link", name="VND-2021-01").click()
    visit.check(page, "contract")
    page.get_by_role("textbox", name="As of").fill("2021-12-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No version was in effect on this day")).to_be_visible()
