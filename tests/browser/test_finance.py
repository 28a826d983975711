"""Finance's month: what waits, approval by a second person, refusals, issue, the statement, the ledger."""

import re

from playwright.sync_api import expect

WAITING = "/memos/?state=waiting"


def test_an_approver_approves_several_memos_at_once_by_keyboard(visit):
    page = visit("ada")
    page.goto("/")
    visit.check(page, "finance-approvals")
    page.get_by_role("link", name="Approve several at once").click()
    visit.check(page, "finance-memos-waiting")
    boxes = page.locator("tbody input[type=checkbox]")
    count = boxes.count()
    assert count > 1
    page.get_by_role("checkbox", name="Tick all on this page").focus()
    page.keyboard.press("Space")
    expect(page.locator("tbody input[type=checkbox]:checked")).to_have_count(count)
    page.get_by_label("Reason, for all that are ticked").fill("level, tier and fee checked against the trace")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{count} approved, 0 refused")).to_be_visible()
    # The very same act of the same person again is free.
    visit.check(page, "finance-memos-approved")


def test_without_a_reason_the_browser_asks_for_one(visit):
    page = visit("ada")
    page.goto(WAITING)
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_label("Reason, for all that are ticked")).to_be_focused()
    expect(page.get_by_role("heading", name="Credit memos")).to_be_visible()


def test_a_refusal_in_bulk_says_why_and_stops_no_other(visit):
    """Somebody approves one memo; another approver then ticks all, among them that one."""
    page = visit("ada")
    page.goto(WAITING)
    row = page.locator("tbody tr").first
    name = row.locator("th a").inner_text()
    row.locator("th a").click()
    page.get_by_label("Reason").fill("checked")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The memo is approved.")).to_be_visible()
    visit.check(page, "finance-memo-approved", dark=False)
    other = visit("axel")
    other.goto(WAITING)
    for box in other.locator("tbody input[type=checkbox]").all():
        box.check()
    other.get_by_label("Reason, for all that are ticked").fill("checked too")
    # The approved memo has no box for an approver: it is sent all the same, as a stale page would.
    pk = page.url.rstrip("/").rsplit("/", 1)[-1]
    other.evaluate(
        "pk => { const box = document.createElement('input'); box.type = 'hidden'; box.name = 'memo'; box.value = pk;"
        " document.querySelector('form[method=post][action*=acts]').append(box); }",
        pk,
    )
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_role("heading", name=re.compile(r"\d+ approved, 1 refused"))).to_be_visible()
    refused = other.get_by_role("region", name="Refused")
    expect(refused).to_contain_text(name)
    visit.check(other, "finance-memos-refused")


def test_finance_issues_what_was_approved_and_finds_it_in_the_ledger(visit):
    page = visit("ada")
    page.goto(WAITING)
    page.locator("tbody th a").first.click()
    page.get_by_label("Reason").fill("checked")
    page.get_by_role("button", name="Approve").click()
    address = page.url
    page = visit("fay")
    page.goto(address)
    page.get_by_label("Reason").fill("approved")
    page.get_by_role("button", name="Issue and post").click()
    expect(page.get_by_text("The memo is issued.")).to_be_visible()
    visit.check(page, "finance-memo-issued")
    page.locator("#entries ~ h3 a").first.click()
    expect(page.get_by_role("heading", name="/issue")).to_be_visible()
    visit.check(page, "finance-entry", dark=False)
    page.locator("tbody th a").first.click()
    visit.check(page, "finance-account", dark=False)
    page.get_by_role("link", name="Trial balance").first.click()
    expect(page.get_by_text("It balances.")).to_be_visible()
    visit.check(page, "finance-trial-balance")


def test_the_months_of_the_books(visit):
    page = visit("fay")
    page.goto("/")
    visit.check(page, "finance-home")
    page.get_by_role("link", name="2025-06", exact=True).click()
    expect(page.get_by_role("heading", name="What blocks its closing")).to_be_visible()
    visit.check(page, "finance-period")


def test_a_statement_and_its_files(visit):
    page = visit("fay")
    page.goto("/statements/")
    visit.check(page, "finance-statement-first", dark=False)
    options = page.locator("#id_counterparty option").all_inner_texts()
    assert len(options) >= 2
    for at, name in enumerate(options):
        page.select_option("#id_counterparty", label=name)
        page.get_by_role("textbox", name="From").fill("2025-01-01")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name=f"Statement: {name}")).to_be_visible()
        visit.check(page, f"finance-statement-{at}", dark=at == 0)
    for label, ending, start in (
        ("PDF", "pdf", b"%PDF"),
        ("XLSX", "xlsx", b"PK"),
        ("CSV", "csv", b"kind,"),
        ("JSON", "json", b"{"),
    ):
        with page.expect_download() as download:
            page.get_by_role("link", name=label, exact=True).click()
        assert download.value.suggested_filename.endswith(f".{ending}")
        assert download.value.path().read_bytes().startswith(start)
