"""Plain bars from zero, one row each; what is below zero lies left of the line."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from base.svg.parts import LIGHT, Number, Palette, box, fitted, hatch, line, svg, text

ROW = 22
TOP = 6
LABELS = 160
VALUES = 110


class Bar(NamedTuple):
    """One bar. ``style`` tells kinds apart without colour: certain is solid, likely hatched, at most an outline."""

    label: str
    value: Number
    shown: str
    style: Literal["solid", "hatched", "outline"] = "solid"


def bars(
    rows: Sequence[Bar],
    *,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 520,
) -> str:
    """The picture; all bars share one scale that contains zero. Values of one unit only."""
    values = [Fraction(row.value) for row in rows]
    low, high = min([Fraction(0), *values]), max([Fraction(0), *values])
    room = Fraction(width) - LABELS - VALUES
    scale = room / (high - low) if high > low else Fraction(0)
    zero = LABELS - low * scale
    parts: list[str] = []
    hatched: list[tuple[Number, Number, Number, Number]] = []
    for number, row in enumerate(rows):
        top = TOP + ROW * number
        length = Fraction(row.value) * scale
        area = (zero + min(length, Fraction(0)), top + 3, max(abs(length), Fraction(1)), ROW - 8)
        if row.style == "solid":
            parts.append(box(*area, fill=palette.strong, css="c-strong"))
        else:
            fill = palette.soft if row.style == "hatched" else palette.surface
            css = "c-soft" if row.style == "hatched" else "c-outline"
            parts.append(box(*area, fill=fill, stroke=palette.strong, css=css))
        if row.style == "hatched":
            hatched.append(area)
        baseline = top + ROW // 2 + 2
        parts.append(
            text(0, baseline, fitted(row.label, LABELS - 8, 8), size=8, fill=palette.ink, css="c-ink")
        )
        shown = fitted(row.shown, VALUES - 8, 8)
        parts.append(
            text(width, baseline, shown, size=8, fill=palette.ink, css="c-ink", anchor="end", bold=True)
        )
    parts.append(hatch(hatched, "slash", stroke=palette.strong, css="c-hatch"))
    bottom = TOP + ROW * len(rows)
    parts.append(line(zero, TOP - 3, zero, bottom, stroke=palette.line, css="c-line"))
    return svg(
        parts, width=width, height=bottom + TOP, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )
