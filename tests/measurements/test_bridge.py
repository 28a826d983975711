"""From the internal figure to the contractual one: every line is one difference of method, and they sum exactly."""

from fractions import Fraction

import pytest

from measurements import services as measuring
from measurements.reading import inputs_for
from measurements.reconciliation.bridge import bridge_for
from reckoning.assessment import reckon
from tests.credits import world
from tests.factories import utc
from tests.measurements.test_reconciliation import second_monitor

pytestmark = pytest.mark.django_db
MARCH = 44_580 * 60


def total(found):
    return sum((one.lost_seconds for one in found.lines), Fraction(0))


def lines(found):
    return {one.name: one.lost_seconds for one in found.lines if one.lost_seconds}


def contractual(made):
    from contracts.reading import terms_of

    terms = terms_of(made.commitment.version)
    inputs = inputs_for(made.commitment, made.window.start, made.window.end, world.CUT_OFF)
    return reckon(
        terms.commitment(made.commitment.key), inputs, currency="EUR", terms_sha256="0" * 64, zone=terms.zone
    ).level


def test_every_difference_of_method_is_its_own_line():
    made = world.customer(
        world.OUTAGE,
        "i-2,2023-03-12T10:00:00Z,2023-03-12T10:04:00Z,major,platform,Too short",
        "i-3,2023-03-14T10:00:00Z,2023-03-14T11:00:00Z,minor,platform,Not severe",
        terms={
            "indicator": {
                "kind": "uptime_from_intervals",
                "down_severities": ["major", "critical"],
                "minimum_run_seconds": 300,
            },
            "excluded_time": "counted_as_up",
            "level_rounding": {"places": 2, "mode": "half_up"},
        },
    )
    probe = second_monitor(
        made,
        "p-1,2023-03-10T12:05:00Z,2023-03-10T13:00:00Z,major,platform,Seen later",
        "p-2,2023-03-16T09:00:00Z,2023-03-16T09:20:00Z,major,platform,The customer's own",
    )
    with world.as_("legal"):
        measuring.attribute_incident(
            source=probe,
            external_id="p-2",
            party="customer",
            reason="their change",
            decided_at=utc(2023, 4, 2),
        )
    with world.as_("customer_success"):
        exclusion = measuring.propose_exclusion(
            contract=made.contract,
            service=made.commitment.service,
            kind="planned_maintenance",
            start=utc(2023, 3, 10, 12),
            end=utc(2023, 3, 10, 12, 10),
            announced_at=utc(2023, 3, 1),
            evidence="announced",
            proposed_at=utc(2023, 4, 2),
        )
    with world.as_("finance_approver"):
        measuring.decide_exclusion(
            exclusion=exclusion, verdict="approved", reason="agreed", decided_at=utc(2023, 4, 3)
        )
    found = bridge_for(made.commitment, made.window, world.CUT_OFF, probe)
    assert found.internal_lost == 55 * 60
    rounding = lines(found).pop("Rounding")
    assert {name: value for name, value in lines(found).items() if name != "Rounding"} == {
        "Attribution": 20 * 60,
        # 64 minutes and the hour that is not severe, less the 75 minutes of the probe.
        "Source": (64 + 60 - 75) * 60,
        "Severity": -3600,
        "Minimum run": -240,
        "Exclusions": -600,
    }
    level = contractual(made)
    assert level == 1 - Fraction(3000, MARCH)
    assert found.contractual == Fraction(9989, 10_000), "99.8878 % is rounded to 99.89 % by these terms"
    assert rounding == (level - found.contractual) * MARCH
    assert found.internal_lost + total(found) == found.contractual_lost
    points = sum((one.percent_points for one in found.lines), Fraction(0))
    assert points == (found.contractual - found.internal) * 100


def test_unknown_time_is_a_line_and_where_a_person_must_answer_the_bridge_ends_open():
    changes = {"unknown_time": "down"}
    made = world.customer(terms=changes)
    probe = second_monitor(made, world.OUTAGE)
    # Known before the source had told of anything: the whole month is unknown.
    found = bridge_for(made.commitment, made.window, utc(2023, 4, 1), probe)
    assert (found.internal, found.contractual) == (1, 0)
    assert lines(found) == {"Unknown time": MARCH}


def test_terms_that_leave_unknown_time_to_a_person_give_no_contractual_figure():
    made = world.customer()
    probe = second_monitor(made, world.OUTAGE)
    found = bridge_for(made.commitment, made.window, utc(2023, 4, 1), probe)
    assert found.contractual is None
    assert [one.name for one in found.lines][-1] == "Exclusions"


def test_weights_are_a_line_of_terms_that_weigh_seconds():
    made = world.vendor()
    source = made.contract.source_bindings.get().source
    with world.as_("vendor_manager"):
        measuring.import_daily_seconds_csv(
            source=source,
            name="partial.csv",
            content=b"component,day,partial_seconds,major_seconds,incidents\nactions,2023-02-02,1000,0,\n",
            retrieved_at=utc(2023, 4, 3),
            known_at=utc(2023, 4, 3),
        )
    found = bridge_for(made.commitment, made.window, world.CUT_OFF, source)
    assert lines(found) == {"Weights": -700}
    assert found.internal_lost + total(found) == found.contractual_lost == 12_960 + 300
