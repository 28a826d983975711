"""Files of measurements: previewed, and imported whole or not at all."""

from datetime import datetime

from measurements.adapters import DAILY_SECONDS_CSV, INTERVALS_CSV, VENDOR_FIGURES_CSV
from measurements.importing import Preview, import_csv, preview_csv
from measurements.models import Payload, Source


def import_intervals_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
    covers_until: datetime | None = None,
) -> Payload:
    """Import incidents with start and end; see :func:`measurements.importing.import_csv` for what it raises.

    ``covers_until``: the source had nothing else to report up to there. Without it the file adds incidents
    and no certainty about the time between them.
    """
    return import_csv(
        INTERVALS_CSV,
        source=source,
        name=name,
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        origin=origin,
        covers_until=covers_until,
    )


def import_daily_seconds_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
) -> Payload:
    """Import seconds of outage a day; see :func:`measurements.importing.import_csv` for what it raises."""
    return import_csv(
        DAILY_SECONDS_CSV,
        source=source,
        name=name,
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        origin=origin,
    )


def import_vendor_figures_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
) -> Payload:
    """Import a vendor's published uptime as its claim; see :func:`measurements.importing.import_csv`."""
    return import_csv(
        VENDOR_FIGURES_CSV,
        source=source,
        name=name,
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        origin=origin,
    )


def preview_intervals_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    known_at: datetime,
    covers_until: datetime | None = None,
) -> Preview:
    """What :func:`import_intervals_csv` would do. Writes nothing."""
    return preview_csv(
        INTERVALS_CSV,
        source=source,
        name=name,
        content=content,
        known_at=known_at,
        covers_until=covers_until,
    )


def preview_daily_seconds_csv(*, source: Source, name: str, content: bytes, known_at: datetime) -> Preview:
    """What :func:`import_daily_seconds_csv` would do. Writes nothing."""
    return preview_csv(DAILY_SECONDS_CSV, source=source, name=name, content=content, known_at=known_at)


def preview_vendor_figures_csv(*, source: Source, name: str, content: bytes, known_at: datetime) -> Preview:
    """What :func:`import_vendor_figures_csv` would do. Writes nothing."""
    return preview_csv(VENDOR_FIGURES_CSV, source=source, name=name, content=content, known_at=known_at)
