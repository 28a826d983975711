"""Facts that are read once and cut into windows are those of each window read by itself; of every shape of source."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.reading import terms_of
from measurements import services as measuring
from measurements.ingest import (
    Bucket,
    EventTold,
    HistogramTold,
    Sample,
    record_buckets,
    record_events,
    record_histograms,
    record_samples,
)
from measurements.past import Asked, Past
from measurements.reading import inputs_for
from reckoning.timeline import windows
from tests.credits import world
from tests.credits.test_families import HOUR, MARCH, MINUTE, clause, outages, promise, send
from tests.factories import utc
from tests.measurements.test_reconciliation import second_monitor

pytestmark = pytest.mark.django_db
START, END = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 6, 1, tzinfo=UTC)
KNOWN_AT = utc(2023, 6, 20)
EDGE = datetime(2023, 4, 1, tzinfo=UTC)


def _intervals() -> world.World:
    told, _ = promise(
        clause(
            indicator={
                "kind": "uptime_from_intervals",
                "down_severities": ["major"],
                "down_components": [],
                "minimum_run_seconds": 600,
            }
        ),
        "intervals",
        covers_from=datetime(2022, 1, 1, tzinfo=UTC),
    )
    # The last one reaches over the edge of March, the first one ends at its beginning.
    outages(told, (3, 120), (10, 5), (31, 60 * 13))
    return told


def _stand_in() -> world.World:
    told = world.customer()
    source = second_monitor(
        told,
        "p-1,2023-05-10T12:00:00Z,2023-05-10T13:00:00Z,major,platform,Only the probe was awake",
        known_at=utc(2023, 6, 2),
        covers_until=utc(2023, 6, 1),
    )
    with world.as_("vendor_manager"):
        measuring.bind_source(contract=told.contract, role="independent monitor", source=source, rank=2)
    return told


def _buckets() -> world.World:
    told, source = promise(
        clause(indicator={"kind": "error_rate", "aggregate": "mean_of_intervals", "interval_seconds": 7200}),
        "buckets",
        width_seconds=3600,
    )
    service = told.commitment.service_id
    rows = [Bucket(service, MARCH + n * HOUR, 99 if n % 50 == 0 else 100, 100) for n in range(800)]
    send(record_buckets, told, source, rows)
    send(record_buckets, told, source, [Bucket(service, MARCH, 1, 100)], known_at=utc(2023, 5, 2))
    return told


def _samples() -> world.World:
    told, source = promise(clause(), "samples", width_seconds=60)
    service = told.commitment.service_id
    rows = [Sample(service, EDGE + n * MINUTE, not -30 < n < 20) for n in range(-90, 90)]
    send(record_samples, told, source, rows)
    return told


def _histograms() -> world.World:
    told, source = promise(
        clause(
            indicator={
                "kind": "quantity",
                "aggregate": "percentile",
                "percentile": "95",
                "unit": "milliseconds",
            },
            limit={"on": "value", "op": "at_most", "value": "200"},
            schedule={"kind": "nothing"},
        ),
        "histograms",
        width_seconds=3600,
    )
    service = told.commitment.service_id
    rows = [HistogramTold(service, EDGE + n * HOUR, (100, 200), (90, 10, 0)) for n in range(-5, 5)]
    send(record_histograms, told, source, rows)
    return told


def _events() -> world.World:
    told, source = promise(
        clause(indicator={"kind": "events_on_time", "deadline_seconds": 14_400}, target_percent="90"),
        "events",
    )
    service = told.commitment.service_id
    rows = [
        EventTold(n, f"T-{n}", service, (("opened", at), ("completed", at + n * HOUR)))
        for n in (1, 5)
        for at in [EDGE + (n - 3) * HOUR]
    ]
    send(record_events, told, source, rows, known_at=utc(2023, 4, 3))
    return told


def _allowance() -> world.World:
    told = world.customer(
        terms={
            "exclusions": [
                {
                    "kind": "planned_maintenance",
                    "notice_seconds": 0,
                    "allowance_seconds": 5400,
                    "allowance_period": "quarter",
                }
            ]
        }
    )
    for day in (utc(2023, 2, 3, 12), utc(2023, 3, 10, 12), utc(2023, 3, 31, 21, 30)):
        with world.as_("customer_success"):
            row = measuring.propose_exclusion(
                contract=told.contract,
                service=told.commitment.service,
                kind="planned_maintenance",
                start=day,
                end=day + timedelta(hours=1),
                announced_at=day - timedelta(days=9),
                evidence="the announcement",
                proposed_at=utc(2023, 4, 3),
            )
        with world.as_("legal"):
            measuring.decide_exclusion(
                exclusion=row, verdict="approved", reason="it was announced", decided_at=utc(2023, 4, 4)
            )
    return told


@pytest.mark.parametrize(
    "made",
    [_intervals, _stand_in, _buckets, _samples, _histograms, _events, _allowance],
    ids=lambda one: one.__name__,
)
def test_facts_that_are_cut_from_a_long_stretch_are_those_of_each_window(made: Callable[[], world.World]):
    told = made()
    commitment = told.commitment
    terms = terms_of(commitment.version)
    one = Asked(terms.commitment(commitment.key), commitment.service, terms.zone)
    past = Past(told.contract, [one], START - timedelta(days=1), END, KNOWN_AT)
    seen: list[Any] = []
    for window in windows(one.terms.window, one.zone, START, END - timedelta(days=1)):
        cut = past.inputs(one, window.start, window.end)
        assert cut == inputs_for(commitment, window.start, window.end, KNOWN_AT), window.label
        seen += [cut.intervals, cut.buckets, cut.samples, cut.events, cut.coverage, cut.exclusions]
    assert sum(bool(part) for part in seen) >= 1
