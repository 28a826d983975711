"""The correlation id: one opaque token that follows a request through web, task and command."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current() -> str:
    """The correlation id in force, or an empty string outside of any request, task or command."""
    return _current.get()


def new() -> str:
    """A fresh correlation id (32 hexadecimal digits)."""
    return uuid4().hex


@contextmanager
def correlated(correlation_id: str = "") -> Iterator[str]:
    """Bind a correlation id for the block; a new one if none is given and none is in force."""
    token = _current.set(correlation_id or _current.get() or new())
    try:
        yield _current.get()
    finally:
        _current.reset(token)
