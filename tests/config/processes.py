"""Looking at processes from outside, without trusting what is tested."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process; the start time tells it from a later one with the same number."""

    pid: int
    started: str
    command: str


def _stat(pid: int) -> tuple[str, int, str] | None:
    """State, parent and start time of a process, or None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1]), fields[19]


def descendants(root: int) -> set[Process]:
    """All processes below ``root``."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := _stat(int(entry.name))):
            parents[int(entry.name)] = stat
    found: set[int] = set()
    fresh = {root}
    while fresh:
        fresh = {pid for pid, (_, parent, _) in parents.items() if parent in fresh} - found
        found |= fresh
    return {Process(pid, parents[pid][2], _command(pid)) for pid in found}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(process: Process) -> bool:
    """Whether the process still runs; a zombie does not."""
    stat = _stat(process.pid)
    return stat is not None and stat[0] != "Z" and stat[2] == process.started


def naming(text: str) -> list[str]:
    """The commands of all processes that mention ``text``."""
    commands = [_command(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [command for command in commands if text in command]


def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether ``condition`` becomes true in time; an exception counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return True
        except Exception:
            pass
        time.sleep(0.05)
    return False


def is_root() -> bool:
    """Whether the tests run as root."""
    return os.geteuid() == 0
