"""``manage.py demo_replay``: let the demo's history happen, and print what it came to."""

import time
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from base.correlation import correlated
from base.errors import DomainError
from demo import report
from demo.history import replay
from demo.mails import wait_for_mails
from demo.stage import Stage
from demo.summary import summarise


class Command(BaseCommand):
    help = (
        "Replay the demo's history up to a date, with the worker doing the jobs. A second run adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", type=date.fromisoformat, required=True, help="the last day that happens"
        )
        parser.add_argument(
            "--inline", action="store_true", help="do the jobs in this process, without broker and worker"
        )

    def handle(self, **options: Any) -> None:
        stage, started = Stage(inline=options["inline"]), time.monotonic()
        try:
            with correlated():
                replay(stage, as_of=options["as_of"], say=lambda month: self._progress(month, started))
                if not stage.inline:
                    stage.act("mails", lambda: wait_for_mails(self.stdout.write))
                summary = stage.act("summary", lambda: summarise(options["as_of"]))
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("")
        for line in [*report.lines(summary), "", *report.logins()]:
            self.stdout.write(line)

    def _progress(self, month: str, started: float) -> None:
        self.stdout.write(f"replaying {month} ({time.monotonic() - started:.0f} s)")
        self.stdout.flush()
