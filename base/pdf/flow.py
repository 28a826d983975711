"""Drawing downwards: a cursor that goes from page to page, and what each kind of block looks like."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import segno
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.pdfgen.canvas import Canvas

from base.pdf import picture
from base.pdf.blocks import Block, Code, Gap, Heading, PageBreak, PageSize, Pairs, Picture, Table, Text, Title
from base.pdf.faces import ink
from base.pdf.typeset import Line, Typesetter

SIZES: dict[str, tuple[float, float]] = {"A4": A4, "Letter": LETTER}
SIDE, ABOVE, BELOW = 50.0, 62.0, 54.0
INK, MUTED, RULE, HEAD_FILL, MARK = "#1f2937", "#4b5563", "#c5cbd3", "#eef2f7", "#ececef"
BODY_SIZE, CELL_SIZE, NOTE_SIZE = 9.0, 8.0, 7.5
LEADING = 1.36
SHORT = 10
MASK = 0
_DARK = re.compile(b"\x01+")
STYLES = {"lead": (11.0, INK), "body": (BODY_SIZE, INK), "note": (NOTE_SIZE, MUTED)}


class _Laid(NamedTuple):
    """A table ready to be drawn."""

    lefts: list[float]
    rights: list[float]
    head: list[list[Line]]
    rows: list[list[list[Line]]]


class Flow:
    """Pages that are filled from top to bottom. Their number is known when :meth:`finish` draws what frames them."""

    def __init__(self, canvas: Canvas, page_size: PageSize, watermark: str) -> None:
        self.canvas = canvas
        self.width, self.height = SIZES[page_size]
        self.setter = Typesetter()
        self.watermark = watermark
        self.room = self.width - 2 * SIDE
        self.pages: list[dict[str, Any]] = []
        self._text: Any = None
        self._pen = ("", 0.0, "")
        self._ready: tuple[Table, _Laid] | None = None
        self._begin()

    def _begin(self) -> None:
        self.y = self.height - ABOVE
        if self.watermark:
            self.canvas.saveState()
            self.canvas.translate(self.width / 2, self.height / 2)
            self.canvas.rotate(52)
            line = self.setter.line(self.watermark, 88, bold=True)
            self.draw(line, -line.width / 2, -30, 88, MARK)
            self.flush()
            self.canvas.restoreState()

    def next_page(self) -> None:
        """Put the page aside and begin another."""
        self.flush()
        self.pages.append(dict(self.canvas.__dict__))
        self.canvas._startPage()
        self._begin()

    def need(self, height: float) -> None:
        """Begin another page where less than ``height`` points are left."""
        if self.y - height < BELOW and self.y < self.height - ABOVE:
            self.next_page()

    @property
    def left(self) -> float:
        """How many points are left on the page."""
        return self.y - BELOW

    def draw(self, line: Line, x: float, y: float, size: float, colour: str) -> None:
        """A line from ``x`` on, with its baseline at ``y``.

        Lines are collected in one text object, which remembers face and colour, until something must stand
        between them (:meth:`flush`). Their widths are known, so what reportlab would measure again is left away.
        """
        text = self._text
        if text is None:
            text = self._text = self.canvas.beginText(x, y)
            self._pen = ("", 0.0, "")
        else:
            text.setTextOrigin(x, y)
        for run in line.runs:
            face, height, ink_used = self._pen
            if (face, height) != (run.face, size):
                text.setFont(run.face, size)
            if ink_used != colour:
                text.setFillColor(ink(colour))
            self._pen = (run.face, size, colour)
            text._textOut(run.text)

    def flush(self) -> None:
        """Write the collected lines to the page: before the page, its scale or its origin changes."""
        if self._text is not None:
            self.canvas.drawText(self._text)
            self._text = None

    def blocks(self, blocks: Sequence[Block]) -> None:
        """Draw blocks from the cursor on. A heading stands on the page of what it is about."""
        for at, block in enumerate(blocks):
            if isinstance(block, Heading):
                self.y -= 12
                self.need(26 + self._least(blocks[at + 1 : at + 3]))
            self.block(block)

    def _least(self, following: Sequence[Block]) -> float:
        """How high the beginning of the following blocks is that does not go without its heading."""
        for at, block in enumerate(following):
            match block:
                case Table():
                    return self._table_least(self._laid(block))
                case Picture():
                    return self._scaled(picture.parse(block.svg))[1] + 8
                case Text():
                    size = STYLES[block.style][0]
                    lines = len(self.setter.lines(block.text, size, self.room, bold=block.bold))
                    return lines * size * LEADING + 4 + self._least(following[at + 1 :])
        return 40.0

    def block(self, block: Block) -> None:
        """Draw one block at the cursor."""
        match block:
            case Title():
                self._title(block)
            case Heading():
                self._heading(block)
            case Text():
                size, colour = STYLES[block.style]
                self.paragraph(block.text, size, colour, bold=block.bold)
                self.y -= 4
            case Pairs():
                self._pairs(block)
            case Table():
                self._table(block)
            case Picture():
                self._picture(block)
            case Code():
                self._code(block)
            case Gap():
                self.y -= block.height
            case PageBreak():
                self.next_page()

    def paragraph(self, text: str, size: float, colour: str, *, bold: bool = False) -> None:
        """A paragraph over the whole width, broken over pages where it must be."""
        for line in self.setter.lines(text, size, self.room, bold=bold):
            self.need(size * LEADING)
            self.y -= size * LEADING
            self.draw(line, SIDE, self.y + size * 0.3, size, colour)

    def _title(self, block: Title) -> None:
        self.canvas.bookmarkPage("title")
        self.paragraph(block.text, 18, INK, bold=True)
        if block.under:
            self.paragraph(block.under, 11, MUTED)
        self.y -= 8

    def _heading(self, block: Heading) -> None:
        key = f"s{len(self.pages)}-{self.y:.2f}"
        self.canvas.bookmarkHorizontal(key, 0, self.y)
        self.canvas.addOutlineEntry(block.text, key, 0)
        self.paragraph(block.text, 12.5, INK, bold=True)
        self.canvas.setStrokeColor(ink(RULE))
        self.canvas.setLineWidth(0.75)
        self.canvas.line(SIDE, self.y - 1, self.width - SIDE, self.y - 1)
        self.y -= 7

    def _pairs(self, block: Pairs) -> None:
        first = self.room * block.share / 100
        for name, value in block.rows:
            cells = [
                self.setter.lines(name, BODY_SIZE, first - 10),
                self.setter.lines(value, BODY_SIZE, self.room - first),
            ]
            self._row(cells, [SIDE, SIDE + first], [0, 0], BODY_SIZE, [MUTED, INK])
        self.y -= 4

    def _laid(self, block: Table) -> "_Laid":
        """A table's cells, broken into lines for its columns; the last one is kept, as its heading asks first."""
        if self._ready is not None and self._ready[0] is block:
            return self._ready[1]
        total = sum(column.share for column in block.columns)
        widths = [self.room * column.share / total for column in block.columns]
        laid = _Laid(
            lefts=[SIDE + sum(widths[:at]) for at in range(len(widths))],
            rights=[
                width if column.align == "right" else 0.0
                for column, width in zip(block.columns, widths, strict=True)
            ],
            head=self._cells([column.name for column in block.columns], widths, bold=True),
            rows=[
                *(self._cells(row, widths) for row in block.rows),
                *(self._cells(row, widths, bold=True) for row in block.totals),
            ],
        )
        self._ready = (block, laid)
        return laid

    def _table_least(self, laid: "_Laid") -> float:
        """A short table is not cut in two; of a long one some rows stand under its header."""
        if len(laid.rows) > SHORT:
            return 64.0
        whole = sum(_height(row, CELL_SIZE) for row in (laid.head, *laid.rows))
        return max(40.0, whole if whole < self.height / 2 else 64.0)

    def _table(self, block: Table) -> None:
        laid = self._laid(block)
        self.need(self._table_least(laid))
        self._table_head(laid.head, laid.lefts, laid.rights)
        if not laid.rows:
            self.paragraph(block.empty, CELL_SIZE, MUTED)
        for row in laid.rows:
            self._table_row(row, laid.head, laid.lefts, laid.rights)
        self.y -= 8

    def _cells(self, row: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> list[list[Line]]:
        if len(row) != len(widths):
            raise ValueError(f"table: a row has {len(row)} cells under {len(widths)} columns")
        return [
            self.setter.lines(cell, CELL_SIZE, width - 8, bold=bold)
            for cell, width in zip(row, widths, strict=True)
        ]

    def _table_head(self, head: list[list[Line]], lefts: Sequence[float], rights: Sequence[float]) -> None:
        height = _height(head, CELL_SIZE)
        self.canvas.setFillColor(ink(HEAD_FILL))
        self.canvas.rect(SIDE, self.y - height, self.room, height, stroke=0, fill=1)
        self._row(head, lefts, rights, CELL_SIZE, [INK] * len(lefts), indent=4)

    def _table_row(
        self, cells: list[list[Line]], head: list[list[Line]], lefts: Sequence[float], rights: Sequence[float]
    ) -> None:
        """A row, taken over to the next page whole if it fits there, else cut between its lines."""
        step = CELL_SIZE * LEADING
        while True:
            lines = max(map(len, cells))
            if _height(cells, CELL_SIZE) <= self.left:
                self._row(cells, lefts, rights, CELL_SIZE, [INK] * len(lefts), indent=4)
                break
            fit = int((self.left - 4) // step)
            if lines <= 12 or fit < 3:
                fit = 0
            if fit:
                part = [cell[:fit] for cell in cells]
                self._row(part, lefts, rights, CELL_SIZE, [INK] * len(lefts), indent=4)
                cells = [cell[fit:] for cell in cells]
            self.next_page()
            self._table_head(head, lefts, rights)
        self.canvas.setStrokeColor(ink(RULE))
        self.canvas.setLineWidth(0.4)
        self.canvas.line(SIDE, self.y, self.width - SIDE, self.y)

    def _row(
        self,
        cells: Sequence[Sequence[Line]],
        lefts: Sequence[float],
        rights: Sequence[float],
        size: float,
        colours: Sequence[str],
        *,
        indent: float = 0,
    ) -> None:
        """One row of cells; where ``rights`` has a width, the cell stands at its right edge."""
        step = size * LEADING
        height = _height(cells, size)
        if not indent:
            self.need(height)
        for cell, left, right, colour in zip(cells, lefts, rights, colours, strict=True):
            y = self.y - 2 - size
            for line in cell:
                x = left + right - indent - line.width if right else left + indent
                self.draw(line, x, y, size, colour)
                y -= step
        self.y -= height

    def _picture(self, block: Picture) -> None:
        drawing = picture.parse(block.svg)
        scale, height = self._scaled(drawing)
        self.need(height + 8)
        picture.draw(drawing, self, SIDE, self.y, scale)
        self.y -= height + 8

    def _scaled(self, drawing: picture.Drawing) -> tuple[float, float]:
        """The scale at which a picture fits the width, and its height then."""
        scale = min(1.0, self.room / drawing.width)
        return scale, drawing.height * scale

    def _code(self, block: Code) -> None:
        # Any of the eight masks can be read; looking for the prettiest takes longer than drawing the page.
        code = segno.make(block.content, error="m", micro=False, boost_error=False, mask=MASK)
        side = 74.0
        self.need(side + 8)
        modules = [bytes(row) for row in code.matrix]
        self.flush()
        self.canvas.saveState()
        self.canvas.translate(SIDE, self.y)
        self.canvas.scale(side / len(modules), -side / len(modules))
        path = self.canvas.beginPath()
        # One whole unit a module: whole numbers need none of reportlab's formatting, which is half of the time.
        for number, row in enumerate(modules):
            for dark in _DARK.finditer(row):
                path._code.append(f"{dark.start()} {number} {dark.end() - dark.start()} 1 re")
        self.canvas.setFillColor(ink("#000000"))
        self.canvas.drawPath(path, stroke=0, fill=1)
        self.canvas.restoreState()
        y = self.y
        for name, value in block.beside:
            for text, size, colour in ((name, NOTE_SIZE, MUTED), (value, CELL_SIZE, INK)):
                for line in self.setter.lines(text, size, self.room - side - 14):
                    y -= size * LEADING
                    self.draw(line, SIDE + side + 14, y, size, colour)
            y -= 3
        self.y = min(self.y - side, y) - 8

    def finish(self, header: str, footer: str) -> None:
        """Draw header, footer and page numbers on every page, and end the document."""
        self.flush()
        self.pages.append(dict(self.canvas.__dict__))
        room = self.room - 70
        heads = self.setter.lines(header, NOTE_SIZE, self.room)[:2]
        feet = self.setter.lines(footer, 7, room)[:2]
        for number, page in enumerate(self.pages, start=1):
            self.canvas.__dict__.update(page)
            y = self.height - 34
            for line in heads:
                self.draw(line, SIDE, y, NOTE_SIZE, MUTED)
                y -= 10
            y = 32.0
            for line in feet:
                self.draw(line, SIDE, y, 7, MUTED)
                y -= 9
            shown = self.setter.line(f"page {number} of {len(self.pages)}", 7)
            self.draw(shown, self.width - SIDE - shown.width, 32, 7, MUTED)
            self.canvas.setStrokeColor(ink(RULE))
            self.canvas.setLineWidth(0.4)
            self.canvas.line(SIDE, 42, self.width - SIDE, 42)
            self.flush()
            self.canvas.showPage()


def _height(cells: Sequence[Sequence[Line]], size: float) -> float:
    """How high a row of cells is."""
    return max((len(cell) for cell in cells), default=1) * size * LEADING + 4
