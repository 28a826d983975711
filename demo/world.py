"""The demo's world before its history begins: entities, services, sources, and two contracts signed.

Everything is made through the rooms' services by the demo's people, and only where it is missing.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from audit.record import acting
from base.models import User
from contracts import services as contracts
from contracts.checks import standings
from contracts.models import Contract, ContractVersion, Counterparty, LegalEntity, Service
from contracts.reading import terms_of
from demo import files
from demo.people import person
from demo.reviewing import CHECKLIST
from measurements import services as measurements
from measurements.models import Source
from vendors import services as vendors
from vendors.models import VendorProfile

US = "example-software"
VENDOR = "github"
CUSTOMER = "northwind-assembly"
VENDOR_CONTRACT = "VND-2021-01"
CUSTOMER_CONTRACT = "CUS-2021-07"
PRODUCT = "build-platform"
SECONDS_SOURCE = "status-page-seconds"
INCIDENTS_SOURCE = "status-page-incidents"
INCIDENTS_BEGIN = datetime(2022, 3, 24, 19, 11, tzinfo=UTC)
IN_EFFECT_FROM = date(2022, 1, 1)

# Why legal lets each finding stand; a finding that is not listed here stops the demo.
ACCEPTED = {
    "TIER_HOLE": "The published text has this hole at exactly 99.0 %; a level that falls into it goes to legal.",
    "TARGET_AND_TIER_DISAGREE": "The published text says both; we read it so that a met promise earns nothing.",
}


@dataclass(frozen=True)
class ContractPlan:
    """One contract to be entered: its document, its parties and who signed for them."""

    reference: str
    title: str
    document: str
    counterparty: str
    direction: str
    currency: str
    our_signatory: str
    their_signatory: str


PLANS = (
    ContractPlan(
        VENDOR_CONTRACT,
        "Platform components (invented, after a published text)",
        "vendor.json",
        VENDOR,
        Contract.Direction.PROMISED_TO_US,
        "USD",
        "Petra Procurement (invented)",
        "Sam Seller (invented)",
    ),
    ContractPlan(
        CUSTOMER_CONTRACT,
        "Build platform (invented)",
        "customer.json",
        CUSTOMER,
        Contract.Direction.PROMISED_BY_US,
        "EUR",
        "Gerda General-Manager (invented)",
        "Nils Northwind (invented)",
    ),
)
NOTE = (
    "Part of the demo. The outages are real and published; the contract, its customer, its fees and its people are "
    "invented."
)


def ensure_world() -> None:
    """Make what is missing of the world."""
    lena, leo, vera = person("lena"), person("leo"), person("vera")
    with acting(lena, via="command", reason="the demo's world"):
        _parties()
        _services()
        for plan in PLANS:
            _contract(plan)
    with acting(vera, via="command", reason="the demo's world"):
        _sources()
        if not VendorProfile.objects.exists():
            vendors.set_profile(
                Counterparty.objects.get(code=VENDOR),
                claims_address="Claims desk (invented)\n1 Main Street\nSpringfield",
                claims_email="claims@vendor.example",
            )
    for plan in PLANS:
        _version(plan, lena, leo)


def contract(reference: str) -> Contract:
    """A contract of the demo."""
    return Contract.objects.select_related("legal_entity", "counterparty").get(reference=reference)


def zone(reference: str) -> str:
    """The zone of the terms of a contract of the demo."""
    return terms_of(contract(reference).versions.get(number=1)).zone


def _parties() -> None:
    if not LegalEntity.objects.filter(code=US).exists():
        contracts.create_legal_entity(
            code=US,
            name="Example Software GmbH (invented)",
            country="DE",
            functional_currency="EUR",
            vat_id="DE000000000",
            registration_id="HRB 0 (invented)",
            street="Musterweg 1",
            postal_code="10115",
            city="Berlin",
        )
    if not Counterparty.objects.filter(code=VENDOR).exists():
        contracts.create_counterparty(
            code=VENDOR, name="GitHub (real outages, invented contract)", country="US", is_vendor=True
        )
    if not Counterparty.objects.filter(code=CUSTOMER).exists():
        contracts.create_counterparty(
            code=CUSTOMER,
            name="Northwind Assembly B.V. (invented)",
            country="NL",
            is_customer=True,
            vat_id="NL000000000B00",
            street="Voorbeeldstraat 1",
            postal_code="1011 AB",
            city="Amsterdam",
        )


def _services() -> None:
    there = set(Service.objects.values_list("code", flat=True))
    vendor = Counterparty.objects.get(code=VENDOR)
    for row in files.components():
        if row["code"] not in there:
            first = row["first_day"]
            contracts.create_service(
                code=row["code"],
                name=row["name"],
                vendor=vendor,
                external_name=row["name"],
                existed_from=datetime.fromisoformat(first).replace(tzinfo=UTC) if first else None,
            )
    if PRODUCT not in there:
        contracts.create_service(code=PRODUCT, name="Build platform (invented product of ours)")


def _contract(plan: ContractPlan) -> None:
    if Contract.objects.filter(reference=plan.reference).exists():
        return
    contracts.create_contract(
        reference=plan.reference,
        title=plan.title,
        legal_entity=LegalEntity.objects.get(code=US),
        counterparty=Counterparty.objects.get(code=plan.counterparty),
        direction=plan.direction,
        currency=plan.currency,
        note=NOTE,
    )


def _sources() -> None:
    vendor = Counterparty.objects.get(code=VENDOR)
    for code, name, shape, covers_from, untracked in (
        (SECONDS_SOURCE, "Status page, seconds a day", Source.Shape.DAILY_SECONDS, None, ()),
        (INCIDENTS_SOURCE, "Status page, incidents", Source.Shape.INTERVALS, INCIDENTS_BEGIN, ("Visit www",)),
    ):
        if not Source.objects.filter(code=code).exists():
            measurements.create_source(
                code=code,
                name=name,
                kind=Source.Kind.VENDOR_REPORTED,
                shape=shape,
                measurement_point="the vendor's status page",
                vendor=vendor,
                covers_from=covers_from,
                untracked_components=untracked,
            )
    for reference, role, code in (
        (VENDOR_CONTRACT, "status page seconds", SECONDS_SOURCE),
        (CUSTOMER_CONTRACT, "incident list", INCIDENTS_SOURCE),
    ):
        bound = contract(reference)
        if not bound.source_bindings.filter(role=role).exists():
            measurements.bind_source(contract=bound, role=role, source=Source.objects.get(code=code))


def _version(plan: ContractPlan, drafter: User, checker: User) -> None:
    """Draft, accept what the paper really has, choose the readings, submit, and sign for both parties."""
    bound = contract(plan.reference)
    version = bound.versions.first()
    if version is None:
        with acting(drafter, via="command", reason="entered from the paper"):
            document = (Path(__file__).parent / "contracts" / plan.document).read_bytes()
            version = contracts.draft_version(bound, document, IN_EFFECT_FROM)
    if version.state == ContractVersion.State.DRAFT:
        with acting(drafter, via="command"):
            _clear_findings(version)
            contracts.submit_for_review(version)
            contracts.answer_checklist(version, CHECKLIST)
    if version.state == ContractVersion.State.IN_REVIEW:
        with acting(checker, via="command", reason="both signatures are on the paper"):
            signed_on = date(2021, 12, 15)
            contracts.record_signature(version, bound.legal_entity.name, plan.our_signatory, signed_on)
            contracts.record_signature(version, bound.counterparty.name, plan.their_signatory, signed_on)


def _clear_findings(version: ContractVersion) -> None:
    for finding in standings(version):
        if finding.is_open and finding.acceptable:
            contracts.accept_finding(version, finding.code, finding.path, ACCEPTED[finding.code])
    for commitment in terms_of(version).commitments:
        for reading in commitment.readings:
            contracts.choose_reading(
                version, commitment.key, reading.name, reading.chosen, reading.why, reading.chosen_on
            )
