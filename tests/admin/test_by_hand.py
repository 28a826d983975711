"""Legal enters the demo's two contracts by hand: from an empty installation to two signed versions."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audit.models import Event
from audit.record import acting
from base.models import User
from contracts import services
from contracts.models import Contract, ContractVersion, Counterparty, LegalEntity, Service
from contracts.reading import terms_of
from reckoning.terms import parse_terms, terms_sha256
from tests import factories
from tests.admin.forms import errors_of, log_in, page, posted

pytestmark = pytest.mark.django_db
DOCUMENTS = Path(__file__).resolve().parents[2] / "demo" / "contracts"


def send(client: Client, address: str, **values: Any) -> None:
    """Post a form, and expect to be sent on: a form that is shown again was refused."""
    answer = client.post(address, values)
    assert answer.status_code == 302, errors_of(answer)


@pytest.fixture
def lena() -> User:
    return factories.user("legal", name="lena")


@pytest.fixture
def leo() -> User:
    return factories.user("legal", name="leo")


def enter_parties(client: Client) -> None:
    send(
        client,
        page("contracts.legalentity", "add"),
        code="us",
        name="Us GmbH",
        country="DE",
        functional_currency="EUR",
    )
    send(
        client,
        page("contracts.counterparty", "add"),
        code="them",
        name="Them Inc.",
        country="US",
        is_vendor="on",
        is_customer="on",
    )


def enter_services(client: Client, document: dict[str, Any]) -> None:
    for item in document["commitments"]:
        for code in (*item["services"], *item["indicator"].get("down_components", ())):
            if not Service.objects.filter(code=code).exists():
                send(client, page("contracts.service", "add"), code=code, name=code.title())


@pytest.mark.parametrize(
    ("name", "direction"), [("vendor", "promised_to_us"), ("customer", "promised_by_us")]
)
def test_a_contract_of_the_demo_is_entered_and_signed_in_the_admin(lena, leo, name, direction):
    document = json.loads((DOCUMENTS / f"{name}.json").read_bytes())
    hers, his = log_in(lena), log_in(leo)
    enter_parties(hers)
    enter_services(hers, document)
    send(
        hers,
        page("contracts.contract", "add"),
        reference="C-1",
        title="By hand",
        legal_entity=LegalEntity.objects.get().pk,
        counterparty=Counterparty.objects.get().pk,
        direction=direction,
        currency=document["currency"],
    )
    contract = Contract.objects.get()
    send(
        hers,
        page("contracts.contractversion", "add"),
        contract=contract.pk,
        effective_from_on="2022-01-01",
        **posted(document),
    )
    version = ContractVersion.objects.get()
    assert terms_of(version) == parse_terms(document)
    assert version.terms_sha256 == terms_sha256(parse_terms(document))
    assert (version.created_by, version.state) == (lena, "draft")

    clear(hers, version, lena)
    act(hers, version, "submit")
    for party in ("Us GmbH", "Them Inc."):
        act(his, version, "sign", party=party, signatory="S. Omebody", signed_on="2021-12-15")
    version.refresh_from_db()
    assert (version.state, version.signed_on) == ("signed", date(2021, 12, 15))
    assert version.commitments.count() == sum(len(item["services"]) for item in document["commitments"])

    events = Event.objects.exclude(subject_type="base.user")
    checklist = events.filter(verb="contract_version.answer_checklist")
    assert checklist.count() == 1
    events = events.exclude(pk__in=checklist)
    assert set(events.values_list("via", flat=True)) == {"admin"}
    assert set(events.filter(verb="contract_version.sign").values_list("actor_name", flat=True)) == {"leo"}
    assert not events.filter(correlation_id="").exists()


def clear(client: Client, version: ContractVersion, by: User) -> None:
    """Answer the checklist as the version's page does; accept what is found and record what was read, as the admin's
    buttons offer it."""
    from contracts.version_acts import FindingForm, ReadingForm

    with acting(by, via="page"):
        services.answer_checklist(version, factories.CHECKLIST)
    for code, _ in FindingForm(subject=version).fields["finding"].choices:
        act(client, version, "accept-finding", finding=code, reason="the published text says so")
    for place, _ in ReadingForm(subject=version).fields["reading"].choices:
        act(
            client,
            version,
            "choose-reading",
            reading=place,
            chosen_on="2021-12-01",
            reason="as the vendor does",
        )


def act(client: Client, version: ContractVersion, name: str, **values: Any) -> None:
    send(client, page("contracts.contractversion", "act", version.pk, name), **values)


def test_the_drafter_is_told_why_they_cannot_complete_the_signatures(lena):
    version = factories.draft(by=lena)
    client = log_in(lena)
    clear(client, version, lena)
    act(client, version, "submit")
    act(client, version, "sign", party="Our Us GmbH", signatory="S. Omebody", signed_on="2021-12-15")
    answer = client.post(
        page("contracts.contractversion", "act", version.pk, "sign"),
        {"party": "Their Customer Ltd", "signatory": "S. Omebody", "signed_on": "2021-12-15"},
    )
    assert answer.status_code == 200
    assert "another person of legal must record" in answer.content.decode()
    version.refresh_from_db()
    assert version.state == "in_review"


def test_a_fault_stands_at_its_field_and_what_was_typed_stays(lena):
    factories.service("platform")
    contract = factories.contract()
    document = factories.terms()
    fields = posted(document) | {
        "terms.commitments.0.target_percent": "ninety-nine",
        "terms.commitments.0.schedule.tiers.1.upper": "",
        "terms.commitments.0.title": "A title that must not be lost",
    }
    answer = log_in(lena).post(
        page("contracts.contractversion", "add"),
        {"contract": contract.pk, "effective_from_on": "2022-01-01", **fields},
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert not ContractVersion.objects.exists()
    assert said_at(html, "t-commitments-0-target_percent") == [
        "Is not a plain number of at most 15 digits before and 12 after the point, without exponent"
    ]
    assert "an empty" in said_at(html, "t-commitments-0-schedule-tiers-1-upper_inclusive")[0] or said_at(
        html, "t-commitments-0-schedule-tiers-1-upper_inclusive"
    )
    assert "A title that must not be lost" in html


def said_at(html: str, node: str) -> list[str]:
    """The sentences at a field of the terms form."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        inside = False
        said: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "div":
                self.inside = dict(attrs).get("id") == f"{node}-said"

        def handle_data(self, data: str) -> None:
            if self.inside and data.strip():
                self.said.append(data.strip())

        def handle_endtag(self, tag: str) -> None:
            if tag == "div":
                self.inside = False

    reader = Reader()
    reader.said = []
    reader.feed(html)
    return reader.said


