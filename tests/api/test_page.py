"""The API's page in a real browser: it works under the content policy, and asks with what is entered there."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests import factories
from tests.api.client import token

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    # Playwright keeps an event loop in this thread; the test's own queries are meant all the same.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        opened = browser.new_page()
        opened.set_default_timeout(20_000)
        yield opened
        browser.close()


def test_the_page_lists_the_operations_and_tries_one(page, live_server):
    factories.contract()
    _, text = token(factories.user("legal"))
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/api/docs/")
    expect(page.locator(".opblock-summary-path", has_text="trial-balance").first).to_be_visible()
    assert page.locator(".opblock").count() >= 40
    page.get_by_role("button", name="Authorize").first.click()
    form = page.locator(".auth-container", has_text="http, Bearer")
    form.locator("input").first.fill(text)
    form.locator(".authorize").click()
    page.locator(".btn-done").first.click()
    block = page.locator("#operations-contracts-contracts_list")
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    block.locator(".execute").click()
    expect(block.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    expect(block.locator(".live-responses-table")).to_contain_text("C-1")
    assert errors == []
