"""What the replayed history came to, read from the database as of a date: the figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count

from audit.services import verify_record
from credits.models import Assessment, ClaimStep, CreditMemo, JournalEntry, MemoStep, PeriodStep, Posting
from credits.reading import claims_with_state, ledger_balances, memos_with_state, trial_balance
from demo.schedule import at
from demo.world import CUSTOMER_CONTRACT, INCIDENTS_SOURCE, SECONDS_SOURCE, VENDOR_CONTRACT, contract
from measurements.models import Source
from measurements.reconciliation.published import listed_by_reason, one_sided_incidents, reconcile_published

TARGET = Fraction(999, 1000)
NINETY_NINE = Fraction(99, 100)


@dataclass(frozen=True)
class Line:
    """One result below its promise, and what became of it."""

    service: str
    window: str
    level: str
    tier: str
    amount: Decimal | None
    currency: str
    claim_by: date | None
    claim: str
    memo: str
    days_left: int | None


@dataclass(frozen=True)
class Reading:
    """How many final results are below a level, as the terms are read and as they might be."""

    name: str
    below_target: int
    below_ninety_nine: int


@dataclass(frozen=True)
class Summary:
    """The figures of the demo. Two runs are the same when these are equal."""

    as_of: date
    vendor: tuple[Line, ...]
    customer: tuple[Line, ...]
    questions: tuple[tuple[str, str, str], ...]
    corrected: tuple[str, ...]
    assessed: int
    readings: tuple[Reading, ...]
    published: tuple[int, int]
    counts: dict[str, int]
    listed: dict[str, int]
    one_sided: tuple[int, int]
    trial: tuple[tuple[str, str, Decimal, Decimal], ...]
    balances: bool
    record_faults: tuple[str, ...]


def summarise(as_of: date) -> Summary:
    """Read everything; nothing is written."""
    verification = verify_record()
    seconds, incidents = Source.objects.get(code=SECONDS_SOURCE), Source.objects.get(code=INCIDENTS_SOURCE)
    known_at = at(as_of, 0)
    reconciled = reconcile_published(source=seconds, contract=contract(VENDOR_CONTRACT), known_at=known_at)
    one_sided = one_sided_incidents(intervals_source=incidents, seconds_source=seconds, known_at=known_at)
    finals = [row for row in _latest(VENDOR_CONTRACT) if row.level_exact]
    return Summary(
        as_of=as_of,
        vendor=_lines(VENDOR_CONTRACT, as_of),
        customer=_lines(CUSTOMER_CONTRACT, as_of),
        questions=_questions(),
        corrected=_corrected(),
        assessed=len(finals),
        readings=tuple(_readings(finals)),
        published=(sum(1 for row in reconciled if row.agrees), len(reconciled)),
        counts={
            "assessments": Assessment.objects.count(),
            "of them final": Assessment.objects.exclude(finalisation=None).count(),
            "memos": CreditMemo.objects.count(),
            "of them issued": MemoStep.objects.filter(state="issued").count(),
            "journal entries": JournalEntry.objects.count(),
            "postings": Posting.objects.count(),
            "months closed": PeriodStep.objects.filter(state=PeriodStep.State.CLOSED).count(),
        },
        # What never happened is not told: a reason without rows is no line of the summary.
        listed={
            reason: count
            for reason, count in listed_by_reason(source=incidents, known_at=known_at).items()
            if count
        },
        one_sided=(len(one_sided.only_in_seconds), len(one_sided.only_in_intervals)),
        trial=tuple(
            (row.account.get_purpose_display(), row.currency, row.debit, row.credit)
            for row in trial_balance()
        ),
        balances=ledger_balances(),
        record_faults=tuple(f"{fault.place}: {fault.sentence}" for fault in verification.faults),
    )


def _latest(reference: str) -> Sequence[Assessment]:
    """The last revision of every window of a contract."""
    return list(
        Assessment.objects.filter(commitment__version__contract__reference=reference)
        .order_by("commitment_id", "window_start", "-revision")
        .distinct("commitment_id", "window_start")
        .select_related("commitment__service")
    )


def _lines(reference: str, as_of: date) -> tuple[Line, ...]:
    rows = [row for row in _latest(reference) if row.outcome == Assessment.Outcome.BREACH]
    rows.sort(key=lambda row: (row.window_start, row.commitment.service.code))
    claims = dict(claims_with_state().values_list("breach__assessment_id", "state"))
    memos = dict(memos_with_state().values_list("assessment_id", "state"))
    return tuple(
        Line(
            service=row.commitment.service.code,
            window=row.window_label,
            level=row.result["level"]["percent"],
            tier=f"{row.tier_label} {row.result['tier_percent']} %",
            amount=row.credit_amount,
            currency=row.currency,
            claim_by=row.claim_deadline_on,
            claim=claims.get(row.pk, "provisional"),
            memo=memos.get(row.pk, ""),
            days_left=(row.claim_deadline_on - as_of).days
            if claims.get(row.pk) == ClaimStep.Kind.FOUND and row.claim_deadline_on
            else None,
        )
        for row in rows
    )


def _questions() -> tuple[tuple[str, str, str], ...]:
    """Window, service and codes of the results that still wait for an answer."""
    found = []
    for reference in (VENDOR_CONTRACT, CUSTOMER_CONTRACT):
        for row in _latest(reference):
            codes = [question["code"] for question in row.result["open_questions"]]
            if codes:
                found.append((row.window_label, row.commitment.service.code, ", ".join(codes)))
    return tuple(sorted(found))


def _corrected() -> tuple[str, ...]:
    """The windows of the customer whose final level differs from the provisional one."""
    rows = (
        Assessment.objects.filter(commitment__version__contract__reference=CUSTOMER_CONTRACT)
        .exclude(level_exact="")
        .order_by()
        .values("window_label")
        .annotate(levels=Count("level_exact", distinct=True))
    )
    return tuple(sorted(row["window_label"] for row in rows if row["levels"] > 1))


def _readings(rows: Sequence[Assessment]) -> Iterator[Reading]:
    yield _reading("as the terms are read", [row.result["level"] for row in rows])
    others: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        for other in row.result["other_readings"]:
            others.setdefault(other["name"], []).append(other["level"])
    for name, levels in others.items():
        yield _reading(name, levels)


def _reading(name: str, levels: Sequence[dict[str, str]]) -> Reading:
    exact = [Fraction(level["exact"]) for level in levels]
    return Reading(
        name, sum(1 for level in exact if level < TARGET), sum(1 for level in exact if level < NINETY_NINE)
    )
