"""What the API shows: to whom, how, and at what cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from contracts.models import CounterpartyLogin
from credits.models import Assessment, Claim
from reckoning.canonical import canonical_json
from tests import factories
from tests.admin.forms import log_in
from tests.api.client import Api, api, listing, token
from tests.credits import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def both() -> tuple[world.World, world.World]:
    """A customer's result with its issued memo, and a claim that was sent to a vendor."""
    ours, theirs = world.customer(), world.vendor()
    ours.issue()
    theirs.send()
    return ours, theirs


def login(kind: str, code: str) -> Api:
    person = factories.user(kind=kind)
    CounterpartyLogin.objects.create(user=person, counterparty=factories.counterparty(code))
    return Api(token(person)[1])


def test_every_list_shows_what_there_is(both):
    asked = api("auditor")
    empty = {
        "exclusions/",
        "published-figures/",
        "notices/",
        "runs/",
        "pushes/",
        "export-batches/",
        "templates/",
        # What legal's desk writes: see tests/api/test_desk.py.
        "remarks/",
        "signers/",
        "conflicts/",
        "coverage/",
        "renewals/",
    }
    found = {address: asked.rows(address) for address in listing()}
    assert {address for address, rows in found.items() if not rows} == empty
    for address, rows in found.items():
        for row in rows[:1]:
            answer = asked.get(f"{address}{row['id']}/")
            assert answer.status_code == 200
            assert answer.json().items() >= row.items()


def test_a_result_is_shown_with_its_trace_and_other_readings(both):
    ours, _ = both
    row = Assessment.objects.get(commitment=ours.commitment)
    shown = api("finance").get(f"assessments/{row.pk}/").json()
    assert shown["trace"] == row.result["trace"]
    assert shown["other_readings"] == row.result["other_readings"]
    assert (shown["credit_amount"], shown["currency"], shown["is_final"]) == ("1000.000", "EUR", True)
    assert shown["level_exact"] == row.level_exact
    assert shown["window_start"] == "2023-02-28T23:00:00Z"


def test_the_books_are_shown_and_balance(both):
    asked = api("finance")
    books = asked.get("trial-balance/").json()
    assert books["balances"] is True
    assert {row["currency"] for row in books["rows"]} == {"EUR", "USD"}
    before = asked.get("trial-balance/", as_of="2023-04-01").json()
    assert before == {"as_of": "2023-04-01", "rows": [], "balances": True}
    entries = asked.rows("entries/")
    for entry in entries:
        sides = {"debit": 0, "credit": 0}
        for posting in entry["postings"]:
            sides[posting["side"]] += int(posting["amount"].replace(".", ""))
        assert sides["debit"] == sides["credit"] > 0


def test_filters_narrow(both):
    asked = api("finance")
    assert {row["contract"] for row in asked.rows("assessments/")} == {"C-1", "V-1"}
    assert {row["contract"] for row in asked.rows("assessments/", contract="C-1")} == {"C-1"}
    assert asked.rows("assessments/", final="true") == asked.rows("assessments/")
    assert asked.rows("assessments/", final="false") == []
    assert [row["state"] for row in asked.rows("claims/", state="sent")] == ["sent"]
    assert asked.rows("breaches/", found_from="2030-01-01") == []
    assert [row["counterparty"] for row in asked.rows("memos/", counterparty="customer")] == ["customer"]
    answer = asked.get("assessments/", outcome="splendid")
    assert answer.status_code == 400
    assert "outcome" in answer.json()["fields"]


def test_pages_hold_every_row_once(both):
    asked = api("auditor")
    whole = [row["id"] for row in asked.rows("events/", page_size=200)]
    seen, address = [], "/api/v1/events/?page_size=7"
    while address:
        page = asked.client.get(address, headers=asked.headers).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    # Looking is itself an event of an auditor's: newer rows never shift older ones.
    assert [number for number in seen if number in whole] == whole
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    "cursor", ["x", "%00", "cD1hYmM=", "cD0tMQ==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="]
)
def test_a_cursor_that_no_page_gave_is_not_found(cursor):
    factories.contract()
    assert api("legal").get("contracts/", cursor=cursor).status_code == 404


