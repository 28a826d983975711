"""Good/total counts: what is kept of a delivery, once, and what a later one changes."""

from datetime import timedelta

import pytest
from django.db import connection

from audit.models import Event
from base.csvio import ImportRefused
from contracts.models import Service
from measurements.errors import KnowledgeGoesBack, RowsConflict, WrongShape
from measurements.ingest import Bucket, Covered, Delivery, record_buckets
from measurements.models import BucketDay, BucketDaySum, Coverage, ListedRow, Payload, Source
from measurements.packing import unpack
from tests.factories import utc
from tests.measurements import world

DAY = utc(2023, 4, 1)
KNOWN = utc(2023, 5, 2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(vendor, importer):
    return world.source(Source.Shape.BUCKETS, vendor, code="logs", kind="server_logs", width_seconds=60)


@pytest.fixture
def actions(vendor):
    return Service.objects.get(code="actions").pk


def delivery(rows=(), known_at=KNOWN, **given):
    return Delivery(
        **{
            "name": "page.json",
            "content": repr(list(rows)).encode(),
            "retrieved_at": known_at,
            "known_at": known_at,
            "parser": "push",
            "parser_version": 1,
        }
        | given
    )


def send(source, rows, known_at=KNOWN, **given):
    return record_buckets(source=source, delivery=delivery(rows, known_at, **given), rows=iter(rows))


def minutes(service, counts, start=DAY):
    """Buckets of a minute each from ``start`` on, of (good, total)."""
    return [Bucket(service, start + n * MINUTE, good, total) for n, (good, total) in enumerate(counts)]


def slots(known_at=KNOWN + timedelta(days=99)):
    """Every slot as known at a moment: (series, day, slot) -> (good, bad)."""
    found = {}
    for row in BucketDay.objects.filter(known_at__lte=known_at).order_by("known_at"):
        told = unpack(row.first_slot, row.step, row.slots, row.counts, row.good, row.bad)
        found |= {(row.series_id, row.day, slot): counts for slot, counts in told.items()}
    return found


def sums(known_at=KNOWN + timedelta(days=99)):
    rows = BucketDaySum.objects.filter(known_at__lte=known_at)
    return (sum(row.good for row in rows), sum(row.bad for row in rows), sum(row.slots for row in rows))


def fits(known_at=KNOWN + timedelta(days=99)):
    """The sums of the days are the sums of what the days hold."""
    told = slots(known_at).values()
    return sums(known_at) == (sum(good for good, _ in told), sum(bad for _, bad in told), len(told))


def test_a_delivery_is_kept_with_its_sums_and_one_event(source, actions):
    told = send(source, minutes(actions, [(10, 10), (10, 10), (7, 9), (0, 0)]))
    assert (told.accepted, told.repeated, told.superseding, told.replayed) == (4, 0, 0, False)
    assert {key[1:]: counts for key, counts in slots().items()} == {
        (DAY.date(), 0): (10, 0),
        (DAY.date(), 1): (10, 0),
        (DAY.date(), 2): (7, 2),
        (DAY.date(), 3): (0, 0),
    }
    assert sums() == (27, 2, 4)
    assert Event.objects.filter(verb="payload.import").count() == 1


def test_equal_neighbours_take_one_run(source, actions):
    send(source, minutes(actions, [(1, 1)] * 700 + [(0, 1)] * 5 + [(1, 1)] * 735))
    row = BucketDay.objects.get()
    assert (row.slots, row.counts, row.good, row.bad) == ([0, 700, 705], [700, 5, 735], [1, 0, 1], [0, 1, 0])
    assert len(slots()) == 1440
    assert fits()


def test_rows_may_come_in_any_order_and_across_days(source, actions):
    rows = minutes(actions, [(n % 7, 7) for n in range(3000)], DAY - 100 * MINUTE)
    send(source, [*rows[1::2], *reversed(rows[::2])])
    assert len(slots()) == 3000
    assert fits()
    assert BucketDay.objects.count() == 4
    assert {key[1:]: told for key, told in slots().items()}[(DAY - 100 * MINUTE).date(), 1340] == (0, 7)


def test_the_same_delivery_again_changes_nothing(source, actions):
    rows = minutes(actions, [(3, 4)] * 10)
    first = send(source, rows)
    again = send(source, rows, KNOWN + MINUTE)
    assert again.replayed
    assert again.payload == first.payload
    assert (Payload.objects.count(), BucketDay.objects.count()) == (1, 1)


def test_rows_that_were_told_before_are_repeated_in_another_payload(source, actions):
    rows = minutes(actions, [(3, 4)] * 10)
    send(source, rows)
    again = send(source, rows[2:], KNOWN + MINUTE)
    whole = send(source, rows, KNOWN + MINUTE, content=b"the same in other bytes")
    assert (again.accepted, again.repeated) == (0, 8)
    assert (whole.accepted, whole.repeated) == (0, 10)
    assert (BucketDay.objects.count(), BucketDaySum.objects.count()) == (1, 1)


def test_the_same_hour_with_other_numbers_supersedes_from_its_moment_on(source, actions):
    send(source, minutes(actions, [(10, 10)] * 60))
    later = KNOWN + timedelta(hours=1)
    told = send(source, minutes(actions, [(10, 10)] * 20 + [(5, 10)] * 20 + [(10, 10)] * 25), later)
    assert (told.accepted, told.superseding, told.repeated) == (25, 20, 40)
    assert sums(KNOWN) == (600, 0, 60)
    assert sums(later) == (550, 100, 65)
    assert fits(KNOWN)
    assert fits(later)
    assert BucketDay.objects.order_by("known_at")[1].slots == [20, 60]


def test_other_numbers_at_the_same_moment_are_refused_whole(source, actions):
    send(source, minutes(actions, [(10, 10)] * 3))
    with pytest.raises(RowsConflict, match="2023-04-01T00:01:00Z is 9 of 10, and was 10 of 10"):
        send(source, minutes(actions, [(10, 10), (9, 10), (1, 1), (1, 1)]))
    assert sums() == (30, 0, 3)
    assert Payload.objects.count() == 1


def test_a_delivery_that_contradicts_itself_is_refused(source, actions):
    with pytest.raises(RowsConflict, match="in the same delivery"):
        send(source, [*minutes(actions, [(1, 1)]), *minutes(actions, [(0, 1)])])
    told = send(source, [*minutes(actions, [(1, 1)]), *minutes(actions, [(1, 1)])])
    assert (told.accepted, told.repeated) == (1, 1)


def test_a_day_that_is_split_in_the_sending_is_put_together(source, actions, monkeypatch):
    monkeypatch.setattr("measurements.packing.SPILL_ROWS", 5)
    monkeypatch.setattr("measurements.packing.BATCH_ROWS", 3)
    other = Service.objects.get(code="copilot").pk
    rows = [
        row
        for n in range(30)
        for row in minutes(actions, [(n, 30)], DAY + n * MINUTE) + minutes(other, [(n, 31)], DAY + n * MINUTE)
    ]
    told = send(source, [*rows, *rows[:7]])
    assert (told.accepted, told.repeated) == (60, 7)
    assert fits()
    assert BucketDay.objects.count() == 2


def test_what_arrives_out_of_order_fills_the_hole(source, actions):
    rows = minutes(actions, [(n, n + 1) for n in range(20)])
    send(source, rows[:5] + rows[15:])
    assert len(slots()) == 10
    send(source, rows[5:15], KNOWN + MINUTE)
    assert len(slots()) == 20
    assert len(slots(KNOWN)) == 10
    assert fits()
    assert fits(KNOWN)


def test_the_future_is_listed_and_not_reckoned_from(source, actions):
    now = DAY + 10 * MINUTE
    told = send(source, minutes(actions, [(1, 1)] * 20), now)
    # A clock may be five minutes fast: what ends at 00:15 at the latest is believed.
    assert (told.accepted, told.listed) == (15, 5)
    assert set(ListedRow.objects.values_list("reason", flat=True)) == {"in_the_future"}
    later = send(source, minutes(actions, [(1, 1)] * 20), now + 10 * MINUTE, content=b"again")
    assert (later.accepted, later.repeated) == (5, 15)


def test_the_skew_of_a_clock_is_kept(source, actions):
    told = send(source, minutes(actions, [(1, 1)]), source_clock_at=KNOWN + 2 * MINUTE)
    assert told.payload.skew == 2 * MINUTE


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((DAY, 2, 1), "good of total"),
        ((DAY, -1, 1), "good of total"),
        ((DAY, True, 1), "good of total"),
        ((DAY + timedelta(seconds=30), 1, 1), "which no bucket of 60 s starts at"),
        ((DAY.replace(tzinfo=None), 1, 1), "with its zone"),
    ],
)
def test_garbage_is_refused_with_its_row_and_nothing_is_kept(source, actions, row, said):
    with pytest.raises(ImportRefused, match=said) as refused:
        send(source, [*minutes(actions, [(1, 1)], DAY + MINUTE), Bucket(actions, *row)])
    assert [fault.row for fault in refused.value.faults] == [2]
    assert not Payload.objects.exists()
    assert not BucketDay.objects.exists()


