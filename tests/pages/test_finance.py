"""The pages of the books: finance's home, memos one by one and in bulk, months, statements, the ledger."""

from datetime import date
from io import BytesIO
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from audit.models import Event
from contracts.models import CounterpartyLogin
from credits import services
from credits.models import Claim, CreditMemo, PeriodStep
from credits.reading import last_memo_step, memos_with_state
from credits.windows import window_at
from pages import books
from pages.acting import sentence
from pages.statements import last_quarter
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from tests.pages import many

pytestmark = pytest.mark.django_db
ON = date(2023, 4, 15)
QUERY = {
    "counterparty": "customer",
    "legal_entity": "us",
    "from_on": "2023-04-01",
    "until_on": "2023-05-01",
}


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = ON


def shown(client, name, *args, **query):
    answer = client.get(reverse(f"pages:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def totals():
    return books.totals(ON, books.provisional_standings(ON))


def state_of(memo):
    return last_memo_step(memo).state


# The home ---------------------------------------------------------------------------------------------------


def test_the_home_says_what_waits_and_what_blocks_a_month():
    memo = world.customer().propose(on=date(2023, 4, 7))
    client = log_in(factories.user("finance"))
    html = shown(client, "home")
    assert "EUR 1,000.00" in html
    assert reverse("pages:memo", args=[memo.pk]) in html
    assert reverse("pages:period", args=["us", "2023-03"]) in html
    assert "runs" in html, "April is not over"


def test_a_month_is_blocked_by_memos_that_were_proposed_in_it_or_before():
    us = world.customer().propose(on=date(2023, 4, 7)).legal_entity
    [(_, months)] = books.strips(date(2023, 6, 2), [])
    blocking = {one.label: one.blocking for one in months}
    assert blocking["2023-03"] == 0
    assert blocking["2023-04"] == 1
    assert blocking["2023-05"] == 1
    for starts_on in (date(2023, 3, 1), date(2023, 4, 1), date(2023, 5, 1)):
        assert books.month(us, starts_on, date(2023, 6, 2)).blocking == blocking[f"{starts_on:%Y-%m}"]


@pytest.mark.parametrize(("day", "back", "first"), [
    (date(2025, 1, 31), 0, date(2025, 1, 1)),
    (date(2025, 1, 31), 1, date(2024, 12, 1)),
    (date(2025, 12, 31), -1, date(2026, 1, 1)),
    (date(2025, 3, 1), 14, date(2024, 1, 1)),
])  # fmt: skip
def test_months_are_counted_over_the_turn_of_a_year(day, back, first):
    assert books.month_of(day, back) == first


def test_a_provisional_credit_is_never_counted_as_final_nor_a_final_one_twice():
    ours = world.customer()
    ours.assess()
    [total], [month] = totals()
    assert (total.provisional, total.final, total.provisional_count) == (world.CREDIT, 0, 1)
    ours.finalise()
    [total], [month] = totals()
    assert (total.provisional, total.final, total.final_count) == (0, world.CREDIT, 1)
    assert month.starts_on == date(2023, 3, 1), "the window ends at midnight in Berlin, still in March in UTC"


@pytest.mark.parametrize(("on", "counted"), [(date(2024, 2, 29), 1), (date(2024, 3, 1), 0)])
def test_the_twelve_months_begin_with_a_month_and_not_with_the_midnight_of_another_zone(on, counted):
    world.customer().finalise()
    together, by_month = books.totals(on, books.provisional_standings(on))
    assert (len(together), len(by_month)) == (counted, counted)


def test_a_credit_that_nobody_can_reckon_is_counted_apart_and_in_no_sum():
    world.customer(fee=None).assess()
    [total], _ = totals()
    assert (total.unknown_count, total.provisional, total.final) == (1, 0, 0)
    assert "1 open" in shown(log_in(factories.user("finance")), "home")


def test_two_currencies_are_never_added():
    world.customer().finalise()
    world.vendor().finalise()
    found = {(one.direction, one.currency): one.final for one in totals()[0]}
    assert found == {
        ("promised_by_us", "EUR"): world.CREDIT,
        ("promised_to_us", "USD"): world.VENDOR_CREDIT,
    }


def proposed(count, reference):
    """That many memos, each for a service of one contract."""
    contract = many.customer_of(count, reference)
    claims = Claim.objects.filter(breach__assessment__commitment__version__contract=contract)
    with world.as_("customer_success"):
        for claim in claims:
            services.record_customer_claim(claim, taken_on=date(2023, 4, 6), reference="letter")
    result = claims[0].breach.assessment
    window = window_at(result.commitment, result.window_start)
    with world.as_job():
        return services.propose_memos_of(contract, window=window, taken_on=date(2023, 4, 7))


@pytest.mark.slow
def test_the_pages_cost_the_same_at_twenty_and_at_two_hundred_memos():
    client = log_in(factories.user("finance_approver"))
    addresses = [
        reverse("pages:home"),
        reverse("pages:memos"),
        reverse("pages:memos") + "?state=waiting",
        reverse("pages:period", args=["us", "2023-04"]),
        reverse("pages:trial_balance"),
        reverse("pages:statements") + "?" + urlencode(QUERY | {"from_on": "2023-03-01"}),
    ]

    def costs():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    assert len(proposed(20, "C-1")) == 20
    few = costs()
    assert len(proposed(180, "C-2")) == 180
    assert costs() == few
    # The page of a month asks every line of the close checklist.
    assert few.pop(3) <= 48
    assert max(few) <= 24


def test_a_memo_stands_where_its_last_step_says():
    memo = world.customer().propose(on=date(2023, 4, 7))
    world.vendor().propose(on=date(2023, 4, 7))
    person, other = factories.user("finance_approver"), factories.user("finance_approver")
    steps = [
        lambda: services.review_memo(memo, taken_on=ON, reason=""),
        lambda: services.approve_memo(memo, taken_on=ON, reason=""),
        lambda: services.issue_memo(memo, taken_on=ON, reason=""),
        lambda: services.reverse_memo(memo, taken_on=ON, reason="wrong"),
    ]
    for who, step in zip((person, person, "finance", other), steps, strict=True):
        with world.as_(who):
            step()
        for state in CreditMemo.State.values:
            expected = set(memos_with_state().filter(state=state))
            assert set(CreditMemo.objects.filter(books.stands_at(state))) == expected, state
        expected = set(memos_with_state().filter(state__in=("proposed", "in_review", "approved")))
        assert set(CreditMemo.objects.filter(books.waiting())) == expected


# Months -----------------------------------------------------------------------------------------------------


def test_finance_closes_a_month_and_another_reopens_it_each_with_a_reason():
    factories.entity()
    closer, opener = factories.user("finance"), factories.user("finance_approver")
    address = reverse("pages:period_act", args=["us", "2023-03", "close"])
    answer = log_in(closer).post(address, {"reason": "all is issued"}, follow=True)
    assert "2023-03 is closed" in answer.content.decode()
    step = PeriodStep.objects.get()
    assert (step.state, step.reason, step.taken_by) == ("closed", "all is issued", closer)
    assert "Reopen the month" in shown(log_in(opener), "period", "us", "2023-03")
    address = reverse("pages:period_act", args=["us", "2023-03", "reopen"])
    log_in(opener).post(address, {"reason": "one was forgotten"})
    assert PeriodStep.objects.order_by("number").last().state == "reopened"


def test_a_month_with_memos_that_wait_says_why_it_is_not_closed(settings):
    world.customer().propose(on=date(2023, 4, 7))
    settings.AS_OF = date(2023, 5, 2)
    client = log_in(factories.user("finance"))
    html = shown(client, "period", "us", "2023-04")
    assert "1 memo not issued yet" in html
    assert "Close the month" not in html
    address = reverse("pages:period_act", args=["us", "2023-04", "close"])
    html = client.post(address, {"reason": "the end of the month"}, follow=True).content.decode()
    assert "Refused, and nothing was changed." in html
    assert "memos that are not issued (1, finance)" in html
    assert not PeriodStep.objects.exists()


def test_a_month_that_still_runs_has_no_button():
    factories.entity()
    assert "Close the month" not in shown(log_in(factories.user("finance")), "period", "us", "2023-04")


def test_without_a_reason_nothing_is_done():
    factories.entity()
    address = reverse("pages:period_act", args=["us", "2023-03", "close"])
    html = log_in(factories.user("finance")).post(address, {"reason": "  "}, follow=True).content.decode()
    assert "Say why: it goes on record." in html
    assert not PeriodStep.objects.exists()


@pytest.mark.parametrize("label", ["2023-13", "2023-00", "0000-01", "2023", "x"])
def test_a_month_that_is_none_is_not_found(label):
    factories.entity()
    client = log_in(factories.user("finance"))
    assert client.get(reverse("pages:period", args=["us", label])).status_code == 404


# Memos ------------------------------------------------------------------------------------------------------


def test_one_memo_is_approved_and_issued_with_reasons_on_record():
    memo = world.customer().propose(on=date(2023, 4, 7))
    approver = factories.user("finance_approver")
    address = reverse("pages:memo_act", args=[memo.pk, "approve"])
    log_in(approver).post(address, {"reason": "level and fee checked"})
    assert state_of(memo) == "approved"
    event = Event.objects.get(verb="credit_memo.approve")
    assert (event.actor, event.via, event.reason) == (approver, "page", "level and fee checked")
    client = log_in(factories.user("finance"))
    client.post(reverse("pages:memo_act", args=[memo.pk, "issue"]), {"reason": "approved"})
    html = shown(client, "memo", memo.pk)
    assert "SC-us-00001" in html
    assert "EUR 1,000.00" in html
    assert reverse("pages:entry", args=["SC-us-00001/issue"]) in html


def test_whoever_had_a_hand_in_it_is_told_so_before_and_refused_after():
    ours = world.customer()
    memo = ours.propose(on=date(2023, 4, 7))
    person = ours.invoicer
    from django.contrib.auth.models import Group

    with world.as_("administrator"):
        person.groups.add(Group.objects.get(name="finance_approver"))
    client = log_in(person)
    assert "You cannot approve this: you imported the invoices of its fee" in shown(client, "memo", memo.pk)
    address = reverse("pages:memo_act", args=[memo.pk, "approve"])
    html = client.post(address, {"reason": "mine"}, follow=True).content.decode()
    assert "Refused, and nothing was changed." in html
    assert "imported the invoices of its fee" in html
    assert state_of(memo) == "proposed"


def test_several_are_approved_at_once_and_each_refusal_says_why():
    good, bad = world.customer(), world.vendor()
    person = bad.invoicer
    first, second = good.propose(on=date(2023, 4, 7)), bad.propose(on=date(2023, 4, 7))
    from django.contrib.auth.models import Group

    with world.as_("administrator"):
        person.groups.add(Group.objects.get(name="finance_approver"))
    sent = {"memo": [first.pk, second.pk], "act": "approve", "reason": "the month's end"}
    html = log_in(person).post(reverse("pages:memos_act"), sent).content.decode()
    assert "1 approved, 1 refused" in html
    assert "imported the invoices of its fee" in html
    assert (state_of(first), state_of(second)) == ("approved", "proposed")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"memo": [], "reason": "x"}, "Tick at least one memo."),
        ({"memo": ["1"], "reason": ""}, "Say why: it goes on record."),
        ({"memo": [str(n) for n in range(1, 202)], "reason": "x"}, "Tick at most 200 memos at once."),
        ({"memo": ["x", "-1", "9" * 19], "reason": "x"}, "Tick at least one memo."),
    ],
)
def test_a_bulk_act_without_what_it_needs_does_nothing(sent, words):
    client = log_in(factories.user("finance_approver"))
    html = client.post(reverse("pages:memos_act"), sent | {"act": "approve"}).content.decode()
    assert "Nothing was done." in html
    assert words in html


