"""Sending observations and invoices: once per key, all or nothing, and only by those who import."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from audit.models import Event
from base import clock
from base.api.models import Replay
from credits.invoices.models import Invoice, InvoiceFile
from measurements.models import IntervalObservation, Payload, SecondsObservation
from tests.api.client import api
from tests.credits import world

pytestmark = pytest.mark.django_db
ROW = {
    "external_id": "i-9",
    "start": "2023-03-20T12:00:00Z",
    "end": "2023-03-20T12:30:00Z",
    "severity": "major",
    "components": ["platform"],
    "title": "Slow, then down",
}
LINE = {
    "invoice_id": "I-7",
    "contract": "C-1",
    "issued_on": "2023-05-01",
    "currency": "EUR",
    "line_id": "I-7-1",
    "service": "platform",
    "period_from": "2023-04-01",
    "period_until": "2023-05-01",
    "net_amount": "10000.00",
    "tax_category": "S",
    "tax_percent": "19",
}


@pytest.fixture
def ours() -> world.World:
    return world.customer()


def source_of(ours: world.World) -> str:
    return ours.contract.source_bindings.get().source.code


def intervals(ours: world.World, *rows, **more):
    return {"source": source_of(ours), "name": "incidents", "rows": list(rows or (ROW,))} | more


def test_rows_become_observations_of_the_senders_and_the_record_names_the_token(ours):
    asked = api("customer_success")
    answer = asked.post("observations/intervals/", intervals(ours))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["accepted"], told["row_count"], told["source"]) == (1, 1, source_of(ours))
    row = IntervalObservation.objects.get(external_id="i-9")
    assert (row.payload_id, row.title, row.components) == (told["id"], "Slow, then down", ["platform"])
    event = Event.objects.get(verb="payload.import", subject_id=str(told["id"]))
    assert event.via == "api"
    assert event.reason.startswith("token a program (")
    assert row.payload.imported_by_id == event.actor_id


def test_the_same_key_and_content_replays_the_same_answer(ours):
    asked, body = api("customer_success"), intervals(ours)
    first = asked.post("observations/intervals/", body)
    again = asked.post("observations/intervals/", body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Payload.objects.filter(name="incidents").count() == 1
    assert Event.objects.filter(verb="payload.import", via="api").count() == 1


def test_the_same_key_and_other_content_is_refused(ours):
    asked = api("customer_success")
    asked.post("observations/intervals/", intervals(ours))
    answer = asked.post("observations/intervals/", intervals(ours, ROW | {"external_id": "i-10"}))
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    # Another address under the key is another request as well.
    answer = asked.post("observations/daily-seconds/", intervals(ours))
    assert answer.json()["code"] == "idempotency_key_reused"
    assert not IntervalObservation.objects.filter(external_id="i-10").exists()


def test_two_people_may_use_the_same_key(ours):
    assert api("customer_success").post("observations/intervals/", intervals(ours)).status_code == 201
    other = api("finance").post("observations/intervals/", intervals(ours, ROW | {"external_id": "i-10"}))
    assert other.status_code == 201


def test_a_refused_request_keeps_nothing_and_its_key_stays_free(ours):
    asked = api("customer_success")
    wrong = intervals(ours, ROW, ROW | {"external_id": "i-10", "components": ["unheard-of"]})
    answer = asked.post("observations/intervals/", wrong)
    told = answer.json()
    assert (answer.status_code, told["code"], told["fault_count"]) == (422, "import_refused", 1)
    assert (told["faults"][0]["row"], told["faults"][0]["column"]) == (3, "components")
    assert Payload.objects.filter(name="incidents").count() == 0
    assert Replay.objects.count() == 0
    assert asked.post("observations/intervals/", intervals(ours)).status_code == 201


@pytest.mark.parametrize("key", [None, "", "   ", "x" * 201, "kéy"])
def test_without_a_usable_key_nothing_is_done(ours, key):
    answer = api("customer_success").post("observations/intervals/", intervals(ours), key=key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]
    assert (
        api("customer_success").post("observations/intervals/", intervals(ours), key="x" * 200).status_code
        == 201
    )


def test_a_csv_file_is_kept_byte_for_byte(ours):
    content = (
        b"external_id,start,end,severity,components,title\r\n"
        b"i-9,2023-03-20T12:00:00Z,2023-03-20T12:30:00Z,major,platform,Down\r\n"
    )
    answer = api("customer_success").post(
        f"observations/intervals/?source={source_of(ours)}&name=incidents.csv", content
    )
    assert answer.status_code == 201, answer.content
    assert bytes(Payload.objects.get(pk=answer.json()["id"]).content) == content


def test_daily_seconds_are_taken_from_either_form():
    theirs = world.vendor()
    code = theirs.contract.source_bindings.get().source.code
    row = {"component": "actions", "day": "2023-05-01", "partial_seconds": 60, "major_seconds": 0}
    asked = api("vendor_manager")
    answer = asked.post("observations/daily-seconds/", {"source": code, "name": "a", "rows": [row]})
    assert answer.status_code == 201, answer.content
    content = b"component,day,partial_seconds,major_seconds,incidents\nactions,2023-05-02,0,90,i-1;i-2\n"
    answer = asked.post(f"observations/daily-seconds/?source={code}&name=b", content, key="key-2")
    assert answer.status_code == 201, answer.content
    rows = (
        SecondsObservation.objects.filter(day__month=5)
        .order_by("day")
        .values_list("partial_seconds", "major_seconds")
    )
    assert list(rows) == [(60, 0), (0, 90)]
    wrong = row | {"major_seconds": 86_400}
    answer = asked.post(
        "observations/daily-seconds/", {"source": code, "name": "c", "rows": [wrong]}, key="key-3"
    )
    assert answer.status_code == 422


def test_nothing_is_known_before_its_time(ours):
    later = (clock.now() + timedelta(minutes=5)).isoformat()
    answer = api("customer_success").post("observations/intervals/", intervals(ours, known_at=later))
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["known_at"])


def test_knowledge_that_goes_back_is_a_contradiction(ours):
    asked = api("customer_success")
    answer = asked.post("observations/intervals/", intervals(ours, known_at="2023-04-01T00:00:00Z"))
    assert (answer.status_code, answer.json()["code"]) == (409, "knowledge_goes_back")


def test_a_source_of_the_other_side_is_not_there(ours):
    theirs = world.vendor()
    body = {"source": theirs.contract.source_bindings.get().source.code, "name": "a", "rows": [ROW]}
    answer = api("customer_success").post("observations/intervals/", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["source"])


@pytest.mark.parametrize("role", ["legal", "auditor", "executive", "finance_approver"])
def test_only_those_who_import_may_send(ours, role):
    assert api(role).post("observations/intervals/", intervals(ours)).status_code == 403


def test_a_token_made_for_reading_does_not_write(ours):
    asked = api("customer_success", scopes=("read:measurements",))
    assert asked.post("observations/intervals/", intervals(ours)).status_code == 403


def test_invoices_are_taken_from_either_form(ours):
    asked = api("finance")
    answer = asked.post("invoice-files/", {"name": "May", "lines": [LINE]})
    assert answer.status_code == 201, answer.content
    assert Invoice.objects.get(external_id="I-7").lines.get().net_amount == 10_000
    again = asked.post("invoice-files/", {"name": "May", "lines": [LINE]})
    assert (again.content, InvoiceFile.objects.filter(name="May").count()) == (answer.content, 1)
    content = (
        world.INVOICES + "I-8,C-1,2023-06-01,EUR,I-8-1,platform,2023-05-01,2023-06-01,9.99,S,19,\n"
    ).encode()
    assert asked.post("invoice-files/?name=June.csv", content, key="key-2").status_code == 201
    changed = {"name": "May again", "lines": [LINE | {"net_amount": "1.00"}]}
    answer = asked.post("invoice-files/", changed, key="key-3")
    assert (answer.status_code, answer.json()["faults"] != []) == (409, True)
    assert api("vendor_manager").post("invoice-files/", {"name": "x", "lines": [LINE]}).status_code == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"source": "\\u0000", "name": "a", "rows": []}', "application/json", 400),
        (b"\xff\xfe", "text/csv", 400),
        (b"<a/>", "application/xml", 415),
        (b"", "application/json", 400),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_no_failure(body, kind, status):
    asked = api("customer_success")
    answer = asked.client.post(
        "/api/v1/observations/intervals/",
        body,
        content_type=kind,
        headers=asked.headers | {"Idempotency-Key": "k"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )


def test_what_is_too_large_is_refused_before_it_is_read(ours, settings):
    settings.BODY_LIMIT_BYTES = 100
    answer = api("customer_success").post("observations/intervals/", intervals(ours))
    assert answer.status_code == 413


def test_rule_20_whoever_sent_an_observation_by_the_api_does_not_approve_what_rests_on_it():
    from credits import services
    from credits.errors import HasAHandInIt

    ours = world.customer()
    person = world.factories.user("finance", "finance_approver")
    from tests.api.client import Api, token

    sent = Api(token(person)[1]).post(
        "observations/intervals/", intervals(ours, known_at="2023-04-03T00:00:00Z")
    )
    assert sent.status_code == 201, sent.content
    memo = ours.propose()
    with world.as_(person), pytest.raises(HasAHandInIt):
        services.approve_memo(memo, taken_on=world.date(2023, 4, 10))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_do_it_once(ours):
    asked, body = api("customer_success"), intervals(ours)

    def send(_: int):
        try:
            return asked.post("observations/intervals/", body)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert Payload.objects.filter(name="incidents").count() == 1
