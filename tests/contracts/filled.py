"""The published agreements as terms, templates filled with their defaults, for tests to draw, store and sign."""

from functools import cache
from pathlib import Path

from reckoning.terms import Terms
from reckoning.terms.plain import read_plain
from reckoning.terms.templates import terms_from

FOLDER = Path(__file__).resolve().parents[2] / "agreements"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def agreement(name: str) -> Terms:
    """The terms of one agreement."""
    return terms_from(read_plain((FOLDER / f"{name}.yaml").read_bytes()))