def test_two_hundred_memos_are_the_most_at_once_and_unknown_ones_are_counted():
    client = log_in(factories.user("finance_approver"))
    sent = {"memo": [str(n) for n in range(1, 201)], "act": "approve", "reason": "x"}
    html = client.post(reverse("pages:memos_act"), sent).content.decode()
    assert "200 of those that were ticked you cannot see." in html


@pytest.mark.parametrize(("role", "act"), [("finance", "approve"), ("auditor", "approve"), ("auditor", "review"),
                                           ("vendor_manager", "issue"), ("customer_success", "reverse")])  # fmt: skip
def test_an_act_of_another_role_is_refused(role, act):
    memo = world.customer().propose(on=date(2023, 4, 7))
    client = log_in(factories.user(role))
    assert client.post(reverse("pages:memo_act", args=[memo.pk, act]), {"reason": "x"}).status_code == 403
    sent = {"memo": [memo.pk], "act": act, "reason": "x"}
    assert client.post(reverse("pages:memos_act"), sent).status_code == 403
    assert state_of(memo) == "proposed"


def test_reversing_is_no_bulk_act_and_an_unknown_act_is_not_found():
    client = log_in(factories.user("finance_approver"))
    for act in ("reverse", "burn", ""):
        sent = {"memo": ["1"], "act": act, "reason": "x"}
        assert client.post(reverse("pages:memos_act"), sent).status_code == 404


