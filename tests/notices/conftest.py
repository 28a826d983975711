"""A real mail server in the test's own process, and the settings that lead to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.notices.mail_server import MailServer


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A mail server that takes everything until it is told otherwise."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 1
    settings.DEFAULT_FROM_EMAIL = "Promises <notices@example.com>"
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _from(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Promises <notices@example.com>"


@pytest.fixture(autouse=True)
def _deferred_guards_speak(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test in one transaction never commits; its deferred constraints are asked for before it is rolled back."""
    yield
    uses_database = request.node.get_closest_marker("django_db") is not None
    if uses_database and connection.in_atomic_block and not connection.needs_rollback:
        connection.check_constraints()
