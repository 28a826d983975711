"""Reading and drawing of papers in a process of their own, which may crash, hang or grow without harm to this one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from contracts.errors import PaperRefused

CHILD = Path(__file__).resolve().parent / "parsing.py"
WALL_SECONDS = 30
_PNG = b"\x89PNG\r\n\x1a\n"


class ReadPage(NamedTuple):
    """One page: its size, and its words as [line, text, left, top, right, bottom]; lengths in tenths of a point."""

    width: int
    height: int
    words: list[list[Any]]


class ReadPaper(NamedTuple):
    """What a PDF holds: its pages, and what it carries besides them."""

    pages: tuple[ReadPage, ...]
    carries: tuple[str, ...]


def read_paper(content: bytes) -> ReadPaper:
    """Read a PDF within bounds of time, memory and number. Raises PaperRefused, which says what is wrong with it."""
    if len(content) > settings.PAPER_BYTES:
        raise PaperRefused(
            f"file: has {len(content):,} bytes; a paper may have {settings.PAPER_BYTES:,}. Scan it in less detail"
        )
    if not content:
        raise PaperRefused("file: is empty; choose the PDF that was signed")
    answer = json.loads(_run(content, "read"))
    if sentence := answer.get("refused"):
        raise PaperRefused(f"file: {sentence}")
    pages = tuple(ReadPage(one["width"], one["height"], one["words"]) for one in answer["pages"])
    return ReadPaper(pages, tuple(answer["carries"]))


def draw_page(content: bytes, number: int) -> bytes:
    """Page ``number`` (the first is 1) of a paper that was read before, as PNG. Raises PaperRefused."""
    picture = _run(content, "draw", str(number - 1))
    if not picture.startswith(_PNG):
        raise PaperRefused(f"page: {number} cannot be drawn")
    return picture


def _run(content: bytes, *arguments: str) -> bytes:
    """The answer of the process; whatever ends it early is told in words."""
    command = [sys.executable, "-I", str(CHILD), *arguments]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=WALL_SECONDS, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise PaperRefused(
            f"file: takes longer than {WALL_SECONDS} seconds to read; print it to a PDF again"
        ) from None
    if done.returncode:
        # Ended by a signal, or by a fault that nobody foresaw: the file is the cause in either case.
        raise PaperRefused(
            "file: needs more time or memory than reading a paper may take; print it to a PDF again"
        )
    return done.stdout
