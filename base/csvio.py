"""One strict reader for every CSV that is imported: bounded size, exact header, a reason for each fault.

A file is read whole and either every row is good or nothing of it is kept. The caller hands over columns,
checks what only it can know, adds its own faults to the same list, and ends with ``Faults.refuse``::

    table = read_csv(content, COLUMNS)
    for row in table.rows:
        if row["end"] <= row["start"]:
            table.faults.add(row.number, "end", "is not after start; ...")
    table.faults.refuse(name)

Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from base.errors import DomainError

MAX_BYTES = 10_000_000
MAX_ROWS = 200_000
MAX_LISTED_FAULTS = 200
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")


class Fault(NamedTuple):
    """What is wrong in a cell, and what would be right. Row 0: the whole file. No column: the whole row."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = [f"row {self.row}"] if self.row else []
        return ", ".join([*place, *([self.column] if self.column else [])] or ["file"]) + f": {self.reason}"


class ImportRefused(DomainError):
    """A file with faults; nothing of it was kept. ``faults`` lists the first ones, ``total`` counts all."""

    code = "import_refused"

    def __init__(self, name: str, faults: Sequence[Fault], total: int) -> None:
        self.name = name
        self.faults = list(faults)
        self.total = total
        shown = "; ".join(str(fault) for fault in self.faults[:3])
        more = f"; and {total - 3} more" if total > 3 else ""
        count = "1 fault" if total == 1 else f"{total} faults"
        super().__init__(f"{name}: {count}, nothing was kept: {shown}{more}")


@dataclass
class Faults:
    """The faults of one file in the order of its rows: the first 200 kept, every one counted."""

    listed: list[Fault] = field(default_factory=list)
    total: int = 0
    rows: set[int] = field(default_factory=set)

    def add(self, row: int, column: str, reason: str) -> None:
        """Note one fault."""
        self.total += 1
        self.rows.add(row)
        if len(self.listed) < MAX_LISTED_FAULTS:
            self.listed.append(Fault(row, column, reason))

    def refuse(self, name: str) -> None:
        """Raise ImportRefused if there is any fault."""
        if self.total:
            raise ImportRefused(name, sorted(self.listed, key=lambda fault: fault.row), self.total)


@dataclass(frozen=True)
class Column:
    """A column: how its cells are read, whether a cell may be empty, and whether the header may leave it out.

    ``parse`` raises ValueError with a sentence about the cell, which begins with a verb. An empty cell that
    may be empty gives ``empty``, and so does a column that is left out.
    """

    name: str
    parse: Callable[[str], Any] = str
    blank: bool = False
    optional: bool = False
    max_length: int = 200
    empty: Any = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row's number, its parsed cells (``row["start"]``), and the cells as they came."""

    number: int
    values: dict[str, Any]
    raw: dict[str, str]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass
class Table:
    """The rows without a fault of their own, how many there were in all, and the faults so far."""

    rows: list[Row]
    row_count: int
    faults: Faults


