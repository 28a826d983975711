"""Ink and the embedded typefaces: which one has a character, and how wide it is. The large ones are read on demand."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from base.pdf.setup import BODY, BOLD

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
FILES = {
    BODY: "NotoSans-Regular.ttf",
    BOLD: "NotoSans-Bold.ttf",
    "NotoSansArabic": "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew": "NotoSansHebrew-Regular.ttf",
    "NotoSansHangul": "NotoSansHangul-Regular.ttf",
    "NotoSansCJK": "NotoSansCJK-Regular.ttf",
}
FALLBACKS = ("NotoSansArabic", "NotoSansHebrew", "NotoSansHangul", "NotoSansCJK")
REPLACEMENT = "�"


class Face(NamedTuple):
    """A typeface: its name in the document, its characters, and their widths in thousandths of an em."""

    name: str
    characters: frozenset[int]
    widths: dict[int, float]


@cache
def face(name: str) -> Face:
    """A typeface, read and registered once a process."""
    font = TTFont(name, str(FOLDER / FILES[name]))
    pdfmetrics.registerFont(font)
    characters = frozenset(code for code, glyph in font.face.charToGlyph.items() if glyph)
    return Face(name, characters, {code: font.face.charWidths.get(code, 0) for code in characters})


@cache
def face_of(character: str, bold: bool) -> Face | None:
    """The typeface that has a character; None where none has. Only the body face has a bold cut."""
    code = ord(character)
    first = face(BOLD if bold else BODY)
    if code in first.characters:
        return first
    for name in FALLBACKS:
        if code in face(name).characters:
            return face(name)
    return None


@cache
def ink(colour: str) -> HexColor:
    """A colour such as #1f2937, read once."""
    return HexColor(colour)


def coverage() -> dict[str, int]:
    """How many characters each typeface has."""
    return {name: len(face(name).characters) for name in FILES}


# A canvas begins with the body face; it must be there before the first one.
face(BODY)
face(BOLD)
