"""What legal's desk tells programs: the text of an instant, redlines, reviews, conflicts, what is covered, dates."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.record import acting
from contracts import services
from contracts.conformed import Chain, text_document
from contracts.models import Contract, ContractVersion, CounterpartyLogin
from reckoning.canonical import canonical_json
from tests import factories
from tests.api.client import Api, api, token
from tests.contracts.agreements import decide, two_documents
from tests.contracts.test_coverage import draft as draft_coverage
from tests.contracts.test_coverage import publish

pytestmark = pytest.mark.django_db


def login(kind: str, code: str) -> Api:
    person = factories.user(kind=kind)
    CounterpartyLogin.objects.create(user=person, counterparty=factories.counterparty(code))
    return Api(token(person)[1])


@pytest.fixture
def varied() -> Contract:
    """A contract with a signed variation from 27 to 28 March 2022, in Berlin, and a draft that nobody signed."""
    contract = factories.signed_contract()
    with factories.legal():
        version = services.draft_variation(
            contract.versions.get(),
            factories.terms(factories.commitment_terms(target_percent="97")),
            title="While servers move",
            effective_from_on=date(2022, 3, 27),
            effective_until_on=date(2022, 3, 28),
            mid_window="splits_window",
        )
    factories.sign(version, date(2022, 2, 1))
    factories.draft(contract, factories.terms(title="A draft"), date(2023, 1, 1))
    return contract


@pytest.mark.parametrize(
    ("as_of", "numbers"),
    [
        ("2022-03-26T22:59:59Z", [1]),
        ("2022-03-26T23:00:00Z", [1, 2]),
        ("2022-03-27T23:59:59+02:00", [1, 2]),
        ("2022-03-28T00:00:00+02:00", [1]),
    ],
)
def test_the_text_of_an_instant_is_the_one_that_the_page_shows(varied, as_of, numbers):
    told = api("auditor").get("conformed-text/", contract="C-1", as_of=as_of).json()
    assert [part["version"] for part in told["made_of"]] == numbers
    assert told["terms_sha256"] == varied.versions.get(number=numbers[-1]).terms_sha256
    stretch = Chain(varied).at(factories.utc(2022, 3, 27, 12))
    if len(numbers) == 2:
        same = text_document(varied, factories.utc(2022, 3, 27, 12), stretch) | {"as_of": told["as_of"]}
        assert canonical_json(told) == canonical_json(same)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"contract": "C-1"}, 400),
        ({"contract": "C-1", "as_of": "2022-03-27"}, 400),
        ({"contract": "C-1", "as_of": "2022-03-27T12:00:00"}, 400),
        ({"contract": "C-1", "as_of": "0001-01-01T00:00:00+23:59"}, 400),
        ({"contract": "C-1", "as_of": "2021-12-31T22:59:59Z"}, 404),
        ({"contract": "C-9", "as_of": "2022-03-27T12:00:00Z"}, 404),
    ],
)
def test_an_instant_without_its_offset_is_none(varied, query, status):
    answer = api("legal").get("conformed-text/", **query)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_redline_says_which_words_and_fields_differ(varied):
    second = varied.versions.get(number=2)
    told = api("legal").get(f"versions/{second.pk}/redline/", before=1).json()
    assert (told["before"]["version"], told["after"]["version"]) == (1, 2)
    assert [one["said"] for one in told["needs_approval"]] == ["What is promised was changed"]
    assert {"path": "commitments[availability].target_percent", "before": "99.9", "after": "97"} in told[
        "fields_changed"
    ]
    words = [part for clause in told["clauses"] for part in clause["parts"] if part["kind"] != "same"]
    assert {(part["kind"], part["text"].strip(".")) for part in words} >= {
        ("removed", "99.9"),
        ("added", "97"),
    }
    for before in ("", "9", "x", "0", "99999999999999999999"):
        status = api("legal").get(f"versions/{second.pk}/redline/", before=before).status_code
        assert status == (404 if before == "9" else 400)


def test_a_counterpartys_login_sees_no_draft_in_a_redline_and_no_review(varied):
    asked = login("customer", "customer")
    pks = dict(varied.versions.values_list("number", "pk"))
    assert asked.get(f"versions/{pks[2]}/redline/", before=1).status_code == 200
    assert asked.get(f"versions/{pks[2]}/redline/", before=3).status_code == 404
    assert asked.get(f"versions/{pks[3]}/redline/", before=1).status_code == 404
    text = {"contract": "C-1", "as_of": "2022-03-27T12:00:00Z"}
    assert asked.get("conformed-text/", **text).status_code == 200
    assert login("customer", "stranger").get("conformed-text/", **text).status_code == 404
    for address in ("remarks/", "signers/", "signatures/", "conflicts/", "renewals/"):
        assert asked.get(address).status_code == 403


def test_versions_are_told_apart_by_what_they_are(varied):
    asked = api("finance")
    [row] = asked.rows("versions/", kind="variation")
    assert (row["number"], row["amends"]) == (2, 1)
    whole = asked.get(f"versions/{row['id']}/").json()
    assert whole["amendment"]["title"] == "While servers move"
    assert [one["number"] for one in asked.rows("versions/", state="draft")] == [3]


def reviewed(direction: str = "promised_by_us") -> ContractVersion:
    """A version with an objection that was answered, one that was not, and a named signer who declined."""
    contract = factories.contract("R-1" if direction == "promised_by_us" else "R-2", direction=direction)
    version = factories.draft(contract)
    with acting(factories.user("finance"), via="page"):
        first = services.add_remark(
            version, "Whose fee?", path="commitments.0", objection_class="information"
        )
        services.add_remark(version, "Too much.", objection_class="trade_off")
    with factories.legal():
        services.answer_remark(first, "reply", "The service's.")
        services.answer_remark(first, "rejected", "It says so.")
        services.name_signer(version, party=contract.legal_entity.name, name="O. Urs", title="CFO")
        services.submit_for_review(version)
        services.decline_signature(version.named_signers.get(), "On leave", date(2022, 1, 3))
    return version


def test_remarks_come_with_their_answers_and_signers_with_what_became_of_them():
    version = reviewed()
    asked = api("auditor")
    second, first = asked.rows("remarks/", version_id=version.pk)
    assert [(one["outcome"], one["words"]) for one in first["answers"]] == [
        ("reply", "The service's."),
        ("rejected", "It says so."),
    ]
    assert (first["is_open"], first["objection_class"], first["path"]) == (
        False,
        "information",
        "commitments.0",
    )
    assert (second["is_open"], second["contract"], second["version"]) == (True, "R-1", 1)
    [signer] = asked.rows("signers/", contract="R-1")
    assert (signer["name"], signer["title"], signer["state"]) == ("O. Urs", "CFO", "declined")
    assert asked.rows("remarks/", version=2) == []


def test_reviews_are_for_their_side_and_for_whom_they_were_asked():
    ours, theirs = reviewed(), reviewed("promised_to_us")
    managers, success = api("vendor_manager"), api("customer_success")
    assert {row["contract"] for row in managers.rows("remarks/")} == {"R-2"}
    assert {row["contract"] for row in managers.rows("signers/")} == {"R-2"}
    assert success.rows("remarks/") == []
    with factories.legal():
        services.ask_for_review(ours, "customer_success", "Please look")
    assert {row["contract"] for row in success.rows("remarks/")} == {"R-1"}
    assert theirs.remarks.count() == 2


def test_signatures_tell_under_which_text_and_whether_they_count(varied):
    rows = api("legal").rows("signatures/", contract="C-1", version=2)
    assert {row["terms_sha256"] for row in rows} == {varied.versions.get(number=2).terms_sha256}
    assert {row["party"] for row in rows} == {varied.legal_entity.name, varied.counterparty.name}
    assert {row["is_voided"] for row in rows} == {False}


def test_a_conflict_comes_with_its_decisions_for_whoever_answers_for_a_side():
    above, below, conflict = two_documents()
    asked = api("legal")
    [row] = asked.rows("conflicts/")
    assert (row["state"], {row["first"], row["second"]}) == ("open", {above.reference, below.reference})
    assert row["differences"] == [{"field": "target_percent", "first": "99.5", "second": "99.9"}]
    decide(conflict, "first", date(2022, 7, 1))
    [row] = asked.rows("conflicts/")
    [decision] = row["decisions"]
    assert (row["state"], decision["gives_way"], decision["from_on"]) == ("decided", "first", "2022-07-01")
    assert decision["confirmed_by"] not in (None, decision["decided_by"])
    assert api("finance").rows("conflicts/") == []
    assert api("finance").get(f"conflicts/{row['id']}/").status_code == 404


def test_a_customers_login_reads_what_is_covered_without_owners_and_costs():
    contract = factories.contract()
    published = publish(draft_coverage(contract)).coverage
    newer = draft_coverage(contract, {"journey": "Pay", "covered": False, "why_not": "Not yet"})
    asked = api("legal")
    assert [(row["number"], row["published_on"]) for row in asked.rows("coverage/")] == [
        (newer.number, None),
        (published.number, "2022-03-01"),
    ]
    entry = asked.rows("coverage/", published="true")[0]["entries"][0]
    assert (entry["owner"], entry["cost_amount"], entry["cost_currency"]) == (
        "Identity team",
        "1200.000",
        "EUR",
    )
    outside = login("customer", "customer")
    [row] = outside.rows("coverage/")
    assert row["number"] == published.number
    assert set(row["entries"][0]) == {"position", "journey", "covered", "why_not"}
    assert outside.get(f"coverage/{newer.pk}/").status_code == 404
    assert b"Identity" not in outside.get(f"coverage/{published.pk}/").content


def test_dates_are_those_of_the_calendar_within_the_days_that_were_asked_for():
    ours = factories.contract()
    theirs = factories.contract("V-1", direction="promised_to_us")
    with factories.legal():
        for contract in (ours, theirs):
            services.record_renewal(contract, term_ends_on=date(2026, 12, 31), notice_months=3)
    asked = api("legal")
    span = {"since": "2026-09-01", "until": "2026-12-31"}
    told = asked.get("dates-ahead/", contract="C-1", **span).json()
    assert [(one["kind"], one["on"]) for one in told] == [("notice", "2026-09-30"), ("term", "2026-12-31")]
    assert {one["contract"] for one in asked.get("dates-ahead/", **span).json()} == {"C-1", "V-1"}
    managers = api("vendor_manager")
    assert {one["contract"] for one in managers.get("dates-ahead/", **span).json()} == {"V-1"}
    assert {row["contract"] for row in managers.rows("renewals/")} == {"V-1"}
    assert [row["notice_months"] for row in asked.rows("renewals/", contract="C-1")] == [3]
    for wrong in (
        {},
        {"since": "2026-09-01"},
        span | {"until": "2026-08-31"},
        span | {"until": "2030-01-01"},
    ):
        assert asked.get("dates-ahead/", **wrong).status_code == 400


def test_the_desks_lists_cost_the_same_for_few_and_for_many():
    def lay(number: int) -> None:
        contract = factories.contract(f"Q-{number}")
        publish(draft_coverage(contract))
        version = factories.draft(contract)
        with acting(factories.user("finance"), via="page"):
            remark = services.add_remark(version, "Whose fee?", objection_class="information")
        with factories.legal():
            services.answer_remark(remark, "reply", "Ours.")
            services.name_signer(version, party=contract.legal_entity.name, name="O. Urs")
            services.record_renewal(contract, term_ends_on=date(2026, 12, 31), notice_months=3)
        factories.signed_contract(reference=f"S-{number}")

    addresses = ("remarks/", "signers/", "signatures/", "coverage/", "renewals/", "conflicts/", "versions/")
    asked = api("auditor")
    lay(1)
    few = {address: queries(asked, address) for address in addresses}
    lay(2)
    lay(3)
    assert {address: queries(asked, address) for address in addresses} == few
    assert max(few.values()) <= 10
    assert queries(asked, "conformed-text/?contract=S-1&as_of=2022-03-01T00:00:00Z") <= 10


def queries(asked: Api, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert asked.get(address).status_code == 200
    return len(captured)
