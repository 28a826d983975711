"""A customer with a master agreement and an order form under it, for tests of conflicts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from audit.record import acting
from base.models import User
from contracts import services
from contracts.models import Conflict, Contract, PrecedenceOrder
from tests import factories

DAY = date(2022, 1, 1)
JUNE = date(2022, 6, 1)


def level(target: str, **changes: Any) -> dict[str, Any]:
    """Terms that promise one level on one service."""
    return factories.terms(factories.commitment_terms(target_percent=target, **changes))


def master(reference: str = "MSA-1", document: Mapping[str, Any] | None = None, **values: Any) -> Contract:
    """A signed master agreement, at 99.5 % unless told."""
    return factories.signed_contract(
        document or level("99.5"), reference, kind=Contract.Kind.MASTER_AGREEMENT, **values
    )


def order_form(
    above: Contract, reference: str = "OF-1", document: Mapping[str, Any] | None = None, **values: Any
) -> Contract:
    """A signed order form under a master agreement, at 99.9 % unless told."""
    given = {"kind": Contract.Kind.ORDER_FORM, "under": above} | values
    return factories.signed_contract(document or level("99.9"), reference, **given)


def two_documents() -> tuple[Contract, Contract, Conflict]:
    """A master agreement and an order form that disagree, and their conflict."""
    above = master()
    below = order_form(above)
    return above, below, Conflict.objects.get()


def order_of_precedence(above: Contract, *ranks: Any) -> PrecedenceOrder:
    """A confirmed order: order form before master agreement unless told."""
    with factories.legal():
        order = services.record_precedence(
            ranks=ranks or ("order_form", "master_agreement"),
            clause="In case of conflict the order form prevails.",
            paper="Master agreement, clause 2.1, page 3",
            master=above,
        )
    with factories.legal():
        services.confirm_precedence(order)
    return order


def decide(conflict: Conflict, gives_way: str, from_on: date = DAY, **more: Any) -> None:
    """A decision by one person of legal, confirmed by another."""
    with factories.legal():
        decision = services.decide_conflict(
            conflict, gives_way=gives_way, from_on=from_on, reason="the later paper was meant", **more
        )
    with factories.legal():
        services.confirm_decision(decision)


def objective(
    target: str, owner: User | None = None, code: str = "platform-availability", **values: Any
) -> Any:
    """An internal objective for the platform."""
    given = {
        "from_on": DAY,
        "reason": "what we can do",
        "as_of": DAY,
        "service": factories.service("platform"),
    } | values
    with acting(factories.user("vendor_manager"), via="command", reason="a test's world"):
        return services.set_objective(
            code=code,
            target_percent=target,
            owner=owner or factories.user("customer_success"),
            **given,
        )
