"""The table under a picture: the same values, in the same order, for those who cannot see it."""

from collections.abc import Sequence
from typing import NamedTuple

from base.svg.bars import Bar
from base.svg.dumbbell import Pair
from base.svg.heatmap import Day
from base.svg.parts import STATE_WORDS
from base.svg.waterfall import Step


class Rows(NamedTuple):
    """The names of the columns and the cells of every row, all as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_SIGNS = {"total": "", "less": "−", "more": "+", "fact": ""}  # a minus sign


def table_of(
    values: Sequence[Step] | Sequence[Day] | Sequence[Pair] | Sequence[Bar],
    *,
    left_name: str = "Reported",
    right_name: str = "Measured",
) -> Rows:
    """The rows of any picture's values. Raises TypeError for values that no picture draws, ValueError for none."""
    if not values:
        raise ValueError("values: there is none, so there is neither a picture nor a table")
    rows: list[tuple[str, ...]] = []
    for one in values:
        match one:
            case Step():
                rows.append(
                    (one.label, one.rule, f"{_SIGNS[one.kind] if one.value else ''}{one.shown}", one.note)
                )
                columns: tuple[str, ...] = ("Step", "Clause", "Value", "Remark")
            case Day():
                rows.append((one.row, one.day.isoformat(), STATE_WORDS[one.state], one.shown))
                columns = ("Component", "Day", "Worst state", "In words")
            case Pair():
                rows.append((one.label, one.left_shown, one.right_shown, "yes" if one.disputed else "no"))
                columns = ("What", left_name, right_name, "Disputed")
            case Bar():
                rows.append((one.label, one.shown, one.style))
                columns = ("What", "Value", "Drawn as")
            case _:
                raise TypeError(f"values: no picture draws a {type(one).__name__}")
    return Rows(columns, tuple(rows))
