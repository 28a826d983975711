"""The common CSV reader: what it refuses, where it says so, and how fast it gives up."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from base import csvio
from base.csvio import Column, ImportRefused, read_csv
from tests.work import at_most

COLUMNS = (
    Column("id", max_length=10),
    Column("at", csvio.instant),
    Column("seconds", csvio.count, blank=True, empty=None),
    Column("note", blank=True, optional=True, max_length=20),
)
GOOD = b"id,at,seconds\na,2025-01-31T13:45:00Z,5\n"


def faults_of(content: bytes) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in read_csv(content, COLUMNS).faults.listed]


def reason_of(content: bytes) -> str:
    (fault,) = read_csv(content, COLUMNS).faults.listed
    return fault.reason


def test_a_good_file_gives_its_rows_parsed_and_raw():
    table = read_csv(GOOD, COLUMNS)
    (row,) = table.rows
    assert (row.number, row["id"], row["at"], row["seconds"], row["note"]) == (
        2,
        "a",
        datetime(2025, 1, 31, 13, 45, tzinfo=UTC),
        5,
        "",
    )
    assert row.raw == {"id": "a", "at": "2025-01-31T13:45:00Z", "seconds": "5"}
    assert table.faults.total == 0


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b"\r"),
        GOOD + b"\n\n",
        GOOD.rstrip(),
        GOOD.replace(b"a,2025", b'"a",2025'),
        b"id,at,seconds,note\na,2025-01-31T13:45:00Z,5,\n",
    ],
    ids=["byte order mark", "CRLF", "CR", "blank end", "no last newline", "quoted", "optional column"],
)
def test_spellings_that_spreadsheets_write_are_read(content: bytes):
    table = read_csv(content, COLUMNS)
    assert (len(table.rows), table.faults.total) == (1, 0)


def test_an_offset_is_converted_to_utc():
    (row,) = read_csv(GOOD.replace(b"13:45:00Z", b"15:45:00+02:00"), COLUMNS).rows
    assert row["at"] == datetime(2025, 1, 31, 13, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"id,at", "lacks seconds"),
        (b"id,at,seconds,colour", "has unknown 'colour'"),
        (b"id,when,seconds", "lacks at and has unknown 'when'"),
        (b"at,id,seconds", "another order"),
        (b"id,at,seconds,id", "twice"),
        (b"id;at;seconds", "separated by semicolons"),
        (b"ID,at,seconds", "lacks id"),
    ],
)
def test_a_wrong_header_is_refused_and_the_right_one_named(header: bytes, said: str):
    content = header + GOOD[GOOD.index(b"\n") :]
    assert faults_of(content) == [(1, "")]
    assert said in reason_of(content)
    assert "id,at,seconds (and note, which may be left out)" in reason_of(content)


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (b"abcdefghijk,2025-01-31T13:45:00Z,5", "id", "at most 10"),
        (b",2025-01-31T13:45:00Z,5", "id", "is empty"),
        (b"=1+1,2025-01-31T13:45:00Z,5", "id", "formula"),
        (b"+a,2025-01-31T13:45:00Z,5", "id", "formula"),
        (b"-a,2025-01-31T13:45:00Z,5", "id", "formula"),
        (b"@a,2025-01-31T13:45:00Z,5", "id", "formula"),
        (b"\ta,2025-01-31T13:45:00Z,5", "id", "formula"),
        (b'"a\nb",2025-01-31T13:45:00Z,5', "id", "control character U+000A"),
        (b"a\x1bb,2025-01-31T13:45:00Z,5", "id", "control character U+001B"),
        ("a\u2028b,2025-01-31T13:45:00Z,5".encode(), "id", "control character U+2028"),
        (b" a,2025-01-31T13:45:00Z,5", "id", "white space"),
        (b"a,2025-01-31T13:45:00,5", "at", "without a time zone"),
        (b"a,31.01.2025 13:45,5", "at", "an instant such as"),
        (b"a,2025-02-30T13:45:00Z,5", "at", "no calendar has"),
        (b"a,0001-01-01T00:00:00+14:00,5", "at", "no calendar has"),
        (b"a,2025-01-31T13:45:00Z,5.5", "seconds", "whole number"),
        (b"a,2025-01-31T13:45:00Z,1e3", "seconds", "whole number"),
        (b"a,2025-01-31T13:45:00Z,-5", "seconds", "formula"),
        ("a,2025-01-31T13:45:00Z,\u0665".encode(), "seconds", "whole number"),
        (b"a,2025-01-31T13:45:00Z,9999999999999999", "seconds", "whole number"),
        (b"a,2025-01-31T13:45:00Z", "", "has 2 cells; the header has 3"),
        (b"a,2025-01-31T13:45:00Z,5,6", "", "has 4 cells"),
    ],
)
def test_a_bad_cell_is_named_with_its_row_and_what_would_be_right(row: bytes, column: str, said: str):
    content = GOOD + row + b"\n"
    assert faults_of(content) == [(3, column)]
    assert said in reason_of(content)


def test_every_fault_of_a_file_is_listed():
    content = b"id,at,seconds\n=a,2025-01-31,x\nb,2025-01-31T13:45:00Z,1\n,now,1\n"
    assert faults_of(content) == [(2, "id"), (2, "at"), (2, "seconds"), (4, "id"), (4, "at")]


def test_a_blank_line_between_rows_is_a_fault_and_at_the_end_is_not():
    assert faults_of(GOOD + b"\nb,2025-01-31T13:45:00Z,1\n\n") == [(3, "")]


def test_faults_above_two_hundred_are_counted_and_not_listed():
    table = read_csv(GOOD + b"a,x,1\n" * 250, COLUMNS)
    assert (len(table.faults.listed), table.faults.total) == (200, 250)
    with pytest.raises(ImportRefused) as refused:
        table.faults.refuse("many.csv")
    assert refused.value.total == 250
    assert str(refused.value).startswith("many.csv: 250 faults, nothing was kept: row 3, at: is 'x'")
    assert str(refused.value).endswith("and 247 more")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        (b"", 0, "is empty"),
        (b"\n \n", 0, "is empty"),
        (GOOD + b"b\0,2025-01-31T13:45:00Z,1\n", 3, "NUL byte"),
        (GOOD + b"caf\xe9,2025-01-31T13:45:00Z,1\n", 3, "is not UTF-8 (byte 0xe9)"),
        (GOOD.decode().encode("utf-16"), 1, "NUL byte"),
        (GOOD + b'"b"c,2025-01-31T13:45:00Z,1\n', 3, "cannot be read as CSV"),
        (GOOD + b'"b,2025-01-31T13:45:00Z,1\n', 3, "cannot be read as CSV"),
        (GOOD + b"b" * 200_000 + b",2025-01-31T13:45:00Z,1\n", 3, "cannot be read as CSV (field larger"),
        (b"\n" + GOOD, 1, "lacks id, at, seconds"),
    ],
    ids=["empty", "blank", "NUL", "latin-1", "utf-16", "bad quote", "open quote", "huge cell", "no header"],
)
def test_a_file_that_is_no_csv_of_plain_text_is_refused_at_its_row(content: bytes, row: int, said: str):
    assert faults_of(content) == [(row, "")]
    assert said in reason_of(content)


def test_fifty_megabytes_of_noise_are_refused_at_once():
    noise = b"\x93\xfe noise,\n" * 5_000_000
    with at_most(calls=100):
        table = read_csv(noise, COLUMNS)
    assert [(fault.row, fault.reason) for fault in table.faults.listed] == [
        (0, "has 50,000,000 bytes; at most 10,000,000 are read, split it into several files")
    ]


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not():
    assert read_csv(GOOD, COLUMNS, max_bytes=len(GOOD)).faults.total == 0
    assert read_csv(GOOD, COLUMNS, max_bytes=len(GOOD) - 1).faults.total == 1


def test_more_rows_than_the_limit_are_refused():
    content = GOOD + b"b,2025-01-31T13:45:00Z,1\n" * 2
    assert read_csv(content, COLUMNS, max_rows=3).faults.total == 0
    assert read_csv(content, COLUMNS, max_rows=2).faults.total == 1


def test_the_cell_readers_give_exact_values_or_say_what_is_expected():
    assert csvio.day("2024-02-29") == date(2024, 2, 29)
    assert csvio.month("2024-02") == date(2024, 2, 1)
    assert csvio.decimal(digits=3, places=2)("100.10") == Decimal("100.10")
    assert csvio.one_of("yes", "no")("yes") == "yes"
    assert csvio.names()("a; b;c") == ("a", "b", "c")
    for reader, cell, said in [
        (csvio.day, "2023-02-29", "a day such as"),
        (csvio.day, "20230228", "a day such as"),
        (csvio.month, "2024-13", "a month such as"),
        (csvio.month, "2024-1", "a month such as"),
        (csvio.decimal(digits=3, places=2), "1000", "at most 3 digits"),
        (csvio.decimal(digits=3, places=2), "1.234", "2 after the point"),
        (csvio.decimal(), "1,5", "a decimal from 0"),
        (csvio.decimal(), "NaN", "a decimal from 0"),
        (csvio.one_of("yes", "no"), "maybe", "one of yes, no"),
        (csvio.names(), "a;;b", "empty name"),
        (csvio.names(), "a;a", "twice"),
        (csvio.names(at_most=1), "a;b", "at most 1"),
    ]:
        with pytest.raises(ValueError, match=said):
            reader(cell)
