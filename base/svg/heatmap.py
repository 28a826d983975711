"""A calendar heat-map: one row a component, one column a day, the worst state of each day."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from base.svg.parts import (
    LIGHT,
    STATE_WORDS,
    STATES,
    Number,
    Palette,
    box,
    clean,
    fitted,
    hatch,
    svg,
    text,
)

State = Literal["up", "degraded", "down", "excluded", "unknown", "not_yet"]
LABELS = 112
HEAD = 26
ROW = 17
LEGEND = 26
HATCHES = {"degraded": "slash", "excluded": "level", "unknown": "cross"}


class Day(NamedTuple):
    """One component on one day. ``shown`` says it in words, such as "42 min down"; ``href`` leads to its minutes."""

    row: str
    day: date
    state: State
    shown: str
    href: str = ""


def calendar_heatmap(
    days: Sequence[Day],
    *,
    title: str,
    desc: str,
    id_prefix: str,
    palette: Palette = LIGHT,
    width: Number = 720,
) -> str:
    """The picture. Rows keep the order in which they first appear; a day without an entry is drawn as unknown,
    so that a hole is never mistaken for a good day."""
    rows = list(dict.fromkeys(one.row for one in days))
    first = min((one.day for one in days), default=date(2000, 1, 1))
    last = max((one.day for one in days), default=first)
    columns = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    cell = min((Fraction(width) - LABELS) / len(columns), Fraction(22))
    known = {(one.row, one.day): one for one in days}
    parts = _head(columns, cell, palette)
    areas: dict[str, list[tuple[Number, Number, Number, Number]]] = {state: [] for state in STATES}
    for number, row in enumerate(rows):
        top = HEAD + ROW * number
        parts.append(text(0, top + 11, fitted(row, LABELS - 6, 8), size=8, fill=palette.ink, css="c-ink"))
        for at, day in enumerate(columns):
            one = known.get((row, day), Day(row, day, "unknown", "no record"))
            area = (LABELS + cell * at, top, cell - Fraction(3, 4), ROW - 2)
            areas[one.state].append(area)
            parts.append(_cell(one, area, palette))
    bottom = HEAD + ROW * len(rows) + 8
    parts += _legend(bottom, palette, areas)
    for state, kind in HATCHES.items():
        css = f"c-mark-{state}"
        parts.append(hatch(areas[state], kind, stroke=palette.marks[state], css=css, gap=_gap(state)))
    return svg(
        parts,
        width=width,
        height=bottom + LEGEND,
        title=title,
        desc=desc,
        id_prefix=id_prefix,
        palette=palette,
        with_links=any(one.href for one in days),
    )


def _gap(state: str) -> Fraction:
    return Fraction(7, 2) if state == "excluded" else Fraction(4)


def _cell(one: Day, area: tuple[Number, Number, Number, Number], palette: Palette) -> str:
    words = escape(clean(f"{one.row}, {one.day.isoformat()}: {STATE_WORDS[one.state]}; {one.shown}"))
    drawn = _swatch(area, one.state, palette).replace("/>", f"><title>{words}</title></rect>")
    if not one.href:
        return drawn
    return f"<a href={quoteattr(one.href)} aria-label={quoteattr(words)}>{drawn}</a>"


def _swatch(area: tuple[Number, Number, Number, Number], state: str, palette: Palette) -> str:
    return box(
        *area,
        fill=palette.states[state],
        stroke=palette.marks[state] if state in ("not_yet", "unknown") else "none",
        dashed=state == "not_yet",
        css=f"c-{state}",
    )


def _head(columns: Sequence[date], cell: Fraction, palette: Palette) -> list[str]:
    """Months above, and the days that a column has room for below them."""
    parts = []
    every = 1 if cell >= 12 else 7
    for at, day in enumerate(columns):
        x = LABELS + cell * at
        if day.day == 1 or at == 0:
            month = day.strftime("%Y-%m")
            # A month whose first column is followed by the next month's has no room for its name.
            if at == 0 and len(columns) > 1 and (columns[-1] - day).days * cell < 40:
                month = month[-2:]
            room = at > 0 or not any(later.day == 1 for later in columns[1 : int(40 / cell) + 1])
            if room:
                parts.append(text(x, 10, month, size=8, fill=palette.ink, css="c-ink", bold=True))
        if (day.day - 1) % every == 0 and not (every == 7 and day.day > 28):
            parts.append(
                text(
                    x + cell / 2, 21, str(day.day), size=6, fill=palette.muted, css="c-muted", anchor="middle"
                )
            )
    return parts


def _legend(
    top: int, palette: Palette, areas: dict[str, list[tuple[Number, Number, Number, Number]]]
) -> list[str]:
    """Every state with its colour and its hatch; the swatches join the cells, so that one path hatches both."""
    parts, x = [], Fraction(LABELS)
    for state in STATES:
        area = (x, top, Fraction(14), Fraction(11))
        areas[state].append(area)
        parts.append(_swatch(area, state, palette))
        parts.append(text(x + 18, top + 9, STATE_WORDS[state], size=8, fill=palette.ink, css="c-ink"))
        x += 30 + 5 * len(STATE_WORDS[state])
    return parts
