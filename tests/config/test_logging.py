"""One correlation id from the request to the log line, the task and the command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from base import correlation
from base.logging import accepted, configure
from base.middleware import CorrelationIdMiddleware
from config.celery import app

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def json_logs():
    """Logging as in production, and as in the tests again afterwards."""
    configure(level="INFO", form="json")
    yield
    configure(level="WARNING", form="json")


def lines(captured: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in captured.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("harmless", ["a", "0af7651916cd43dd8448eb211c80319c", "req-1.2_3", "x" * 64])
def test_a_harmless_id_is_accepted(harmless: str):
    assert accepted(harmless) == harmless


@pytest.mark.parametrize("harmful", ["", "x" * 65, "a b", "a\nb", "a;b", "ü", "<script>", '{"a":1}'])
def test_any_other_id_is_not(harmful: str):
    assert accepted(harmful) == ""


def test_a_request_keeps_its_id_and_every_log_line_carries_it(capsys, json_logs):
    def view(request: HttpRequest) -> HttpResponse:
        structlog.get_logger("any.module").info("credit.posted", amount="12.50")
        return HttpResponse()

    response = CorrelationIdMiddleware(view)(RequestFactory().get("/", headers={"X-Request-ID": "req-7"}))
    assert response["X-Request-ID"] == "req-7"
    (line,) = lines(capsys.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "credit.posted",
        "amount": "12.50",
        "correlation_id": "req-7",
        "logger": "any.module",
        "level": "info",
    }


def test_the_standard_librarys_messages_carry_it_too(capsys, json_logs):
    import logging

    with correlation.correlated("abc"):
        logging.getLogger("django.request").error("Not Found: %s", "/x")
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line["correlation_id"]) == ("Not Found: /x", "abc")


def test_an_exception_is_one_line(capsys, json_logs):
    try:
        raise ValueError("no\nsuch thing")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = lines(capsys.readouterr().err)
    assert "ValueError: no\nsuch thing" in line["exception"]


def test_a_request_without_or_with_a_harmful_id_gets_a_new_one():
    middleware = CorrelationIdMiddleware(lambda request: HttpResponse(correlation.current()))
    for headers in ({}, {"X-Request-ID": "a b"}):
        response = middleware(RequestFactory().get("/", headers=headers))
        assert len(response["X-Request-ID"]) == 32
        assert response.content.decode() == response["X-Request-ID"]
    assert correlation.current() == ""


@pytest.mark.django_db
def test_every_answer_of_the_site_names_its_id(client: Client):
    assert client.get("/admin/login/", headers={"X-Request-ID": "seen"})["X-Request-ID"] == "seen"


@pytest.mark.django_db(transaction=True)
def test_a_task_has_the_id_of_what_sent_it(broker_url: str):
    """Through a real broker: what is sent under an id is carried out under it, and leaves none behind."""
    seen: list[tuple[str, str]] = []

    @app.task(name="tests.seen")
    def note(word: str) -> None:
        seen.append((word, correlation.current()))

    old = app.conf.broker_url
    app.conf.broker_url = broker_url
    try:
        with app.connection_for_write() as connection:
            with correlation.correlated("from-a-page"):
                note.apply_async(("bound",), connection=connection)
            note.apply_async(("header",), headers={"correlation_id": "from-a-row"}, connection=connection)
            note.apply_async(("none",), connection=connection)
        with start_worker(app, perform_ping_check=False, pool="solo", shutdown_timeout=20):
            from tests.config.processes import eventually

            assert eventually(lambda: len(seen) == 3, 15)
    finally:
        app.conf.broker_url = old
        del app.tasks["tests.seen"]
    found = dict(seen)
    assert (found["bound"], found["header"]) == ("from-a-page", "from-a-row")
    assert len(found["none"]) == 32
    assert correlation.current() == ""


def test_a_command_takes_its_id_from_outside_or_makes_one():
    program = "from base import correlation; print(correlation.current())"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", program]

    def said(**more: str) -> str:
        import os

        return subprocess.run(
            command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert said(CORRELATION_ID="nightly-3") == "nightly-3"
    assert len(said()) == 32
