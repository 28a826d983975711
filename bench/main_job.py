"""The demo's main job in a fresh copy of this checkout: how long it takes, and the most memory it holds."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LEFT_OUT = {".git", ".venv", ".local", ".tools", "staticfiles"}
NOT_HANDED_ON = ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "MAKELEVEL", "DB_ROLE")


@dataclass(frozen=True)
class MainJob:
    """Seconds from the launcher's start to its end, and the peak of all its processes' memory in bytes."""

    seconds: float
    peak_bytes: int
    summary: str


def copy_of_checkout(target: Path) -> Path:
    """This checkout's files without data, environment and history, in a new folder."""
    target.parent.chmod(0o755)
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache")

    def left_out(folder: str, names: list[str]) -> set[str]:
        top = LEFT_OUT if Path(folder) == CHECKOUT else set()
        return set(ignore(folder, names)) | (top & set(names))

    shutil.copytree(CHECKOUT, target, ignore=left_out)
    return target


def environment() -> dict[str, str]:
    """What the launcher of the copy is started with: no server of ours, no page."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON}
    return kept | {"SERVE": "0"}


def measure() -> MainJob:
    """Run ``make demo SERVE=0`` in a copy. Raises RuntimeError with its last words where it fails."""
    with tempfile.TemporaryDirectory(prefix="sla-ledger-bench-") as folder:
        checkout = copy_of_checkout(Path(folder) / "checkout")
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "config.launch", "demo"],
            cwd=checkout,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        peak = _Peak(process.pid)
        peak.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - started
        peak.stop()
        if process.returncode != 0:
            raise RuntimeError(f"the demo ended with status {process.returncode}:\n{output[-2000:]}")
        return MainJob(seconds, peak.highest, output)


class _Peak(threading.Thread):
    """Adds up, ten times a second, the memory of a process and all that descend from it.

    The proportional share (PSS) is counted where the kernel says it, so that shared pages count once.
    """

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.highest = 0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self.highest = max(self.highest, sum(map(_memory, descendants(self.root))))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def descendants(root: int) -> list[int]:
    """The process and everything that descends from it, as /proc tells at this moment."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(after_name[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        found.append(number)
        waiting += children.get(number, [])
    return found


def _memory(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
