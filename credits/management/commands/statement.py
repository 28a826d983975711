"""``manage.py statement COUNTERPARTY 2023-01 [--until 2023-03] --format csv --output FILE``."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base import csvio
from base.errors import DomainError
from contracts.models import Counterparty, LegalEntity
from credits.statement_documents import statement_pdf, statement_xlsx
from credits.statement_files import to_csv, to_json
from credits.statements import statement

WRITERS = {"csv": to_csv, "json": to_json, "pdf": statement_pdf, "xlsx": statement_xlsx}


class Command(BaseCommand):
    help = "Write the statement of a counterparty for a month, or for several months."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("counterparty", help="code of the counterparty")
        parser.add_argument("month", help="the first month, such as 2023-01")
        parser.add_argument("--until", help="the last month, such as 2023-03; the first one if left out")
        parser.add_argument("--legal-entity", help="code of our company, where the counterparty has several")
        parser.add_argument("--format", choices=tuple(WRITERS), default="csv")
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        counterparty = Counterparty.objects.filter(code=options["counterparty"]).first()
        if counterparty is None:
            raise CommandError(f"counterparty: there is none with the code {options['counterparty']!r}")
        first = _month("month", options["month"])
        last = _month("--until", options["until"]) if options["until"] else first
        after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        try:
            value = statement(
                counterparty, _entity(counterparty, options["legal_entity"]), from_on=first, until_on=after
            )
            options["output"].write_bytes(WRITERS[options["format"]](value))
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['output']}: {value.row_count} rows, {first} to {after} (excluded)")


def _month(name: str, text: str) -> date:
    try:
        return csvio.month(text)
    except ValueError as error:
        raise CommandError(f"{name}: {error}") from None


def _entity(counterparty: Counterparty, code: str | None) -> LegalEntity:
    """Our company: the one of that code, or the only one with a contract with the counterparty."""
    entities = LegalEntity.objects.filter(contracts__counterparty=counterparty).distinct()
    found = list(entities.filter(code=code) if code else entities)
    if len(found) != 1:
        known = ", ".join(entities.values_list("code", flat=True)) or "none"
        raise CommandError(f"--legal-entity: name one of those with a contract with {counterparty}: {known}")
    return found[0]
