"""The vendor's published outages through the imports: every row accounted for, every published figure met."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from audit.record import acting
from contracts.models import Contract
from measurements import reading, services
from measurements.models import IntervalObservation, Payload, SecondsObservation, Source, VendorFigure
from measurements.reconciliation.published import listed_by_reason, one_sided_incidents, reconcile_published
from tests import factories
from tests.factories import utc
from tests.measurements import world

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
KNOWN = datetime(2025, 7, 15, tzinfo=UTC)


@pytest.fixture
def importer(db):
    with acting(factories.user("vendor_manager"), via="command", reason="a test") as actor:
        yield actor


@pytest.fixture
def vendor(importer):
    vendor = factories.counterparty("vendor")
    with (DATA / "components.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            first = row["first_day"]
            factories.service(
                row["code"],
                vendor=vendor,
                external_name=row["name"],
                existed_from=datetime.fromisoformat(first).replace(tzinfo=UTC) if first else None,
            )
    return vendor


def given(source: Source, name: str) -> dict:
    content = (DATA / name).read_bytes()
    return {
        "source": source,
        "name": name,
        "content": content,
        "retrieved_at": KNOWN,
        "known_at": KNOWN,
    }


@pytest.fixture
def contract(vendor) -> Contract:
    """Every component by calendar quarters of UTC; a partial outage weighs 0.3."""
    codes = sorted(vendor.services.values_list("code", flat=True))
    terms = factories.terms(factories.seconds_terms(services=codes), zone="UTC")
    return factories.signed_contract(terms, counterparty=vendor, direction="promised_to_us")


@pytest.fixture
def status_page(vendor, contract) -> Source:
    """The daily seconds and the published figures, imported."""
    source = world.source("daily_seconds", vendor)
    services.bind_source(contract=contract, role="vendor's status page", source=source)
    services.import_daily_seconds_csv(**given(source, "daily_seconds.csv"))
    services.import_vendor_figures_csv(**given(source, "published_uptime.csv"))
    return source


@pytest.fixture
def incident_list(vendor) -> Source:
    source = world.source("intervals", vendor)
    services.import_intervals_csv(**given(source, "incidents.csv"), covers_until=utc(2025, 7, 1))
    return source


def test_every_published_month_is_reckoned_anew_within_a_billionth(status_page, contract):
    found = reconcile_published(source=status_page, contract=contract, known_at=KNOWN)
    assert (len(found), sum(one.agrees for one in found)) == (415, 415)
    copilot = next(one for one in found if (one.service, str(one.month_on)) == ("copilot", "2022-06-01"))
    # Its first month has the 10 days from the 21st: 864,000 s.
    assert copilot.published == Decimal("0.9973386574074073")
    assert copilot.reckoned is not None
    assert copilot.reckoned.denominator in {n for n in range(1, 8_640_001) if 8_640_000 % n == 0}
    assert abs(copilot.difference) <= Fraction(1, 10**9)


def test_a_figure_that_is_off_by_more_than_a_billionth_disagrees(status_page, contract):
    content = b"component,month,uptime\nActions,2023-01,0.99\nAPI Requests,2022-01,1.0\n"
    later = datetime(2025, 7, 16, tzinfo=UTC)
    corrected = given(status_page, "published_uptime.csv") | {"content": content, "known_at": later}
    services.import_vendor_figures_csv(**corrected)
    found = reconcile_published(source=status_page, contract=contract, known_at=later)
    off = [(one.service, str(one.month_on)) for one in found if not one.agrees]
    assert (len(found), off) == (415, [("actions", "2023-01-01")])
    assert all(
        one.agrees for one in reconcile_published(source=status_page, contract=contract, known_at=KNOWN)
    )


def test_a_month_with_an_unknown_day_does_not_agree(vendor, contract):
    source = world.source("daily_seconds", vendor)
    services.bind_source(contract=contract, role="vendor's status page", source=source)
    rows = "".join(f"Pages,2022-01-{day:02d},0,0,\n" for day in range(1, 31))
    services.import_daily_seconds_csv(
        **given(source, "daily_seconds.csv") | {"content": (world.SECONDS + rows).encode()}
    )
    content = b"component,month,uptime\nPages,2022-01,1.0\n"
    services.import_vendor_figures_csv(**given(source, "published_uptime.csv") | {"content": content})
    (found,) = reconcile_published(source=source, contract=contract, known_at=KNOWN)
    assert (found.agrees, found.unknown_seconds) == (False, 86_400)


def test_every_day_and_every_figure_is_accepted(status_page):
    assert SecondsObservation.objects.count() == 12_599
    assert VendorFigure.objects.count() == 415
    assert set(Payload.objects.values_list("listed", "repeated")) == {(0, 0)}


def test_every_incident_is_an_observation_or_listed_with_its_reasons(incident_list):
    payload = Payload.objects.get()
    assert (payload.row_count, payload.accepted, payload.listed, payload.repeated) == (508, 421, 87, 0)
    assert IntervalObservation.objects.count() == 421
    assert listed_by_reason(source=incident_list, known_at=KNOWN) == {
        "no_component": 79,
        "no_length": 14,
        "untracked_component": 1,
        "in_the_future": 0,
    }


def test_incidents_that_only_one_list_knows_are_told(status_page, incident_list):
    found = one_sided_incidents(intervals_source=incident_list, seconds_source=status_page, known_at=KNOWN)
    assert (len(found.only_in_intervals), len(found.only_in_seconds)) == (115, 21)
    nothing = one_sided_incidents(
        intervals_source=incident_list, seconds_source=status_page, known_at=utc(2022, 1, 1)
    )
    assert nothing == type(nothing)((), ())


def test_the_same_files_again_add_nothing(status_page, incident_list):
    before = (SecondsObservation.objects.count(), Payload.objects.count())
    services.import_daily_seconds_csv(**given(status_page, "daily_seconds.csv"))
    services.import_intervals_csv(**given(incident_list, "incidents.csv"))
    assert (SecondsObservation.objects.count(), Payload.objects.count()) == before


def test_a_quarter_of_ten_components_is_read_in_few_queries(
    status_page, contract, django_assert_max_num_queries
):
    version = contract.versions.get()
    commitments = list(version.commitments.select_related("service", "version__contract"))
    with django_assert_max_num_queries(3):
        inputs = reading.inputs_for_many(commitments, utc(2023, 1, 1), utc(2023, 4, 1), KNOWN)
    assert {len(one.seconds) for one in inputs.values()} == {90}
