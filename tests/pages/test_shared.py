"""Results, contracts and the homes of legal, customer success and the executive: what they say, to whom, and at a
price that does not grow."""

import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from base.models import User
from contracts.models import Contract, CounterpartyLogin
from credits.models import Assessment, Finalisation
from notices.plain_words import check
from pages.legal import needs_of
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from tests.pages import many

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 4, 15)


def shown(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def login_of(counterparty, kind):
    person = factories.user(name=f"login-of-{counterparty.code}", kind=kind)
    CounterpartyLogin.objects.create(user=person, counterparty=counterparty)
    return log_in(person)


# Results ----------------------------------------------------------------------------------------------------


def test_a_result_shows_its_waterfall_with_a_table_its_files_and_its_trace():
    made = world.customer()
    row = made.finalise()
    html = shown(log_in(factories.user("auditor")), f"/assessments/{row.pk}/")
    assert "The promise was not kept: the level was 99.865410 %" in html
    assert html.count("<svg") == 1
    assert "From downtime to credit" in html
    assert "EUR 1,000.00" in html
    for payload in made.contract.source_bindings.get().source.payloads.all():
        assert payload.sha256 in html
    for step in row.result["trace"]:
        assert f'<th scope="row">{step["stage"]}</th>' in html
    assert row.inputs_sha256 in html


def test_the_days_of_a_result_lead_to_their_minutes():
    row = world.vendor().finalise(datetime(2023, 4, 20, tzinfo=UTC))
    html = shown(log_in(factories.user("vendor_manager")), f"/assessments/{row.pk}/")
    days = re.findall(r'href="/components/[^/"]+/([^/"]+)/"', html)
    assert days, "the days of the seconds lead to theirs"
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) for day in days), days
    assert '<a href="/components/actions/2023-01-01/">2023-01-01</a>' in html
    login = login_of(row.commitment.version.contract.counterparty, User.Kind.VENDOR)
    assert "/components/" not in login.get(f"/assessments/{row.pk}/").content.decode()


def test_a_result_lists_its_revisions_and_says_which_are_provisional():
    made = world.customer()
    first = made.assess(datetime(2023, 4, 3, tzinfo=UTC))
    world.import_incidents(
        made.contract,
        "i-2,2023-03-20T12:00:00Z,2023-03-20T13:00:00Z,major,platform,Another",
        known_at=datetime(2023, 4, 4, tzinfo=UTC),
    )
    last = made.finalise()
    html = shown(log_in(factories.user("auditor")), f"/assessments/{last.pk}/")
    assert f'<a href="/assessments/{first.pk}/">1</a>' in html
    assert "2 (this one)" in html
    assert html.count('<span class="tag">provisional</span>') == 1


def test_a_result_whose_inputs_were_altered_is_not_shown_with_any_figure(monkeypatch):
    row = world.customer().finalise()
    from credits import documents
    from credits.errors import ResultAltered

    def refuse(assessment):
        raise ResultAltered("result: other figures than the stored ones")

    monkeypatch.setattr(documents, "explained", refuse)
    answer = log_in(factories.user("auditor")).get(f"/assessments/{row.pk}/")
    assert answer.status_code == 500
    html = answer.content.decode()
    assert "Nothing is shown: result: other figures than the stored ones" in html
    assert "<svg" not in html


