"""Guards that are deferred to the commit speak at the end of every test of this room."""

from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _deferred_guards_speak(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test in one transaction never commits; its deferred constraints are asked for before it is rolled back."""
    yield
    uses_database = request.node.get_closest_marker("django_db") is not None
    if uses_database and connection.in_atomic_block and not connection.needs_rollback:
        connection.check_constraints()
