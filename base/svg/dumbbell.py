"""A dumbbell chart: two figures of the same thing on one line, such as reported and measured."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from base.svg.parts import LIGHT, Number, Palette, fitted, line, pt, svg, text

ROW = 20
HEAD = 34
LABELS = 150
VALUES = 150


class Pair(NamedTuple):
    """Two figures. ``None`` is a figure that is not known; nothing is drawn in its place."""

    label: str
    left: Number | None
    right: Number | None
    left_shown: str
    right_shown: str
    disputed: bool = False


def dumbbell(
    pairs: Sequence[Pair],
    *,
    title: str,
    desc: str,
    id_prefix: str,
    left_name: str = "reported",
    right_name: str = "measured",
    palette: Palette = LIGHT,
    width: Number = 620,
) -> str:
    """The picture. Its scale begins at the lowest and ends at the highest figure, and both ends are written on it;
    a position, unlike a bar, need not begin at zero."""
    figures = [Fraction(one) for pair in pairs for one in (pair.left, pair.right) if one is not None]
    low, high = (min(figures), max(figures)) if figures else (Fraction(0), Fraction(1))
    if low == high:
        low, high = low - 1, high + 1
    left, right = Fraction(LABELS + 10), Fraction(width) - VALUES - 10
    scale = (right - left) / (high - low)
    parts = _head(left, right, low, high, left_name, right_name, palette)
    for row, pair in enumerate(pairs):
        middle = HEAD + ROW * row + ROW // 2
        parts.append(
            text(0, middle + 3, fitted(pair.label, LABELS - 6, 8), size=8, fill=palette.ink, css="c-ink")
        )
        parts.append(line(left, middle, right, middle, stroke=palette.soft, css="c-soft-line"))
        at = [
            None if one is None else left + (Fraction(one) - low) * scale for one in (pair.left, pair.right)
        ]
        if at[0] is not None and at[1] is not None:
            stroke, css = (
                (palette.states["down"], "c-down-line")
                if pair.disputed
                else (palette.strong, "c-strong-line")
            )
            thick = "3" if pair.disputed else "1.5"
            parts.append(line(at[0], middle, at[1], middle, stroke=stroke, css=css, width=thick))
        parts += [
            _mark(x, middle, filled=filled, palette=palette)
            for x, filled in ((at[0], False), (at[1], True))
            if x is not None
        ]
        shown = f"{pair.left_shown or '-'} / {pair.right_shown or '-'}{'  disputed' if pair.disputed else ''}"
        parts.append(
            text(
                Fraction(width),
                middle + 3,
                fitted(shown, VALUES - 4, 8),
                size=8,
                fill=palette.ink,
                css="c-ink",
                anchor="end",
                bold=pair.disputed,
            )
        )
    height = HEAD + ROW * len(pairs) + 6
    return svg(
        parts, width=width, height=height, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def _mark(x: Fraction, y: int, *, filled: bool, palette: Palette) -> str:
    fill = palette.strong if filled else palette.surface
    radius = Fraction(5, 2) if filled else Fraction(9, 2)
    return (
        f'<circle cx="{pt(x)}" cy="{pt(y)}" r="{pt(radius)}" fill="{fill}" stroke="{palette.strong}" '
        f'stroke-width="1.25" class="{"c-dot-full" if filled else "c-dot-empty"}"/>'
    )


def _head(
    left: Fraction,
    right: Fraction,
    low: Fraction,
    high: Fraction,
    left_name: str,
    right_name: str,
    palette: Palette,
) -> list[str]:
    return [
        _mark(Fraction(6), 8, filled=False, palette=palette),
        text(14, 11, left_name, size=8, fill=palette.ink, css="c-ink"),
        _mark(Fraction(86), 8, filled=True, palette=palette),
        text(94, 11, right_name, size=8, fill=palette.ink, css="c-ink"),
        text(left, 25, _end(low), size=7, fill=palette.muted, css="c-muted", anchor="middle"),
        text(right, 25, _end(high), size=7, fill=palette.muted, css="c-muted", anchor="middle"),
        line(left, 29, right, 29, stroke=palette.line, css="c-line"),
        line(left, 27, left, 31, stroke=palette.line, css="c-line"),
        line(right, 27, right, 31, stroke=palette.line, css="c-line"),
    ]


def _end(value: Fraction) -> str:
    """An end of the scale, to four decimals at most."""
    shown = Decimal(round(value * 10_000)) / 10_000
    return f"{shown:f}"
