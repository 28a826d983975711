"""A real browser on the demo's real data: Debian's Chromium, one window per person, pictures kept in artefacts/.

The demo is replayed once for all tests in this folder; what a test changes is gone after it. A test asks for
``visit`` and gets a page in which a person is logged in::

    def test_legal(visit):
        page = visit("lena")
        page.goto("/contracts/")
        visit.check(page, "contracts")  # axe for WCAG AA, and a picture in light and dark and narrow

Whatever the page logs as an error, such as something that the content policy refused, fails the test.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from psycopg import sql

AS_OF = date(2025, 7, 15)
ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session. Skips where there is none."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    # Below its event loop Django has connections of their own: those of earlier tests would stay open, and a database
    # that somebody is connected to is no template.
    from django.db import connections

    connections.close_all()
    # Playwright keeps an event loop in this thread; the tests' own queries are meant all the same.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=program, args=OPTIONS)
            yield started
            started.close()


@pytest.fixture(scope="package")
def demo_world(browser: Browser, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo's history in the database and in its template, until the last test of this folder."""
    from tests import conftest as whole

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with django_db_blocker.unblock():
        from django.db import connection

        from demo.history import replay
        from demo.stage import Stage

        clean = sql.Identifier(f"{whole._name()}_clean")
        connection.close()
        whole._on_server(*whole._copy(whole._template(), clean))
        replay(Stage(inline=True), as_of=AS_OF, say=lambda month: None)
        whole._keep_template()
    yield
    with django_db_blocker.unblock():
        connection.close()
        whole._on_server(
            *whole._copy(clean, whole._template()),
            *whole._copy(whole._template(), sql.Identifier(whole._name())),
            sql.SQL("DROP DATABASE {}").format(clean),
        )


class Visit:
    """Opens windows for people, and looks at what they show."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def __call__(self, username: str = "", **options: Any) -> Page:
        """A window; of a person of the demo who is logged in, or of a visitor."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport=WIDE,
            color_scheme="light",
            reduced_motion="reduce",
            **options,
        )
        self.contexts.append(context)
        if username:
            context.add_cookies([{"name": "sessionid", "value": _session(username), "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def check(self, page: Page, name: str, *, dark: bool = True) -> None:
        """No violation of WCAG AA in light and in dark, no scrolling sideways when narrow; pictures of all three."""
        self.axe(page, name)
        self.shot(page, name)
        if dark:
            page.emulate_media(color_scheme="dark")
            self.axe(page, f"{name}, dark")
            self.shot(page, f"{name}-dark")
            page.emulate_media(color_scheme="light")
        page.set_viewport_size(NARROW)
        self.shot(page, f"{name}-narrow")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        page.set_viewport_size(WIDE)
        assert over <= 0, f"{name}: a narrow window scrolls sideways by {over} px"

    def axe(self, page: Page, name: str) -> None:
        """No violation of WCAG AA."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}:\n{found.generate_report()}"

    def shot(self, page: Page, name: str) -> None:
        """A picture of the whole page."""
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


@pytest.fixture
def visit(demo_world: None, browser: Browser, live_server: Any, settings: Any) -> Iterator[Visit]:
    """Windows on the demo, as of its day; everything that a window logged as an error fails the test."""
    settings.AS_OF = AS_OF
    settings.DEMO_MODE = True
    visitor = Visit(browser, live_server.url)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.errors == []


def _session(username: str) -> str:
    from base.models import User

    client = Client()
    client.force_login(User.objects.get(username=username))
    return client.cookies["sessionid"].value
