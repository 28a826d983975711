"""The way of a file in, from choosing it to its end, and statements that go out on a schedule."""

from playwright.sync_api import expect

HEADER = "Service;Tag;Ausfall;Bemerkung\n"
WRONG = HEADER + "Actions;14.07.2025;90000;told to ann@example.com\nNobody;14.07.2025;0;\n"
RIGHT = HEADER + "Actions;14.07.2025;120;told to ann@example.com\nIssues;14.07.2025;0;\n"


def upload(page, text):
    page.goto("/imports/")
    page.get_by_role("link", name="Upload a file").click()
    page.get_by_label("Source", exact=True).select_option("status-page-seconds")
    page.get_by_label("It holds").select_option("daily-seconds")
    page.locator("#id_file").set_input_files(
        {"name": "outages.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )


def map_columns(page):
    """By keyboard only."""
    for label, value in (
        ("component", "Service"),
        ("day", "Tag"),
        ("major_seconds", "Ausfall"),
        ("Days are written", "day_first"),
    ):
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_label("Text of partial_seconds for every row").fill("0")
    page.get_by_role("button", name="Look again").focus()
    page.keyboard.press("Enter")


def test_a_file_goes_in_from_its_faults_to_its_last_row(visit):
    from measurements.models import ImportRun
    from tests.measurements.adapters.cases import work_off

    page = visit("vera")
    page.goto("/imports/")
    visit.check(page, "imports")
    upload(page, WRONG)
    visit.check(page, "imports-upload")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("1 email")).to_be_visible()
    visit.check(page, "imports-mapping")
    map_columns(page)
    expect(page.get_by_role("alert")).to_contain_text("2 faults")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    visit.check(page, "imports-faults")

    upload(page, RIGHT)
    page.get_by_role("button", name="Look at it").click()
    map_columns(page)
    expect(page.get_by_role("heading", name="What would become of it")).to_be_visible()
    visit.check(page, "imports-preview")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waits for the worker")).to_be_visible()
    visit.check(page, "imports-progress")
    work_off()
    # Without loading it again: the page asks by itself.
    expect(page.get_by_role("heading", name="How far it has come").locator("..")).to_contain_text("Done")
    page.reload()
    expect(page.get_by_role("region", name="Payloads")).to_be_visible()
    visit.check(page, "imports-done")
    assert ImportRun.objects.order_by("pk").last().row_count == 2


def test_the_schedules_are_whole_and_finance_makes_what_was_missed(visit):
    page = visit("finn")
    page.goto("/statements/schedules/")
    expect(page.get_by_role("heading", name="Scheduled statements")).to_be_visible()
    visit.check(page, "finance-schedules")
    reader = visit("audrey")
    reader.goto("/statements/schedules/")
    visit.check(reader, "auditor-schedules", dark=False)