def test_a_memo_of_the_other_side_is_not_there():
    memo = world.vendor().propose(on=date(2023, 4, 7))
    client = log_in(factories.user("customer_success"))
    assert client.get(reverse("pages:memo", args=[memo.pk])).status_code == 404
    assert str(memo.assessment.commitment.service.name) not in shown(client, "memos")


def test_the_customer_sees_its_issued_memo_and_none_of_our_names():
    memo = world.customer().issue()
    person = factories.user(kind="customer")
    CounterpartyLogin.objects.create(user=person, counterparty=memo.counterparty)
    html = shown(log_in(person), "memo", memo.pk)
    assert "SC-us-00001" in html
    for step in memo.steps.select_related("taken_by"):
        assert step.taken_by.display_name not in html
    assert "<form" not in html.split("<main")[1]


def test_memos_are_found_by_number_window_and_state():
    memo = world.customer().issue()
    other = world.vendor().propose(on=date(2023, 4, 12))
    client = log_in(factories.user("auditor"))
    for query in (
        {"q": "SC-us-00001"},
        {"q": "2023-03"},
        {"state": "issued"},
        {"direction": "promised_by_us"},
    ):
        html = shown(client, "memos", **query)
        assert reverse("pages:memo", args=[memo.pk]) in html, query
        assert reverse("pages:memo", args=[other.pk]) not in html, query
    assert reverse("pages:memo", args=[other.pk]) in shown(client, "memos", state="waiting")
    assert "There is none." in shown(client, "memos", q="\0%_")


