"""Columns by month, several side by side: what different terms would have cost. A month that is unknown is hatched."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from base.svg.parts import LIGHT, Area, Number, Palette, box, fitted, hatch, line, svg, text
from base.svg.tables import Rows

Style = Literal["solid", "hatched", "outline", "level"]
STYLES: tuple[Style, ...] = ("solid", "hatched", "outline", "level")
UNKNOWN = "unknown"

LEFT, TOP, HEIGHT, FOOT, KEY = 54, 20, 130, 34, 18
GAP = Fraction(3)


class Series(NamedTuple):
    """One set of columns: a value for each month, ``UNKNOWN``, or None where the month has none of its own.

    ``shown`` are the same in words, for the table.
    """

    name: str
    values: tuple[Decimal | Literal["unknown"] | None, ...]
    shown: tuple[str, ...]


def month_columns(
    months: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 760,
) -> str:
    """The picture. All columns share one scale from zero; at most four series, told apart without colour.

    Raises ValueError for more, or for a series that has not one value for each month.
    """
    if not 1 <= len(series) <= len(STYLES):
        raise ValueError(f"series: {len(series)} were given; 1 to {len(STYLES)} can be told apart")
    if any(len(one.values) != len(months) or len(one.shown) != len(months) for one in series):
        raise ValueError("series: each needs one value for every month")
    known = [value for one in series for value in one.values if isinstance(value, Decimal)]
    highest = max([Fraction(0), *(Fraction(value) for value in known)])
    slot = (Fraction(width) - LEFT) / max(len(months), 1)
    each = (slot - GAP) / len(series)
    top, foot = TOP + KEY, TOP + KEY + HEIGHT
    parts, areas = _frame(highest, unit, palette, width)
    for at, one in enumerate(series):
        for number, value in enumerate(one.values):
            x = LEFT + slot * number + GAP / 2 + each * at
            if value is None:
                continue
            if value == UNKNOWN:
                area: Area = (x, top, each, HEIGHT)
                parts.append(box(*area, fill=palette.states["unknown"], css="c-unknown"))
                areas["unknown"].append(area)
                continue
            tall = Fraction(value) / highest * HEIGHT if highest else Fraction(0)
            tall = max(tall, Fraction(1))
            area = (x, foot - tall, each, tall)
            parts.append(_column(area, STYLES[at], palette))
            areas[STYLES[at]].append(area)
    parts.append(hatch(areas["hatched"], "slash", stroke=palette.strong, css="c-hatch", gap=3))
    parts.append(hatch(areas["level"], "level", stroke=palette.strong, css="c-hatch", gap=3))
    parts.append(
        hatch(areas["unknown"], "cross", stroke=palette.marks["unknown"], css="c-mark-unknown", gap=5)
    )
    parts.append(line(LEFT, foot, width, foot, stroke=palette.line, css="c-line"))
    parts += _names(months, slot, foot, palette) + _key([one.name for one in series], areas, palette, width)
    return svg(
        parts, width=width, height=foot + FOOT, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def month_table(months: Sequence[str], series: Sequence[Series]) -> Rows:
    """The same values as a table."""
    rows = tuple((month, *(one.shown[at] for one in series)) for at, month in enumerate(months))
    return Rows(("Month", *(one.name for one in series)), rows)


def _frame(
    highest: Fraction, unit: str, palette: Palette, width: Number
) -> tuple[list[str], dict[str, list[Area]]]:
    """The line at the highest value, with what it is."""
    top = TOP + KEY
    parts = [
        line(LEFT, top, width, top, stroke=palette.line, css="c-line", dashed=True),
        text(LEFT - 6, TOP + KEY + HEIGHT, "0", size=8, fill=palette.muted, css="c-muted", anchor="end"),
    ]
    if highest:
        shown = fitted(f"{round(highest):,}", LEFT - 6, 8)
        parts.append(text(LEFT - 6, top + 4, shown, size=8, fill=palette.muted, css="c-muted", anchor="end"))
    parts.append(text(0, 8, unit, size=8, fill=palette.muted, css="c-muted"))
    return parts, {name: [] for name in (*STYLES, "unknown")}


def _column(area: Area, style: Style, palette: Palette) -> str:
    if style == "solid":
        return box(*area, fill=palette.strong, css="c-strong")
    if style == "hatched":
        return box(*area, fill=palette.soft, stroke=palette.strong, css="c-soft")
    return box(*area, fill=palette.surface, stroke=palette.strong, css="c-outline")


def _names(months: Sequence[str], slot: Fraction, foot: int, palette: Palette) -> list[str]:
    """Every month where there is room, else every third; the year under its first month."""
    step = 1 if slot >= 26 else 3
    parts, year = [], ""
    for number, month in enumerate(months):
        middle = LEFT + slot * number + slot / 2
        named = month.partition("-")
        if number % step == 0:
            parts.append(
                text(middle, foot + 11, named[2], size=8, fill=palette.ink, css="c-ink", anchor="middle")
            )
        if named[0] != year:
            year = named[0]
            parts.append(
                text(middle, foot + 24, year, size=8, fill=palette.muted, css="c-muted", anchor="middle")
            )
    return parts


def _key(names: Sequence[str], areas: dict[str, list[Area]], palette: Palette, width: Number) -> list[str]:
    """What each look means; unknown only where there is any."""
    entries: list[tuple[str, Style | Literal["unknown"]]] = list(zip(names, STYLES, strict=False))
    if areas["unknown"]:
        entries.append(("unknown: no figure", "unknown"))
    room = (Fraction(width) - LEFT) / len(entries)
    parts = []
    for at, (name, style) in enumerate(entries):
        area: Area = (LEFT + room * at, 10, 10, 10)
        if style == "unknown":
            parts.append(box(*area, fill=palette.states["unknown"], css="c-unknown"))
            parts.append(hatch([area], "cross", stroke=palette.marks["unknown"], css="c-mark-unknown", gap=5))
        else:
            parts.append(_column(area, style, palette))
            kind = {"hatched": "slash", "level": "level"}.get(style)
            parts.append(hatch([area], kind, stroke=palette.strong, css="c-hatch", gap=3) if kind else "")
        shown = fitted(name, room - 18, 8)
        parts.append(text(LEFT + room * at + 14, 18, shown, size=8, fill=palette.ink, css="c-ink"))
    return parts
