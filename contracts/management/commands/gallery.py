"""``manage.py gallery load``: keep the published agreements that come with the product as templates."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.record import acting
from base import clock
from base.errors import DomainError
from base.models import User
from contracts import services
from contracts.gallery.published import published
from reckoning.errors import TermsError


class Command(BaseCommand):
    help = "Load the published agreements into the gallery of templates. A second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["load"])
        parser.add_argument("--user", required=True, help="login name of somebody of legal")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"--user: there is no active login {options['user']!r}")
        try:
            with acting(user, via="command"):
                done = services.load_templates(published(), loaded_on=clock.as_of())
        except (DomainError, TermsError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"gallery: {len(done.new)} new, {len(done.changed)} changed, {len(done.same)} as they were"
        )
