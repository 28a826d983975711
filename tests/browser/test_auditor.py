"""An auditor's day: the chain, verification, evidence that is taken along and checked outside, events, no buttons."""

import json
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

CHECKOUT = Path(__file__).resolve().parents[2]


def test_an_auditor_verifies_the_record_and_the_results(visit):
    page = visit("audrey")
    page.goto("/")
    visit.check(page, "auditor-home")
    page.get_by_role("link", name="Verify record and results").click()
    expect(page.get_by_role("heading", name="Everything that was checked verifies")).to_be_visible(
        timeout=60_000
    )
    visit.check(page, "auditor-verify")


def test_evidence_is_taken_along_and_verifies_outside(visit, tmp_path):
    page = visit("audrey")
    page.goto("/")
    row = page.get_by_role("region", name="Evidence").locator("tbody tr").first
    for name in ("PDF", "JSON"):
        with page.expect_download() as download:
            row.get_by_role("link", name=re.compile(f"^{name}")).click()
        kept = tmp_path / f"evidence.{name.lower()}"
        download.value.save_as(kept)
        done = subprocess.run(
            [sys.executable, "-m", "verifier", str(kept)], cwd=CHECKOUT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    row.get_by_role("link", name=re.compile("^Recompute")).click()
    expect(page.get_by_role("heading", name="Recomputed: identical")).to_be_visible()
    visit.check(page, "auditor-recompute", dark=False)


def test_events_are_found_and_each_shows_its_proof(visit):
    page = visit("audrey")
    page.goto("/events/")
    visit.check(page, "auditor-events")
    page.get_by_label("What, such as credit_memo.approve").fill("credit_memo.approve")
    page.get_by_label("By", exact=True).fill("Ada")
    page.get_by_role("button", name="Show").click()
    links = page.get_by_role("region", name="Events").locator("tbody th a")
    assert set(links.all_inner_texts()) == {"credit_memo.approve"}
    links.first.click()
    expect(page.get_by_text("its content gives it")).to_be_visible()
    visit.check(page, "auditor-event")
    shown = json.loads(page.locator("section[aria-labelledby=after] pre").inner_text())
    assert shown["state"] == "approved"


def test_every_look_is_on_record_and_nothing_can_be_changed(visit):
    page = visit("audrey")
    page.goto("/memos/")
    assert page.locator("main form[method=post] button").count() == 0
    assert page.locator("main input[type=checkbox]").count() == 0
    page.locator("tbody th a").first.click()
    looked = page.url.split("/", 3)[3]
    assert page.locator("main button").count() == 0
    page.goto("/events/?verb=auditor.look")
    expect(page.get_by_role("region", name="Events")).to_contain_text(f"/{looked}")
