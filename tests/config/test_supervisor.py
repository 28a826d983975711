"""Children that cannot outlive their parent, and that are started again when they end by themselves."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.supervisor import ChildError, Program, Supervisor, spawn
from tests.config.processes import alive, descendants, eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop()


def shell(script: str, name: str = "child", **options: object) -> Program:
    return Program(name=name, argv=["/bin/sh", "-c", script], **options)  # type: ignore[arg-type]


def tick_until(supervisor: Supervisor, condition, seconds: float = 10) -> bool:
    def ticked() -> bool:
        supervisor.tick()
        return bool(condition())

    return eventually(ticked, seconds)


PARENT = """
import signal, sys, time
sys.path.insert(0, {root!r})
from config.supervisor import Program, Supervisor
supervisor = Supervisor()
ignoring = "trap '' INT TERM HUP; sleep 1000 & sleep 1000; true"
supervisor.start(Program(name="kind", argv=["/bin/sleep", "1000"]))
supervisor.start(Program(name="deaf", argv=["/bin/sh", "-c", "trap '' INT TERM; while :; do sleep 0.1; done"],
                         death_signal=signal.SIGKILL))
print("started", flush=True)
supervisor.watch()
"""


def test_kill_9_of_the_parent_leaves_no_child_even_a_deaf_one():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(root=str(ROOT))], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout
    assert parent.stdout.readline() == b"started\n"
    children = descendants(parent.pid)
    assert len(children) >= 2
    parent.kill()
    parent.wait()
    assert eventually(lambda: not any(alive(child) for child in children), 5)


def test_a_child_that_ends_is_started_again(supervisor: Supervisor, tmp_path: Path):
    log = tmp_path / "starts"
    said: list[str] = []
    supervisor.report = said.append
    supervisor.start(
        shell(f"echo x >> '{log}'; [ $(wc -l < '{log}') -ge 3 ] && exec sleep 1000", name="short")
    )
    assert tick_until(supervisor, lambda: log.read_text() == "x\n" * 3)
    assert len(said) == 2
    assert "short ended with status 1" in said[0]


def test_a_child_that_always_ends_is_given_up_with_the_end_of_its_log(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("config.supervisor.FIRST_BACK_OFF_SECONDS", 0.001)
    monkeypatch.setattr("config.supervisor.LONGEST_BACK_OFF_SECONDS", 0.01)
    supervisor.start(shell("echo no such thing; exit 3", name="hopeless", log=tmp_path / "log"))
    monkeypatch.setattr("config.supervisor.TICK_SECONDS", 0.005)
    with pytest.raises(ChildError, match=r"hopeless ended 12 times in a row\.\nno such thing\n"):
        supervisor.watch()


def test_what_a_dead_child_left_of_its_group_is_killed(supervisor: Supervisor, tmp_path: Path):
    """As when the head of a worker is killed and its pool goes on."""
    pid_file = tmp_path / "pid"
    supervisor.start(
        shell(f"sleep 1000 & echo $! > '{pid_file}.new'; mv '{pid_file}.new' '{pid_file}'; wait")
    )
    assert eventually(pid_file.exists, 5)
    grandchild = next(child for child in descendants(os.getpid()) if child.pid == int(pid_file.read_text()))
    process = supervisor.children[0].process
    assert process
    process.kill()
    assert tick_until(supervisor, lambda: not alive(grandchild))


def test_children_are_stopped_in_the_opposite_order(tmp_path: Path):
    log = tmp_path / "log"
    supervisor = Supervisor()
    for name in ("database", "broker", "web"):
        marker = tmp_path / name
        supervisor.start(
            shell(
                f"trap \"echo {name} >> '{log}'; exit 0\" TERM; touch '{marker}'; while :; do sleep 0.02; done",
                name=name,
                ready=marker.exists,
            )
        )
    supervisor.stop()
    assert log.read_text().split() == ["web", "broker", "database"]


def test_a_child_that_does_not_obey_is_killed_after_its_time(tmp_path: Path):
    marker = tmp_path / "up"
    supervisor = Supervisor()
    supervisor.start(
        shell(
            f"trap '' TERM; touch '{marker}'; while :; do sleep 0.1; done",
            stop_seconds=0.3,
            ready=marker.exists,
        )
    )
    child = supervisor.children[0].process
    supervisor.stop()
    assert child
    assert child.returncode == -signal.SIGKILL


def test_a_child_that_is_never_ready_is_an_error(supervisor: Supervisor):
    with pytest.raises(ChildError, match="slow was not ready in time"):
        supervisor.start(shell("sleep 1000", name="slow", ready=lambda: False, ready_seconds=0.3))


def test_a_program_that_does_not_exist_is_an_error_with_its_name(supervisor: Supervisor):
    with pytest.raises(ChildError, match="ghost: cannot run /no/such/program: No such file"):
        supervisor.start(Program(name="ghost", argv=["/no/such/program"]))


def test_children_are_started_from_the_main_thread_only():
    """Else the kernel's signal would come with the end of that thread."""
    errors: list[BaseException] = []

    def try_it() -> None:
        try:
            spawn(shell("true"))
        except ChildError as error:
            errors.append(error)

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_a_step_returns_its_status_while_the_others_are_looked_after(supervisor: Supervisor, tmp_path: Path):
    log = tmp_path / "starts"
    supervisor.start(shell(f"echo x >> '{log}'; exit 1"))
    assert supervisor.run(shell("sleep 1; exit 7")) == 7
    assert log.read_text().count("x") >= 2
