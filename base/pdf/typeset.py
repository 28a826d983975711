"""From a text as it is stored to lines of runs as they are drawn: faces, right-to-left order, breaking.

Nothing is dropped in silence. A character that no face has, and a sign that would turn the order of others
without being seen (U+202A to U+202E, U+2066 to U+2069), is drawn as the replacement character and remembered,
so that the document can list it.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from arabic_reshaper import ArabicReshaper
from bidi import get_display

from base.pdf import faces
from base.pdf.setup import BODY, BOLD

_RESHAPER = ArabicReshaper({"delete_harakat": False, "support_ligatures": True})
# Invisible by definition: joiners, marks of direction, selectors of a variant, the soft hyphen.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
_INVISIBLE_BUT_JOINERS = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufe00-\ufe0f\ufeff]")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_ARABIC = re.compile("[\u0600-\u08ff]")
_WIDE = "\u1100-\u11ff\u2e80-\u303f\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uf900-\ufaff\uff01-\uff60"
# A line may break after spaces, after a slash, and around every wide character, but not before what closes.
_CLOSING = "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff09\u300d\u300f\u3011\u3009\u300b\u3005\u30fc"
_PIECES = re.compile(f"[{_WIDE}][{_CLOSING}]*|[^\\s/{_WIDE}]+/*\\s*|/+\\s*|\\s+")
_JOINTS = "-/_.:"
_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">", "«": "»"}
_BACK = {closing: opening for opening, closing in _PAIRS.items()}


class Run(NamedTuple):
    """Characters of one face, in the order in which they are drawn."""

    face: str
    text: str
    width: float


class Line(NamedTuple):
    """One line, from left to right, and its width in points."""

    runs: tuple[Run, ...]
    width: float


class Typesetter:
    """Sets the texts of one document, and remembers what it could not show."""

    def __init__(self) -> None:
        self.missing: set[str] = set()

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """The width in points of a text that is not broken."""
        return _width(text, bold) * size / 1000

    def line(self, text: str, size: float, *, bold: bool = False) -> Line:
        """A text as one line, however wide."""
        return self._line(self._prepared(text.replace("\n", " ")), size, bold, _base(text))

    def lines(self, text: str, size: float, room: float, *, bold: bool = False) -> list[Line]:
        """A text broken into lines of at most ``room`` points; an empty text is one empty line."""
        found: list[Line] = []
        for paragraph in text.split("\n"):
            prepared = self._prepared(paragraph)
            base = "L" if prepared.isascii() else _base(paragraph)
            if _width(prepared, bold) * size <= room * 1000:
                found.append(self._line(prepared, size, bold, base))
                continue
            broken = _broken(prepared, room * 1000 / size, bold)
            found.extend(self._line(part, size, bold, base) for part in broken)
        return found

    def _prepared(self, text: str) -> str:
        """Normalised, with what cannot be shown replaced, and Arabic letters in the shapes that they take."""
        if text.isascii() and text.isprintable():
            return text
        text = _INVISIBLE_BUT_JOINERS.sub("", unicodedata.normalize("NFC", text.replace("\t", " ")))
        text = "".join(self._shown(one) for one in text)
        if _ARABIC.search(text):
            text = str(_RESHAPER.reshape(text))
        return _INVISIBLE.sub("", text)

    def _shown(self, one: str) -> str:
        if one in "\u200c\u200d":
            return one
        if one not in _TURNING and faces.face_of(one, False) is not None:
            return one
        self.missing.add(one)
        return faces.REPLACEMENT

    def _line(self, text: str, size: float, bold: bool, base: str) -> Line:
        text = text.rstrip()
        if text.isascii():
            name = BOLD if bold else BODY
            width = _width(text, bold) * size / 1000
            return Line((Run(name, text, width),) if text else (), width)
        if _RIGHT_TO_LEFT.search(text):
            text = _mirrored(str(get_display(text, base_dir=base)))
        runs: list[Run] = []
        name, collected = "", ""
        for one in text:
            found = faces.face_of(one, bold)
            wanted = found.name if found else name
            if wanted != name and collected:
                runs.append(_run(name, collected, size))
                collected = ""
            name, collected = wanted, collected + one
        if collected:
            runs.append(_run(name, collected, size))
        return Line(tuple(runs), sum(run.width for run in runs))


def _base(text: str) -> str:
    """The direction of a paragraph: right to left where it begins with such a letter and most letters are so.

    An English sentence that begins with an Arabic name stays an English sentence.
    """
    letters = [one for one in map(unicodedata.bidirectional, text) if one in ("L", "R", "AL")]
    if not letters or letters[0] == "L":
        return "L"
    return "L" if letters.count("L") * 2 > len(letters) else "R"


def _run(name: str, text: str, size: float) -> Run:
    widths = faces.face(name).widths
    return Run(name, text, sum(widths.get(ord(one), 0) for one in text) * size / 1000)


@lru_cache(maxsize=8192)
def _width(text: str, bold: bool) -> float:
    """In thousandths of an em. The width does not depend on the order; most cells of a table come again."""
    widths = faces.face(BOLD if bold else BODY).widths
    try:
        return sum([widths[ord(one)] for one in text])
    except KeyError:
        return sum(_width_of(one, bold) for one in text)


def _width_of(one: str, bold: bool) -> float:
    found = faces.face_of(one, bold)
    return found.widths[ord(one)] if found else 0.0


def _broken(text: str, room: float, bold: bool) -> list[str]:
    """Greedily: pieces as long as they fit, and a piece that is wider than a line cut where it must be."""
    lines, line, used = [], "", 0.0
    for piece in _PIECES.findall(text):
        wide, bare = _width(piece, bold), _width(piece.rstrip(), bold)
        if line and used + bare > room:
            lines.append(line)
            line, used = "", 0.0
        while bare > room and len(piece) > 1:
            at = _cut(piece, room, bold)
            lines.append(piece[:at])
            piece = piece[at:]
            wide, bare = _width(piece, bold), _width(piece.rstrip(), bold)
        line, used = line + piece, used + wide
    if line.strip() or not lines:
        lines.append(line)
    return lines


def _cut(piece: str, room: float, bold: bool) -> int:
    """How many characters of a piece stand on the line: up to the last joint that fits (a hyphen, a slash, a dot), or
    else as many as fit; at least one, and no mark is parted from its letter."""
    used, joint = 0.0, 0
    for at, one in enumerate(piece):
        used += _width(one, bold)
        if used > room and at and not unicodedata.combining(one):
            return joint if joint * 3 > at else at
        if one in _JOINTS:
            joint = at + 1
    return len(piece)


def _mirrored(visual: str) -> str:
    """Brackets of right-to-left text as they are to be drawn.

    In the order from left to right a closing bracket without an opening one before it can only come from
    right-to-left text, and so can an opening one that is never closed: both are exchanged for their mirror images.
    """
    characters = list(visual)
    opened: list[int] = []
    turned: list[int] = []
    for at, one in enumerate(characters):
        if one in _PAIRS:
            opened.append(at)
        elif one in _BACK:
            if opened and characters[opened[-1]] == _BACK[one]:
                opened.pop()
            else:
                turned.append(at)
    for at in [*opened, *turned] if turned and opened else []:
        characters[at] = _PAIRS.get(characters[at]) or _BACK[characters[at]]
    return "".join(characters)


def describe(character: str) -> str:
    """A character by its code point and its name."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name').lower()}"
