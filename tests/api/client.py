"""A program that asks the API with a token, and the world that it asks about."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from audit.record import acting
from audit.tokens import create_token
from base import clock
from base.api.models import Token
from base.api.scopes import SCOPES
from base.models import User
from tests import factories

MADE = datetime(2023, 1, 1, tzinfo=UTC)


def token(owner: User, *scopes: str, **given: Any) -> tuple[Token, str]:
    """A token of ``owner``; with every scope unless told, for a month from now unless told."""
    now = clock.now()
    values = {"name": "a program", "created_at": now, "expires_at": now + timedelta(days=30)} | given
    with acting(factories.user("administrator"), via="admin", reason="a test"):
        return create_token(owner=owner, scopes=scopes or sorted(SCOPES), **values)


class Api:
    """Asks below ``/api/v1/`` with one token."""

    def __init__(self, text: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {text}"} if text else {}

    def get(self, address: str, **query: Any) -> Any:
        """Ask for something."""
        return self.client.get(f"/api/v1/{address}", query, headers=self.headers)

    def rows(self, address: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of the first page."""
        answer = self.get(address, **query)
        assert answer.status_code == 200, answer.content
        return list(answer.json()["results"])

    def post(self, address: str, body: Any, key: str | None = "key-1", **more: Any) -> Any:
        """Send JSON, or bytes as CSV."""
        headers = self.headers | ({"Idempotency-Key": key} if key is not None else {})
        kind = "text/csv" if isinstance(body, bytes) else "application/json"
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(f"/api/v1/{address}", data, content_type=kind, headers=headers, **more)


def api(*roles: str, scopes: tuple[str, ...] = (), **values: Any) -> Api:
    """A program of somebody new with these roles."""
    return Api(token(factories.user(*roles, **values), *scopes)[1])


def listing() -> Iterator[str]:
    """The addresses of every list."""
    from config.api_urls import router

    for prefix, _, _ in router.registry:
        yield f"{prefix}/"
