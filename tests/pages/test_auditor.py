"""The auditor's pages: the chain, verification, evidence, events; everything to look at, nothing to change."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Event, Seal
from audit.services import seal_events
from credits.models import Assessment
from pages.auditor import check, last_blocks
from pages.events import address_of
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 4, 15)


def shown(client, name, *args, **query):
    answer = client.get(reverse(f"pages:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def seal(day=1):
    return seal_events(sealed_at=datetime(2023, 4, day, tzinfo=UTC))


# The home ---------------------------------------------------------------------------------------------------


def test_the_home_shows_the_chain_the_population_and_evidence():
    ours = world.customer()
    ours.issue()
    seal()
    html = shown(log_in(factories.user("auditor")), "home")
    assert "Block 1" in html
    assert "continues" in html
    result = ours.claim().breach.assessment
    assert reverse("pages:evidence_document", args=[result.pk]) in html
    assert reverse("pages:recompute", args=[result.pk]) in html


def test_the_last_blocks_are_shown_the_oldest_of_them_first():
    for day in range(1, 5):
        factories.user("legal")
        seal(day)
    assert [block.seal.number for block in last_blocks(3)] == [2, 3, 4]
    assert [block.seal.number for block in last_blocks(9)] == [1, 2, 3, 4]
    assert all(block.continues for block in [*last_blocks(3), *last_blocks(9)])


def test_a_block_that_does_not_name_the_head_before_it_breaks_off():
    factories.user("legal")
    first = seal(1)
    wrong = Seal(
        number=2, previous_head="0" * 64, root=first.root, count=1, head="1" * 64, sealed_at=first.sealed_at
    )
    wrong.save()
    assert [block.continues for block in last_blocks()] == [True, False]
    assert "breaks off" in shown(log_in(factories.user("auditor")), "home")


def test_every_look_goes_on_record_and_is_counted():
    client = log_in(factories.user("auditor"))
    shown(client, "home")
    shown(client, "events")
    looks = list(
        Event.objects.filter(verb="auditor.look").order_by("pk").values_list("subject_label", flat=True)
    )
    assert looks == ["/", "/events/"]
    assert "2 looks of yours so far" in shown(client, "home")


def test_every_link_of_the_home_opens():
    world.customer().issue()
    seal()
    client = log_in(factories.user("auditor"))
    html = shown(client, "home")
    addresses = {part.split('"')[0].replace("&amp;", "&") for part in html.split(' href="')[1:]}
    for address in sorted(one for one in addresses if one.startswith("/") and "/static/" not in one):
        assert client.get(address).status_code == 200, address


def test_the_home_costs_the_same_with_more_of_everything():
    client = log_in(factories.user("auditor"))
    costs = []
    for number in (1, 2, 3):
        fee = world.FEE.replace("I-1", f"I-{number}").replace("C-1", f"C-{number}")
        world.customer(fee=fee, reference=f"C-{number}").issue()
        seal(number)
        with CaptureQueriesContext(connection) as captured:
            shown(client, "home")
            shown(client, "events")
        costs.append(len(captured))
    assert costs[0] == costs[1] == costs[2]
    assert costs[0] <= 44


# Verification -----------------------------------------------------------------------------------------------


def test_record_and_results_verify():
    world.customer().issue()
    world.vendor().issue()
    seal()
    html = shown(log_in(factories.user("auditor")), "verify")
    assert "Everything that was checked verifies" in html
    assert "2 of 2 final results" in html
    assert "identical" in html


def test_a_result_that_was_changed_is_named_with_its_first_difference():
    row = world.customer().finalise()
    changed = Assessment.objects.get(pk=row.pk)
    changed.result["credit_amount"] = "9999.00"
    found = check(changed)
    assert not found.is_identical
    assert "9999.00" in found.words
    changed = Assessment.objects.get(pk=row.pk)
    changed.inputs["outages"] = "none"
    assert not check(changed).is_identical
    changed = Assessment.objects.get(pk=row.pk)
    changed.result_sha256 = "0" * 64
    assert check(changed).words.startswith("result_sha256")
    assert check(row).is_identical


def test_a_fault_of_the_record_is_shown_and_the_block_marked(monkeypatch):
    from audit.services import Fault, Verification
    from pages import auditor

    factories.user("legal")
    head = seal().head
    fault = Fault("block 1", "its events do not give its root")
    monkeypatch.setattr(auditor, "verify_record", lambda: Verification(1, 1, 0, head, (fault,)))
    html = shown(log_in(factories.user("auditor")), "verify")
    assert "Something does not verify" in html
    assert "its events do not give its root" in html
    assert "does not verify" in html


def test_one_result_is_recomputed():
    row = world.customer().finalise()
    html = shown(log_in(factories.user("auditor")), "recompute", row.pk)
    assert "Recomputed: identical" in html
    assert row.result_sha256 in html


def test_the_choice_of_how_many_is_one_of_two():
    row = world.customer().finalise()
    client = log_in(factories.user("auditor"))
    for most in ("500", "50", "1000000", "x", ""):
        assert "1 of 1 final results" in shown(client, "verify", most=most)
    assert row


# Events -----------------------------------------------------------------------------------------------------


def test_events_are_narrowed_by_what_who_when_and_through_which_door():
    memo = world.customer().issue()
    approval = Event.objects.get(verb="credit_memo.approve")
    client = log_in(factories.user("auditor"))
    link = reverse("pages:event", args=[approval.pk])
    today = approval.recorded_at.date().isoformat()
    matching = (
        {"verb": "credit_memo.approve"},
        {"verb": "credit_memo"},
        {"actor": approval.actor_name},
        {"via": "command", "verb": "credit_memo.a"},
        {"since": today, "until": today, "verb": "credit_memo"},
        {"subject_type": "credits.creditmemo", "subject_id": str(memo.pk)},
        {"correlation": approval.correlation_id},
    )
    for query in matching:
        assert link in shown(client, "events", **query), query
    others = (
        {"verb": "credit_memo.issue"},
        {"verb": "approve"},
        {"actor": "nobody of that name"},
        {"via": "api"},
        {"until": "2001-01-01"},
        {"since": "9998-01-01"},
        {"since": "soon"},
        {"via": "pigeon"},
        {"verb": "credit_memo.approve\0"},
        {"verb": "%"},
    )
    for query in others:
        assert link not in shown(client, "events", **query), query
    assert link in shown(client, "events", verb="credit_memo", until="9999-12-31")


def test_older_events_follow_without_a_gap_or_a_repetition():
    for _ in range(30):
        factories.user("legal")
    client = log_in(factories.user("finance"))
    seen, query = [], {}
    while True:
        answer = client.get(reverse("pages:events"), query)
        seen += [event.pk for event in answer.context["events"]]
        if answer.context["older"] is None:
            break
        query = {"before": answer.context["older"]}
    assert seen == list(Event.objects.order_by("-pk").values_list("pk", flat=True))


@pytest.mark.parametrize("before", ["x", "-1", "9" * 19, "0", "1.5"])
def test_a_place_in_the_list_that_is_none_is_no_server_error(before):
    assert (
        log_in(factories.user("auditor")).get(reverse("pages:events"), {"before": before}).status_code == 200
    )


def test_an_event_shows_its_proof():
    world.customer().issue()
    seal()
    row = Event.objects.get(verb="credit_memo.issue")
    html = shown(log_in(factories.user("auditor")), "event", row.pk)
    assert row.leaf_hash in html
    assert "its content gives it" in html
    assert "block 1" in html
    assert "SC-us-00001" in html
    assert reverse("pages:memo", args=[int(row.subject_id)]) in html


def test_an_event_leads_to_its_subject_only_for_whom_it_opens():
    world.customer().issue()
    row = Event.objects.filter(subject_type="credits.creditmemo").first()
    assert address_of(row, factories.user("auditor")) == reverse("pages:memo", args=[int(row.subject_id)])
    assert address_of(row, factories.user("legal")) == ""
    signing = Event.objects.filter(subject_type="contracts.contractversion").first()
    assert address_of(signing, factories.user("legal")).startswith("/admin/")
    assert address_of(Event(subject_type="no.model", subject_id="1"), factories.user("legal")) == ""


# Nothing to change ------------------------------------------------------------------------------------------


def test_no_page_of_an_auditor_has_a_form_that_sends():
    ours = world.customer()
    memo = ours.propose(on=date(2023, 4, 7))
    client = log_in(factories.user("auditor"))
    result = ours.claim().breach.assessment
    pages = [
        shown(client, "home"),
        shown(client, "verify"),
        shown(client, "events"),
        shown(client, "event", Event.objects.latest("pk").pk),
        shown(client, "recompute", result.pk),
        shown(client, "memo", memo.pk),
        shown(client, "period", "us", "2023-04"),
        shown(client, "trial_balance"),
        shown(client, "statements"),
        shown(client, "assessment", result.pk),
    ]
    for html in pages:
        assert '<form method="post"' not in html.split("<main")[1]


def test_whatever_an_auditor_sends_is_refused():
    memo = world.customer().propose(on=date(2023, 4, 7))
    client = log_in(factories.user("auditor"))
    before = Event.objects.count()
    for address in (
        reverse("pages:memos_act"),
        reverse("pages:memo_act", args=[memo.pk, "approve"]),
        reverse("pages:period_act", args=["us", "2023-03", "close"]),
    ):
        sent = {"act": "approve", "memo": [memo.pk], "reason": "x"}
        assert client.post(address, sent).status_code == 403, address
    assert Event.objects.count() == before


@pytest.mark.parametrize("role", ["legal", "finance", "vendor_manager", "executive", "administrator"])
def test_only_an_auditor_runs_the_verification(role):
    assert log_in(factories.user(role)).get(reverse("pages:verify")).status_code == 403
