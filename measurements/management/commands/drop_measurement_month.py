from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from base import clock
from base.errors import DomainError
from measurements.models import MonthSeal
from measurements.months import drop_month, standing_of_month


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no month; write it as 2023-04") from None


class Command(BaseCommand):
    help = (
        "Drop a month of series or histograms that is sealed and past the retention of every source in it. "
        "Says what would go; drops with --really only. For the owner of the tables."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", choices=MonthSeal.Table.values)
        parser.add_argument("month", type=_month, help="such as 2023-04")
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="The day on which retention is judged; today, if not given.",
        )
        parser.add_argument("--really", action="store_true", help="Drop it.")

    def handle(self, *args: Any, **options: Any) -> None:
        table, month, as_of = options["table"], options["month"], options["as_of"] or clock.now().date()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                standing = standing_of_month(cursor, table, month, as_of)
                self.stdout.write(
                    f"{table} {month:%Y-%m}: {standing.row_count} rows, SHA-256 {standing.sha256}"
                )
                if not standing.is_sealed:
                    self.stdout.write("It is not sealed as it is now; seal it first.")
                if standing.keepers:
                    self.stdout.write(f"On {as_of} it is still kept for {', '.join(standing.keepers)}.")
                if not options["really"]:
                    would = "would go" if standing.may_go else "would be refused"
                    self.stdout.write(f"Nothing was dropped. With --really it {would}.")
                    return
                count = drop_month(cursor, standing, as_of)
        except DomainError as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(f"the database refuses: {str(error).splitlines()[0]}") from None
        self.stdout.write(f"Dropped: {count} rows. Sums of the days stay.")
