"""The demo's mail catcher as a process: what it says it took is on disk."""

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.processes import eventually


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[int]:
    """A catcher on a free port; it keeps mails in the test's folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["-m", "demo.mail_catcher", "--port", str(port), "--folder", str(tmp_path / "mail")]
    process = subprocess.Popen([sys.executable, *arguments], cwd=Path(__file__).parents[2])
    try:
        assert eventually(lambda: bool(socket.create_connection(("127.0.0.1", port), 1).close() or True), 20)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_it_keeps_each_mail_before_it_says_so(catcher: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", catcher, timeout=5) as server:
        for number in range(2):
            server.sendmail(
                "a@example.com", ["b@example.com"], f"Subject: {number}\r\n\r\n.text {number}\r\n"
            )
            assert len(list((tmp_path / "mail").glob("*.eml"))) == number + 1
    kept = sorted((tmp_path / "mail").glob("*.eml"))
    assert [path.read_bytes().splitlines()[-1] for path in kept] == [b".text 0", b".text 1"]
    assert not list((tmp_path / "mail").glob(".*.part"))


def test_a_port_that_is_taken_ends_it_with_one_line(catcher: int, tmp_path: Path) -> None:
    arguments = ["-m", "demo.mail_catcher", "--port", str(catcher), "--folder", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=30,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
