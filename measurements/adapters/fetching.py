"""Asking sources over HTTP: bounded in size, time and redirects, and never led to an internal address.

An address is resolved once, every address that it resolves to must be a public one (or on the list of
``FETCH_INTERNAL_HOSTS``), and the connection goes to just that address: a name that resolves otherwise a moment
later leads nowhere else.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from base.errors import DomainError

MAX_BODY_BYTES = 16_000_000
MAX_REDIRECTS = 3
CONNECT_SECONDS = 10
READ_SECONDS = 20
WHOLE_SECONDS = 60
LONGEST_WAIT_SECONDS = 86_400
QUICK_TRIES = 2
QUICK_PAUSE_SECONDS = 0.5
USER_AGENT = "SLA-Ledger"
BUSY = {408, 425, 429, 500, 502, 503, 504}


class SourceUnreachable(Exception):
    """The source did not answer, not wholly, or asked for patience. Trying again later may mend it."""

    def __init__(self, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class AddressRefused(DomainError):
    """An address that may not be asked: no HTTP, or inside of our own network."""

    code = "address_refused"


class SourceRefuses(DomainError):
    """The source says that it will not answer this: a wrong address, query or token."""

    code = "source_refuses"


class Fetcher:
    """Asks one source during one page. ``internal_hosts``: names or addresses inside that may be asked all the
    same. ``skew_seconds`` is how far the source's clock is ahead of ours, by the Date of its last answer."""

    def __init__(
        self,
        *,
        internal_hosts: frozenset[str] = frozenset(),
        token: str = "",
        now: Callable[[], datetime] | None = None,
        pause: Callable[[float], None] = time.sleep,
        max_body_bytes: int = MAX_BODY_BYTES,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._internal = internal_hosts
        self._token = token
        self._now = now
        self._pause = pause
        self._max = max_body_bytes
        self._whole = whole_seconds
        self.skew_seconds: int | None = None

    def get(self, url: str, params: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer of 200, tried twice where the source is only shaky.

        Raises SourceUnreachable, SourceRefuses, AddressRefused.
        """
        for left in reversed(range(QUICK_TRIES)):
            try:
                return self._once(url, params)
            except SourceUnreachable as error:
                if not left or error.retry_after_seconds is not None:
                    raise
                self._pause(QUICK_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    def _once(self, url: str, params: Mapping[str, str] | None) -> bytes:
        deadline = time.monotonic() + self._whole
        target, token = str(httpx.URL(url, params=dict(params)) if params else url), self._token
        for _ in range(MAX_REDIRECTS + 1):
            answer, body = self._ask(target, token, deadline)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return self._judged(answer, body, target)
            onward = urljoin(target, answer.headers.get("location", ""))
            if urlsplit(target).scheme == "https" and urlsplit(onward).scheme != "https":
                raise AddressRefused(
                    f"address: {_shown(target)} leads on to one without encryption; name the last address itself"
                )
            if _place(onward) != _place(target):
                token = ""
            target = onward
        raise SourceRefuses(
            f"address: {_shown(url)} leads on more than {MAX_REDIRECTS} times; name the last one"
        )

    def _ask(self, url: str, token: str, deadline: float) -> tuple[httpx.Response, bytes]:
        address = self._checked(url)
        parts = httpx.URL(url)
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Host": parts.netloc.decode("ascii"),
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        try:
            with (
                httpx.Client(
                    trust_env=False, follow_redirects=False, timeout=timeout, verify=_authorities()
                ) as client,
                client.stream(
                    "GET",
                    parts.copy_with(host=address),
                    headers=headers,
                    extensions={"sni_hostname": parts.host},
                ) as answer,
            ):
                self._note_skew(answer)
                return answer, self._body(answer, deadline, url)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise SourceUnreachable(f"{_shown(url)}: {type(error).__name__} {error}".strip()) from error
        except httpx.HTTPError as error:
            raise SourceRefuses(f"address: {_shown(url)}: {error}") from error

    def _body(self, answer: httpx.Response, deadline: float, url: str) -> bytes:
        """The body as far as it is allowed to go. What is packed counts unpacked."""
        taken = bytearray()
        for piece in answer.iter_bytes(65_536):
            taken += piece
            if len(taken) > self._max:
                raise SourceRefuses(
                    f"address: {_shown(url)} answers with more than {self._max:,} bytes; ask for less at once"
                )
            if time.monotonic() > deadline:
                raise SourceUnreachable(f"{_shown(url)}: the answer took longer than {self._whole:g} s")
        return bytes(taken)

    def _judged(self, answer: httpx.Response, body: bytes, url: str) -> bytes:
        if answer.status_code == 200:
            return body
        said = body[:200].decode("utf-8", "replace").strip()
        if answer.status_code in BUSY:
            raise SourceUnreachable(
                f"{_shown(url)}: {answer.status_code}", self._wait_of(answer.headers.get("retry-after", ""))
            )
        raise SourceRefuses(
            f"address: {_shown(url)} answers {answer.status_code}; an answer of 200 is expected. {said}".strip()
        )

    def _wait_of(self, header: str) -> int | None:
        """Retry-After in seconds, from a number or a date; a day at most."""
        if header.isascii() and header.isdigit() and len(header) < 10:
            return min(int(header), LONGEST_WAIT_SECONDS)
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return None
        if self._now is None or moment.tzinfo is None:
            return None
        return min(max(0, int((moment - self._now()).total_seconds())), LONGEST_WAIT_SECONDS)

    def _note_skew(self, answer: httpx.Response) -> None:
        try:
            said = parsedate_to_datetime(answer.headers.get("date", ""))
        except (ValueError, TypeError):
            return
        if self._now is not None and said.tzinfo is not None:
            self.skew_seconds = int((said.astimezone(UTC) - self._now()).total_seconds())

    def _checked(self, url: str) -> str:
        """The one address to connect to. Raises AddressRefused, SourceUnreachable."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
            raise AddressRefused(
                f"address: {_shown(url)!r} is none of http:// or https:// without a password"
            )
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except ValueError:
            raise AddressRefused(f"address: {_shown(url)!r} has no port that can be") from None
        except OSError as error:
            raise SourceUnreachable(f"{host}: its name was not resolved ({error})") from error
        addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
        for address in addresses:
            if not self._allowed(host, address):
                raise AddressRefused(
                    f"address: {host} is {address}, which is not public; an administrator of the servers can put "
                    "it on FETCH_INTERNAL_HOSTS"
                )
        return addresses[0]

    def _allowed(self, host: str, address: str) -> bool:
        if host in self._internal or address in self._internal:
            return True
        found = ipaddress.ip_address(address)
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        if isinstance(found, ipaddress.IPv6Address) and (found.sixtofour or found.teredo):
            return False
        if found in _NAT64:
            return False
        return found.is_global and not found.is_multicast


@cache
def _authorities() -> ssl.SSLContext:
    """Whom certificates are believed from: read once, because reading takes longer than most answers."""
    return httpx.create_ssl_context(trust_env=False)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _place(url: str) -> tuple[Any, ...]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _shown(url: str) -> str:
    """An address without its query and without what may be a password."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"[:200]


shown_address = _shown
