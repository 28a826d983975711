"""The demo's conflicts: an order form against its master agreement, and an objective that a promise reaches.

All of it lies ahead of the demo's day, with a customer of its own, so that no result of the history moves.
"""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.record import acting
from contracts import services as contracts
from contracts.models import (
    Contract,
    Counterparty,
    LegalEntity,
    PrecedenceOrder,
    Service,
    ServiceLevelObjective,
)
from demo.changing import sign_change
from demo.people import person

BEGINS = date(2025, 7, 10)
FROM = date(2025, 9, 1)
CUSTOMER_CONTRACT = "CUS-2021-07"
MASTER, ORDER_FORM, BAKERY = "CUS-2025-03", "CUS-2025-04", "southwind-bakery"


def ensure_conflicts() -> None:
    """Owners, both documents, the order of precedence and both objectives; what is there stays."""
    known = Contract.objects.get(reference=CUSTOMER_CONTRACT)
    if known.owner is None:
        with acting(person("lena"), via="command", reason="everything has an owner now"):
            contracts.change(
                known, kind="service_levels", owner=person("cleo"), reason="everything has an owner now"
            )
    if not Counterparty.objects.filter(code=BAKERY).exists():
        _documents(known)
    if not PrecedenceOrder.objects.exists():
        _order()
    if not ServiceLevelObjective.objects.exists():
        _objectives()


@transaction.atomic
def _documents(like: Contract) -> None:
    """A master agreement at 99.5 % and an order form under it that says 99.9 %."""
    base = like.versions.get(number=1).terms
    with acting(person("lena"), via="command", reason="entered from the papers"):
        bakery = contracts.create_counterparty(
            code=BAKERY, name="Southwind Bakery SARL (invented)", country="FR", is_customer=True
        )
        above = _contract(like, bakery, MASTER, "Master agreement (invented)", "master_agreement", None)
        below = _contract(like, bakery, ORDER_FORM, "Order form of July (invented)", "order_form", above)
        versions = [
            contracts.draft_version(above, _at(base, "99.5"), FROM),
            contracts.draft_version(below, _at(base, "99.9"), FROM),
        ]
    for version in versions:
        sign_change(version)


def _contract(
    like: Contract, bakery: Counterparty, reference: str, title: str, kind: str, under: Contract | None
) -> Contract:
    return contracts.create_contract(
        reference=reference,
        title=title,
        legal_entity=LegalEntity.objects.get(pk=like.legal_entity_id),
        counterparty=bakery,
        direction=like.direction,
        currency=like.currency,
        kind=kind,
        under=under,
        owner=person("lena" if under is None else "cleo"),
    )


def _at(terms: dict[str, Any], target: str) -> dict[str, Any]:
    """The same text with another target; tiers that would lie above it are cut to it."""
    document = deepcopy(terms)
    for clause in document["commitments"]:
        clause["target_percent"] = target
        tiers = clause["schedule"]["tiers"]
        kept = [tier for tier in tiers if not tier.get("lower") or Decimal(tier["lower"]) < Decimal(target)]
        for tier in kept:
            if tier.get("upper") and Decimal(tier["upper"]) > Decimal(target):
                tier["upper"] = target
        clause["schedule"]["tiers"] = kept
    return document


@transaction.atomic
def _order() -> None:
    with acting(person("lena"), via="command", reason="taken from the paper"):
        order = contracts.record_precedence(
            ranks=["order_form", "master_agreement"],
            clause="Where this agreement and an order form contradict each other, the order form prevails. (invented)",
            paper="Master agreement, clause 2.3 (invented)",
            master=Contract.objects.get(reference=MASTER),
        )
    with acting(person("leo"), via="command", reason="read the clause as well"):
        contracts.confirm_precedence(order)


@transaction.atomic
def _objectives() -> None:
    """One above what is promised, which its owner agreed to; and one that a promise reaches, which nobody did."""
    service = Service.objects.get(code="build-platform")
    cleo = person("cleo")
    for code, target in (("build-platform-aim", "99.95"), ("build-platform-floor", "99.9")):
        with acting(person("vera"), via="command", reason="what operations say that they can do"):
            row = contracts.set_objective(
                code=code,
                service=service,
                target_percent=Decimal(target),
                owner=cleo,
                from_on=BEGINS,
                reason="what operations say that they can do (invented)",
                as_of=BEGINS,
            )
        if code.endswith("aim"):
            with acting(cleo, via="command", reason="agreed"):
                contracts.agree_objective(row)
