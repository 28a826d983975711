"""The pages of conflicts: who sees which, both texts side by side, decisions by two persons, at a fixed price."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base import jobs
from contracts import services
from contracts.models import Conflict, PrecedenceOrder, ServiceLevelObjective
from contracts.reading import commitments_in_effect
from notices.models import Notice
from tests import factories
from tests.admin.forms import log_in
from tests.contracts.agreements import level, master, objective, order_form, two_documents
from tests.credits import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 4, 15)


def shown(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_conflict_is_decided_by_one_and_confirmed_by_another_on_its_page():
    above, _, conflict = two_documents()
    address = f"/conflicts/{conflict.pk}/"
    first, second = log_in(factories.user("legal")), log_in(factories.user("legal"))
    html = shown(first, address)
    assert "at least 99.5" in html
    assert "at least 99.9" in html
    assert "{#" not in html  # a remark in a template, on more than one line, is shown
    assert 'value="2022-01-01"' in html  # the first day on which both hold
    assert html.count("differs</span>") == 2  # the promise's own sentence, and the clause of comparing
    assert "OF-1" in shown(first, "/")
    given = {"act": "decide", "gives_way": "first", "from_on": "2023-04-01", "reason": "the later paper"}
    assert first.post(address, given | {"reason": ""}).status_code == 200
    mistyped = first.post(address, given | {"from_on": "2203-04-01"})
    assert "Is in the year 2203; name a day between" in mistyped.content.decode()
    assert first.post(address, given).status_code == 302
    assert "You decided this" in shown(first, address)
    assert first.post(address, {"act": "confirm", "number": "1"}).status_code == 200
    assert [row.version.contract for row in commitments_in_effect(above, date(2023, 4, 1))] == [above]
    assert second.post(address, {"act": "confirm", "number": "1"}).status_code == 302
    assert commitments_in_effect(above, date(2023, 4, 1)) == ()
    assert "MSA-1 gives way to OF-1 for windows that begin on 2023-04-01 or later" in shown(
        first, f"/contracts/{above.pk}/"
    )


def test_an_owner_sees_what_they_answer_for_and_nothing_else():
    owner = factories.user("vendor_manager")
    above = master(owner=owner)
    order_form(above)
    mine = Conflict.objects.get()
    factories.signed_contract(level("99.95"), "C-1", counterparty=factories.counterparty("other"))
    objective(Decimal("99.91"))
    other = Conflict.objects.exclude(pk=mine.pk).get()
    client = log_in(owner)
    html = shown(client, "/conflicts/")
    assert f"/conflicts/{mine.pk}/" in html
    assert f"/conflicts/{other.pk}/" not in html
    assert client.get(f"/conflicts/{other.pk}/").status_code == 404
    assert "Decide" not in shown(client, f"/conflicts/{mine.pk}/")
    assert client.post(f"/conflicts/{mine.pk}/", {"act": "decide"}).status_code == 403
    assert log_in(factories.user("customer_success")).get(f"/conflicts/{mine.pk}/").status_code == 404


def test_an_objective_that_nobody_agreed_to_says_so_until_its_owner_does():
    owner = factories.user("customer_success")
    service = factories.service("platform")
    client = log_in(factories.user("vendor_manager"))
    given = {
        "code": "aim", "service": service.pk, "figure": "availability", "target_percent": "99.95",
        "target_inclusive": "on", "owner": owner.pk, "from_on": "2023-01-01", "reason": "what we can do",
    }  # fmt: skip
    assert client.post("/objectives/", given | {"target_percent": "101"}).status_code == 200
    assert client.post("/objectives/", given).status_code == 302
    row = ServiceLevelObjective.objects.get()
    assert "not agreed" in shown(client, "/objectives/")
    assert log_in(owner).post("/objectives/", {"act": "agree", "objective": row.pk}).status_code == 302
    assert "not agreed" not in shown(client, "/objectives/")


def test_an_order_of_precedence_is_taken_from_the_paper_and_confirmed():
    above = master()
    client = log_in(factories.user("legal"))
    given = {
        "act": "record",
        "master": above.pk,
        "ranks": "Order form\nMSA-1",
        "clause": "It prevails.",
        "paper": "2.1",
    }
    assert (
        "is no kind of document"
        in client.post("/conflicts/precedence/", given | {"ranks": "Brochure\nMSA-1"}).content.decode()
    )
    assert client.post("/conflicts/precedence/", given).status_code == 302
    order = PrecedenceOrder.objects.get()
    assert [rank.named for rank in order.ranks.all()] == ["Order form", "MSA-1"]
    second = log_in(factories.user("legal"))
    assert second.post("/conflicts/precedence/", {"act": "confirm", "order": order.pk}).status_code == 302
    assert order.confirmation is not None


def test_a_leavers_contracts_and_objectives_wait_for_a_new_owner_at_once():
    leaver = factories.user("customer_success", first_name="Lea", last_name="Ver")
    row = factories.contract("C-1", owner=leaver)
    objective(Decimal("99.9"), owner=leaver)
    client = log_in(factories.user("legal"))
    assert "was Lea Ver" not in shown(client, "/owners/")
    leaver.is_active = False
    leaver.save()
    html = shown(client, "/owners/")
    assert f"{row.reference}</a> An agreement, Their Customer Ltd: was Lea Ver" in html
    assert "Objective platform-availability" in html
    with factories.legal():
        services.change(row, owner=factories.user("legal"), reason="handed over")
    assert "C-1</a> An agreement, Their Customer Ltd: was" not in shown(client, "/owners/")


def test_the_pages_cost_the_same_for_one_conflict_and_for_many():
    above = master()
    order_form(above, "OF-1")
    client = log_in(factories.user("legal"))
    first = Conflict.objects.get()

    def queries(address):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            shown(client, address)
        return len(seen)

    addresses = ("/conflicts/", f"/conflicts/{first.pk}/", f"/contracts/{above.pk}/", "/owners/")
    before = [queries(one) for one in addresses]
    order_form(above, "OF-2", level("99.95"))
    assert Conflict.objects.count() == 3
    assert [queries(one) for one in addresses] == before
    assert max(before) <= 32


def test_contracts_of_no_family_that_disagree_are_shown_to_both_owners_with_what_is_at_stake_and_decided():
    theirs = {"vendor_manager": "vera@example.com", "customer_success": "cleo@example.com"}
    owners = {role: factories.user(role, email=address) for role, address in theirs.items()}
    made = world.customer()
    made.assess()
    with factories.legal():
        services.change(made.contract, owner=owners["customer_success"], reason="everything has an owner")
    factories.signed_contract(
        level("99.95"), "C-2", owner=owners["vendor_manager"], currency=made.contract.currency
    )
    row = Conflict.objects.get()
    assert not row.is_family
    stake = "at least EUR 1,000.00 in 2023-03"
    for role, owner in owners.items():
        client = log_in(owner)
        for address in ("/", "/conflicts/"):
            html = shown(client, address)
            assert f'href="/conflicts/{row.pk}/"' in html, (role, address)
            assert stake in html, (role, address)
        html = shown(client, f"/conflicts/{row.pk}/")
        assert "Until this is decided each pays by itself" in html
        assert "EUR 1,000.00</td><td" in html
        assert "not reckoned</td>" in html
    for number, _ in jobs.waiting():
        jobs.run(number)
    told = Notice.objects.filter(recipient_address__in=theirs.values())
    assert sorted(told.values_list("recipient_address", flat=True)) == sorted(theirs.values())
    assert "Until legal decided, each pays by itself" in told[0].text
    first, second = log_in(factories.user("legal")), log_in(factories.user("legal"))
    assert stake in shown(first, "/")
    given = {
        "act": "decide",
        "gives_way": "neither",
        "from_on": "2023-03-01",
        "reason": "two services, two fees",
    }
    assert first.post(f"/conflicts/{row.pk}/", given).status_code == 302
    assert first.post(f"/conflicts/{row.pk}/", {"act": "confirm", "number": "x"}).status_code == 404
    assert second.post(f"/conflicts/{row.pk}/", {"act": "confirm", "number": "1"}).status_code == 302
    assert f'href="/conflicts/{row.pk}/"' not in shown(log_in(owners["vendor_manager"]), "/")


def test_whoever_owns_the_last_version_of_an_objective_answers_for_it():
    before, now = factories.user("vendor_manager"), factories.user("vendor_manager")
    factories.signed_contract(level("99.95"), "C-1")
    objective(Decimal("99.9"), owner=before)
    objective(Decimal("99.9"), owner=now)
    row = Conflict.objects.get()
    assert log_in(before).get(f"/conflicts/{row.pk}/").status_code == 404
    assert f"<dd>{now.display_name}" in shown(log_in(now), f"/conflicts/{row.pk}/")
    assert f'href="/conflicts/{row.pk}/"' in shown(log_in(now), "/")
