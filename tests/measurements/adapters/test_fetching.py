"""Asking sources: bounded, patient, and never led inside."""

import gzip
import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from measurements.adapters.fetching import AddressRefused, Fetcher, SourceRefuses, SourceUnreachable
from tests.measurements.adapters.serving import Server, fetcher, serving

NOW = datetime(2023, 5, 2, tzinfo=UTC)


@pytest.fixture
def server() -> Any:
    with serving() as found:
        yield found


def test_a_body_comes_as_it_was_sent(server: Server) -> None:
    server.answers["/a"] = lambda query: {"asked": query}
    assert fetcher().get(f"{server.url}/a", {"page": "2"}) == b'{"asked": {"page": "2"}}'


def test_a_token_is_sent_as_a_bearer_token(server: Server) -> None:
    server.answers["/a"] = {}
    fetcher(token="secret-1").get(f"{server.url}/a")
    assert server.asked[0][2]["Authorization"] == "Bearer secret-1"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data",
        "http://192.168.0.1/",
        "http://0.0.0.0/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
    ],
)
def test_an_address_inside_is_refused_unless_it_is_on_the_list(url: str) -> None:
    with pytest.raises(AddressRefused, match="not public"):
        Fetcher().get(url)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "file:///etc/passwd", "gopher://x/", "http://a:b@example.com/", "http:///x", "x"],
)
def test_anything_but_plain_http_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        fetcher().get(url)


def test_a_name_with_one_public_and_one_internal_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *a, **k: [(*entry, ("8.8.8.8", 80)), (*entry, ("10.0.0.1", 80))]
    )
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        Fetcher().get("http://two-faced.example/")


def test_the_connection_goes_to_the_address_that_was_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves otherwise a moment later leads nowhere else: it is resolved once."""
    server.answers["/a"] = {"ok": True}
    port, asked = server.http.server_port, []
    real = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        if host == "rebinding.example":
            answers = ["127.0.0.1", "10.255.255.1"]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[asked.count(host) - 1], port))]
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert fetcher().get(f"http://rebinding.example:{port}/a") == b'{"ok": true}'
    assert asked.count("rebinding.example") == 1
    assert server.asked[0][2]["Host"] == f"rebinding.example:{port}"


def test_a_redirect_is_followed_checked_and_not_told_the_token_elsewhere(server: Server) -> None:
    with serving() as other:
        other.answers["/b"] = {"b": 1}
        server.answers["/a"] = (302, {"Location": f"{other.url}/b"}, b"")
        assert fetcher(token="secret-1").get(f"{server.url}/a") == b'{"b": 1}'
        assert "Authorization" not in other.asked[0][2]
    server.answers["/in"] = (302, {"Location": "http://169.254.169.254/"}, b"")
    with pytest.raises(AddressRefused, match=r"169\.254"):
        fetcher().get(f"{server.url}/in")
    server.answers["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    with pytest.raises(AddressRefused):
        fetcher().get(f"{server.url}/file")


def test_a_ring_of_redirects_ends(server: Server) -> None:
    server.answers["/a"] = (302, {"Location": "/a"}, b"")
    with pytest.raises(SourceRefuses, match="more than 3 times"):
        fetcher().get(f"{server.url}/a")
    assert len(server.asked) == 4


def test_a_body_over_the_bound_is_refused_unpacked_as_well(server: Server) -> None:
    server.answers["/just"] = b"x" * 1000
    assert len(fetcher(max_body_bytes=1000).get(f"{server.url}/just")) == 1000
    server.answers["/over"] = b"x" * 1001
    server.answers["/packed"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 10_000_000))
    for path in ("/over", "/packed"):
        with pytest.raises(SourceRefuses, match="more than 1,000 bytes"):
            fetcher(max_body_bytes=1000).get(f"{server.url}{path}")


def test_a_shaky_source_is_asked_twice_at_once_and_then_left_for_later(server: Server) -> None:
    server.answers["/a"] = {"ok": 1}
    server.fail_next = [(503, {}, b"")]
    assert fetcher().get(f"{server.url}/a") == b'{"ok": 1}'
    server.fail_next = [(503, {}, b""), (502, {}, b"")]
    with pytest.raises(SourceUnreachable):
        fetcher().get(f"{server.url}/a")


def test_an_answer_that_breaks_off_is_no_answer(server: Server) -> None:
    server.answers["/a"] = (200, {"Content-Length": "500"}, b'{"half": ')
    with pytest.raises(SourceUnreachable):
        fetcher().get(f"{server.url}/a")
    server.answers["/a"] = (200, {}, "hang up")
    with pytest.raises(SourceUnreachable):
        fetcher().get(f"{server.url}/a")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("Tue, 02 May 2023 00:01:30 GMT", 90), ("999999999", 86_400), ("soon", None), ("-3", None)],
)
def test_a_source_that_asks_for_patience_is_not_asked_again_at_once(
    server: Server, header: str, seconds: int | None
) -> None:
    server.answers["/a"] = (429, {"Retry-After": header}, b"")
    with pytest.raises(SourceUnreachable) as raised:
        fetcher(NOW).get(f"{server.url}/a")
    assert raised.value.retry_after_seconds == seconds
    assert len(server.asked) == (2 if seconds is None else 1)


def test_a_refusal_is_told_with_what_the_source_says_and_without_the_query(server: Server) -> None:
    server.answers["/a"] = (400, {}, b"parse error at char 3")
    with pytest.raises(SourceRefuses, match=r"400.*parse error") as raised:
        fetcher().get(f"{server.url}/a", {"query": "hidden"})
    assert "hidden" not in str(raised.value)


def test_a_source_that_is_gone_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(SourceUnreachable):
        fetcher().get(f"http://127.0.0.1:{port}/")
    with pytest.raises(SourceUnreachable, match="not resolved"):
        fetcher().get("http://no-such-host.invalid/")


def test_an_answer_that_drips_is_cut_off(server: Server) -> None:
    server.answers["/a"] = (200, {}, "slowly 0.2")
    with pytest.raises(SourceUnreachable, match="longer than"):
        fetcher(whole_seconds=0.1).get(f"{server.url}/a")


def test_the_lead_of_the_source_s_clock_is_noted(server: Server) -> None:
    ask = fetcher(NOW)
    server.answers["/a"] = (200, {"Date": "Tue, 02 May 2023 00:02:00 GMT"}, b"{}")
    ask.get(f"{server.url}/a")
    assert ask.skew_seconds == 120
