"""Our claims on vendors as of a day: how many days are left, what waits, what came back, what lateness cost."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value, When

from contracts.models import Contract
from credits.models import ClaimStep, CreditMemo, MemoStep
from vendors.models import ClaimLetter

Kind = ClaimStep.Kind
RESULT = "breach__assessment"
CONTRACT = f"{RESULT}__commitment__version__contract"
ZERO = Decimal(0)
# Where in its life a claim is, in the order in which somebody looks for it.
ORDER = (Kind.FOUND, Kind.SENT, Kind.ACKNOWLEDGED)


def on_vendors(claims: QuerySet[Any]) -> QuerySet[Any]:
    """Of claims with their state, those that we have on vendors."""
    return claims.filter(**{f"{CONTRACT}__direction": Contract.Direction.PROMISED_TO_US})


def listed(claims: QuerySet[Any]) -> QuerySet[Any]:
    """Claims with what a list shows: ``amount``, ``currency``, what was acknowledged and paid, the memo's state
    and number, the newest letter's version; without the long documents. One query."""

    def step(kind: str) -> Subquery:
        return Subquery(ClaimStep.objects.filter(claim=OuterRef("pk"), kind=kind).values("amount")[:1])

    memo = CreditMemo.objects.filter(assessment=OuterRef(f"{RESULT}_id")).values("pk")[:1]
    steps = MemoStep.objects.filter(memo__assessment=OuterRef(f"{RESULT}_id"))
    letter = ClaimLetter.objects.filter(claim=OuterRef("pk")).order_by("-version").values("version")[:1]
    return (
        claims.select_related(f"{RESULT}__commitment__service", f"{CONTRACT}__counterparty")
        .defer(f"{RESULT}__inputs", f"{RESULT}__result", f"{RESULT}__commitment__version__terms")
        .annotate(
            amount=F(f"{RESULT}__credit_amount"),
            currency=F(f"{RESULT}__currency"),
            acknowledged_amount=step(Kind.ACKNOWLEDGED),
            paid_amount=step(Kind.PAID),
            memo_id=Subquery(memo),
            memo_state=Subquery(steps.order_by("-number").values("state")[:1]),
            document_number=Subquery(steps.filter(state="issued").values("document_number")[:1]),
            letter_version=Subquery(letter),
        )
    )


def by_urgency(claims: QuerySet[Any]) -> QuerySet[Any]:
    """What is to be sent first, by its last day; then what waits for an answer or for money; then the rest."""
    rank = Case(
        *[When(state=kind, then=Value(number)) for number, kind in enumerate(ORDER)],
        default=Value(len(ORDER)),
        output_field=IntegerField(),
    )
    soonest = Case(When(state=Kind.FOUND, then=F("deadline_on")))
    return claims.order_by(
        rank, soonest, f"-{RESULT}__window_start", f"{RESULT}__commitment__service__code", "pk"
    )


@dataclass
class Recovery:
    """What became of our claims in one currency. Amounts of what is certain, and of what is not yet or never."""

    currency: str
    to_send: Decimal = ZERO
    waiting: Decimal = ZERO
    acknowledged: Decimal = ZERO
    received: Decimal = ZERO
    refused: Decimal = ZERO
    lost: Decimal = ZERO
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def claimed(self) -> Decimal:
        """Everything that vendors owed by our reckoning."""
        return self.to_send + self.waiting + self.acknowledged + self.received + self.refused + self.lost


def recoveries(claims: QuerySet[Any]) -> list[Recovery]:
    """Sums over claims with their state (see :func:`listed`), by currency; two currencies are never added.

    What a vendor acknowledged in part, or paid in part, is refused for the rest. One query.
    """
    rows = (
        listed(claims)
        .order_by()
        .values("currency", "state")
        .annotate(
            number=Count("pk"),
            whole=Sum("amount"),
            agreed=Sum("acknowledged_amount"),
            paid=Sum("paid_amount"),
        )
    )
    found: dict[str, Recovery] = {}
    for row in rows:
        one = found.setdefault(row["currency"], Recovery(row["currency"]))
        _add(one, row)
    return [found[currency] for currency in sorted(found)]


def _add(one: Recovery, row: dict[str, Any]) -> None:
    state, whole = row["state"], row["whole"]
    one.counts[state] = row["number"]
    match state:
        case Kind.FOUND:
            one.to_send += whole
        case Kind.SENT:
            one.waiting += whole
        case Kind.ACKNOWLEDGED:
            one.acknowledged += row["agreed"]
            one.refused += whole - row["agreed"]
        case Kind.PAID:
            one.received += row["paid"]
            one.acknowledged += row["agreed"] - row["paid"]
            one.refused += whole - row["agreed"]
        case Kind.REFUSED:
            one.refused += whole
        case Kind.FORFEITED:
            one.lost += whole


def urgent(claims: QuerySet[Any]) -> QuerySet[Any]:
    """Claims that are still to be sent, the soonest last day first; overdue ones that the job has not forfeited
    yet stand on top."""
    return listed(claims.filter(state=Kind.FOUND)).order_by(
        F("deadline_on").asc(nulls_last=True), f"{RESULT}__commitment__service__code", "pk"
    )


def waiting(claims: QuerySet[Any]) -> QuerySet[Any]:
    """Claims that were sent and not answered, the longest wait first."""
    return listed(claims.filter(state=Kind.SENT)).order_by("state_since", "pk")
