"""The launcher as a whole, in copies of the checkout: real servers, worker, beat and pages.

The replay is replaced by a short one, because what is tested is who lives and who dies.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.config.processes import Process, alive, descendants, eventually, naming

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".git", ".venv", ".local", ".tools", ".hypothesis", "*_cache", "__pycache__", "data", "artefacts")
REPLAY = """
import time
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--as-of")

    def handle(self, *args, **options):
        from django.contrib.auth.models import Group
        self.stdout.write(f"replayed to {options['as_of']} with {Group.objects.count()} groups")
"""
EXPECTED = (
    "bin/postgres -D",
    "valkey-server",
    "celery -A config.celery worker",
    "celery -A config.celery beat",
    "gunicorn",
)


@pytest.fixture
def copy() -> Iterator[Path]:
    """A copy of the checkout in an ordinary place, with the short replay."""
    with copied(Path(tempfile.mkdtemp(prefix="sla-copy-"))) as made:
        yield made


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    root = next(path for path in (folder, *folder.parents) if path.name.startswith("sla-copy-"))
    root.chmod(0o755)
    target = folder / "checkout"
    try:
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
        commands = target / "demo" / "management" / "commands"
        commands.mkdir(parents=True, exist_ok=True)
        (commands / "demo_replay.py").write_text(REPLAY)
        yield target
    finally:
        elsewhere = target / ".local" / "embedded"
        if elsewhere.is_symlink():
            shutil.rmtree(elsewhere.readlink(), ignore_errors=True)
        shutil.rmtree(root, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**variables: str) -> dict[str, str]:
    """What a newcomer's shell has: nothing of this test session's."""
    names = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in names if name in os.environ} | variables


def launch(checkout: Path, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "config.launch", "demo"],
        cwd=checkout,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(launcher: "subprocess.Popen[str]") -> str:
    try:
        return launcher.communicate(timeout=150)[0]
    except subprocess.TimeoutExpired:
        launcher.kill()
        raise


@contextmanager
def serving(checkout: Path) -> Iterator[tuple["subprocess.Popen[str]", int, set[Process]]]:
    """A launcher whose pages answer, its port, and the processes below it."""
    port = free_port()
    launcher = launch(checkout, PORT=str(port))
    try:
        assert eventually(lambda: answers(port), 150), finish(launcher)
        below = descendants(launcher.pid)
        for name in EXPECTED:
            assert any(name in process.command for process in below), name
        yield launcher, port, below
    finally:
        launcher.kill()
        launcher.wait()
        assert launcher.stdout
        launcher.stdout.close()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        return error.code < 500


def gone(processes: set[Process], checkout: Path, seconds: float = 20) -> None:
    """Nothing of ``processes`` lives on, and nothing that names the checkout or its folder elsewhere."""
    places = {str(checkout), str((checkout / ".local" / "embedded").resolve())}

    def left() -> list[str]:
        return [process.command for process in processes if alive(process)] + [
            command for place in places for command in naming(place)
        ]

    assert eventually(lambda: not left(), seconds), left()


def test_without_serving_it_ends_with_status_0_and_twice_in_a_row(copy: Path):
    for _ in range(2):
        launcher = launch(copy, SERVE="0")
        said = finish(launcher)
        assert launcher.returncode == 0, said
        assert "replayed to 2025-07-15 with 8 groups" in said
        gone(set(), copy)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 0)]
)
def test_no_end_of_the_launcher_leaves_a_process(copy: Path, number: signal.Signals, status: int):
    with serving(copy) as (launcher, _, below):
        launcher.send_signal(number)
        assert launcher.wait(60) == status
        gone(below, copy)
    if number == signal.SIGKILL:
        # And nothing that it left is in the way of the next one.
        after = launch(copy, SERVE="0")
        said = finish(after)
        assert after.returncode == 0, said


def test_a_crashed_server_is_started_again_and_loses_nothing_committed(copy: Path):
    with serving(copy) as (_, port, below):
        run = copy / ".local" / "embedded" / "run"
        url = f"host='{run}' port=5432 user=sla_app dbname=sla_ledger"
        # One by one, each acknowledged; the server is killed right after the last.
        with psycopg.connect(url, autocommit=True) as connection:
            for number in range(200):
                connection.execute("INSERT INTO auth_group (name) VALUES (%s)", [f"group {number}"])
        with valkey(run) as broker:
            for number in range(200):
                assert ask(broker, "RPUSH", "kept", str(number)).startswith(b":")
        for name in EXPECTED:
            for process in below:
                if name in process.command:
                    with suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGKILL)

        def counted() -> bool:
            with psycopg.connect(url) as connection:
                (count,) = connection.execute(
                    "SELECT count(*) FROM auth_group WHERE name LIKE 'group %'"
                ).fetchone()
            return bool(count == 200)

        assert eventually(counted, 60)
        with valkey(run) as broker:
            assert ask(broker, "LLEN", "kept") == b":200\r\n"
        assert eventually(lambda: answers(port), 60)


@contextmanager
def valkey(run: Path) -> Iterator[socket.socket]:
    def connect() -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(str(run / "valkey.sock"))
        return client

    assert eventually(lambda: connect().close() is None, 60)
    with connect() as client:
        yield client


def ask(client: socket.socket, *words: str) -> bytes:
    client.sendall(f"*{len(words)}\r\n".encode() + b"".join(f"${len(w)}\r\n{w}\r\n".encode() for w in words))
    return client.recv(100)


def test_two_launchers_at_once_is_one_clear_line(copy: Path):
    with serving(copy) as (launcher, _, _below):
        second = launch(copy, SERVE="0")
        said = finish(second)
        assert second.returncode == 1
        assert re.fullmatch(
            rf"sla-ledger: this checkout's servers run already \(process {launcher.pid}\).*\n", said
        )
        assert launcher.poll() is None


def test_a_taken_port_is_one_clear_line_before_anything_is_started(copy: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        launcher = launch(copy, PORT=str(taken.getsockname()[1]))
        said = finish(launcher)
    assert launcher.returncode == 1
    assert re.fullmatch(r"sla-ledger: port \d+ is taken; choose another: make demo PORT=\d+\n", said)
    assert not (copy / ".local" / "embedded").exists()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(copy: Path, port: str):
    launcher = launch(copy, PORT=port)
    assert "must be a number from 1 to 65535" in finish(launcher)
    assert launcher.returncode == 1


def test_one_database_url_without_the_other_is_refused(copy: Path):
    launcher = launch(copy, SERVE="0", DATABASE_URL="postgresql://a@h/d")
    assert "set both DATABASE_OWNER_URL and DATABASE_URL" in finish(launcher)
    assert launcher.returncode == 1


@pytest.mark.parametrize(
    "name",
    ["with a späce", "quotes ' \" and, commas", "long-" + "x" * 145],
    ids=["space", "quotes", "long"],
)
def test_it_works_below_any_folder(name: str):
    with copied(Path(tempfile.mkdtemp(prefix="sla-copy-")) / name) as checkout:
        launcher = launch(checkout, SERVE="0")
        said = finish(launcher)
        assert launcher.returncode == 0, said
        assert (checkout / ".local" / "embedded").is_symlink() is not name.startswith("with")
        gone(set(), checkout)


def test_it_works_below_a_home_that_others_cannot_enter():
    """For root the servers run as another user, who cannot enter it either."""
    home = Path(tempfile.mkdtemp(prefix="sla-copy-")) / "home"
    with copied(home) as checkout:
        home.chmod(0o700)
        launcher = launch(checkout, SERVE="0")
        said = finish(launcher)
        assert launcher.returncode == 0, said
        assert (checkout / ".local" / "embedded").is_symlink() is (os.geteuid() == 0)
        gone(set(), checkout)