def read_csv(
    content: bytes, columns: Sequence[Column], *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Table:
    """Read a CSV file: UTF-8 with or without a byte order mark, commas, quotes as in RFC 4180.

    Never raises for what is in the file: faults are listed in the table. A file that is too large, not UTF-8,
    holds NUL bytes or has another header is not read any further.
    """
    table = Table([], 0, Faults())
    text = _text_of(content, max_bytes, table.faults)
    if text is None:
        return table
    records = _records(text, table.faults)
    _, header = next(records, (1, []))
    names = [cell.strip() for cell in header]
    if not table.faults.total and _header_is_right(names, columns, table.faults):
        _read_rows(records, names, {column.name: column for column in columns}, table, max_rows)
    return table


def _records(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """The file's records with their numbers from 1, up to the first that is no CSV."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            yield number, cells
    except csv.Error as error:
        advice = "quote a cell that holds commas or quotes, and double its quotes"
        faults.add(number + 1, "", f"cannot be read as CSV ({error}); {advice}")


def _text_of(content: bytes, max_bytes: int, faults: Faults) -> str | None:
    if len(content) > max_bytes:
        faults.add(
            0, "", f"has {len(content):,} bytes; at most {max_bytes:,} are read, split it into several files"
        )
    elif not content.strip():
        faults.add(0, "", "is empty; a header and rows are expected")
    elif (at := content.find(b"\0")) >= 0:
        faults.add(_line_at(content, at), "", "holds a NUL byte; a CSV file of plain text is expected")
    else:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            faults.add(
                _line_at(content, error.start),
                "",
                f"is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8",
            )
    return None


def _line_at(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _header_is_right(names: list[str], columns: Sequence[Column], faults: Faults) -> bool:
    known = [column.name for column in columns]
    required = [column.name for column in columns if not column.optional]
    missing = [name for name in required if name not in names]
    unknown = [name for name in names if name not in known]
    before = faults.total
    if missing or unknown:
        parts = [
            f"lacks {', '.join(missing)}" if missing else "",
            f"has unknown {', '.join(repr(name[:60]) for name in unknown[:20])}" if unknown else "",
            "seems to be separated by semicolons" if len(names) == 1 and ";" in names[0] else "",
        ]
        faults.add(1, "", f"the header {' and '.join(filter(None, parts))}; expected is {_expected(columns)}")
    elif len(set(names)) != len(names):
        faults.add(1, "", f"the header names a column twice; expected is {_expected(columns)}")
    elif names != [name for name in known if name in names]:
        faults.add(1, "", f"the header is in another order; expected is {_expected(columns)}")
    return faults.total == before


def _expected(columns: Sequence[Column]) -> str:
    required = ",".join(column.name for column in columns if not column.optional)
    optional = ", ".join(column.name for column in columns if column.optional)
    return f"{required} (and {optional}, which may be left out)" if optional else required


def _read_rows(
    records: Iterator[tuple[int, list[str]]],
    names: list[str],
    columns: dict[str, Column],
    table: Table,
    max_rows: int,
) -> None:
    left_out = {column.name: column.empty for column in columns.values() if column.name not in names}
    blank_rows: list[int] = []
    for number, cells in records:
        if not cells:
            blank_rows.append(
                number
            )  # at the file's end a blank line says nothing; before a row it is a fault
            continue
        for blank in blank_rows:
            table.faults.add(blank, "", "is blank; remove the line")
        blank_rows.clear()
        table.row_count += 1
        if table.row_count > max_rows:
            table.faults.add(0, "", f"has more than {max_rows:,} rows; split it into several files")
            return
        if len(cells) != len(names):
            table.faults.add(number, "", f"has {len(cells)} cells; the header has {len(names)}")
            continue
        values = dict(left_out)
        before = table.faults.total
        for name, cell in zip(names, cells, strict=True):
            values[name] = _read_cell(cell, columns[name], number, table.faults)
        if table.faults.total == before:
            table.rows.append(Row(number, values, dict(zip(names, cells, strict=True))))


def _read_cell(cell: str, column: Column, number: int, faults: Faults) -> Any:
    reason = _why_refused(cell, column)
    if reason is None:
        if cell == "":
            return column.empty
        try:
            return column.parse(cell)
        except ValueError as error:
            reason = str(error)
    faults.add(number, column.name, reason)
    return None


def _why_refused(cell: str, column: Column) -> str | None:
    if cell == "":
        return None if column.blank else "is empty; a value is expected"
    if len(cell) > column.max_length:
        return f"has {len(cell):,} characters; at most {column.max_length} are kept"
    if cell.startswith(FORMULA_STARTS):
        return f"begins with {cell[0]!r} like a spreadsheet's formula; remove that character"
    if not cell.isascii() or not cell.isprintable():
        for character in cell:
            if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
                return f"holds the control character U+{ord(character):04X}; plain text is expected"
    if cell != cell.strip():
        return "begins or ends with white space; remove it"
    return None


def instant(cell: str) -> datetime:
    """An instant with its offset, kept in UTC. Refuses a naive time: nobody knows when that was."""
    match = _INSTANT.fullmatch(cell)
    if match is None:
        raise ValueError(f"is {cell[:40]!r}; an instant such as 2025-01-31T13:45:00Z is expected")
    if match.group(3) is None:
        raise ValueError(
            f"is {cell!r} without a time zone; write it as {cell.replace(' ', 'T')}Z if it is UTC"
        )
    try:
        return datetime.fromisoformat(cell).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"is {cell!r}, which no calendar has; a real instant is expected") from None


def day(cell: str) -> date:
    """A day, written as 2025-01-31."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise ValueError(f"is {cell[:40]!r}; a day such as 2025-01-31 is expected")


def month(cell: str) -> date:
    """A month, written as 2025-01; its first day."""
    try:
        if re.fullmatch(r"\d{4}-\d\d", cell, re.ASCII):
            return date.fromisoformat(f"{cell}-01")
    except ValueError:
        pass
    raise ValueError(f"is {cell[:40]!r}; a month such as 2025-01 is expected")


def count(cell: str) -> int:
    """A whole number from 0, without sign, separators or exponent."""
    if not re.fullmatch(r"[0-9]{1,15}", cell):
        raise ValueError(f"is {cell[:40]!r}; a whole number from 0 such as 3600 is expected")
    return int(cell)


def decimal(*, digits: int = 18, places: int = 3) -> Callable[[str], Decimal]:
    """A reader of exact decimals from 0 with at most so many digits before and places after the point."""
    pattern = re.compile(rf"[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?")

    def read(cell: str) -> Decimal:
        if not pattern.fullmatch(cell):
            raise ValueError(
                f"is {cell[:40]!r}; a decimal from 0 such as 12.5 with at most {digits} digits before and "
                f"{places} after the point is expected"
            )
        return Decimal(cell)

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """A reader of one of a few words."""

    def read(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"is {cell[:40]!r}; one of {', '.join(choices)} is expected")
        return cell

    return read


def names(*, separator: str = ";", at_most: int = 200) -> Callable[[str], tuple[str, ...]]:
    """A reader of several names in one cell, in the order in which they stand."""

    def read(cell: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in cell.split(separator))
        if "" in parts:
            raise ValueError(f"holds an empty name; names separated by {separator!r} are expected")
        if len(set(parts)) != len(parts):
            raise ValueError("names the same twice; name each once")
        if len(parts) > at_most:
            raise ValueError(f"holds {len(parts)} names; at most {at_most} are read")
        return parts

    return read
