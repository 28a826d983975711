"""``make demo`` and its like: starts what is needed, runs the work, and leaves no process behind.

    python -m config.launch demo            servers, worker, beat, the replay, then the pages
    python -m config.launch bench           servers, then manage.py bench
    python -m config.launch manage ARGS     servers, the newest schema, then manage.py ARGS

With DATABASE_OWNER_URL and DATABASE_URL set, or BROKER_URL, no embedded server takes their place.
"""

import fcntl
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from config.embedded import APPLICATION_ROLE, OWNER_ROLE, EmbeddedError, PostgreSQL, Valkey, servers
from config.supervisor import ChildError, Program, Supervisor, die_with_parent

CHECKOUT = Path(__file__).resolve().parent.parent
LOCAL = CHECKOUT / ".local"
DEMO_AS_OF = "2025-07-15"
HOST = "127.0.0.1"
PORT_PATIENCE_SECONDS = 8
Variables = Mapping[str, str]


class Stopped(BaseException):
    """A signal asked the launcher to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class LaunchError(Exception):
    """Something that one line can say."""


def main(arguments: list[str]) -> int:
    """Run one of the three forms; returns the exit status."""
    if "MAKELEVEL" in os.environ:
        # Whoever kills make with -9 means us as well.
        die_with_parent(signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    supervisor = Supervisor(report=_say)
    lock = None
    try:
        lock = _lock()
        return _launch(supervisor, arguments)
    except Stopped as stopped:
        return 128 + stopped.number
    except (LaunchError, EmbeddedError, ChildError) as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"{error.strerror}: {error.filename}. Does the folder belong to another user?")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
        if lock:
            lock.close()


def _launch(supervisor: Supervisor, arguments: list[str]) -> int:
    form, rest = (arguments or ["demo"])[0], arguments[1:]
    if form == "demo" and not rest:
        return _demo(supervisor)
    if form == "bench" and not rest:
        return _with_database(supervisor, ["bench"])
    if form == "manage" and rest:
        return _with_database(supervisor, rest)
    raise LaunchError("usage: python -m config.launch [demo | bench | manage COMMAND ...]")


def _demo(supervisor: Supervisor) -> int:
    serve = os.environ.get("SERVE", "1") not in {"0", "no", "false"}
    port = _port()
    if serve:
        _wait_for_port(port)
    variables = _prepare(supervisor, broker=True)
    run = _without_owner(variables)
    run.setdefault("PUBLIC_ADDRESS", f"http://{HOST}:{port}")
    if not run.get("EMAIL_HOST"):
        run |= _start_catcher(supervisor, run)
    supervisor.start(_celery("worker", run))
    supervisor.start(_celery("beat", run))
    status = supervisor.run(_manage(["demo_replay", "--as-of", DEMO_AS_OF], run))
    if status != 0 or not serve:
        return _status(status)
    supervisor.start(_web(port, run))
    _say(
        f"the pages are at http://{HOST}:{port}/ (as of {DEMO_AS_OF}), its mails at /demo/mails/; Ctrl-C ends it all"
    )
    try:
        supervisor.watch()
    except Stopped as stopped:
        # Ending the pages by Ctrl-C is the ordinary end.
        return 0 if stopped.number == signal.SIGINT else 128 + stopped.number
    return 0


def _with_database(supervisor: Supervisor, command: list[str]) -> int:
    variables = _prepare(supervisor, broker=False)
    return _status(supervisor.run(_manage(command, variables)))


def _prepare(supervisor: Supervisor, *, broker: bool) -> dict[str, str]:
    """Start the servers that are not given, migrate; returns the children's environment."""
    variables = os.environ | _demo_variables()
    given = [name for name in ("DATABASE_OWNER_URL", "DATABASE_URL") if os.environ.get(name)]
    if len(given) == 1:
        raise LaunchError(
            "set both DATABASE_OWNER_URL and DATABASE_URL, or neither for the embedded database"
        )
    variables.setdefault("BROKER_URL", "memory://")
    embed_broker = broker and not os.environ.get("BROKER_URL")
    if not given or embed_broker:
        postgres, valkey = servers(CHECKOUT)
        if not given:
            variables |= _start_database(supervisor, postgres)
        if embed_broker:
            variables |= _start_broker(supervisor, valkey)
    if supervisor.run(_manage(["migrate", "--verbosity", "0"], variables)) != 0:
        raise LaunchError("the migration failed; its message is above")
    return variables


def _start_database(supervisor: Supervisor, postgres: PostgreSQL) -> dict[str, str]:
    if not postgres.data.exists():
        _say("making the database")
    postgres.initialise()
    supervisor.start(postgres.program())
    return {"DATABASE_OWNER_URL": postgres.url(OWNER_ROLE), "DATABASE_URL": postgres.url(APPLICATION_ROLE)}


