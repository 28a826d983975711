"""What an incident costs after all: credits that we owe customers for it, less credits that vendors owe us.

A result's credit is shared among the outages that it rests on, by their seconds and by largest remainder, so that the
shares sum to the credit. A vendor's share belongs to a customer's incident where both name the same one, or where
they were at the same time; a vendor that reports seconds by day is at the same time for the whole day. Amounts of
different currencies are never added: each line says what is left in each of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Q

from contracts.models import Contract
from credits.models import Assessment, ClaimStep, Restatement
from credits.reading import ZERO, latest_assessments
from reckoning.money import allot

OURS = Contract.Direction.PROMISED_BY_US
MOST_RESULTS = 2000


@dataclass(frozen=True)
class Share:
    """What one result owes for one outage."""

    result: Assessment
    names: frozenset[str]
    start: datetime
    end: datetime
    amount: Decimal
    lost: bool

    @property
    def words(self) -> str:
        """Whose, and which window."""
        commitment = self.result.commitment
        return f"{commitment.version.contract.counterparty.name}, {commitment.service.name}, {self.result.window_label}"


@dataclass
class Incident:
    """One incident as customers saw it, with what is owed for it and what of that vendors owe us."""

    name: str
    start: datetime
    end: datetime
    owed: list[Share] = field(default_factory=list)
    recoverable: list[Share] = field(default_factory=list)

    @property
    def nets(self) -> list[tuple[str, Decimal, Decimal, Decimal]]:
        """By currency: owed, recoverable, and what is left. What was not claimed in time is not recoverable."""
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for at, shares in enumerate((self.owed, self.recoverable)):
            for share in shares:
                sums[share.result.currency][at] += ZERO if share.lost else share.amount
        return [(currency, owed, back, owed - back) for currency, (owed, back) in sorted(sums.items())]


def pass_through(from_on: date, until_on: date, results: Any = None) -> tuple[list[Incident], list[Share]]:
    """The incidents behind customers' credits for windows that end in [from_on, until_on), and the vendors' shares
    that belong to none of them. ``results`` narrows the results to those that somebody may see. Three queries.
    """
    begin, end = (datetime.combine(day, time(0), UTC) for day in (from_on, until_on))
    rows = latest_assessments().filter(window_end__gt=begin, window_end__lte=end, credit_amount__gt=0)
    if results is not None:
        rows = rows.filter(pk__in=results)
    deep = "commitment__service", "commitment__version__contract__counterparty"
    found = list(rows.select_related(*deep).defer("result").order_by("window_start", "pk")[:MOST_RESULTS])
    lost = _lost(found)
    payable = _restated(found)
    incidents: dict[str, Incident] = {}
    theirs: list[Share] = []
    for row in found:
        amount = payable.get(row.pk, row.credit_amount or ZERO)
        shares = list(_shares(row, amount, row.pk in lost))
        if row.commitment.version.contract.direction == OURS:
            for share in shares:
                _put(incidents, share)
        else:
            theirs += shares
    ordered = sorted(incidents.values(), key=lambda one: (one.start, one.name))
    apart = [share for share in theirs if not _link(ordered, share)]
    return ordered, apart


def _lost(results: Iterable[Assessment]) -> set[int]:
    """The results whose claim was forfeited or refused."""
    kinds = (ClaimStep.Kind.FORFEITED, ClaimStep.Kind.REFUSED)
    steps = ClaimStep.objects.filter(
        kind__in=kinds, claim__breach__assessment__in=[row.pk for row in results]
    )
    return set(steps.values_list("claim__breach__assessment", flat=True))


def _restated(results: Iterable[Assessment]) -> dict[int, Decimal]:
    rows = Restatement.objects.filter(Q(assessment__in=[row.pk for row in results])).order_by("number")
    return dict(rows.values_list("assessment", "payable_amount"))


def _shares(result: Assessment, amount: Decimal, lost: bool) -> Iterator[Share]:
    stretches = list(_stretches(result))
    weights = [weight for *_, weight in stretches]
    if not amount or not any(weights):
        return
    for (names, start, end, _), share in zip(stretches, allot(amount, weights, result.currency), strict=True):
        if share:
            yield Share(result, names, start, end, share, lost)


def _stretches(result: Assessment) -> Iterator[tuple[frozenset[str], datetime, datetime, int]]:
    """The outages of a result's inputs, with their seconds inside of its window."""
    for item in result.inputs.get("intervals", ()):
        start, end = _inside(result, item)
        names = {str(item.get("id", "")), str(item.get("cause") or "")} - {""}
        yield frozenset(names), start, end, max(int((end - start).total_seconds()), 0)
    for item in result.inputs.get("seconds", ()):
        start, end = _inside(result, item)
        classes = item.get("classes", {})
        yield frozenset(item.get("incidents", ())), start, end, sum(int(one) for one in classes.values())


def _inside(result: Assessment, item: dict[str, Any]) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(item[name]) for name in ("start", "end"))
    return max(start, result.window_start), min(end, result.window_end)


def _put(incidents: dict[str, Incident], share: Share) -> None:
    name = min(share.names) if share.names else f"{share.start:%Y-%m-%d %H:%M}"
    there = incidents.setdefault(name, Incident(name, share.start, share.end))
    there.start, there.end = min(there.start, share.start), max(there.end, share.end)
    there.owed.append(share)


def _link(incidents: list[Incident], share: Share) -> bool:
    """Give a vendor's share to the incident that names it too, else to the one that it overlaps most."""
    named = [one for one in incidents if any(share.names & own.names for own in one.owed)]
    overlapping = [(min(one.end, share.end) - max(one.start, share.start), one) for one in incidents]
    most = max(overlapping, key=lambda pair: pair[0], default=None)
    if named:
        named[0].recoverable.append(share)
        return True
    if most is not None and most[0].total_seconds() > 0:
        most[1].recoverable.append(share)
        return True
    return False
