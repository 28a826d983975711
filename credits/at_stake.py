"""What hangs on a conflict of two documents, month by month: what either came to while both hold. Reads only.

The sum at stake in a month is the most by which a decision changes what is paid in it: the higher of the two credits,
which is no longer paid where its document gives way. Amounts are those of the last revisions, provisional or final,
in whole minor units as they were reckoned; a month belongs to the windows that end in it, in their zone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from contracts.models import Conflict
from credits.attained import money
from reckoning.fields import zone_info
from reckoning.timeline import add_months

MONTHS = 12
NOT_RECKONED = "not reckoned"
OPEN = "unknown"

_RESULTS = """
    SELECT DISTINCT s.conflict_id, s.side, a.id, a.window_end, s.zone, a.credit_amount, a.currency
      FROM contracts_conflictside s
      JOIN credits_assessment a ON a.commitment_id = s.commitment_id
     WHERE s.conflict_id = ANY(%(conflicts)s) AND s.against_id IS NOT NULL
       AND a.window_end > %(since)s AND a.window_end < %(until)s
       AND a.revision = (SELECT max(b.revision) FROM credits_assessment b
                          WHERE b.commitment_id = a.commitment_id AND b.window_start = a.window_start)
       AND contracts_side_meets(s.id, (a.window_start AT TIME ZONE s.zone)::date)
"""


@dataclass(frozen=True)
class Paid:
    """What one side came to in a month. ``amount`` is None where a result has no figure, or none was reckoned."""

    amount: Decimal | None
    currency: str
    reckoned: bool

    @property
    def shown(self) -> str:
        """For people."""
        if self.amount is not None:
            return money(self.amount, self.currency)
        return OPEN if self.reckoned else NOT_RECKONED


@dataclass(frozen=True)
class StakeOfMonth:
    """Both sides in one month."""

    label: str
    first: Paid
    second: Paid

    @property
    def highest(self) -> Decimal | None:
        """The sum at stake as far as it is known; None where neither side is, or the currencies are two."""
        known = [one.amount for one in (self.first, self.second) if one.amount is not None]
        if not known or (len(known) == 2 and self.first.currency != self.second.currency):
            return None
        return max(known)

    @property
    def shown(self) -> str:
        """The sum at stake in words: what one side lacks is said, and never taken for nothing."""
        sides = (self.first, self.second)
        known = [one for one in sides if one.amount is not None]
        if not known:
            return OPEN
        if len(known) == 1:
            return f"at least {known[0].shown}"
        if self.first.currency != self.second.currency:
            return f"{self.first.shown} or {self.second.shown}"
        return max(known, key=lambda one: one.amount or Decimal(0)).shown


@dataclass(frozen=True)
class AtStake:
    """The months, oldest first, in which either side was reckoned while both hold; at most the last twelve."""

    months: tuple[StakeOfMonth, ...]

    @property
    def sentence(self) -> str:
        """The last month and the dearest one, for a list or a mail."""
        if not self.months:
            return "not known yet, as no window in which both hold was reckoned"
        last = self.months[-1]
        said = f"{last.shown} in {last.label}"
        dearest = max(self.months, key=lambda one: (one.highest or Decimal(0), one.label))
        if dearest is not last and (dearest.highest or 0) > (last.highest or 0):
            said += f"; most in the last {MONTHS} months: {dearest.shown} in {dearest.label}"
        return said


def at_stake(conflicts: Collection[int], on: date) -> dict[int, AtStake]:
    """By conflict of two documents what hangs on it, over the ``MONTHS`` months up to that of ``on``. One query, none
    for no conflict."""
    if not conflicts:
        return {}
    first = add_months(on.replace(day=1), 1 - MONTHS)
    edge = timedelta(days=1)
    given: dict[str, Any] = {
        "conflicts": list(conflicts),
        "since": datetime.combine(first, time(0), UTC) - edge,
        "until": datetime.combine(add_months(on.replace(day=1), 1), time(0), UTC) + edge,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESULTS, given)
        rows = cursor.fetchall()
    found: dict[int, dict[str, dict[str, list[Any]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for conflict, side, _, ended, zone, amount, currency in rows:
        last_day = (ended - timedelta(microseconds=1)).astimezone(zone_info(zone)).date()
        if first <= last_day.replace(day=1) <= on:
            found[conflict][f"{last_day:%Y-%m}"][side].append((amount, currency))
    return {key: _stake(found.get(key, {})) for key in conflicts}


def _stake(months: Any) -> AtStake:
    return AtStake(
        tuple(
            StakeOfMonth(label, _paid(sides.get("first", ())), _paid(sides.get("second", ())))
            for label, sides in sorted(months.items())
        )
    )


def _paid(told: Iterable[tuple[Decimal | None, str]]) -> Paid:
    rows = list(told)
    amounts = [amount for amount, _ in rows if amount is not None]
    whole = bool(rows) and len(amounts) == len(rows)
    return Paid(sum(amounts, Decimal(0)) if whole else None, rows[0][1] if rows else "", bool(rows))


def stakes_of(conflicts: Iterable[Conflict], on: date) -> dict[int, AtStake]:
    """The same of those among some conflicts that are between two documents."""
    return at_stake([row.pk for row in conflicts if row.kind != Conflict.Kind.OBJECTIVE], on)
