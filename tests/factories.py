"""A small world for tests, built through the services as people would. Everything here needs the database.

The functions bind actors of their own; a test binds the actor whose act it tests::

    with acting(factories.user("finance"), via="admin", reason="a test"):
        ...
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from audit.record import acting
from base.models import User
from contracts import services
from contracts.checks import open_standings
from contracts.models import Commitment, Contract, ContractVersion, Counterparty, LegalEntity, Service

_numbers = count(1)
PASSWORD = "correct horse battery staple"


def user(*roles: str, name: str = "", **values: Any) -> User:
    """A person with these roles, who may log in to the admin with ``PASSWORD``."""
    username = name or f"{'-'.join(roles) or 'nobody'}-{next(_numbers)}"
    person = User(username=username, is_staff=True, **values)
    # Hashing a password well takes longer than most tests; it is set only by log_in.
    person.set_unusable_password()
    with acting(_world(), via="command", reason="a test's world"):
        person.save()
        person.groups.set(Group.objects.filter(name__in=roles))
    if missing := set(roles) - set(person.groups.values_list("name", flat=True)):
        raise ValueError(f"no such roles: {', '.join(missing)}")
    return person


def job_user(name: str = "job") -> User:
    """The account under which scheduled jobs act: an actor, but no person."""
    found = User.objects.filter(username=name).first()
    if found:
        return found
    job = User(username=name, kind=User.Kind.JOB)
    job.set_unusable_password()
    with acting(_world(), via="command", reason="a test's world"):
        job.save()
    return job


def _world() -> User:
    """Whoever makes what the test does not care about; made once per test."""
    found = User.objects.filter(username="world").first()
    if found is None:
        found = User(username="world")
        found.set_unusable_password()
        found.save()
    return found


@contextmanager
def legal(reason: str = "a test's world") -> Iterator[User]:
    """Act as somebody of legal, always another one."""
    person = user("legal")
    with acting(person, via="command", reason=reason):
        yield person


def entity(code: str = "us", **values: Any) -> LegalEntity:
    """Our company with this code; made when it is not there yet."""
    found = LegalEntity.objects.filter(code=code).first()
    if found:
        return found
    given = {"name": f"Our {code.title()} GmbH", "country": "DE", "functional_currency": "EUR"} | values
    with legal():
        return services.create_legal_entity(code=code, **given)


def counterparty(code: str = "customer", **values: Any) -> Counterparty:
    """A counterparty with this code, a customer unless told; made when it is not there yet."""
    found = Counterparty.objects.filter(code=code).first()
    if found:
        return found
    given = {"name": f"Their {code.title()} Ltd", "country": "DE", "is_customer": True, "is_vendor": True}
    with legal():
        return services.create_counterparty(code=code, **(given | values))


def service(code: str = "platform", **values: Any) -> Service:
    """A service with this code; made when it is not there yet."""
    found = Service.objects.filter(code=code).first()
    if found:
        return found
    with legal():
        return services.create_service(code=code, **({"name": code.replace("-", " ").title()} | values))


# An answer to every item that is asked whatever the law.
CHECKLIST = {
    "governing_law": services.Answered("other", "20.1", "the law of a test"),
    "jurisdiction": "our_courts",
    "credit_character": "price_adjustment",
    "exclusive_remedy": "beside",
    "liability_cap": "outside",
    "penalty_test": services.Answered("proportionate", note="a test says so"),
    "notice_form": "text",
    "precedence": "this",
    "data_relied_on": "ours",
    "chronic_failure": "no",
}
TIERS_CUSTOMER = (
    {"lower": "99.0", "lower_inclusive": True, "upper": "99.9", "upper_inclusive": False, "percent": "10"},
    {"lower": "95.0", "lower_inclusive": True, "upper": "99.0", "upper_inclusive": False, "percent": "25"},
    {"upper": "95.0", "upper_inclusive": False, "percent": "50"},
)


def commitment_terms(**changes: Any) -> dict[str, Any]:
    """A monthly 99.9 % from intervals, without findings; ``changes`` replace whole blocks."""
    plain: dict[str, Any] = {
        "key": "availability",
        "title": "Monthly availability",
        "services": ["platform"],
        "source_role": "independent monitor",
        "indicator": {
            "kind": "uptime_from_intervals",
            "down_severities": ["major", "critical"],
            "down_components": [],
        },
        "window": {"kind": "calendar_month", "zone": None},
        "excluded_time": "removed_from_base",
        "unknown_time": "escalate",
        "part_life": "shorten_window",
        "exclusions": [{"kind": "planned_maintenance", "notice_seconds": 259200}],
        "target_percent": "99.9",
        "schedule": {"kind": "tiers", "tiers": [dict(tier) for tier in TIERS_CUSTOMER]},
        "caps": [{"per": "window", "kind": "percent_of_fee", "value": "50"}],
        "claim": {"kind": "by_deadline", "days": 30, "anchor": "window_end", "form": "written"},
        "cut_off_days": 5,
    }
    return deepcopy(plain | changes)


def seconds_terms(**changes: Any) -> dict[str, Any]:
    """A quarterly 99.9 % from a vendor's daily seconds; partial weighs 0.3."""
    tiers = (
        {
            "lower": "99.0",
            "lower_inclusive": True,
            "upper": "99.9",
            "upper_inclusive": False,
            "percent": "10",
        },
        {"upper": "99.0", "upper_inclusive": False, "percent": "25"},
    )
    weighted = {
        "key": "uptime",
        "title": "Quarterly uptime",
        "services": ["actions"],
        "source_role": "vendor's status page",
        "indicator": {"kind": "uptime_from_weighted_seconds", "weights": {"partial": "0.3", "major": "1"}},
        "window": {"kind": "calendar_quarter", "zone": None},
        "exclusions": [],
        "schedule": {"kind": "tiers", "tiers": [dict(tier) for tier in tiers]},
        "caps": [{"per": "window", "kind": "days_of_fee", "value": "90"}],
    }
    return commitment_terms(**(weighted | changes))


