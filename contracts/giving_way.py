"""Which commitments give way to others, as of a day: what decisions about conflicts do to what is reckoned.

A decision counts for windows that begin on its day or later, once a second person confirmed it, and only while the
other side's version is in effect; otherwise nobody would keep the promise.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BigAutoField,
    BooleanField,
    DateField,
    Exists,
    F,
    Func,
    OuterRef,
    QuerySet,
    Value,
)

from contracts.models import Commitment, Conflict, ConflictDecision, ConflictSide


@dataclass(frozen=True)
class GivesWay:
    """That a commitment gives way: to which other one, and by which decision."""

    side: ConflictSide
    decision: ConflictDecision

    @property
    def _other(self) -> str:
        other = self.side.against
        return f"{other.version.contract.reference}, {other.key}" if other is not None else "another promise"

    @property
    def short(self) -> str:
        """That it gives way, and since when, without who decided and why: for readers outside."""
        return f"gives way to {self._other} for windows that begin on {self.decision.from_on.isoformat()} or later"

    @property
    def sentence(self) -> str:
        """Why it does not compute, in one sentence."""
        decision = self.decision
        by = "by the order of precedence" if decision.order_id else "by decision"
        return (
            f"gives way to {self._other} {by} of {decision.decided_by.display_name}, confirmed by "
            f"{decision.confirmation.confirmed_by.display_name}, for windows that begin on "
            f"{decision.from_on.isoformat()} or later: {decision.reason}"
        )


def _way(on: Any) -> Func:
    return Func(F("pk"), on, function="contracts_side_gives_way", output_field=BooleanField())


def sides_giving_way(commitment: Any, on: Any) -> QuerySet[ConflictSide]:
    """The sides of a commitment (a key or an OuterRef) that give way in windows beginning on a day (or expression)."""
    day = Value(on, output_field=DateField()) if isinstance(on, date) else on
    return ConflictSide.objects.filter(commitment=commitment).filter(_way(day))


def local_day_of(instant: Any) -> Func:
    """The day of an instant (an OuterRef) in the zone of a side's windows."""
    return Func(
        F("zone"),
        instant,
        function="timezone",
        template="(%(function)s(%(expressions)s))::date",
        output_field=DateField(),
    )


def computing(rows: QuerySet[Commitment], on: date) -> QuerySet[Commitment]:
    """Without the commitments that give way to others in windows that begin on a day. No query of its own."""
    return rows.filter(~Exists(sides_giving_way(OuterRef("pk"), on)))


def overridden(commitment_ids: Collection[int], on: date) -> dict[int, GivesWay]:
    """Which of these commitments give way in windows that begin on a day, by the first decision that says so."""
    keys = list(commitment_ids)
    rows = (
        ConflictSide.objects.filter(commitment__in=keys)
        .filter(_way(Value(on, output_field=DateField())))
        .annotate(
            decision_id=Func(
                F("conflict_id"),
                Value(on, output_field=DateField()),
                function="contracts_decision_on",
                output_field=BigAutoField(),
            )
        )
        .select_related("against__version__contract")
        .defer("against__version__terms")
        .order_by("pk")
    )
    sides: dict[int, Any] = {}
    for row in rows:
        sides.setdefault(row.commitment_id, row)
    decisions = (
        ConflictDecision.objects.select_related("order", "decided_by", "confirmation__confirmed_by").in_bulk(
            [row.decision_id for row in sides.values()]
        )
        if sides
        else {}
    )
    return {key: GivesWay(row, decisions[row.decision_id]) for key, row in sides.items()}


def undecided(commitment_ids: Collection[int], on: date, *, is_family: bool = True) -> dict[int, Conflict]:
    """Which of these commitments would pay what another document in effect pays as well, in windows that begin on a
    day, while nobody decided which of the two does: one of the family, or one of no family. One query."""
    day = Value(on, output_field=DateField())
    meets = Func(F("pk"), day, function="contracts_side_meets", output_field=BooleanField())
    rows = (
        ConflictSide.objects.filter(
            commitment__in=list(commitment_ids),
            against__isnull=False,
            conflict__is_family=is_family,
        )
        .annotate(
            decided=Func(
                F("conflict_id"),
                day,
                function="contracts_decision_on",
                output_field=BigAutoField(),
            )
        )
        .filter(meets, decided__isnull=True)
        .select_related("conflict__first", "conflict__second", "conflict__service")
        .order_by("pk")
    )
    found: dict[int, Conflict] = {}
    for row in rows:
        found.setdefault(row.commitment_id, row.conflict)
    return found
