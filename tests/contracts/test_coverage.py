"""Covered and not covered (A9): published whole, by a second person, and never changed afterwards."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Event
from audit.record import acting
from base.access import visible
from base.errors import NotAllowed
from contracts import services
from contracts.errors import (
    CoverageAlreadyPublished,
    CoverageNotWhole,
    DraftedByYourself,
    FieldsRefused,
)
from contracts.models import CounterpartyLogin, CoverageEntry, CoverageList, CoveragePublication
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2022, 3, 1)
LOGIN = {"journey": "Log in", "covered": True, "owner": "Identity team"} | {
    "cost_amount": Decimal("1200.00"),
    "cost_currency": "EUR",
}
REPORTS = {"journey": "Monthly reports", "covered": False, "why_not": "They are made by hand."}


def draft(contract, *entries, by=None) -> CoverageList:
    with acting(by or factories.user("legal"), via="page"):
        return services.draft_coverage(contract=contract, entries=entries or (LOGIN, REPORTS))


def publish(coverage, on=DAY, by=None) -> CoveragePublication:
    with acting(by or factories.user("legal"), via="page"):
        return services.publish_coverage(coverage=coverage, published_on=on)


@pytest.fixture
def contract():
    return factories.contract()


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (LOGIN | {"owner": " "}, "Log in lacks its owner."),
        (LOGIN | {"cost_amount": None, "cost_currency": ""}, "Log in lacks its cost estimate."),
        (
            {"journey": "Log in", "covered": True},
            "Log in lacks its owner and its cost estimate.",
        ),
        (REPORTS | {"why_not": ""}, "Monthly reports lacks why it is not covered."),
    ],
)
def test_publishing_is_refused_while_a_covered_journey_has_no_owner_or_cost(contract, entry, sentence):
    coverage = draft(contract, entry)
    with pytest.raises(CoverageNotWhole, match=sentence):
        publish(coverage)
    with pytest.raises(IntegrityError, match="lacks"), transaction.atomic():
        CoveragePublication.objects.create(
            coverage=coverage, published_on=DAY, published_by=factories.user("legal")
        )
    assert not CoveragePublication.objects.exists()


def test_a_whole_list_is_published_by_a_second_person_with_its_day(contract):
    author = factories.user("legal")
    coverage = draft(contract, by=author)
    with pytest.raises(DraftedByYourself):
        publish(coverage, by=author)
    with pytest.raises(IntegrityError, match="drafted by whoever"), transaction.atomic():
        CoveragePublication.objects.create(coverage=coverage, published_on=DAY, published_by=author)
    row = publish(coverage)
    assert row.published_on == DAY
    assert publish(coverage) == row
    assert Event.objects.filter(verb="contract.publish_coverage").count() == 1


def test_whoever_wrote_an_earlier_draft_since_the_last_publication_wrote_a_part_of_it(contract):
    first, second = factories.user("legal"), factories.user("legal")
    draft(contract, LOGIN, by=first)
    coverage = draft(contract, by=second)
    for author in (first, second):
        with pytest.raises(DraftedByYourself):
            publish(coverage, by=author)
    publish(coverage)
    again = draft(contract, LOGIN, by=second)
    publish(again, by=first)


def test_a_published_list_does_not_change_and_a_draft_anew_replaces_it(contract):
    coverage = draft(contract)
    publish(coverage)
    with pytest.raises(CoverageAlreadyPublished):
        publish(coverage, on=date(2022, 3, 2))
    with pytest.raises(IntegrityError, match="does not grow"), transaction.atomic():
        CoverageEntry.objects.create(coverage=coverage, position=9, journey="More", covered=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        CoverageEntry.objects.filter(coverage=coverage).update(owner="x")
    later = draft(contract, LOGIN)
    assert (later.number, coverage.entries.count(), later.entries.count()) == (2, 2, 1)


def test_only_the_newest_draft_is_published(contract):
    old = draft(contract)
    draft(contract, LOGIN)
    with pytest.raises(CoverageAlreadyPublished, match="draft 2"):
        publish(old)
    with pytest.raises(IntegrityError, match="anew"), transaction.atomic():
        CoveragePublication.objects.create(
            coverage=old, published_on=DAY, published_by=factories.user("legal")
        )


def test_an_equal_draft_again_is_the_one_that_is_there(contract):
    assert draft(contract) == draft(contract)
    assert Event.objects.filter(verb="contract.draft_coverage").count() == 1


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([], "between 1 and 200"),
        ([LOGIN] * 201, "between 1 and 200"),
        ([LOGIN, LOGIN | {"journey": "log in"}], "entry 2: journey: stands at 1 already"),
        ([LOGIN | {"journey": " "}], "entry 1"),
        ([LOGIN | {"cost_currency": ""}], "give both or neither"),
        ([LOGIN | {"cost_amount": Decimal("-0.01")}], "below 0"),
        ([LOGIN | {"cost_amount": Decimal("1.005")}], "EUR has 2 decimals"),
        ([LOGIN | {"cost_amount": Decimal("1.5"), "cost_currency": "JPY"}], "JPY has 0 decimals"),
        ([LOGIN | {"cost_currency": "XXQ"}], "ISO 4217"),
    ],
)
def test_a_list_that_cannot_be_kept_is_refused_by_its_entry(contract, entries, sentence):
    with factories.legal(), pytest.raises(FieldsRefused, match=sentence):
        services.draft_coverage(contract=contract, entries=entries)
    assert not CoverageList.objects.exists()


def test_only_legal_drafts_and_publishes(contract):
    coverage = draft(contract)
    for role in ("finance", "customer_success"):
        with pytest.raises(NotAllowed):
            draft(contract, LOGIN, by=factories.user(role))
        with pytest.raises(NotAllowed):
            publish(coverage, by=factories.user(role))


def test_the_customer_reads_what_was_published_and_no_draft(contract):
    person = factories.user(kind="customer")
    with acting(factories.user("administrator"), via="command", reason="a test's world"):
        CounterpartyLogin.objects.create(user=person, counterparty=contract.counterparty)
        from audit.record import record

        record("test.login", contract)
    coverage = draft(contract)
    assert not visible(CoverageList.objects.all(), person).exists()
    publish(coverage)
    draft(contract, LOGIN)
    assert list(visible(CoverageList.objects.all(), person)) == [coverage]
