"""The demo's ways in: a status page that answers itself, and a file that was mapped and redacted."""

from typing import Any

import pytest
from django.test import Client

from demo import feeding
from demo.people import ensure_people
from measurements.feeding import runs
from measurements.models import ImportRun, Payload
from tests import factories
from tests.measurements.adapters.cases import work_off


class Here:
    """Asks the demo's own pages."""

    skew_seconds = None

    def __init__(self, **given: Any) -> None:
        pass

    def get(self, url: str, params: Any = None) -> bytes:
        answer = Client().get(url.removeprefix("http://127.0.0.1:8000"), params)
        assert answer.status_code == 200
        return bytes(answer.content)


@pytest.mark.django_db
def test_both_ways_in_end_well_and_a_second_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_people()
    vendor = factories.counterparty("github")
    factories.service("build-platform")
    names = ("Actions", "API Requests", "Codespaces", "Copilot", "Git Operations", "Issues", "Pages")
    for name in (*names, "Pull Requests", "Webhooks", "Packages"):
        factories.service(name.lower().replace(" ", "-"), vendor=vendor, external_name=name)
    monkeypatch.setattr(runs, "Fetcher", Here)
    monkeypatch.delenv("PORT", raising=False)
    feeding.ensure_feeds()
    feeding.ensure_feeds()
    from measurements.tasks import tick

    tick()
    work_off()
    upload, pull = ImportRun.objects.order_by("pk")
    assert (upload.outcome, upload.row_count) == ("done", 284), upload.error
    assert upload.redactions["redacted"] == {"card": 1, "email": 1, "ip": 1, "phone": 1}
    assert (pull.outcome, pull.row_count) == ("done", 11), pull.error
    assert all(b"@" not in bytes(one.content) for one in Payload.objects.all())
