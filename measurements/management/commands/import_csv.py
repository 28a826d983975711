"""``manage.py import_csv KIND SOURCE FILE``: import measurements, or show what importing them would do."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.record import acting
from base import clock, csvio
from base.csvio import MAX_BYTES, Fault, ImportRefused
from base.errors import DomainError
from base.models import User
from measurements.adapters import ADAPTERS, Adapter
from measurements.errors import RowsConflict
from measurements.importing import Preview, import_csv, preview_csv
from measurements.models import Source


class Command(BaseCommand):
    help = "Import a CSV file of measurements; with --preview show what that would do and write nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(ADAPTERS), help="what the file holds; see docs/imports.md")
        parser.add_argument("source", help="code of the source that reports it")
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="login name of whoever imports it")
        parser.add_argument(
            "--known-at", required=True, help="when it became known, such as 2025-01-31T13:45:00Z"
        )
        parser.add_argument(
            "--covers-until", help="intervals only: the source had nothing else to report up to here"
        )
        parser.add_argument("--origin", default="", help="where the file was retrieved from")
        parser.add_argument("--reason", default="", help="kept with the act")
        parser.add_argument("--preview", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(**options)
        except (ImportRefused, RowsConflict) as error:
            self._print_faults(error.faults, error.total)
            raise CommandError(str(error)) from None
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _run(self, **options: Any) -> None:
        adapter = ADAPTERS[options["kind"]]
        source = Source.objects.filter(code=options["source"]).first()
        if source is None:
            raise CommandError(f"source: there is no source with the code {options['source']!r}")
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"--user: there is no active login {options['user']!r}")
        path: Path = options["file"]
        given: dict[str, Any] = {
            "source": source,
            "name": path.name,
            "content": _content(path),
            "known_at": _instant("--known-at", options["known_at"]),
            "covers_until": _instant("--covers-until", options["covers_until"]),
        }
        with acting(user, via="command", reason=options["reason"]):
            if options["preview"]:
                self._preview(preview_csv(adapter, **given))
            else:
                self._import(adapter, given | {"origin": options["origin"], "retrieved_at": clock.now()})

    def _import(self, adapter: Adapter, given: dict[str, Any]) -> None:
        payload = import_csv(adapter, **given)
        self.stdout.write(
            f"{payload.name}: {payload.row_count} rows, {payload.accepted} accepted, {payload.repeated} repeated, "
            f"{payload.listed} listed; payload {payload.pk}, sha256 {payload.sha256}"
        )

    def _preview(self, preview: Preview) -> None:
        if preview.replays:
            self.stdout.write(f"{preview.name}: was imported before; importing it again does nothing")
        self.stdout.write(
            f"{preview.name}: {preview.row_count} rows, {preview.accepted} would be accepted "
            f"({preview.superseding} as corrections), {preview.repeated} repeated, {preview.listed} listed; "
            "nothing was written"
        )
        for row in preview.rows:
            self.stdout.write("  " + " | ".join(row.values()))
        self._print_faults(preview.faults, preview.fault_count)
        if preview.fault_count:
            raise CommandError(f"{preview.name}: importing it would be refused, {preview.fault_count} faults")

    def _print_faults(self, faults: list[Fault] | tuple[Fault, ...], total: int) -> None:
        for fault in faults:
            self.stderr.write(str(fault))
        if total > len(faults):
            self.stderr.write(f"and {total - len(faults)} more")


def _content(path: Path) -> bytes:
    """The file's bytes; of one that is too large only its size is looked at."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise CommandError(
                f"{path.name}: has {size:,} bytes; at most {MAX_BYTES:,} are read, split it into several files"
            )
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from None


def _instant(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return csvio.instant(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}") from None
