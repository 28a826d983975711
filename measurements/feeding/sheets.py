"""Tables that people upload: CSV with any separator, and XLSX. Read as text, bounded, nothing in them carried out.

A workbook is a ZIP of XML: what it unpacks to is bounded before it is read, document types are refused, formulas
are never evaluated (a cell with one is a fault), links to elsewhere are not followed.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from base.csvio import MAX_BYTES, MAX_ROWS, Faults
from measurements.privacy import Redactions, hashed, redact

MAX_COLUMNS = 200
MAX_CELL = 4_000
MAX_UNPACKED = 200_000_000
MAX_RATIO = 200
MAX_PARTS = 2_000
SEPARATORS = (",", ";", "\t")


@dataclass
class Grid:
    """A table as text: the header's names and the rows below it. Row 2 of the sheet is ``rows[0]``."""

    headers: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    original_sha256: str = ""
    redactions: Redactions = field(default_factory=Redactions)
    faults: Faults = field(default_factory=Faults)

    def as_csv(self) -> bytes:
        """The cells as CSV with commas, UTF-8."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.headers, *self.rows])
        return text.getvalue().encode("utf-8", "replace")


def read_grid(
    content: bytes,
    *,
    sheet: str = "",
    hash_columns: tuple[str, ...] = (),
    redacting: bool = True,
    max_unpacked: int = MAX_UNPACKED,
) -> Grid:
    """Read a file, redact every cell, and hash the cells of ``hash_columns``. Never raises for what is in it.

    Not ``redacting`` is for files of our own, whose cells are all meant to be kept as they are. ``max_unpacked``: the
    bytes of a workbook's parts together; a small table needs less, and what is unpacked takes time and memory.
    A file that is too large, neither CSV nor XLSX, or packed too densely is not read any further.
    """
    grid = Grid(original_sha256=sha256(content).hexdigest())
    if len(content) > MAX_BYTES:
        grid.faults.add(0, "", f"has {len(content):,} bytes; at most {MAX_BYTES:,} are read, split it")
        return grid
    records = (
        _records_of_workbook(content, sheet, grid, max_unpacked)
        if content[:2] == b"PK"
        else _records_of_text(content, grid)
    )
    _fill(grid, records, hash_columns, redacting)
    if not grid.faults.total and not grid.rows:
        grid.faults.add(0, "", "holds no rows; a header and rows below it are expected")
    return grid


def read_kept(cells: bytes) -> Grid:
    """A grid that was kept by :meth:`Grid.as_csv`."""
    records = list(csv.reader(io.StringIO(cells.decode(), newline="")))
    return Grid(headers=records[0] if records else [], rows=records[1:])


def _fill(grid: Grid, records: Iterator[list[str]], hash_columns: tuple[str, ...], redacting: bool) -> None:
    header: list[str] | None = None
    secret: set[int] = set()
    blank = 0
    for number, cells in enumerate(records, 1):
        if header is None:
            header = [" ".join(cell.split())[:100] for cell in cells]
            while header and not header[-1]:
                header.pop()
            if not _header_is_fine(header, grid):
                return
            grid.headers = header
            secret = {at for at, name in enumerate(header) if name in hash_columns}
            continue
        if not any(cell.strip() for cell in cells):
            blank += 1
            continue
        for behind in range(blank, 0, -1):
            grid.faults.add(number - behind, "", "is blank; remove the line")
            grid.rows.append([""] * len(header))
        blank = 0
        if len(grid.rows) >= MAX_ROWS:
            grid.faults.add(0, "", f"has more than {MAX_ROWS:,} rows; split it into several files")
            return
        grid.rows.append(_cells(cells, header, number, secret if redacting else None, grid))


def _header_is_fine(header: list[str], grid: Grid) -> bool:
    if not header:
        grid.faults.add(1, "", "is blank; the names of the columns are expected in the first row")
    elif len(header) > MAX_COLUMNS:
        grid.faults.add(1, "", f"has {len(header):,} columns; at most {MAX_COLUMNS} are read")
    elif repeated := sorted({name for name in header if name and header.count(name) > 1}):
        grid.faults.add(
            1, "", f"names {', '.join(repr(name) for name in repeated[:5])} twice; name each column once"
        )
    return not grid.faults.total


def _cells(
    cells: list[str], header: list[str], number: int, secret: set[int] | None, grid: Grid
) -> list[str]:
    """The cells below a header; redacted, unless ``secret`` is None."""
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        grid.faults.add(number, "", f"has {len(cells)} cells; the header has {len(header)}")
    found = []
    for at in range(len(header)):
        cell = cells[at].strip() if at < len(cells) else ""
        if len(cell) > MAX_CELL:
            grid.faults.add(
                number, header[at], f"has {len(cell):,} characters; at most {MAX_CELL:,} are read"
            )
            cell = ""
        if secret is None:
            found.append(cell)
        elif at in secret and cell:
            found.append(hashed(cell, grid.redactions))
        else:
            found.append(redact(cell, grid.redactions))
    return found


# CSV ------------------------------------------------------------------------------------------------------


def _records_of_text(content: bytes, grid: Grid) -> Iterator[list[str]]:
    if not content.strip():
        grid.faults.add(0, "", "is empty; a header and rows are expected")
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        grid.faults.add(line, "", f"is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8")
        return
    if "\0" in text:
        grid.faults.add(0, "", "holds a NUL byte; CSV of plain text, or XLSX, is expected")
        return
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
            yield cells
    except csv.Error as error:
        grid.faults.add(number + 1, "", f"cannot be read as CSV ({error}); double the quotes in quoted cells")


# XLSX -----------------------------------------------------------------------------------------------------


def _records_of_workbook(content: bytes, sheet: str, grid: Grid, max_unpacked: int) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    if not _is_harmless(content, grid, max_unpacked):
        return
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # whatever openpyxl's parsers raise for a broken file
        grid.faults.add(
            0, "", f"cannot be read as XLSX ({type(error).__name__}); save it anew as .xlsx or .csv"
        )
        return
    try:
        grid.sheets = list(book.sheetnames)
        if sheet and sheet not in grid.sheets:
            grid.faults.add(0, "", f"has no sheet {sheet[:60]!r}; it has {', '.join(grid.sheets)[:300]}")
            return
        page = book[sheet] if sheet else book.worksheets[0]
        page.reset_dimensions()
        for number, row in enumerate(page.iter_rows(max_col=MAX_COLUMNS + 1), 1):
            if number > MAX_ROWS + 1_000:
                grid.faults.add(0, "", f"has more than {MAX_ROWS:,} rows; split it into several files")
                return
            yield [_text_of(cell, number, at, grid) for at, cell in enumerate(row)]
    except Exception as error:  # as above: the sheet's XML is read while it is walked
        grid.faults.add(
            0, "", f"cannot be read as XLSX ({type(error).__name__}); save it anew as .xlsx or .csv"
        )
    finally:
        book.close()


def _is_harmless(content: bytes, grid: Grid, max_unpacked: int) -> bool:
    """Whether the ZIP unpacks to something bounded, and its XML names no document type."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            whole = sum(part.file_size for part in parts)
            if (
                len(parts) > MAX_PARTS
                or whole > max_unpacked
                or whole > MAX_RATIO * max(len(content), 50_000)
            ):
                grid.faults.add(
                    0,
                    "",
                    f"unpacks to {whole:,} bytes in {len(parts):,} parts; that is no plain table. Save it as CSV",
                )
                return False
            if any(part.flag_bits & 1 for part in parts):
                grid.faults.add(0, "", "is encrypted; save it without a password")
                return False
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    with packed.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(4_096).upper():
                            grid.faults.add(
                                0, "", "names a document type in its XML; a plain workbook is expected"
                            )
                            return False
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        grid.faults.add(
            0, "", f"cannot be read as XLSX ({type(error).__name__}); save it anew as .xlsx or .csv"
        )
        return False
    return True


def _text_of(cell: Any, number: int, at: int, grid: Grid) -> str:
    """A cell as the text that a CSV file would have."""
    value = getattr(cell, "value", None)
    if value is None:
        return ""
    if getattr(cell, "data_type", "") == "f" or (isinstance(value, str) and value.startswith("=")):
        grid.faults.add(
            number, grid.headers[at] if at < len(grid.headers) else "", "holds a formula; paste its value"
        )
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        # A workbook keeps instants as binary numbers of days: to the nearest millisecond is what was meant.
        rounded = value + timedelta(microseconds=500)
        plain = rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)
        return plain.isoformat(sep=" ", timespec="seconds" if not plain.microsecond else "milliseconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return str(int(exact)) if exact == exact.to_integral_value() and abs(exact) < 10**15 else f"{exact:f}"
    return str(value)
