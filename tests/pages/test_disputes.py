"""Sources, files, incidents, exclusions and reconciliation: what their pages say, to whom, and what acts do."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from measurements import services as measuring
from measurements.models import Attribution, DifferenceDecision, ExclusionDecision, IncidentNote
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from tests.factories import utc
from tests.measurements.test_reconciliation import SHORTER, second_monitor, tolerate
from tests.pages import many

pytestmark = pytest.mark.django_db
OTHER = "i-2,2023-03-20T10:00:00Z,2023-03-20T18:00:00Z,major,platform,Eight hours"


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 4, 30)


@pytest.fixture
def made():
    return world.customer()


def client(role):
    return log_in(factories.user(role))


def html_of(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return " ".join(answer.content.decode().split())


def propose(made, **given):
    values = {
        "contract": made.contract,
        "service": made.commitment.service,
        "kind": "planned_maintenance",
        "start": utc(2023, 3, 10, 12),
        "end": utc(2023, 3, 10, 12, 40),
        "announced_at": utc(2023, 3, 1),
        "evidence": "the announcement",
        "proposed_at": utc(2023, 4, 3),
    }
    with world.as_("customer_success"):
        return measuring.propose_exclusion(**(values | given))


# Sources and files ---------------------------------------------------------------------------------------


def test_a_source_says_where_it_measures_for_whom_it_decides_and_what_it_gave(made):
    source = made.contract.source_bindings.get().source
    html = html_of(client("auditor").get(f"/sources/{source.code}/?period=2023-Q1"))
    assert "measured at: edge" in html
    assert "decides for C-1 as independent monitor" in html
    assert html.count("<svg") == 1
    for one in source.payloads.all():
        assert one.sha256 in html
    assert "Days that were not up" in html


def test_a_source_without_a_contract_is_marked_not_contractual(made):
    second_monitor(made, SHORTER)
    assert "not contractual" in html_of(client("auditor").get("/sources/probe/"))
    assert "not contractual" in html_of(client("legal").get("/sources/"))


def test_time_before_a_source_knew_anything_is_a_gap(made):
    source = made.contract.source_bindings.get().source
    html = html_of(client("auditor").get(f"/sources/{source.code}/?period=2023-Q2"))
    assert "2023-04-01" in html.partition('id="gaps"')[2].partition('id="late"')[0]


def test_what_came_after_the_cut_off_stands_on_the_sources_page_and_leads_to_what_it_moves(made):
    source = made.contract.source_bindings.get().source
    result = made.finalise()
    address = f"/sources/{source.code}/"
    assert "Nothing." in html_of(client("auditor").get(address)).partition('id="late"')[2][:400]
    world.import_incidents(made.contract, OTHER, known_at=utc(2023, 4, 20, 6))
    html = html_of(client("auditor").get(address)).partition('id="late"')[2]
    assert f"/assessments/{result.pk}/as-known/" in html
    shown = html_of(client("auditor").get(f"/assessments/{result.pk}/as-known/"))
    assert "reported by incidents 2023-04-20.csv, row 2" in shown
    assert "+8 h" in shown
    assert "EUR 1,500.00" in shown


def test_any_minute_of_a_result_leads_to_its_row_in_its_file(made):
    result = made.assess()
    auditor = client("auditor")
    page = html_of(auditor.get(f"/assessments/{result.pk}/"))
    reference = result.inputs["intervals"][0]["observation"]
    assert f'href="/files/row/{reference}/"' in page
    answer = auditor.get(f"/files/row/{reference}/", follow=True)
    html = html_of(answer)
    assert world.OUTAGE in html
    assert "this one" in html
    assert made.contract.source_bindings.get().source.payloads.get().sha256 in html


@pytest.mark.parametrize("reference", ["abc", "0123456789abcdef:x", "0123456789abcdef:1"])
def test_a_row_that_is_none_is_not_found(made, reference):
    assert client("auditor").get(f"/files/row/{reference}/").status_code == 404


def test_the_evidence_and_the_page_print_where_it_was_measured(made):
    result = made.assess()
    page = html_of(client("auditor").get(f"/assessments/{result.pk}/"))
    assert "Monitor (independent monitor), measured at: edge" in page


# Incidents -----------------------------------------------------------------------------------------------


def incident_page(made, who="legal"):
    source = made.contract.source_bindings.get().source
    return client(who), f"/incidents/{source.code}/i-1/"


def test_the_worksheet_states_each_condition_with_its_link(made):
    result = made.finalise()
    who, address = incident_page(made)
    html = html_of(who.get(address))
    sheet = html.partition("Worksheet: C-1")[2]
    for condition in (
        "own source tells of it",
        "It lies in 2023-03",
        "It names a component that is promised",
        "It is severe enough",
        "It lasted long enough",
        "No exclusion takes it away",
        "level is below the promise",
        "It is claimed in time",
    ):
        assert condition in sheet, condition
    assert f'href="/assessments/{result.pk}/"' in sheet
    assert "not yet; the last day is 2023-04-30" in sheet
    assert "something is unknown" in sheet


def test_a_waiting_exclusion_is_unknown_and_an_approved_one_takes_it_away(made):
    exclusion = propose(made, end=utc(2023, 3, 10, 13))
    who, address = incident_page(made)
    assert "an exclusion over it waits for a decision" in html_of(who.get(address))
    with world.as_("finance_approver"):
        measuring.decide_exclusion(
            exclusion=exclusion, verdict="approved", reason="agreed", decided_at=utc(2023, 4, 4)
        )
    html = html_of(who.get(address))
    assert "all of it is excluded" in html
    assert f'href="/exclusions/{exclusion.pk}/"' in html


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (world.OUTAGE.replace("major", "minor"), "minor; major, critical count"),
        (world.OUTAGE, "no least length"),
    ],
)
def test_what_is_not_met_says_why(row, words):
    who, address = incident_page(world.customer(row))
    assert words in html_of(who.get(address))


def test_a_note_with_the_skew_of_its_clock_stands_where_it_really_happened(made):
    who, address = incident_page(made)
    answer = who.post(
        address,
        {
            "act": "note",
            "occurred_at": "2023-03-10T12:07:00",
            "clock_skew_seconds": "120",
            "text": "The pager rang.",
            "reason": "a note",
        },
    )
    assert answer.status_code == 302, html_of(answer)
    note = IncidentNote.objects.get()
    assert note.occurred_at == utc(2023, 3, 10, 12, 7)
    html = html_of(who.get(address)).partition('id="timeline"')[2]
    assert "2023-03-10 12:05:00" in html
    assert "its clock was 120 s ahead" in html
    assert Event.objects.filter(verb="incident.note").exists()


def test_whose_it_was_is_appended_and_the_last_word_holds(made):
    who, address = incident_page(made)
    for party in ("vendor", "own_fault"):
        who.post(address, {"act": "attribute", "party": party, "reason": f"because {party}"})
    assert list(Attribution.objects.values_list("party", flat=True)) == ["vendor", "own_fault"]
    assert "superseded" in html_of(who.get(address))


def test_an_auditor_looks_and_changes_nothing(made):
    who, address = incident_page(made, "auditor")
    assert "Add to the timeline" not in html_of(who.get(address))
    assert who.post(address, {"act": "note", "text": "x"}).status_code == 403


# Exclusions ----------------------------------------------------------------------------------------------


def test_an_exclusion_shows_minutes_and_money_and_approving_keeps_what_was_shown(made):
    exclusion = propose(made)
    address = f"/exclusions/{exclusion.pk}/"
    who = client("finance_approver")
    html = html_of(who.get(address))
    assert "40 min" in html
    assert "EUR 1,000.00" in html
    answer = who.post(address, {"act": "approve", "reason": "announced in time"})
    assert answer.status_code == 302
    decision = ExclusionDecision.objects.get()
    assert decision.worth["windows"][0]["amount"] == "EUR 1,000.00"
    assert "As it was shown when it was decided" in html_of(who.get(address))


def test_its_proposer_is_told_that_somebody_else_decides_and_may_withdraw():
    made = world.customer()
    person = factories.user("legal")
    with world.as_(person):
        exclusion = measuring.propose_exclusion(
            contract=made.contract,
            service=made.commitment.service,
            kind="third_party",
            start=utc(2023, 3, 10, 12),
            end=utc(2023, 3, 10, 13),
            evidence="their letter",
            proposed_at=utc(2023, 4, 3),
        )
    who, address = log_in(person), f"/exclusions/{exclusion.pk}/"
    html = html_of(who.get(address))
    assert "somebody else decides on it" in html
    assert "retroactive" in html
    assert 'value="approve"' not in html
    refused = html_of(who.post(address, {"act": "approve", "reason": "mine"}))
    assert "proposed this exclusion" in refused
    assert not ExclusionDecision.objects.exists()
    assert who.post(address, {"act": "withdraw", "reason": "wrong"}).status_code == 302
    assert ExclusionDecision.objects.get().verdict == "withdrawn"


def test_a_file_is_added_as_evidence_and_fetched_byte_for_byte(made):
    exclusion = propose(made, kind="third_party")
    address, approver = f"/exclusions/{exclusion.pk}/", client("finance_approver")
    html = html_of(approver.post(address, {"act": "approve", "reason": "ok"}))
    assert "a file or a link with its hash" in html
    who = client("customer_success")
    file = SimpleUploadedFile("letter.pdf", b"their letter")
    given = {"act": "evidence", "name": "Their letter", "file": file, "reason": "it shows it"}
    assert who.post(address, given).status_code == 302
    item = exclusion.evidence_items.get()
    assert item.sha256 in html_of(who.get(address))
    assert who.get(f"{address}evidence/{item.pk}/").content == b"their letter"
    assert approver.post(address, {"act": "approve", "reason": "ok"}).status_code == 302


def test_the_list_shows_what_waits_first_and_narrows(made):
    waiting, done = propose(made), propose(made, start=utc(2023, 3, 11), end=utc(2023, 3, 12))
    with world.as_("legal"):
        measuring.decide_exclusion(
            exclusion=done, verdict="refused", reason="late", decided_at=utc(2023, 4, 4)
        )
    who = client("legal")
    html = html_of(who.get("/exclusions/"))
    assert html.index(f"/exclusions/{waiting.pk}/") < html.index(f"/exclusions/{done.pk}/")
    assert f"/exclusions/{done.pk}/" not in html_of(who.get("/exclusions/?state=open"))


# Reconciliation ------------------------------------------------------------------------------------------


def test_a_difference_is_shown_explained_and_then_stands_no_longer_against_the_result(made):
    source = second_monitor(made, SHORTER)
    tolerate(made, source, 60)
    result = made.assess()
    address = f"/reconciliation/{result.pk}/"
    who = client("legal")
    html = html_of(who.get(address))
    assert "The result cannot become final:" in html
    assert "5 min are unexplained, and the contract tolerates 1 min" in html
    assert "nobody decided; it looks like: the same outage, another length" in html
    given = {
        "act": "accept",
        "line": "2023-03-10",
        "accepted_seconds": "3600",
        "category": "length",
        "reason": "our log agrees with the monitor",
    }
    assert who.post(address, given).status_code == 302
    assert DifferenceDecision.objects.get().accepted_seconds == 3600
    html = html_of(who.get(address))
    assert "Nothing stands against a final result:" in html
    assert "our log agrees with the monitor" in html
    assert "our log agrees with the monitor" in html_of(who.get("/reconciliation/"))


def test_a_refusal_stands_in_the_form(made):
    source = second_monitor(made, SHORTER)
    result = made.assess()
    with world.as_("legal"):
        measuring.bind_source(contract=made.contract, role="second opinion", source=source)
    html = html_of(
        client("legal").post(
            f"/reconciliation/{result.pk}/",
            {"act": "accept", "line": "2023-03-10", "accepted_seconds": "-1", "category": "length"},
        )
    )
    assert "greater than or equal to 0" in html
    assert "Say why: it goes on record." in html
    assert not DifferenceDecision.objects.exists()


def test_the_bridge_and_the_baseline_are_on_the_page(made):
    source = second_monitor(made, SHORTER)
    tolerate(made, source, None)
    html = html_of(client("auditor").get(f"/reconciliation/{made.assess().pk}/"))
    assert "From the internal figure to the contractual one" in html
    assert html.count("<svg") == 1
    assert "No earlier window is final yet" in html


def test_a_contract_without_a_second_source_says_so(made):
    html = html_of(client("auditor").get(f"/reconciliation/{made.assess().pk}/"))
    assert "There is no second source" in html


@pytest.mark.parametrize("query", ["known_on=soon", "known_on=9999-12-31", "since=2030-01-01"])
def test_days_that_make_no_sense_are_answered_in_words(made, query):
    result = made.finalise()
    assert client("auditor").get(f"/assessments/{result.pk}/as-known/?{query}").status_code == 200


# What it costs -------------------------------------------------------------------------------------------


def _price(count, address):
    with transaction.atomic():
        many.customer_of(count)
        who = client("auditor")
        with CaptureQueriesContext(connection) as captured:
            assert who.get(address).status_code == 200
        transaction.set_rollback(True)
    return len(captured)


@pytest.mark.parametrize(
    ("address", "most"),
    [("/sources/", 12), ("/incidents/", 12), ("/exclusions/", 12), ("/reconciliation/", 14)],
)
def test_the_lists_cost_the_same_for_few_and_for_many(address, most):
    assert _price(3, address) == _price(12, address) <= most


def _price_of_source(count):
    with transaction.atomic():
        contract = many.customer_of(count)
        code = contract.source_bindings.get().source.code
        who = client("auditor")
        with CaptureQueriesContext(connection) as captured:
            assert who.get(f"/sources/{code}/?period=2023-Q1").status_code == 200
        transaction.set_rollback(True)
    return len(captured)


def test_a_source_costs_the_same_for_few_windows_and_for_many():
    assert _price_of_source(3) == _price_of_source(12) <= 26


def _prices(addresses, count):
    """What the pages of an incident, an exclusion and a result between two sources cost beside so many others."""
    with transaction.atomic():
        contract = many.customer_of(count)
        who, found = client("auditor"), []
        for address in addresses(contract):
            with CaptureQueriesContext(connection) as captured:
                assert who.get(address).status_code == 200, address
            found.append(len(captured))
        transaction.set_rollback(True)
    return found


def _disputed(contract):
    """Their addresses. The exclusion touches one promise; the second source saw another length."""
    result = contract.versions.get().commitments.order_by("pk")[0].assessments.order_by("-revision")[0]
    exclusion = propose(world.World(contract, result.commitment, None, None, None))
    second = "p-1,2023-03-10T12:05:00Z,2023-03-10T13:00:00Z,major,platform-0,Seen later"
    second_monitor(None, second)
    with world.as_("legal"):
        measuring.set_difference_tolerance(
            contract=contract,
            source=measuring_source("probe"),
            seconds=60,
            windows_from=utc(2022, 1, 1),
            reason="schedule 3",
            set_at=utc(2023, 1, 1),
        )
    code = contract.source_bindings.get().source.code
    return [f"/incidents/{code}/i-0/", f"/exclusions/{exclusion.pk}/", f"/reconciliation/{result.pk}/"]


def measuring_source(code):
    from measurements.models import Source

    return Source.objects.get(code=code)


def test_an_incident_an_exclusion_and_a_result_cost_the_same_beside_few_and_beside_many():
    few, many_of_them = _prices(_disputed, 3), _prices(_disputed, 9)
    assert few == many_of_them
    assert all(price <= most for price, most in zip(few, (40, 40, 60), strict=True)), few


@pytest.mark.parametrize(
    ("role", "tolerates", "recurs"),
    [
        ("legal", True, True),
        ("vendor_manager", False, True),
        ("finance", False, True),
        ("auditor", False, False),
    ],
)
def test_tolerances_and_recurring_maintenance_are_entered_from_the_contracts_and_the_sources_page(
    role, tolerates, recurs
):
    made = world.vendor()
    source, who = made.contract.source_bindings.get().source, client(role)
    html = html_of(who.get(f"/contracts/{made.contract.pk}/"))
    add = "/admin/measurements/differencetolerance/add/"
    assert (f"{add}?contract={made.contract.pk}" in html) is tolerates
    recurring = f"/admin/measurements/recurringmaintenance/add/?contract={made.contract.pk}"
    assert (recurring in html) is recurs
    assert (f"{add}?source={source.pk}" in html_of(who.get(f"/sources/{source.code}/"))) is tolerates
    if recurs:
        form = html_of(who.get(recurring))
        assert f'<option value="{made.contract.pk}" selected>' in form
    assert who.get(add).status_code == (200 if tolerates else 403)


def test_the_forms_offer_only_contracts_that_their_reader_may_see():
    ours, theirs = world.customer(), world.vendor()
    form = html_of(client("vendor_manager").get("/admin/measurements/recurringmaintenance/add/"))
    assert theirs.contract.reference in form
    assert f'<option value="{ours.contract.pk}"' not in form


def test_a_result_of_later_knowledge_is_the_same_on_every_page(made):
    propose(made)
    result = made.finalise()
    html = html_of(client("auditor").get(f"/assessments/{result.pk}/as-known/?known_on=2023-04-06"))
    assert result.result["level"]["percent"] in html


def test_a_monitors_own_outage_is_unknown_and_a_gap_to_the_second():
    from measurements.models import Coverage, Payload

    made = world.customer()
    source = made.contract.source_bindings.get().source
    later = utc(2023, 4, 3)
    with world.as_("vendor_manager"):
        measuring.import_intervals_csv(
            source=source,
            name="blind.csv",
            content=b"external_id,start,end,severity,components,title\n",
            retrieved_at=later,
            known_at=later,
            covers_until=utc(2023, 4, 2),
        )
        Coverage.objects.create(
            source=source,
            during=(utc(2023, 3, 15, 10), utc(2023, 3, 15, 10, 20)),
            watched=False,
            reason="the probe was down",
            known_at=later,
            payload=Payload.objects.get(name="blind.csv"),
        )
    html = html_of(client("auditor").get(f"/sources/{source.code}/?period=2023-Q1"))
    gaps = html.partition('id="gaps"')[2].partition('id="late"')[0]
    assert "2023-03-15 10:00:00" in gaps
    assert "2023-03-15 10:20:00" in gaps
    assert "nobody watched for 20 min of this day" in html
