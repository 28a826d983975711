"""A curve of steps: which share of months would have kept a promise, by how high it is."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from base.svg.parts import LIGHT, Number, Palette, line, pt, svg, text

LEFT, TOP, HEIGHT, FOOT, RIGHT = 44, 14, 150, 30, 14


class Mark(NamedTuple):
    """An upright line at a level, such as the target."""

    at: Fraction
    name: str


def step_curve(
    levels: Sequence[Fraction],
    marks: Sequence[Mark],
    *,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 560,
) -> str:
    """The share of ``levels`` that reach a target, for every target from the lowest level to 100 %.

    Levels are ratios from 0 to 1. Raises ValueError without any.
    """
    if not levels:
        raise ValueError("levels: there is none, so there is nothing to draw")
    ordered = sorted(levels)
    low = min([ordered[0], *(mark.at for mark in marks)])
    low = min(low, Fraction(9999, 10000))
    scale = (Fraction(width) - LEFT - RIGHT) / (1 - low)
    foot = TOP + HEIGHT

    def across(value: Fraction) -> Fraction:
        return LEFT + (value - low) * scale

    def up(share: Fraction) -> Fraction:
        return foot - share * HEIGHT

    count = len(ordered)
    path = [f"M{pt(across(low))} {pt(up(Fraction(1)))}"]
    for number, level in enumerate(ordered):
        # The drawing into a PDF knows no V.
        path.append(f"H{pt(across(level))}L{pt(across(level))} {pt(up(Fraction(count - number - 1, count)))}")
    path.append(f"H{pt(across(Fraction(1)))}")
    parts = []
    for share in (Fraction(0), Fraction(1, 2), Fraction(1)):
        y = up(share)
        parts.append(
            line(LEFT, y, Fraction(width) - RIGHT, y, stroke=palette.line, css="c-line", dashed=share > 0)
        )
        shown = f"{share.numerator * 100 // share.denominator} %"
        parts.append(text(LEFT - 6, y + 3, shown, size=8, fill=palette.muted, css="c-muted", anchor="end"))
    for mark in marks:
        x = across(mark.at)
        parts.append(line(x, TOP - 4, x, foot, stroke=palette.ink, css="c-line", dashed=True))
        parts.append(text(x, TOP - 6, mark.name, size=8, fill=palette.ink, css="c-ink", anchor="middle"))
    drawn = f'<path d="{"".join(path)}" fill="none" stroke="{palette.strong}" stroke-width="2" class="c-strong-line"/>'
    parts.append(drawn)
    for value, anchor in ((low, "start"), (Fraction(1), "end")):
        shown = f"{_percent(value)} %"
        parts.append(
            text(across(value), foot + 13, shown, size=8, fill=palette.muted, css="c-muted", anchor=anchor)
        )
    parts.append(text(LEFT, foot + 26, "Target", size=8, fill=palette.muted, css="c-muted"))
    return svg(
        parts, width=width, height=foot + FOOT, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def _percent(value: Fraction) -> str:
    """Down to four decimals: an axis never promises more than was reached."""
    units = value * 1_000_000 // 1
    whole, rest = divmod(units, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")
