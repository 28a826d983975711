"""``manage.py demo_summary``: what the replayed history came to, without replaying anything."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from base import clock
from contracts.models import Contract
from demo import report
from demo.summary import summarise
from demo.world import CUSTOMER_CONTRACT, VENDOR_CONTRACT


class Command(BaseCommand):
    help = "Print the figures of the demo; nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="the date from which days left are counted"
        )

    def handle(self, **options: Any) -> None:
        wanted = {CUSTOMER_CONTRACT, VENDOR_CONTRACT}
        if set(Contract.objects.filter(reference__in=wanted).values_list("reference", flat=True)) != wanted:
            raise CommandError("the demo's history is not here; run demo_replay first")
        for line in report.lines(summarise(options["as_of"] or clock.as_of())):
            self.stdout.write(line)
