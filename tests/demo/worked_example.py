"""The tables of docs/worked-example.md as data."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "worked-example.md"


@cache
def tables() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Every table of the page, its rows without head and rule; thousands separators and code marks are taken out."""
    found: list[list[tuple[str, ...]]] = []
    inside = False
    for line in PAGE.read_text().splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
            inside = True
        found[-1].append(tuple(_plain(cell) for cell in line.strip("|").split("|")))
    return tuple(tuple(rows[2:]) for rows in found)


def _plain(cell: str) -> str:
    text = cell.strip().replace("`", "")
    bare = text.replace(",", "")
    return bare if bare.replace(".", "", 1).isdigit() else text


def days() -> Sequence[tuple[str, ...]]:
    """Day, partial seconds, major seconds, incidents."""
    return tables()[0]


def steps() -> dict[str, str]:
    """The value of each step by its name."""
    return {row[0]: row[2] for row in tables()[1]}


def postings() -> set[tuple[str, str, str, str, str]]:
    """Day, entry, account, side, amount."""
    return {
        (day, entry, account, "debit" if debit else "credit", debit or credit)
        for day, entry, account, debit, credit in tables()[3]
    }
