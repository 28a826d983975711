"""Whether words stand on a page of a paper: blanks, line ends, hyphenation, quotation marks and case do not count."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

SHOWN = 400
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′`", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff"),
    }
)

_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")

Word = Sequence[Any]
"""[line, text, left, top, right, bottom], as ``safely`` reads them."""


class Span(NamedTuple):
    """Words of a page, the last included."""

    first: int
    last: int


class _Key(NamedTuple):
    text: str
    owner: list[int]  # of which word each letter is
    firsts: set[int]
    lasts: set[int]


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_ALIKE).casefold()
    return "".join(plain.split())


def _key(words: Sequence[str]) -> _Key:
    """The letters that are compared, each with its word. A hyphen between two letters may come from the end of a line,
    so it does not count anywhere; one beside a digit does."""
    raw: list[tuple[str, int]] = [(one, at) for at, word in enumerate(words) for one in _letters(word)]
    kept = [
        (one, at)
        for place, (one, at) in enumerate(raw)
        if not (
            one == "-"
            and 0 < place < len(raw) - 1
            and raw[place - 1][0].isalpha()
            and raw[place + 1][0].isalpha()
        )
    ]
    firsts, lasts = set(), set()
    known: dict[int, list[int]] = {}
    for place, (_, at) in enumerate(kept):
        known.setdefault(at, []).append(place)
    for places in known.values():
        # Quotation marks and brackets around a word may be left away.
        solid = [place for place in places if kept[place][0].isalnum()] or places
        firsts |= {place for place in places if place <= solid[0]}
        lasts |= {place for place in places if place >= solid[-1]}
    return _Key("".join(one for one, _ in kept), [at for _, at in kept], firsts, lasts)


def may_stand(words: Sequence[Word], passage: str) -> bool:
    """Whether the letters stand on a page at all; a cheap question before :func:`find` and :func:`find_every`."""
    return _HYPHEN.sub("", _letters(passage)) in _HYPHEN.sub(
        "", _letters(" ".join(str(one[1]) for one in words))
    )


def find(words: Sequence[Word], passage: str) -> Span | None:
    """Where a passage stands among the words of a page, whole words only; None where it does not."""
    wanted = _key(passage.split()).text
    if not wanted:
        return None
    page = _key([str(word[1]) for word in words])
    at = page.text.find(wanted)
    while at >= 0:
        end = at + len(wanted) - 1
        if at in page.firsts and end in page.lasts:
            return Span(page.owner[at], page.owner[end])
        at = page.text.find(wanted, at + 1)
    return None


def find_every(words: Sequence[Word], asked: str, most: int = 200) -> list[Span]:
    """Every place of a page where the letters asked for stand, be it in the middle of a word."""
    wanted, page = _key(asked.split()).text, _key([str(word[1]) for word in words])
    found: list[Span] = []
    at = page.text.find(wanted) if wanted else -1
    while at >= 0 and len(found) < most:
        found.append(Span(page.owner[at], page.owner[at + len(wanted) - 1]))
        at = page.text.find(wanted, at + len(wanted))
    return found


def nearest(words: Sequence[Word], passage: str) -> str:
    """What stands where the passage agrees with the page for the longest stretch; empty where nothing agrees."""
    page = [_letters(str(word[1])) for word in words]
    wanted = [_letters(word) for word in passage.split()]
    match = SequenceMatcher(None, wanted, page, autojunk=False).find_longest_match()
    if not match.size:
        return ""
    first = max(0, match.b - match.a)
    return text_of(words, Span(first, min(len(page), first + max(len(wanted), match.size) + 2) - 1))[:SHOWN]


def text_of(words: Sequence[Word], span: Span) -> str:
    """The words of a span as they stand on the page, with a blank between them but where a line ends in a hyphen."""
    text = ""
    for before, word in zip(
        [None, *words[span.first : span.last]], words[span.first : span.last + 1], strict=True
    ):
        joined = before is None or (str(before[1]).endswith("-") and before[0] != word[0])
        text += str(word[1]) if joined else f" {word[1]}"
    return text


def lines_of(words: Sequence[Word]) -> list[tuple[int, Span, str]]:
    """The lines of a page: number from 1, their words, and their text."""
    found: list[tuple[int, Span, str]] = []
    at = 0
    while at < len(words):
        end = at
        while end + 1 < len(words) and words[end + 1][0] == words[at][0]:
            end += 1
        span = Span(at, end)
        found.append((len(found) + 1, span, text_of(words, span)))
        at = end + 1
    return found


def boxes_of(words: Sequence[Word], span: Span) -> list[tuple[int, int, int, int]]:
    """A rectangle (left, top, width, height) for each line of a span."""
    rows: dict[int, list[Word]] = {}
    for word in words[span.first : span.last + 1]:
        rows.setdefault(word[0], []).append(word)
    boxes = []
    for row in rows.values():
        left, top = min(one[2] for one in row), min(one[3] for one in row)
        right, bottom = max(one[4] for one in row), max(one[5] for one in row)
        boxes.append((left, top, max(right - left, 1), max(bottom - top, 1)))
    return boxes
