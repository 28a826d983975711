"""A program with a token that may push to one source."""

from datetime import timedelta
from typing import Any

from audit.record import acting
from base import clock
from measurements import services
from tests import factories
from tests.api.client import token


def bearer_for(source: Any, *, granted: bool = True, role: str = "vendor_manager") -> str:
    """The header of a new token."""
    made, text = token(
        factories.user(role),
        "write:observations",
        "read:measurements",
        expires_at=clock.now() + timedelta(days=364),
    )
    if granted:
        with acting(factories.user("administrator"), via="admin", reason="a test"):
            services.grant_push(token=made, source=source, granted_at=clock.now())
    return f"Bearer {text}"
