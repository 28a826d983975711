"""One matrix, every surface: role x address x object, for pages, admin, API, documents and exports.

What a role should see is written down here once more and by hand, in the references of the contracts on which
everything hangs; the addresses are those that the resolver knows. An address that is not in a table fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from base.access_rules import BY_MODEL
from base.models import ROLES, User
from contracts.models import CounterpartyLogin
from credits.models import Assessment, JournalEntry
from credits.services import send_claim
from tests import factories
from tests.access.pages import PAGES
from tests.admin.forms import log_in, page
from tests.api.client import Api, listing, token
from tests.credits import world
from vendors.services import draft_letter

pytestmark = pytest.mark.django_db
BOTH, OURS, THEIRS, NONE = {"C-1", "V-1"}, {"C-1"}, {"V-1"}, set()
LOGINS = ("their customer", "their vendor", "a strange customer", "a superuser", "a person without a role")

# Whose rows are seen of what hangs on a contract; None: the list itself is refused.
SEES: dict[str, dict[str, set[str] | None]] = {
    "contracts/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor", "administrator"), BOTH)
    | {"vendor_manager": THEIRS, "customer_success": OURS, "their customer": OURS, "their vendor": THEIRS}
    | {"a strange customer": NONE},
    "versions/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "their customer": OURS, "their vendor": THEIRS, "a strange customer": NONE},
    "commitments/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "their customer": OURS, "their vendor": THEIRS, "a strange customer": NONE},
    # Customer success sees the review of what it was asked about, and here it was asked about nothing.
    "signatures/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "customer_success": NONE},
    "assessments/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "customer_success": OURS, "their customer": OURS, "their vendor": THEIRS}
    | {"a strange customer": NONE},
    "breaches/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "customer_success": OURS, "their customer": OURS, "their vendor": THEIRS}
    | {"a strange customer": NONE},
    "claims/": dict.fromkeys(("legal", "finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "customer_success": OURS, "their customer": OURS, "their vendor": THEIRS}
    | {"a strange customer": NONE},
    "memos/": dict.fromkeys(("finance", "finance_approver", "auditor"), BOTH)
    | {"vendor_manager": THEIRS, "customer_success": OURS, "their customer": OURS, "their vendor": THEIRS}
    | {"a strange customer": NONE},
    "invoices/": dict.fromkeys(("finance", "finance_approver", "auditor"), BOTH) | {"vendor_manager": THEIRS},
}
# Lists whose rows name no contract: who may ask at all.
ASKS: dict[str, set[str]] = {
    "counterparties/": {*ROLES, *LOGINS[:3]} - {"executive", "administrator"},
    "services/": {*ROLES} - {"executive", "administrator"},
    "templates/": {"legal", "finance", "finance_approver", "auditor", "vendor_manager"},
    "remarks/": {*ROLES} - {"executive", "administrator"},
    "signers/": {*ROLES} - {"executive", "administrator"},
    "conflicts/": {*ROLES} - {"executive"},
    "coverage/": {*ROLES, "their customer", "a strange customer"} - {"executive", "administrator"},
    "renewals/": {*ROLES} - {"executive"},
    "sources/": {*ROLES} - {"executive"},
    "runs/": {*ROLES} - {"executive"},
    "pushes/": {*ROLES} - {"executive"},
    "payloads/": {"legal", "finance", "finance_approver", "auditor", "vendor_manager"},
    "observations/intervals/": {*ROLES} - {"executive", "administrator"},
    "observations/daily-seconds/": {*ROLES} - {"executive", "administrator"},
    "published-figures/": {"legal", "finance", "finance_approver", "auditor", "vendor_manager"},
    "exclusions/": {*ROLES} - {"executive", "administrator"},
    "accounts/": {"finance", "finance_approver", "auditor", "vendor_manager"},
    "entries/": {"finance", "finance_approver", "auditor", "vendor_manager"},
    "invoice-files/": {"finance", "finance_approver", "auditor"},
    "export-batches/": {"finance", "finance_approver", "auditor"},
    "notices/": {"legal", "auditor", "administrator", "customer_success"},
    "events/": {"legal", "finance", "finance_approver", "auditor", "administrator"},
}
STATEMENTS: dict[str, set[str]] = {
    "finance": {"customer", "vendor"},
    "finance_approver": {"customer", "vendor"},
    "auditor": {"customer", "vendor"},
    "vendor_manager": {"vendor"},
    "customer_success": {"customer"},
    "their customer": {"customer"},
    "a strange customer": set(),
}
BOOKKEEPERS = {"finance", "finance_approver", "auditor"}


@dataclass
class Ledger:
    """A customer's side and a vendor's, each with a final result, a memo in the books and a claim."""

    ours: world.World
    theirs: world.World

    def sides(self) -> tuple[tuple[str, world.World], tuple[str, world.World]]:
        """Each side by the name that the tables give it."""
        return ("customers", self.ours), ("vendors", self.theirs)


@pytest.fixture
def ledger() -> Ledger:
    ours, theirs = world.customer(), world.vendor()
    ours.issue()
    theirs.issue()
    claim = theirs.claim()
    with world.as_("vendor_manager"):
        draft_letter(claim, written_on=date(2023, 4, 12))
        send_claim(claim, sent_on=date(2023, 4, 12), reference="sent by hand")
    return Ledger(ours, theirs)


def somebody(who: str) -> User:
    """A person of a row of the tables."""
    if who in ROLES:
        return factories.user(who)
    if who == "a superuser":
        return factories.user(is_superuser=True)
    if who == "a person without a role":
        return factories.user()
    person = factories.user(kind="vendor" if "vendor" in who else "customer")
    code = {"their customer": "customer", "their vendor": "vendor"}.get(who, "stranger")
    CounterpartyLogin.objects.create(user=person, counterparty=factories.counterparty(code))
    return person


WHO = pytest.mark.parametrize("who", [*ROLES, *LOGINS])


def references_of(row: dict[str, Any]) -> str:
    return str(row.get("contract") or row.get("reference"))


# The API ----------------------------------------------------------------------------------------------------


def test_every_list_of_the_api_stands_in_a_table():
    assert {*SEES, *ASKS} == set(listing())


@WHO
def test_the_api_shows_each_what_is_theirs(ledger, who):
    asked = Api(token(somebody(who))[1])
    whole = Api(token(factories.user("auditor"))[1])
    for address in listing():
        expected = SEES[address].get(who) if address in SEES else (BOTH if who in ASKS[address] else None)
        if expected is None:
            assert asked.get(address).status_code == 403, address
            refused = {asked.get(f"{address}{row['id']}/").status_code for row in whole.rows(address)[:3]}
            assert refused <= {403}, address
            continue
        every = whole.rows(address, page_size=200)[:6]
        shown = asked.rows(address, page_size=200)
        if address in SEES:
            assert {references_of(row) for row in shown} == expected, address
        seen = {row["id"] for row in shown}
        for row in every:
            status = asked.get(f"{address}{row['id']}/").status_code
            assert status == (200 if row["id"] in seen else 404), (address, row["id"])


@WHO
def test_evidence_statements_and_the_trial_balance_go_to_whom_they_should(ledger, who):
    asked = Api(token(somebody(who))[1])
    for row in Assessment.objects.all():
        reference = row.commitment.version.contract.reference
        expected = SEES["assessments/"].get(who)
        status = 403 if expected is None else 200 if reference in expected else 404
        for query in ({}, {"form": "pdf", "page_size": "Letter"}):
            assert asked.get(f"assessments/{row.pk}/evidence/", **query).status_code == status
    for code in ("customer", "vendor"):
        query = {
            "counterparty": code,
            "legal_entity": "us",
            "from_on": "2023-04-01",
            "until_on": "2023-05-01",
        }
        allowed = code in STATEMENTS.get(who, set())
        refusal = 404 if who in STATEMENTS else 403
        for form in ("json", "csv"):
            status = asked.get("statements/", form=form, **query).status_code
            assert status == (200 if allowed else refusal), (code, form)
    assert asked.get("trial-balance/").status_code == (200 if who in BOOKKEEPERS else 403)


@WHO
def test_texts_redlines_and_dates_go_to_whom_they_should(ledger, who):
    asked = Api(token(somebody(who))[1])
    seen = SEES["versions/"].get(who)
    dated = {*ROLES} - {"executive"}
    for reference, told in (("C-1", ledger.ours), ("V-1", ledger.theirs)):
        status = 403 if seen is None else 200 if reference in seen else 404
        text = {"contract": reference, "as_of": "2023-03-10T00:00:00Z"}
        assert asked.get("conformed-text/", **text).status_code == status, reference
        version = told.contract.versions.get().pk
        assert asked.get(f"versions/{version}/redline/", before=1).status_code == status, reference
    status = asked.get("dates-ahead/", since="2022-01-01", until="2022-01-01").status_code
    assert status == (200 if who in dated else 403)


# The admin --------------------------------------------------------------------------------------------------


@WHO
def test_the_admin_shows_each_what_is_theirs(ledger, who):
    """Lists and single records, of the models that hang on one side; logins of counterparties never come in."""
    person = somebody(who)
    client = log_in(person)
    hang = {
        "contracts.contract": ("contracts/", "reference"),
        "contracts.contractversion": ("versions/", "contract__reference"),
        "credits.assessment": ("assessments/", "commitment__version__contract__reference"),
        "credits.breach": ("breaches/", "assessment__commitment__version__contract__reference"),
        "credits.claim": ("claims/", "breach__assessment__commitment__version__contract__reference"),
        "credits.creditmemo": ("memos/", "contract__reference"),
        "invoices.invoice": ("invoices/", "contract__reference"),
    }
    for label, (address, path) in hang.items():
        expected = SEES[address].get(who) if who in ROLES else None
        answer = client.get(page(label))
        assert answer.status_code == (403 if expected is None else 200), label
        model = apps.get_model(label)
        if expected is not None:
            shown = {row.pk for row in answer.context["cl"].result_list}
            assert shown == set(
                model.objects.filter(**{f"{path}__in": expected}).values_list("pk", flat=True)
            )
        for pk, reference in model.objects.values_list("pk", path):
            status = client.get(page(label, "change", pk)).status_code
            # Django's admin leads back to the start where it finds no such record.
            assert status == (403 if expected is None else 200 if reference in expected else 302), (
                label,
                reference,
            )


def test_the_admins_filters_name_nobody_of_the_other_side(ledger):
    html = log_in(factories.user("vendor_manager")).get(page("credits.assessment")).content.decode()
    assert "V-1" in html
    assert "C-1" not in html


def test_every_model_in_the_admin_is_in_the_matrix():
    assert {model._meta.label_lower for model in admin.site._registry} <= set(BY_MODEL)


def test_a_vendor_manager_does_not_reach_an_entry_of_the_customers_side(ledger):
    client = log_in(factories.user("vendor_manager"))
    seen = set()
    for entry in JournalEntry.objects.prefetch_related("postings__account"):
        purposes = {posting.account.purpose for posting in entry.postings.all()}
        customers = bool(purposes & {"payable_to_customers", "service_credit_expense"})
        status = client.get(page("credits.journalentry", "change", entry.pk)).status_code
        assert status == (302 if customers else 200)
        seen.add(customers)
    assert seen == {True, False}


# The pages --------------------------------------------------------------------------------------------------


def addresses(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """The names of all addresses outside of the admin and of the API's router."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"
        elif pattern.namespace not in ("admin",):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, inner)


