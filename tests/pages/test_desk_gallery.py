"""The gallery: found, looked at, started from; what it asks of the database does not grow with what is in it."""

import re
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import services
from contracts.gallery.published import published
from contracts.models import Contract, ContractVersion, TermsTemplate
from pages.desk.gallery import pieces
from reckoning.canonical import canonical_json
from tests import factories
from tests.contracts.test_gallery import GOLD

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
FEW = ("slack-2019", "aws-rds-single", "fineline-earnback", "ofgem-egs", "azure-vm")


@pytest.fixture(autouse=True)
def the_day(settings: Any) -> None:
    settings.AS_OF = date(2026, 3, 1)


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(factories.user("legal", name="lena"))
    return found


def load(*slugs: str) -> None:
    with factories.legal():
        services.load_templates([one for one in published() if not slugs or one.slug in slugs], loaded_on=DAY)


def gold(**values: Any) -> TermsTemplate:
    with factories.legal():
        given: dict[str, Any] = {
            "slug": "gold",
            "document": deepcopy(GOLD),
            "reason": "ours",
            "created_on": DAY,
        }
        return services.create_template(**(given | values))


def shown(client: Client, address: str, **query: Any) -> str:
    answer: Any = client.get(address, query)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


# Finding ----------------------------------------------------------------------------------------------------


def test_templates_are_found_by_provider_industry_words_and_what_they_contain(client: Client) -> None:
    load(*FEW)
    address = reverse("pages:templates")
    assert "5 templates" in shown(client, address)
    assert "1 template<" in shown(client, address, provider="Slack")
    assert "1 template<" in shown(client, address, industry="utilities")
    found = shown(client, address, q="earn back")
    assert "<mark>" in found
    assert reverse("pages:template", args=["fineline-earnback"]) in found
    assert reverse("pages:template", args=["slack-2019"]) not in found
    narrowed = shown(client, address, f="remedy:earn_back")
    assert "1 template<" in narrowed
    assert "It can be earned back" in narrowed
    assert "No template has all of that" in shown(client, address, f=["remedy:earn_back", "window:hour"])
    assert "A dated fact and not today" in found


def test_what_is_searched_is_never_taken_as_markup(client: Client) -> None:
    load("slack-2019")
    assert "<script>" not in shown(client, reverse("pages:templates"), q="<script>alert(1)</script>")
    assert pieces("a \u27e6hit\u27e7 b") == [("a ", False), ("hit", True), (" b", False)]
    assert pieces("\u27e6one\u27e7\u27e6two\u27e7") == [("one", True), ("two", True)]
    assert pieces("no mark") == [("no mark", False)]


def test_the_lists_price_does_not_grow_with_the_gallery(client: Client) -> None:
    load("slack-2019")
    address = reverse("pages:templates")
    few = queries(client, address)
    load()
    assert queries(client, address) <= few + 1
    assert queries(client, f"{address}?q=credit&f=claim:automatic") <= few + 2
    assert few <= 12


def test_overdue_reviews_are_listed_and_a_review_takes_one_off(client: Client) -> None:
    template = gold(review_every_months=1)
    assert "Reviews that are overdue" in shown(client, reverse("pages:templates"))
    client.post(reverse("pages:template", args=["gold"]), {"act": "review", "reason": "still good"})
    template.refresh_from_db()
    assert template.next_review_on == date(2026, 4, 1)
    assert "Reviews that are overdue" not in shown(client, reverse("pages:templates"))


# One template -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_published_template_shows_itself(client: Client) -> None:
    load()
    for template in TermsTemplate.objects.all():
        html = shown(client, reverse("pages:template", args=[template.slug]))
        assert "not today&#x27;s terms" in html or "not today's terms" in html
        assert template.source_addresses[0].replace("&", "&amp;") in html


def test_the_document_of_a_version_is_handed_out_as_it_is_kept(client: Client) -> None:
    template = gold()
    answer: Any = client.get(reverse("pages:template_file", args=["gold", 1]))
    assert canonical_json(answer.json()) == canonical_json(template.versions.get().document)
    assert answer["Content-Disposition"] == 'attachment; filename="gold-v1.json"'


def test_a_new_version_is_published_with_a_reason_and_lists_who_would_differ(client: Client) -> None:
    factories.service("api")
    template = gold()
    address = reverse("pages:template", args=["gold"])
    client.post(reverse("pages:template_start", args=["gold"]), started("C-1"))
    version = ContractVersion.objects.get()
    later = deepcopy(GOLD)
    later["terms"]["commitments"][0]["cut_off_days"] = 20
    file = SimpleUploadedFile("gold.json", canonical_json(later))
    refused = client.post(address, {"act": "publish", "file": file, "reason": ""})
    assert "Say why: it goes on record." in refused.content.decode()
    file.seek(0)
    client.post(address, {"act": "publish", "file": file, "reason": "finance closes later"})
    assert template.versions.count() == 2
    html = shown(client, address)
    assert "the newest version would say otherwise" in html
    assert re.search(r'<span title="cut_off_days">[A-Z][^<_]+</span>: 5 → 20', html)
    assert ContractVersion.objects.get().terms_sha256 == version.terms_sha256


def test_what_is_no_text_is_said_at_its_field(client: Client) -> None:
    gold()
    address = reverse("pages:template", args=["gold"])
    html = client.post(address, {"act": "publish", "document": "[1, 2", "reason": "x"}).content.decode()
    assert "is not JSON" in html
    html = client.post(address, {"act": "publish", "document": "", "reason": "x"}).content.decode()
    assert "Choose a file, or write the text below." in html


