"""Stretches of time in rows of bands, with signs on them: which text of a contract stood when, and who signed."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from base.svg.parts import LIGHT, Area, Number, Palette, box, fitted, hatch, line, pt, svg, text
from base.svg.tables import Rows

LEFT = 150
ROW = 26
TOP = 26
RIGHT = 14

Style = Literal["solid", "soft", "hatched", "outline"]


class Band(NamedTuple):
    """One row: days [start, end), an open end is None; ``marks`` are days on which a sign stands on it.

    ``style`` tells kinds apart without colour. ``shown`` and ``note`` are for the table.
    """

    label: str
    start: date
    end: date | None
    style: Style
    shown: str
    marks: tuple[date, ...] = ()
    note: str = ""


def timeline(
    bands: Sequence[Band],
    *,
    title: str,
    desc: str,
    id_prefix: str,
    on: date | None = None,
    names: Sequence[tuple[Style, str]] = (),
    palette: Palette = LIGHT,
    width: Number = 760,
) -> str:
    """The picture: from the first day of all to a little after the last, open ends drawn to its edge; ``on`` is a line.

    ``names`` says below what each style means. Raises ValueError for no bands.
    """
    if not bands:
        raise ValueError("bands: there is none, so there is no picture")
    first, last = _reach(bands, on)
    room = Fraction(width) - LEFT - RIGHT

    def at(day: date) -> Fraction:
        inside = min(max(day, first), last)
        return LEFT + room * (inside - first).days / (last - first).days

    parts = _years(first, last, at, len(bands), palette)
    hatched: list[Area] = []
    for number, band in enumerate(bands):
        parts += _row(band, number, at, Fraction(width) - RIGHT, hatched, palette)
    parts.append(hatch(hatched, "slash", stroke=palette.strong, css="c-hatch"))
    bottom = TOP + ROW * len(bands)
    for number, band in enumerate(bands):
        parts += [_sign(at(day), TOP + ROW * number + ROW // 2, palette) for day in band.marks]
    if on is not None:
        x = at(on)
        parts.append(line(x, TOP - 6, x, bottom + 2, stroke=palette.ink, css="c-line", dashed=True))
        parts.append(
            text(x, bottom + 12, on.isoformat(), size=8, fill=palette.ink, css="c-ink", anchor="middle")
        )
    parts += _names(names, bottom + 20, palette)
    height = bottom + (38 if names else 18)
    return svg(
        parts, width=width, height=height, title=title, desc=desc, id_prefix=id_prefix, palette=palette
    )


def timeline_table(bands: Sequence[Band]) -> Rows:
    """The same rows as text."""
    return Rows(
        ("Document", "From", "Until", "Signed on", "What it is", "Remark"),
        tuple(
            (
                band.label,
                band.start.isoformat(),
                band.end.isoformat() if band.end else "open",
                ", ".join(day.isoformat() for day in band.marks) or "—",
                band.shown,
                band.note,
            )
            for band in bands
        ),
    )


def _reach(bands: Sequence[Band], on: date | None) -> tuple[date, date]:
    days = [band.start for band in bands] + [band.end for band in bands if band.end]
    days += [day for band in bands for day in band.marks] + ([on] if on else [])
    first, last = min(days), max(days)
    margin = max((last - first).days // 12, 15)
    return first, date.fromordinal(min(last.toordinal() + margin, date.max.toordinal()))


def _years(first: date, last: date, at: object, rows: int, palette: Palette) -> list[str]:
    """The first days of years, or of quarters where the whole is short."""
    assert callable(at)
    long = (last - first).days > 800
    months = (1,) if long else (1, 4, 7, 10)
    days = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in months
        if first <= date(year, month, 1) <= last
    ]
    step = -(-len(days) // 14) or 1
    parts = []
    for day in days[::step]:
        x = at(day)
        shown = str(day.year) if long else f"{day:%Y-%m}"
        parts.append(line(x, TOP - 6, x, TOP + ROW * rows, stroke=palette.line, css="c-line"))
        parts.append(text(x, TOP - 10, shown, size=8, fill=palette.muted, css="c-muted", anchor="middle"))
    return parts


def _row(
    band: Band, number: int, at: object, edge: Fraction, hatched: list[Area], palette: Palette
) -> list[str]:
    assert callable(at)
    top = TOP + ROW * number
    x = at(band.start)
    end = edge if band.end is None else at(band.end)
    area: Area = (x, top + 5, max(end - x, Fraction(2)), ROW - 10)
    label = fitted(band.label, LEFT - 10, 8)
    parts = [text(0, top + ROW // 2 + 3, label, size=8, fill=palette.ink, css="c-ink")]
    if band.style == "solid":
        parts.append(box(*area, fill=palette.strong, css="c-strong"))
    elif band.style in ("soft", "hatched"):
        parts.append(box(*area, fill=palette.soft, stroke=palette.strong, css="c-soft"))
    else:
        parts.append(box(*area, fill=palette.surface, stroke=palette.strong, css="c-outline", dashed=True))
    if band.style == "hatched":
        hatched.append(area)
    if band.end is None:
        parts.append(text(edge + 2, top + ROW // 2 + 3, "›", size=10, fill=palette.ink, css="c-ink"))
    return parts


def _sign(x: Fraction, y: Number, palette: Palette) -> str:
    """A diamond: somebody signed on that day."""
    points = f"M{pt(x)} {pt(y - 5)}L{pt(x + 5)} {pt(y)}L{pt(x)} {pt(y + 5)}L{pt(x - 5)} {pt(y)}L{pt(x)} {pt(y - 5)}"
    return f'<path d="{points}" fill="{palette.surface}" stroke="{palette.ink}" stroke-width="1" class="c-sign"/>'


def _names(names: Sequence[tuple[Style, str]], y: Number, palette: Palette) -> list[str]:
    parts: list[str] = []
    hatched: list[Area] = []
    for number, (style, words) in enumerate(names):
        area: Area = (LEFT + number * 140, y, 14, 9)
        fill = {"solid": palette.strong, "outline": palette.surface}.get(style, palette.soft)
        css = {"solid": "c-strong", "outline": "c-outline"}.get(style, "c-soft")
        stroke = "none" if style == "solid" else palette.strong
        parts.append(box(*area, fill=fill, stroke=stroke, css=css, dashed=style == "outline"))
        if style == "hatched":
            hatched.append(area)
        shown = fitted(words, 118, 8)
        parts.append(text(area[0] + 18, y + 8, shown, size=8, fill=palette.ink, css="c-ink"))
    parts.append(hatch(hatched, "slash", stroke=palette.strong, css="c-hatch"))
    return parts
