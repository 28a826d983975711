"""``manage.py calculate``, as it appears among the commands; see base/console, which needs no settings."""

import sys
from typing import NoReturn

from django.core.management.base import BaseCommand

from base.console import run


class Command(BaseCommand):
    help = "Reckon a file of facts by a file of terms; needs no database."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        sys.exit(run(argv[1], argv[2:]))