def test_the_evidence_is_handed_out_as_the_very_bytes_that_are_verified():
    from credits.evidence import evidence_file

    row = world.customer().finalise()
    client = log_in(factories.user("auditor"))
    answer = client.get(f"/assessments/{row.pk}/evidence.json")
    assert answer.content == evidence_file(row)
    assert (
        answer.headers["Content-Disposition"]
        == 'attachment; filename="evidence-C-1-platform-2023-03-r1.json"'
    )
    pdf = client.get(f"/assessments/{row.pk}/evidence.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert client.get(f"/assessments/{row.pk}/evidence.pdf?size=Letter").content != pdf.content
    assert client.get(f"/assessments/{row.pk}/evidence.pdf?size=A0").status_code == 404


def test_each_side_sees_its_own_results_and_a_stranger_none():
    ours, theirs = world.customer().finalise(), world.vendor().finalise(datetime(2023, 4, 20, tzinfo=UTC))
    sees = {
        "customer_success": (200, 404),
        "vendor_manager": (404, 200),
        "finance": (200, 200),
        "executive": (403, 403),
        "administrator": (403, 403),
    }
    for role, expected in sees.items():
        client = log_in(factories.user(role))
        found = tuple(client.get(f"/assessments/{row.pk}/").status_code for row in (ours, theirs))
        assert found == expected, role
        for ending in ("pdf", "json"):
            files = tuple(
                client.get(f"/assessments/{row.pk}/evidence.{ending}").status_code for row in (ours, theirs)
            )
            assert files == expected, role


def test_a_customers_login_sees_its_final_result_and_not_a_provisional_one():
    made = world.customer()
    provisional = made.assess(datetime(2023, 4, 3, tzinfo=UTC))
    client = login_of(made.contract.counterparty, User.Kind.CUSTOMER)
    assert client.get(f"/assessments/{provisional.pk}/").status_code == 404
    final = made.finalise()
    assert client.get(f"/assessments/{final.pk}/").status_code == 200


def test_the_list_shows_the_last_revision_only_and_narrows():
    made = world.customer()
    made.assess(datetime(2023, 4, 3, tzinfo=UTC))
    row = made.finalise()
    client = log_in(factories.user("finance"))
    html = shown(client, "/assessments/")
    assert html.count(f"/assessments/{row.pk}/") == 1
    assert "1 hour" not in html
    assert f"/assessments/{row.pk}/" in shown(
        client, "/assessments/?outcome=breach&standing=final&contract=C-1"
    )
    for query in ("outcome=met", "standing=provisional", "contract=C-2", "window=2023-04", "service=other"):
        assert "There is none." in shown(client, f"/assessments/?{query}"), query


# Contracts --------------------------------------------------------------------------------------------------


def test_the_version_in_effect_is_that_of_the_day_asked_for():
    contract = factories.signed_contract(effective_from_on=date(2022, 1, 1))
    factories.sign(factories.draft(contract, factories.terms(title="The second"), date(2023, 1, 1)))
    client = log_in(factories.user("legal"))
    assert '<span class="tag warn">none</span>' in shown(client, "/contracts/?on=2021-12-31")
    assert "version 1, since 2022-01-01" in shown(client, "/contracts/?on=2022-12-31")
    assert "version 2, since 2023-01-01" in shown(client, "/contracts/?on=2023-01-01")
    page = f"/contracts/{contract.pk}/"
    assert "nothing was promised" in shown(client, f"{page}?on=2021-12-31")
    assert "What version 1 says" in shown(client, f"{page}?on=2022-12-31")
    assert "The second" in shown(client, f"{page}?on=2023-01-01")
    assert client.get(f"{page}?on=yesterday").status_code == 404
    assert client.get(f"{page}?version=9").status_code == 404


def test_customer_success_sees_a_customers_contract_without_its_text():
    ours = factories.signed_contract()
    theirs = factories.signed_contract(reference="V-1", direction=Contract.Direction.PROMISED_TO_US)
    client = log_in(factories.user("customer_success"))
    html = shown(client, f"/contracts/{ours.pk}/")
    assert "What version" not in html
    assert client.get(f"/contracts/{theirs.pk}/").status_code == 404


# Legal ------------------------------------------------------------------------------------------------------


def test_legal_is_told_what_each_draft_needs():
    hole = factories.commitment_terms(
        schedule={
            "kind": "tiers",
            "tiers": [{"upper": "99.0", "upper_inclusive": False, "percent": "10"}],
        }
    )
    version = factories.draft(document=factories.terms(hole))
    (need,) = needs_of([version])
    assert need.findings >= 1
    assert need.unsigned_by == (version.contract.legal_entity.name, version.contract.counterparty.name)
    html = shown(log_in(factories.user("legal")), "/")
    assert "signature of" in html
    assert f"{need.findings} finding" in html


def test_what_a_draft_needs_is_what_stands_against_signing_it():
    from contracts.checks import open_standings

    version = factories.draft(document=factories.terms())
    (need,) = needs_of([version])
    assert need.findings + need.readings == len(open_standings(version))


def test_a_question_to_legal_leads_to_its_result():
    made = world.customer(
        "i-1,2023-03-10T12:00:00Z,2023-03-10T13:00:00Z,major,platform,x", terms={"unknown_time": "escalate"}
    )
    world.import_incidents(made.contract, known_at=datetime(2023, 4, 3, tzinfo=UTC))
    row = made.assess(datetime(2023, 4, 1, 6, tzinfo=UTC))
    assert row.outcome == "open_question"
    html = shown(log_in(factories.user("legal")), "/")
    assert f"/assessments/{row.pk}/" in html


# Customer success -------------------------------------------------------------------------------------------


def test_customer_success_is_told_in_plain_words_who_is_affected():
    made = world.customer()
    made.finalise()
    html = shown(log_in(factories.user("customer_success")), "/")
    assert "Platform did not work for 1 h in 2023-03" in html
    assert "The customer gets EUR 1,000.00 back if it is asked for in time." in html
    assert "may be claimed until 2023-04-30, 15 days left" in html
    text = html.split("<main", 1)[1].split("</main>", 1)[0]
    assert [hit.word for hit in check(text)] == []


def test_a_missed_promise_of_long_ago_affects_nobody_now(settings):
    world.customer().finalise()
    settings.AS_OF = date(2023, 5, 6)
    assert "Platform did not work" not in shown(log_in(factories.user("customer_success")), "/")
    settings.AS_OF = date(2023, 5, 5)
    assert "Platform did not work" in shown(log_in(factories.user("customer_success")), "/")


def test_customer_success_is_told_nothing_of_a_vendors_breach():
    world.vendor().finalise(datetime(2023, 4, 20, tzinfo=UTC))
    html = shown(log_in(factories.user("customer_success")), "/")
    assert "Nobody: every promise" in html


# The executive ----------------------------------------------------------------------------------------------


def test_the_executive_reads_four_numbers_from_results_and_ledger():
    made = world.customer()
    made.finalise()
    vendor = world.vendor()
    claim = vendor.send(on=date(2023, 4, 22))
    with world.as_("vendor_manager"):
        from credits import services

        services.acknowledge_claim(claim, taken_on=date(2023, 4, 24), amount=None, reference="", reason="")
    html = shown(log_in(factories.user("executive")), "/")
    assert "0 of 1" in html
    assert "EUR 1,000.00 of earlier windows" in html


def test_the_executive_is_named_no_customer_no_component_and_no_reference():
    many.customer_of(3)
    html = shown(log_in(factories.user("executive")), "/")
    for name in ("Their Customer", "platform-", "Platform 0", "C-1", "i-0", "/assessments/"):
        assert name not in html, name


# The price --------------------------------------------------------------------------------------------------


def _price(role, address, count):
    with transaction.atomic():
        contract = many.customer_of(count)
        client = log_in(factories.user(role))
        with CaptureQueriesContext(connection) as captured:
            shown(client, address.format(contract=contract.pk))
        transaction.set_rollback(True)
    return len(captured)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "address", "most"),
    [
        ("legal", "/", 24),
        ("customer_success", "/", 24),
        ("executive", "/", 20),
        ("auditor", "/assessments/", 14),
        ("auditor", "/contracts/", 14),
        ("legal", "/contracts/{contract}/", 26),
    ],
)
def test_a_page_costs_the_same_for_twenty_results_and_for_two_hundred(role, address, most):
    price = _price(role, address, 20)
    assert price <= most
    assert _price(role, address, 200) == price


def test_legals_home_costs_the_same_for_few_drafts_and_for_many():
    def price(count):
        with transaction.atomic():
            for number in range(count):
                factories.draft(factories.contract(reference=f"D-{number}"))
            client = log_in(factories.user("legal"))
            with CaptureQueriesContext(connection) as captured:
                shown(client, "/")
            transaction.set_rollback(True)
        return len(captured)

    assert price(2) == price(20) == price(40)


def test_no_assessment_is_final_without_its_finalisation():
    """What the pages call final is what the database holds as final."""
    contract = many.customer_of(2)
    assert Finalisation.objects.count() == Assessment.objects.count() == 2
    html = shown(log_in(factories.user("auditor")), f"/assessments/?contract={contract.reference}")
    assert "provisional</span>" not in html
