"""Drafts of changes, the text as of an instant, redlines and dates ahead, as people ask for them."""

import json
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from contracts import services
from contracts.models import CalendarAddress, ContractVersion
from reckoning.terms import parse_terms, terms_sha256
from tests import factories

pytestmark = pytest.mark.django_db


def text(target: str) -> dict:
    tiers = [{"upper": target, "upper_inclusive": False, "percent": "10"}]
    schedule = {"kind": "tiers", "tiers": tiers}
    return factories.terms(factories.commitment_terms(target_percent=target, schedule=schedule))


@pytest.fixture
def base() -> ContractVersion:
    return factories.signed_contract(text("99.9")).versions.get()


@pytest.fixture
def varied(base) -> ContractVersion:
    """A variation from 27 to 28 March 2022: the night on which the clocks of Berlin change."""
    with factories.legal():
        version = services.draft_variation(
            base,
            text("97"),
            title="While servers move",
            effective_from_on=date(2022, 3, 27),
            effective_until_on=date(2022, 3, 28),
            mid_window="splits_window",
        )
    return factories.sign(version, date(2022, 3, 1))


def logged_in(*roles: str) -> Client:
    client = Client()
    client.force_login(factories.user(*roles))
    return client


def address(name: str, base: ContractVersion, query: str = "") -> str:
    return reverse(f"pages:{name}", args=[base.contract_id]) + query


@pytest.mark.parametrize(
    ("at", "target"),
    [
        ("2022-03-26", "99.9"),
        ("2022-03-26T22:59:59Z", "99.9"),
        ("2022-03-26T23:00:00Z", "97"),
        ("2022-03-27T02:30", "97"),
        ("2022-03-28T00:00:00+02:00", "99.9"),
        ("2022-03-27T23:59:59+02:00", "97"),
        ("2022-03-27T23:59:59 02:00", "97"),
    ],
)
def test_every_instant_has_one_text_also_where_the_clocks_change(varied, at, target):
    client = logged_in("legal")
    page = client.get(address("terms_as_of", varied), {"at": at}).content.decode()
    assert f"at least {target} %" in page
    assert ("While servers move" in page) is (target == "97") or "Which document counts when" in page
    file = json.loads(client.get(address("terms_as_of_file", varied), {"at": at}).content)
    assert terms_sha256(parse_terms(file["terms"])) == file["terms_sha256"]
    assert [one["version"] for one in file["made_of"]] == ([1, 2] if target == "97" else [1])


def test_before_the_first_text_nothing_was_promised_and_nonsense_is_refused(base):
    client = logged_in("legal")
    assert b"nothing was promised" in client.get(address("terms_as_of", base), {"at": "2021-12-31"}).content
    for wrong in (
        "yesterday",
        "2022-13-01",
        "0001-01-01T00:00",
        "9999-12-31T23:59:59-14:00",
        "2022-03-26T25:00",
    ):
        assert client.get(address("terms_as_of", base), {"at": wrong}).status_code == 404
    found = client.get(reverse("pages:find_as_of"), {"reference": "c-1", "at": "2022-03-01"})
    assert found["Location"] == address("terms_as_of", base, "?at=2022-03-01")
    lost = client.get(reverse("pages:find_as_of"), {"reference": "c-2\0", "at": "2022-03-01"}, follow=True)
    assert lost.redirect_chain == [(reverse("pages:contracts") + "?q=c-2", 302)]
    assert "No contract that you may see has the reference “c-2”" in lost.content.decode()
    what_is_right = client.get(address("terms_as_of", base), {"at": "yesterday"}).content.decode()
    assert "There is no such instant; write a day (2025-03-30)" in what_is_right


@pytest.mark.parametrize("name", ["contracts", "assessments"])
def test_a_search_for_what_no_text_holds_finds_nothing(name, base):
    client = logged_in("legal")
    assert client.get(reverse(f"pages:{name}"), {"q": "a\0b", "contract": "a\0b"}).status_code == 200


def test_the_page_of_a_text_asks_the_database_a_fixed_number_of_questions(
    varied, django_assert_max_num_queries
):
    client = logged_in("legal")
    client.get(address("terms_as_of", varied))
    with django_assert_max_num_queries(14):
        client.get(address("terms_as_of", varied))
    with django_assert_max_num_queries(14):
        client.get(address("redline", varied))