def test_a_company_takes_a_template_over_with_values_of_its_own(client: Client) -> None:
    gold()
    entity = factories.entity()
    address = reverse("pages:template", args=["gold"])
    given = {"act": "unit", "legal_entity": entity.pk, "slug": "gold-us", "reason": "theirs"}
    html = client.post(address, given | {"p_target": "50"}).content.decode()
    assert "Is below 99" in html
    answer: Any = client.post(address, given | {"p_target": "99.95"})
    assert answer.url == reverse("pages:template", args=["gold-us"])
    assert "99.95" in shown(client, answer.url)
    client.post(answer.url, {"act": "preset", "p_target": "99.97", "reason": "better"})
    assert TermsTemplate.objects.get(slug="gold-us").preset == {"target": "99.97"}


def test_a_contracts_version_becomes_a_template(client: Client) -> None:
    version = factories.draft(factories.contract("C-7"), factories.terms())
    given = {
        "slug": "seven",
        "industry": "saas",
        "review_every_months": "6",
        "version": version.pk,
        "reason": "good",
    }
    answer: Any = client.post(reverse("pages:template_new"), given)
    assert answer.url == reverse("pages:template", args=["seven"])
    assert TermsTemplate.objects.get(slug="seven").next_review_on == date(2026, 9, 1)


# Starting ---------------------------------------------------------------------------------------------------


def started(reference: str, **changes: Any) -> dict[str, Any]:
    """What is posted to start from the gold template for a contract."""
    contract = factories.contract(reference)
    return {
        "number": "1",
        "contract": contract.pk,
        "p_target": "99.5",
        "p_services": "api",
        "effective_from_on": "2026-01-01",
    } | changes


def test_a_draft_is_started_and_opens_in_the_form_of_the_terms(client: Client) -> None:
    factories.service("api")
    gold()
    answer: Any = client.post(reverse("pages:template_start", args=["gold"]), started("C-1"))
    version = ContractVersion.objects.get()
    assert answer.url == reverse("admin:contracts_contractversion_change", args=[version.pk])
    assert (version.state, version.number) == ("draft", 1)
    assert version.terms["filled_from"]["template"] == "gold"
    assert version.terms["commitments"][0]["target_percent"] == "99.5"


def test_what_is_wrong_stands_at_its_field(client: Client) -> None:
    factories.service("api")
    gold()
    address = reverse("pages:template_start", args=["gold"])
    given = started("C-1", p_target="98.9", p_services="")
    answer = client.post(address, given)
    errors = answer.context["form"].errors
    assert errors["p_services"] == ["Is missing: Which services."]
    answer = client.post(address, given | {"p_services": "api"})
    assert answer.context["form"].errors == {"p_target": ["Is below 99, the least that is allowed"]}
    assert ContractVersion.objects.count() == 0
    assert "Is below 99" in answer.content.decode()


def test_a_new_contract_is_entered_with_its_draft_or_not_at_all(client: Client) -> None:
    load("aws-rds-single")
    address = reverse("pages:template_start", args=["aws-rds-single"])
    given: dict[str, Any] = {
        "number": "1",
        "reference": "N-1",
        "title": "New",
        "legal_entity": factories.entity().pk,
        "counterparty": factories.counterparty().pk,
        "direction": "promised_by_us",
        "new_currency": "EUR",
        "effective_from_on": "2026-01-01",
    }
    answer = client.post(address, given | {"title": ""})
    assert answer.context["form"].errors["title"] == [
        "Is needed for a new contract; or choose one that is there."
    ]
    answer = client.post(address, given)
    [said] = answer.context["form"].errors["currency"]
    assert said.startswith("Is USD, but the contract is kept in EUR. Write that currency here")
    assert not Contract.objects.filter(reference="N-1").exists()
    factories.service("platform")
    wrong = client.post(address, given | {"currency": "EUR", "s_0": "plattform"})
    assert wrong.context["form"].errors["s_0"] == [
        "There is no service with the code plattform; do you mean platform?"
    ]
    client.post(address, given | {"currency": "EUR", "s_0": "platform"})
    version = ContractVersion.objects.get(contract__reference="N-1")
    assert version.terms["currency"] == "EUR"
    assert version.terms["commitments"][0]["services"] == ["platform"]


def test_a_version_that_was_published_meanwhile_is_looked_at_first(client: Client) -> None:
    factories.service("api")
    template = gold()
    with factories.legal():
        services.publish_template_version(template, deepcopy(GOLD) | {"note": "later"}, "later")
    answer: Any = client.post(reverse("pages:template_start", args=["gold"]), started("C-1"))
    assert "Version 2 of the template was published meanwhile" in answer.content.decode()
    assert ContractVersion.objects.count() == 0


def test_whoever_only_looks_starts_and_changes_nothing() -> None:
    gold()
    auditor = Client()
    auditor.force_login(factories.user("auditor"))
    html = shown(auditor, reverse("pages:template", args=["gold"]))
    assert "Start from this" not in html
    assert "What legal does with it" not in html
    assert (
        auditor.post(reverse("pages:template", args=["gold"]), {"act": "review", "reason": "x"}).status_code
        == 403
    )
    assert auditor.get(reverse("pages:template_start", args=["gold"])).status_code == 403


def test_a_page_of_a_template_asks_the_same_number_of_questions_for_many_copies(client: Client) -> None:
    factories.service("api")
    template = gold()
    with factories.legal():
        services.publish_template_version(template, deepcopy(GOLD) | {"note": "later"}, "later")
    address = reverse("pages:template", args=["gold"])
    counts = []
    for number in range(4):
        with factories.legal():
            from contracts.gallery.texts import Given

            services.start_from_template(
                template, factories.contract(f"C-{number}"), Given({"services": ["api"]}), DAY, number=1
            )
        counts.append(queries(client, address))
    assert counts[0] == counts[-1], counts
    assert counts[-1] <= 24
