"""Whatever order files come in, what is known at a moment is what a plain replay of the files says."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measurements import services
from measurements.models import IntervalObservation, Payload, Source
from measurements.reading import known_intervals
from tests.factories import utc
from tests.measurements.world import INTERVALS, KNOWN, importing

HEADER = INTERVALS.replace("title", "title,withdrawn")

# A file: hours since the file before, and what it says of each incident: its length in minutes, or 0 for "never was".
files = st.lists(
    st.tuples(
        st.integers(1, 48), st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1, max_size=3)
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(files=files)
def test_what_is_known_at_a_moment_is_what_the_files_up_to_it_say(vendor, importer, files):
    number = Source.objects.count()
    source = services.create_source(
        code=f"incidents-{number}",
        name="Incidents",
        kind="vendor_reported",
        shape="intervals",
        measurement_point="status page",
        vendor=vendor,
        covers_from=utc(2022, 1, 1),
    )
    send = importing(services.import_intervals_csv, source, HEADER)
    told: dict[str, int] = {}
    history = [(KNOWN, dict(told))]
    known_at = KNOWN
    for hours, says in files:
        known_at += timedelta(hours=hours)
        # A source never takes back what it did not say.
        says = {name: minutes for name, minutes in says.items() if minutes or name in told}
        send("".join(row(name, minutes, told) for name, minutes in sorted(says.items())), known_at=known_at)
        told |= says
        history.append((known_at, dict(told)))
    for (moment, expected), following in [*pairwise(history), (history[-1], None)]:
        last = following[0] - timedelta(microseconds=1) if following else moment + timedelta(days=999)
        for asked in (moment, last):
            assert lengths(source, asked) == {name: minutes for name, minutes in expected.items() if minutes}
    accepted = sum(Payload.objects.filter(source=source).values_list("accepted", flat=True))
    assert IntervalObservation.objects.filter(source=source).count() == accepted


def row(name: str, minutes: int, told: dict[str, int]) -> str:
    """A row about an incident; one that is taken back is repeated as it was."""
    length = minutes or told[name] or 1
    taken_back = "no" if minutes else "yes"
    return f"{name},2023-04-01T10:00:00Z,2023-04-01T10:{length:02d}:00Z,major,Actions,,{taken_back}\n"


def lengths(source: Source, known_at) -> dict[str, int]:
    return {
        one.external_id: (one.during.upper - one.during.lower) // timedelta(minutes=1)
        for one in known_intervals(source, known_at)
    }
