"""``manage.py as_known ASSESSMENT 2023-03-03 [--since 2023-02-10]``: a result with the knowledge of another moment."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import DomainError
from credits.explained import duration, instant, money
from credits.knowledge import Between, as_known, between
from credits.models import Assessment
from credits.windows import window_of_row


class Command(BaseCommand):
    help = (
        "Recompute a result as it was known at a moment, and tell what moved since another. Writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("assessment", type=int, help="number of any result of the window")
        parser.add_argument("known_at", help="a day (its first instant, UTC) or an instant with its offset")
        parser.add_argument("--since", help="an earlier moment: list what became known after it")
        parser.add_argument("--json", action="store_true", help="the whole result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Assessment.objects.select_related("commitment__version__contract", "commitment__service")
        row = rows.filter(pk=options["assessment"]).first()
        if row is None:
            raise CommandError(f"assessment: there is none with the number {options['assessment']}")
        known_at = _moment(options["known_at"])
        window = window_of_row(row)
        try:
            told = as_known(row.commitment, window, known_at)
            moved = (
                between(row.commitment, window, _moment(options["since"]), known_at)
                if options["since"]
                else None
            )
        except (DomainError, ValueError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            document = {"known_at": known_at.isoformat(), "result": told.result.to_json_obj()}
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{row.commitment} {window.label}, as known at {instant(known_at)}")
        self.stdout.write(told.verdict())
        if moved:
            self._tell(moved)

    def _tell(self, moved: Between) -> None:
        currency = moved.after.result.currency
        self.stdout.write(f"Since {instant(moved.since)}:")
        for one in moved.lines:
            amount = "open" if one.amount is None else _signed(one.amount, money(abs(one.amount), currency))
            seconds = _signed(one.fact.down_seconds, duration(abs(one.fact.down_seconds)))
            self.stdout.write(
                f"  {one.fact.kind} {one.fact.what}: {seconds} of downtime, {amount}; {one.fact.reason}"
            )
        if not moved.lines:
            self.stdout.write("  nothing became known about this window")


def _signed(value: Any, words: str) -> str:
    sign = "-" if value < 0 else "+" if value > Fraction(0) else ""
    return f"{sign}{words}"


def _moment(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day and no instant; 2023-03-03 is expected") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
