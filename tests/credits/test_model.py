"""Random months against a small model in memory: after every step the books balance, nothing that was posted has
changed, and each credit is in exactly one state.

The model knows tiers and fees and does its own sums with fractions; of the services it knows the verbs only. Every act
is done twice, as two workers would that got the same message: the second time must change nothing.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from base.models import User
from contracts.models import Commitment, Contract
from credits import checklist, services
from credits.errors import PeriodNotReady, WrongStep
from credits.models import Claim, CreditMemo, JournalEntry, NumberSeries, Posting
from credits.reading import ledger_balances, memo_balance, memos_with_state, trial_balance
from credits.rollforward import roll_forward
from credits.windows import window_at
from measurements import services as measuring
from tests import factories
from tests.credits import world
from tests.credits.world import as_, as_job

pytestmark = pytest.mark.django_db
FEES = {"EUR": Decimal("10000.01"), "JPY": Decimal("1000003"), "KWD": Decimal("1234.567")}
DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
MONTHS = [date(2023, month, 1) for month in range(1, 7)]
# Hours of the months in Berlin: the clocks change in March.
HOURS = {1: 744, 2: 672, 3: 743, 4: 720, 5: 744}


def oracle(currency: str, month: int, down_hours: int) -> Decimal:
    """What a month owes: a tenth, a quarter or a half of the fee, half up to the minor unit."""
    level = Fraction(HOURS[month] - down_hours, HOURS[month])
    if level >= Fraction(999, 1000):
        return Decimal(0)
    percent = 10 if level >= Fraction(99, 100) else 25 if level >= Fraction(95, 100) else 50
    units = Fraction(FEES[currency]) * percent / 100 * 10 ** DIGITS[currency]
    return Decimal((2 * units.numerator + units.denominator) // (2 * units.denominator)).scaleb(
        -DIGITS[currency]
    )


@dataclass
class Credit:
    """A memo as the model knows it."""

    kind: str
    amount: Decimal
    state: str = "proposed"
    used: Decimal = Decimal(0)
    reduced: Decimal = Decimal(0)
    settled: Decimal = Decimal(0)
    disputed: bool = False

    @property
    def balance(self) -> Decimal:
        whole = Decimal(0) if self.kind == "reduction" else self.amount
        return whole - self.used - self.reduced + self.settled


@dataclass
class Month:
    """A window of one contract."""

    currency: str
    month: int
    hours: int
    final: bool = False
    payable: Decimal = Decimal(0)
    claimed: bool = False
    late: bool = False
    credits: dict[int, Credit] = field(default_factory=dict)


@dataclass
class Ground:
    """What is made once for every run: three contracts in three currencies with the fees of five months."""

    commitments: dict[str, Commitment]
    people: dict[str, User]


def ground() -> Ground:
    commitments = {}
    for currency, fee in FEES.items():
        document = factories.terms(factories.commitment_terms(), currency=currency)
        contract = factories.signed_contract(document, reference=f"C-{currency}")
        with as_("vendor_manager"):
            source = measuring.create_source(
                code=f"monitor-{currency.lower()}",
                name="Monitor",
                kind="independent_monitor",
                shape="intervals",
                measurement_point="edge",
                covers_from=datetime(2022, 1, 1, tzinfo=UTC),
            )
            measuring.bind_source(contract=contract, role="independent monitor", source=source)
        world.import_fees(
            *(
                f"{currency}-{at},C-{currency},{end},{currency},{currency}-{at}-1,platform,{begin},{end},{fee},S,19,"
                for at, (begin, end) in enumerate(pairwise(MONTHS), start=1)
            )
        )
        commitments[currency] = factories.commitment(contract, code="platform")
    with as_("finance_approver"):
        services.set_accrual_policy(
            factories.entity(), method="most_likely", effective_from_on=MONTHS[0], reason="a policy"
        )
        services.set_approval_rule(
            direction=Contract.Direction.PROMISED_BY_US,
            currency="EUR",
            above_amount=Decimal("2500"),
            approvals=2,
            reason="large ones",
        )
    roles = ("finance", "customer_success", "finance_approver")
    people = {role: factories.user(role) for role in roles} | {
        name: factories.user("finance_approver") for name in ("second", "third")
    }
    return Ground(commitments, people)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def month_where(keep: Callable[["Books", Month], bool]) -> Any:
    """The step is there while some month is like that."""
    return precondition(lambda self: any(keep(self, row) for row in self.windows.values()))


def credit_where(keep: Callable[[Credit], bool]) -> Any:
    """The step is there while some credit is like that."""
    return precondition(
        lambda self: any(keep(one) for row in self.windows.values() for one in row.credits.values())
    )


class Books(RuleBasedStateMachine):
    """Months go by; people and jobs act; the model says what must be there."""

    made: Ground
    taken: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.savepoint()
        self.day = date(2023, 1, 25)
        self.month = 0
        self.windows: dict[tuple[str, int], Month] = {}
        self.closed: set[date] = set()
        self.provided: dict[tuple[str, int], Decimal] = {}
        self.posted: dict[int, tuple[Any, ...]] = {}
        self.incidents = 0
        # Every run has something to go on with.
        self.a_month_ends((30, 8, 1))
        for pick in range(3):
            self.a_result_becomes_final(pick)
        for pick in range(2):
            self.a_customer_claims_and_a_memo_is_proposed(pick)
            self.a_memo_is_approved(pick)
        self.expected_credits_are_accrued()
        for _ in range(2):
            self.a_memo_is_issued(0)
        self.everything_happens_once()

    def everything_happens_once(self) -> None:
        """What chance may miss: each kind and state of a credit, and a closed month, with the checks after each act."""
        for act in (
            self.a_month_is_closed,
            lambda: self.a_credit_is_paid_out_in_part(0, 2),
            lambda: self.a_dispute_is_opened_or_resolved(0),
            lambda: self.a_dispute_is_opened_or_resolved(0),
            # The first credit is used, so the other is the one that can be reversed; the first is restated.
            lambda: self.a_memo_is_reversed(0),
            lambda: self.a_late_fact_restates_a_result(0, 30),
            lambda: self.a_memo_is_approved(0),
            lambda: self.a_memo_is_issued(0),
            lambda: self.a_month_ends((8, 0, 30)),
            lambda: self.a_result_becomes_final(0),
            lambda: self.a_customer_claims_and_a_memo_is_proposed(0),
            self.expected_credits_are_accrued,
        ):
            act()
            self.the_books_balance_and_say_what_the_model_says()
            self.nothing_that_was_posted_has_changed()
            self.each_credit_is_in_exactly_one_state()

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            connection.set_rollback(False)
            transaction.savepoint_rollback(self.savepoint)

    def by(self, who: str, act: Callable[[], Any]) -> Any:
        """An act, and the same again by another worker: it gives the same and posts nothing more."""
        with as_job() if who == "job" else as_(self.made.people[who]):
            first = act()
            entries = JournalEntry.objects.count()
            assert act() == first
            assert JournalEntry.objects.count() == entries
        return first

    def down(self, currency: str, hours: int, month: int, known_on: date, until: date) -> None:
        self.incidents += 1
        begin = at(date(2023, month, 2)) + timedelta(days=2 * self.incidents % 24)
        end = begin + timedelta(hours=hours)
        row = f"i-{self.incidents},{begin:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},major,platform,Down"
        world.import_incidents(
            self.made.commitments[currency].version.contract,
            row,
            known_at=at(known_on),
            covers_until=at(until),
        )

    def some(self, keep: Callable[[Month], bool], pick: int) -> Month | None:
        found = [one for one in self.windows.values() if keep(one)]
        return found[pick % len(found)] if found else None

    def credit(self, keep: Callable[[Credit], bool], pick: int) -> tuple[CreditMemo, Credit] | None:
        found = [
            (pk, one) for window in self.windows.values() for pk, one in window.credits.items() if keep(one)
        ]
        if not found:
            return None
        pk, one = found[pick % len(found)]
        return CreditMemo.objects.get(pk=pk), one

    # What happens ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.month < 5)
    @rule(hours=st.tuples(*[st.sampled_from([30, 8, 1, 0])] * 3))
    def a_month_ends(self, hours: tuple[int, int, int]) -> None:
        self.month += 1
        end = MONTHS[self.month]
        self.day = max(self.day, end + timedelta(days=6))
        for currency, down in zip(FEES, hours, strict=True):
            # A quiet month is told as well: an outage without length.
            self.down(currency, down, self.month, self.day, end)
            self.windows[currency, self.month] = Month(currency, self.month, down)
            commitment = self.made.commitments[currency]
            window = window_at(commitment, at(date(2023, self.month, 10)))
            result = self.by(
                "job",
                lambda c=commitment, w=window: services.assess_window(c, window=w, known_at=at(self.day)),
            )
            assert result.credit_amount == oracle(currency, self.month, down)

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        self.day += timedelta(days=days)

    @month_where(lambda self, row: not row.final)
    @rule(pick=st.integers(0, 20))
    def a_result_becomes_final(self, pick: int) -> None:
        one = self.some(lambda row: not row.final and self.day >= MONTHS[row.month] + timedelta(days=6), pick)
        if one is None:
            return
        commitment = self.made.commitments[one.currency]
        window = window_at(commitment, at(date(2023, one.month, 10)))
        known_at = at(self.day)
        result = self.by(
            "job", lambda: services.finalise_window(commitment, window=window, known_at=known_at)
        )
        one.final, one.payable = True, oracle(one.currency, one.month, one.hours)
        assert result.credit_amount == one.payable

    @month_where(lambda self, row: row.final and row.payable > 0 and not row.claimed)
    @rule(pick=st.integers(0, 20))
    def a_customer_claims_and_a_memo_is_proposed(self, pick: int) -> None:
        in_time = lambda row: self.day <= MONTHS[row.month] + timedelta(days=28)  # noqa: E731
        one = self.some(
            lambda row: row.final and row.payable and not row.claimed and not row.late and in_time(row), pick
        )
        if one is None:
            return
        claim = Claim.objects.get(
            breach__assessment__commitment=self.made.commitments[one.currency],
            breach__assessment__window_label=f"2023-{one.month:02d}",
        )
        day = self.day
        self.by(
            "customer_success",
            lambda: services.record_customer_claim(claim, taken_on=day, reference="letter"),
        )
        memo = self.by("job", lambda: services.propose_memo(claim.breach.assessment, taken_on=day))
        one.claimed = True
        one.credits[memo.pk] = Credit("service_credit", one.payable)

    @credit_where(lambda one: one.state == "proposed")
    @rule(pick=st.integers(0, 20))
    def a_memo_is_approved(self, pick: int) -> None:
        found = self.credit(lambda one: one.state == "proposed", pick)
        if found is None:
            return
        memo, one = found
        day = self.day
        if memo.currency == "EUR" and one.amount > 2500:
            self.by("second", lambda: services.approve_memo(memo, taken_on=day))
            assert memos_with_state().get(pk=memo.pk).state == "proposed"
        self.by("finance_approver", lambda: services.approve_memo(memo, taken_on=day))
        one.state = "approved"

    @credit_where(lambda one: one.state == "approved")
    @rule(pick=st.integers(0, 20))
    def a_memo_is_issued(self, pick: int) -> None:
        found = self.credit(lambda one: one.state == "approved", pick)
        if found is None:
            return
        memo, one = found
        if one.kind == "reduction":
            assert memo.restatement is not None
            original = CreditMemo.objects.get(assessment__finalisation=memo.restatement.finalisation)
            mine = self.windows[memo.currency, int(memo.facts["window"][-2:])].credits[original.pk]
            if mine.state != "issued":
                return
            mine.reduced += one.amount
        day = self.day
        self.by("finance", lambda: services.issue_memo(memo, taken_on=day))
        one.state = "issued"
        if one.kind != "reduction":
            window = memo.currency, int(memo.facts["window"][-2:])
            held = self.provided.get(window, Decimal(0))
            self.provided[window] = held - min(held, one.amount)

    @credit_where(lambda one: one.state == "issued" and not one.used)
    @rule(pick=st.integers(0, 20))
    def a_memo_is_reversed(self, pick: int) -> None:
        found = self.credit(
            lambda one: (
                one.state == "issued" and one.kind != "reduction" and not one.used and not one.reduced
            ),
            pick,
        )
        if found is None:
            return
        memo, one = found
        window = self.windows[memo.currency, int(memo.facts["window"][-2:])]
        if window.late:
            return
        day, before = self.day, memo.provision_moves.filter(kind="issued").first()
        with as_(self.made.people["third"]):
            services.reverse_memo(memo, taken_on=day, reason="wrong")
            # A reversal is the one act that is refused when it comes again, and not free.
            with pytest.raises(WrongStep), transaction.atomic():
                services.reverse_memo(memo, taken_on=day, reason="wrong")
        one.state = "reversed"
        if before is not None:
            key = memo.currency, window.month
            self.provided[key] = self.provided.get(key, Decimal(0)) + before.amount

    @credit_where(lambda one: one.state == "issued" and one.balance > 0)
    @rule(pick=st.integers(0, 20), share=st.sampled_from([1, 2, 3]))
    def a_credit_is_paid_out_in_part(self, pick: int, share: int) -> None:
        found = self.credit(lambda one: one.state == "issued" and one.balance > 0 and not one.disputed, pick)
        if found is None:
            return
        memo, one = found
        digits = DIGITS[memo.currency]
        amount = max(round(one.balance / share, digits), Decimal(1).scaleb(-digits))
        reference, day = f"bank {memo.pk}/{memo.uses.count()}", self.day
        self.by("finance", lambda: services.pay_out(memo, taken_on=day, reference=reference, amount=amount))
        one.used += amount

    @credit_where(lambda one: one.balance < 0)
    @rule(pick=st.integers(0, 20), verdict=st.sampled_from(["claw_back", "write_off"]))
    def what_was_used_too_much_is_decided(self, pick: int, verdict: str) -> None:
        found = self.credit(lambda one: one.state == "issued" and one.balance < 0, pick)
        if found is None:
            return
        memo, one = found
        amount = -one.balance
        with as_(self.made.people["third"]):
            services.decide_used_part(memo, verdict=verdict, taken_on=self.day, reason="decided")
        one.settled += amount

    @credit_where(lambda one: one.state == "issued")
    @rule(pick=st.integers(0, 20))
    def a_dispute_is_opened_or_resolved(self, pick: int) -> None:
        found = self.credit(lambda one: one.state == "issued", pick)
        if found is None:
            return
        memo, one = found
        if one.disputed:
            dispute = memo.disputes.latest("number")
            with as_(self.made.people["third"]):
                services.resolve_dispute(dispute, verdict="stands", taken_on=self.day, reason="looked at")
        else:
            with as_(self.made.people["customer_success"]):
                services.open_dispute(memo, taken_on=self.day, reason="they doubt it")
        one.disputed = not one.disputed

    @month_where(lambda self, row: row.claimed and not row.late)
    @rule(pick=st.integers(0, 20), more=st.sampled_from([8, 30]))
    def a_late_fact_restates_a_result(self, pick: int, more: int) -> None:
        standing = lambda row: all(one.state == "issued" for one in row.credits.values())  # noqa: E731
        one = self.some(lambda row: row.final and not row.late and row.claimed and standing(row), pick)
        if one is None:
            return
        self.day += timedelta(days=1)
        self.down(one.currency, more, one.month, self.day, MONTHS[self.month])
        commitment = self.made.commitments[one.currency]
        window = window_at(commitment, at(date(2023, one.month, 10)))
        with as_(self.made.people["finance"]):
            row = services.restate_window(
                commitment, window=window, known_at=at(self.day), restated_on=self.day, reason="late"
            )
        one.late = True
        one.hours += more
        now = oracle(one.currency, one.month, one.hours)
        assert (row.previous_amount, row.payable_amount) == (one.payable, now)
        memo = CreditMemo.objects.filter(restatement=row).first()
        assert (memo is None) == (now == one.payable)
        if memo is not None:
            kind = "increase" if now > one.payable else "reduction"
            one.credits[memo.pk] = Credit(kind, abs(now - one.payable))
            assert (memo.kind, memo.amount) == (kind, abs(now - one.payable))
        one.payable = now

    @rule()
    def expected_credits_are_accrued(self) -> None:
        entity, day = factories.entity(), self.day
        with as_job():
            services.accrue(entity, effective_on=day)
            assert services.accrue(entity, effective_on=day) == []
        for key, one in self.windows.items():
            issued = sum(
                (-mine.amount if mine.kind == "reduction" else mine.amount)
                for mine in one.credits.values()
                if mine.state == "issued"
            )
            gone = any(mine.state == "reversed" for mine in one.credits.values())
            expected = one.payable if one.final else oracle(one.currency, one.month, one.hours)
            self.provided[key] = Decimal(0) if gone else max(expected - issued, Decimal(0))

    @precondition(lambda self: self.month > 0)
    @rule()
    def a_month_is_closed(self) -> None:
        starts_on = MONTHS[self.month - 1]
        with as_(self.made.people["finance"]):
            try:
                self.findings_are_accepted(starts_on)
                services.close_period(factories.entity(), starts_on=starts_on, reason="month-end")
            except (PeriodNotReady, WrongStep):
                return
        self.closed.add(starts_on)

    def findings_are_accepted(self, starts_on: date) -> None:
        """Whatever the checklist finds and does not block."""
        entity = factories.entity()
        for line in checklist.standing_against(checklist.checklist(entity, starts_on)):
            if not line.item.blocks:
                services.accept_finding(entity, starts_on=starts_on, key=line.item.key, reason="known")

    # What must hold after every step --------------------------------------------------------------------------

    @invariant()
    def the_books_balance_and_say_what_the_model_says(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        connection.check_constraints()
        self.taken.update({one.state for row in self.windows.values() for one in row.credits.values()})
        self.taken.update({one.kind for row in self.windows.values() for one in row.credits.values()})
        self.taken.update({"closed"} if self.closed else ())
        assert ledger_balances()
        found: dict[tuple[str, str], Decimal] = {}
        for row in trial_balance():
            key = row.account.purpose, row.currency
            found[key] = found.get(key, Decimal(0)) + row.balance
        for currency in FEES:
            mine = [
                one
                for row in self.windows.values()
                if row.currency == currency
                for one in row.credits.values()
            ]
            payable = sum((one.balance for one in mine if one.state == "issued"), Decimal(0))
            held = sum((amount for key, amount in self.provided.items() if key[0] == currency), Decimal(0))
            assert -found.get(("payable_to_customers", currency), Decimal(0)) == payable
            assert -found.get(("provision", currency), Decimal(0)) == held
        assert roll_forward(factories.entity(), MONTHS[0], date(2024, 1, 1)).agrees

    @invariant()
    def nothing_that_was_posted_has_changed(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        now: dict[int, tuple[Any, ...]] = {}
        rows = JournalEntry.objects.values_list("pk", "reference", "effective_on", "reverses", "posted_by")
        for pk, *content in rows:
            now[pk] = tuple(content)
        postings = Posting.objects.order_by("pk").values_list(
            "entry", "account", "side", "amount", "currency"
        )
        for pk, *line in postings:
            now[pk] = (*now[pk], tuple(line))
        for pk, content in self.posted.items():
            assert now[pk] == content
        fresh = [row[1] for pk, row in now.items() if pk not in self.posted]
        assert not any(day.replace(day=1) in self.closed for day in fresh)
        self.posted = now

    @invariant()
    def each_credit_is_in_exactly_one_state(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        mine = {pk: one for window in self.windows.values() for pk, one in window.credits.items()}
        there = {memo.pk: memo for memo in memos_with_state()}
        assert set(there) == set(mine)
        for pk, memo in there.items():
            assert memo.state == mine[pk].state
            assert memo_balance(memo) == mine[pk].balance
        numbers: dict[str, list[str]] = {}
        for memo in there.values():
            if memo.document_number:
                numbers.setdefault(memo.document_number[:2], []).append(memo.document_number)
        for prefix, taken in numbers.items():
            assert sorted(taken) == [f"{prefix}-us-{at:05d}" for at in range(1, len(taken) + 1)]
        assert NumberSeries.objects.count() == len(numbers)


# The runs come everywhere: a machine that never restates anything proves nothing about restating.
EVERYWHERE = {"proposed", "approved", "issued", "reversed", "service_credit", "increase", "closed"}


def run(examples: int, steps: int) -> None:
    """Each run begins with everything once, so that what is covered hangs on no chance; then chance goes on."""
    Books.taken.clear()
    Books.made = ground()
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert set(Books.taken) >= EVERYWHERE, Books.taken


def test_random_months_keep_to_the_model():
    run(examples=2, steps=12)


@pytest.mark.slow
def test_many_random_months_keep_to_the_model():
    run(examples=6, steps=30)
