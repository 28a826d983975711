"""Where the books stand, for the pages of finance: months with what blocks their closing, memos that wait, and
totals of what is provisional and what is final. The number of queries depends on no number of rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import TruncMonth

from contracts.models import Contract, LegalEntity
from credits.models import Assessment, ClaimStep, CreditMemo, Finalisation, MemoStep, PeriodStep
from credits.reading import memos_with_state
from measurements.models import Exclusion

State = CreditMemo.State
MONTHS = 12
ENTITIES = 20
OWED = "commitment__version__contract"


def month_of(day: date, back: int = 0) -> date:
    """The first day of a day's month, or of the month that many before it (after it, where below zero)."""
    at = day.year * 12 + day.month - 1 - back
    return date(at // 12, at % 12 + 1, 1)


def stands_at(*states: str) -> Q:
    """The memos whose last step is one of ``states``, found by their steps: no state is taken twice, and none after
    a later one. Reads the steps once, where the state of each memo would be looked up memo by memo."""
    found = Q(pk__in=[])
    for state in states:
        later = State.values[State.values.index(state) + 1 :]
        beyond = MemoStep.objects.filter(memo=OuterRef("pk"), state__in=later)
        reached = MemoStep.objects.filter(memo=OuterRef("pk"), state=state)
        found |= Q(Exists(reached)) & ~Q(Exists(beyond)) if later else Q(Exists(reached))
    return found


def waiting() -> Q:
    """The memos that are proposed and not issued yet."""
    return ~Q(Exists(MemoStep.objects.filter(memo=OuterRef("pk"), state=State.ISSUED)))


def unfinished_memos(legal_entity: LegalEntity | None = None) -> QuerySet[CreditMemo]:
    """Memos that keep a month open: proposed, and neither issued nor overtaken by a forfeited claim."""
    rows: QuerySet[CreditMemo] = memos_with_state().filter(waiting())
    if legal_entity is not None:
        rows = rows.filter(legal_entity=legal_entity)
    forfeited = ClaimStep.objects.filter(
        kind=ClaimStep.Kind.FORFEITED, claim__breach__assessment=OuterRef("assessment")
    )
    return rows.filter(~Exists(forfeited))


def proposed_before(memos: QuerySet[CreditMemo], day: date) -> QuerySet[CreditMemo]:
    """Those of them that were proposed before a day."""
    first = MemoStep.objects.filter(memo=OuterRef("pk"), number=1, taken_on__lt=day)
    return memos.filter(Exists(first))


def provisional_results() -> QuerySet[Assessment]:
    """The last revision of every window that has no final result yet."""
    later = Assessment.objects.filter(
        commitment=OuterRef("commitment"),
        window_start=OuterRef("window_start"),
        revision__gt=OuterRef("revision"),
    )
    final = Finalisation.objects.filter(
        commitment=OuterRef("commitment"), window_start=OuterRef("window_start")
    )
    return Assessment.objects.filter(~Exists(later), ~Exists(final))


def _ended_in() -> TruncMonth:
    """The month in which a window ends. Windows end at midnight of some zone, which the UTC date of their very end
    may miss in both directions; a day earlier it is the right month in every zone."""
    inside = ExpressionWrapper(F("window_end") - Value(timedelta(days=1)), output_field=DateTimeField())
    return TruncMonth(inside, tzinfo=UTC)


@dataclass(frozen=True)
class Month:
    """One month of one company's books, as of a day."""

    legal_entity: LegalEntity
    starts_on: date
    state: str
    blocking: int
    provisional: int
    is_over: bool

    @property
    def label(self) -> str:
        """Such as 2025-06."""
        return f"{self.starts_on:%Y-%m}"

    @property
    def is_closed(self) -> bool:
        """Whether nothing is posted into it any more."""
        return self.state == PeriodStep.State.CLOSED

    @property
    def may_close(self) -> bool:
        """Whether closing it now would be accepted."""
        return self.is_over and not self.is_closed and not self.blocking

    @property
    def words(self) -> str:
        """What there is to know about it, in a few words."""
        if self.is_closed:
            return "nothing is posted into it any more"
        if self.state == PeriodStep.State.LOCKED:
            return "finance approvers alone post into it"
        if not self.is_over:
            return "runs"
        if self.blocking:
            return f"{self.blocking} memo{'' if self.blocking == 1 else 's'} not issued yet"
        return "nothing blocks its closing"


@dataclass(frozen=True)
class Standing:
    """The results of one company, direction and currency for windows that end in one month, final or not."""

    legal_entity: int
    direction: str
    currency: str
    starts_on: date
    count: int
    credits: int
    unknown: int
    amount: Decimal


def _standings(rows: QuerySet[Assessment], on: date) -> list[Standing]:
    """Windows that ended in the last twelve months, by month; a credit that nobody can reckon yet is in no amount."""
    since = datetime.combine(month_of(on, MONTHS - 1), time(0), UTC)
    sums = (
        rows.filter(window_end__gte=since)
        .annotate(month=_ended_in())
        .filter(month__gte=since)
        .order_by()
        .values_list(f"{OWED}__legal_entity", f"{OWED}__direction", "currency", "month")
        .annotate(
            count=Count("pk"),
            credits=Count("pk", filter=Q(credit_amount__gt=0)),
            unknown=Count("pk", filter=Q(credit_amount=None)),
            amount=Sum("credit_amount", default=Decimal(0)),
        )
    )
    return [
        Standing(entity, direction, currency, starts.date(), count, credits, unknown, amount)
        for entity, direction, currency, starts, count, credits, unknown, amount in sums
    ]


def provisional_standings(on: date) -> list[Standing]:
    """Of what may still change. One query."""
    return _standings(provisional_results(), on)


def strips(on: date, provisional: Sequence[Standing]) -> list[tuple[LegalEntity, list[Month]]]:
    """The last twelve months of each company's books, the running one last. At most twenty companies."""
    entities = list(LegalEntity.objects.order_by("code")[:ENTITIES])
    first = month_of(on, MONTHS - 1)
    states = _states(entities, first)
    memos = _by_month(
        unfinished_memos()
        .filter(legal_entity__in=entities, steps__number=1)
        .annotate(month=TruncMonth("steps__taken_on"))
        .order_by()
        .values_list("legal_entity", "month")
        .annotate(count=Count("pk"))
    )
    open_results = _by_month((row.legal_entity, row.starts_on, row.count) for row in provisional)
    return [
        (
            entity,
            [
                _month(entity, month_of(on, back), on, states, memos, open_results)
                for back in range(MONTHS - 1, -1, -1)
            ],
        )
        for entity in entities
    ]


def month(legal_entity: LegalEntity, starts_on: date, on: date) -> Month:
    """One month as of a day."""
    following = month_of(starts_on, -1)
    return Month(
        legal_entity,
        starts_on,
        _states([legal_entity], starts_on).get((legal_entity.pk, starts_on), "open"),
        proposed_before(unfinished_memos(legal_entity), following).count(),
        provisional_of(legal_entity, starts_on).count(),
        following <= on,
    )


def provisional_of(legal_entity: LegalEntity, starts_on: date) -> QuerySet[Assessment]:
    """The results of windows that end in a month and are not final."""
    rows = provisional_results().filter(**{f"{OWED}__legal_entity": legal_entity})
    return rows.annotate(month=_ended_in()).filter(month=datetime.combine(starts_on, time(0), UTC))


def exclusions_waiting(legal_entity: LegalEntity, starts_on: date) -> QuerySet[Exclusion]:
    """Exclusions that touch a month and that nobody has decided."""
    begin, end = (datetime.combine(day, time(0), UTC) for day in (starts_on, month_of(starts_on, -1)))
    rows = Exclusion.objects.filter(decision=None, contract__legal_entity=legal_entity)
    return rows.filter(during__overlap=DateTimeTZRange(begin, end))


def _states(entities: Sequence[LegalEntity], since: date) -> dict[tuple[int, date], str]:
    rows = (
        PeriodStep.objects.filter(period__legal_entity__in=entities, period__starts_on__gte=since)
        .order_by("period_id", "-number")
        .distinct("period_id")
        .values_list("period__legal_entity", "period__starts_on", "state")
    )
    return {(entity, starts_on): state for entity, starts_on, state in rows}


Counts = dict[int, Counter[date]]


def _by_month(rows: Iterable[tuple[int, date | datetime, int]]) -> Counts:
    found: Counts = {}
    for entity, starts, count in rows:
        day = starts.date() if isinstance(starts, datetime) else starts
        found.setdefault(entity, Counter())[day] += count
    return found


def _month(
    entity: LegalEntity,
    starts_on: date,
    on: date,
    states: dict[tuple[int, date], str],
    memos: Counts,
    open_results: Counts,
) -> Month:
    following = month_of(starts_on, -1)
    waiting = memos.get(entity.pk, Counter())
    return Month(
        entity,
        starts_on,
        states.get((entity.pk, starts_on), "open"),
        sum(count for since, count in waiting.items() if since < following),
        open_results.get(entity.pk, Counter())[starts_on],
        following <= on,
    )


@dataclass(frozen=True)
class Total:
    """What the results of one direction and currency come to: how many, and how much."""

    direction: str
    currency: str
    provisional_count: int
    provisional: Decimal
    final_count: int
    final: Decimal
    unknown_count: int

    @property
    def words(self) -> str:
        """Who owes whom."""
        ours = self.direction == Contract.Direction.PROMISED_BY_US
        return "We owe customers" if ours else "Vendors owe us"


@dataclass(frozen=True)
class MonthTotal:
    """The credits of one direction and currency for windows that end in one month."""

    direction: str
    currency: str
    starts_on: date
    provisional: Decimal
    final: Decimal


def totals(on: date, provisional: Sequence[Standing]) -> tuple[list[Total], list[MonthTotal]]:
    """Credits reckoned for windows that ended in the last twelve months: together, and month by month.

    A credit whose amount nobody knows yet is counted apart and in no sum.
    """
    # A breach is found on a final result only, and on every one that earns a credit.
    final = _standings(Assessment.objects.filter(breach__isnull=False), on)
    found: dict[tuple[str, str, date], list[Decimal]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for at, (standing, rows) in enumerate((("final", final), ("provisional", provisional))):
        for row in rows:
            if not (row.credits or row.unknown):
                continue
            sums = found.setdefault((row.direction, row.currency, row.starts_on), [Decimal(0), Decimal(0)])
            sums[at] += row.amount
            counts[standing, row.direction, row.currency] += row.credits
            counts["unknown", row.direction, row.currency] += row.unknown
    by_month = [
        MonthTotal(direction, currency, day, sums[1], sums[0])
        for (direction, currency, day), sums in sorted(found.items())
    ]
    return [_total(one, by_month, counts) for one in sorted({key[:2] for key in found})], by_month


def _total(
    one: tuple[str, str], by_month: Sequence[MonthTotal], counts: Counter[tuple[str, str, str]]
) -> Total:
    mine = [row for row in by_month if (row.direction, row.currency) == one]
    return Total(
        *one,
        provisional_count=counts["provisional", *one],
        provisional=sum((row.provisional for row in mine), Decimal(0)),
        final_count=counts["final", *one],
        final=sum((row.final for row in mine), Decimal(0)),
        unknown_count=counts["unknown", *one],
    )