def test_an_iterator_that_breaks_leaves_nothing(source, actions):
    def rows():
        yield from minutes(actions, [(1, 1)] * 5)
        raise OSError("the line went dead")

    with pytest.raises(OSError, match="went dead"):
        record_buckets(source=source, delivery=delivery(), rows=rows())
    assert not Payload.objects.exists()
    assert not BucketDay.objects.exists()


def test_knowledge_never_goes_back_and_shapes_are_kept_apart(source, actions, seconds):
    send(source, minutes(actions, [(1, 1)]))
    with pytest.raises(KnowledgeGoesBack):
        send(source, minutes(actions, [(0, 1)]), KNOWN - MINUTE)
    with pytest.raises(WrongShape):
        record_buckets(source=seconds, delivery=delivery(), rows=[])


def test_a_segment_is_a_series_of_its_own(source, actions):
    send(
        source,
        [Bucket(actions, DAY, 9, 10), Bucket(actions, DAY, 0, 1, "eu"), Bucket(actions, DAY, 9, 9, "us")],
    )
    assert BucketDay.objects.count() == 3


def test_the_monitor_s_own_outage_is_told_with_the_delivery(source, actions):
    blind = (
        Covered(DAY, DAY + 60 * MINUTE),
        Covered(DAY + 10 * MINUTE, DAY + 20 * MINUTE, watched=False, reason="agent down"),
    )
    told = send(source, minutes(actions, [(1, 1)] * 10), coverage=blind)
    assert told.payload.covers_until == DAY + 60 * MINUTE
    assert [row.watched for row in Coverage.objects.order_by("during")] == [True, False]


def test_a_year_at_once_makes_its_months(source, actions):
    start = utc(2022, 3, 1)
    day = timedelta(days=1)
    source = world.source(Source.Shape.BUCKETS, source.vendor, code="days", width_seconds=86_400)
    told = send(source, [Bucket(actions, start + n * day, 5, 6) for n in range(365)])
    assert told.accepted == 365
    assert sums() == (5 * 365, 365, 365)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'measurements_bucketday'::regclass"
        )
        assert cursor.fetchone() == (12,)