def terms_endpoint(client: Client, operation: str, **fields: Any) -> str:
    address = page("contracts.contractversion", "terms")
    answer = client.post(f"{address}?op={operation}", fields)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_buttons_give_their_block_back_with_one_thing_changed_and_draft_nothing(lena):
    client = log_in(lena)
    fields = posted(factories.terms())
    assert html_count(terms_endpoint(client, "show", **fields), "terms-block") == 0
    grown = terms_endpoint(client, "add:commitments.0.schedule.tiers", **fields)
    shrunk = terms_endpoint(client, "del:commitments.0.schedule.tiers.0", **fields)
    assert [legends(html, "Tier") for html in (grown, shrunk)] == [4, 2]
    assert 'name="terms.commitments.0.level_rounding.places"' not in grown
    opened = terms_endpoint(client, "add:commitments.0.level_rounding", **fields)
    assert 'name="terms.commitments.0.level_rounding.places"' in opened
    moved = terms_endpoint(client, "up:commitments.0.schedule.tiers.1", **fields)
    first = 'name="terms.commitments.0.schedule.tiers.0.percent" value="{}"'
    assert first.format(25) in moved
    assert first.format(10) in shrunk.replace(first.format(25), first.format(10))
    fields["terms.commitments.0.indicator.kind"] = "uptime_from_weighted_seconds"
    switched = terms_endpoint(client, "switch:commitments.0.indicator", **fields)
    assert "terms.commitments.0.indicator.weights.0.name" in switched
    assert "terms.commitments.0.indicator.down_severities" not in switched
    assert not ContractVersion.objects.exists()


def html_count(html: str, name: str) -> int:
    return html.count(f'class="{name}')


def legends(html: str, word: str) -> int:
    return sum(f'"terms-name">{word} {number}<' in html for number in range(1, 9))


@pytest.mark.parametrize(
    "operation",
    ["add:nowhere", "del:title", "up:commitments.0", "drop:commitments", "add:", "del:commitments.x.y"],
)
def test_a_button_of_another_state_of_the_form_is_refused(lena, operation):
    address = page("contracts.contractversion", "terms")
    answer = log_in(lena).post(f"{address}?op={operation}", posted(factories.terms()))
    assert answer.status_code == 400


def test_what_people_wrote_is_never_markup(lena):
    attack = '"><script>alert(1)</script><b x-init="alert(1)">'
    document = factories.terms(title=attack)
    document["commitments"][0]["services"] = [attack]
    html = terms_endpoint(log_in(lena), "switch:commitments", **posted(document))
    assert "<script>alert(1)" not in html
    assert "<b x-init" not in html


def test_an_amendment_begins_with_the_text_that_it_amends(lena):
    contract = factories.signed_contract()
    answer = log_in(lena).get(page("contracts.contractversion", "add") + f"?contract={contract.pk}")
    assert 'value="Terms of a test"' in answer.content.decode()


def test_a_signed_version_is_looked_at_with_wording_and_without_a_form(lena):
    version = factories.signed_contract().versions.get()
    html = log_in(lena).get(page("contracts.contractversion", "change", version.pk)).content.decode()
    assert "Plain words" in html
    assert version.terms_sha256 in html
    assert 'name="terms.' not in html
    answer = log_in(lena).post(
        page("contracts.contractversion", "change", version.pk), posted(factories.terms())
    )
    assert answer.status_code == 403


def test_terms_that_were_changed_round_the_application_raise_an_alarm(lena, monkeypatch):
    version = factories.signed_contract().versions.get()
    monkeypatch.setattr("contracts.reading._parsed", lambda text: (parse_terms(text), "0" * 64))
    html = log_in(lena).get(page("contracts.contractversion", "change", version.pk)).content.decode()
    assert "was changed round the application" in html
