"""The vendor manager's pages: whose claims are shown, each act from draft to ledger, refusals in plain words."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from contracts.models import CounterpartyLogin
from credits import services as credits
from credits.models import Claim
from credits.reading import last_claim_step
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from vendors import services
from vendors.models import Answer, ClaimLetter, SentLetter, VendorProfile

pytestmark = pytest.mark.django_db
AS_OF = date(2023, 4, 15)


@pytest.fixture(autouse=True)
def _as_of(settings):
    settings.AS_OF = AS_OF


def vendor(reference: str = "V-1") -> world.World:
    fee = world.VENDOR_FEE.replace("V-1", reference).replace("P-1", f"P-{reference}")
    return world.vendor(reference=reference, fee=fee)


def manager() -> Client:
    return log_in(factories.user("vendor_manager"))


def html_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def act(client: Client, claim: Claim, name: str, **values: object):
    given = {"act": name, "on": AS_OF.isoformat(), "reason": "a test says so"} | values
    return client.post(f"/claims/{claim.pk}/", given)


@pytest.fixture
def issued() -> Claim:
    told = vendor()
    told.issue()
    return told.claim()


# Home and list -------------------------------------------------------------------------------------------


def test_the_home_counts_days_left_and_money_by_what_became_of_it(issued):
    html = html_of(manager().get("/"))
    assert "15 days left" in html
    assert "The first has 15 days left." in html
    assert "USD 987.46" in html
    assert "Every claim was sent in time." in html
    assert "What became of our claims, USD" in html


def test_what_lateness_cost_is_said(issued):
    with world.as_job():
        credits.forfeit_overdue(as_of=date(2023, 5, 1))
    html = html_of(manager().get("/"))
    assert "1 claim that nobody sent in time." in html
    assert "Nothing waits to be sent." in html


def test_the_home_without_anything_says_so():
    html = html_of(manager().get("/"))
    assert "Nothing waits to be sent." in html
    assert "There is no vendor yet." in html


@pytest.mark.parametrize(
    ("role", "theirs", "ours"),
    [
        ("vendor_manager", True, False),
        ("customer_success", False, True),
        ("finance", True, True),
        ("legal", True, True),
        ("auditor", True, True),
    ],
)
def test_whose_claims_are_listed(issued, role, theirs, ours):
    customers = world.customer().claim()
    client = log_in(factories.user(role))
    html = html_of(client.get("/claims/"))
    assert (f'href="/claims/{issued.pk}/"' in html) == theirs
    assert (f'href="/claims/{customers.pk}/"' in html) == ours
    assert (client.get(f"/claims/{issued.pk}/").status_code == 200) == theirs
    assert (client.get(f"/claims/{customers.pk}/").status_code == 200) == ours


@pytest.mark.parametrize("role", ["executive", "administrator"])
def test_others_see_no_claim(issued, role):
    client = log_in(factories.user(role))
    for address in ("/claims/", f"/claims/{issued.pk}/", f"/claims/{issued.pk}/letters/1.pdf", "/reported/"):
        assert client.get(address).status_code == 403, address


def test_a_visitor_is_sent_to_log_in(issued):
    for address in ("/claims/", f"/claims/{issued.pk}/", "/reported/", "/vendors/vendor/"):
        assert Client().get(address).headers["Location"].startswith("/login/")


@pytest.mark.slow
@pytest.mark.parametrize("address", ["/", "/claims/"])
def test_lists_cost_the_same_for_few_and_for_many(address):
    client = manager()
    vendor("V-1").issue()
    few = queries(client, address)
    for number in range(2, 6):
        vendor(f"V-{number}").issue()
    assert queries(client, address) <= few <= 16


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("state=found", True), ("state=sent", False), ("window=2023-Q1", True), ("service=nothing", False)],
)
def test_the_list_is_narrowed(issued, asked, found):
    html = html_of(manager().get(f"/claims/?{asked}"))
    assert (f'href="/claims/{issued.pk}/"' in html) == found


# A claim, from the draft to the ledger -------------------------------------------------------------------


def test_from_the_draft_to_the_answer_and_the_ledger_moves(issued):
    client = manager()
    assert act(client, issued, "draft", remarks="As told by phone.").status_code == 302
    pdf = client.get(f"/claims/{issued.pk}/letters/1.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.content)).pages)
    assert "DRAFT" in said
    assert "As told by phone." in said
    assert act(client, issued, "send").status_code == 302
    sent = client.get(f"/claims/{issued.pk}/letters/1.pdf").content
    assert sent == bytes(SentLetter.objects.get().document)
    html = html_of(client.get(f"/claims/{issued.pk}/"))
    assert "sent, no answer yet" in html
    assert "Claims on vendors, not acknowledged</a></dt><dd>USD 987.46</dd>" in html
    answered = act(
        client, issued, "answer", verdict="acknowledged_part", amount="600.00", words="One day only."
    )
    assert answered.status_code == 302
    html = html_of(client.get(answered.headers["Location"]))
    assert "the ledger has moved" in html
    assert "One day only." in html
    assert "Service credits receivable from vendors</a></dt><dd>USD 600.00</dd>" in html
    assert "Claims on vendors, not acknowledged</a></dt><dd>USD 0.00</dd>" in html
    assert Answer.objects.get().amount == Decimal("600.00")


def test_sending_before_the_memo_is_issued_is_refused_in_plain_words():
    told = vendor()
    told.approve()
    client = manager()
    html = html_of(client.get(f"/claims/{told.claim().pk}/"))
    assert "The claim can be sent once its memo is issued: it is approved now." in html
    act(client, told.claim(), "draft")
    refused = act(client, told.claim(), "send")
    assert refused.status_code == 200
    assert "Refused, and nothing was changed." in html_of(refused)
    assert "it must be issued first" in html_of(refused)
    assert not SentLetter.objects.exists()


def test_sending_late_is_refused_at_its_field(issued):
    client = manager()
    act(client, issued, "draft")
    refused = act(client, issued, "send", on="2023-05-01")
    assert refused.status_code == 200
    assert "1 days after 2023-04-30" in html_of(refused)
    assert 'id="send-on_error"' in html_of(refused)
    assert last_claim_step(issued).kind == "found"


def test_an_act_without_a_reason_is_refused_and_what_was_typed_stays(issued):
    refused = act(manager(), issued, "draft", reason=" ", remarks="Kept while mending.")
    assert refused.status_code == 200
    assert "Say why: it goes on record." in html_of(refused)
    assert "Kept while mending." in html_of(refused)
    assert not ClaimLetter.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"verdict": "refused"}, "with which words the vendor refuses"),
        ({"verdict": "acknowledged_part", "words": "half"}, "where the vendor acknowledges a part"),
        ({"verdict": "acknowledged_part", "words": "more", "amount": "5000.00"}, "is more than 987.46"),
        ({"verdict": ""}, "This field is required."),
        ({"verdict": "acknowledged_whole", "on": "2023-04-01"}, "lies before 2023-04-12"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_its_field(values, said):
    claim = vendor().send()
    refused = act(manager(), claim, "answer", **values)
    assert refused.status_code == 200
    assert said in html_of(refused)
    assert claim.steps.count() == 2


def test_the_reason_goes_on_record(issued):
    from audit.models import Event

    act(manager(), issued, "draft", reason="The quarter is final.")
    event = Event.objects.get(verb="claim_letter.draft")
    assert (event.reason, event.via) == ("The quarter is final.", "page")


def test_a_newer_draft_is_wanted_once_the_memo_is_issued():
    told = vendor()
    told.approve()
    client = manager()
    act(client, told.claim(), "draft")
    with world.as_("finance"):
        credits.issue_memo(told.claim().breach.assessment.memo, taken_on=date(2023, 4, 11))
    html = html_of(client.get(f"/claims/{told.claim().pk}/"))
    assert "would say something else by now" in html
    assert "Draft it again" in html_of(act(client, told.claim(), "send")).replace("draft it", "Draft it")


@pytest.mark.parametrize("role", ["legal", "auditor", "finance_approver"])
def test_who_may_look_may_not_act(issued, role):
    client = log_in(factories.user(role))
    html = html_of(client.get(f"/claims/{issued.pk}/"))
    assert 'name="act"' not in html
    assert act(client, issued, "draft").status_code == 403
    assert not ClaimLetter.objects.exists()


def test_legal_sees_no_ledger(issued):
    assert "Your role does not open the ledger." in html_of(
        log_in(factories.user("legal")).get(f"/claims/{issued.pk}/")
    )


def test_an_unknown_act_is_not_found(issued):
    assert act(manager(), issued, "burn").status_code == 404


def test_customer_success_records_a_customers_claim_and_finance_waives_one():
    first = world.customer().claim()
    client = log_in(factories.user("customer_success"))
    assert act(client, first, "claimed", reference="letter", on="2023-04-12").status_code == 302
    assert last_claim_step(first).kind == "claimed"
    second = world.customer(
        reference="C-2", fee=world.FEE.replace("C-1", "C-2").replace("I-1", "I-2")
    ).claim()
    finance = log_in(factories.user("finance"))
    assert act(finance, second, "waive").status_code == 302
    assert last_claim_step(second).reason == "a test says so"


def test_finance_records_the_credit_that_arrived():
    claim = vendor().send()
    with world.as_("vendor_manager"):
        services.record_answer(claim, verdict="acknowledged_whole", received_on=AS_OF)
    assert 'value="receive"' not in html_of(manager().get(f"/claims/{claim.pk}/"))
    finance = log_in(factories.user("finance"))
    assert act(finance, claim, "receive", reference="invoice 7").status_code == 302
    assert "Clearing with vendors&#x27; invoices</a></dt><dd>USD 987.46</dd>" in html_of(
        finance.get(f"/claims/{claim.pk}/")
    )


def test_a_vendors_login_sees_the_claim_and_the_letter_once_they_are_sent(issued):
    person = factories.user(kind="vendor")
    CounterpartyLogin.objects.create(user=person, counterparty=factories.counterparty("vendor"))
    theirs, client = log_in(person), manager()
    act(client, issued, "draft")
    act(client, issued, "draft", remarks="again")
    assert theirs.get(f"/claims/{issued.pk}/").status_code == 404
    assert theirs.get(f"/claims/{issued.pk}/letters/1.pdf").status_code == 404
    act(client, issued, "send")
    assert theirs.get(f"/claims/{issued.pk}/").status_code == 200
    assert theirs.get(f"/claims/{issued.pk}/letters/1.pdf").status_code == 404
    assert theirs.get(f"/claims/{issued.pk}/letters/2.pdf").status_code == 200


@pytest.mark.parametrize("address", ["/claims/999/", "/claims/1/letters/1.pdf?size=A5", "/vendors/nobody/"])
def test_what_is_not_there_is_not_found(address):
    assert manager().get(address).status_code == 404


# Vendors and what they report ----------------------------------------------------------------------------


def test_the_profile_is_kept_and_stands_in_the_next_letter(issued):
    client = manager()
    sent = {
        "claims_address": "Claims desk\r\n1 Main Street",
        "claims_email": "",
        "reason": "their mail of today",
    }
    assert client.post("/vendors/vendor/", sent).status_code == 302
    assert VendorProfile.objects.get().claims_address == "Claims desk\n1 Main Street"
    act(client, issued, "draft")
    assert "1 Main Street" in ClaimLetter.objects.get().text


def test_a_mail_address_that_is_none_is_refused(issued):
    refused = manager().post("/vendors/vendor/", {"claims_email": "nowhere", "reason": "x"})
    assert refused.status_code == 200
    assert not VendorProfile.objects.exists()


def test_finance_sees_the_profile_and_does_not_keep_it(issued):
    client = log_in(factories.user("finance"))
    assert "Keep the profile" not in html_of(client.get("/vendors/vendor/"))
    assert client.post("/vendors/vendor/", {"reason": "x"}).status_code == 403


def test_reported_against_measured_without_two_lists_says_so(issued):
    assert "not two lists to compare" in html_of(manager().get("/reported/?vendor=vendor"))


def test_reported_against_measured_shows_months_causes_and_days(lists, settings):
    settings.AS_OF = date(2024, 3, 5)
    from tests.vendors import test_comparing as comparing

    comparing.tell(lists, comparing.incident("a", 20), comparing.incident("b", 30, day="2024-02-09"))
    comparing.count(lists, "API,2024-01-05,60,0,", "API,2024-02-05,0,3600,a", "API,2024-02-09,0,1800,b")
    client = manager()
    html = html_of(client.get("/reported/?vendor=acme&service=api&year=2024"))
    assert "Minutes of outage of Api in 2024" in html
    assert "1 of 2 component-days with an outage; 1 more lie outside" in html
    assert "another number of minutes on the day" in html
    assert "unknown" in html
    assert "60 min" not in html.split("Day by day")[0].split("January 2024")[1].split("</tr>")[0]
    assert "2024-02-05" in html.split("Day by day")[1]
    narrowed = html_of(client.get("/reported/?vendor=acme&cause=list_only"))
    assert "2024-02-05" not in narrowed.split("Day by day")[1]


@pytest.mark.parametrize(
    "asked", ["vendor=nobody", "service=nothing", "year=1999", "year=x", "cause=weather"]
)
def test_what_cannot_be_compared_is_not_found(lists, asked):
    from tests.vendors import test_comparing as comparing

    comparing.tell(lists)
    comparing.count(lists, "API,2024-02-05,0,3600,a")
    base = "" if asked.startswith("vendor") else "vendor=acme&"
    assert manager().get(f"/reported/?{base}{asked}").status_code == 404


@pytest.fixture
def lists():
    from tests.vendors.test_comparing import lists as make
    from tests.vendors.test_comparing import vendor as make_vendor

    return make.__wrapped__(make_vendor.__wrapped__())


@pytest.mark.parametrize("address", ["/", "/claims/", "/claims/{}/", "/vendors/vendor/", "/reported/"])
def test_no_page_needs_an_inline_script_or_style(issued, address):
    html = manager().get(address.format(issued.pk)).content.decode()
    assert "<script>" not in html
    assert " style=" not in html
    assert "<style" not in html
