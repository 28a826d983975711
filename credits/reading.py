"""Where things stand: states derived from the last step, balances from the postings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from base.fields import MoneyAmountField
from contracts.models import LegalEntity
from credits.conflicts import gives_way
from credits.models import (
    Account,
    ApprovalRule,
    Assessment,
    Claim,
    ClaimStep,
    CreditMemo,
    Dispute,
    DisputeStep,
    Finalisation,
    MemoStep,
    MemoUse,
    PeriodStep,
    Posting,
)

ZERO = Decimal(0)
MONEY = MoneyAmountField()


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


def claim_of(memo: CreditMemo) -> Claim | None:
    """The claim that a memo settles: that of its result, or of the final result that it restates; none for goodwill,
    nor where the final result was no breach."""
    if memo.restatement_id is not None:
        return Claim.objects.filter(
            breach__assessment__finalisation__restatements=memo.restatement_id
        ).first()
    return Claim.objects.filter(breach__assessment=memo.assessment_id).first() if memo.assessment_id else None


def memo_uses(memo: CreditMemo) -> dict[str, Decimal]:
    """What became of an issued credit, by the kind of its uses."""
    sums = memo.uses.order_by().values_list("kind").annotate(total=Sum("amount"))
    return dict(sums)


GIVE_BACK = (MemoUse.Kind.CLAWED_BACK, MemoUse.Kind.WRITTEN_OFF)


def memo_balance(memo: CreditMemo) -> Decimal:
    """What is left of an issued credit; below zero where more was used than a reduction left, until somebody decides
    what becomes of that part (rule 15). A reduction has no balance of its own. One query."""
    whole = ZERO if memo.kind == CreditMemo.Kind.REDUCTION else memo.amount
    uses = memo_uses(memo)
    return whole - sum(((-uses[kind] if kind in GIVE_BACK else uses[kind]) for kind in uses), ZERO)


def with_balance(memos: QuerySet[Any]) -> QuerySet[Any]:
    """Memos with ``used``, ``given_back`` and ``balance``; of memos that are issued and stand it is what is left."""
    own = MemoUse.objects.filter(memo=OuterRef("pk")).order_by().values("memo")
    taken = own.exclude(kind__in=GIVE_BACK).annotate(total=Sum("amount")).values("total")
    given = own.filter(kind__in=GIVE_BACK).annotate(total=Sum("amount")).values("total")
    whole = Case(
        When(kind=CreditMemo.Kind.REDUCTION, then=Value(ZERO)), default=F("amount"), output_field=MONEY
    )
    return memos.annotate(
        used=Coalesce(Subquery(taken), ZERO, output_field=MONEY),
        given_back=Coalesce(Subquery(given), ZERO, output_field=MONEY),
    ).annotate(balance=ExpressionWrapper(whole - F("used") + F("given_back"), output_field=MONEY))


def is_in_dispute(memo: CreditMemo) -> bool:
    """Whether a dispute about a memo is not resolved yet."""
    return open_disputes().filter(memo=memo).exists()


def open_disputes() -> QuerySet[Dispute]:
    """Disputes that are not resolved."""
    return Dispute.objects.exclude(steps__kind=DisputeStep.Kind.RESOLVED)


def approvals_needed(memo: CreditMemo) -> int:
    """How many persons the matrix wants for a memo: the last rule for the highest amount below it, the legal entity's
    own before one of all; one person where there is no rule."""
    rules = ApprovalRule.objects.filter(
        Q(legal_entity=None) | Q(legal_entity=memo.legal_entity_id),
        direction=memo.direction,
        currency=memo.currency,
        above_amount__lt=memo.amount,
    )
    last: dict[tuple[bool, Decimal], int] = {}
    for rule in rules.order_by("pk"):
        last[rule.legal_entity_id is not None, rule.above_amount] = rule.approvals
    return last[max(last)] if last else 1


def counted(finalisation: Finalisation) -> tuple[Assessment, Decimal, int]:
    """What counts of a window today: the revision, what it pays, and how many restatements there were."""
    last = finalisation.restatements.select_related("assessment").order_by("-number").first()
    if last is None:
        return finalisation.assessment, finalisation.assessment.credit_amount or ZERO, 0
    return last.assessment, last.payable_amount, last.number


def days_left(claim: Claim, as_of: date) -> int | None:
    """Days from ``as_of`` to the last day in time; 0 on that day, negative after it, None without a deadline."""
    return None if claim.deadline_on is None else (claim.deadline_on - as_of).days


def latest_assessments() -> QuerySet[Assessment]:
    """The last revision of every commitment and window; provisional and final ones. Without provisional ones of
    commitments that give way to another document in that window, by decision of a conflict."""
    return every_latest().exclude(gives_way())


def every_latest() -> QuerySet[Assessment]:
    """As :func:`latest_assessments`, with those that give way to another document too."""
    last = (
        Assessment.objects.filter(commitment=OuterRef("commitment"), window_start=OuterRef("window_start"))
        .order_by()
        .values("commitment")
        .annotate(last=Max("revision"))
        .values("last")
    )
    return Assessment.objects.filter(revision=Subquery(last))


def month_after(starts_on: date) -> date:
    """The first day of the next month."""
    return date(starts_on.year + starts_on.month // 12, starts_on.month % 12 + 1, 1)


def ended_in(rows: QuerySet[Assessment], starts_on: date) -> QuerySet[Assessment]:
    """Results whose window ended in a month. A window ends at midnight of its zone: a day earlier is within it."""
    day = timedelta(days=1)
    begin, end = (datetime.combine(one, time(0), UTC) + day for one in (starts_on, month_after(starts_on)))
    return rows.filter(window_end__gte=begin, window_end__lt=end)


def period_state(legal_entity: LegalEntity, day: date) -> str:
    """The state of the month of ``day`` in the books of a legal entity: open, or that of its last step."""
    steps = PeriodStep.objects.filter(period__legal_entity=legal_entity, period__starts_on=day.replace(day=1))
    return steps.order_by("-number").values_list("state", flat=True).first() or "open"


def is_closed(legal_entity: LegalEntity, day: date) -> bool:
    """Whether the month of ``day`` is closed in the books of a legal entity."""
    return period_state(legal_entity, day) == PeriodStep.State.CLOSED


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
