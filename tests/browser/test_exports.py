"""Finance's export queue: a batch is made, its file fetched, and the other side's answer loaded."""

from pathlib import Path

from playwright.sync_api import expect


def test_finance_exports_a_batch_and_loads_the_import_report(visit, tmp_path: Path):
    page = visit("finn")
    page.goto("/")
    page.get_by_role("link", name="Exports").click()
    visit.check(page, "finance-exports")
    page.get_by_label("To", exact=True).select_option("journal_csv")
    page.get_by_label("From").fill("2025-04-01")
    page.get_by_label("Until, excluded").fill("2025-07-01")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("was exported")).to_be_visible()
    expect(page.get_by_text("not answered yet")).to_be_visible()
    visit.check(page, "finance-export")
    with page.expect_download() as fetched:
        page.get_by_role("region", name="Files").get_by_role("link").first.click()
    first = Path(fetched.value.path()).read_bytes()
    assert first.startswith(b"legal_entity,external_id,")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="A report to fill in").click()
    report = tmp_path / "report.csv"
    lines = Path(fetched.value.path()).read_text().splitlines()
    # The other side takes all but the first.
    first_id = lines[1].split(",")[0]
    report.write_text("\n".join([lines[0], f"{first_id},rejected,,,period is locked there", *lines[2:], ""]))
    page.get_by_label("Import report, CSV").set_input_files(report)
    page.get_by_role("button", name="Load the report").click()
    expect(page.get_by_text("It leaves something open")).to_be_visible()
    expect(page.get_by_role("region", name="Lines")).to_contain_text("period is locked there")
    visit.check(page, "finance-export-open")
    page.get_by_label("What was mended").fill("the period is open there again")
    page.get_by_role("button", name="Export what was rejected again").click()
    expect(page.get_by_text("under the same ids")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_role("link", name="A report to fill in").click()
    page.get_by_label("Import report, CSV").set_input_files(fetched.value.path())
    page.get_by_role("button", name="Load the report").click()
    expect(page.get_by_text("reconciles to zero")).to_be_visible()
    visit.check(page, "finance-export-zero", dark=False)


def test_the_profile_of_a_format_is_set_by_keyboard(visit):
    page = visit("finn")
    page.goto("/exports/")
    page.get_by_role("link", name="DATEV Buchungsstapel (EXTF)").first.click()
    visit.check(page, "finance-export-profile")
    page.get_by_label("client", exact=True).fill("42")
    page.get_by_label("Reason").fill("as our accountant wrote")
    page.get_by_label("Reason").press("Enter")
    expect(page.get_by_text("Batches from now on are written with it")).to_be_visible()
    expect(page.get_by_text("as our accountant wrote")).to_be_visible()
