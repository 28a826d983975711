"""What all pictures share: palettes, exact coordinates, text that fits, hatches as one computed path.

The text has two readers: a browser, and the drawing into a PDF (``base.pdf.picture``), which knows few elements and
refuses the rest. So there are no patterns, masks, markers, variables and no group opacity: sizes are in points,
everything is a presentation attribute, and a style sheet of the page may still recolour by class.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

Number = int | Decimal | Fraction
FAMILY = "Noto Sans, sans-serif"
STATES = ("up", "degraded", "down", "excluded", "unknown", "not_yet")
STATE_WORDS = {
    "up": "up",
    "degraded": "degraded",
    "down": "down",
    "excluded": "excluded",
    "unknown": "unknown",
    "not_yet": "not yet existing",
}


@dataclass(frozen=True)
class Palette:
    """The colours of one appearance. Text on ``surface`` has a contrast of at least 4.5 to 1."""

    ink: str
    muted: str
    line: str
    surface: str
    strong: str
    soft: str
    states: dict[str, str]
    marks: dict[str, str]


LIGHT = Palette(
    ink="#1f2937",
    muted="#4b5563",
    line="#9ca3af",
    surface="#ffffff",
    strong="#1d4e89",
    soft="#dbe7f5",
    states={
        "up": "#d5ecd9",
        "degraded": "#f6c667",
        "down": "#a3161f",
        "excluded": "#cfe0f5",
        "unknown": "#e5e7eb",
        "not_yet": "#ffffff",
    },
    marks={
        "up": "#8bb894",
        "degraded": "#6b4700",
        "down": "#a3161f",
        "excluded": "#1d4e89",
        "unknown": "#4b5563",
        "not_yet": "#9ca3af",
    },
)
DARK = Palette(
    ink="#f3f4f6",
    muted="#c3c9d2",
    line="#6b7280",
    surface="#111827",
    strong="#8ab8f0",
    soft="#24364d",
    states={
        "up": "#1e4d2b",
        "degraded": "#8a5a00",
        "down": "#ff8a8a",
        "excluded": "#1f3a5f",
        "unknown": "#374151",
        "not_yet": "#111827",
    },
    marks={
        "up": "#4d8a5e",
        "degraded": "#ffd78a",
        "down": "#ff8a8a",
        "excluded": "#a9cdf8",
        "unknown": "#d1d5db",
        "not_yet": "#6b7280",
    },
)


def pt(value: Number) -> str:
    """A coordinate in points with at most two decimals, computed exactly; the same on every machine."""
    hundredths = round(Fraction(value) * 100)
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:02d}".rstrip("0")


@lru_cache(maxsize=4096)
def width_of(text: str, size: Number) -> Fraction:
    """About how wide a text is: half an em and a bit for a letter, one em for a wide character."""
    ems = sum(
        Fraction(1)
        if unicodedata.east_asian_width(one) in "WF"
        else Fraction(3, 10)
        if one in " .,:;|ilI'()[]"
        else Fraction(0)
        if unicodedata.combining(one)
        else Fraction(58, 100)
        for one in text
    )
    return ems * Fraction(size)


def fitted(text: str, width: Number, size: Number) -> str:
    """The text, cut with an ellipsis where it is wider than ``width``. The table beside the picture has it whole."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def text(
    x: Number,
    y: Number,
    words: str,
    *,
    size: Number,
    fill: str,
    css: str,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """One line of text; ``y`` is its baseline."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{pt(x)}" y="{pt(y)}" font-family="{FAMILY}" font-size="{pt(size)}"{weight} '
        f'text-anchor="{anchor}" fill="{fill}" class="{css}">{escape(clean(words))}</text>'
    )


def box(
    x: Number,
    y: Number,
    width: Number,
    height: Number,
    *,
    fill: str,
    css: str,
    stroke: str = "none",
    dashed: bool = False,
) -> str:
    """A rectangle."""
    line = "" if stroke == "none" else f' stroke="{stroke}" stroke-width="0.75"'
    dash = ' stroke-dasharray="2 2"' if dashed else ""
    return (
        f'<rect x="{pt(x)}" y="{pt(y)}" width="{pt(width)}" height="{pt(height)}" fill="{fill}"{line}{dash} '
        f'class="{css}"/>'
    )


def line(
    x1: Number,
    y1: Number,
    x2: Number,
    y2: Number,
    *,
    stroke: str,
    css: str,
    width: str = "0.75",
    dashed: bool = False,
) -> str:
    """A straight line."""
    dash = ' stroke-dasharray="2 2"' if dashed else ""
    return (
        f'<line x1="{pt(x1)}" y1="{pt(y1)}" x2="{pt(x2)}" y2="{pt(y2)}" stroke="{stroke}" '
        f'stroke-width="{width}"{dash} class="{css}"/>'
    )


Area = tuple[Number, Number, Number, Number]


def hatch(areas: Iterable[Area], kind: str, *, stroke: str, css: str, gap: Number = 4) -> str:
    """The hatch of all areas (x, y, width, height) as one path, each stroke cut at its area's edge.

    ``slash`` and ``cross`` are diagonal, ``level`` is horizontal. No area: no text.
    """
    strokes: list[str] = []
    step = Fraction(gap)
    for area in areas:
        x, y, width, height = (Fraction(value) for value in area)
        if kind == "level":
            strokes += _level(x, y, width, height, step)
        else:
            strokes += _slashes(x, y, width, height, step, rising=True)
        if kind == "cross":
            strokes += _slashes(x, y, width, height, step, rising=False)
    if not strokes:
        return ""
    return f'<path d="{"".join(strokes)}" fill="none" stroke="{stroke}" stroke-width="0.6" class="{css}"/>'


def _level(x: Fraction, y: Fraction, width: Fraction, height: Fraction, step: Fraction) -> list[str]:
    strokes, at = [], step / 2
    while at < height:
        strokes.append(f"M{pt(x)} {pt(y + at)}H{pt(x + width)}")
        at += step
    return strokes


def _slashes(
    x: Fraction, y: Fraction, width: Fraction, height: Fraction, step: Fraction, *, rising: bool
) -> list[str]:
    """Lines at 45 degrees whose foot wanders from one corner to the opposite one."""
    strokes, at = [], step
    while at < width + height:
        # Measured from the corner where the hatch begins: (over, 0) to (0, over), cut at the two far edges.
        from_x, from_y = (at, Fraction(0)) if at <= width else (width, at - width)
        to_x, to_y = (Fraction(0), at) if at <= height else (at - height, height)
        if not rising:
            from_y, to_y = height - from_y, height - to_y
        strokes.append(f"M{pt(x + from_x)} {pt(y + from_y)}L{pt(x + to_x)} {pt(y + to_y)}")
        at += step
    return strokes


def svg(
    parts: Sequence[str],
    *,
    width: Number,
    height: Number,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette,
    with_links: bool = False,
) -> str:
    """The whole picture, named by its title and described by its description.

    A picture with links is a group to a screen reader, so that the links in it can be reached.
    """
    role = "group" if with_links else "img"
    names = f"{id_prefix}-title", f"{id_prefix}-desc"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{pt(width)}pt" height="{pt(height)}pt" '
        f'viewBox="0 0 {pt(width)} {pt(height)}" role="{role}" '
        f"aria-labelledby={quoteattr(names[0])} aria-describedby={quoteattr(names[1])}>"
        f"<title id={quoteattr(names[0])}>{escape(clean(title))}</title>"
        f"<desc id={quoteattr(names[1])}>{escape(clean(desc))}</desc>"
        f"{box(0, 0, width, height, fill=palette.surface, css='c-surface')}{''.join(parts)}</svg>"
    )


def clean(words: str) -> str:
    """The text without what XML cannot carry; each such character is shown as the replacement character."""
    return "".join(
        one if one >= " " and not 0xD800 <= ord(one) <= 0xDFFF and ord(one) not in (0xFFFE, 0xFFFF) else "�"
        for one in words.replace("\n", " ").replace("\t", " ")
    )
