"""Probes, histograms, events and incidents: kept once, corrected by later accounts, read as known at a moment."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from base.csvio import ImportRefused
from contracts.models import Service
from measurements import ingest
from measurements.errors import RowsConflict
from measurements.ingest import EventTold, HistogramTold, Sample, StateInterval
from measurements.models import BucketDay, BucketDaySum, EventObservation, IntervalObservation, Payload
from measurements.reading_series import (
    bucket_runs,
    events_of,
    histogram_samples,
    merged_histogram,
    probe_states,
    slots_of,
)
from reckoning.timeline.histograms import Insufficient, percentile
from tests.factories import utc
from tests.measurements import world
from tests.measurements.test_ingest_buckets import DAY, KNOWN, MINUTE, delivery

LATER = KNOWN + timedelta(hours=1)


@pytest.fixture
def actions(vendor):
    return Service.objects.get(code="actions").pk


def a_source(vendor, shape, **given):
    return world.source(shape, vendor, code=f"the-{shape}", **given)


def send(record, source, rows, known_at=KNOWN, **given):
    return record(source=source, delivery=delivery(rows, known_at, **given), rows=rows)


# Probes --------------------------------------------------------------------------------------------------


def probes(service, states, start=DAY, every=60):
    return [Sample(service, start + n * timedelta(seconds=every), up) for n, up in enumerate(states)]


def test_probes_that_say_the_same_take_one_run_a_day(vendor, importer, actions):
    source = a_source(vendor, "samples", width_seconds=60)
    send(ingest.record_samples, source, probes(actions, [True] * 1440))
    row = BucketDay.objects.get()
    assert (row.slots, row.counts, row.step) == ([0], [1440], 60)
    assert BucketDaySum.objects.get().good == 1440


def test_a_missing_probe_is_unknown_time_and_a_bad_one_is_down(vendor, importer, actions):
    source = a_source(vendor, "samples", width_seconds=60)
    states = [True] * 10 + [False] * 5 + [True] * 5
    rows = probes(actions, states)
    del rows[3:5]
    told = send(ingest.record_samples, source, rows)
    slots = slots_of([source], [actions], DAY, DAY + 60 * MINUTE, KNOWN)[source.pk, actions]
    intervals, known = probe_states(slots, source, "actions", DAY, DAY + 60 * MINUTE)
    assert [(one.start, one.end) for one in intervals] == [(DAY + 10 * MINUTE, DAY + 15 * MINUTE)]
    assert [(one.start, one.end) for one in known] == [
        (DAY, DAY + 3 * MINUTE),
        (DAY + 5 * MINUTE, DAY + 20 * MINUTE),
    ]
    # Any minute leads to its payload.
    assert intervals[0].observation == f"{told.payload.sha256[:16]}:0"
    assert {digest for *_, digest in slots} == {told.payload.sha256}


def test_a_probe_that_comes_a_little_late_leaves_no_hole(vendor, importer, actions):
    source = a_source(vendor, "samples", width_seconds=60)
    second = timedelta(seconds=1)
    rows = [Sample(actions, DAY + n * MINUTE + (n % 3) * 9 * second, True) for n in range(10)]
    send(ingest.record_samples, source, rows)
    slots = slots_of([source], [actions], DAY, DAY + 60 * MINUTE, KNOWN)[source.pk, actions]
    _, known = probe_states(slots, source, "actions", DAY, DAY + 60 * MINUTE)
    assert len(known) == 1


# Histograms ----------------------------------------------------------------------------------------------

BOUNDS = (100, 250, 500)


def test_a_percentile_of_merged_histograms_is_told_with_its_error(vendor, importer, actions):
    source = a_source(vendor, "histograms", width_seconds=300)
    rows = [
        HistogramTold(actions, DAY, BOUNDS, (50, 40, 5, 0)),
        HistogramTold(actions, DAY + 5 * MINUTE, BOUNDS, (45, 50, 10, 0)),
    ]
    send(ingest.record_histograms, source, rows)
    corrected = HistogramTold(actions, DAY, BOUNDS, (0, 40, 5, 0))
    told = send(ingest.record_histograms, source, [corrected, rows[1]], LATER)
    assert (told.accepted, told.superseding, told.repeated) == (1, 1, 1)
    before = merged_histogram(source, actions, DAY, DAY + 60 * MINUTE, KNOWN)
    after = merged_histogram(source, actions, DAY, DAY + 60 * MINUTE, LATER)
    assert (before.counts, after.counts) == ((95, 90, 15, 0), (45, 90, 15, 0))
    found = percentile(before, Fraction(95))
    assert (found.above, found.at_most, found.error, found.size) == (250, 500, 250, 200)
    assert percentile(before, Fraction(95), minimum=201) == Insufficient(200, 201)
    assert [(one.value, one.repeat) for one in histogram_samples(after)] == [(100, 45), (250, 90), (500, 15)]


def test_values_above_every_bound_have_no_percentile(vendor, importer, actions):
    source = a_source(vendor, "histograms", width_seconds=300)
    send(ingest.record_histograms, source, [HistogramTold(actions, DAY, BOUNDS, (1, 0, 0, 9))])
    told = merged_histogram(source, actions, DAY, DAY + 60 * MINUTE, KNOWN)
    found = percentile(told, Fraction(50))
    assert (found.above, found.at_most, found.error) == (500, None, None)
    with pytest.raises(ValueError, match="9 values lie above the last bound 500"):
        histogram_samples(told)


@pytest.mark.parametrize(
    ("bounds", "counts", "said"),
    [
        ((250, 100), (1, 1, 1), "ascending"),
        ((100,), (1,), "one more than bounds"),
        ((100,), (1, -1), "none below 0"),
    ],
)
def test_a_histogram_that_cannot_be_is_refused(vendor, importer, actions, bounds, counts, said):
    source = a_source(vendor, "histograms", width_seconds=300)
    with pytest.raises(ImportRefused, match=said):
        send(ingest.record_histograms, source, [HistogramTold(actions, DAY, bounds, counts)])


# Events --------------------------------------------------------------------------------------------------


def steps(*told):
    return tuple((kind, DAY + minutes * MINUTE) for kind, minutes in told)


def test_a_ticket_is_read_with_its_pauses_as_it_was_known(vendor, importer, actions):
    source = a_source(vendor, "events")
    opened = EventTold(1, "T-1", actions, steps(("opened", 0), ("paused", 10)), category="p1")
    send(ingest.record_events, source, [opened])
    closed = opened._replace(
        steps=steps(("opened", 0), ("paused", 10), ("resumed", 40), ("answered", 45), ("completed", 60))
    )
    told = send(ingest.record_events, source, [closed], LATER)
    assert (told.accepted, told.superseding) == (1, 1)
    month = (DAY, utc(2023, 5, 1))
    (before,) = events_of([source], [actions], *month, KNOWN)[source.pk, actions]
    (after,) = events_of([source], [actions], *month, LATER)[source.pk, actions]
    assert (before.ended_at, before.paused) == (None, ())
    assert (after.kind, after.ended_at) == ("p1", DAY + 60 * MINUTE)
    assert [(one.start, one.end) for one in after.paused] == [(DAY + 10 * MINUTE, DAY + 40 * MINUTE)]


def test_a_ticket_that_is_taken_back_never_was(vendor, importer, actions):
    source = a_source(vendor, "events")
    told = EventTold(1, "T-1", actions, steps(("opened", 0), ("completed", 5)))
    send(ingest.record_events, source, [told])
    send(ingest.record_events, source, [told._replace(withdrawn=True)], LATER)
    assert events_of([source], [actions], DAY, utc(2023, 5, 1), LATER) == {}
    assert EventObservation.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((("paused", 0),), "do not begin with opened"),
        ((("opened", 5), ("answered", 4)), "before what stands before it"),
        ((("opened", 0), ("resumed", 1)), "is not paused"),
        ((("opened", 0), ("paused", 1), ("paused", 2)), "is paused already"),
        ((("opened", 0), ("completed", 1), ("answered", 2)), "after completed"),
        ((("opened", 0), ("opened", 1)), "as step 2"),
    ],
)
def test_steps_that_do_not_fit_are_refused(vendor, importer, actions, wrong, said):
    source = a_source(vendor, "events")
    with pytest.raises(ImportRefused, match=said):
        send(ingest.record_events, source, [EventTold(1, "T-1", actions, steps(*wrong))])


# Incidents -----------------------------------------------------------------------------------------------


def test_incidents_are_weighed_as_a_set_and_keep_their_weight(vendor, importer, incidents):
    rows = [
        StateInterval(n, f"i{n}", DAY, DAY + 5 * MINUTE, "major", ("actions",), weight=Decimal("0.3"))
        for n in range(1, 4)
    ]
    send(ingest.record_state_intervals, incidents, rows)
    longer = rows[0]._replace(end=DAY + 6 * MINUTE)
    told = send(ingest.record_state_intervals, incidents, [longer, *rows[1:]], LATER)
    assert (told.accepted, told.superseding, told.repeated) == (1, 1, 2)
    assert IntervalObservation.objects.filter(weight="0.3").count() == 4
    with pytest.raises(RowsConflict, match="a correction needs a later known_at"):
        send(ingest.record_state_intervals, incidents, [rows[0]], LATER, content=b"back at once")
    assert Payload.objects.count() == 2


def test_an_incident_that_ends_in_the_future_is_listed(vendor, importer, incidents):
    late = StateInterval(1, "i", KNOWN, KNOWN + timedelta(hours=2), "major", ("actions",))
    told = send(ingest.record_state_intervals, incidents, [late])
    assert (told.accepted, told.listed) == (0, 1)


def test_equal_buckets_are_handed_to_the_reckoning_as_runs():
    slots = [(0, 5, 0, "x"), (60, 5, 0, "x"), (120, 3, 2, "x")]
    assert [(one.repeat, one.requests, one.errors) for one in bucket_runs(slots)] == [(2, 5, 0), (1, 5, 2)]
