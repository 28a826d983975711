"""From the columns that somebody's file has to those that a form wants."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

from base import csvio
from base.csvio import Column, Faults
from measurements.feeding.sheets import Grid

ALIASES = {
    "external_id": ("id", "incident", "incident id", "ticket", "key", "number", "code"),
    "component": ("service", "site", "check", "monitor", "name"),
    "components": ("component", "services", "service", "affected components", "affected"),
    "start": ("started", "start time", "from", "begin", "begins", "down from", "timestamp", "time"),
    "end": ("ended", "end time", "until", "to", "resolved", "down until"),
    "at": ("time", "timestamp", "checked at", "date"),
    "severity": ("impact", "priority", "level"),
    "title": ("summary", "description", "subject", "name"),
    "state": ("status", "result", "up"),
    "day": ("date",),
    "good": ("ok", "success", "successes", "good events"),
    "total": ("all", "requests", "count", "total events"),
    "major_seconds": ("major outage s", "down seconds", "downtime seconds"),
    "partial_seconds": ("partial outage s", "degraded seconds"),
}
_PLAIN = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?))?")


class Mapping(BaseModel):
    """Which column holds what. ``columns``: a form's column to the file's. ``constants``: a form's column to a text
    for every row. ``values``: other words for what stands in a column, such as P1 for critical. ``zone``: of times
    without an offset. ``dates``: how days are written, where it is not 2025-01-31."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str] = Field(default_factory=dict, max_length=50)
    constants: dict[str, str] = Field(default_factory=dict, max_length=50)
    values: dict[str, dict[str, str]] = Field(default_factory=dict, max_length=50)
    zone: str = "UTC"
    dates: Literal["iso", "day_first", "month_first"] = "iso"

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value[:60]!r} is no time zone; one such as Europe/Berlin is expected")
        return value


def guess(columns: Sequence[Column], headers: Sequence[str]) -> Mapping:
    """A first mapping: by the same name, then by what such columns are often called; no column twice."""
    plain = {_plain(name): name for name in reversed(headers) if name}
    found: dict[str, str] = {}
    for pass_over in (False, True):
        for column in columns:
            if column.name in found:
                continue
            names = (column.name, *(ALIASES.get(column.name, ()) if pass_over else ()))
            chosen = (plain[_plain(name)] for name in names if _plain(name) in plain)
            free = next((name for name in chosen if name not in found.values()), None)
            if free is not None:
                found[column.name] = free
    return Mapping(columns=found)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def apply(grid: Grid, columns: Sequence[Column], mapping: Mapping, faults: Faults) -> bytes:
    """The rows as CSV in the form's columns; nothing of any other column. Row 2 stays row 2.

    What a column cannot make of a cell is left as it is, for the form's own reading to tell.
    """
    places = {name: at for at, name in enumerate(grid.headers) if name}
    wanted = [column for column in columns if _is_given(column, mapping, places, faults)]
    for name in sorted({*mapping.columns, *mapping.constants} - {column.name for column in columns}):
        faults.add(0, name, "is no column of this form")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in wanted])
    zone = ZoneInfo(mapping.zone)
    for number, row in enumerate(grid.rows, 2):
        cells = []
        for column in wanted:
            source = mapping.columns.get(column.name)
            cell = row[places[source]] if source else mapping.constants.get(column.name, "")
            cell = mapping.values.get(column.name, {}).get(cell, cell)
            try:
                cells.append(_converted(cell, column, mapping, zone))
            except ValueError as error:
                faults.add(number, source or column.name, str(error))
                cells.append("")
        writer.writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _is_given(column: Column, mapping: Mapping, places: dict[str, int], faults: Faults) -> bool:
    source = mapping.columns.get(column.name)
    if source:
        if source not in places:
            faults.add(1, column.name, f"is to come from {source[:60]!r}, which the file does not have")
            return False
        return True
    if mapping.constants.get(column.name):
        return True
    if not (column.optional or column.blank):
        faults.add(1, column.name, "comes from no column; choose one, or give one text for every row")
        return False
    return not column.optional


def _converted(cell: str, column: Column, mapping: Mapping, zone: ZoneInfo) -> str:
    if not cell:
        return cell
    if column.parse is csvio.instant:
        return _instant(cell, mapping, zone)
    if column.parse is csvio.day:
        return _day(cell, mapping)
    return cell


def _instant(cell: str, mapping: Mapping, zone: ZoneInfo) -> str:
    """An instant in UTC. A local time that the zone has twice, or never, is refused: nobody can say which."""
    text = cell
    match = _PLAIN.fullmatch(cell)
    if match:
        text = f"{_ordered(match, mapping)} {match.group(5) or '00:00'}"
        text = re.sub(r" (\d):", r" 0\1:", text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is {cell[:40]!r}; an instant such as 2025-01-31T13:45:00Z is expected") from None
    if found.tzinfo is None:
        first, second = (found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(zone).replace(tzinfo=None) != found:
            raise ValueError(
                f"is {cell[:40]!r}, which the clocks of {mapping.zone} left out; write it with its offset"
            )
        if first != second:
            raise ValueError(
                f"is {cell[:40]!r}, which the clocks of {mapping.zone} had twice; write it with its offset"
            )
        found = first
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"is {cell[:40]!r}, which no calendar of ours has") from None
    return found.replace(tzinfo=None).isoformat(timespec="auto") + "Z"


def _day(cell: str, mapping: Mapping) -> str:
    match = _PLAIN.fullmatch(cell)
    if match:
        return _ordered(match, mapping)
    # A workbook's day is an instant at midnight.
    return cell[:10] if re.fullmatch(r"\d{4}-\d\d-\d\d 00:00:00", cell) else cell


def _ordered(match: re.Match[str], mapping: Mapping) -> str:
    first, second, year = int(match.group(1)), int(match.group(3)), int(match.group(4))
    if mapping.dates == "iso":
        raise ValueError(
            f"is {match.group()[:40]!r}; say whether days or months come first, or write 2025-01-31"
        )
    month, day = (second, first) if mapping.dates == "day_first" else (first, second)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise ValueError(f"is {match.group()[:40]!r}, which no calendar has in that order") from None
