"""What changed between two texts of terms: clause by clause with its words, and field by field."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from reckoning.terms.difference import Change, diff
from reckoning.terms.model import Terms
from reckoning.terms.places import named
from reckoning.terms.wording import Clause, word

MAX_PAIRS = 1_000_000

_WORD = re.compile(r"\s+|[^\s]+")


class Part(NamedTuple):
    """Words that stayed, were put in, or were taken out."""

    kind: Literal["same", "added", "removed"]
    text: str


class ClauseChange(NamedTuple):
    """One clause on both sides; None where it is not there. `place` finds it in the document by names."""

    state: Literal["same", "changed", "added", "removed", "renumbered"]
    place: str
    heading: str
    before: Clause | None
    after: Clause | None
    parts: tuple[Part, ...]


class Redline(NamedTuple):
    """Both views of one difference."""

    clauses: tuple[ClauseChange, ...]
    fields: tuple[Change, ...]


def redline(before: Terms, after: Terms, *, also_same: bool = False) -> Redline:
    """The clauses that differ, in the order of the newer text, those taken out where they stood, and the fields.

    `also_same` keeps the clauses that did not change, so that the whole text can be read.
    """
    old, new = _by_place(before), _by_place(after)
    clauses: list[ClauseChange] = []
    for place in _merged(list(old), list(new)):
        one = _change(place, old.get(place), new.get(place))
        if also_same or one.state not in ("same", "renumbered"):
            clauses.append(one)
    return Redline(tuple(clauses), tuple(diff(before, after)))


def _by_place(terms: Terms) -> dict[str, Clause]:
    plain: dict[str, Any] = terms.document()
    found: dict[str, Clause] = {}
    seen: Counter[str] = Counter()
    for clause in word(terms):
        place = named(plain, clause.path)
        seen[place] += 1
        found[place if seen[place] == 1 else f"{place} ({seen[place]})"] = clause
    return found


def _merged(old: list[str], new: list[str]) -> list[str]:
    """All places: in the new order, and what is gone after the last place before it that stayed."""
    kept = set(new)
    gone_after: dict[str | None, list[str]] = {}
    last: str | None = None
    for place in old:
        if place in kept:
            last = place
        else:
            gone_after.setdefault(last, []).append(place)
    merged = list(gone_after.get(None, []))
    for place in new:
        merged.append(place)
        merged.extend(gone_after.get(place, []))
    return merged


def _change(place: str, before: Clause | None, after: Clause | None) -> ClauseChange:
    if before is None or after is None:
        one = after or before
        assert one is not None
        state: Literal["added", "removed"] = "added" if before is None else "removed"
        return ClauseChange(state, place, one.heading, before, after, (Part(state, one.text),))
    if (before.text, before.heading) == (after.text, after.heading):
        same: Literal["same", "renumbered"] = "same" if before.number == after.number else "renumbered"
        return ClauseChange(same, place, after.heading, before, after, (Part("same", after.text),))
    return ClauseChange("changed", place, after.heading, before, after, words(before.text, after.text))


def words(before: str, after: str) -> tuple[Part, ...]:
    """Two texts laid over each other, word by word: parts that stayed or went make the old, the others the new."""
    left, right = _WORD.findall(before), _WORD.findall(after)
    parts: list[Part] = []
    gone, come = "", ""

    def settled() -> None:
        nonlocal gone, come
        parts.extend(part for part in (Part("removed", gone), Part("added", come)) if part.text)
        gone, come = "", ""

    for tag, a_from, a_to, b_from, b_to in _opcodes(left, right):
        old, new = "".join(left[a_from:a_to]), "".join(right[b_from:b_to])
        if tag != "equal" or ((gone or come) and not new.strip() and b_to < len(right)):
            # A mere blank between two changed words belongs to the change.
            gone, come = gone + old, come + new
        else:
            settled()
            parts.extend([Part("same", new)] if new else [])
    settled()
    return tuple(parts)


def _opcodes(left: list[str], right: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(left) * len(right) <= MAX_PAIRS:
        return SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    # Too long to be laid over each other in time: what both begin and end with stays, all between is replaced.
    most = min(len(left), len(right))
    head = next((at for at in range(most) if left[at] != right[at]), most)
    tail = next((at for at in range(most - head) if left[-1 - at] != right[-1 - at]), most - head)
    ends = len(left) - tail, len(right) - tail
    return [
        ("equal", 0, head, 0, head),
        ("replace", head, ends[0], head, ends[1]),
        ("equal", ends[0], len(left), ends[1], len(right)),
    ]


def marked(parts: tuple[Part, ...]) -> str:
    """A redline as plain text: [-taken out-] and {+put in+}."""
    signs = {"same": ("", ""), "added": ("{+", "+}"), "removed": ("[-", "-]")}
    return "".join(f"{signs[part.kind][0]}{part.text}{signs[part.kind][1]}" for part in parts)
