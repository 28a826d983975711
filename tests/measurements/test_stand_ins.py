"""Which source a result rests on, what a source knows, and what it was blind for."""

from datetime import timedelta

import pytest

from contracts.models import Service
from measurements import services
from measurements.bases import bases_of
from measurements.coverage import watched
from measurements.errors import FieldRefused, RoleTaken, WrongShape
from measurements.ingest import (
    Bucket,
    Covered,
    EventTold,
    Sample,
    StateInterval,
    record_buckets,
    record_events,
    record_samples,
    record_state_intervals,
)
from measurements.reading import acts_behind, clauses_of, inputs_for
from reckoning.timeline import from_us
from tests import factories
from tests.factories import utc
from tests.measurements import world
from tests.measurements.test_ingest_buckets import delivery

APRIL, MAY = utc(2023, 4, 1), utc(2023, 5, 1)
KNOWN = utc(2023, 5, 2)
HOUR = timedelta(hours=1)
ROLE = "independent monitor"


@pytest.fixture
def contract(vendor):
    return factories.signed_contract(
        factories.terms(factories.commitment_terms(services=["actions"]), zone="UTC")
    )


def commitment(contract):
    return contract.versions.get().commitments.select_related("service", "version__contract").get()


def monitors(vendor, contract, number=2, shape="intervals"):
    found = []
    for n in range(number):
        given = {"covers_from": APRIL} if shape == "intervals" else {"width_seconds": 60, "covers_from": None}
        source = world.source(
            shape,
            vendor,
            code=f"monitor-{n}",
            name=f"Monitor {n}",
            kind="independent_monitor",
            measurement_point="edge",
            **given,
        )
        services.bind_source(contract=contract, role=ROLE, source=source, rank=n + 1)
        found.append(source)
    return found


def tell(source, rows=(), known_at=KNOWN, coverage=(), record=record_state_intervals):
    return record(
        source=source,
        delivery=delivery([source.code, rows, coverage], known_at, coverage=tuple(coverage)),
        rows=list(rows),
    )


def down(start, hours=1, name="i"):
    return StateInterval(1, name, start, start + hours * HOUR, "major", ("actions",))


def basis(contract, known_at=KNOWN):
    one = commitment(contract)
    return bases_of(clauses_of([one]), APRIL, MAY, known_at)[one.pk]


def test_the_authoritative_source_decides_as_long_as_it_says_anything(vendor, importer, contract):
    first, second = monitors(vendor, contract)
    tell(first, coverage=[Covered(APRIL, APRIL + HOUR)])
    tell(second, [down(APRIL + 5 * HOUR)], coverage=[Covered(APRIL, MAY)])
    found = basis(contract)
    assert (found.source, found.contractual, found.rank) == (first, True, 1)
    assert found.sentence == "Monitor 0, measured at: edge"
    inputs = inputs_for(commitment(contract), APRIL, MAY, KNOWN)
    assert inputs.intervals == ()
    assert [(one.start, one.end) for one in inputs.coverage] == [(APRIL, APRIL + HOUR)]


def test_a_stand_in_for_a_silent_source_is_not_contractual(vendor, importer, contract):
    first, second = monitors(vendor, contract)
    tell(second, [down(APRIL + 5 * HOUR)], coverage=[Covered(APRIL, MAY)])
    found = basis(contract)
    assert (found.source, found.contractual, found.rank) == (second, False, 2)
    assert found.sentence.endswith("Not contractual: Monitor 0 was silent in this window")
    assert [one.id for one in inputs_for(commitment(contract), APRIL, MAY, KNOWN).intervals] == ["i"]
    # As soon as the authoritative one speaks, it decides, from that moment of knowledge on.
    tell(first, coverage=[Covered(APRIL, MAY)], known_at=KNOWN + HOUR)
    assert basis(contract).source == second
    assert basis(contract, KNOWN + HOUR).source == first


def test_where_all_are_silent_the_authoritative_source_is_asked(vendor, importer, contract):
    first, _ = monitors(vendor, contract)
    assert basis(contract).source == first


def test_ranks_are_given_once_and_in_order(vendor, importer, contract):
    first, _ = monitors(vendor, contract)
    other = world.source("intervals", vendor, code="other", covers_from=APRIL)
    with pytest.raises(RoleTaken, match="is played by monitor-0"):
        services.bind_source(contract=contract, role=ROLE, source=other)
    with pytest.raises(RoleTaken, match="already, with rank 1"):
        services.bind_source(contract=contract, role=ROLE, source=first, rank=3)
    with pytest.raises(FieldRefused, match="nobody has rank 3"):
        services.bind_source(contract=contract, role=ROLE, source=other, rank=4)
    assert services.bind_source(contract=contract, role=ROLE, source=first).rank == 1


def test_a_stand_in_must_report_what_the_terms_read(vendor, importer, contract, seconds):
    monitors(vendor, contract, 1)
    services.bind_source(contract=contract, role=ROLE, source=seconds, rank=2)
    with pytest.raises(WrongShape, match="but the terms read intervals or probes, up or down"):
        basis(contract)


