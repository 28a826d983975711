"""Textbook stories: from an outage to what stands in the books."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection

from audit.models import Event
from credits import services
from credits.models import Assessment, Breach, Claim, CreditMemo, JournalEntry, MemoStep
from credits.reading import ledger_balances, memos_with_state, trial_balance
from reckoning.canonical import canonical_json, sha256_hex
from tests.credits import world

pytestmark = pytest.mark.django_db


def balances() -> dict[str, Decimal]:
    """Debit less credit by purpose, zeros left out; the ledger balances whenever it is looked at."""
    connection.check_constraints()
    assert ledger_balances()
    return {row.account.purpose: row.balance for row in trial_balance() if row.balance}


def test_a_customers_credit_from_outage_to_posting():
    told = world.customer()
    result = told.finalise()
    assert Fraction(result.level_exact) == 1 - Fraction(60, 44580)
    assert (result.outcome, result.credit_amount) == ("breach", world.CREDIT)
    assert result.claim_deadline_on == date(2023, 4, 30)
    assert balances() == {}  # what is not claimed is not owed

    memo = told.propose()
    assert (memo.amount, memo.currency, memo.counterparty.code) == (world.CREDIT, "EUR", "customer")
    assert memo.facts["tier"] == "[99, 99.9)"
    with world.as_("finance_approver"):
        services.approve_memo(memo, taken_on=date(2023, 4, 10))
    assert balances() == {}  # approved is not issued
    with world.as_("finance"):
        step = services.issue_memo(memo, taken_on=date(2023, 4, 11))
    assert step.document_number == "SC-us-00001"
    assert balances() == {
        "service_credit_expense": world.CREDIT,
        "payable_to_customers": -world.CREDIT,
    }
    entry = JournalEntry.objects.get()
    assert (entry.reference, entry.effective_on, entry.memo) == (
        "SC-us-00001/issue",
        date(2023, 4, 11),
        memo,
    )
    assert list(
        Event.objects.filter(subject_type__startswith="credits.")
        .order_by("pk")
        .values_list("verb", flat=True)
    ) == [
        "assessment.finalise",
        "claim.record_customer_claim",
        "credit_memo.propose",
        "credit_memo.approve",
        "credit_memo.issue",
    ]


def test_a_vendors_claim_is_no_asset_until_it_is_acknowledged_and_then_paid():
    told = world.vendor()
    assert Fraction(told.finalise().level_exact) == 1 - Fraction(12960, 7776000)
    claim = told.send()
    assert balances() == {
        "claims_not_acknowledged": world.VENDOR_CREDIT,
        "claims_contra": -world.VENDOR_CREDIT,
    }
    with world.as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2))
    assert balances() == {
        "receivable_from_vendors": world.VENDOR_CREDIT,
        "recoveries": -world.VENDOR_CREDIT,
    }
    with world.as_("finance"):
        services.receive_payment(claim, taken_on=date(2023, 6, 1))
    assert balances() == {"clearing": world.VENDOR_CREDIT, "recoveries": -world.VENDOR_CREDIT}


def test_a_claim_acknowledged_in_part_is_receivable_in_that_part_only():
    claim = world.vendor().send()
    with world.as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("500.00"))
    assert balances() == {"receivable_from_vendors": Decimal(500), "recoveries": Decimal(-500)}
    with world.as_("finance"):
        services.receive_payment(claim, taken_on=date(2023, 6, 1), amount=Decimal("499.99"))
    assert balances()["receivable_from_vendors"] == Decimal("0.01")


def test_a_refused_claim_leaves_nothing_in_the_books():
    claim = world.vendor().send()
    with world.as_("vendor_manager"):
        services.refuse_claim(claim, taken_on=date(2023, 5, 2), reason="they count minutes, not seconds")
    assert balances() == {}
    assert JournalEntry.objects.count() == 2


def test_a_claim_that_nobody_sent_is_forfeited_the_day_after_its_last_day():
    told = world.vendor()
    told.issue()
    with world.as_job():
        assert services.forfeit_overdue(as_of=date(2023, 4, 30)) == []
        [step] = services.forfeit_overdue(as_of=date(2023, 5, 1))
        assert services.forfeit_overdue(as_of=date(2023, 5, 2)) == []
    assert (step.kind, step.taken_on, step.claim) == ("forfeited", date(2023, 5, 1), told.claim())
    assert balances() == {}


def test_a_forfeited_customers_claim_earns_no_memo():
    told = world.customer()
    result = told.finalise()
    with world.as_job():
        services.forfeit_overdue(as_of=date(2023, 5, 1))
        with pytest.raises(services.memos.NotEarned, match="not claimed by 2023-04-30"):
            services.propose_memo(result, taken_on=date(2023, 5, 1))


def test_a_waived_claim_earns_the_credit():
    told = world.customer()
    claim = told.claim()
    with world.as_("finance"):
        services.waive_claim(claim, taken_on=date(2023, 4, 8), reason="goodwill of the contract's own terms")
    assert told.propose(on=date(2023, 4, 8)).amount == world.CREDIT


def test_an_automatic_credit_is_proposed_at_once_and_has_no_deadline():
    told = world.customer(terms={"claim": {"kind": "automatic"}})
    assert told.claim().deadline_on is None
    with world.as_job():
        memo = services.propose_memo(told.finalise(), taken_on=date(2023, 4, 7))
    assert memo.amount == world.CREDIT


def test_a_promise_that_was_kept_makes_no_breach_and_no_memo():
    told = world.customer("i-1,2023-03-10T12:00:00Z,2023-03-10T12:44:34Z,major,platform,")
    result = told.finalise()  # 44.58 minutes would be exactly 99.9 %; this is 0.8 s less
    assert (result.outcome, result.credit_amount) == ("met", Decimal(0))
    assert not Breach.objects.exists()
    with world.as_job(), pytest.raises(services.memos.NothingToClaim):
        services.propose_memo(result, taken_on=date(2023, 4, 7))


def test_a_tier_of_zero_percent_is_a_breach_without_a_memo():
    tiers = [{"upper": "99.9", "upper_inclusive": False, "percent": "0"}]
    told = world.customer(terms={"schedule": {"kind": "tiers", "tiers": tiers}})
    assert told.finalise().outcome == "breach"
    assert Breach.objects.count() == 1
    assert not Claim.objects.exists()
    with world.as_job(), pytest.raises(services.memos.NothingToClaim):
        services.propose_memo(told.finalise(), taken_on=date(2023, 4, 7))


def test_a_reversed_memo_leaves_nothing_owed_and_both_entries():
    memo = world.customer().issue()
    with world.as_("finance_approver"):
        services.reverse_memo(memo, taken_on=date(2023, 5, 3), reason="sent to the wrong customer")
    assert balances() == {}
    assert memos_with_state().get().state == "reversed"
    assert JournalEntry.objects.get(reverses__isnull=False).reverses.memo == memo


def test_doing_everything_twice_adds_nothing():
    told = world.vendor()
    claim = told.send()
    memo = CreditMemo.objects.get()
    approver = memo.steps.get(state="approved").taken_by

    def everything() -> None:
        with world.as_job():
            result = services.assess_window(told.commitment, window=told.window, known_at=world.CUT_OFF)
            assert (
                services.finalise_window(told.commitment, window=told.window, known_at=world.CUT_OFF)
                == result
            )
            assert services.propose_memo(result, taken_on=date(2023, 4, 7)) == memo
            assert (
                services.propose_memos_of(told.contract, window=told.window, taken_on=date(2023, 4, 7)) == []
            )
            services.issue_memo(memo, taken_on=date(2023, 4, 11))
            services.forfeit_overdue(as_of=date(2023, 5, 1))
        with world.as_(approver):
            services.approve_memo(memo, taken_on=date(2023, 4, 10))
        with world.as_("vendor_manager"):
            services.send_claim(claim, sent_on=date(2023, 4, 12), reference="letter")
            services.acknowledge_claim(claim, taken_on=date(2023, 5, 2))
        with world.as_("finance"):
            services.receive_payment(claim, taken_on=date(2023, 6, 1))

    def counts() -> dict[str, int]:
        models = (Assessment, Breach, Claim, CreditMemo, MemoStep, JournalEntry)
        return {model.__name__: model.objects.count() for model in models} | {
            "events": Event.objects.filter(subject_type__startswith="credits.").count()
        }

    everything()
    before = counts()
    everything()
    assert counts() == before


def test_a_stored_result_hashes_to_what_is_stored_beside_it():
    result = world.customer().finalise()
    result.refresh_from_db()
    assert sha256_hex(canonical_json(result.inputs)) == result.inputs_sha256
    assert sha256_hex(canonical_json(result.result)) == result.result_sha256
    assert result.known_at == datetime(2023, 4, 6, tzinfo=UTC)
