"""Attainment by target, exact from the months' levels; and what the flags of a back-test are read from. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from credits.whatif import WhatIf
from credits.whatif_windows import Replay
from reckoning.canonical import fraction_text
from reckoning.terms import Terms

SHARES = tuple(Fraction(one, 100) for one in (100, 95, 90, 75, 50))


class Curve(NamedTuple):
    """The levels of one commitment: a month's is the lowest of its windows. ``target`` is a ratio."""

    key: str
    target: Fraction
    levels: tuple[Fraction, ...]

    def share_at(self, target: Fraction) -> Fraction:
        """Which share of the months would have kept a promise of that level (at least it)."""
        return Fraction(sum(level >= target for level in self.levels), len(self.levels))

    def target_at(self, share: Fraction) -> Fraction:
        """The highest promise that at least this share of the months would have kept. Exact."""
        needed = -(-share * len(self.levels) // 1)
        return sorted(self.levels, reverse=True)[max(int(needed), 1) - 1]


def curves(terms: Terms, laid: WhatIf) -> list[Curve]:
    """A curve for every commitment that promises a level and of which any month's is known."""
    found = []
    for clause in terms.commitments:
        if clause.target_percent is None:
            continue
        levels = [
            level
            for level in (_level(clause.key, month.replays) for month in laid.months)
            if level is not None
        ]
        if levels:
            found.append(Curve(clause.key, Fraction(clause.target_percent) / 100, tuple(levels)))
    return found


def _level(key: str, replays: Sequence[Replay]) -> Fraction | None:
    """The lowest level of a commitment's windows; None where one of them is unknown or none ended."""
    levels = [one.level if one.outcome else None for one in replays if one.key == key]
    known = [level for level in levels if level is not None]
    return min(known) if known and len(known) == len(levels) else None


def back_test_figures(terms: Terms, laid: WhatIf) -> dict[str, Any]:
    """What a back-test keeps (see ``contracts.attainment``): the counts, and each commitment's outcome by month.

    A window over several months speaks for each of them: a quarter that was met is three months that were.
    """
    labels = [month.label for month in laid.months]
    by_key = [(clause.key, _by_month(clause.key, labels, laid.replays)) for clause in terms.commitments]
    whole = [_joined([one for _, told in by_key for one in told[label]]) for label in labels]
    return {
        "known_at": laid.known_at,
        "currency": laid.currency,
        "total": laid.total,
        "months": len(labels),
        "decided": sum(one["outcome"] is not None for one in whole),
        "attained": sum(one["outcome"] == "met" for one in whole),
        "commitments": [
            {
                "key": key,
                "months": [{"month": label, **_joined(told[label])} for label in labels],
            }
            for key, told in by_key
        ],
    }


def _by_month(key: str, labels: Sequence[str], replays: Sequence[Replay]) -> dict[str, list[Replay]]:
    found: dict[str, list[Replay]] = {label: [] for label in labels}
    for one in replays:
        for month in one.covers if one.key == key else ():
            if month in found:
                found[month].append(one)
    return found


def _joined(told: Sequence[Replay]) -> dict[str, Any]:
    """Missed where any was, met where all were; the largest share of what was allowed, where all are known."""
    said = {one.outcome for one in told}
    outcome = "breach" if "breach" in said else "met" if said == {"met"} else None
    used = [one.used_share for one in told]
    known = [share for share in used if share is not None]
    whole = outcome is not None and bool(known) and len(known) == len(used)
    return {"outcome": outcome, "used": fraction_text(max(known)) if whole else None}
