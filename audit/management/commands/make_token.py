"""``manage.py make_token``: make a token of the API and print its text, this once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.record import acting
from audit.tokens import create_token
from base import clock
from base.api.scopes import SCOPES
from base.errors import DomainError
from base.models import User


class Command(BaseCommand):
    help = "Make a token of the API in the name of a person. Its text is printed once and kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help of each."""
        parser.add_argument("--by", required=True, help="the administrator who makes it, by user name")
        parser.add_argument("--owner", required=True, help="the person in whose name it acts, by user name")
        parser.add_argument("--name", required=True, help="the system that will hold it")
        parser.add_argument("--scope", required=True, action="append", choices=sorted(SCOPES), dest="scopes")
        parser.add_argument("--days", type=int, default=90, help="how long it is valid; 90 unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the text and nothing else, so that it can be piped to where it is kept."""
        people = {
            row.username: row for row in User.objects.filter(username__in=[options["by"], options["owner"]])
        }
        if missing := {options["by"], options["owner"]} - set(people):
            raise CommandError(f"user: there is no {', '.join(sorted(missing))}")
        now = clock.now()
        try:
            with acting(people[options["by"]], via="command", reason="made by a command"):
                _, text = create_token(
                    owner=people[options["owner"]],
                    name=options["name"],
                    scopes=options["scopes"],
                    created_at=now,
                    expires_at=now + timedelta(days=options["days"]),
                )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(text)
