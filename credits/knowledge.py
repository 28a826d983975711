"""A result as it would have been known at any moment, and what moved between two moments, in minutes and money.

Nothing here is stored: the stored revisions are those that were reckoned at the time. Measurements are dated with the
moment since which they are known. Fees are not (see ``credits.facts``): today's fee is taken for every moment, so that
what moves is knowledge of what happened and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from contracts.models import Commitment
from contracts.reading import terms_of
from credits.explained import Explained
from credits.facts import facts_of
from credits.windows import require_window, window_at, window_under
from measurements.lateness import LateFact, difference
from reckoning.canonical import fraction_text
from reckoning.timeline import Window


@dataclass(frozen=True)
class Moved:
    """One fact between two moments, with what it moves. ``amount`` is None where either credit is open."""

    fact: LateFact

    @property
    def amount(self) -> Decimal | None:
        """The credit after it less the credit before it."""
        before, after = self.fact.before.credit_amount, self.fact.result.credit_amount
        return None if before is None or after is None else after - before


@dataclass(frozen=True)
class Between:
    """What became known between two moments. The lines sum exactly to the difference of the two results."""

    since: datetime
    until: datetime
    before: Explained
    after: Explained
    lines: tuple[Moved, ...]

    @property
    def down_seconds(self) -> Fraction:
        """The downtime of the later result less that of the earlier one."""
        return self.after.result.down_seconds - self.before.result.down_seconds

    @property
    def amount(self) -> Decimal | None:
        """The later credit less the earlier one; None where either is open."""
        before, after = self.before.result.credit_amount, self.after.result.credit_amount
        return None if before is None or after is None else after - before


def as_known(commitment: Commitment, window: Window, known_at: datetime) -> Explained:
    """The result of a window with the knowledge of ``known_at``, reckoned now and kept nowhere.

    Raises NotAWindow, NotTheVersionInEffect, SourceUnbound, WrongShape.
    """
    window = require_window(commitment, window)
    inputs, _ = facts_of([(commitment, window)], known_at)[commitment.pk]
    return Explained(terms_of(commitment.version), commitment.key, inputs)


def between(commitment: Commitment, window: Window, since: datetime, until: datetime) -> Between:
    """What became known in (since, until]. Raises ValueError where they are in the wrong order, and as
    :func:`as_known`."""
    if until < since:
        raise ValueError(f"until: {until.isoformat()} lies before since, {since.isoformat()}")
    before, after = (as_known(commitment, window, moment) for moment in (since, until))
    facts = difference(terms_of(commitment.version), commitment.key, before.inputs, after.inputs)
    return Between(since, until, before, after, tuple(Moved(fact) for fact in facts))


def knowledge_document(
    commitment: Commitment, window_start: datetime, known_at: datetime, since: datetime | None = None
) -> dict[str, Any]:
    """A window's result as known at a moment as plain values; with ``since`` also what moved in between."""
    window = window_under(commitment, window_start) or window_at(commitment, window_start)
    document: dict[str, Any] = {"window": window.label, "known_at": known_at.isoformat()}
    if since is None:
        return document | {"result": as_known(commitment, window, known_at).result.to_json_obj()}
    moved = between(commitment, window, since, known_at)
    return document | {
        "result": moved.after.result.to_json_obj(),
        "since": since.isoformat(),
        "result_since": moved.before.result.to_json_obj(),
        "moved": [
            {
                "kind": one.fact.kind,
                "what": one.fact.what,
                "change": one.fact.change,
                "known_at": one.fact.known_at.isoformat() if one.fact.known_at else None,
                "reason": one.fact.reason,
                "payload_sha256": one.fact.payload_sha256 or None,
                "row_number": one.fact.row_number,
                "down_seconds": fraction_text(one.fact.down_seconds),
                "excluded_seconds": fraction_text(one.fact.excluded_seconds),
                "unknown_seconds": fraction_text(one.fact.unknown_seconds),
                "amount": None if one.amount is None else f"{one.amount:f}",
            }
            for one in moved.lines
        ],
    }