@pytest.mark.parametrize(
    ("instant", "status"),
    [
        ("2023-02-28T23:00:00Z", 200),
        ("1512-05-12T13:45:39.9-22:24", 200),  # PostgreSQL knows no such offset
        ("0001-01-01T00:00:00+23:59", 400),
        ("9999-12-31T23:59:59-23:59", 400),
        ("yesterday", 400),
    ],
)
def test_an_instant_of_a_filter_may_have_any_offset(instant, status):
    assert api("auditor").get("assessments/", window_from=instant).status_code == status
    assert api("auditor").get("events/", recorded_until=instant).status_code == status


@pytest.mark.parametrize("role", ["vendor_manager", "customer_success"])
def test_staff_of_one_side_see_that_side(both, role):
    asked, side = api(role), "V-1" if role == "vendor_manager" else "C-1"
    assert {row["reference"] for row in asked.rows("contracts/")} == {side}
    assert {row["contract"] for row in asked.rows("assessments/")} == {side}
    assert {row["contract"] for row in asked.rows("claims/")} == {side}
    assert {row["contract"] for row in asked.rows("memos/")} == {side}
    other = Assessment.objects.exclude(commitment__version__contract__reference=side).get()
    assert asked.get(f"assessments/{other.pk}/").status_code == 404
    assert asked.get(f"assessments/{other.pk}/evidence/").status_code == 404


def test_a_vendor_manager_sees_the_vendors_entries_only(both):
    purposes = {
        posting["purpose"] for row in api("vendor_manager").rows("entries/") for posting in row["postings"]
    }
    assert purposes
    assert not purposes & {"payable_to_customers", "service_credit_expense"}


def test_an_executive_gets_no_detail(both):
    asked = api("executive")
    assert {asked.get(address).status_code for address in listing()} == {403}
    assert asked.get("trial-balance/").status_code == 403


def test_a_customers_login_sees_its_own_final_results_and_issued_memos(both):
    ours, _ = both
    another = world.customer(reference="C-2", fee=None)
    another.assess()
    asked = login("customer", "customer")
    assert {row["contract"] for row in asked.rows("assessments/")} == {"C-1"}
    assert [row["state"] for row in asked.rows("memos/")] == ["issued"]
    assert [row["contract"] for row in asked.rows("claims/")] == ["C-1"]
    assert asked.get(f"assessments/{ours.assess().pk}/evidence/").status_code == 200
    for address in ("observations/intervals/", "sources/", "entries/", "events/", "invoices/", "payloads/"):
        assert asked.get(address).status_code == 403
    stranger = login("customer", "stranger")
    assert stranger.rows("assessments/") == []
    assert stranger.get(f"assessments/{ours.assess().pk}/").status_code == 404
    assert stranger.get(f"assessments/{ours.assess().pk}/evidence/", form="pdf").status_code == 404


def test_a_vendors_login_sees_claims_that_were_sent_and_no_others():
    theirs = world.vendor()
    theirs.issue()
    asked = login("vendor", "vendor")
    assert asked.rows("claims/") == []
    assert asked.rows("breaches/") == []
    with world.as_("vendor_manager"):
        from credits import services

        services.send_claim(Claim.objects.get(), sent_on=world.date(2023, 4, 12), reference="letter")
    assert [row["state"] for row in asked.rows("claims/")] == ["sent"]
    assert len(asked.rows("breaches/")) == 1
    assert asked.get("statements/").status_code == 403


def test_a_superuser_without_a_role_gets_nothing(both):
    asked = api(is_superuser=True)
    assert {asked.get(address).status_code for address in listing()} == {403}