def terms(*commitments: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A terms document of these commitments (one from intervals by default), in EUR and Europe/Berlin."""
    plain: dict[str, Any] = {
        "format": "sla-ledger-terms/1",
        "title": "Terms of a test",
        "currency": "EUR",
        "zone": "Europe/Berlin",
        "commitments": [dict(item) for item in commitments] or [commitment_terms()],
    }
    return deepcopy(plain | changes)


def contract(reference: str = "C-1", **values: Any) -> Contract:
    """A contract with a customer (a vendor with ``direction="promised_to_us"``), without a version."""
    given: dict[str, Any] = {
        "title": "An agreement",
        "direction": Contract.Direction.PROMISED_BY_US,
        "currency": "EUR",
    } | values
    given.setdefault("legal_entity", entity())
    vendors = given["direction"] == Contract.Direction.PROMISED_TO_US
    given.setdefault("counterparty", counterparty("vendor" if vendors else "customer"))
    with legal():
        return services.create_contract(reference=reference, **given)


def draft(
    of: Contract | None = None,
    document: Mapping[str, Any] | None = None,
    effective_from_on: date = date(2022, 1, 1),
    effective_until_on: date | None = None,
    by: User | None = None,
) -> ContractVersion:
    """A draft of ``document``; the services that it names are made when they are not there yet."""
    document = document or terms()
    for item in document["commitments"]:
        for code in (*item["services"], *item["indicator"].get("down_components", ())):
            service(code)
    of = of or contract(currency=document["currency"])
    with acting(by or user("legal"), via="command", reason="a test's world"):
        return services.draft_version(of, document, effective_from_on, effective_until_on)


def sign(version: ContractVersion, signed_on: date | None = None) -> ContractVersion:
    """Take a draft through review to the second signature, by persons who did not draft it.

    Readings are chosen as the document says, and findings accepted, by one more person of legal.
    """
    day = signed_on or version.effective_from_on
    with legal():
        services.submit_for_review(version)
        for item in version.terms["commitments"]:
            for reading in item.get("readings", ()):
                services.choose_reading(
                    version, item["key"], reading["name"], reading["chosen"], "a test says so", day
                )
        services.answer_checklist(version, CHECKLIST)
        for finding in open_standings(version):
            services.accept_finding(version, finding.code, finding.path, "a test says so")
    with legal():
        for party in (version.contract.legal_entity.name, version.contract.counterparty.name):
            services.record_signature(version, party, "A. Signatory", day)
    version.refresh_from_db()
    return version


def signed_contract(
    document: Mapping[str, Any] | None = None,
    reference: str = "C-1",
    effective_from_on: date = date(2022, 1, 1),
    effective_until_on: date | None = None,
    **values: Any,
) -> Contract:
    """A contract with one signed version of ``document`` (``terms()`` by default); values go to the contract."""
    document = document or terms()
    values.setdefault("currency", document["currency"])
    made = contract(reference, **values)
    sign(draft(made, document, effective_from_on, effective_until_on))
    return made


def commitment(of: Contract | None = None, key: str = "", code: str = "") -> Commitment:
    """The only commitment of a contract's newest signed version, or that of ``key`` and service ``code``."""
    of = of or signed_contract()
    version = of.versions.filter(state="signed").latest("effective_from_on")
    rows = version.commitments.select_related("service", "version__contract")
    if key:
        rows = rows.filter(key=key)
    if code:
        rows = rows.filter(service__code=code)
    return rows.get()


def utc(*parts: int) -> datetime:
    """An aware instant in UTC: ``utc(2023, 1, 31, 13, 45)``."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
