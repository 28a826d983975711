"""This room's lines of the close checklist, and those about measurements that a month's credits rest on."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet

from contracts.models import Contract, LegalEntity
from credits.checklist import Item, register
from credits.errors import NoPolicy, RateMissing
from credits.models import Assessment, Claim, ClaimStep, CreditMemo, MemoStep, OpenQuestion, Posting
from credits.reading import (
    claims_with_state,
    ended_in,
    latest_assessments,
    memos_with_state,
    month_after,
    open_disputes,
    with_balance,
)
from credits.services.accruals import due_moves, policy_on
from credits.services.rates import foreign_accounts, rate_on
from credits.undecided import open_disagreements, undecided_results
from measurements.models import Exclusion
from reckoning.money import minor_digits

SERVICE_AND_CONTRACT = ("commitment__service", "commitment__version__contract")


def unfinished_memos(legal_entity: LegalEntity, starts_on: date) -> QuerySet[CreditMemo]:
    """Memos that were proposed up to a month's end and are not issued, unless their claim was forfeited."""
    rows: QuerySet[CreditMemo] = memos_with_state().filter(
        legal_entity=legal_entity,
        state__in=["proposed", "in_review", "approved"],
        steps__number=1,
        steps__taken_on__lt=month_after(starts_on),
    )
    return rows.exclude(assessment__breach__claim__steps__kind=ClaimStep.Kind.FORFEITED)


def _of(legal_entity: LegalEntity) -> Q:
    return Q(commitment__version__contract__legal_entity=legal_entity)


def _name(result: Assessment) -> str:
    commitment = result.commitment
    return f"{commitment.version.contract.reference}, {commitment.service.name}, {result.window_label}"


