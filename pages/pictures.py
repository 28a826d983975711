"""A picture for a page: the SVG text with the table that stands under it.

The text is made by ``base.svg``, which escapes every word, and by nothing else; so it may be marked safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from base.svg import Bar, Pair, Rows, Step, bars, dumbbell, table_of, waterfall


@dataclass(frozen=True)
class Picture:
    """What ``pages/picture.html`` shows."""

    title: str
    svg: SafeString
    table: Rows


def drawn(title: str, svg: str, table: Rows) -> Picture:
    """A picture of SVG text that ``base.svg`` made, and of nothing else."""
    return Picture(title, mark_safe(svg), table)  # noqa: S308


def waterfall_of(steps: Sequence[Step], *, title: str, desc: str, id_prefix: str) -> Picture:
    """From the downtime to the credit."""
    svg = waterfall(steps, title=title, desc=desc, id_prefix=id_prefix, width=760)
    return drawn(title, svg, table_of(steps))


def bars_of(rows: Sequence[Bar], *, title: str, desc: str, id_prefix: str) -> Picture:
    """Amounts of one currency, or values of another one unit."""
    return drawn(title, bars(rows, title=title, desc=desc, id_prefix=id_prefix, width=640), table_of(rows))


def dumbbell_of(
    pairs: Sequence[Pair], *, title: str, desc: str, id_prefix: str, left_name: str, right_name: str
) -> Picture:
    """Two figures of the same thing."""
    svg = dumbbell(
        pairs, title=title, desc=desc, id_prefix=id_prefix, left_name=left_name, right_name=right_name
    )
    return drawn(title, svg, table_of(pairs, left_name=left_name, right_name=right_name))