def test_legal_drafts_a_change_on_the_page_and_goes_on_in_the_form(base):
    client = logged_in("legal")
    given = {
        "kind": "variation",
        "base": base.pk,
        "title": "While servers move",
        "effective_from_on": "2022-04-01",
        "effective_until_on": "2022-06-01",
        "mid_window": "next_window",
        "notice_given_on": "2022-03-20",
        "notice_days": "30",
    }
    refused = client.post(address("change_draft", base), given)
    assert refused.status_code == 200
    assert b"2022-04-19 is the first day in time" in refused.content
    assert list(refused.context["form"].errors) == ["effective_from_on"]
    assert ContractVersion.objects.count() == 1
    drafted = client.post(address("change_draft", base), given | {"notice_days": "12"})
    version = ContractVersion.objects.get(number=2)
    assert drafted["Location"] == reverse("admin:contracts_contractversion_change", args=[version.pk])
    assert (version.kind, version.amends, version.terms) == ("variation", base, base.terms)
    assert client.get(drafted["Location"]).status_code == 200
    assert logged_in("auditor").get(address("change_draft", base)).status_code == 403


def test_a_redline_shows_words_that_came_and_went_and_what_needs_an_approval(varied):
    page = logged_in("legal").get(address("redline", varied)).content.decode()
    assert "<del>99.9</del><ins>97</ins>" in page
    assert "What is promised was changed" in page
    assert "commitments[availability].target_percent" in page
    same = logged_in("legal").get(address("redline", varied), {"before": "v1", "after": "2022-04-01"})
    assert b"The two are the same text" in same.content
    assert logged_in("legal").get(address("redline", varied), {"before": "v9"}).status_code == 404


def test_a_redline_comes_as_pdf_and_as_word(varied):
    client = logged_in("auditor")
    for name, begins in (("redline_pdf", b"%PDF-1."), ("redline_docx", b"PK")):
        answer = client.get(address(name, varied))
        assert answer.content.startswith(begins)
        assert answer.content == client.get(address(name, varied)).content


def test_a_calendar_program_reads_what_its_owner_may_see_until_it_is_revoked(base):
    client = logged_in("vendor_manager", "legal")
    client.post(
        address("renewal", base),
        {
            "term_ends_on": "2027-12-31",
            "notice_months": 3,
            "notice_form": "letter",
            "notice_counts": "received",
        },
    )
    made = client.post(reverse("pages:calendar_address_make"), {"label": "the phone"})
    feed = made.content.decode().partition('hash">')[2].partition("<")[0]
    path = feed.partition("testserver")[2]
    anybody = Client()
    answer = anybody.get(path)
    assert answer["Content-Type"].startswith("text/calendar")
    titles = [str(one["SUMMARY"]) for one in Calendar.from_ical(answer.content).walk("VEVENT")]
    assert "C-1: last day for notice, else it ends" in titles
    row = CalendarAddress.objects.get()
    assert path.rpartition("/")[2].removesuffix(".ics") not in str(row.__dict__)
    assert path not in client.get(reverse("pages:calendar")).content.decode()
    row.user.groups.clear()
    assert anybody.get(path).status_code == 404
    assert anybody.get(reverse("pages:calendar_feed", args=["x" * 43])).status_code == 404


def test_a_revoked_calendar_address_opens_nothing_and_guessing_is_limited(base):
    client = logged_in("legal")
    made = client.post(reverse("pages:calendar_address_make"), {"label": "the phone"})
    path = made.content.decode().partition('hash">')[2].partition("<")[0].partition("testserver")[2]
    assert Client().get(path).status_code == 200
    row = CalendarAddress.objects.get()
    assert logged_in("legal").post(reverse("pages:calendar_address_revoke", args=[row.pk])).status_code == 404
    client.post(reverse("pages:calendar_address_revoke", args=[row.pk]))
    answers = [Client().get(path).status_code for _ in range(22)]
    assert (answers[0], answers[-1]) == (404, 429)


def test_the_list_of_dates_and_its_file_say_the_same(base):
    client = logged_in("legal")
    page = client.get(reverse("pages:calendar"))
    assert page.status_code == 200
    answer = client.get(reverse("pages:calendar_download"))
    assert len(Calendar.from_ical(answer.content).walk("VEVENT")) == page.context["count"]