def _memos(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    rows = unfinished_memos(legal_entity, starts_on).select_related("counterparty").order_by("pk")
    return [
        f"{row.counterparty.name}: {row.amount:.{minor_digits(row.currency)}f} {row.currency}, "
        f"{row.state.replace('_', ' ')}"  # type: ignore[attr-defined]
        for row in rows
    ]


def _gaps(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    rows = ended_in(latest_assessments().filter(_of(legal_entity), unknown_seconds__gt=0), starts_on)
    rows = rows.filter(finalisation=None).select_related(*SERVICE_AND_CONTRACT).defer("inputs", "result")
    return [f"{_name(row)}: {row.unknown_seconds:.0f} seconds of which nothing is known" for row in rows]


def _questions(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    results = ended_in(latest_assessments().filter(_of(legal_entity)), starts_on)
    rows = OpenQuestion.objects.filter(assessment__in=results.values("pk"), assessment__finalisation=None)
    deep = [f"assessment__{path}" for path in SERVICE_AND_CONTRACT]
    rows = rows.select_related("assessment", *deep).order_by("assessment_id", "code")
    return [f"{_name(row.assessment)}: {row.sentence} ({row.owner_role.replace('_', ' ')})" for row in rows]


def _exclusions(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    begin, end = (datetime.combine(day, time(0), UTC) for day in (starts_on, month_after(starts_on)))
    rows = Exclusion.objects.filter(
        decision=None, contract__legal_entity=legal_entity, during__overlap=DateTimeTZRange(begin, end)
    ).select_related("contract", "service")
    return [
        f"{row.contract.reference}, {row.service.name}: {row.get_kind_display()} from "
        f"{row.during.lower:%Y-%m-%d %H:%M} UTC"
        for row in rows.order_by("pk")
    ]


def _accruals(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    last_day = month_after(starts_on) - timedelta(days=1)
    ours = Contract.Direction.PROMISED_BY_US
    some = latest_assessments().filter(_of(legal_entity), credit_amount__gt=0, finalisation=None)
    if not ended_in(some.filter(commitment__version__contract__direction=ours), starts_on).exists():
        return []
    try:
        due = due_moves(legal_entity, last_day, policy_on(legal_entity, last_day))
    except NoPolicy as error:
        return [str(error).partition(": ")[2]]
    return [f"{_name(row.result)}: {row.amount} {row.result.currency} to be {row.kind}" for row in due]


def _rates(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    last_day = month_after(starts_on) - timedelta(days=1)
    found = []
    used = Posting.objects.filter(entry__effective_on__lte=last_day).values("account")
    accounts = [row for row in foreign_accounts(legal_entity) if row.currency]
    moved = (
        set(used.filter(account__in=accounts).values_list("account", flat=True).distinct())
        if accounts
        else set()
    )
    for currency in sorted({row.currency for row in accounts if row.pk in moved}):
        try:
            _, rate = rate_on(currency, legal_entity.functional_currency, last_day)
        except RateMissing as error:
            found.append(str(error).partition(": ")[2])
        else:
            if rate.on < starts_on:
                found.append(f"The last rate of {currency} is of {rate.on}, before this month")
    return found


def _used_parts(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    issued = MemoStep.objects.filter(state="issued", taken_on__lt=month_after(starts_on)).values("memo")
    rows = with_balance(CreditMemo.objects.filter(legal_entity=legal_entity, pk__in=issued)).filter(
        balance__lt=0
    )
    return [
        f"{row.counterparty.name}: {-row.balance} {row.currency} was used of a credit and is not owed"
        for row in rows.select_related("counterparty").order_by("pk")
    ]


def _disputes(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    rows = open_disputes().filter(memo__legal_entity=legal_entity, steps__number=1)
    rows = rows.filter(steps__taken_on__lt=month_after(starts_on)).select_related("memo__counterparty")
    return [
        f"{row.memo.counterparty.name}: {row.memo.amount} {row.memo.currency}" for row in rows.order_by("pk")
    ]


def _claims(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    """Our claims on vendors whose last day lies in the month, and that nobody has sent."""
    rows: QuerySet[Claim] = claims_with_state().filter(
        state="found",
        deadline_on__gte=starts_on,
        deadline_on__lt=month_after(starts_on),
        breach__assessment__commitment__version__contract__legal_entity=legal_entity,
        breach__assessment__commitment__version__contract__direction="promised_to_us",
    )
    deep = [f"breach__assessment__{path}" for path in SERVICE_AND_CONTRACT]
    rows = rows.select_related("breach__assessment", *deep).order_by("deadline_on", "pk")
    return [f"{_name(row.breach.assessment)}: to be claimed by {row.deadline_on}" for row in rows]


ITEMS = (
    Item("memos", "Memos that are not issued", ("finance", "finance_approver"), True, _memos),
    Item("used_parts", "Credits that were used and are not owed", ("finance_approver",), True, _used_parts),
    Item(
        "conflicts",
        "Credits that two documents would both pay",
        ("legal",),
        True,
        undecided_results,
    ),
    Item(
        "disagreements",
        "Contracts that disagree, undecided",
        ("legal", "finance"),
        False,
        open_disagreements,
    ),
    Item("accruals", "Expected credits that are not provided for", ("finance",), False, _accruals),
    Item("data_gaps", "Time of which nothing is known", ("finance", "legal", "vendor_manager"), False, _gaps),
    Item("open_questions", "Questions that stand open", ("legal", "finance"), False, _questions),
    Item(
        "exclusions",
        "Exclusions that nobody has decided",
        ("legal", "finance_approver", "finance"),
        False,
        _exclusions,
    ),
    Item("rates", "Exchange rates", ("finance",), False, _rates),
    Item("disputes", "Disputes that are open", ("finance_approver", "finance"), False, _disputes),
    Item(
        "vendor_claims",
        "Claims on vendors whose last day it is",
        ("vendor_manager", "finance"),
        False,
        _claims,
    ),
)


def register_all() -> None:
    """Put them into the checklist."""
    for item in ITEMS:
        register(item)
