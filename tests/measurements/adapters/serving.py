"""A small HTTP server on this machine that answers as a test tells it, and adapters asked without a database."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from measurements.adapters.fetching import Fetcher
from measurements.adapters.seam import Page, Parsed, PullAdapter, Settings, kept, reread

HERE = frozenset({"127.0.0.1"})


class Server:
    """What is answered, by path: bytes, JSON, an (status, headers, body), or a function of the query."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.fail_next: list[Any] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        self.asked.append((parts.path, query, dict(request.headers)))
        found = self.fail_next.pop(0) if self.fail_next else self.answers.get(parts.path, (404, {}, b"no"))
        if callable(found):
            found = found(query)
        status, headers, body = found if isinstance(found, tuple) else (200, {}, found)
        if body == "hang up":
            request.connection.close()
            return
        if isinstance(body, str) and body.startswith("slowly"):
            time.sleep(float(body.split()[1]))
            body = b"{}"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response_only(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if "Content-Length" not in headers:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


@contextmanager
def serving() -> Iterator[Server]:
    """A server for the block."""
    server = Server()
    thread = threading.Thread(target=lambda: server.http.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()


def fetcher(now: datetime | None = None, **given: Any) -> Fetcher:
    """One that may ask this machine and does not sleep."""
    clock: Callable[[], datetime] | None = (lambda: now) if now else None
    return Fetcher(**{"internal_hosts": HERE, "pause": lambda seconds: None, "now": clock} | given)


def read(adapter: PullAdapter, settings: Settings, page: Page) -> Parsed:
    """What a page says after it was kept."""
    content, _, faults = kept(adapter, settings, page)
    assert not faults.total, faults.listed
    return reread(adapter, content)


def pull_all(
    adapter: PullAdapter,
    settings: Settings,
    *,
    begins_at: datetime,
    until: datetime,
    ask: Fetcher | None = None,
) -> list[Parsed]:
    """Every page up to ``until``."""
    cursor: Any = {}
    found = []
    while True:
        page = adapter.fetch(settings, ask or fetcher(until), cursor, begins_at=begins_at, until=until)
        if page is None:
            return found
        found.append(read(adapter, settings, page))
        cursor = page.cursor
        if not page.more:
            return found