def _start_broker(supervisor: Supervisor, valkey: Valkey) -> dict[str, str]:
    supervisor.start(valkey.program())
    return {"BROKER_URL": valkey.url}


def _start_catcher(supervisor: Supervisor, variables: Variables) -> dict[str, str]:
    """A mail server for this machine that keeps every mail in a folder; returns where it is."""
    port, folder = _mail_port(), Path(variables.get("MAIL_FOLDER") or LOCAL / "mail")
    folder.mkdir(parents=True, exist_ok=True)
    program = Program(
        name="mail catcher",
        argv=[sys.executable, "-m", "demo.mail_catcher", "--port", str(port), "--folder", str(folder)],
        env=variables,
        cwd=CHECKOUT,
        log=_log("mail"),
        death_signal=signal.SIGKILL,
        ready=lambda: _answers(port),
    )
    supervisor.start(program)
    return {
        "EMAIL_HOST": HOST,
        "EMAIL_PORT": str(port),
        "EMAIL_FROM": variables.get("EMAIL_FROM") or "Example Software <notices@example.com>",
        "MAIL_FOLDER": str(folder),
    }


def _mail_port() -> int:
    """The port in MAIL_PORT, or a free one."""
    if text := os.environ.get("MAIL_PORT"):
        return _port_of("MAIL_PORT", text)
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _demo_variables() -> dict[str, str]:
    """What opts out of production; a variable that is set already stays."""
    defaults = {
        "DEMO_MODE": "1",
        "AS_OF": DEMO_AS_OF,
        "SECRET_KEY": _secret_key(),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "LOG_FORMAT": "text",
        "LOG_LEVEL": "WARNING",
        "SWEEP_INTERVAL_SECONDS": "2",
        # The demo's own status page, which one of its sources is asked at.
        "FETCH_INTERNAL_HOSTS": "127.0.0.1",
        "BROKER_VISIBILITY_SECONDS": "60",
        "WORKER_CONCURRENCY": "2",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONUNBUFFERED": "1",
    }
    return {name: os.environ.get(name) or value for name, value in defaults.items()}


def _without_owner(variables: Variables) -> dict[str, str]:
    """What runs has no use for the owner's address."""
    return {name: value for name, value in variables.items() if name != "DATABASE_OWNER_URL"}


def _secret_key() -> str:
    """A key of this checkout's demo, so that a session survives a restart."""
    path = LOCAL / "secret_key"
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(60))
    return path.read_text()


def _manage(arguments: list[str], variables: Variables) -> Program:
    return Program(
        name=arguments[0],
        argv=[sys.executable, str(CHECKOUT / "manage.py"), *arguments],
        env=variables,
        cwd=CHECKOUT,
    )


def _celery(kind: str, variables: Variables) -> Program:
    options = {
        "worker": ["--without-gossip", "--without-mingle"],
        # Without a file of its own process id, beat starts again after any kind of end.
        "beat": ["--pidfile="],
    }
    return Program(
        name=kind,
        argv=[
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config.celery",
            kind,
            "--loglevel",
            "WARNING",
            *options[kind],
        ],
        env=variables,
        cwd=CHECKOUT,
        log=_log(kind),
        death_signal=signal.SIGKILL,
        # A little more than its soft shutdown takes; what it had not finished is delivered again.
        stop_seconds=7,
    )


def _web(port: int, variables: Variables) -> Program:
    return Program(
        name="web",
        argv=[
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "config/gunicorn.py",
            "--bind",
            f"{HOST}:{port}",
            "config.wsgi",
        ],
        env=variables,
        cwd=CHECKOUT,
        log=_log("web"),
        death_signal=signal.SIGKILL,
        ready=lambda: _answers(port),
    )


def _log(name: str) -> Path:
    folder = LOCAL / "log"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"


def _port() -> int:
    return _port_of("PORT", os.environ.get("PORT") or "8000")


def _port_of(name: str, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LaunchError(f"{name} is {text!r}; it must be a number from 1 to 65535")
    return int(text)


def _answers(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=1):
        return True


def _wait_for_port(port: int) -> None:
    """Find out first whether the pages can be served; an earlier launcher may still be ending."""
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise LaunchError(
                        f"port {port} is taken; choose another: make demo PORT={port + 1}"
                    ) from None
        time.sleep(0.2)


def _lock() -> IO[str]:
    """Held as long as this process lives, whatever ends it. Raises LaunchError when another one holds it."""
    LOCAL.mkdir(exist_ok=True)
    lock = (LOCAL / "launcher.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise LaunchError(
            f"this checkout's servers run already (process {holder}); end that one first"
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _status(status: int) -> int:
    """An exit status from what Popen returns: a signal's number is negative there."""
    return status if status >= 0 else 128 - status


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def _say(line: str) -> None:
    print(f"sla-ledger: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
