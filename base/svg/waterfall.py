"""A waterfall: from a whole, step by step, to what is left of it, with the clause under every step."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from base.svg.parts import LIGHT, Number, Palette, box, fitted, hatch, line, svg, text

ROW = 27
TOP = 6
LABELS = 186
VALUES = 132


class Step(NamedTuple):
    """One row. A ``total`` begins at zero, ``less`` and ``more`` begin where the row before ended, and a
    ``fact`` has no bar. Rows of one ``unit`` share a scale; ``value`` is not negative."""

    label: str
    rule: str
    kind: Literal["total", "less", "more", "fact"]
    unit: str
    value: Number
    shown: str
    note: str = ""


def waterfall(
    bars: Sequence[Step],
    *,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 520,
) -> str:
    """The picture, one row a step, from top to bottom; lengths are measured from zero."""
    left, room = Fraction(LABELS), Fraction(width) - LABELS - VALUES
    reach = _reach(bars)
    parts: list[str] = [line(left, TOP, left, TOP + ROW * len(bars), stroke=palette.line, css="c-line")]
    falling: list[tuple[Number, Number, Number, Number]] = []
    rising: list[tuple[Number, Number, Number, Number]] = []
    ends: dict[str, Fraction] = {}
    for row, step in enumerate(bars):
        top = TOP + ROW * row
        parts += _words(step, top, Fraction(width), palette)
        if step.kind == "fact":
            continue
        begin, end = _span(step, ends.get(step.unit, Fraction(0)))
        scale = room / reach[step.unit] if reach[step.unit] else Fraction(0)
        x, length = left + min(begin, end) * scale, abs(end - begin) * scale
        area = (x, top + 5, max(length, Fraction(1)), 15)
        if step.kind == "total":
            parts.append(box(*area, fill=palette.strong, css="c-strong"))
        else:
            parts.append(box(*area, fill=palette.soft, stroke=palette.strong, css="c-soft"))
            (falling if step.kind == "less" else rising).append(area)
        ends[step.unit] = end
        if row + 1 < len(bars) and bars[row + 1].unit == step.unit:
            at = left + end * scale
            parts.append(
                line(at, top + 20, at, top + ROW + 5, stroke=palette.muted, css="c-muted-line", dashed=True)
            )
    parts.append(hatch(falling, "slash", stroke=palette.strong, css="c-hatch"))
    parts.append(hatch(rising, "cross", stroke=palette.strong, css="c-hatch"))
    height = TOP * 2 + ROW * len(bars)
    return svg(
        parts, width=width, height=height, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def _span(step: Step, before: Fraction) -> tuple[Fraction, Fraction]:
    value = Fraction(step.value)
    if step.kind == "total":
        return Fraction(0), value
    return (before, before - value) if step.kind == "less" else (before, before + value)


def _reach(bars: Sequence[Step]) -> dict[str, Fraction]:
    """The longest reach of each unit, from which its scale follows."""
    reach: dict[str, Fraction] = {}
    ends: dict[str, Fraction] = {}
    for step in bars:
        if step.kind == "fact":
            continue
        span = _span(step, ends.get(step.unit, Fraction(0)))
        ends[step.unit] = span[1]
        reach[step.unit] = max(reach.get(step.unit, Fraction(0)), *span)
    return reach


def _words(step: Step, top: int, width: Fraction, palette: Palette) -> list[str]:
    right = width - 2
    words = [
        text(2, top + 12, fitted(step.label, LABELS - 8, 9), size=9, fill=palette.ink, css="c-ink"),
        text(2, top + 21, fitted(step.rule, LABELS - 8, 7), size=7, fill=palette.muted, css="c-muted"),
        text(
            right,
            top + 12,
            fitted(step.shown, VALUES - 8, 9),
            size=9,
            fill=palette.ink,
            css="c-ink",
            anchor="end",
            bold=step.kind in ("total", "fact"),
        ),
    ]
    if step.note:
        note = fitted(step.note, VALUES - 8, 7)
        words.append(text(right, top + 21, note, size=7, fill=palette.muted, css="c-muted", anchor="end"))
    return words