def test_an_auditor_sees_no_button_and_no_box_to_tick():
    memo = world.customer().propose(on=date(2023, 4, 7))
    client = log_in(factories.user("auditor"))
    for html in (shown(client, "memos"), shown(client, "memo", memo.pk)):
        main = html.split("<main")[1]
        assert "checkbox" not in main
        assert "Approve</button>" not in main


def test_the_list_of_memos_keeps_its_filters_when_acting():
    world.customer().propose(on=date(2023, 4, 7))
    html = shown(log_in(factories.user("finance_approver")), "memos", state="waiting")
    assert f'action="{reverse("pages:memos_act")}?state=waiting"' in html


# Statements -------------------------------------------------------------------------------------------------


def test_a_statement_is_the_same_in_every_form():
    world.customer().issue()
    client = log_in(factories.user("finance"))
    html = shown(client, "statements", **QUERY)
    assert "EUR 1,000.00" in html
    assert "SC-us-00001/issue" in html
    files = {}
    for ending in ("pdf", "xlsx", "csv", "json"):
        answer = client.get(reverse("pages:statement_file", args=[ending]), QUERY)
        assert answer.status_code == 200
        assert f"statement-customer-2023-04-01-2023-05-01.{ending}" in answer.headers["Content-Disposition"]
        files[ending] = answer.content
    assert b'"amount":"1000.00"' in files["json"]
    assert b",1000.00\r\n" in files["csv"]
    cells = [cell.value for row in load_workbook(BytesIO(files["xlsx"])).worksheets[0] for cell in row]
    assert 1000 in cells
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(files["pdf"])).pages)
    assert "1,000.00" in text
    assert "SC-us-00001" in text


def test_the_other_paper_is_wider():
    world.customer().issue()
    client = log_in(factories.user("finance"))
    address = reverse("pages:statement_file", args=["pdf"])
    widths = [
        PdfReader(BytesIO(client.get(address, QUERY | more).content)).pages[0].mediabox.width
        for more in ({}, {"size": "Letter"})
    ]
    assert widths[0] < widths[1]


def test_the_hash_on_the_page_is_that_of_the_file():
    import hashlib

    world.customer().issue()
    client = log_in(factories.user("finance"))
    content = client.get(reverse("pages:statement_file", args=["json"]), QUERY).content
    assert hashlib.sha256(content).hexdigest() in shown(client, "statements", **QUERY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"until_on": "2023-04-01"},
        {"until_on": "2023-03-01"},
        {"from_on": "yesterday"},
        {"counterparty": "nobody"},
        {"counterparty": "customer\0"},
        {"legal_entity": "them"},
        {"size": "A5"},
    ],
)
def test_a_statement_that_cannot_be_is_refused_and_never_a_server_error(wrong):
    world.customer().issue()
    client = log_in(factories.user("finance"))
    assert client.get(reverse("pages:statements"), QUERY | wrong).status_code == 200
    assert client.get(reverse("pages:statement_file", args=["pdf"]), QUERY | wrong).status_code == 404


