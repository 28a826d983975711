"""``make bench``: a line per figure, tab-separated: name, value, aim."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bench import (
    documents,
    explained,
    forms,
    homes,
    main_job,
    measuring,
    notices,
    portfolios,
    reckoning,
    whatif,
)
from demo.people import require_demo


class Command(BaseCommand):
    help = (
        "Measure the reckoning, ingest, levels, documents, mails and the demo's main job; prints name, value and aim "
        "of each figure."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-demo", action="store_true", help="leave out the demo's main job")

    def handle(self, **options: Any) -> None:
        require_demo()
        speeds = reckoning.measure()
        self._line("component-months", f"{speeds.months}", "20000")
        self._line("intervals", f"{speeds.intervals}", "400000")
        self._line("bare SQL sum, seconds", f"{speeds.bare_seconds:.3f}", "-")
        self._line("set-based reckoning, seconds", f"{speeds.bulk_seconds:.3f}", "< 5")
        self._line(
            "set-based reckoning / bare sum", f"{speeds.bulk_seconds / speeds.bare_seconds:.1f}", "< 10"
        )
        self._line("pure reckoning with trace, seconds", f"{speeds.pure_seconds:.1f}", "< 60")
        per_month = speeds.pure_seconds / speeds.months * 1000
        self._line("pure reckoning of one month, milliseconds", f"{per_month:.2f}", "< 3")
        self._line("pure reckoning / bare sum", f"{speeds.pure_seconds / speeds.bare_seconds:.0f}", "-")
        self._line("results that differ between the two", f"{speeds.differing}", "0")
        month = explained.measure()
        named = f"reckoning of {explained.OUTAGES} outages with its trace"
        self._line(f"{named}, a second and core", f"{1 / month.reckoned_seconds:.0f}", "-")
        self._line(f"{named} / bare sweep", f"{month.reckoned_seconds / month.swept_seconds:.1f}", "<= 6")
        for line in measuring.lines():
            self._line(*line)
        for outages in (documents.OUTAGES, 300):
            made = documents.measure(outages=outages)
            named = f"evidence PDF/A of {outages} outages ({made.pages} pages)"
            self._line(f"{named}, a second", f"{made.per_second:.1f}", "-")
            self._line(f"{named} / bare pages", f"{made.multiple:.2f}", "<= 1.5")
        sent = notices.measure()
        self._line("mails through the outbox, a second", f"{sent.outbox:.0f}", "-")
        self._line("mails in a bare loop, a second", f"{sent.bare:.0f}", "-")
        self._line("time of a mail, outbox / bare loop", f"{sent.multiple:.1f}", "-")
        for home in homes.measure():
            named = f"home of {home.role.replace('_', ' ')}, {homes.COMMITMENTS} commitments"
            self._line(f"{named}, p95, milliseconds", f"{home.milliseconds:.0f}", "< 200")
            self._line(f"{named}, queries", f"{home.queries}", f"{home.few_queries}")
        for form in forms.measure():
            named = f"form of the terms, {form.name}, milliseconds"
            self._line(f"{named} to open for the first time", f"{form.first:.0f}", "-")
            self._line(f"{named} to open", f"{form.opened:.0f}", "< 100")
            self._line(f"{named} to answer a keystroke", f"{form.keystroke:.0f}", "< 100")
            self._line(f"{named} to answer a keystroke in a commitment", f"{form.inside:.0f}", "< 100")
            self._line(f"{named} to answer a button", f"{form.button:.0f}", "< 100")
        for line in (*whatif.lines(), *portfolios.lines()):
            self._line(*line)
        if not options["without_demo"]:
            job = main_job.measure()
            self._line("demo's main job, seconds", f"{job.seconds:.1f}", "< 120")
            self._line("demo's main job, peak memory in MiB", f"{job.peak_bytes / 2**20:.0f}", "< 2048")

    def _line(self, name: str, value: str, aim: str) -> None:
        self.stdout.write(f"{name}\t{value}\t{aim}")
        self.stdout.flush()