def test_every_address_stands_in_the_matrix():
    known = {*PAGES}
    api = {
        f"api:{prefix.strip('/').replace('/', '-')}-{name}"
        for prefix in listing()
        for name in ("list", "detail", "evidence", "as-known")
    }
    api |= {"api:schema", "api:docs", "api:unknown", "api:trial-balance", "api:statements"}
    api |= {"api:versions-redline", "api:conformed-text", "api:dates-ahead"}
    api |= {"api:export-files"}
    missing = set(addresses(get_resolver())) - known - api
    assert not missing, f"add to tests/access/pages.py who may see: {sorted(missing)}"


def asked_as(ledger: Ledger, who: str) -> Iterator[str]:
    """What is wrong with the pages as one of the rows sees them."""
    client = log_in(somebody(who))
    for name, wanted in sorted(PAGES.items()):
        for side, args in wanted.args(ledger).items():
            status = client.get(reverse(name, args=args), wanted.query(ledger, side)).status_code
            opens = wanted.opens(who, side)
            if (status == 200) is not opens or status not in (200, 302, 403, 404, 405):
                yield f"{name} {side}: {status}, and it should {'open' if opens else 'be refused'}"


@WHO
def test_pages_open_to_whom_the_matrix_says(ledger, who):
    assert list(asked_as(ledger, who)) == []


def test_a_visitor_sees_the_open_pages_only(ledger):
    for name, wanted in sorted(PAGES.items()):
        for side, args in wanted.args(ledger).items():
            status = Client().get(reverse(name, args=args), wanted.query(ledger, side)).status_code
            assert status in (wanted.public or (302, 403, 404, 405)), f"{name}: {status}"
