"""Tables that people upload: bounded, never carried out, mapped, redacted."""

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook

from base.csvio import Faults, read_csv
from measurements.adapters import INTERVALS_CSV
from measurements.feeding import sheets
from measurements.feeding.files import FORMS
from measurements.feeding.mapping import Mapping, apply, guess
from measurements.feeding.sheets import Grid, read_grid, read_kept
from measurements.privacy import hashed

COLUMNS = INTERVALS_CSV.columns


def book(*rows: list[Any], sheet: str = "Sheet") -> bytes:
    found = Workbook()
    page = found.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


def said(grid: Grid) -> str:
    return " | ".join(str(fault) for fault in grid.faults.listed)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_whatever_separates_its_cells(separator: str) -> None:
    grid = read_grid(f"\ufeffa{separator}b\r\n1{separator}2\r\n\r\n".encode())
    assert (grid.headers, grid.rows, grid.faults.total) == (["a", "b"], [["1", "2"]], 0)
    assert read_kept(grid.as_csv()).rows == [["1", "2"]]


def test_a_workbook_s_cells_become_the_text_that_was_meant() -> None:
    grid = read_grid(
        book(
            ["at", "n", "share", "yes"],
            [datetime.fromisoformat("2023-04-01 12:30:00.000001"), 7, 0.1, True],
            [None, 7.0, 12345678901, None],
        )
    )
    assert grid.rows == [["2023-04-01 12:30:00", "7", "0.1", "yes"], ["", "7", "12345678901", ""]]


def test_a_formula_is_never_evaluated_and_is_a_fault() -> None:
    grid = read_grid(book(["a", "b"], [1, "=1+1"], ['=HYPERLINK("http://x")', 2]))
    assert (
        said(grid)
        == "row 2, b: holds a formula; paste its value | row 3, a: holds a formula; paste its value"
    )


def test_a_sheet_is_chosen_by_its_name() -> None:
    content = book(["a"], [1], sheet="Outages")
    assert read_grid(content, sheet="Outages").rows == [["1"]]
    assert "has no sheet 'x'; it has Outages" in said(read_grid(content, sheet="x"))


def bomb(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * size)
    return out.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    out = io.BytesIO(book(["a"], [1]))
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bomb(60_000_000), "unpacks to"),
        (
            with_part("xl/x.xml", b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "b">]><l>&a;</l>'),
            "document type",
        ),
        (b"PK\x03\x04 and then nothing", "cannot be read as XLSX"),
        (book(["a"], [1])[:-300], "cannot be read as XLSX"),
        (b"", "is empty"),
        (b"a,b\n", "holds no rows"),
        (b"a,a\n1,2\n", "twice"),
        (b"\n\n", "is empty"),
        (b"a\n\xff\n", "not UTF-8"),
        (b'a,b\n"1,2\n', "cannot be read as CSV"),
        (b"a,b\n1,2,3\n", "has 3 cells"),
        (b"a\n1\n\n2\n", "is blank"),
        (b"x" * (sheets.MAX_BYTES + 1), "at most"),
        (("a," * 300).encode() + b"\n1\n", "columns; at most"),
    ],
)
def test_what_is_no_plain_table_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    assert reason in said(read_grid(content))


def test_cells_are_redacted_and_named_columns_hashed_before_anything_is_kept() -> None:
    grid = read_grid(b"who,note\nc-17,told to ann@example.com\n", hash_columns=("who",))
    assert grid.rows == [[hashed("c-17"), "told to [email]"]]
    assert grid.redactions.counts == {"hashed": 1, "email": 1}


# Mapping --------------------------------------------------------------------------------------------------


def mapped(text: str, mapping: Mapping) -> tuple[str, Faults]:
    faults = Faults()
    return apply(read_grid(text.encode()), COLUMNS, mapping, faults).decode(), faults


FULL = {"external_id": "Key", "start": "From", "end": "To", "severity": "P", "components": "What"}


def test_columns_constants_and_words_make_the_form_s_rows() -> None:
    text, faults = mapped(
        "Key;From;To;P;Secret\nA1;01.04.2023 12:00;01.04.2023 13:30:15;P1;x\n",
        Mapping(
            columns={name: column for name, column in FULL.items() if name != "components"},
            constants={"components": "Actions"},
            values={"severity": {"P1": "critical"}},
            zone="Europe/Berlin",
            dates="day_first",
        ),
    )
    assert not faults.total
    assert text.splitlines()[1] == "A1,2023-04-01T10:00:00Z,2023-04-01T11:30:15Z,critical,Actions,"
    assert "Secret" not in text
    assert not read_csv(text.encode(), COLUMNS).faults.total


@pytest.mark.parametrize(
    ("cell", "zone", "dates", "reason"),
    [
        ("2023-03-26 02:30", "Europe/Berlin", "iso", "left out"),
        ("2023-10-29 02:30", "Europe/Berlin", "iso", "had twice"),
        ("03/04/2023 10:00", "UTC", "iso", "whether days or months come first"),
        ("31/04/2023 10:00", "UTC", "day_first", "no calendar"),
        ("soon", "UTC", "iso", "instant"),
    ],
)
def test_a_time_that_could_be_two_or_none_is_refused(cell: str, zone: str, dates: Any, reason: str) -> None:
    _, faults = mapped(
        f"Key,From,To,P,What\nA1,{cell},2023-11-01T00:00:00Z,major,Actions\n",
        Mapping(columns=FULL, zone=zone, dates=dates),
    )
    assert [(fault.row, fault.column) for fault in faults.listed] == [(2, "From")]
    assert reason in faults.listed[0].reason


def test_a_needed_column_that_comes_from_nowhere_is_told() -> None:
    _, faults = mapped("Key\nA1\n", Mapping(columns={"external_id": "Key", "start": "Gone"}))
    assert {fault.column for fault in faults.listed} == {"start", "end", "severity"}


def test_a_first_mapping_is_guessed_by_name() -> None:
    found = guess(
        COLUMNS, ["Incident ID", "Start Time", "End time", "Impact", "Affected components", "Summary"]
    )
    assert found.columns == {
        "external_id": "Incident ID",
        "start": "Start Time",
        "end": "End time",
        "severity": "Impact",
        "components": "Affected components",
        "title": "Summary",
    }


def test_every_form_s_own_columns_map_onto_themselves() -> None:
    for form in FORMS.values():
        names = [column.name for column in form.columns]
        assert guess(form.columns, names).columns == {name: name for name in names}
