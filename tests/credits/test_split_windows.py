"""A change inside a window: each part is reckoned by the text of its time, for its share of the fee (rule 10)."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise

import pytest

from contracts import services as contracts
from contracts.checks import open_standings
from contracts.conformed import Chain
from credits import services
from credits.errors import NotAWindow, NotTheVersionInEffect
from credits.evidence import evidence_of
from credits.models import Assessment
from credits.tasks import assess
from credits.windows import (
    PartOfWindow,
    cut_off_of,
    window_between,
    window_of_row,
    window_under,
    windows_within,
)
from reckoning.calculation.amended import calculate_amended
from reckoning.timeline import Window, local_instant
from tests import factories
from tests.credits import world

pytestmark = pytest.mark.django_db
STRADDLES = "i-1,2023-03-15T20:00:00Z,2023-03-16T03:00:00Z,major,platform,Over the end of the move"
BEGIN, EDGE_1, EDGE_2, END = (
    datetime(2023, 2, 28, 23, tzinfo=UTC),
    datetime(2023, 3, 5, 23, tzinfo=UTC),
    datetime(2023, 3, 15, 23, tzinfo=UTC),
    datetime(2023, 3, 31, 22, tzinfo=UTC),
)
PARTS = ((BEGIN, EDGE_1), (EDGE_1, EDGE_2), (EDGE_2, END))


def varied(told: world.World, **values):
    """A variation from 6 to 15 March with a target of 97."""
    schedule = {"kind": "tiers", "tiers": [{"upper": "97", "upper_inclusive": False, "percent": "10"}]}
    document = factories.terms(factories.commitment_terms(target_percent="97", schedule=schedule))
    given = {
        "title": "While servers move",
        "effective_from_on": date(2023, 3, 6),
        "effective_until_on": date(2023, 3, 16),
        "mid_window": "splits_window",
    }
    with factories.legal():
        return contracts.draft_variation(told.contract.versions.get(), document, **(given | values))


def split(*incidents: str) -> world.World:
    told = world.customer(*(incidents or (STRADDLES,)))
    factories.sign(varied(told), date(2023, 2, 1))
    return told


def part(told: world.World, start: datetime, end: datetime) -> Window:
    return window_between(told.contract, start, end)


def finalised(told: world.World) -> list[Assessment]:
    with world.as_job():
        return [
            result
            for start, end in PARTS
            for result in services.finalise_windows_of(
                told.contract, window=part(told, start, end), known_at=world.CUT_OFF
            )
        ]


def test_an_outage_over_the_end_of_a_variation_is_split_at_the_boundary():
    told = split()
    results = finalised(told)
    assert [row.commitment.version.number for row in results] == [1, 2, 1]
    assert [row.down_seconds for row in results] == [0, 3 * 3600, 4 * 3600]
    assert [row.outcome for row in results] == ["met", "met", "breach"]
    assert [row.window_label for row in results] == [f"2023-03, part {number} of 3" for number in (1, 2, 3)]
    assert [(row.window_start, row.window_end) for row in results] == list(PARTS)


def test_the_fee_is_shared_by_seconds_and_the_shares_sum_to_it():
    results = finalised(split())
    fees = [Decimal(row.result["fee_amount"]) for row in results]
    assert fees == [Decimal("1615.07"), Decimal("3230.15"), Decimal("5154.78")]
    assert sum(fees) == 10_000
    assert results[2].credit_amount == Decimal("1288.70"), "a quarter of its own share"


def test_the_parts_are_those_of_the_calculation_with_amendments():
    told = split()
    version = told.contract.versions.get(number=1)
    changes = [row.amendment for row in Chain(told.contract).changes_of(version)]
    given = {
        "windows": [
            {
                "window": {"containing": "2023-03-10"},
                "facts": {
                    "fee": "10000.00",
                    "outages": [{"start": "2023-03-15T20:00:00Z", "end": "2023-03-16T03:00:00Z"}],
                    "coverage": "whole_window",
                },
            }
        ]
    }
    rows = calculate_amended(version.terms, changes, given)["windows"]
    reckoned = [row["commitments"]["availability"] for row in rows]
    results = finalised(told)
    assert [row["credit_amount"] for row in reckoned] == [f"{row.credit_amount:.2f}" for row in results]
    assert [row["outcome"] for row in reckoned] == [row.outcome for row in results]


def test_the_whole_window_is_no_window_any_more_and_the_next_one_is():
    told = split()
    with pytest.raises(NotAWindow, match="has a window from then"):
        window_between(told.contract, BEGIN, END)
    with pytest.raises(NotTheVersionInEffect), world.as_job():
        services.assess_window(told.commitment, window=told.window, known_at=world.CUT_OFF)
    april = window_under(told.commitment, datetime(2023, 4, 10, tzinfo=UTC))
    assert (april.label, type(april)) == ("2023-04", Window)


def test_the_job_of_a_window_reckons_its_parts_and_needs_nobody():
    told = split()
    windows = windows_within(told.contract, BEGIN, END)
    assert [(one.start, one.end) for one in windows] == list(PARTS)
    edges = {"window_start": BEGIN.isoformat(), "window_end": END.isoformat()}
    outcomes = assess(contract_id=told.contract.pk, **edges, known_at=world.CUT_OFF.isoformat(), final=True)
    assert outcomes == {"met": 2, "breach": 1}
    april = windows_within(told.contract, END, datetime(2023, 4, 30, 22, tzinfo=UTC))
    assert [one.label for one in april] == ["2023-04"]


def test_a_part_is_due_with_its_whole_window_and_found_again_by_its_row():
    told = split()
    middle = part(told, *PARTS[1])
    commitment = told.contract.versions.get(number=2).commitments.get()
    assert isinstance(middle, PartOfWindow)
    assert cut_off_of(commitment, middle) == cut_off_of(told.commitment, told.window)
    for row in finalised(told):
        assert window_of_row(row).label == row.window_label
        assert evidence_of(row)["result"] == row.result


def test_a_credit_of_a_part_is_claimed_approved_and_issued_like_any():
    told = split()
    result = finalised(told)[2]
    with world.as_("customer_success"):
        services.record_customer_claim(result.breach.claim, taken_on=date(2023, 4, 6), reference="letter")
    with world.as_job():
        memo = services.propose_memo(result, taken_on=date(2023, 4, 7))
    with world.as_("finance_approver"):
        services.approve_memo(memo, taken_on=date(2023, 4, 10))
    with world.as_("finance"):
        services.issue_memo(memo, taken_on=date(2023, 4, 11))
    assert memo.amount == Decimal("1288.70")


def test_a_late_fact_moves_the_amount_of_the_part_that_it_lies_in_and_of_no_other():
    told = split()
    before = finalised(told)
    late = "i-2,2023-03-15T12:00:00Z,2023-03-15T20:00:00Z,major,platform,Told late"
    world.import_incidents(told.contract, late, known_at=datetime(2023, 5, 2, tzinfo=UTC))
    given = {
        "known_at": datetime(2023, 5, 3, tzinfo=UTC),
        "restated_on": date(2023, 5, 4),
        "reason": "a late report",
    }
    with world.as_("finance"):
        rows = [
            services.restate_window(result.commitment, window=part(told, *edges), **given)
            for result, edges in zip(before, PARTS, strict=True)
        ]
        with pytest.raises(NotTheVersionInEffect):
            services.restate_window(told.commitment, window=told.window, **given)
    # 11 of 240 hours: 95.4 %, below the 97 of the variation; ten percent of the part's own share.
    assert [row.assessment.down_seconds for row in rows] == [0, 11 * 3600, 4 * 3600]
    assert [row.difference_amount for row in rows] == [0, Decimal("323.02"), 0]
    assert [row.assessment.window_label[-6:] for row in rows] == ["1 of 3", "2 of 3", "3 of 3"]


def test_a_change_that_splits_a_window_with_results_comes_too_late():
    told = world.customer(STRADDLES)
    told.assess()
    found = {item.code: item for item in open_standings(varied(told))}
    assert set(found) == {"WINDOW_RECKONED_ALREADY"}
    assert "2023-03" in found["WINDOW_RECKONED_ALREADY"].sentence
    assert "2023-04-01" in found["WINDOW_RECKONED_ALREADY"].mend


@pytest.mark.parametrize("kind", ["amendment", "whole"])
def test_a_text_that_would_pay_a_final_window_once_more_comes_too_late(kind):
    told = world.customer(STRADDLES)
    told.finalise()
    base, later = told.contract.versions.get(), factories.terms(factories.commitment_terms(cut_off_days=4))

    def drafted(day: date):
        if kind == "whole":
            return factories.draft(told.contract, later, day)
        with factories.legal():
            return contracts.draft_amendment(
                base, later, title="Later", effective_from_on=day, mid_window="next_window"
            )

    [found] = open_standings(drafted(date(2023, 3, 1)))
    assert (found.code, found.acceptable) == ("WINDOW_RECKONED_ALREADY", False)
    assert "2023-03" in found.sentence
    assert "2023-04-01" in found.mend
    assert [item.code for item in open_standings(drafted(date(2023, 4, 1)))] == []


def test_a_text_may_begin_with_a_window_that_has_a_provisional_result():
    told = world.customer(STRADDLES)
    told.assess()
    draft = factories.draft(
        told.contract, factories.terms(factories.commitment_terms(cut_off_days=4)), date(2023, 3, 1)
    )
    assert open_standings(draft) == ()


def test_a_clause_that_counts_over_several_windows_is_not_split():
    cap = [{"per": "year", "kind": "percent_of_fee", "value": "100"}]
    told = world.customer(STRADDLES, terms={"caps": cap})
    document = told.contract.versions.get().terms | {"title": "Other"}
    with factories.legal():
        version = contracts.draft_variation(
            told.contract.versions.get(),
            document,
            title="A title",
            effective_from_on=date(2023, 3, 6),
            effective_until_on=date(2023, 4, 1),
            mid_window="splits_window",
        )
    found = [item for item in open_standings(version) if item.code == "AMENDMENT_SPLITS_WINDOW"]
    assert len(found) == 1
    assert not found[0].acceptable
    assert "over several windows" in found[0].sentence
    assert "2023-03-01 or 2023-04-01" in found[0].mend


def test_a_change_of_another_clause_splits_nothing_of_this_one():
    told = world.customer(STRADDLES)
    own = told.contract.versions.get().terms["commitments"][0]
    other = factories.commitment_terms(key="second", services=["second"])
    factories.service("second")
    with factories.legal():
        version = contracts.draft_amendment(
            told.contract.versions.get(),
            factories.terms(own, other),
            title="One more promise",
            effective_from_on=date(2023, 3, 6),
            mid_window="splits_window",
        )
    factories.sign(version, date(2023, 2, 1))
    assert window_under(told.commitment, datetime(2023, 3, 20, tzinfo=UTC)).label == "2023-03"
    assert told.assess().down_seconds == 7 * 3600
    new = version.commitments.get(key="second")
    mine = window_under(new, datetime(2023, 3, 20, tzinfo=UTC))
    assert (mine.start, mine.end) == (EDGE_1, END)


def two_clauses(second: dict | None = None) -> world.World:
    """A second promise, of another service, beside the world's; each with a fee of 10,000.00 a month."""
    told = world.customer(STRADDLES, fee=None)
    other = factories.commitment_terms(key="second", services=["second"], **(second or {}))
    both = factories.terms(factories.commitment_terms(), other)
    factories.sign(factories.draft(told.contract, both, date(2023, 1, 1)), date(2022, 12, 1))
    months = [date(2023, number, 1) for number in range(1, 5)]
    world.import_fees(
        *(
            f"I-{code}-{since},C-1,{until},EUR,L-{code}-{since},{code},{since},{until},10000.00,S,19,"
            for code in ("platform", "second")
            for since, until in pairwise(months)
        )
    )
    return told


