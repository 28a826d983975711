"""Child processes that cannot outlive the process that started them.

Every child leads its own process group, is told by the kernel to die when its parent dies (even by
``kill -9``), and is started again when it ends by itself. Linux only where the death signal is concerned;
elsewhere children are stopped on an orderly exit alone.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
TICK_SECONDS = 0.1
FIRST_BACK_OFF_SECONDS = 0.2
LONGEST_BACK_OFF_SECONDS = 5.0
STABLE_AFTER_SECONDS = 10.0
FAILURES_BEFORE_GIVING_UP = 12

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ChildError(RuntimeError):
    """A child did not start, or kept on dying; the message names it and its log."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run and how it wants to be treated.

    ``user``: name of the operating system user to run as (needs root); None keeps the caller's.
    ``death_signal``: what the kernel sends when the parent is gone; ``stop_signal``: what we send.
    ``ready``: asked until it says True; raising counts as "not yet".
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: str | None = None
    log: Path | None = None
    death_signal: signal.Signals = signal.SIGTERM
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 30.0


def die_with_parent(death_signal: signal.Signals = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel for ``death_signal`` when the parent ends; end at once if it is gone already.

    Runs in the child between fork and exec, after the user was changed (which would clear the request).
    """
    if _LIBC is not None and _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        os._exit(126)
    if parent is not None and os.getppid() != parent:
        os._exit(126)


def spawn(program: Program) -> "subprocess.Popen[bytes]":
    """Start ``program`` once, bound to the life of this process. Main thread only.

    The kernel sends the death signal when the *thread* that forked ends, hence the restriction.
    """
    if threading.current_thread() is not threading.main_thread():
        raise ChildError(f"{program.name}: children are started from the main thread only")
    parent = os.getpid()
    log = program.log.open("ab") if program.log else None
    try:
        return subprocess.Popen(
            list(program.argv),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
            env=None if program.env is None else dict(program.env),
            cwd=program.cwd,
            process_group=0,
            preexec_fn=lambda: die_with_parent(program.death_signal, parent),
            **as_user(program.user),
        )
    except OSError as error:
        raise ChildError(f"{program.name}: cannot run {program.argv[0]}: {error.strerror}") from error
    finally:
        if log:
            log.close()


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments for subprocess that run a child as ``user``, without the caller's further groups."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def end(process: "subprocess.Popen[bytes]", program: Program) -> None:
    """Stop one child: its stop signal, time to obey, then the whole group by force."""
    if process.poll() is None:
        process.send_signal(program.stop_signal)
        try:
            process.wait(program.stop_seconds)
        except subprocess.TimeoutExpired:
            pass
    kill_group(process.pid)
    process.wait()


def kill_group(group: int) -> None:
    """Kill what is left of a child's process group, such as the pool of a worker whose head is gone."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def tail(path: Path | None, lines: int = 12) -> str:
    """The last lines of a log, for an error message; empty if there are none."""
    if path is None or not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class _Child:
    program: Program
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0
    restarts: int = 0


@dataclass
class Supervisor:
    """Starts children in the order given and stops them in the opposite one."""

    report: Callable[[str], None] = lambda line: None
    children: list[_Child] = field(default_factory=list)

    def start(self, program: Program) -> None:
        """Start ``program``, keep it running from now on, and return when it is ready.

        Raises ChildError with the end of its log when it is not ready in ``ready_seconds``.
        """
        child = _Child(program)
        self.children.append(child)
        deadline = time.monotonic() + program.ready_seconds
        self._spawn(child)
        while program.ready is not None and not _says_ready(program.ready):
            if time.monotonic() > deadline:
                raise ChildError(f"{program.name} was not ready in time.\n{tail(program.log)}")
            self.tick()
            time.sleep(TICK_SECONDS / 2)

    def run(self, program: Program) -> int:
        """Run a step to its end while the children are looked after; returns its exit status."""
        process = spawn(program)
        try:
            while (status := process.poll()) is None:
                self.tick()
                time.sleep(TICK_SECONDS / 2)
            return status
        finally:
            end(process, program)

    def watch(self) -> None:
        """Look after the children until an exception (a signal) ends it."""
        while True:
            self.tick()
            time.sleep(TICK_SECONDS)

    def tick(self) -> None:
        """Notice the dead, and start again those whose back-off is over."""
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child)
            if child.process is None and time.monotonic() >= child.start_at:
                child.restarts += 1
                self._spawn(child)

    def stop(self) -> None:
        """Stop all children, the last started first."""
        while self.children:
            child = self.children.pop()
            if child.process is not None:
                end(child.process, child.program)

    def _spawn(self, child: _Child) -> None:
        child.process = spawn(child.program)
        child.started = time.monotonic()

    def _bury(self, child: _Child) -> None:
        assert child.process is not None
        kill_group(child.process.pid)
        lived = time.monotonic() - child.started
        child.failures = 1 if lived > STABLE_AFTER_SECONDS else child.failures + 1
        name = child.program.name
        if child.failures >= FAILURES_BEFORE_GIVING_UP:
            raise ChildError(f"{name} ended {child.failures} times in a row.\n{tail(child.program.log)}")
        back_off = min(FIRST_BACK_OFF_SECONDS * 2 ** (child.failures - 1), LONGEST_BACK_OFF_SECONDS)
        self.report(f"{name} ended with status {child.process.returncode}; it is started again")
        child.process, child.start_at = None, time.monotonic() + back_off


def wait_until_ready(process: "subprocess.Popen[bytes]", program: Program) -> None:
    """Wait for a child that nobody starts again. Raises ChildError when it ends or takes too long."""
    deadline = time.monotonic() + program.ready_seconds
    while program.ready is not None and not _says_ready(program.ready):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ChildError(f"{program.name} did not start.\n{tail(program.log)}")
        time.sleep(TICK_SECONDS / 5)


def _says_ready(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except Exception:
        return False
