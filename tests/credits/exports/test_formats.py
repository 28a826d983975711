"""The files read by readers that were written from each format's own rules, and never by our writers' code."""

import csv
import io
import re
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from credits.exports.errors import ProfileRefused
from credits.exports.formats import format_of
from credits.exports.formats.journals import whole_chunks
from credits.exports.models import Target
from credits.exports.values import Context, Journal, JournalLine, Rate, fitted, guarded

EVIL = "=cmd|' /C calc'!A0"


def context(target: str, **changes) -> Context:
    known = format_of(target)
    given = {
        "entity_code": "us",
        "entity_name": "Our Us GmbH",
        "functional_currency": "EUR",
        "from_on": date(2023, 1, 1),
        "until_on": date(2024, 1, 1),
        "number": 7,
        "exported_at": datetime(2024, 1, 5, 8, 30, 1, 234000, tzinfo=UTC),
        "options": {name: default for name, (_, default) in known.options.items()},
        "accounts": dict(known.accounts),
    }
    return Context(**given | changes)


def journal(number: int, *postings: tuple[str, str], on: date = date(2023, 4, 11), **changes) -> Journal:
    """An entry of postings given as (purpose, signed amount)."""
    kinds = {"payable_to_customers": "liability", "service_credit_expense": "expense", "clearing": "asset",
             "claims_contra": "memorandum", "claims_not_acknowledged": "memorandum"}  # fmt: skip
    given = {
        "entry_id": number,
        "reference": f"SC-us-{number:05d}/issue",
        "description": "Service credit",
        "effective_on": on,
        "currency": "EUR",
        "lines": tuple(
            JournalLine(
                purpose, purpose.replace("_", " "), kinds[purpose], "customer", "Their Customer Ltd",
                "credit" if amount.startswith("-") else "debit", Decimal(amount.lstrip("-")),
            )
            for purpose, amount in postings
        ),
    }  # fmt: skip
    return Journal(**given | changes)


def simple(number: int, amount: str = "1000.00", **changes) -> Journal:
    return journal(
        number, ("service_credit_expense", amount), ("payable_to_customers", f"-{amount}"), **changes
    )


SPLIT = journal(
    9, ("service_credit_expense", "70.00"), ("clearing", "30.00"),
    ("payable_to_customers", "-45.00"), ("payable_to_customers", "-55.00"),
)  # fmt: skip
OFF = journal(8, ("claims_not_acknowledged", "5.00"), ("claims_contra", "-5.00"))


def records(content: bytes, encoding: str = "utf-8", delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


# DATEV ---------------------------------------------------------------------------------------------------------

# From DATEV's description of the format: what each filled field must look like, as it stands in the file.
HEADER_FIELDS = {
    1: r'"EXTF"', 2: "700", 3: "21", 4: '"Buchungsstapel"', 5: "13", 6: r"20\d{15}", 7: "",
    8: r'"[A-Z]{2}"', 11: r"[1-9]\d{3,6}", 12: r"[1-9]\d{0,4}", 13: r"20\d{2}(0[1-9]|1[0-2])01", 14: "[4-8]",
    15: r"20\d{6}", 16: r"20\d{6}", 17: '".{0,30}"', 18: '"([A-Z]{2})?"', 19: "[12]", 20: "(0|30|40|50|64)",
    21: "[01]", 22: '"[A-Z]{3}"', 23: "", 24: '""', 25: "", 26: "", 27: r'"(\d{2})?"', 28: "", 29: "",
    30: '""', 31: '".{0,16}"',
}  # fmt: skip
BOOKING_FIELDS = {
    1: r"(?!0{1,10},00)\d{1,10},\d{2}", 2: '"[SH]"', 3: '"[A-Z]{3}"', 4: r"([1-9]\d{0,3},\d{2,6})?",
    5: r"((?!0{1,10},00)\d{1,10},\d{2})?", 6: '("[A-Z]{3}")?', 7: r"(?!0{1,9}$)\d{1,9}",
    8: r"(?!0{1,9}$)\d{1,9}", 10: r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])", 11: r'"[\w$&%*+\-/]{0,36}"',
    14: '"([^"]|""){0,60}"', 114: "[01]?",
}  # fmt: skip


