"""Worker, broker, database and the replay itself killed in the middle: the final figures are the same.

The real launcher runs in a copy of the checkout with servers of its own, and ten moments are drawn from a
seed. What is killed gets no warning (signal 9). The launcher starts servers again; a killed replay ends it, and
it is then started anew, as a person would.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.main_job import copy_of_checkout, descendants, environment

PUBLISHED = Path(__file__).parent / "summary.txt"
SEED = 20250715
KILLS = 10
# What a process of each kind has in its command line.
VICTIMS = {
    "worker": ("celery", "config.celery", "worker"),
    "broker": ("valkey-server",),
    "database": ("bin/postgres", "-D"),
    "replay": ("manage.py", "demo_replay"),
}
MOMENTS = (
    "worker",
    "broker",
    "database",
    "worker",
    "database",
    "broker",
    "replay",
    "database",
    "worker",
    "replay",
)
MOST_SECONDS = 420


def _command_line(number: int) -> list[str]:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _find(launcher: int, kind: str) -> list[int]:
    """The processes of a kind below the launcher, heads before their pools."""
    found = []
    for number in descendants(launcher):
        line = _command_line(number)
        if all(any(part.endswith(word) or word in part for part in line) for word in VICTIMS[kind]):
            found.append(number)
    return found


class Demo:
    """The launcher in a checkout of its own."""

    def __init__(self, checkout: Path, log: Path) -> None:
        self.checkout, self.log = checkout, log
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "config.launch", "demo"],
                cwd=self.checkout,
                env=environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def again_if_it_ended(self) -> bool:
        """Start the launcher anew where a killed replay ended it. False once it ended well."""
        status = self.process.poll()
        if status == 0:
            return False
        if status is not None:
            self.process = self._start()
        return True

    def progress(self) -> str:
        """Everything that was said so far."""
        return self.log.read_text(errors="replace")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


@pytest.fixture
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="sla-ledger-bad-") as folder:
        started = Demo(copy_of_checkout(Path(folder) / "checkout"), Path(folder) / "log")
        try:
            yield started
        finally:
            started.end()


def _summary(text: str) -> list[str]:
    """The last summary that was printed."""
    lines = text.splitlines()
    first = max(index for index, line in enumerate(lines) if line.startswith("SLA Ledger, the demo"))
    last = next(index for index in range(first, len(lines)) if lines[index].startswith("The record verifies"))
    return lines[first : last + 1]


@pytest.mark.slow
@pytest.mark.timeout(MOST_SECONDS + 60)
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="finds its victims through /proc")
def test_ten_kills_at_random_moments_leave_the_final_figures_the_same(demo: Demo) -> None:
    draw = random.Random(SEED)
    deadline = time.monotonic() + MOST_SECONDS
    while "replaying" not in demo.progress():
        assert time.monotonic() < deadline, demo.progress()
        assert demo.again_if_it_ended(), demo.progress()
        time.sleep(0.1)
    killed: Counter[str] = Counter()
    for kind in MOMENTS:
        time.sleep(draw.uniform(0.3, 4.0))
        victims: list[int] = []
        while not victims:
            assert time.monotonic() < deadline, demo.progress()
            if not demo.again_if_it_ended():
                break
            victims = _find(demo.process.pid, kind)
            time.sleep(0.05)
        if victims:
            # The head of the pool or the server first; later sometimes one of the processes below it.
            os.kill(draw.choice(victims[:3]) if killed[kind] else victims[0], signal.SIGKILL)
            killed[kind] += 1
    while demo.again_if_it_ended():
        assert time.monotonic() < deadline, demo.progress()
        time.sleep(0.2)
    assert sum(killed.values()) == KILLS, f"the replay was over too soon: {killed}"
    for server in ("worker", "broker", "database"):
        assert f"{server} ended with status -9; it is started again" in demo.progress()
    assert demo.progress().count("replaying 2022-02") > 1, "the replay itself was never killed"
    assert _summary(demo.progress()) == PUBLISHED.read_text().splitlines()
