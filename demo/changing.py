"""The demo's changes of what was signed: a variation for a week of August, an amendment from October on, and what the
papers say about their end. They lie ahead of the demo's day, so that no result of the history moves."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.record import acting
from contracts import services as contracts
from contracts.checks import open_standings
from contracts.models import Contract, ContractVersion
from contracts.reading import terms_of
from demo.people import person
from demo.reviewing import CHECKLIST

CUSTOMER_CONTRACT, VENDOR_CONTRACT = "CUS-2021-07", "VND-2021-01"
BEGINS = date(2025, 7, 10)
TOLD = date(2025, 7, 1)
MOVE = (date(2025, 8, 18), date(2025, 8, 25))
HIGHER = date(2025, 10, 1)
OUR_SIGNATORY, THEIR_SIGNATORY = "Gerda General-Manager (invented)", "Nils Northwind (invented)"


def ensure_changes() -> None:
    """Both changes signed, and both contracts' renewals on record; what is there stays."""
    bound = Contract.objects.select_related("legal_entity", "counterparty").get(reference=CUSTOMER_CONTRACT)
    if not bound.versions.filter(kind=ContractVersion.Kind.VARIATION).exists():
        _vary(bound)
    if not bound.versions.filter(kind=ContractVersion.Kind.AMENDMENT).exists():
        _amend(bound)
    _renewals(bound)


@transaction.atomic
def _vary(bound: Contract) -> None:
    """Lower for the week in which the build servers move; the month is split at both of its edges."""
    base = bound.versions.get(number=1)
    with acting(person("lena"), via="command", reason="the customer was told on time"):
        version = contracts.draft_variation(
            base,
            _with(base.terms, target="99.0"),
            title="While the build servers move (invented)",
            effective_from_on=MOVE[0],
            effective_until_on=MOVE[1],
            mid_window="splits_window",
            notice_given_on=TOLD,
            notice_days=30,
        )
    sign_change(version)


@transaction.atomic
def _amend(bound: Contract) -> None:
    """A later cut-off from October on: two days more until a month's result is final."""
    base = bound.versions.get(number=1)
    document = deepcopy(base.terms)
    for clause in document["commitments"]:
        clause["cut_off_days"] = clause.get("cut_off_days", 0) + 2
    with acting(person("lena"), via="command", reason="agreed in the last review"):
        version = contracts.draft_amendment(
            base,
            document,
            title="Two days more until a result is final (invented)",
            effective_from_on=HIGHER,
            mid_window="next_window",
        )
    sign_change(version)


def _with(terms: dict[str, Any], *, target: str) -> dict[str, Any]:
    """The same text with another target; what paid above it is left out."""
    document = deepcopy(terms)
    for clause in document["commitments"]:
        clause["target_percent"] = target
        tiers = clause["schedule"]["tiers"]
        clause["schedule"]["tiers"] = [tier for tier in tiers if Decimal(tier["upper"]) <= Decimal(target)]
    return document


def sign_change(version: ContractVersion) -> None:
    with acting(person("lena"), via="command", reason="entered from the paper"):
        for clause in terms_of(version).commitments:
            for one in clause.readings:
                contracts.choose_reading(version, clause.key, one.name, one.chosen, one.why, BEGINS)
        contracts.submit_for_review(version)
        contracts.answer_checklist(version, CHECKLIST)
        for finding in open_standings(version):
            contracts.accept_finding(version, finding.code, finding.path, "As in the version in force.")
    with acting(person("leo"), via="command", reason="both signatures are on the paper"):
        contracts.record_signature(version, version.contract.legal_entity.name, OUR_SIGNATORY, BEGINS)
        contracts.record_signature(version, version.contract.counterparty.name, THEIR_SIGNATORY, BEGINS)


def _renewals(bound: Contract) -> None:
    vendors = Contract.objects.get(reference=VENDOR_CONTRACT)
    with acting(person("lena"), via="command", reason="entered from the papers"):
        contracts.record_renewal(
            bound,
            term_ends_on=date(2025, 12, 31),
            renews_months=12,
            notice_months=3,
            notice_form="letter",
            review_on=date(2025, 9, 1),
            clause="16.2 (invented)",
        )
        contracts.record_renewal(
            vendors,
            term_ends_on=date(2025, 12, 31),
            notice_days=90,
            notice_form="email",
            notice_counts="sent",
            clause="15.1 (invented)",
        )