# Coverage ------------------------------------------------------------------------------------------------


def known(source, known_at=KNOWN, service=None):
    service = service or Service.objects.get(code="actions").pk
    spans = watched([(source, service)], APRIL, MAY, known_at)[source.pk, service]
    return [tuple((from_us(edge) - APRIL) // HOUR for edge in span) for span in spans]


def test_a_monitor_s_own_outage_is_unknown_time(vendor, importer, contract):
    (source,) = monitors(vendor, contract, 1)
    blind = Covered(APRIL + 10 * HOUR, APRIL + 20 * HOUR, watched=False, reason="its own outage")
    tell(source, coverage=[Covered(APRIL, APRIL + 40 * HOUR), blind])
    assert known(source) == [(0, 10), (20, 40)]


def test_what_is_known_of_coverage_changes_with_the_moment(vendor, importer, contract):
    (source,) = monitors(vendor, contract, 1)
    tell(source, coverage=[Covered(APRIL, APRIL + 40 * HOUR)])
    tell(source, coverage=[Covered(APRIL + 5 * HOUR, APRIL + 6 * HOUR, watched=False)], known_at=KNOWN + HOUR)
    tell(source, coverage=[Covered(APRIL + 5 * HOUR, APRIL + 6 * HOUR)], known_at=KNOWN + 2 * HOUR)
    assert known(source, KNOWN - HOUR) == []
    assert known(source) == [(0, 40)]
    assert known(source, KNOWN + HOUR) == [(0, 5), (6, 40)]
    assert known(source, KNOWN + 2 * HOUR) == [(0, 40)]


def test_between_two_deliveries_nothing_is_known(vendor, importer, contract):
    (source,) = monitors(vendor, contract, 1)
    tell(source, coverage=[Covered(APRIL, APRIL + 2 * HOUR)])
    tell(source, coverage=[Covered(APRIL + 5 * HOUR, APRIL + 7 * HOUR)])
    assert known(source) == [(0, 2), (5, 7)]


def test_blindness_for_one_service_leaves_the_others_seen(vendor, importer, contract):
    (source,) = monitors(vendor, contract, 1)
    copilot = Service.objects.get(code="copilot").pk
    tell(source, coverage=[Covered(APRIL, APRIL + 2 * HOUR), Covered(APRIL, APRIL + HOUR, False, copilot)])
    assert known(source) == [(0, 2)]
    assert known(source, service=copilot) == [(1, 2)]


# Other kinds as inputs -----------------------------------------------------------------------------------


def test_probes_are_read_as_outages_and_known_time(vendor, importer):
    terms = factories.commitment_terms(services=["actions"])
    terms["indicator"]["down_severities"] = ["down"]
    contract = factories.signed_contract(factories.terms(terms, zone="UTC"))
    (source,) = monitors(vendor, contract, 1, "samples")
    actions = Service.objects.get(code="actions").pk
    minute = timedelta(minutes=1)
    rows = [Sample(actions, APRIL + n * minute, n not in (3, 4)) for n in range(10)]
    tell(source, rows, record=record_samples)
    inputs = inputs_for(commitment(contract), APRIL, MAY, KNOWN)
    assert [(one.start, one.end) for one in inputs.intervals] == [(APRIL + 3 * minute, APRIL + 5 * minute)]
    assert [(one.start, one.end) for one in inputs.coverage] == [(APRIL, APRIL + 10 * minute)]
    assert [act.sentence for act in acts_behind(inputs)] == ["imported page.json"]


@pytest.mark.parametrize(
    ("indicator", "shape"),
    [
        ({"kind": "error_rate", "aggregate": "pooled"}, "buckets"),
        ({"kind": "events_on_time", "deadline_seconds": 3600}, "events"),
    ],
)
def test_counts_and_tickets_are_read_and_lead_to_who_brought_them(vendor, importer, indicator, shape):
    terms = factories.commitment_terms(services=["actions"], indicator=indicator, exclusions=[])
    contract = factories.signed_contract(factories.terms(terms, zone="UTC"))
    width = {"width_seconds": 60} if shape == "buckets" else {}
    source = world.source(shape, vendor, code="logs", **width)
    services.bind_source(contract=contract, role=ROLE, source=source)
    actions = Service.objects.get(code="actions").pk
    if shape == "buckets":
        tell(
            source,
            [Bucket(actions, APRIL, 9, 10), Bucket(actions, APRIL + HOUR, 9, 10)],
            record=record_buckets,
        )
    else:
        steps = (("opened", APRIL), ("completed", APRIL + 2 * HOUR))
        tell(source, [EventTold(1, "T-1", actions, steps)], record=record_events)
    inputs = inputs_for(commitment(contract), APRIL, MAY, KNOWN)
    if shape == "buckets":
        assert [(one.repeat, one.requests, one.errors) for one in inputs.buckets] == [(2, 10, 1)]
    else:
        assert [(one.id, one.ended_at) for one in inputs.events] == [("T-1", APRIL + 2 * HOUR)]
    assert [act.sentence for act in acts_behind(inputs)] == ["imported page.json"]
