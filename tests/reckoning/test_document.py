"""The documents under docs/ say what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from reckoning.terms import blocks, model, parse_terms, terms_json_schema
from reckoning.terms.linter import lint
from tests.reckoning.build import codes, inputs, maintenance, outage, result

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "terms" / "examples"


def tables(text: str) -> list[list[dict[str, str]]]:
    """Every table of a Markdown text as rows by heading."""
    found: list[list[dict[str, str]]] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        found.append([dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]])
    return found
