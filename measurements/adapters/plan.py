"""What an import would write, worked out before anything is written; preview and import share it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.db import models

from base.csvio import Column, Faults, Row, Table, read_csv
from contracts.models import Service
from measurements.models import (
    IntervalObservation,
    ListedRow,
    Payload,
    SecondsObservation,
    Source,
    VendorFigure,
)

Observation = IntervalObservation | SecondsObservation | VendorFigure


@dataclass(frozen=True)
class Adapter:
    """One form of file: its columns, the shape of source that it feeds (None: any), and how it is planned."""

    parser: Payload.Parser
    version: int
    columns: tuple[Column, ...]
    shape: Source.Shape | None
    fill: Callable[["Plan"], None]

    def plan(self, source: Source, content: bytes, known_at: datetime) -> "Plan":
        """Read the file and compare it with what is known. Writes nothing, and raises nothing for its faults."""
        plan = Plan(source=source, known_at=known_at, table=read_csv(content, self.columns))
        if plan.table.rows:
            self.fill(plan)
        return plan


class Known(Protocol):
    """An observation that was stored before."""

    known_at: datetime


@dataclass
class Plan:
    """The rows of a file, sorted into what each of them is. Observations are unsaved and lack their payload."""

    source: Source
    known_at: datetime
    table: Table
    observations: list[Observation] = field(default_factory=list)
    listed: list[ListedRow] = field(default_factory=list)
    repeated: int = 0
    superseding: int = 0
    conflicts: Faults = field(default_factory=Faults)

    @property
    def faults(self) -> Faults:
        """The faults of the file."""
        return self.table.faults

    @property
    def listed_rows(self) -> int:
        """How many rows are listed; a row with two reasons counts once."""
        return len({row.row_number for row in self.listed})

    def refuse_repeats(self, columns: tuple[str, ...], key: Callable[[Row], Hashable]) -> list[Row]:
        """The rows whose key the file holds once so far; a fault for each that repeats an earlier one."""
        first: dict[Hashable, int] = {}
        kept = []
        for row in self.table.rows:
            earlier = first.setdefault(key(row), row.number)
            if earlier == row.number:
                kept.append(row)
            else:
                said = ", ".join(row.raw[column] for column in columns)
                self.faults.add(
                    row.number, columns[0], f"repeats {said} of row {earlier}; a file says each thing once"
                )
        return kept

    def weigh(self, row: Row, new: Observation, known: Known | None, same: bool) -> None:
        """Take a row as new, as said before, as a correction, or as a contradiction of the same moment."""
        if known is not None and same:
            self.repeated += 1
        elif known is not None and known.known_at >= self.known_at:
            self.conflicts.add(
                row.number,
                "",
                f"says otherwise than this source at {known.known_at:%Y-%m-%dT%H:%M:%SZ}; "
                "a correction needs a later known_at",
            )
        else:
            self.superseding += known is not None
            new.source, new.known_at, new.row_number = self.source, self.known_at, row.number
            self.observations.append(new)

    def list_row(self, row: Row, reason: ListedRow.Reason, external_id: str = "") -> None:
        """Put a row on the list of those that nothing can be reckoned from."""
        self.listed.append(
            ListedRow(row_number=row.number, external_id=external_id, reason=reason, content=row.raw)
        )


def services_of(source: Source) -> Mapping[str, Service]:
    """The services that a source may name, by the names under which it may name them.

    A vendor's source names the vendor's services, any other source those of our own and of every vendor. A
    service answers to its external name and to its code; the external name wins.
    """
    services = Service.objects.all()
    if source.vendor_id is not None:
        services = services.filter(vendor=source.vendor_id)
    found = {service.code: service for service in services}
    ambiguous: set[str] = set()
    for service in list(found.values()):
        if service.external_name:
            other = found.get(service.external_name)
            if other is not None and other is not service and other.external_name:
                ambiguous.add(service.external_name)
            found[service.external_name] = service
    return {name: service for name, service in found.items() if name not in ambiguous}


def code_of(name: str, services: Mapping[str, Service]) -> str:
    """The code of the service that answers to a name, or the name where none does."""
    return services[name].code if name in services else name


def unknown_component(name: str, services: Mapping[str, Service]) -> str:
    """The sentence about a name that no service answers to."""
    known = sorted({service.external_name or service.code for service in services.values()})
    shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"names {name[:60]!r}, which is no component of this source; known are {shown or 'none'}"


def latest_by_key[Kept: (IntervalObservation, SecondsObservation, VendorFigure)](
    rows: models.QuerySet[Kept], *key: str
) -> dict[tuple[object, ...], Kept]:
    """The newest observation for each key."""
    return {tuple(getattr(row, name) for name in key): row for row in rows.order_by("known_at")}
