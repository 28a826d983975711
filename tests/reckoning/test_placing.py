"""A window is known again by its edges, whatever its kind is counted from."""

from datetime import UTC, datetime, timedelta

import pytest

from reckoning.timeline import WindowShape, window_between, window_of

AT = datetime(2023, 3, 10, 12, 30, tzinfo=UTC)
ANCHORED = {"kind": "anchored"}
SHAPES = [
    WindowShape("calendar_month"),
    WindowShape("calendar_quarter", first_month=2),
    WindowShape("billing_cycle", anchor_day=31),
    WindowShape("rolling_days", days=30),
    WindowShape("day"),
    WindowShape("hour"),
    WindowShape("term", first_on=AT.date(), last_on=datetime(2024, 3, 9, tzinfo=UTC).date()),
    *[
        WindowShape(**ANCHORED, direction=direction, **length)
        for direction in ("before", "after")
        for length in (
            {"days": 30},
            {"days": 30, "anchor_day_included": True},
            {"months": 12},
            {"days": 30, "to_the_second": True},
            {"hours": 12},
        )
    ],
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_window_is_found_by_its_edges(shape, zone):
    window = window_of(shape, zone, AT)
    assert window_between(shape, zone, window.start, window.end) == window


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_stretch_that_is_a_second_longer_is_no_window(shape):
    window = window_of(shape, "Europe/Berlin", AT)
    assert window_between(shape, "Europe/Berlin", window.start, window.end + timedelta(seconds=1)) is None
