"""What became known after a window's cut-off: kept, and told as minutes with reasons that sum exactly."""

from datetime import timedelta
from fractions import Fraction

import pytest

from measurements import services as measuring
from measurements.lateness import late_facts
from measurements.reading import inputs_for
from measurements.services import decide_exclusion, propose_exclusion
from reckoning.assessment import reckon
from tests.credits import world
from tests.factories import utc

pytestmark = pytest.mark.django_db
LATER, LATEST = utc(2023, 4, 20, 6), utc(2023, 5, 1)
OTHER = "i-2,2023-03-20T10:00:00Z,2023-03-20T10:30:00Z,major,platform,Half an hour"
LONGER = "i-1,2023-03-10T12:00:00Z,2023-03-10T13:10:00Z,major,platform,Ten minutes more"


@pytest.fixture
def made():
    return world.customer()


def facts(made, since=world.CUT_OFF, until=LATEST):
    return late_facts(made.commitment, made.window, since, until)


def down(made, known_at):
    from contracts.reading import terms_of

    terms = terms_of(made.commitment.version)
    inputs = inputs_for(made.commitment, made.window.start, made.window.end, known_at)
    result = reckon(
        terms.commitment(made.commitment.key), inputs, currency="EUR", terms_sha256="0" * 64, zone=terms.zone
    )
    return result.down_seconds


def propose(made, **given):
    values = {
        "contract": made.contract,
        "service": made.commitment.service,
        "kind": "planned_maintenance",
        "start": utc(2023, 3, 10, 12),
        "end": utc(2023, 3, 10, 12, 20),
        "announced_at": utc(2023, 3, 1),
        "evidence": "the announcement",
        "proposed_at": LATER,
    }
    return propose_exclusion(**(values | given))


def test_nothing_that_came_later_is_no_line(made):
    assert facts(made) == ()


def test_an_incident_that_came_later_is_a_line_with_its_row(made):
    world.import_incidents(made.contract, OTHER, known_at=LATER)
    [one] = facts(made)
    assert (one.kind, one.what, one.change, one.known_at) == ("incident", "i-2", "came", LATER)
    assert (one.down_seconds, one.excluded_seconds, one.unknown_seconds) == (1800, 0, 0)
    assert one.reason == "reported by incidents 2023-04-20.csv, row 2"
    assert len(one.payload_sha256) == 64
    assert one.row_number == 2


def test_a_correction_moves_only_what_it_adds(made):
    world.import_incidents(made.contract, LONGER, known_at=LATER)
    [one] = facts(made)
    assert (one.change, one.down_seconds) == ("changed", 600)
    assert one.reason.startswith("corrected by")


def test_what_was_taken_back_names_the_file_that_took_it_back(made):
    source = made.contract.source_bindings.get().source
    with world.as_("vendor_manager"):
        measuring.import_intervals_csv(
            source=source,
            name="withdrawn.csv",
            content=(
                b"external_id,start,end,severity,components,title,withdrawn\n"
                b"i-1,2023-03-10T12:00:00Z,2023-03-10T13:00:00Z,major,platform,No,yes\n"
            ),
            retrieved_at=LATER,
            known_at=LATER,
            covers_until=utc(2023, 4, 1),
        )
    [one] = facts(made)
    assert (one.change, one.down_seconds, one.known_at) == ("gone", -3600, LATER)
    assert one.reason == "taken back by withdrawn.csv, row 2"


def test_an_exclusion_is_a_line_with_who_decided_and_why(made):
    with world.as_("customer_success"):
        exclusion = propose(made)
    [one] = facts(made)
    assert one.down_seconds == 0, "what is only proposed moves nothing and is shown all the same"
    with world.as_("finance_approver") as decider:
        decide_exclusion(exclusion=exclusion, verdict="approved", reason="agreed", decided_at=LATER)
    [one] = facts(made)
    assert (one.kind, one.exclusion_id) == ("exclusion", exclusion.pk)
    assert (one.down_seconds, one.excluded_seconds) == (-1200, 1200)
    assert one.reason.endswith(f"was approved by {decider.display_name}: agreed")


def test_facts_that_hide_each_other_still_sum_exactly(made):
    # The correction lies partly inside of the new incident, and the exclusion over both.
    world.import_incidents(
        made.contract,
        LONGER,
        "i-3,2023-03-10T12:50:00Z,2023-03-10T13:30:00Z,critical,platform,Overlaps",
        known_at=LATER,
    )
    with world.as_("customer_success"):
        exclusion = propose(made, end=utc(2023, 3, 10, 13, 20), proposed_at=LATER + timedelta(hours=1))
    with world.as_("legal"):
        decide_exclusion(
            exclusion=exclusion, verdict="approved", reason="agreed", decided_at=LATER + timedelta(hours=2)
        )
    found = facts(made)
    assert [one.what for one in found] == ["i-1", "i-3", str(exclusion.pk)]
    assert [one.down_seconds for one in found] == [600, 1200, -4800]
    moved = sum((one.down_seconds for one in found), Fraction(0))
    assert moved == down(made, LATEST) - down(made, world.CUT_OFF)


def test_knowledge_exactly_at_the_cut_off_is_not_late_and_just_after_it_is(made):
    world.import_incidents(made.contract, OTHER, known_at=LATER)
    assert facts(made, since=LATER) == ()
    assert len(facts(made, since=LATER - timedelta(microseconds=1), until=LATER)) == 1


def test_a_source_that_reaches_further_says_so_before_what_it_tells(made):
    found = facts(made, since=utc(2023, 4, 1), until=world.CUT_OFF)
    assert [one.kind for one in found] == ["coverage", "incident"]
    assert found[0].reason == "the source's knowledge reaches over other time"
    assert found[0].unknown_seconds == -44_580 * 60, "Berlin's March of 2023 has that many minutes"
    assert found[1].down_seconds == 3600


def test_moments_in_the_wrong_order_are_refused(made):
    with pytest.raises(ValueError, match="lies before since"):
        facts(made, since=LATEST, until=LATER)


def test_days_that_came_later_are_lines_too():
    made = world.vendor()
    source = made.contract.source_bindings.get().source
    with world.as_("vendor_manager"):
        measuring.import_daily_seconds_csv(
            source=source,
            name="corrected.csv",
            content=b"component,day,partial_seconds,major_seconds,incidents\nactions,2023-01-02,100,40,\n",
            retrieved_at=LATER,
            known_at=LATER,
        )
    [one] = facts(made)
    assert (one.kind, one.change, one.down_seconds) == ("day", "changed", 40 + 30 - 3240)
