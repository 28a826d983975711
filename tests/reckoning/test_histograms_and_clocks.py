"""Percentiles of merged histograms against raw values, clocks of tickets, states of probes."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reckoning.errors import InputError
from reckoning.timeline.clocks import clock_of
from reckoning.timeline.histograms import Histogram, Insufficient, merge_histograms, percentile
from reckoning.timeline.spans import Span
from reckoning.timeline.states import Seen, states_of_probes

BOUNDS = (10, 20, 50, 100)


def histogram_of(values, bounds=BOUNDS):
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[sum(value > bound for bound in bounds)] += 1
    return Histogram(bounds, tuple(counts))


@given(
    st.lists(st.lists(st.integers(1, 100), max_size=30), min_size=1, max_size=5).filter(any),
    st.integers(1, 1000),
)
def test_the_percentile_of_the_raw_values_lies_in_the_bucket_that_is_told(parts, tenths):
    percent = Fraction(tenths, 10)
    raw = sorted(value for part in parts for value in part)
    told = percentile(merge_histograms(histogram_of(part) for part in parts), percent)
    rank = -(-percent * len(raw) // 100)
    exact = raw[rank - 1]
    assert (told.above or 0) < exact <= told.at_most
    assert told.error is None or told.at_most - exact < told.error


def test_histograms_of_other_bounds_are_added_at_the_bounds_that_they_share():
    merged = merge_histograms([Histogram((10, 20, 50), (1, 2, 3, 4)), Histogram((20, 100), (5, 6, 7))])
    assert merged == Histogram((20,), (8, 20))
    with pytest.raises(InputError, match="share none"):
        merge_histograms([Histogram((10,), (1, 1)), Histogram((20,), (1, 1))])


def test_too_few_values_give_no_percentile():
    told = histogram_of([5] * 99)
    assert percentile(told, Fraction(99), minimum=100) == Insufficient(99, 100)
    assert percentile(told, Fraction(99), minimum=99).at_most == 10
    assert percentile(histogram_of([]), Fraction(50)) == Insufficient(0, 1)


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_a_percent_is_above_0_and_at_most_100(percent):
    with pytest.raises(InputError, match="percent"):
        percentile(histogram_of([1]), Fraction(percent))


STEPS = [("opened", 0), ("paused", 10), ("resumed", 30), ("answered", 40), ("completed", 60)]


@pytest.mark.parametrize(
    ("until", "completed", "answered"), [(5, 5, 5), (20, 10, 10), (35, 15, 15), (50, 30, 20), (99, 40, 20)]
)
def test_a_clock_stands_still_while_it_is_paused_and_stops_at_its_step(until, completed, answered):
    clock = clock_of(STEPS, until)
    assert clock.elapsed(until) == completed
    assert clock.elapsed(until, stops_at="answered") == answered


def test_a_pause_that_nobody_ended_lasts_to_the_end():
    assert clock_of([("opened", 0), ("paused", 10), ("completed", 60)], 99).elapsed(99) == 10


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [("paused", 0)],
        [("opened", 5), ("answered", 4)],
        [("opened", 0), ("resumed", 1)],
        [("opened", 0), ("paused", 1), ("paused", 2)],
        [("opened", 0), ("completed", 1), ("answered", 2)],
        [("opened", 0), ("dozed", 1)],
    ],
)
def test_steps_that_do_not_fit_make_no_clock(steps):
    with pytest.raises(InputError, match="steps"):
        clock_of(steps, 99)


def test_probes_hold_until_the_next_or_for_their_distance():
    probes = [Seen(0, True), Seen(10, False), Seen(24, True), Seen(40, True)]
    down, known = states_of_probes(probes, 10)
    # 14 is within one and a half times 10, and 16 is not.
    assert down == [Span(10, 24)]
    assert known == [Span(0, 34), Span(40, 50)]


def test_of_two_probes_of_one_instant_the_bad_one_holds():
    assert states_of_probes([Seen(0, False), Seen(0, True)], 10)[0] == [Span(0, 10)]


def test_a_window_without_any_probe_is_known_for_no_time():
    assert states_of_probes([], 10) == ([], [])
