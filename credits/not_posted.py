"""Credits that were reckoned or proposed and are not in the books: what a statement lists beside its balances.

Three kinds wait: the credit of a window, up to its issue; the difference of a restatement, which is a credit of its
own (rule 14) and may be below zero; and goodwill, which rests on no window (rule 16). The first belongs to the
period in which its window ends, the other two to that in which they were made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.models import Contract, Counterparty, LegalEntity
from contracts.reading import terms_of
from credits.conflicts import gives_way, why_it_gives_way
from credits.models import Assessment, CreditMemo, Finalisation, MemoStep, Restatement
from credits.reading import ZERO, every_latest
from reckoning.fields import zone_info


@dataclass(frozen=True)
class NotPosted:
    """A credit of the period that is not in the books at its end. ``amount`` is below zero for a reduction."""

    contract: str
    commitment: str
    service: str
    window: str
    level_percent: str
    tier: str
    standing: str
    claim_deadline_on: date | None
    currency: str
    amount: Decimal | None


def not_posted(
    counterparty: Counterparty, legal_entity: LegalEntity, from_on: date, until_on: date
) -> Iterable[NotPosted]:
    """What waits at the end of [from_on, until_on): results, then restatements, then goodwill. Six queries at most."""
    contracts = Contract.objects.filter(counterparty=counterparty, legal_entity=legal_entity)
    yield from _results(contracts, from_on, until_on)
    yield from _restatements(contracts, from_on, until_on)
    yield from _goodwill(contracts, from_on, until_on)


def _results(contracts: QuerySet[Contract], from_on: date, until_on: date) -> Iterable[NotPosted]:
    """Breaches of windows that end in the period, whose memo was not issued before its end.

    Of a window that is final the final result counts: later revisions are restatements, and tell their difference.
    """
    edge = timedelta(days=2)  # wider than any zone; the local day decides below
    final = Finalisation.objects.filter(
        commitment=OuterRef("commitment"), window_start=OuterRef("window_start")
    )
    provisional = every_latest().filter(~Exists(final)).values("pk")
    rows = Assessment.objects.filter(
        Q(finalisation__isnull=False) | Q(pk__in=provisional),
        commitment__version__contract__in=contracts,
        outcome__in=[Assessment.Outcome.BREACH, Assessment.Outcome.OPEN_QUESTION],
        window_end__gte=datetime.combine(from_on, time(0), UTC) - edge,
        window_end__lte=datetime.combine(until_on, time(0), UTC) + edge,
    )
    rows = rows.filter(~Exists(_issued_before(until_on, memo__assessment=OuterRef("pk"))))
    rows = rows.annotate(gives_way=gives_way())
    rows = rows.select_related(
        "commitment__service", "commitment__version__contract", "finalisation", "breach__claim", "memo"
    ).prefetch_related("memo__steps", "breach__claim__steps")
    for row in rows.order_by("window_start", "commitment__key", "commitment__service__code"):
        zone = zone_info(terms_of(row.commitment.version).zone)
        last_day = (row.window_end - timedelta(microseconds=1)).astimezone(zone).date()
        if from_on <= last_day < until_on and row.gives_way:
            yield _of_result(row, f"none: {why_it_gives_way(row, short=True)}", ZERO)
        elif from_on <= last_day < until_on:
            yield _of_result(row, _standing(row, until_on), row.credit_amount)


def _restatements(contracts: QuerySet[Contract], from_on: date, until_on: date) -> Iterable[NotPosted]:
    """Differences of restatements made in the period, whose own memo was not issued before its end."""
    rows = Restatement.objects.filter(
        assessment__commitment__version__contract__in=contracts,
        restated_on__gte=from_on,
        restated_on__lt=until_on,
    ).exclude(difference_amount=0)
    rows = rows.filter(~Exists(_issued_before(until_on, memo__restatement=OuterRef("pk"))))
    rows = rows.select_related(
        "assessment__commitment__service", "assessment__commitment__version__contract", "memo"
    ).prefetch_related("memo__steps")
    for row in rows.order_by("restated_on", "pk"):
        kind = "increase" if row.difference_amount > 0 else "reduction"
        state = _last_state(getattr(row, "memo", None), until_on) or "not proposed"
        if row.assessment.commitment.version.contract.direction != Contract.Direction.PROMISED_BY_US:
            state = "not in the claim"  # what was claimed from a vendor is answered as it was claimed
        yield _of_result(row.assessment, f"final, {kind} {state}", row.difference_amount)


def _goodwill(contracts: QuerySet[Contract], from_on: date, until_on: date) -> Iterable[NotPosted]:
    """Goodwill that was proposed in the period and was not issued before its end."""
    proposed = MemoStep.objects.filter(
        memo=OuterRef("pk"), number=1, taken_on__gte=from_on, taken_on__lt=until_on
    )
    memos = CreditMemo.objects.filter(
        Exists(proposed),
        ~Exists(_issued_before(until_on, memo=OuterRef("pk"))),
        kind=CreditMemo.Kind.GOODWILL,
        contract__in=contracts,
    )
    for memo in memos.prefetch_related("steps").order_by("pk"):
        facts = memo.facts
        yield NotPosted(
            contract=facts["contract"],
            commitment=facts["commitment"],
            service=facts["service"],
            window=facts["window"],
            level_percent="",
            tier="",
            standing=f"goodwill {_last_state(memo, until_on)}",
            claim_deadline_on=None,
            currency=memo.currency,
            amount=memo.amount,
        )


def _issued_before(until_on: date, **of: Any) -> QuerySet[MemoStep]:
    return MemoStep.objects.filter(state=CreditMemo.State.ISSUED, taken_on__lt=until_on, **of)


def _of_result(row: Assessment, standing: str, amount: Decimal | None) -> NotPosted:
    return NotPosted(
        contract=row.commitment.version.contract.reference,
        commitment=row.commitment.key,
        service=row.commitment.service.code,
        window=row.window_label,
        level_percent="" if row.level_percent is None else str(row.level_percent),
        tier=row.tier_label,
        standing=standing,
        claim_deadline_on=row.claim_deadline_on,
        currency=row.currency,
        amount=amount,
    )


def _last_state(memo: CreditMemo | None, until_on: date) -> str:
    """The state of a memo before a day; empty where there was none yet."""
    states = [step.state for step in memo.steps.all() if step.taken_on < until_on] if memo else []
    return states[-1] if states else ""


def _standing(result: Assessment, until_on: date) -> str:
    """How far a credit had come before a day: from its last step taken before it."""
    if result.outcome == Assessment.Outcome.OPEN_QUESTION or result.credit_amount is None:
        return "open question"
    breach = getattr(result, "breach", None)
    if breach is None or breach.found_on >= until_on:
        return "provisional"
    claim = getattr(breach, "claim", None)
    steps = [step.kind for step in claim.steps.all() if step.taken_on < until_on] if claim else []
    if "forfeited" in steps:
        return "final, forfeited"
    state = _last_state(getattr(result, "memo", None), until_on)
    if state:
        return f"final, memo {state}"
    return f"final, claim {steps[-1]}" if steps else "final"
