"""The roll-forward of the provision: opening + accrued - released - issued = closing, per currency and per window, with
why each of them moved; and that the closing is what the ledger says."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet, Sum

from contracts.models import LegalEntity
from credits.models import Account, Posting, ProvisionMove
from credits.reading import ZERO

Kind = ProvisionMove.Kind


@dataclass
class Amounts:
    """The movement of a provision over a time. An issue that was reversed is taken off what was issued."""

    opening: Decimal = ZERO
    accrued: Decimal = ZERO
    released: Decimal = ZERO
    issued: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """What stands at the end."""
        return self.opening + self.accrued - self.released - self.issued

    def add(self, kind: str, amount: Decimal, before: bool) -> None:
        """Count one move: before the time as opening, in it under its name."""
        if before:
            self.opening += amount if kind in (Kind.ACCRUED, Kind.RESTORED) else -amount
        elif kind == Kind.ACCRUED:
            self.accrued += amount
        elif kind == Kind.RELEASED:
            self.released += amount
        else:
            self.issued += amount if kind == Kind.ISSUED else -amount


@dataclass
class Line:
    """One window: whose, which, what moved and why."""

    commitment_id: int
    window_start: datetime
    contract: str
    counterparty: str
    service: str
    window: str
    assessment_id: int
    currency: str
    amounts: Amounts = field(default_factory=Amounts)
    reasons: list[str] = field(default_factory=list)

    @property
    def why(self) -> str:
        """The reasons of its moves in the time, each once."""
        return "; ".join(dict.fromkeys(self.reasons))


@dataclass(frozen=True)
class Total:
    """All windows of one currency, and what the ledger says of the provision's accounts."""

    currency: str
    amounts: Amounts
    in_ledger: Decimal

    @property
    def agrees(self) -> bool:
        """Whether the closing is the ledger's balance."""
        return self.amounts.closing == self.in_ledger


@dataclass(frozen=True)
class RollForward:
    """A legal entity's provision over [from_on, until_on)."""

    legal_entity: LegalEntity
    from_on: date
    until_on: date
    totals: tuple[Total, ...]
    lines: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        """Whether every currency agrees with the ledger."""
        return all(total.agrees for total in self.totals)


def roll_forward(legal_entity: LegalEntity, from_on: date, until_on: date) -> RollForward:
    """The roll-forward over [from_on, until_on), by effective days. Two queries.

    A window is a line where it opened with something or moved.
    """
    lines: dict[tuple[int, datetime], Line] = {}
    sums: dict[str, Amounts] = defaultdict(Amounts)
    for move in _moves(legal_entity, until_on):
        line = lines.setdefault((move.commitment_id, move.window_start), _line(move))
        before = move.effective_on < from_on
        line.amounts.add(move.kind, move.amount, before)
        sums[move.currency].add(move.kind, move.amount, before)
        line.assessment_id = move.assessment_id
        if not before:
            line.reasons.append(move.reason)
    ledger = _balances(legal_entity, until_on)
    totals = [
        Total(currency, sums[currency], ledger.get(currency, ZERO)) for currency in sorted({*sums, *ledger})
    ]
    kept = [line for line in lines.values() if line.amounts.opening or line.reasons]
    kept.sort(key=lambda one: (one.currency, one.counterparty, one.contract, one.window, one.service))
    return RollForward(legal_entity, from_on, until_on, tuple(totals), tuple(kept))


def _moves(legal_entity: LegalEntity, until_on: date) -> QuerySet[ProvisionMove]:
    rows = ProvisionMove.objects.filter(legal_entity=legal_entity, effective_on__lt=until_on)
    deep = "commitment__version__contract__counterparty", "commitment__service", "assessment"
    return (
        rows.select_related(*deep)
        .defer("assessment__inputs", "assessment__result", "commitment__version__terms")
        .order_by("effective_on", "pk")
    )


def _line(move: ProvisionMove) -> Line:
    contract = move.commitment.version.contract
    return Line(
        move.commitment_id,
        move.window_start,
        contract.reference,
        contract.counterparty.name,
        move.commitment.service.name,
        move.assessment.window_label,
        move.assessment_id,
        move.currency,
    )


def _balances(legal_entity: LegalEntity, until_on: date) -> dict[str, Decimal]:
    """The balance of the provision's accounts, credit less debit, by currency."""
    rows = Posting.objects.filter(
        account__legal_entity=legal_entity,
        account__purpose=Account.Purpose.PROVISION,
        entry__effective_on__lt=until_on,
    )
    found: dict[str, Decimal] = defaultdict(Decimal)
    for currency, side, total in (
        rows.order_by().values_list("currency", "side").annotate(total=Sum("amount"))
    ):
        found[currency] += total if side == "credit" else -total
    return dict(found)
