"""A source whose clock is two minutes off, through a whole pull."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from base import clock
from measurements.models import Payload
from tests.measurements.adapters.cases import DAY, FIRST, StatuspageCase
from tests.measurements.adapters.serving import serving

pytestmark = pytest.mark.django_db
NOW = FIRST + 3 * DAY


@pytest.mark.parametrize("ahead", [120, 0, -120])
def test_how_far_the_clock_is_off_is_kept_with_the_run_and_the_payload_and_no_second_moves(
    vendor: Any, importer: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    settings.FETCH_INTERNAL_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with serving() as server:
        case = StatuspageCase(server, vendor, {0: 2, 2: 5})
        date = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
        for path, body in list(server.answers.items()):
            server.answers[path] = lambda query, body=body: (
                200,
                {"Date": date},
                body(query) if callable(body) else body,
            )
        run = case.bring(NOW)
        assert run.outcome == "done", run.error
        assert run.skew_seconds == ahead
        assert {one.skew for one in Payload.objects.filter(source=case.source)} == {timedelta(seconds=ahead)}
        assert {one.known_at for one in Payload.objects.filter(source=case.source)} == {NOW}
        assert case.known(NOW) == {0: 7200, 2: 18_000}
