"""Orders of precedence: recorded from the paper by one person of legal, confirmed by a second one."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from contracts.errors import PRECEDENCE_BY_CONSTRAINT, FieldsRefused, NotByYourself, WrongState
from contracts.models import (
    Contract,
    Counterparty,
    PrecedenceConfirmation,
    PrecedenceOrder,
    PrecedenceRank,
)
from contracts.services.common import refusal
from contracts.services.conflicts import take_turns

MOST_RANKS = 30
Named = Contract | str


@named_errors(PRECEDENCE_BY_CONSTRAINT)
@transaction.atomic
def record_precedence(
    *,
    ranks: Sequence[Named],
    clause: str,
    paper: str,
    master: Contract | None = None,
    counterparty: Counterparty | None = None,
    direction: str = "",
) -> PrecedenceOrder:
    """Record which documents go before which: kinds of documents or contracts, the first prevailing.

    For everything under one master agreement, or for one counterparty in one direction. A further one for the same
    is its next version. ``clause`` are the words that say so, ``paper`` where they stand. Raises FieldsRefused,
    NotAllowed.
    """
    actor = require_person("legal")
    take_turns("contracts.precedence")
    faults = _faults(ranks, clause, paper, master, counterparty, direction)
    if faults:
        raise FieldsRefused(faults)
    same = PrecedenceOrder.objects.filter(master=master, counterparty=counterparty, direction=direction)
    last = same.order_by("-number").first()
    order = PrecedenceOrder(
        master=master,
        counterparty=counterparty,
        direction=direction,
        number=last.number + 1 if last else 1,
        clause=clause.strip(),
        paper=paper.strip(),
        recorded_by=actor,
    )
    try:
        order.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    order.save()
    rows = [
        PrecedenceRank(
            order=order,
            position=at,
            kind="" if isinstance(one, Contract) else one,
            contract=one if isinstance(one, Contract) else None,
        )
        for at, one in enumerate(ranks, start=1)
    ]
    PrecedenceRank.objects.bulk_create(rows)
    record(
        "precedence.record",
        order,
        after={
            "scope": order.scope,
            "number": order.number,
            "ranks": [row.named for row in rows],
            "clause": order.clause,
            "paper": order.paper,
        },
    )
    return order


@named_errors(PRECEDENCE_BY_CONSTRAINT)
@transaction.atomic
def confirm_precedence(order: PrecedenceOrder) -> PrecedenceConfirmation:
    """Confirm as a second person of legal that the paper says so. From then on it can decide. Again is free.

    Raises NotByYourself for whoever recorded it, WrongState where a later version is there, NotAllowed.
    """
    actor = require_person("legal")
    take_turns("contracts.precedence")
    done = PrecedenceConfirmation.objects.filter(order=order).first()
    if done is not None:
        return done
    if actor.pk == order.recorded_by_id:
        raise NotByYourself(
            f"actor: {actor.display_name} recorded {order}; another person of legal confirms it"
        )
    same = PrecedenceOrder.objects.filter(
        master=order.master_id, counterparty=order.counterparty_id, direction=order.direction
    )
    if same.filter(number__gt=order.number).exists():
        raise WrongState(f"order: a later version took the place of {order}; confirm that one")
    confirmation = PrecedenceConfirmation.objects.create(order=order, confirmed_by=actor)
    record("precedence.confirm", order, after={"confirmed": True, "number": order.number})
    return confirmation


def _faults(
    ranks: Sequence[Named],
    clause: str,
    paper: str,
    master: Contract | None,
    counterparty: Counterparty | None,
    direction: str,
) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if (master is None) == (counterparty is None):
        faults["master"] = ["Name either a master agreement or a counterparty with a direction."]
    if master is not None and master.kind not in (Contract.Kind.MASTER_AGREEMENT, Contract.Kind.FRAMEWORK):
        faults["master"] = [f"{master.reference} is no master or framework agreement; say so of it first."]
    if counterparty is not None and direction not in Contract.Direction.values:
        faults["direction"] = ["Say in which direction the promises go."]
    if not 2 <= len(ranks) <= MOST_RANKS:
        faults["ranks"] = [f"Name from two to {MOST_RANKS} documents or kinds, the first prevailing."]
    elif len({one.pk if isinstance(one, Contract) else one for one in ranks}) != len(ranks):
        faults["ranks"] = ["Something stands there twice; each may stand once."]
    elif unknown := [
        one for one in ranks if not isinstance(one, Contract) and one not in Contract.Kind.values
    ]:
        faults["ranks"] = [f"{unknown[0]!r} is no kind of document."]
    for name, said in (("clause", clause), ("paper", paper)):
        if not said.strip():
            faults[name] = ["Is empty; an order of precedence rests on words of a paper."]
    return faults
