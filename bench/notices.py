"""Mails per second through the outbox, against a bare loop of smtplib, in one run.

Both hand the same mails to the same server, which throws them away, over one connection. The outbox does so by
the task that a worker runs: for each mail an attempt is committed before and its outcome after. It works on a
scratch database of the same server, which is dropped afterwards.
"""

import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

CHECKOUT = Path(__file__).resolve().parent.parent
SCRATCH = "sla_ledger_bench_notices"
MAILS = 400
AS_OF = date(2022, 4, 12)  # the day after the first quarter's results are final
HOST = "127.0.0.1"
URLS = ("DATABASE_OWNER_URL", "DATABASE_URL")


@dataclass(frozen=True)
class Speeds:
    """Mails per second."""

    mails: int
    bare: float
    outbox: float

    @property
    def multiple(self) -> float:
        """How many times as long a mail takes through the outbox."""
        return self.bare / self.outbox


def measure() -> Speeds:
    """Needs DATABASE_OWNER_URL, whose role may create databases. Raises RuntimeError with the last words of a
    step that failed."""
    with _scratch_database() as urls, _mail_server() as port:
        mail = {"EMAIL_HOST": HOST, "EMAIL_PORT": str(port), "EMAIL_FROM": "Bench <bench@example.com>"}
        variables = os.environ | urls | mail | {"BROKER_URL": "memory://", "LOG_LEVEL": "ERROR"}
        _step([sys.executable, "manage.py", "migrate", "--verbosity", "0"], variables)
        said = _step([sys.executable, "-m", "bench.notices"], variables)
    return Speeds(**json.loads(said.splitlines()[-1]))


def _step(command: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=CHECKOUT, env=variables, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def _scratch_database() -> Iterator[dict[str, str]]:
    """A fresh database beside ours; gives the variables that lead to it."""
    owner = os.environ["DATABASE_OWNER_URL"]
    name = sql.Identifier(SCRATCH)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield {one: re.sub(r"^(\w+://[^/]*)/[^?]*", rf"\1/{SCRATCH}", os.environ[one]) for one in URLS}
        finally:
            server.execute(drop)


@contextmanager
def _mail_server() -> Iterator[int]:
    """A server in a process of its own that takes every mail and throws it away; gives its port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    arguments = [
        "-m",
        "aiosmtpd",
        "--nosetuid",
        "--listen",
        f"{HOST}:{port}",
        "--class",
        "aiosmtpd.handlers.Sink",
    ]
    process = subprocess.Popen([sys.executable, *arguments], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """In the scratch database: a short history, many receivers of one breach, and both ways to tell them."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import transaction

    from audit.record import acting
    from base import clock
    from demo.history import replay
    from demo.people import person
    from demo.stage import Stage
    from notices import services, tasks
    from notices.models import Announcement, Notice
    from notices.reading import counts
    from notices.smtp import content_of, sender_address

    replay(Stage(inline=True), as_of=AS_OF, say=lambda month: None)
    with acting(person("adam"), via="command", reason="measuring"), transaction.atomic():
        for number in range(MAILS):
            services.subscribe(audience="legal", address=f"bench-{number}@example.com")
    with acting(tasks.notices_job(), via="task"):
        made = services.compose(Announcement.objects.earliest("pk"), composed_at=clock.now())
    numbers = [one.pk for one in made]
    mails = [(one.recipient_address, content_of(one)) for one in Notice.objects.filter(pk__in=numbers)]

    def bare() -> float:
        started = time.perf_counter()
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=10) as server:
            for address, content in mails:
                server.sendmail(sender_address(), [address], content)
        return time.perf_counter() - started

    before = bare()
    started = time.perf_counter()
    for start in range(0, len(numbers), tasks.MOST_PER_TASK):
        tasks.deliver(numbers[start : start + tasks.MOST_PER_TASK])
    outbox = time.perf_counter() - started
    bare_seconds = (before + bare()) / 2
    if counts().get("accepted", 0) < len(numbers):
        raise SystemExit(f"not all were sent: {counts()}")
    print(
        json.dumps(
            {
                "mails": len(numbers),
                "bare": len(numbers) / bare_seconds,
                "outbox": len(numbers) / outbox,
            }
        )
    )


if __name__ == "__main__":
    main()
