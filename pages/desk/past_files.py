"""What-if as files: CSV, workbook and PDF of the same rows, each with the parameters that it was made from."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from base.csvio import FORMULA_STARTS
from base.pdf.blocks import Attachment, Block, Column, Document, Heading, Pairs, Picture, Table, Text, Title
from base.pdf.document import render
from base.xlsx import Cell, Money, Sheet, workbook
from contracts.models import Contract
from credits.attained import money
from credits.whatif_windows import Replay
from pages.desk.past_parts import UNKNOWN, Side, columns_of, curves_of, facts_of, flags_of, month_rows
from reckoning import ENGINE_VERSION
from reckoning.canonical import canonical_json, sha256_hex
from reckoning.money import minor_digits, round_fraction

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    ("terms", 24),
    ("terms_sha256", 20),
    ("month", 10),
    ("commitment", 22),
    ("service", 20),
    ("window", 22),
    ("outcome", 12),
    ("figure", 18),
    ("level_percent", 16),
    ("tier", 18),
    ("fee", 14),
    ("credit", 14),
    ("currency", 10),
    ("missing", 60),
)


@dataclass(frozen=True)
class Laid:
    """What a file tells: a contract, its sides, and for whom it was made."""

    contract: Contract
    sides: tuple[Side, ...]
    asked_by: str

    @property
    def data(self) -> bytes:
        """The whole as canonical JSON; every file names its hash."""
        return canonical_json(
            {"contract": self.contract.reference, "terms": [side.laid.document() for side in self.sides]}
        )


def parameters(laid: Laid) -> list[tuple[str, Cell]]:
    """What was asked for, what came of it, and by which engine: enough to ask the same again."""
    sides = laid.sides
    months = sides[-1].laid.months
    given: list[tuple[str, Cell]] = [
        ("Contract", laid.contract.reference),
        ("Months", f"{months[0].label} to {months[-1].label}"),
        ("Known as of (UTC)", f"{sides[0].laid.known_at:%Y-%m-%d %H:%M}"),
        ("Asked by", laid.asked_by),
        ("Engine", ENGINE_VERSION),
        ("Rows", sum(len(side.laid.replays) for side in sides)),
    ]
    for side in sides:
        given += [
            (f"{side.name}: SHA-256 of the terms", side.laid.terms_sha256),
            (f"{side.name}: credits in {len(side.laid.priced)} months with an amount", str(side.laid.total)),
        ]
        given += [
            (f"{side.name}: not laid on the past", f"{key}: {said}") for key, said in side.laid.not_replayed
        ]
    return [*given, ("SHA-256 of the data", sha256_hex(laid.data))]


def _rows(laid: Laid) -> Iterator[list[Any]]:
    for side in laid.sides:
        for one in side.laid.replays:
            yield _row(side, one)


def _row(side: Side, one: Replay) -> list[Any]:
    level = "" if one.level is None else str(round_fraction(one.level * 100, 12, "half_up"))
    return [
        side.name,
        side.laid.terms_sha256,
        one.month,
        one.key,
        one.service,
        one.window,
        one.outcome or UNKNOWN,
        one.figure[1],
        level,
        one.tier,
        one.fee,
        one.credit,
        side.laid.currency,
        " ".join(one.missing),
    ]


def to_csv(laid: Laid) -> bytes:
    """CSV in UTF-8 with CRLF: the parameters first, then a row a window. What is unknown is empty, never zero."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for name, value in parameters(laid):
        writer.writerow([_guarded(name), _guarded(str(value))])
    writer.writerow([])
    writer.writerow([name for name, _ in COLUMNS])
    for row in _rows(laid):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return _guarded("" if value is None else str(value))


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def to_xlsx(laid: Laid) -> bytes:
    """A workbook: the windows, the months side by side, and the parameters."""
    places = minor_digits(laid.contract.currency)

    def typed(row: list[Any]) -> list[Any]:
        return [Money(value, places) if isinstance(value, Decimal) else value for value in row]

    names = [side.name for side in laid.sides]
    heads = [(f"{name}: {what}", 22) for name in names for what in ("outcome", "figure", "credit")]
    months = [
        [label, *(text for cell in cells for text in (cell.outcome, cell.figure, cell.credit))]
        for label, cells, _ in month_rows(laid.sides)
    ]
    totals: list[list[Cell | Money]] = [
        ["total", *[""] * 10, Money(side.laid.total, places), side.laid.currency, side.name]
        for side in laid.sides
    ]
    return workbook(
        [
            Sheet("Windows", COLUMNS, [typed(row) for row in _rows(laid)], totals),
            Sheet("Months", [("month", 10), *heads], months),
        ],
        title=f"{laid.contract.reference} on its past data",
        author=laid.contract.legal_entity.name,
        created=laid.sides[0].laid.known_at,
        parameters=parameters(laid),
    )


def to_pdf(laid: Laid) -> bytes:
    """PDF/A-3b with the data attached."""
    contract, data = laid.contract, laid.data
    return render(
        Document(
            title=f"{contract.reference} on its past data",
            author=contract.legal_entity.name,
            subject=f"What-if on {contract.reference} with {contract.counterparty.name}",
            dated=laid.sides[0].laid.known_at,
            blocks=list(_blocks(laid)),
            header=f"On past data · {contract.reference} · {contract.counterparty.name}",
            footer=f"SHA-256 of the data {sha256_hex(data)}",
            attachments=(Attachment("past.json", data, "application/json", "Every window as data", "Data"),),
        )
    )


def _blocks(laid: Laid) -> Iterator[Block]:
    contract = laid.contract
    yield Title(f"{contract.reference} on its past data", f"{contract.title} · {contract.counterparty.name}")
    yield Text(
        "Terms laid on what was measured, as they stand. What anybody would have done differently under them nobody "
        "knows. A month of which a fact is missing has no figure.",
        style="note",
    )
    yield Heading("In short")
    for side in laid.sides:
        yield Text(side.name, bold=True)
        yield Pairs(facts_of(side), share=40)
        for _, said in flags_of(side):
            yield Text(said)
    if (drawn := columns_of(laid.sides, id_prefix="pdf", title="Credits by month")) is not None:
        yield Heading("Credits by month")
        yield Picture(str(drawn.svg))
    yield Heading("Month by month")
    columns = [Column("Month", 12)]
    for side in laid.sides:
        columns += [Column(side.name, 34), Column("Credit", 20, "right")]
    rows = [
        (label, *(text for cell in cells for text in (f"{cell.outcome} {cell.figure}".strip(), cell.credit)))
        for label, cells, _ in month_rows(laid.sides)
    ]
    totals = ["Total"]
    for side in laid.sides:
        totals += [
            f"{len(side.laid.priced)} months with an amount",
            money(side.laid.total, side.laid.currency),
        ]
    yield Table(columns, rows, totals=[totals])
    for curve in curves_of(laid.sides[-1], id_prefix="pdfcurve"):
        yield Heading(curve.picture.title)
        yield Picture(str(curve.picture.svg))
        yield Text(curve.at_target)
        yield Table(
            [Column(curve.picture.table.columns[0], 30)]
            + [Column(name, 34, "right") for name in curve.picture.table.columns[1:]],
            curve.picture.table.rows,
        )
    yield Heading("Parameters")
    yield Pairs([(name, str(value)) for name, value in parameters(laid)], share=44)


WRITERS: dict[str, tuple[str, Callable[[Laid], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", to_csv),
    "xlsx": (XLSX, to_xlsx),
    "pdf": ("application/pdf", to_pdf),
}
