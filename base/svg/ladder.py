"""The tier ladder: one column for each rung, as high as what it pays, with a mark where the reader stands.

Columns have the same width, whatever the stretch they stand for: a scale of a month would hide the first hour, in
which most contracts are lost.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from base.svg.parts import LIGHT, Area, Number, Palette, box, fitted, hatch, line, pt, svg, text

HEAD = 30
HEIGHT = 96
FOOT = 44
FLOOR = 10
MOST = 12


class Stair(NamedTuple):
    """One rung. ``amount`` is what it pays, ``before`` what it would pay without a cap; ``begins`` is the words of
    its threshold."""

    begins: str
    shown: str
    kind: Literal["kept", "pays", "nothing", "open"]
    amount: Number = 0
    before: Number = 0
    growing: bool = False


class Here(NamedTuple):
    """Where the reader stands: in which rung, and how far through it from 0 to 1."""

    rung: int
    share: Fraction
    shown: str


def tier_ladder(
    stairs: Sequence[Stair],
    *,
    here: Here | None,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 480,
) -> str:
    """The picture. Beyond ``MOST`` rungs the last column stands for the rest; the table beside it has them all."""
    drawn = list(stairs[:MOST])
    column = Fraction(width) / max(len(drawn), 1)
    top = max((max(Fraction(one.amount), Fraction(one.before)) for one in drawn), default=Fraction(0))
    scale = Fraction(HEIGHT - 16) / top if top else Fraction(0)
    parts: list[str] = []
    marks: dict[str, list[Area]] = {"pays": [], "nothing": [], "open": []}
    base = HEAD + HEIGHT
    for number, one in enumerate(drawn):
        left = column * number
        parts += _column(one, left, column, base, scale, marks, palette)
        shown = one.begins if number < MOST - 1 or len(stairs) <= MOST else "and further"
        # Neighbours take turns between two lines, so that each has the room of two columns.
        low = base + 13 + (14 if number % 2 else 0)
        parts.append(line(left, base, left, base + 4, stroke=palette.line, css="c-line"))
        words = fitted(shown, column * 2 - 4 if number + 1 < len(drawn) else column - 2, 7)
        parts.append(text(left + 2, low, words, size=7, fill=palette.muted, css="c-muted"))
    parts.append(hatch(marks["pays"], "slash", stroke=palette.surface, css="c-cut", gap=5))
    parts.append(
        hatch(marks["nothing"], "level", stroke=palette.marks["degraded"], css="c-mark-degraded", gap=3)
    )
    parts.append(hatch(marks["open"], "cross", stroke=palette.marks["unknown"], css="c-mark-unknown"))
    parts.append(line(0, base, width, base, stroke=palette.ink, css="c-ink-line", width="1"))
    if here is not None:
        parts += _mark(here, column, len(drawn), base, Fraction(width), palette)
    return svg(
        parts, width=width, height=base + FOOT, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def _column(
    one: Stair,
    left: Fraction,
    column: Fraction,
    base: int,
    scale: Fraction,
    marks: dict[str, list[Area]],
    palette: Palette,
) -> list[str]:
    """The rung: a low strip where nothing is paid, else a bar; dashed above it what a cap takes away."""
    wide, label = max(column - 3, Fraction(1)), Fraction(0)
    if one.kind == "open":
        area: Area = (left + 1, HEAD + 16, wide, HEIGHT - 16)
        marks["open"].append(area)
        stroke = palette.marks["unknown"]
        parts = [box(*area, fill=palette.states["unknown"], stroke=stroke, dashed=True, css="c-unknown")]
        tall = Fraction(HEIGHT - 16)
    elif one.kind == "pays":
        tall = max(Fraction(one.amount) * scale, Fraction(FLOOR))
        area = (left + 1, base - tall, wide, tall)
        marks["pays"].append(area)
        parts = []
        if Fraction(one.before) > Fraction(one.amount):
            whole = Fraction(one.before) * scale
            lost: Area = (left + 1, base - whole, wide, whole - tall)
            label = whole
            parts.append(box(*lost, fill="none", stroke=palette.strong, dashed=True, css="c-strong-line"))
        parts.append(box(*area, fill=palette.strong, css="c-strong"))
        if one.growing:
            # It grows from its left to its right end: a line across the bar.
            strokes = f"M{pt(left + 1)} {pt(base)}L{pt(left + 1 + wide)} {pt(base - tall)}"
            parts.append(
                f'<path d="{strokes}" fill="none" stroke="{palette.surface}" stroke-width="2" class="c-cut"/>'
            )
    else:
        tall = Fraction(FLOOR)
        area = (left + 1, base - tall, wide, tall)
        state = "up" if one.kind == "kept" else "degraded"
        if one.kind == "nothing":
            marks["nothing"].append(area)
        parts = [box(*area, fill=palette.states[state], stroke=palette.marks[state], css=f"c-{state}")]
    words = fitted(one.shown, column - 2, 7)
    high = base - max(tall, label) - 4 if one.kind != "open" else HEAD + 12
    parts.append(
        text(
            left + column / 2, high, words, size=7, fill=palette.ink, css="c-ink", anchor="middle", bold=True
        )
    )
    return parts


def _mark(
    here: Here, column: Fraction, columns: int, base: int, width: Fraction, palette: Palette
) -> list[str]:
    rung = min(here.rung, columns - 1)
    x = column * rung + column * min(max(here.share, Fraction(0)), Fraction(1))
    anchor = "start" if x < width / 3 else "end" if x > width * 2 / 3 else "middle"
    return [
        line(x, 16, x, base + 4, stroke=palette.ink, css="c-ink-line", width="1.25"),
        f'<circle cx="{pt(x)}" cy="16" r="3" fill="{palette.ink}" stroke="{palette.ink}" class="c-ink"/>',
        text(x, 10, here.shown, size=8, fill=palette.ink, css="c-ink", anchor=anchor, bold=True),
    ]
