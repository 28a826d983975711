"""On your own past data: the panel beside the form, the page with its files, and the candidates side by side."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from contracts import services
from contracts.models import BackTest, Candidate, CandidateChoice, ContractVersion
from tests import factories
from tests.admin.forms import log_in, posted
from tests.credits import world

pytestmark = pytest.mark.django_db
LAX = {
    "target_percent": "99.5",
    "schedule": {"kind": "tiers", "tiers": [{"upper": "99.5", "upper_inclusive": False, "percent": "10"}]},
}


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 4, 30)


@pytest.fixture
def made():
    return world.customer()


def client(role="legal"):
    return log_in(factories.user(role))


def html_of(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return " ".join(answer.content.decode().split())


def lax() -> dict[str, Any]:
    return factories.terms(factories.commitment_terms(**LAX))


def keep(contract, label="conservative", document=None):
    with factories.legal():
        return services.keep_candidate(contract, label=label, terms=document or lax())


# Beside the form -----------------------------------------------------------------------------------------


def test_an_unsaved_text_is_laid_on_the_past_against_the_version_in_effect_and_nothing_is_kept(made):
    before = ContractVersion.objects.count()
    sent = posted(lax()) | {"contract": str(made.contract.pk)}
    html = html_of(client().post("/desk/past/", sent))
    assert "Version 1, in effect" in html
    assert "This text" in html
    assert "−EUR 1,000.00 over 14 months of which both are known" in html
    assert "unknown" in html
    assert (ContractVersion.objects.count(), Candidate.objects.count()) == (before, 0)


def test_a_text_that_is_not_complete_and_a_form_without_a_contract_are_told_so(made):
    sent = posted(lax()) | {"contract": str(made.contract.pk), "terms.title": ""}
    assert "not complete" in html_of(client().post("/desk/past/", sent))
    assert "Choose the contract first" in html_of(client().post("/desk/past/", posted(lax())))


def test_who_does_not_write_terms_does_not_try_them_out(made):
    sent = posted(lax()) | {"contract": str(made.contract.pk)}
    assert client("auditor").post("/desk/past/", sent).status_code == 403
    assert client("customer_success").get(f"/contracts/{made.contract.pk}/past/").status_code == 403


def test_the_form_keeps_its_text_as_a_candidate(made):
    sent = posted(lax()) | {"contract": str(made.contract.pk)}
    html = html_of(client().post("/desk/candidate/?label=realistic", sent))
    assert "Kept as the realistic candidate" in html
    assert Candidate.objects.get().terms["commitments"][0]["target_percent"] == "99.5"


# The page and its files ----------------------------------------------------------------------------------


def test_the_page_shows_months_curve_and_flags_and_an_unknown_month_has_no_figure(made):
    html = html_of(client().get(f"/contracts/{made.contract.pk}/past/"))
    assert "13 of 14 (93 %)" in html
    assert "EUR 1,000.00 in 14 months with an amount" in html
    assert "availability: months attained, by target" in html
    assert "At 99.900000 %: 13 of 14 months, 93 %." in html
    assert html.count('<td class="num">unknown</td>') == 10


def test_the_price_of_the_page_is_the_same_for_more_commitments(made):
    def price(path):
        browser = client()
        browser.get(path)
        with CaptureQueriesContext(connection) as told:
            browser.get(path)
        return len(told)

    path = f"/contracts/{made.contract.pk}/past/"
    few = price(path)
    document = factories.terms(
        factories.commitment_terms(), *[factories.commitment_terms(key=f"more-{at}") for at in range(3)]
    )
    with factories.legal():
        services.draft_version(made.contract, document, date(2023, 6, 1))
    assert price(f"{path}?version=2") <= few + 2 <= 40


@pytest.mark.parametrize("ending", ["csv", "xlsx", "pdf"])
def test_a_file_says_what_it_was_made_from_and_is_the_same_when_made_again(made, ending):
    browser = client()
    path = f"/contracts/{made.contract.pk}/past.{ending}"
    first, again = browser.get(path), browser.get(path)
    assert first.status_code == 200
    assert first.content == again.content
    if ending == "csv":
        rows = list(csv.reader(io.StringIO(first.content.decode())))
        given = {row[0]: row[1] for row in rows[: rows.index([])]}
        assert given["Contract"] == "C-1"
        assert given["Rows"] == "24"
        march = next(row for row in rows if row[2:3] == ["2023-03"])
        assert march[6:8] == ["breach", "99.865410 %"]
        assert march[11] == "1000.00"
        april = next(row for row in rows if row[2:3] == ["2023-04"])
        assert april[11] == ""


def test_a_back_test_goes_on_record_for_exactly_the_draft(made):
    with factories.legal():
        draft = services.draft_version(made.contract, lax(), date(2023, 6, 1))
    browser = client()
    path = f"/contracts/{made.contract.pk}/past/"
    assert "No back-test of exactly this text" in html_of(browser.get(f"{path}?version=2"))
    browser.post(f"{path}record/?version=2")
    row = BackTest.objects.get()
    assert (row.terms_sha256, row.decided, row.attained) == (draft.terms_sha256, 14, 14)
    assert "attained in 14 of 14 months" in html_of(browser.get(f"{path}?version=2"))
    assert client("auditor").post(f"{path}record/?version=2").status_code == 403


# Candidates ----------------------------------------------------------------------------------------------


def test_candidates_stand_side_by_side_and_picking_one_records_the_figures_of_all(made):
    calm, bold = keep(made.contract), keep(made.contract, "aspirational", factories.terms())
    browser = client()
    path = f"/contracts/{made.contract.pk}/candidates/"
    answer = browser.get(path)
    html = html_of(answer)
    assert "Aspirational: 0 fields" in html
    assert "target_percent" in html
    sent = {
        "comparison": answer.context["digest"],
        "reason": "we can keep it",
        "effective_from_on": "2023-06-01",
    }
    browser.post(f"/desk/candidates/{calm.pk}/choose/", sent)
    choice = CandidateChoice.objects.get()
    assert choice.comparison_sha256 == answer.context["digest"]
    assert choice.draft.terms == calm.terms
    rejected = next(one for one in choice.comparison["candidates"] if one["candidate"] == bold.pk)
    assert rejected["facts"]["Credits"] == "EUR 1,000.00 in 14 months with an amount"
    assert Event.objects.get(verb="candidate.choose").reason == "we can keep it"
    html = html_of(browser.get(path))
    assert "we can keep it" in html
    assert "rejected" in html


def test_a_pick_on_figures_that_changed_since_is_refused(made):
    calm = keep(made.contract)
    browser = client()
    digest = browser.get(f"/contracts/{made.contract.pk}/candidates/").context["digest"]
    world.import_incidents(
        made.contract, "i-9,2023-03-20T12:00:00Z,2023-03-20T18:00:00Z,major,platform,Found later"
    )
    sent = {"comparison": digest, "reason": "so", "effective_from_on": "2023-06-01"}
    answer = browser.post(f"/desk/candidates/{calm.pk}/choose/", sent, follow=True)
    assert "The figures changed since" in html_of(answer)
    assert not CandidateChoice.objects.exists()


def test_a_version_is_kept_as_a_candidate_from_the_page(made):
    browser = client()
    path = f"/contracts/{made.contract.pk}/candidates/"
    assert "No candidate is kept yet" in html_of(browser.get(path))
    browser.post(f"{path}keep/", {"label": "realistic", "source": "version:1", "note": "as it is"})
    row = Candidate.objects.get()
    assert (row.label, row.from_version.number, row.note) == ("realistic", 1, "as it is")
    assert client("auditor").post(f"{path}keep/", {}).status_code == 403


def test_three_candidates_cost_no_more_queries_than_one(made):
    def price(browser):
        path = f"/contracts/{made.contract.pk}/candidates/"
        browser.get(path)
        with CaptureQueriesContext(connection) as told:
            browser.get(path)
        return len(told)

    browser = client()
    keep(made.contract)
    one = price(browser)
    keep(made.contract, "aspirational", factories.terms())
    keep(made.contract, "realistic", factories.terms(factories.commitment_terms(cut_off_days=7)))
    assert price(browser) <= one <= 40
