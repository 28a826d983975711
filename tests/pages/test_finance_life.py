"""The pages of a credit's life and of a month's end: what they show, what they do, and what they cost."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.models import Job
from credits import services
from credits.models import ApprovalRule, CreditMemo, ExchangeRate, Restatement
from credits.passthrough import pass_through
from credits.reading import memo_balance, period_state
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from tests.credits.test_accruals import BEFORE_CUT_OFF, accrue, policy
from tests.credits.test_closing import carry_out
from tests.credits.test_restating import LONG, more, restate

pytestmark = pytest.mark.django_db
ON = date(2023, 5, 10)


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = ON


def shown(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"pages:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def sent(client: Client, name: str, *args: object, **values: object) -> str:
    answer = client.post(reverse(f"pages:{name}", args=args), values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_credits_life_is_led_on_its_page():
    memo = world.customer().issue()
    finance, approver = log_in(factories.user("finance")), log_in(factories.user("finance_approver"))
    html = shown(finance, "memo", memo.pk)
    assert "Apply to an invoice" in html
    assert "left: EUR 1,000.00" in html
    html = sent(
        finance, "memo_life", memo.pk, "apply", invoice="I-1", taken_on=ON, amount="600", reason="May"
    )
    assert "The credit is applied." in html
    html = sent(finance, "memo_life", memo.pk, "dispute", taken_on=ON, reason="they doubt it")
    assert "Resolve the dispute" not in html
    html = sent(finance, "memo_life", memo.pk, "pay-out", taken_on=ON, reference="b", reason="x")
    assert "is in dispute" in html
    html = sent(
        approver, "memo_life", memo.pk, "resolve", taken_on=ON, verdict="correct", reason="they are right"
    )
    assert "It is resolved." in html
    sent(approver, "memo_life", memo.pk, "withdraw", taken_on=ON, reason="wrong")
    html = shown(approver, "memo", memo.pk)
    assert "used too much: EUR -600.00" in html
    html = sent(approver, "memo_life", memo.pk, "decide", taken_on=ON, verdict="write_off", reason="let go")
    assert "It is decided." in html
    assert memo_balance(memo) == 0


def test_an_act_of_another_role_or_without_its_fields_does_nothing():
    memo = world.customer().issue()
    assert (
        log_in(factories.user("auditor"))
        .post(reverse("pages:memo_life", args=[memo.pk, "apply"]))
        .status_code
        == 403
    )
    finance = log_in(factories.user("finance"))
    assert finance.post(reverse("pages:memo_life", args=[memo.pk, "burn"])).status_code == 404
    html = sent(finance, "memo_life", memo.pk, "pay-out", taken_on="x", reference="")
    assert "Say why." in html
    assert memo_balance(memo) == Decimal("1000.00")


def test_the_customer_sees_what_became_of_its_credit_and_none_of_our_names():
    memo = world.customer().issue()
    person = factories.user("finance", first_name="Unseen")
    with world.as_(person):
        services.pay_out(memo, taken_on=ON, reference="bank 1", reason="inside talk")
    from contracts.models import CounterpartyLogin

    login = factories.user(kind="customer")
    with factories.legal():
        CounterpartyLogin.objects.create(user=login, counterparty=memo.counterparty)
    html = shown(log_in(login), "memo", memo.pk)
    assert "bank 1" in html
    assert "Unseen" not in html
    assert "inside talk" not in html


def test_the_month_shows_its_checklist_and_is_closed_by_a_worker():
    told = world.customer()
    told.assess(BEFORE_CUT_OFF)
    client = log_in(factories.user("finance"))
    html = shown(client, "period", "us", "2023-03")
    assert "set a policy" in html
    assert "stand against closing" in html or "stands against closing" in html
    html = sent(client, "period_act", "us", "2023-03", "accept", key="accruals", reason="small")
    assert "It is accepted as it stands." in html
    html = sent(client, "period_act", "us", "2023-03", "close-by-job", reason="month-end")
    assert "A worker closes 2023-03" in html
    assert "0 of 6 stages, under way" in html
    assert Job.objects.filter(kind="credits.close").count() == 1
    from credits.models import CloseRun

    carry_out(CloseRun.objects.get())
    assert "6 of 6 stages" in shown(client, "period", "us", "2023-03")
    assert period_state(told.contract.legal_entity, date(2023, 3, 1)) == "closed"


def test_a_month_is_locked_and_opened_again():
    factories.entity()
    client = log_in(factories.user("finance"))
    assert "2023-03 is locked" in sent(client, "period_act", "us", "2023-03", "lock", reason="a look")
    approver = log_in(factories.user("finance_approver"))
    assert "is open again" in sent(approver, "period_act", "us", "2023-03", "reopen", reason="more comes")


def test_a_restatement_is_made_from_its_result_and_told_fact_by_fact():
    told = world.customer()
    told.issue()
    more(told, LONG)
    client = log_in(factories.user("finance"))
    final = told.finalise()
    assert "Restate a final result" in shown(client, "restatements")
    html = sent(client, "restatements", result=final.pk, restated_on=ON, reason="a late report")
    assert "i-2" in html
    assert "EUR 1,500.00" in html
    row = Restatement.objects.get()
    assert reverse("pages:restatement", args=[row.pk]) in shown(client, "restatements")
    assert "SC-us-00001" in shown(client, "memo", row.memo.pk)
    assert (
        log_in(factories.user("auditor")).post(reverse("pages:restate", args=[final.pk])).status_code == 403
    )


def test_the_provision_is_rolled_forward_on_the_page_and_as_csv():
    world.customer().assess(BEFORE_CUT_OFF)
    approver = log_in(factories.user("finance_approver"))
    html = sent(
        approver,
        "provision",
        "us",
        method="most_likely",
        claimed_ratio="1",
        effective_from_on="2023-01-01",
        reason="history",
    )
    assert "The method is on record." in html
    accrue(date(2023, 3, 31))
    html = shown(approver, "provision", "us", from_on="2023-03-01", until_on="2023-04-01")
    assert "It agrees with the ledger." in html
    assert "provisional, revision 1: most likely amount" in html
    answer = approver.get(
        reverse("pages:provision_file", args=["us"]), {"from_on": "2023-03-01", "until_on": "2023-04-01"}
    )
    lines = answer.content.decode().splitlines()
    assert lines[1].startswith(
        "EUR,Their Customer Ltd,C-1,Platform,2023-03,0.000,1000.000,0.000,0.000,1000.000,,"
    )
    assert lines[2] == "EUR,Total,,,,0.000,1000.000,0.000,0.000,1000.000,1000.000,agrees with the ledger"


def test_rates_and_rules_are_set_by_their_roles():
    finance, approver = log_in(factories.user("finance")), log_in(factories.user("finance_approver"))
    values = {"base_currency": "USD", "quote_currency": "EUR", "rate": "0.9", "on": ON, "source": "a bank"}
    assert "The rate is on record." in sent(finance, "rates", **values)
    assert approver.post(reverse("pages:rates"), values).status_code == 403
    assert ExchangeRate.objects.get().source == "a bank"
    values = {
        "direction": "promised_by_us",
        "currency": "EUR",
        "above_amount": "500",
        "approvals": "2",
        "reason": "x",
    }
    assert "The rule is in force." in sent(approver, "matrix", **values)
    assert finance.post(reverse("pages:matrix"), values).status_code == 403
    assert ApprovalRule.objects.get().approvals == 2


def test_goodwill_is_proposed_on_its_page():
    told = world.customer()
    client = log_in(factories.user("customer_success"))
    html = sent(client, "goodwill", contract="C-1", amount="50", taken_on=ON, reason="a rough week")
    assert "is proposed; a second person" in html
    memo = CreditMemo.objects.get()
    html = shown(log_in(factories.user("finance_approver")), "memo", memo.pk)
    assert "sets no precedent" in html
    assert told.contract.reference in html


# The pass-through ------------------------------------------------------------------------------------------


def test_an_incident_is_told_with_what_is_owed_and_what_is_recoverable():
    world.customer(
        "out-1,2023-01-03T12:00:00Z,2023-01-03T13:00:00Z,major,platform,x", world.OUTAGE
    ).finalise()
    world.vendor().finalise()
    incidents, apart = pass_through(date(2023, 1, 1), date(2023, 5, 1))
    [only] = incidents
    # The vendor was down from 1 to 4 January, the customer's window is March: nothing is at the same time.
    assert (only.name, only.nets) == ("i-1", [("EUR", Decimal("1000.00"), 0, Decimal("1000.00"))])
    assert sum(share.amount for share in apart) == world.VENDOR_CREDIT
    assert len(apart) == 4


def test_a_vendors_share_belongs_to_the_incident_at_the_same_time_and_currencies_stay_apart():
    outage = "i-9,2023-03-02T10:00:00Z,2023-03-02T12:00:00Z,major,platform,Down"
    world.customer(outage).finalise()
    told = world.vendor()
    with world.as_("vendor_manager"):
        from datetime import UTC, datetime

        from measurements import services as measuring

        measuring.import_daily_seconds_csv(
            source=told.contract.source_bindings.get().source,
            name="late.csv",
            content=b"component,day,partial_seconds,major_seconds,incidents\nactions,2023-03-02,0,12960,\n",
            retrieved_at=datetime(2023, 4, 3, tzinfo=UTC),
            known_at=datetime(2023, 4, 3, tzinfo=UTC),
        )
    told.finalise()
    [one], apart = pass_through(date(2023, 1, 1), date(2023, 5, 1))
    assert one.nets[0] == ("EUR", Decimal("1000.00"), 0, Decimal("1000.00"))
    currency, owed, back, net = one.nets[1]
    assert (currency, owed, net) == ("USD", 0, -back)
    assert back + sum(share.amount for share in apart) == told.finalise().credit_amount
    client = log_in(factories.user("finance"))
    assert "i-9" in shown(client, "pass_through")


def test_the_pages_cost_the_same_whatever_there_is():
    client = log_in(factories.user("finance"))
    told = world.customer()
    told.issue()
    more(told, LONG)
    restate(told)
    policy()
    accrue(date(2023, 5, 5))
    names = [
        ("restatements", []),
        ("provision", ["us"]),
        ("rates", []),
        ("matrix", []),
        ("goodwill", []),
        ("pass_through", []),
        ("restatement", [Restatement.objects.get().pk]),
    ]
    costs = {}
    for name, args in names:
        with CaptureQueriesContext(connection) as captured:
            shown(client, name, *args)
        costs[name] = len(captured)
    assert max(costs.values()) <= 20, costs


def test_memos_without_a_result_of_their_own_are_found_by_window_and_by_name():
    customer = world.customer()
    client = log_in(factories.user("finance"))
    sent(client, "goodwill", contract="C-1", amount="50", taken_on=ON, reason="a rough week")
    for words, found in ((str(ON)[:7], True), ("goodwill", True), ("1999-01", False)):
        html = client.get(reverse("pages:memos"), {"q": words}).content.decode()
        assert ("Goodwill, C-1" in html) is found, words
    assert customer.contract.reference == "C-1"