def amended(told: world.World, day: date, *targets: str) -> None:
    """Other targets for good from a day on; windows are split there."""
    base = told.contract.versions.latest("number")
    document = base.terms
    for clause, target in zip(document["commitments"], targets, strict=True):
        clause["target_percent"] = target
    with factories.legal():
        version = contracts.draft_amendment(
            base, document, title=f"From {day}", effective_from_on=day, mid_window="splits_window"
        )
    factories.sign(version, date(2023, 1, 2))


def test_each_clause_shares_its_fee_among_its_own_parts():
    told = two_clauses()
    amended(told, date(2023, 3, 2), "99.5", "99.5")
    amended(told, date(2023, 3, 3), "99.0", "99.5")
    with world.as_job():
        results = [
            result
            for window in windows_within(told.contract, BEGIN, END)
            for result in services.finalise_windows_of(told.contract, window=window, known_at=world.CUT_OFF)
        ]
    parts: dict[str, list] = {"availability": [], "second": []}
    for row in sorted(results, key=lambda one: one.window_start):
        parts[row.commitment.key].append((row.window_label, Decimal(row.result["fee_amount"])))
    assert [label for label, _ in parts["availability"]] == [
        f"2023-03, part {number} of 3" for number in (1, 2, 3)
    ]
    assert [label for label, _ in parts["second"]] == [f"2023-03, part {number} of 2" for number in (1, 2)]
    assert [sum(fee for _, fee in rows) for rows in parts.values()] == [10_000, 10_000]


def test_a_month_is_not_taken_for_the_part_of_a_quarter_with_the_same_edges():
    told = two_clauses({"window": {"kind": "calendar_quarter", "zone": None}})
    amended(told, date(2023, 2, 1), "99.5", "99.5")
    midnights = [local_instant(date(2023, number, 1), time(0), "Europe/Berlin") for number in (1, 2, 4)]
    [january] = windows_within(told.contract, *midnights[:2])
    halves = windows_within(told.contract, midnights[0], midnights[2])
    with world.as_job():
        of_month = services.assess_windows_of(told.contract, window=january, known_at=world.CUT_OFF)
        of_quarter = [
            result
            for part in halves
            for result in services.finalise_windows_of(told.contract, window=part, known_at=world.CUT_OFF)
        ]
    told_of = [(row.commitment.key, row.window_label) for row in (*of_month, *of_quarter)]
    assert told_of == [
        ("availability", "2023-01"),
        ("second", "2023-Q1, part 1 of 2"),
        ("second", "2023-Q1, part 2 of 2"),
    ]
    assert sum(Decimal(row.result["fee_amount"]) for row in of_quarter) == 30_000
    assert of_month[0].result["fee_amount"] == "10000.00"
