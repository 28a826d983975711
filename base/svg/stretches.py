"""The stretches of a window: to scale above, and one by one below, since minutes of a month are a hair's breadth."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from base.svg.heatmap import HATCHES, State
from base.svg.parts import LIGHT, STATE_WORDS, Area, Number, Palette, box, fitted, hatch, line, svg, text

SCALE_TOP, SCALE_HEIGHT = 18, 26
EACH_TOP, EACH_HEIGHT = 84, 26
MOST = 10


class Stretch(NamedTuple):
    """Time in one state; ``start`` and ``end`` are shares of the window, which a stretch may stick out of."""

    start: Fraction
    end: Fraction
    state: State
    shown: str


def stretches(
    parts_of: Sequence[Stretch],
    *,
    begins: str,
    ends: str,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 700,
) -> str:
    """The picture. Beyond ``MOST`` stretches those below are left to the table; above all are drawn."""
    wide = Fraction(width)
    marks: dict[str, list[Area]] = {"excluded": [], "unknown": []}
    whole: Area = (0, SCALE_TOP, wide, SCALE_HEIGHT)
    parts = [
        text(0, 11, begins, size=8, fill=palette.muted, css="c-muted"),
        text(wide, 11, ends, size=8, fill=palette.muted, css="c-muted", anchor="end"),
        box(*whole, fill=palette.states["up"], stroke=palette.marks["up"], css="c-up"),
    ]
    shown = list(parts_of)[:MOST]
    each = wide / max(len(shown), 1)
    for number, one in enumerate(parts_of):
        left, right = max(one.start, Fraction(0)) * wide, min(one.end, Fraction(1)) * wide
        if right > left:
            area: Area = (left, SCALE_TOP, max(right - left, Fraction(3, 2)), SCALE_HEIGHT)
            parts.append(_box(area, one.state, palette))
            if right - left > 4 and one.state in marks:
                marks[one.state].append(area)
        if number >= MOST:
            continue
        at = each * number
        middle = min(max((left + right) / 2, Fraction(0)), wide)
        foot = SCALE_TOP + SCALE_HEIGHT
        parts.append(line(middle, foot, at + each / 2, EACH_TOP - 16, stroke=palette.line, css="c-line"))
        words = fitted(f"{STATE_WORDS[one.state]}, {one.shown}", each - 4, 8)
        parts.append(text(at + 2, EACH_TOP - 5, words, size=8, fill=palette.ink, css="c-ink"))
        area = (at + 1, EACH_TOP, max(each - 4, Fraction(2)), EACH_HEIGHT)
        parts.append(_box(area, one.state, palette))
        if one.state in marks:
            marks[one.state].append(area)
    for state, areas in marks.items():
        gap = Fraction(7, 2) if state == "excluded" else Fraction(4)
        css = f"c-mark-{state}"
        parts.append(hatch(areas, HATCHES[state], stroke=palette.marks[state], css=css, gap=gap))
    bottom = EACH_TOP + EACH_HEIGHT + 6 if shown else SCALE_TOP + SCALE_HEIGHT + 6
    return svg(
        parts, width=width, height=bottom, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def _box(area: Area, state: str, palette: Palette) -> str:
    stroke = palette.marks[state]
    return box(*area, fill=palette.states[state], stroke=stroke, css=f"c-{state}")
