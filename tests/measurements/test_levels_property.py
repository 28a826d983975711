"""The database's levels of many services are those of the pure reckoning, on random data."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import Service
from measurements import services
from measurements.errors import FieldRefused
from measurements.ingest import (
    Bucket,
    Covered,
    Delivery,
    StateInterval,
    record_buckets,
    record_state_intervals,
)
from measurements.levels import bucket_levels, interval_levels
from measurements.models import Source
from measurements.reading_series import slots_of
from reckoning.assessment import AssessmentInputs, ExcludedTime, Interval, KnownTime
from reckoning.assessment.measure import measure
from reckoning.terms import parse_terms
from reckoning.timeline import Span, local_instant, merge, subtract, to_us, window_of
from tests import factories

SETTINGS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
# Zones whose clocks change within the month, on the half hour too, and one whose edges are no whole hours of UTC.
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
AROUND = datetime(2023, 3, 1, tzinfo=UTC)
KNOWN = datetime(2023, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(name: str, known_at: datetime, coverage: tuple[Covered, ...] = ()) -> Delivery:
    return Delivery(name, name.encode(), known_at, known_at, "push", 1, coverage=coverage)


def a_source(vendor, shape: str, **given) -> Source:
    number = Source.objects.count()
    return services.create_source(
        code=f"s-{number}",
        name="S",
        kind="server_logs",
        shape=shape,
        measurement_point="edge",
        vendor=vendor,
        **given,
    )


stretches = st.lists(
    st.tuples(st.integers(-3, 36 * 24 * 4), st.integers(1, 200)), min_size=0, max_size=4
)  # quarters of an hour from the first of March on, and how many


def spans_of(told_stretches) -> list[tuple[datetime, datetime]]:
    quarter = timedelta(minutes=15)
    return [(AROUND + at * quarter, AROUND + (at + long) * quarter) for at, long in told_stretches]


def microseconds(pairs) -> list[Span]:
    return merge(Span(to_us(start), to_us(end)) for start, end in pairs)


# Buckets -------------------------------------------------------------------------------------------------

deliveries = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from((0, 1)),
            st.integers(-20, 35 * 96),  # a slot of 15 minutes from the first of March on
            st.integers(1, 60),  # how many in a row
            st.integers(0, 5),
            st.integers(0, 5),
        ),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.django_db(transaction=False)
@SETTINGS
@given(sent=deliveries, zone=st.sampled_from(ZONES), excluded=stretches, asked=st.integers(0, 4))
def test_levels_of_buckets_are_those_of_their_slots(vendor, importer, sent, zone, excluded, asked):
    source = a_source(vendor, "buckets", width_seconds=900)
    codes = [Service.objects.get(code=code).pk for code in ("actions", "copilot")]
    slots: dict[tuple[int, int], tuple[int, int]] = {}
    history = [dict(slots)]
    for number, runs in enumerate(sent):
        here: dict[tuple[int, int], tuple[int, int]] = {}
        for service, first, length, good, bad in runs:
            for slot in range(first, first + length):
                here.setdefault((codes[service], slot), (good, bad))
        rows = [
            Bucket(service, AROUND + slot * timedelta(minutes=15), good, good + bad)
            for (service, slot), (good, bad) in here.items()
        ]
        recorded = record_buckets(
            source=source, delivery=told(f"d{number}", KNOWN + number * HOUR), rows=rows
        )
        news = {key for key, counts in here.items() if slots.get(key) != counts}
        assert (recorded.accepted, recorded.superseding) == (len(news), len(news & slots.keys()))
        slots |= here
        history.append(dict(slots))
    window = window_of("calendar_month", zone, AROUND + timedelta(days=14))
    gone = spans_of(excluded)
    moment = min(asked, len(sent))
    levels = bucket_levels(
        source,
        window.start,
        window.end,
        KNOWN + (moment - 1) * HOUR,
        excluded={codes[0]: gone, codes[1]: []},
    )
    out = microseconds(gone)
    for service in codes:
        inside = {
            slot: counts
            for (whose, slot), counts in history[moment].items()
            if whose == service and window.start <= AROUND + slot * timedelta(minutes=15) < window.end
        }
        excluded_slots = {
            slot
            for slot in inside
            if service == codes[0]
            and not subtract(
                [Span(to_us(AROUND) + slot * 900_000_000, to_us(AROUND) + (slot + 1) * 900_000_000)], out
            )
        }
        kept = [counts for slot, counts in inside.items() if slot not in excluded_slots]
        level = levels.get((service, ""))
        found = (level.good, level.bad, level.known, level.excluded) if level else (0, 0, 0, 0)
        good, bad = sum(one for one, _ in kept), sum(other for _, other in kept)
        assert found == (good, bad, len(inside), len(excluded_slots))
        read = slots_of([source], [service], window.start, window.end, KNOWN + (moment - 1) * HOUR)
        assert [slot[1:3] for slot in read.get((source.pk, service), [])] == [
            inside[slot] for slot in sorted(inside)
        ]


def test_a_window_that_cuts_a_bucket_in_two_is_refused(vendor, importer):
    source = a_source(vendor, "buckets", width_seconds=3600)
    window = window_of("calendar_month", "Asia/Kathmandu", AROUND + timedelta(days=14))
    with pytest.raises(FieldRefused, match="cuts a bucket of 3600 s"):
        bucket_levels(source, window.start, window.end, KNOWN)


# Intervals -----------------------------------------------------------------------------------------------

incidents = st.lists(
    st.tuples(
        st.integers(-2 * 24 * 60, 33 * 24 * 60),  # minutes from the first of March on
        st.integers(1, 300),  # seconds, some of them below the least that counts
        st.sampled_from(("minor", "major", "critical")),
        st.sets(st.sampled_from(("actions", "copilot")), min_size=1),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.django_db(transaction=False)
@SETTINGS
@given(
    first=incidents,
    corrected=st.lists(st.tuples(st.integers(0, 11), st.integers(1, 4000), st.booleans()), max_size=4),
    zone=st.sampled_from(ZONES),
    excluded=stretches,
    least=st.sampled_from((0, 60, 61, 240)),
    strict=st.booleans(),
    order=st.sampled_from(("merge_then_test_then_clip", "clip_then_test", "exclude_then_test_then_clip")),
    grid=st.sampled_from((0, 0, 60, 3600)),
    rule=st.sampled_from(("whole_cells", "touched_cells")),
    later=st.booleans(),
)
def test_levels_of_intervals_are_those_of_the_pure_reckoning(
    vendor, importer, first, corrected, zone, excluded, least, strict, order, grid, rule, later
):
    source = a_source(vendor, "intervals", covers_from=AROUND)
    window = window_of("calendar_month", zone, AROUND + timedelta(days=14))
    # Some incidents stand at the edges of the window, and some touch each other.
    edges = [
        window.start - timedelta(seconds=30),
        window.end - timedelta(seconds=30),
        local_instant((AROUND + timedelta(days=11)).date(), time(2, 30), zone),
    ]
    rows = [
        StateInterval(n, f"i{n}", start, start + timedelta(seconds=long), severity, tuple(sorted(components)))
        for n, (minute, long, severity, components) in enumerate(first)
        for start in [edges[n] if n < len(edges) else AROUND + minute * timedelta(seconds=60)]
    ]
    record_state_intervals(source=source, delivery=told("first", KNOWN), rows=rows)
    known = {row.external_id: row for row in rows}
    fixed = {
        f"i{n}": known[f"i{n}"]._replace(
            end=known[f"i{n}"].start + timedelta(seconds=long), withdrawn=withdrawn
        )
        for n, long, withdrawn in corrected
        if f"i{n}" in known
    }
    record_state_intervals(source=source, delivery=told("second", KNOWN + HOUR), rows=list(fixed.values()))
    accounts = known | fixed if later else known
    gone = spans_of(excluded)
    levels = interval_levels(
        source,
        window.start,
        window.end,
        KNOWN + (2 * HOUR if later else timedelta(0)),
        severities=["major", "critical"],
        minimum_run_seconds=least,
        minimum_run_strict=strict,
        run_order=order,
        grid_seconds=grid,
        grid_rule=rule,
        excluded={"actions": gone},
    )
    document = factories.commitment_terms(exclusions=[{"kind": "planned_maintenance"}])
    document["indicator"] |= {
        "minimum_run_seconds": least,
        "minimum_run_strict": strict,
        "run_order": order,
        "grid_seconds": grid,
        "grid_rule": rule,
    }
    terms = parse_terms(factories.terms(document)).commitments[0]
    for code in ("actions", "copilot"):
        measured = measure(terms, inputs(code, window, accounts.values(), gone if code == "actions" else []))
        level = levels.get(code)
        if level is None:
            assert measured.gross_down == 0
        else:
            assert (level.down_us, level.excluded_us) == (measured.net_down, measured.excluded_time)
            assert level.base_us == measured.measured - measured.excluded_time


def inputs(code: str, window, accounts, gone) -> AssessmentInputs:
    """The facts as the pure reckoning wants them."""
    return AssessmentInputs(
        window_start=window.start,
        window_end=window.end,
        known_at=KNOWN,
        service=code,
        coverage=(KnownTime(start=window.start, end=window.end),),
        intervals=tuple(
            Interval(
                id=row.external_id,
                start=row.start,
                end=row.end,
                severity=row.severity,
                components=row.components,
                observation="x",
            )
            for row in accounts
            if not row.withdrawn
        ),
        exclusions=tuple(
            ExcludedTime(
                id=str(n), kind="planned_maintenance", start=start, end=end, announced_at=start, approved=True
            )
            for n, (start, end) in enumerate(gone)
        ),
    )


def test_an_exact_level_is_a_fraction(vendor, importer):
    source = a_source(vendor, "buckets", width_seconds=86_400)
    service = Service.objects.get(code="actions").pk
    record_buckets(
        source=source,
        delivery=told("one", KNOWN),
        rows=[Bucket(service, AROUND, 2, 3), Bucket(service, AROUND + 24 * HOUR, 0, 0)],
    )
    level = bucket_levels(source, AROUND, AROUND + 96 * HOUR, KNOWN)[service, ""]
    assert level.ratio * 3 == 2
    assert (level.known, level.unknown) == (2, 2)
    assert Decimal(level.good) == 2