def test_evidence_is_the_file_that_the_verifier_reads(both):
    from credits.evidence import evidence_of

    ours, _ = both
    row = Assessment.objects.get(commitment=ours.commitment)
    asked = api("auditor")
    answer = asked.get(f"assessments/{row.pk}/evidence/")
    assert answer.content == canonical_json(evidence_of(row)) + b"\n"
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{row.pk}-r1.json"'
    for size in ("A4", "Letter"):
        pdf = asked.get(f"assessments/{row.pk}/evidence/", form="pdf", page_size=size)
        assert (pdf.status_code, pdf["Content-Type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert asked.get(f"assessments/{row.pk}/evidence/", form="exe").status_code == 400


@pytest.mark.parametrize(
    ("form", "starts"), [("json", b"{"), ("csv", b"kind,"), ("pdf", b"%PDF-"), ("xlsx", b"PK")]
)
def test_a_statement_comes_in_four_forms(both, form, starts):
    query = {
        "counterparty": "customer",
        "legal_entity": "us",
        "from_on": "2023-04-01",
        "until_on": "2023-05-01",
        "form": form,
    }
    answer = api("finance").get("statements/", **query)
    assert answer.status_code == 200, answer.content
    assert answer.content.startswith(starts)
    assert api("vendor_manager").get("statements/", **query).status_code == 404
    assert api("finance").get("statements/", **(query | {"until_on": "2023-04-01"})).status_code == 422
    assert api("finance").get("statements/", **(query | {"legal_entity": "nobody"})).status_code == 404
    assert api("finance").get("statements/").status_code == 400


def test_a_customers_own_statement_tells_nothing_that_is_not_in_the_books():
    ours = world.customer()
    ours.assess()
    query = {
        "counterparty": "customer",
        "legal_entity": "us",
        "from_on": "2023-03-01",
        "until_on": "2023-05-01",
    }
    assert api("finance").get("statements/", **query).json()["not_posted"] != []
    assert login("customer", "customer").get("statements/", **query).json()["not_posted"] == []


def test_every_look_of_an_auditor_is_on_record(both):
    row = Assessment.objects.first()
    asked = api("auditor")
    asked.get(f"assessments/{row.pk}/evidence/", form="json")
    look = Event.objects.filter(verb="auditor.look").get()
    assert (look.via, look.subject_label) == ("api", f"/api/v1/assessments/{row.pk}/evidence/")
    assert look.after["bytes"] > 100
    asked.get("assessments/999999/")
    assert Event.objects.filter(verb="auditor.look").count() == 1
    api("legal").get("contracts/")
    assert Event.objects.filter(verb="auditor.look").count() == 1
    log_in(factories.user("auditor")).get("/admin/credits/assessment/")
    assert Event.objects.filter(verb="auditor.look", via="admin").count() == 1


def test_a_session_reads_what_its_role_reads_and_writes_nothing(both):
    client = log_in(factories.user("finance"))
    assert client.get("/api/v1/assessments/").status_code == 200
    answer = client.post("/api/v1/invoice-files/", {}, "application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403


def test_a_list_costs_the_same_for_few_and_for_many(both):
    asked = api("finance")
    ledgers = ("assessments/", "claims/", "memos/", "entries/", "invoices/", "observations/intervals/")
    few = {address: _queries(asked, address) for address in ledgers}
    for number in range(2, 5):
        fee = world.FEE.replace("I-1", f"I-{number}").replace("C-1", f"C-{number}")
        world.customer(reference=f"C-{number}", fee=fee).issue()
    many = {address: _queries(asked, address) for address in ledgers}
    assert many == few
    assert max(many.values()) <= 10


def _queries(asked: Api, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert asked.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", ["", "nothing/", "contracts", "contracts/abc/", "contracts/999/"])
def test_an_unknown_address_is_a_problem(address):
    answer = api("legal").get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert set(answer.json()) >= {"type", "title", "status", "code", "detail", "instance"}
