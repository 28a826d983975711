"""Expected credits: estimated while a result is provisional, trued up when it is final, gone when it is issued.

For every window of our promises the provision is brought to what is expected and not issued yet. What the run posts
is the difference, so that running it again posts nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.record import record
from base.access import require_role
from base.dberrors import named_errors
from contracts.models import Contract, Counterparty, LegalEntity
from contracts.reading import terms_of
from credits.actors import require_job_or
from credits.conflicts import gives_way
from credits.errors import BY_CONSTRAINT, NoPolicy, ReasonMissing, WrongAmount
from credits.locks import hold
from credits.models import (
    Account,
    AccrualPolicy,
    Assessment,
    ClaimStep,
    CreditMemo,
    Finalisation,
    JournalEntry,
    MemoStep,
    ProvisionMove,
    Restatement,
)
from credits.reading import ZERO, every_latest
from credits.rules import credit, debit
from credits.services.ledger import account_for, write_entry
from credits.services.memos import EARNED
from credits.services.provisions import signed_sum
from reckoning.money import round_amount
from reckoning.terms.claims import ClaimInSteps

Purpose = Account.Purpose
Method = AccrualPolicy.Method
OURS = Contract.Direction.PROMISED_BY_US
IN_OF = "commitment__version__contract"
Window = tuple[int, datetime]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def set_accrual_policy(
    legal_entity: LegalEntity,
    *,
    method: str,
    effective_from_on: date,
    reason: str,
    claimed_ratio: Decimal = Decimal(1),
) -> AccrualPolicy:
    """Decide how a legal entity estimates expected credits, from a day on; one method for all of its contracts.

    ``most_likely``: the credit as it was last reckoned. ``expected_value``: that times the share of credits that
    customers claim, where the terms want a claim and none was made yet. Raises ReasonMissing, WrongAmount, Conflict
    for a second policy from the same day, NotAllowed (a finance approver decides).
    """
    actor = require_role("finance_approver")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say on what the estimate rests")
    if method not in Method.values or not 0 <= claimed_ratio <= 1:
        raise WrongAmount(f"method: one of {', '.join(Method.values)} with a ratio of 0 to 1 is needed")
    policy = AccrualPolicy.objects.create(
        legal_entity=legal_entity,
        method=method,
        claimed_ratio=claimed_ratio,
        effective_from_on=effective_from_on,
        reason=reason,
        decided_by=actor,
    )
    after = {"method": method, "claimed_ratio": claimed_ratio, "effective_from_on": effective_from_on}
    record("accrual_policy.set", policy, after=after, reason=reason)
    return policy


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def accrue(
    legal_entity: LegalEntity, *, effective_on: date, contracts: Sequence[int] | None = None
) -> list[JournalEntry]:
    """Bring the provision of every window that ended by ``effective_on`` to what is expected; again posts nothing.

    ``contracts`` narrows it to some, by their keys. One entry per customer, currency and direction of the movement;
    the record has one event for the run. Raises NoPolicy where nothing was decided for that day, PeriodClosed,
    NotAllowed (finance or a job).
    """
    require_job_or("finance")
    hold("accrual", legal_entity.pk)
    policy = policy_on(legal_entity, effective_on)
    moves = due_moves(legal_entity, effective_on, policy, contracts)
    by_entry: dict[tuple[int, str, str], list[Due]] = defaultdict(list)
    for due in moves:
        party = due.result.commitment.version.contract.counterparty_id
        by_entry[party, due.result.currency, due.kind].append(due)
    entries = [_post(legal_entity, effective_on, policy, rows) for _, rows in sorted(by_entry.items())]
    if entries:
        sums: dict[str, str] = {}
        for due in moves:
            key = f"{due.kind} {due.result.currency}"
            sums[key] = str(Decimal(sums.get(key, "0")) + due.amount)
        after = {"effective_on": effective_on, "method": policy.method, "moves": len(moves)} | sums
        record("provision.accrue", legal_entity, after=after)
    return entries


# Below the acts ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """A movement that the run posts: of one window, up or down, and why."""

    result: Assessment
    kind: str
    amount: Decimal
    reason: str


def policy_on(legal_entity: LegalEntity, day: date) -> AccrualPolicy:
    """The policy in effect. Raises NoPolicy."""
    policies = AccrualPolicy.objects.filter(legal_entity=legal_entity, effective_from_on__lte=day)
    policy = policies.order_by("-effective_from_on").first()
    if policy is None:
        raise NoPolicy(
            f"legal_entity: nobody decided how {legal_entity.code} estimates expected credits on {day}; set a policy"
        )
    return policy


def due_moves(
    legal_entity: LegalEntity,
    effective_on: date,
    policy: AccrualPolicy,
    contracts: Sequence[int] | None = None,
) -> list[Due]:
    """What a run would post: the difference of what is expected and what is held, window by window."""
    until = datetime.combine(effective_on + timedelta(days=1), time(0), UTC)
    # Windows end at midnight of their zone, at most fourteen hours after that of UTC.
    until += timedelta(hours=14)
    mine = Q(**{f"{IN_OF}__legal_entity": legal_entity, f"{IN_OF}__direction": OURS})
    if contracts is not None:
        mine &= Q(**{f"{IN_OF}__in": contracts})
    held = _held(legal_entity, contracts)
    wanted = Q(credit_amount__gt=0) | Q(commitment__in={key for key, _ in held})
    rows = every_latest().annotate(gives_way=gives_way(), told_anew=_told_anew())
    rows = rows.filter(mine, wanted, window_end__lte=until)
    rows = rows.select_related(f"{IN_OF}__counterparty", "commitment__service").defer("inputs", "result")
    results = list(rows.order_by("commitment_id", "window_start"))
    final = _final_states(mine, until)
    found = []
    for result in results:
        window = result.commitment_id, result.window_start
        expected, why = _expected(result, final.get(window), policy)
        if result.gives_way:
            expected, why = ZERO, "gives way to another document, by decision of a conflict"
        elif result.told_anew and window not in final:
            expected, why = ZERO, "another text of the contract reckons this window since"
        moved = expected - held.get(window, ZERO)
        if moved:
            kind = ProvisionMove.Kind.ACCRUED if moved > 0 else ProvisionMove.Kind.RELEASED
            found.append(Due(result, kind.value, abs(moved), why))
    return found


def _told_anew() -> Exists:
    """Of results: the same promise was reckoned for the same window later, under another text of the contract that
    was signed to count from before; the window has one result, and that is the later one."""
    same = {
        name: OuterRef(name)
        for name in (
            "commitment__version__contract",
            "commitment__key",
            "commitment__service",
            "window_start",
            "window_end",
        )
    }
    later = Assessment.objects.filter(**same, pk__gt=OuterRef("pk"))
    return Exists(later.exclude(commitment=OuterRef("commitment")))


@dataclass
class _Final:
    """A final window: what it pays today, what was issued of it, and whether its claim is made or lost."""

    payable: Decimal
    issued: Decimal = ZERO
    claim: str = ""
    taken_back: bool = False
    restated: bool = False


def _expected(result: Assessment, final: _Final | None, policy: AccrualPolicy) -> tuple[Decimal, str]:
    """What is expected of a window beyond what was issued, and why."""
    if final is None:
        if result.credit_amount is None:
            return ZERO, "the result is an open question"
        return _estimate(result.credit_amount, _must_be_claimed(result), result.currency, policy), (
            f"provisional, revision {result.revision}: {policy.get_method_display().lower()}"
        )
    if final.claim == ClaimStep.Kind.FORFEITED:
        return ZERO, "the claim was forfeited"
    if final.taken_back:
        return ZERO, "the issued credit was reversed"
    left = max(final.payable - final.issued, ZERO)
    waits = final.claim not in EARNED and _must_be_claimed(result)
    why = "restated" if final.restated else "final"
    return _estimate(left, waits, result.currency, policy), why + (", not claimed yet" if waits else "")


def _must_be_claimed(result: Assessment) -> bool:
    """Whether the customer must act to have the credit: by a last day, or in steps whose days only people know."""
    if result.claim_deadline_on is not None:
        return True
    block = terms_of(result.commitment.version).commitment(result.commitment.key).claim
    return isinstance(block, ClaimInSteps) and block.by_customer


def _estimate(amount: Decimal, may_not_be_claimed: bool, currency: str, policy: AccrualPolicy) -> Decimal:
    """The most likely amount is the whole; the expected value counts the share that is claimed, half up."""
    if policy.method == Method.MOST_LIKELY or not may_not_be_claimed:
        return amount
    return round_amount(Fraction(amount) * Fraction(policy.claimed_ratio), currency, "half_up")


def _held(legal_entity: LegalEntity, contracts: Sequence[int] | None) -> dict[Window, Decimal]:
    moves = ProvisionMove.objects.filter(legal_entity=legal_entity)
    if contracts is not None:
        moves = moves.filter(**{f"{IN_OF}__in": contracts})
    sums = moves.order_by().values_list("commitment_id", "window_start").annotate(total=signed_sum())
    return {(key, start): total for key, start, total in sums if total}


def _final_states(mine: Q, until: datetime) -> dict[Window, _Final]:
    """Every final window with what its provision depends on; a handful of queries."""
    finals = Finalisation.objects.filter(mine, window_start__lt=until).select_related("assessment")
    states: dict[Window, _Final] = {}
    by_final: dict[int, _Final] = {}
    for row in finals.defer("assessment__inputs", "assessment__result"):
        state = _Final(row.assessment.credit_amount or ZERO)
        states[row.commitment_id, row.window_start] = by_final[row.pk] = state
    keys = list(by_final)
    of_final = "assessment__finalisation"
    for restated in Restatement.objects.filter(finalisation__in=keys).order_by("number"):
        by_final[restated.finalisation_id].payable = restated.payable_amount
        by_final[restated.finalisation_id].restated = True
    steps = ClaimStep.objects.filter(claim__breach__assessment__finalisation__in=keys).order_by("number")
    for key, kind in steps.values_list("claim__breach__assessment__finalisation", "kind"):
        by_final[key].claim = kind
    for path, kinds in (
        (of_final, ("service_credit",)),
        ("restatement__finalisation", ("increase", "reduction")),
    ):
        memos = CreditMemo.objects.filter(**{f"{path}__in": keys}, kind__in=kinds, steps__state="issued")
        gone = set(MemoStep.objects.filter(memo__in=memos, state="reversed").values_list("memo", flat=True))
        for key, pk, kind, amount in memos.values_list(path, "pk", "kind", "amount"):
            if pk in gone:
                by_final[key].taken_back = by_final[key].taken_back or kind == "service_credit"
            else:
                by_final[key].issued += -amount if kind == "reduction" else amount
    return states


def _post(
    legal_entity: LegalEntity, effective_on: date, policy: AccrualPolicy, rows: Iterable[Due]
) -> JournalEntry:
    rows = list(rows)
    first = rows[0].result
    party: Counterparty = first.commitment.version.contract.counterparty
    expense = account_for(legal_entity, Purpose.SERVICE_CREDIT_EXPENSE, party, first.currency)
    provision = account_for(legal_entity, Purpose.PROVISION, party, first.currency)
    total = sum((row.amount for row in rows), ZERO)
    up = rows[0].kind == ProvisionMove.Kind.ACCRUED
    stem = f"ACC-{legal_entity.code}-{effective_on}-{party.code}-{first.currency}-{rows[0].kind}"
    number = JournalEntry.objects.filter(reference__startswith=f"{stem}/").count() + 1
    entry, _ = write_entry(
        legal_entity,
        reference=f"{stem}/{number}",
        description=f"Expected service credits {rows[0].kind}, {len(rows)} windows of {party.name}"[:300],
        effective_on=effective_on,
        postings=[debit(expense if up else provision, total), credit(provision if up else expense, total)],
    )
    ProvisionMove.objects.bulk_create(
        ProvisionMove(
            legal_entity=legal_entity,
            commitment=row.result.commitment,
            window_start=row.result.window_start,
            assessment=row.result,
            policy=policy,
            kind=row.kind,
            amount=row.amount,
            currency=row.result.currency,
            effective_on=effective_on,
            reason=row.reason,
            entry=entry,
        )
        for row in rows
    )
    return entry


def contracts_of(legal_entity: LegalEntity) -> QuerySet[Contract]:
    """The contracts whose credits are provided for, in the order of their keys."""
    return Contract.objects.filter(legal_entity=legal_entity, direction=OURS).order_by("pk")


__all__ = ["accrue", "set_accrual_policy"]
