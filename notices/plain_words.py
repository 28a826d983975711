"""Whether a text uses words that its readers should not have to know (a list of eight, by agreement with them).

A word counts in every form that somebody would write it in: plural, capitals, dots between the letters of an
abbreviation, any of Unicode's hyphens and spaces, broken over lines, full-width letters, with invisible
characters inside. It does not count as a part of another word.
"""

import re
import unicodedata
from typing import NamedTuple

_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_INVISIBLE = "\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff"
# No letter before, and none after.
_FROM, _TO = r"(?<![^\W\d_])", r"(?![^\W\d_])"


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_FROM}(?:{pattern}){_TO}")


FORBIDDEN: dict[str, re.Pattern[str]] = {
    "availability": _word(r"availabilit(?:y|ies)"),
    "SLO": _word(r"s\.?l\.?o\.?s?"),
    "SLA": _word(r"s\.?l\.?a\.?s?"),
    "error budget": _word(r"error[-\s]*budget(?:s|ed|ing)?"),
    "MTTR": _word(r"m\.?t\.?t\.?r\.?s?"),
    "toil": _word(r"toil(?:s|ed|ing|ers?)?"),
    "alert": _word(r"alert(?:s|ed|ing|ings|ers?)?"),
    "on-call": _word(r"on[-\s]*call|on-?call(?:s|ers?)"),
}
FORBIDDEN_IF_STRICT: dict[str, re.Pattern[str]] = {"unavailability": _word(r"unavailabilit(?:y|ies)")}


class Hit(NamedTuple):
    """A forbidden word, the text's own spelling of it, and where that begins."""

    word: str
    found: str
    start: int


def check(text: str, strict: bool = False) -> list[Hit]:
    """The forbidden words of a text in the order in which they stand; ``strict`` forbids one word more."""
    plain, places = _plain(text)
    words = FORBIDDEN | (FORBIDDEN_IF_STRICT if strict else {})
    hits = []
    for word, pattern in words.items():
        for match in pattern.finditer(plain):
            start, end = places[match.start()], places[match.end() - 1] + 1
            hits.append(Hit(word, text[start:end], start))
    return sorted(hits, key=lambda hit: (hit.start, hit.word))


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in small plain letters, and for each of its characters the place where it came from."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in _INVISIBLE:
            continue
        if character in _HYPHENS:
            character = "-"
        for letter in unicodedata.normalize("NFKC", character).casefold():
            letters.append("-" if letter in _HYPHENS else letter)
            places.append(place)
    return "".join(letters), places


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: what empty lines separate."""
    return [part.strip() for part in re.split(r"\n[ \t]*\n", text.strip()) if part.strip()]
