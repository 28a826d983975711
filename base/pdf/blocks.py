"""What a document is made of: plain values, handed to :mod:`base.pdf.document` from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

PageSize = Literal["A4", "Letter"]


@dataclass(frozen=True)
class Title:
    """The document's name, with a line under it."""

    text: str
    under: str = ""


@dataclass(frozen=True)
class Heading:
    """The name of a section; it stands in the outline too."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph. ``lead`` is larger, ``note`` smaller and grey."""

    text: str
    style: Literal["lead", "body", "note"] = "body"
    bold: bool = False


@dataclass(frozen=True)
class Pairs:
    """Names with their values, two columns without lines."""

    rows: Sequence[tuple[str, str]]
    share: int = 26


@dataclass(frozen=True)
class Column:
    """A column: its name, its share of the width, and the side on which its cells stand."""

    name: str
    share: int
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Table:
    """Rows under a header that is repeated on every page. ``totals`` are bold rows at its end."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]] = ()
    empty: str = "None."


@dataclass(frozen=True)
class Picture:
    """An SVG text of :mod:`base.svg`."""

    svg: str


@dataclass(frozen=True)
class Code:
    """A QR code of ``content`` with lines of text beside it."""

    content: str
    beside: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Gap:
    """Empty space, in points."""

    height: float = 8


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Title | Heading | Text | Pairs | Table | Picture | Code | Gap | PageBreak


@dataclass(frozen=True)
class Attachment:
    """A file inside of the document: the source of its figures, or data that go with it."""

    name: str
    content: bytes
    mime: str
    description: str
    relationship: Literal["Source", "Data"] = "Source"


@dataclass(frozen=True)
class Document:
    """A whole document. ``dated`` (aware) is written into it as its date: nothing here asks what time it is.

    ``header`` stands on every page, ``watermark`` behind the text of every page.
    """

    title: str
    author: str
    subject: str
    dated: datetime
    blocks: Sequence[Block]
    header: str = ""
    footer: str = ""
    watermark: str = ""
    language: str = "en"
    attachments: Sequence[Attachment] = field(default_factory=tuple)
