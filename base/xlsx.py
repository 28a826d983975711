"""Workbooks: typed cells, a frozen header, totals, and a sheet that says what was asked for.

The same arguments give the same bytes. Text is always a text: what begins like a formula is marked so that no
program takes it for one, not even after it was typed over. A spreadsheet keeps numbers as binary ones of about
15 digits; an amount that would not come back as it was is written as text instead.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import xlsxwriter

from base.csvio import FORMULA_STARTS

Cell = str | int | Decimal | date | None


class Money(NamedTuple):
    """An amount with the decimals that its currency has."""

    amount: Decimal
    places: int


@dataclass(frozen=True)
class Sheet:
    """One sheet: names and widths of its columns, rows, and rows of totals in bold at its end."""

    name: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Cell | Money]]
    totals: Sequence[Sequence[Cell | Money]] = ()


def workbook(
    sheets: Sequence[Sheet],
    *,
    title: str,
    author: str,
    created: datetime,
    parameters: Sequence[tuple[str, Cell]],
) -> bytes:
    """The workbook, with a last sheet "Parameters". ``created`` becomes its date; no clock is read."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    book.set_properties({"title": title, "author": author, "created": created.replace(tzinfo=None)})
    styles = _Styles(book)
    for sheet in sheets:
        _write(book, sheet, styles)
    _write(book, Sheet("Parameters", [("Parameter", 34), ("Value", 70)], parameters), styles)
    book.close()
    return out.getvalue()


class _Styles:
    """Formats, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, **wanted: Any) -> Any:
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(wanted)
        return self._made[key]


def _write(book: Any, sheet: Sheet, styles: _Styles) -> None:
    page = book.add_worksheet(sheet.name)
    for at, (name, width) in enumerate(sheet.columns):
        page.set_column(at, at, width)
        page.write_string(0, at, name, styles.of(bold=True, bg_color="#EEF2F7", bottom=1, text_wrap=True))
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for number, row in enumerate(sheet.rows, start=1):
        _row(page, number, row, styles, {})
    for number, row in enumerate(sheet.totals, start=len(sheet.rows) + 1):
        _row(page, number, row, styles, {"bold": True, "top": 1})
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _row(
    page: Any, number: int, row: Sequence[Cell | Money], styles: _Styles, look: Mapping[str, Any]
) -> None:
    for at, cell in enumerate(row):
        match cell:
            case None | "":
                page.write_blank(number, at, None, styles.of(**look) if look else None)
            case Money():
                decimals = "." + "0" * cell.places if cell.places else ""
                _number(page, number, at, cell.amount, styles, {**look, "num_format": f"#,##0{decimals}"})
            case bool() | int():
                page.write_number(number, at, int(cell), styles.of(**look))
            case Decimal():
                _number(page, number, at, cell, styles, look)
            case date():
                page.write_datetime(number, at, cell, styles.of(**look, num_format="yyyy-mm-dd"))
            case str():
                guard = {"quote_prefix": True} if cell.startswith(FORMULA_STARTS) else {}
                page.write_string(number, at, cell, styles.of(**look, **guard))


def _number(
    page: Any, number: int, at: int, value: Decimal, styles: _Styles, look: Mapping[str, Any]
) -> None:
    """A number where the sheet gives it back as it is, else a text."""
    if Decimal(repr(float(value))) == value:
        page.write_number(number, at, float(value), styles.of(**look))
    else:
        page.write_string(number, at, format(value, "f"), styles.of(**look))
