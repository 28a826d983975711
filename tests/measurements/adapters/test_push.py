"""Pushing over HTTP: taken once per key, bounded, with back-pressure, and only to sources that the token may."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from measurements.models import BucketDaySum, ImportRun, Payload
from tests.measurements import world
from tests.measurements.adapters.cases import work_off
from tests.measurements.adapters.pushing import bearer_for

pytestmark = pytest.mark.django_db
START = datetime(2023, 4, 1, tzinfo=UTC)
ROW = {"component": "Actions", "start": "2023-04-01T00:00:00Z", "good": 9, "total": 10}


@pytest.fixture
def source(vendor: Any, importer: Any) -> Any:
    return world.source("buckets", vendor, code="pushed", width_seconds=3600)


class Pusher:
    """Pushes batches with one token."""

    def __init__(self, source: Any, **given: Any) -> None:
        self.bearer = bearer_for(source, **given)
        self.client = Client()

    def __call__(self, body: Any = None, key: str = "k1", **more: Any) -> Any:
        rows = more.pop("rows", [ROW])
        if body is None:
            body = json.dumps(
                {"source": "pushed", "form": "buckets", "name": "b", "rows": rows} | more.pop("with_", {})
            )
        headers = {"Authorization": self.bearer, "Idempotency-Key": key} | more.pop("headers", {})
        return self.client.post("/api/v1/pushes/", body, content_type="application/json", headers=headers)

    def get(self, address: str) -> Any:
        return self.client.get(f"/api/v1/{address}", headers={"Authorization": self.bearer})


@pytest.fixture
def push(source: Any) -> Pusher:
    return Pusher(source)


def test_a_batch_is_taken_stored_by_a_worker_and_its_fate_can_be_asked(push: Pusher) -> None:
    answer = push()
    assert answer.status_code == 202
    assert answer.json()["state"] == "waiting"
    assert not BucketDaySum.objects.exists()
    work_off()
    told = push.get(f"runs/{answer.json()['id']}/").json()
    assert (told["state"], told["accepted"], told["percent"]) == ("done", 1, 100)
    assert BucketDaySum.objects.get().good == 9


def test_the_same_key_again_gives_the_same_answer_and_nothing_twice(push: Pusher) -> None:
    first, again = push(), push()
    assert again.status_code == 202
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert ImportRun.objects.count() == 1
    other = push(rows=[ROW | {"good": 8}])
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    work_off()
    # The same rows under another key: known already.
    push(key="k2")
    work_off()
    assert ImportRun.objects.latest("pk").repeated == 1
    assert BucketDaySum.objects.count() == 1


def test_a_packed_batch_is_unpacked(push: Pusher) -> None:
    body = json.dumps({"source": "pushed", "form": "buckets", "name": "b", "rows": [ROW]}).encode()
    assert push(gzip.compress(body), headers={"Content-Encoding": "gzip"}).status_code == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(b" " * 60_000_000), 413),
        (gzip.compress(b"[" * 20_000), 400),
        (b"not packed", 400),
        (gzip.compress(b"{}")[:-4], 400),
        (gzip.compress(b"{}") + b"more", 400),
        (gzip.compress(b'{"source": NaN}'), 400),
    ],
    # Names of their own: a packed body holds the time at which it was packed.
    ids=["a bomb", "open brackets", "not packed", "cut off", "with more behind it", "no number"],
)
def test_a_packed_body_that_is_a_bomb_or_broken_is_refused(push: Pusher, body: bytes, status: int) -> None:
    answer = push(body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not ImportRun.objects.exists()


def test_another_packing_is_refused(push: Pusher) -> None:
    assert push(b"x", headers={"Content-Encoding": "br"}).status_code == 400


def test_when_too_many_wait_it_says_when_to_come_again(push: Pusher, settings: Any) -> None:
    settings.PUSH_QUEUE_LIMIT = 2
    assert [push(key=f"k{number}").status_code for number in range(2)] == [202, 202]
    full = push(key="k3")
    assert (full.status_code, full.json()["code"]) == (429, "queue_is_long")
    assert int(full["Retry-After"]) >= 1
    work_off()
    assert push(key="k3").status_code == 202


def test_a_token_reaches_only_the_sources_that_it_was_granted(push: Pusher, source: Any, vendor: Any) -> None:
    stranger = Pusher(source, granted=False)
    refused = stranger()
    assert refused.status_code == 400
    assert "source" in refused.json()["fields"]
    world.source("intervals", vendor)
    body = {"source": "incidents", "name": "f", "rows": []}
    headers = {"Authorization": push.bearer, "Idempotency-Key": "x"}
    other = push.client.post(
        "/api/v1/observations/intervals/", json.dumps(body), content_type="application/json", headers=headers
    )
    assert other.status_code == 400
    assert "source" in other.json()["fields"]


def test_a_role_that_does_not_import_cannot_push(source: Any) -> None:
    assert Pusher(source, role="legal")().status_code == 403


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"good": 11}, "good"),
        ({"good": -1}, "begins with"),
        ({"good": "many"}, "whole number"),
        ({"component": "Nobody"}, "no component"),
        ({"start": "2023-04-01T00:00:00"}, "time zone"),
        ({"start": "2023-04-01T00:10:00Z"}, "no bucket"),
        ({"start": "yesterday"}, "instant"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(push: Pusher, row: dict[str, Any], said: str) -> None:
    answer = push(rows=[ROW | {"start": "2023-04-01T01:00:00Z"}, ROW | row])
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert fault["row"] == 3
    assert said in f"{fault['column']} {fault['reason']}"
    assert not ImportRun.objects.exists()


def test_what_no_form_has_is_not_kept_and_counted(push: Pusher) -> None:
    answer = push(rows=[ROW | {"customer_mail": "ann@example.com"}])
    assert answer.json()["redactions"]["dropped"] == {"customer_mail": 1}
    work_off()
    payload = Payload.objects.get()
    assert b"ann@example.com" not in bytes(payload.content)
    assert payload.intake.dropped == {"customer_mail": 1}


def test_batches_are_stored_in_the_order_in_which_they_came(push: Pusher, source: Any) -> None:
    """A worker that is handed the later one first lets it wait: knowledge never goes back."""
    from base import jobs

    push(key="k1")
    push(key="k2", rows=[ROW | {"good": 5}])
    for number, _ in reversed(jobs.waiting()):
        jobs.run(number)
    work_off()
    assert [run.outcome for run in ImportRun.objects.order_by("pk")] == ["done", "done"]
    assert sum(one.good for one in BucketDaySum.objects.all()) == 5


def test_a_batch_known_before_one_that_waits_is_refused(push: Pusher) -> None:
    push()
    early = push(key="k2", with_={"known_at": (START + timedelta(days=2)).isoformat()})
    assert (early.status_code, early.json()["code"]) == (409, "knowledge_goes_back")


def test_all_kinds_can_be_pushed(vendor: Any, importer: Any) -> None:
    kinds: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
        "samples": (
            {"width_seconds": 60},
            [{"component": "Actions", "at": "2023-04-01T00:00:00Z", "state": "up"}],
        ),
        "histograms": (
            {"width_seconds": 300},
            [
                {
                    "component": "Actions",
                    "start": "2023-04-01T00:00:00Z",
                    "bounds": [100, 500],
                    "counts": [5, 3, 1],
                }
            ],
        ),
        "events": (
            {},
            [
                {
                    "external_id": "T-1",
                    "component": "Actions",
                    "category": "P1",
                    "steps": ["opened=2023-04-01T00:00:00Z", "completed=2023-04-01T01:00:00Z"],
                }
            ],
        ),
        "intervals": (
            {},
            [
                {
                    "external_id": "i-1",
                    "start": "2023-04-01T00:00:00Z",
                    "end": "2023-04-01T01:00:00Z",
                    "severity": "major",
                    "components": ["Actions"],
                    "title": "told to ann@example.com",
                }
            ],
        ),
    }
    for form, (given, rows) in kinds.items():
        source = world.source(form, vendor, code=form, **given)
        answer = Pusher(source)(with_={"source": form, "form": form}, rows=rows, key=form)
        assert answer.status_code == 202, answer.content
        work_off()
        run = ImportRun.objects.get(pk=answer.json()["id"])
        assert (run.outcome, run.accepted) == ("done", 1), run.error
    assert ImportRun.objects.get(form="intervals").redactions["redacted"] == {"email": 1}