def raw_fields(line: str) -> list[str]:
    """Semicolons separate, but for those in quotation marks."""
    return re.findall(r'(?:^|;)("(?:[^"]|"")*"|[^;"]*)', line)


def read_datev(content: bytes) -> tuple[list[str], list[dict[int, str]]]:
    text = content.decode("cp1252")
    assert text.endswith("\r\n")
    header, columns, *bookings = text.removesuffix("\r\n").split("\r\n")
    head = raw_fields(header)
    assert len(head) == 31
    for at, pattern in HEADER_FIELDS.items():
        assert re.fullmatch(pattern, head[at - 1]), (at, head[at - 1])
    assert len(columns.split(";")) == 125
    begins, first, last = (datetime.strptime(head[at - 1], "%Y%m%d").date() for at in (13, 15, 16))  # noqa: DTZ007
    assert begins <= first <= last < begins.replace(year=begins.year + 1)
    rows = []
    for line in bookings:
        fields = raw_fields(line)
        assert len(fields) == 125
        for at, field in enumerate(fields, start=1):
            assert re.fullmatch(BOOKING_FIELDS.get(at, ""), field), (at, field)
        year = begins.year if int(fields[9][2:]) >= begins.month else begins.year + 1
        assert first <= date(year, int(fields[9][2:]), int(fields[9][:2])) <= last
        assert bool(fields[3]) == bool(fields[4]) == bool(fields[5]) == (fields[2] != head[21])
        rows.append(dict(enumerate(fields, start=1)))
    return head, rows


