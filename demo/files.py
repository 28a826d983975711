"""The demo's data cut into the files that arrived at the time: one per month and kind, from ``demo/data``.

Pure but for reading the files of this folder; the same month gives the same bytes on every run, so that an
import that was interrupted is the same import when it is tried again.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from demo.schedule import MonthPlan, months

FOLDER = Path(__file__).parent
Row = Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A CSV file's columns and rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@cache
def table(path: str) -> Table:
    """A CSV file below ``demo/``, read once."""
    with (FOLDER / path).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return Table(tuple(reader.fieldnames or ()), tuple(reader))


def _bytes(columns: Sequence[str], rows: Iterable[Row]) -> bytes | None:
    """The rows as a CSV file, or None where there is none."""
    kept = list(rows)
    if not kept:
        return None
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return out.getvalue().encode()


def components() -> tuple[Row, ...]:
    """The vendor's components: code, name, first day (empty: before the data begins)."""
    return table("data/components.csv").rows


def notices() -> tuple[Row, ...]:
    """The maintenance that was announced to the customer (invented), and how it was decided."""
    return table("contracts/notices.csv").rows


def daily_seconds(month: date) -> bytes | None:
    """The month's seconds of outage."""
    source = table("data/daily_seconds.csv")
    return _bytes(source.columns, (row for row in source.rows if row["day"].startswith(f"{month:%Y-%m}-")))


def published_uptime(month: date) -> bytes | None:
    """The month's figures as the vendor published them."""
    source = table("data/published_uptime.csv")
    return _bytes(source.columns, (row for row in source.rows if row["month"] == f"{month:%Y-%m}"))


def incidents(month: date) -> bytes | None:
    """The incidents that were over when the month's data arrived, as the status page first showed them."""
    source = table("data/incidents.csv")
    return _bytes(source.columns, (_as_first_shown(row) for row in source.rows if _file_of(row) == month))


def corrected_incidents(month: date) -> bytes | None:
    """Those of :func:`incidents` whose time of downtime a post-mortem changed, as it says."""
    source = table("data/incidents.csv")
    return _bytes(source.columns, (row for row in source.rows if _file_of(row) == month and _corrected(row)))


def invoices(name: str, month: date) -> bytes | None:
    """The invoices that were issued in the month after ``month``; ``name`` is customer or vendor."""
    source = table(f"fees/{name}_invoices.csv")
    issued = f"{MonthPlan(month).after:%Y-%m}-"
    return _bytes(source.columns, (row for row in source.rows if row["issued_on"].startswith(issued)))


def _corrected(row: Row) -> bool:
    """Whether a post-mortem moved the incident, and something is reckoned from it."""
    names = {component["name"] for component in components()}
    shown = (row["published_start"], row["published_end"])
    return (
        shown != (row["start"], row["end"])
        and shown[0] != shown[1]
        and row["start"] != row["end"]
        and not names.isdisjoint(row["components"].split(";"))
    )


def _as_first_shown(row: Row) -> Row:
    if not _corrected(row):
        return row
    return {**row, "start": row["published_start"], "end": row["published_end"]}


@cache
def _arrivals() -> tuple[tuple[date, datetime], ...]:
    return tuple((month, MonthPlan(month).data_known_at) for month in months())


def _file_of(row: Row) -> date | None:
    """The month with whose data an incident arrives: the first one after it was over."""
    over = max(datetime.fromisoformat(row["end"]), datetime.fromisoformat(row["published_end"]))
    return next((month for month, known_at in _arrivals() if over <= known_at), None)
