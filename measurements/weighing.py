"""Rows of a delivery against what is known, where each row is about a thing of its own."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from base.csvio import Faults
from measurements.deliveries import Counts, Delivery
from measurements.errors import RowsConflict
from measurements.models import EventObservation, IntervalObservation, Source

IDS_AT_ONCE = 5_000


class Dated(Protocol):
    """An observation with its moment of knowledge."""

    known_at: datetime


@dataclass(frozen=True)
class Told[One]:
    """The rows of a delivery, each thing once, and how many rows there were."""

    rows: int
    kept: list[tuple[int, One]]


def once[One](rows: Iterable[tuple[int, Hashable, One]], faults: Faults) -> Told[One]:
    """Rows (number, key, content) with each key once. The same thing told twice and differently is a fault."""
    first: dict[Hashable, tuple[int, One]] = {}
    number = 0
    for at, key, content in rows:
        number += 1
        earlier = first.setdefault(key, (at, content))
        if earlier[0] != at and _said(earlier[1]) != _said(content):
            faults.add(at, "", f"says otherwise than row {earlier[0]} about the same thing")
    return Told(number, list(first.values()))


def _said(row: Any) -> Any:
    """What a row says, without its number."""
    told = row._asdict()
    told.pop("row_number", None)
    return told


def latest_accounts[Kept: (IntervalObservation, EventObservation)](
    model: type[Kept], source: Source, external_ids: Sequence[str]
) -> dict[str, Kept]:
    """The newest account of each of these things that the source told of before."""
    found: dict[str, Kept] = {}
    for at in range(0, len(external_ids), IDS_AT_ONCE):
        rows = model._default_manager.filter(
            source=source, external_id__in=external_ids[at : at + IDS_AT_ONCE]
        )
        found |= {row.external_id: row for row in rows.order_by("known_at")}
    return found


def weigh[Row: Dated](
    new: Iterable[Row],
    known: Callable[[Row], Row | None],
    content: Callable[[Row], object],
    delivery: Delivery,
    counts: Counts,
) -> list[Row]:
    """The rows that are news, counted. Raises RowsConflict where one contradicts what was said at the same moment."""
    conflicts, kept = Faults(), []
    for row in new:
        before = known(row)
        if before is not None and content(before) == content(row):
            continue
        if before is not None and before.known_at >= delivery.known_at:
            conflicts.add(
                getattr(row, "row_number", 0),
                "",
                f"{row}: says otherwise than this source at {before.known_at:%Y-%m-%dT%H:%M:%SZ}; a correction "
                "needs a later known_at",
            )
            continue
        counts.superseding += before is not None
        kept.append(row)
    if conflicts.total:
        raise RowsConflict(delivery.name, conflicts.listed, conflicts.total)
    counts.accepted = len(kept)
    return kept