def test_without_any_counterparty_the_page_is_empty_and_not_broken():
    assert "Statement" in shown(log_in(factories.user("finance")), "statements")


def test_a_customers_own_statement_shows_what_is_in_the_books_only():
    world.customer().finalise()
    person = factories.user(kind="customer")
    CounterpartyLogin.objects.create(user=person, counterparty=factories.counterparty("customer"))
    query = QUERY | {"from_on": "2023-03-01"}
    assert "EUR 1,000.00" in shown(log_in(factories.user("finance")), "statements", **query)
    assert "EUR 1,000.00" not in shown(log_in(person), "statements", **query)
    other = query | {"counterparty": "vendor"}
    assert log_in(person).get(reverse("pages:statement_file", args=["json"]), other).status_code == 404


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2025, 7, 15), (date(2025, 4, 1), date(2025, 7, 1))),
        (date(2025, 1, 1), (date(2024, 10, 1), date(2025, 1, 1))),
        (date(2025, 3, 31), (date(2024, 10, 1), date(2025, 1, 1))),
    ],
)
def test_a_statement_is_of_the_last_quarter_that_is_over_unless_told(day, quarter):
    assert last_quarter(day) == quarter


# The ledger -------------------------------------------------------------------------------------------------


def test_the_trial_balance_leads_down_to_the_memo():
    memo = world.customer().issue()
    client = log_in(factories.user("finance"))
    html = shown(client, "trial_balance")
    assert "It balances." in html
    posting = memo.entries.get().postings.get(side="credit")
    assert reverse("pages:account", args=[posting.account_id]) in html
    html = shown(client, "account", posting.account_id)
    assert reverse("pages:entry", args=["SC-us-00001/issue"]) in html
    assert reverse("pages:memo", args=[memo.pk]) in shown(client, "entry", "SC-us-00001/issue")


def test_the_trial_balance_is_as_of_a_day():
    world.customer().issue(on=date(2023, 4, 11))
    client = log_in(factories.user("finance"))
    assert "Nothing was posted until then." in shown(client, "trial_balance", on="2023-04-10")
    assert "EUR 1,000.00" in shown(client, "trial_balance", on="2023-04-11", legal_entity="us")
    address = reverse("pages:trial_balance")
    assert client.get(address, {"on": "soon"}).status_code == 404
    assert client.get(address, {"legal_entity": "them"}).status_code == 404


def test_a_vendor_manager_opens_the_vendors_entries_only():
    ours, theirs = world.customer().issue(), world.vendor().issue()
    client = log_in(factories.user("vendor_manager"))
    for memo, status in ((ours, 404), (theirs, 200)):
        [entry] = memo.entries.all()
        assert client.get(reverse("pages:entry", args=[entry.reference])).status_code == status
        for posting in entry.postings.all():
            assert client.get(reverse("pages:account", args=[posting.account_id])).status_code == status


def test_every_link_of_the_books_opens():
    memo = world.customer().issue()
    world.vendor().send()
    client = log_in(factories.user("finance"))
    pages = [
        shown(client, "home"),
        shown(client, "memos"),
        shown(client, "memo", memo.pk),
        shown(client, "statements", **QUERY),
        shown(client, "trial_balance"),
        shown(client, "period", "us", "2023-04"),
    ]
    addresses = {part.split('"')[0] for html in pages for part in html.split(' href="')[1:]}
    for address in sorted(one for one in addresses if one.startswith(("/", "?")) and "/static/" not in one):
        if address.startswith("/"):
            assert client.get(address.replace("&amp;", "&")).status_code == 200, address


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("memo: it is issued; nothing is left", "It is issued; nothing is left."),
        ("actor: Ada proposed the memo", "Ada proposed the memo."),
        ("Something: with a capital", "Something: with a capital."),
    ],
)
def test_a_refusal_is_a_sentence(error, words):
    from base.errors import DomainError

    assert sentence(DomainError(error)) == words


def test_no_memo_changes_by_being_looked_at():
    memo = world.customer().propose(on=date(2023, 4, 7))
    client = log_in(factories.user("finance"))
    before = Event.objects.count()
    shown(client, "memo", memo.pk)
    shown(client, "memos")
    assert client.get(reverse("pages:memo_act", args=[memo.pk, "review"])).status_code == 405
    assert Event.objects.count() == before
    assert CreditMemo.objects.count() == 1