def moved(rows: list[dict[int, str]]) -> dict[str, Decimal]:
    """Debit less credit by account. The sign is that of field 7, the contra account has the other."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        amount = Decimal(row[1].replace(",", "."))
        sums[row[7]] += amount if row[2] == '"S"' else -amount
        sums[row[8]] -= amount if row[2] == '"S"' else -amount
    return {account: amount for account, amount in sums.items() if amount}


def test_a_datev_batch_has_31_and_125_fields_that_are_as_datev_wants_them():
    known = format_of("datev")
    [file] = known.write([simple(1), SPLIT], context("datev"))
    head, rows = read_datev(file.content)
    assert (head[5], head[12], head[14], head[15]) == (
        "20240105083001234",
        "20230101",
        "20230101",
        "20231231",
    )
    assert moved(rows) == {"4700": Decimal("1070.00"), "1370": Decimal("30.00"), "3500": Decimal("-1100.00")}
    assert {row[11] for row in rows} == {'"SC-us-00001/issue"', '"SC-us-00009/issue"'}
    assert rows[0][10] == "1104"


def test_datev_is_split_at_the_turn_of_the_fiscal_year():
    known = format_of("datev")
    items = [simple(1, on=date(2023, 6, 30)), simple(2, on=date(2023, 7, 1)), simple(3, on=date(2024, 2, 29))]
    options = context("datev").options | {"fiscal_year_starts": "7"}
    files = known.write(items, context("datev", options=options, until_on=date(2024, 3, 1)))
    spans = [
        (head[12], head[14], head[15], len(rows)) for head, rows in (read_datev(one.content) for one in files)
    ]
    assert spans == [("20220701", "20230101", "20230630", 1), ("20230701", "20230701", "20240229", 2)]


def test_datev_takes_another_currency_with_its_rate_only():
    known, item = format_of("datev"), simple(1, currency="USD")
    assert "no rate" in known.refusal(item, context("datev"))
    rated = context(
        "datev", rates={("USD", item.effective_on): Rate(Decimal("0.9"), item.effective_on, "a bank")}
    )
    assert known.refusal(item, rated) == ""
    [row] = read_datev(known.write([item], rated)[0].content)[1]
    assert (row[1], row[3], row[4], row[5], row[6]) == ("1000,00", '"USD"', "1,111111", "900,00", '"EUR"')
    dear = context(
        "datev", rates={("USD", item.effective_on): Rate(Decimal("1.2"), item.effective_on, "a bank")}
    )
    assert "from 1 to" in known.refusal(item, dear)


def test_datev_keeps_to_windows_1252_and_its_lengths():
    known = format_of("datev")
    item = simple(1, reference="hand, with spaces; and ümlauts " * 3, description='日本 "Größe" Łódź\n' * 9)
    [row] = read_datev(known.write([item], context("datev"))[0].content)[1]
    assert row[14].startswith('"?? ""Größe"" ?ódz ?? ')
    assert known.external_id(item) == known.external_id(item)
    assert len(known.external_id(item)) <= 36


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"consultant": "1000"}, "consultant"), ({"client": "0"}, "client"), ({"account_length": "9"}, "length"),
     ({"initials": "xy"}, "initials"), ({"chart": "4"}, "chart"), ({"fiscal_year_starts": "13"}, "fiscal")],
)  # fmt: skip
def test_datev_refuses_settings_out_of_its_range(changes, word):
    known = format_of("datev")
    with pytest.raises(ProfileRefused, match=word):
        known.check(context("datev").options | changes, known.accounts)


def test_datev_refuses_accounts_that_are_none():
    known = format_of("datev")
    known.check(context("datev").options, {"clearing": "70000"})
    for account in ("Bank", "0000", "700000"):
        with pytest.raises(ProfileRefused, match="account"):
            known.check(context("datev").options, {"clearing": account})


# QuickBooks ----------------------------------------------------------------------------------------------------


def read_quickbooks(content: bytes) -> dict[str, list[tuple[str, Decimal]]]:
    header, *rows = records(content)
    assert header == [
        "JournalNo",
        "JournalDate",
        "AccountName",
        "Debits",
        "Credits",
        "Description",
        "Name",
        "Currency",
    ]
    assert len(rows) <= 1000
    found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for number, day, account, debits, credits, _, _, _ in rows:
        assert 1 <= len(number) <= 21
        datetime.strptime(day, "%m/%d/%Y")  # noqa: DTZ007
        assert bool(debits) != bool(credits)
        assert re.fullmatch(r"\d{1,10}\.\d{2}", debits or credits)
        found[number].append((account, Decimal(debits or 0) - Decimal(credits or 0)))
    assert all(sum(amount for _, amount in lines) == 0 for lines in found.values())
    return found


def test_quickbooks_gets_balanced_journals_of_at_most_a_thousand_rows():
    known = format_of("quickbooks")
    files = known.write([simple(at) for at in range(1, 700)], context("quickbooks"))
    read = [read_quickbooks(file.content) for file in files]
    assert [len(one) for one in read] == [500, 199], "no journal is cut in two"
    assert read[0]["SC-us-00001/issue"] == [
        ("Service credits granted", Decimal("1000.00")),
        ("Service credits payable", Decimal("-1000.00")),
    ]


def test_quickbooks_numbers_are_stable_and_short():
    known = format_of("quickbooks")
    long = simple(1, reference="SC-a-company-with-a-name-00001/issue/reversal")
    assert len(known.external_id(long)) == 21
    assert known.external_id(long) != known.external_id(simple(1, reference=f"{long.reference}2"))
    assert known.external_id(long) == known.external_id(long)


# Xero ----------------------------------------------------------------------------------------------------------


def test_xero_journals_are_split_at_300_lines_and_never_within_a_journal():
    known = format_of("xero_journal")
    files = known.write([simple(at) for at in range(1, 201)], context("xero_journal"))
    assert [file.row_count for file in files] == [300, 100]
    seen: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    where: dict[tuple[str, str], int] = {}
    for at, file in enumerate(files):
        header, *rows = records(file.content)
        assert header[:6] == ["*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"]
        assert len(rows) <= 300
        for narration, day, _, account, tax, amount, *_ in rows:
            datetime.strptime(day, "%d/%m/%Y")  # noqa: DTZ007
            assert account.isalnum()
            assert tax
            seen[narration, day] += Decimal(amount)
            assert where.setdefault((narration, day), at) == at
    assert len(seen) == 200, "a narration with its day is one journal"
    assert set(seen.values()) == {Decimal(0)}


@pytest.mark.parametrize("lines", [300, 302])
def test_a_xero_journal_of_300_lines_is_taken_and_a_larger_one_is_not(lines):
    known = format_of("xero_journal")
    half = lines // 2
    large = journal(
        1, *[("service_credit_expense", "1.00")] * half, *[("payable_to_customers", "-1.00")] * half
    )
    assert bool(known.refusal(large, context("xero_journal"))) == (lines > 300)


# All -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["quickbooks", "xero_journal", "datev"])
def test_memorandum_accounts_reach_no_balance_sheet(target):
    known = format_of(target)
    assert "memorandum" in known.refusal(OFF, context(target))
    mixed = journal(7, ("service_credit_expense", "5.00"), ("payable_to_customers", "-5.00"),
                    ("claims_not_acknowledged", "9.00"), ("claims_contra", "-9.00"))  # fmt: skip
    assert known.refusal(mixed, context(target)) == ""
    assert b"9.00" not in known.write([mixed], context(target))[0].content.replace(b",00", b".00")


@pytest.mark.parametrize("target", ["quickbooks", "xero_journal", "datev"])
def test_three_decimals_are_left_out_where_two_are_kept(target):
    assert "two decimals" in format_of(target).refusal(simple(1, "1.234", currency="KWD"), context(target))


@pytest.mark.parametrize("target", ["journal_csv", "quickbooks", "xero_journal"])
def test_no_cell_of_text_begins_like_a_formula(target):
    item = simple(1, reference=EVIL, description=EVIL)
    line = JournalLine("clearing", EVIL, "asset", "customer", EVIL, "debit", Decimal("1.00"))
    item = Journal(**vars(item) | {"lines": (line, *item.lines[1:])})
    accounts = context(target).accounts | {"clearing": EVIL}
    for file in format_of(target).write([item], context(target, accounts=accounts)):
        for row in records(file.content)[1:]:
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r"))
                assert not cell.startswith("-") or Decimal(cell) < 0


def test_an_account_that_lacks_is_named():
    with pytest.raises(ProfileRefused, match="service_credit_expense"):
        format_of("quickbooks").write(
            [simple(1)], context("quickbooks", accounts={"payable_to_customers": "x"})
        )


@pytest.mark.parametrize("target", Target.values)
def test_every_target_has_a_format_and_its_own_values_pass_its_check(target):
    known = format_of(target)
    assert known.target == target
    known.check({name: default for name, (_, default) in known.options.items()}, known.accounts)


@pytest.mark.parametrize(("sizes", "most", "expected"), [
    ([], 3, []), ([3], 3, [[0]]), ([2, 1, 1], 3, [[0, 1], [2]]), ([1, 3, 1], 3, [[0], [1], [2]]),
])  # fmt: skip
def test_files_are_filled_with_whole_items(sizes, most, expected):
    assert [list(chunk) for chunk in whole_chunks(sizes, most)] == expected


def test_an_id_that_fits_is_left_as_it_is_and_another_is_made_to_fit():
    assert fitted("SC-us-00001/issue", 21) == "SC-us-00001/issue"
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9/_-]{0,20}", fitted("=1 ü", 21))
    assert len({fitted(f"{'x' * 30}{at}", 21) for at in range(50)}) == 50


def test_lines_in_text_are_joined():
    assert guarded("a\r\nb") == "a b"
    assert guarded("-1") == "'-1"


def test_every_constraint_that_the_documentation_names_is_there():
    root = Path(__file__).resolve().parents[3]
    named = set(re.findall(r"`((?:exports|invoices)_[a-z_]+)`", (root / "docs" / "exports.md").read_text()))
    sources = [*(root / "credits").glob("exports/**/*"), *(root / "credits").glob("invoices/**/*")]
    code = "".join(path.read_text() for path in sources if path.suffix in (".py", ".sql"))
    assert len(named) >= 10
    assert {name for name in named if name not in code} == set()
