"""A result from a source that only stood in says so wherever it is shown."""

import pytest

from credits import services
from credits.documents import evidence_value
from credits.statements import _measured_by
from credits.windows import window_at
from measurements import services as measuring
from tests.credits import world
from tests.factories import utc
from tests.measurements.test_reconciliation import second_monitor

pytestmark = pytest.mark.django_db
OUTAGE = "p-1,2023-05-10T12:00:00Z,2023-05-10T13:00:00Z,major,platform,Only the probe was awake"


@pytest.fixture
def told():
    made = world.customer()
    source = second_monitor(made, OUTAGE, known_at=utc(2023, 6, 2), covers_until=utc(2023, 6, 1))
    with world.as_("vendor_manager"):
        measuring.bind_source(contract=made.contract, role="independent monitor", source=source, rank=2)
    return made


def measured_by(told, at, known_at):
    with world.as_job():
        result = services.assess_window(
            told.commitment, window=window_at(told.commitment, at), known_at=known_at
        )
    return dict(evidence_value(result).facts)["Measured by"]


def test_a_result_from_a_stand_in_is_marked_not_contractual_on_page_and_evidence(told):
    assert measured_by(told, utc(2023, 5, 10), utc(2023, 6, 6)) == (
        "Probe from outside (synthetic probes), measured at: two cities. "
        "Not contractual: Monitor was silent in this window"
    )


def test_a_result_from_the_authoritative_source_is_not(told):
    said = measured_by(told, utc(2023, 3, 10), world.CUT_OFF)
    assert said == "Monitor (independent monitor), measured at: edge"


def test_a_statement_says_which_sources_only_stand_in(told):
    names = [row.source for row in _measured_by({told.contract.reference})]
    assert names == ["Monitor", "Probe from outside (stands in; not contractual)"]
