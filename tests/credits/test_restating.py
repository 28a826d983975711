"""Final results are restated, never changed: the diff, the difference's own document, and what caps move."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from credits import services
from credits.errors import NotFinal, NothingRestated, PeriodClosed, ReasonMissing
from credits.models import Assessment, CreditMemo, Finalisation, JournalEntry, MemoUse, Restatement
from credits.reading import ledger_balances, memo_balance
from credits.windows import window_at
from tests.credits import world
from tests.credits.test_life import balances
from tests.credits.world import as_, refused

pytestmark = pytest.mark.django_db
LATE = datetime(2023, 5, 3, tzinfo=UTC)
ON = date(2023, 5, 4)
# Ten hours: 1 - 660/44580 = 98.5 %, in the tier of 25 %.
LONG = "i-2,2023-03-20T00:00:00Z,2023-03-20T10:00:00Z,major,platform,Down for ten hours"
TAKEN_BACK = "i-1,2023-03-10T12:00:00Z,2023-03-10T12:00:00Z,,,"


def restate(told: world.World, known_at: datetime = LATE, on: date = ON) -> Restatement:
    with as_("finance"):
        return services.restate_window(
            told.commitment, window=told.window, known_at=known_at, restated_on=on, reason="a late report"
        )


def more(told: world.World, *rows: str) -> None:
    world.import_incidents(told.contract, *rows, known_at=datetime(2023, 5, 2, tzinfo=UTC))


def approve_and_issue(memo: CreditMemo, on: date = ON) -> CreditMemo:
    with as_("finance_approver"):
        services.approve_memo(memo, taken_on=on)
    with as_("finance"):
        services.issue_memo(memo, taken_on=on)
    return memo


def test_a_late_fact_makes_a_revision_a_diff_and_a_document_over_the_difference():
    told = world.customer()
    original = told.issue()
    before = Assessment.objects.get()
    issued = original.steps.get(state="issued")
    more(told, LONG)
    row = restate(told)
    assert (row.previous, row.previous_amount, row.payable_amount) == (
        before,
        Decimal("1000.00"),
        Decimal("2500.00"),
    )
    figures = row.differences["figures"]
    assert figures["down_seconds"] == ["3600.000000", "39600.000000"]
    assert figures["credit_amount"] == ["1000.000", "2500.00"]
    [fact] = row.differences["facts"]
    assert (fact["kind"], fact["what"], fact["change"], fact["down_seconds"]) == (
        "incident",
        "i-2",
        "came",
        "36000",
    )
    assert fact["credit_amount"] == "1500.00"
    memo = row.memo
    assert (memo.kind, memo.amount, memo.facts["restates"]) == ("increase", Decimal("1500.00"), "SC-us-00001")
    approve_and_issue(memo)
    # What was final and issued is as it was.
    assert Finalisation.objects.get().assessment == before
    assert original.steps.get(state="issued").document == issued.document
    assert JournalEntry.objects.get(reference="SC-us-00002/issue").effective_on == ON
    assert balances()["payable_to_customers"] == Decimal("-2500.00")
    assert memo.steps.get(state="issued").document["cites"] == "SC-us-00001"


def test_less_is_owed_and_the_original_is_reduced_and_not_voided():
    told = world.customer(world.OUTAGE, LONG)
    original = told.issue()
    assert original.amount == Decimal("2500.00")
    more(told, "i-2,2023-03-20T00:00:00Z,2023-03-20T00:10:00Z,major,platform,Ten minutes only")
    row = restate(told)
    assert row.difference_amount == Decimal("-1500.00")
    approve_and_issue(row.memo)
    assert row.memo.steps.get(state="issued").document_number == "RD-us-00001"
    [use] = MemoUse.objects.all()
    assert (use.memo, use.kind, use.amount) == (original, "reduced", Decimal("1500.00"))
    assert memo_balance(original) == Decimal("1000.00")
    assert memo_balance(row.memo) == 0
    assert balances()["payable_to_customers"] == Decimal("-1000.00")


def test_what_was_used_of_a_reduced_credit_waits_for_a_decision():
    told = world.customer(world.OUTAGE, LONG)
    original = told.issue()
    with as_("finance"):
        services.pay_out(original, taken_on=ON, reference="bank 1", amount=Decimal("2000.00"))
    more(told, "i-2,2023-03-20T00:00:00Z,2023-03-20T00:10:00Z,major,platform,Ten minutes only")
    approve_and_issue(restate(told).memo)
    assert memo_balance(original) == Decimal("-1000.00")
    with as_("finance_approver"):
        services.decide_used_part(original, verdict="claw_back", taken_on=ON, reason="asked back")
    assert memo_balance(original) == 0
    assert ledger_balances()


def test_the_same_knowledge_and_later_knowledge_of_nothing_restate_nothing():
    told = world.customer()
    told.issue()
    with pytest.raises(NothingRestated):
        restate(told)
    more(told, LONG)
    restate(told)
    with pytest.raises(NothingRestated):
        restate(told)
    assert Restatement.objects.count() == 1


def test_a_second_restatement_follows_the_first():
    told = world.customer()
    told.issue()
    more(told, LONG)
    first = restate(told)
    world.import_incidents(
        told.contract,
        "i-3,2023-03-25T00:00:00Z,2023-03-26T12:00:00Z,major,platform,More",
        known_at=datetime(2023, 5, 5, tzinfo=UTC),
    )
    second = restate(told, datetime(2023, 5, 6, tzinfo=UTC), date(2023, 5, 7))
    assert (second.number, second.previous, second.previous_amount) == (
        2,
        first.assessment,
        Decimal("2500.00"),
    )
    assert second.difference_amount == Decimal("2500.00")


def test_a_provisional_result_is_revised_and_not_restated():
    told = world.customer()
    told.assess()
    with pytest.raises(NotFinal):
        restate(told)


def test_a_restatement_belongs_into_an_open_month_and_has_a_reason():
    told = world.customer()
    told.issue()
    more(told, LONG)
    with as_("finance"):
        with pytest.raises(ReasonMissing):
            services.restate_window(
                told.commitment, window=told.window, known_at=LATE, restated_on=ON, reason=" "
            )
        services.close_period(told.contract.legal_entity, starts_on=date(2023, 4, 1), reason="done")
    with pytest.raises(PeriodClosed):
        restate(told, on=date(2023, 4, 30))
    row = restate(told)
    assert row.memo.steps.get().taken_on == ON


def test_a_met_window_that_turns_out_a_breach_is_restated_with_a_memo_of_its_own():
    told = world.customer("i-0,2023-03-10T12:00:00Z,2023-03-10T12:10:00Z,major,platform,Ten minutes")
    told.finalise()
    more(told, LONG)
    row = restate(told)
    assert (row.previous_amount, row.memo.kind) == (0, "increase")
    assert row.memo.facts["restates"] == ""


def test_an_unclaimed_credit_is_restated_and_proposed_when_it_is_claimed():
    told = world.customer()
    told.finalise()
    more(told, LONG)
    row = restate(told)
    assert not CreditMemo.objects.exists()
    told.issue()
    with as_("finance"):
        memo = services.propose_difference(row, taken_on=ON)
        assert services.propose_difference(row, taken_on=ON) == memo
    assert memo.amount == Decimal("1500.00")


@pytest.mark.parametrize(
    "statement", ["UPDATE credits_restatement SET reason = 'x'", "DELETE FROM credits_restatement"]
)
def test_restatements_are_appended(statement: str):
    told = world.customer()
    told.finalise()
    more(told, LONG)
    restate(told)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def copy(row: Restatement, **changes: object) -> Restatement:
    names = [
        field.attname for field in Restatement._meta.fields if field.attname not in ("id", "recorded_at")
    ]
    return Restatement(**({name: getattr(row, name) for name in names} | changes))


def test_round_the_service_a_restatement_follows_what_counted_and_pays_what_its_result_says():
    told = world.customer()
    told.issue()
    more(told, LONG)
    row = restate(told)
    with refused("credits_restatement_order"):
        copy(row).save(force_insert=True)
    with refused("credits_restatement_by_a_revision"):
        copy(
            row,
            number=2,
            previous_id=row.assessment_id,
            previous_amount=Decimal("2500.00"),
            difference_amount=Decimal(0),
        ).save(force_insert=True)


# Caps over several windows (rule 13) -----------------------------------------------------------------------

CAPPED = {"caps": [{"per": "rolling", "kind": "amount", "value": "1500", "windows": 12}]}


def april(told: world.World) -> world.World:
    world.import_fees("I-4,C-1,2023-05-01,EUR,I-4-1,platform,2023-04-01,2023-05-01,10000.00,S,19,")
    world.import_incidents(
        told.contract,
        "i-4,2023-04-10T12:00:00Z,2023-04-10T13:00:00Z,major,platform,An hour of April",
        known_at=datetime(2023, 5, 1, tzinfo=UTC),
        covers_until=datetime(2023, 5, 1, tzinfo=UTC),
    )
    window = window_at(told.commitment, datetime(2023, 4, 10, tzinfo=UTC))
    return world.World(told.contract, told.commitment, window, told.observer, told.invoicer)


def test_a_rolling_cap_counts_what_earlier_windows_were_granted():
    told = world.customer(terms=CAPPED)
    assert told.finalise().credit_amount == Decimal("1000.00")
    later = april(told).finalise(datetime(2023, 5, 6, tzinfo=UTC))
    assert later.credit_amount == Decimal("500.00")


def test_restating_a_month_moves_the_later_one_under_the_cap_and_says_so():
    told = world.customer(terms=CAPPED)
    told.issue()
    following = april(told)
    following.finalise(datetime(2023, 5, 6, tzinfo=UTC))
    world.import_incidents(
        told.contract,
        LONG,
        known_at=datetime(2023, 5, 7, tzinfo=UTC),
        covers_until=datetime(2023, 5, 1, tzinfo=UTC),
    )
    first = restate(told, datetime(2023, 5, 8, tzinfo=UTC), date(2023, 5, 9))
    assert first.payable_amount == Decimal("1500.00")  # 2,500.00, but for the cap
    moved = first.moves.get()
    assert (moved.cause, moved.difference_amount) == ("rolling_cap", Decimal("-500.00"))
    assert moved.assessment.window_label == "2023-04"
    assert "room under a cap" in moved.reason
