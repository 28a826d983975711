"""How measurements come in, to be looked at under Imports: a status page that is asked by itself, and a file of
probes that was uploaded with other columns than ours. Neither plays a role in a contract, so that no figure moves.

The status page is a recording (``data/statuspage``: real incidents in the form of such a page's answers), served by
the demo itself at ``/demo/status-page/``; the probes are invented.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from audit.record import acting
from contracts.models import Counterparty
from demo.people import person
from measurements import services
from measurements.feeding.mapping import Mapping
from measurements.feeding.sheets import read_grid
from measurements.models import Feed, ImportRun, Source

DATA = Path(__file__).parent / "data"
RECORDED_FROM = datetime(2023, 5, 1, tzinfo=UTC)
PAGE_SOURCE, PROBE_SOURCE = "status-page-asked", "probes-of-ours"
PROBES = Mapping(
    columns={"component": "Probe", "at": "Checked at", "state": "Result"},
    values={
        "component": {"Build platform": "build-platform"},
        "state": {"OK": "up", "FAIL": "down"},
    },
    zone="Europe/Berlin",
    dates="day_first",
)


def ensure_feeds() -> None:
    """Make what is missing of the two ways in."""
    with acting(person("vera"), via="command", reason="the demo's ways in"):
        _asked()
        _uploaded()


def _asked() -> None:
    if Feed.objects.filter(source__code=PAGE_SOURCE).exists():
        return
    source = Source.objects.filter(code=PAGE_SOURCE).first() or services.create_source(
        code=PAGE_SOURCE,
        name="Status page, asked by itself (a recording)",
        kind=Source.Kind.VENDOR_REPORTED,
        shape=Source.Shape.INTERVALS,
        measurement_point="the vendor's status page",
        vendor=Counterparty.objects.get(code="github"),
        covers_from=RECORDED_FROM,
    )
    port = os.environ.get("PORT") or "8000"
    services.set_feed(
        source=source,
        adapter="statuspage",
        settings={"address": f"http://127.0.0.1:{port}/demo/status-page"},
        begins_at=RECORDED_FROM,
        every_seconds=600,
    )


def _uploaded() -> None:
    if ImportRun.objects.filter(source__code=PROBE_SOURCE).exists():
        return
    source = Source.objects.filter(code=PROBE_SOURCE).first() or services.create_source(
        code=PROBE_SOURCE,
        name="Probes of ours (invented)",
        kind=Source.Kind.SYNTHETIC,
        shape=Source.Shape.SAMPLES,
        measurement_point="a laboratory in Berlin",
        width_seconds=300,
    )
    known_at = datetime(2025, 7, 14, 22, 30, tzinfo=UTC)
    draft = services.draft_upload(
        source=source,
        form="samples",
        name="probes.csv",
        grid=read_grid((DATA / "probes.csv").read_bytes()),
        uploaded_at=known_at,
    )
    services.import_draft(draft=draft, mapping=PROBES, known_at=known_at, requested_at=known_at)
