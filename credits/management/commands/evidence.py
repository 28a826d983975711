"""``manage.py evidence ASSESSMENT --output FILE``: what an outsider needs to recompute a result.

A document with the data attached where FILE ends with .pdf, else the data alone.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import DomainError
from credits.documents import evidence_pdf_of
from credits.evidence import evidence_file
from credits.models import Assessment


class Command(BaseCommand):
    help = "Write the evidence of one result; check it with: python -m verifier FILE"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("assessment", type=int, help="number of the assessment")
        parser.add_argument("--output", type=Path, required=True, help="a document where it ends with .pdf")
        parser.add_argument("--page-size", choices=("A4", "Letter"), default="A4")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Assessment.objects.select_related("commitment__version")
        assessment = rows.filter(pk=options["assessment"]).first()
        if assessment is None:
            raise CommandError(f"assessment: there is none with the number {options['assessment']}")
        try:
            if options["output"].suffix.lower() == ".pdf":
                content = evidence_pdf_of(assessment, options["page_size"])
            else:
                content = evidence_file(assessment)
            options["output"].write_bytes(content)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['output']}: {assessment}, result sha256 {assessment.result_sha256}")
