"""Where things stand: states derived from the last step, balances from the postings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Sum

from contracts.models import LegalEntity
from credits.models import (
    Account,
    Assessment,
    Claim,
    ClaimStep,
    CreditMemo,
    MemoStep,
    PeriodStep,
    Posting,
)

ZERO = Decimal(0)


def memos_with_state() -> QuerySet[Any]:
    """Memos with ``state`` (of the last step), ``state_since`` and ``document_number``, in one query."""
    steps = MemoStep.objects.filter(memo=OuterRef("pk")).order_by("-number")
    number = MemoStep.objects.filter(memo=OuterRef("pk"), state="issued")
    return CreditMemo.objects.annotate(
        state=Subquery(steps.values("state")[:1]),
        state_since=Subquery(steps.values("taken_on")[:1]),
        document_number=Subquery(number.values("document_number")[:1]),
    )


def claims_with_state() -> QuerySet[Any]:
    """Claims with ``state`` (the kind of the last step) and ``state_since``, in one query."""
    steps = ClaimStep.objects.filter(claim=OuterRef("pk")).order_by("-number")
    return Claim.objects.annotate(
        state=Subquery(steps.values("kind")[:1]), state_since=Subquery(steps.values("taken_on")[:1])
    )


def last_memo_step(memo: CreditMemo) -> MemoStep:
    """The step that a memo's state is."""
    return memo.steps.latest("number")


def last_claim_step(claim: Claim) -> ClaimStep:
    """The step that a claim's state is."""
    return claim.steps.latest("number")


def memo_of(claim: Claim) -> CreditMemo | None:
    """The memo of the result that a claim is about, where one was proposed."""
    return CreditMemo.objects.filter(assessment__breach__claim=claim).first()


def claim_of(memo: CreditMemo) -> Claim:
    """The claim that a memo settles."""
    return Claim.objects.get(breach__assessment=memo.assessment_id)


def days_left(claim: Claim, as_of: date) -> int | None:
    """Days from ``as_of`` to the last day in time; 0 on that day, negative after it, None without a deadline."""
    return None if claim.deadline_on is None else (claim.deadline_on - as_of).days


def latest_assessments() -> QuerySet[Assessment]:
    """The last revision of every commitment and window; provisional and final ones."""
    last = (
        Assessment.objects.filter(commitment=OuterRef("commitment"), window_start=OuterRef("window_start"))
        .order_by()
        .values("commitment")
        .annotate(last=Max("revision"))
        .values("last")
    )
    return Assessment.objects.filter(revision=Subquery(last))


def is_closed(legal_entity: LegalEntity, day: date) -> bool:
    """Whether the month of ``day`` is closed in the books of a legal entity."""
    last = (
        PeriodStep.objects.filter(period__legal_entity=legal_entity, period__starts_on=day.replace(day=1))
        .order_by("-number")
        .first()
    )
    return last is not None and last.state == PeriodStep.State.CLOSED


@dataclass(frozen=True)
class BalanceRow:
    """One account's totals: positive debits and credits, and debit less credit."""

    account: Account
    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        """Debit less credit: negative for what is owed or earned."""
        return self.debit - self.credit


def trial_balance(legal_entity: LegalEntity | None = None, as_of: date | None = None) -> list[BalanceRow]:
    """Every account that was posted to, with entries effective up to and including ``as_of``. One query."""
    own = Q()
    if legal_entity is not None:
        own &= Q(legal_entity=legal_entity)
    counted = Q() if as_of is None else Q(postings__entry__effective_on__lte=as_of)
    rows = (
        Account.objects.filter(own)
        .select_related("legal_entity", "counterparty")
        .annotate(
            debit=Sum("postings__amount", filter=counted & Q(postings__side="debit"), default=ZERO),
            credit=Sum("postings__amount", filter=counted & Q(postings__side="credit"), default=ZERO),
        )
        .order_by("legal_entity__code", "purpose", "counterparty__code", "currency")
    )
    return [BalanceRow(row, row.currency, row.debit, row.credit) for row in rows if row.debit or row.credit]


@dataclass(frozen=True)
class Totals:
    """All debits and all credits of one currency."""

    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def balances(self) -> bool:
        """Whether they are equal."""
        return self.debit == self.credit


def ledger_totals(legal_entity: LegalEntity | None = None) -> list[Totals]:
    """Debits and credits per currency over the whole ledger; no two currencies are ever added."""
    rows: QuerySet[Posting] = Posting.objects.all()
    if legal_entity is not None:
        rows = rows.filter(entry__legal_entity=legal_entity)
    sums = (
        rows.values("currency")
        .annotate(
            debit=Sum("amount", filter=Q(side="debit"), default=ZERO),
            credit=Sum("amount", filter=Q(side="credit"), default=ZERO),
        )
        .order_by("currency")
    )
    return [Totals(row["currency"], row["debit"], row["credit"]) for row in sums]


def ledger_balances(totals: Sequence[Totals] | None = None) -> bool:
    """Whether debits equal credits in every currency."""
    return all(row.balances for row in (ledger_totals() if totals is None else totals))
