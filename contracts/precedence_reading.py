"""Where conflicts stand, what an order of precedence says of them, who answers for what, and what a draft would do."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from base.models import User
from contracts.checks import Standing
from contracts.conflicting import (
    Promise,
    differences_of,
    effective_spans,
    field_words,
    last_common_day,
    objective_spans,
    promise_of,
    reached,
    roots,
    same_promise,
)
from contracts.models import (
    Commitment,
    Conflict,
    ConflictDecision,
    ConflictStep,
    Contract,
    ContractVersion,
    PrecedenceOrder,
    ServiceLevelObjective,
)
from contracts.reading import terms_of
from reckoning.terms import Terms

# Where conflicts stand -----------------------------------------------------------------------------------


def conflicts_with_state() -> QuerySet[Any]:
    """Conflicts with ``last_kind`` (found, gone; None of one that was over before it was found), ``decided_number``
    (of the last confirmed decision) and ``last_decision`` (the number of the last one). One query."""
    steps = ConflictStep.objects.filter(conflict=OuterRef("pk")).order_by("-number")
    decisions = ConflictDecision.objects.filter(conflict=OuterRef("pk")).order_by("-number")
    confirmed = decisions.filter(confirmation__isnull=False)
    return Conflict.objects.annotate(
        last_kind=Subquery(steps.values("kind")[:1]),
        since=Subquery(steps.values("as_of")[:1]),
        last_decision=Subquery(decisions.values("number")[:1]),
        decided_number=Subquery(confirmed.values("number")[:1]),
    )


def open_conflicts(rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """Conflicts that stand and that nobody decided; some may wait for a second person."""
    rows = conflicts_with_state() if rows is None else rows
    return rows.filter(last_kind=ConflictStep.Kind.FOUND, decided_number=None)


def state_of(conflict: Any) -> str:
    """The state of a row of :func:`conflicts_with_state`, in words."""
    if conflict.decided_number is not None:
        return "decided"
    if conflict.last_kind != ConflictStep.Kind.FOUND:
        return "gone"
    return "to be confirmed" if conflict.last_decision else "open"


def decisions_in_words(conflict_ids: Collection[int]) -> dict[int, str]:
    """The last confirmed decision of each conflict in one sentence. One query, none for no conflict."""
    if not conflict_ids:
        return {}
    rows = (
        ConflictDecision.objects.filter(conflict__in=list(conflict_ids), confirmation__isnull=False)
        .select_related("conflict__first", "conflict__second", "decided_by", "confirmation__confirmed_by")
        .order_by("conflict_id", "-number")
        .distinct("conflict_id")
    )
    return {row.conflict_id: decision_words(row) for row in rows}


def decision_words(row: ConflictDecision) -> str:
    """What was decided, by whom and from when, in one sentence."""
    conflict = row.conflict
    first = conflict.first.reference
    second = conflict.second.reference if conflict.second is not None else "the objective"
    what = {
        "first": f"{first} gives way to {second}",
        "second": f"{second} gives way to {first}",
        "neither": "both stand",
    }[row.gives_way]
    by = " by the order of precedence" if row.order_id else ""
    return (
        f"{what}{by} for windows that begin on {row.from_on.isoformat()} or later, decided by "
        f"{row.decided_by.display_name} and confirmed by {row.confirmation.confirmed_by.display_name}: {row.reason}"
    )


# What an order of precedence says ------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """What the order of precedence says of a conflict; ``gives_way`` is None where it says nothing."""

    order: PrecedenceOrder | None
    gives_way: str | None
    sentence: str


def proposal_for(conflict: Conflict) -> Proposal:
    """Which side gives way by the order of precedence that was confirmed last: that of the master agreement on top of
    both, else that of the counterparty in this direction."""
    if conflict.second is None:
        return Proposal(None, None, "a promise computes whatever we aim at; no order of precedence is asked")
    first, second = conflict.first, conflict.second
    tops = roots([first, second])
    confirmed = PrecedenceOrder.objects.filter(confirmation__isnull=False).order_by("-number")
    own = tops[first.pk] if tops[first.pk] == tops[second.pk] else None
    order = confirmed.filter(master=own).first() if own is not None else None
    order = order or confirmed.filter(counterparty=first.counterparty_id, direction=first.direction).first()
    if order is None:
        return Proposal(None, None, "no order of precedence was recorded and confirmed for these documents")
    ranks = list(order.ranks.select_related("contract"))
    places = [_place(ranks, one) for one in (first, second)]
    says = f"{order.paper}: “{order.clause}”"
    if places[0] is None or places[1] is None:
        missing = [one.reference for one, place in zip((first, second), places, strict=True) if place is None]
        return Proposal(
            order, None, f"the order of precedence does not name {' and '.join(missing)} ({says})"
        )
    if places[0] == places[1]:
        return Proposal(order, None, f"the order of precedence gives both the same place ({says})")
    wins, loses, side = (first, second, "second") if places[0] < places[1] else (second, first, "first")
    return Proposal(order, side, f"{wins.reference} prevails over {loses.reference} ({says})")


def _place(ranks: Sequence[Any], contract: Contract) -> int | None:
    """The place of a contract: by its name, else by its kind."""
    named = [rank.position for rank in ranks if rank.contract_id == contract.pk]
    kinds = [rank.position for rank in ranks if rank.kind and rank.kind == contract.kind]
    return next(iter([*named, *kinds]), None)


# Whoever left --------------------------------------------------------------------------------------------


def orphaned_contracts() -> QuerySet[Contract]:
    """Contracts whose owner left: the login is closed."""
    return Contract.objects.filter(owner__is_active=False).select_related("owner", "counterparty")


def latest_objectives() -> QuerySet[ServiceLevelObjective]:
    """The last version of each objective."""
    later = ServiceLevelObjective.objects.filter(code=OuterRef("code"), number__gt=OuterRef("number"))
    return ServiceLevelObjective.objects.filter(~Exists(later)).select_related("service", "owner")


def owners_of_objectives(codes: Collection[str]) -> dict[str, User]:
    """By code whoever the last version names: a conflict keeps the version that it was found with. One query, none
    for no code."""
    if not codes:
        return {}
    return {row.code: row.owner for row in latest_objectives().filter(code__in=list(codes))}


def owner_of_objective(objective: ServiceLevelObjective) -> User:
    """Whoever answers for an objective today."""
    return owners_of_objectives([objective.code])[objective.code]


def owners_of_sides(conflict: Conflict) -> tuple[User | None, User | None]:
    """Who answers for the first side and for the second, also those who left."""
    if conflict.objective is not None:
        return conflict.first.owner, owner_of_objective(conflict.objective)
    return conflict.first.owner, conflict.second.owner if conflict.second is not None else None


def owners_of(conflict: Conflict) -> list[User]:
    """Who answers for either side: those who are still here, each once."""
    found: dict[int, User] = {}
    for one in owners_of_sides(conflict):
        if one is not None and one.is_active:
            found.setdefault(one.pk, one)
    return list(found.values())


# Before a text is signed ---------------------------------------------------------------------------------


def conflict_standings(version: ContractVersion) -> Iterator[Standing]:
    """What an unsigned text would be in conflict with, clause by clause: it stands against signing until legal
    accepts it with a reason. Four queries at most."""
    if version.state not in (ContractVersion.State.DRAFT, ContractVersion.State.IN_REVIEW):
        return
    terms = terms_of(version)
    codes = {code for clause in terms.commitments for code in clause.services}
    yield from _against_documents(version, terms, codes)
    if version.contract.direction == Contract.Direction.PROMISED_BY_US:
        yield from _against_objectives(version, terms, codes)


def _against_documents(version: ContractVersion, terms: Terms, codes: set[str]) -> Iterator[Standing]:
    contract = version.contract
    rows = Commitment.objects.filter(
        service__code__in=codes,
        version__state=ContractVersion.State.SIGNED,
        version__contract__counterparty=contract.counterparty_id,
        version__contract__direction=contract.direction,
    ).exclude(version__contract=contract.pk)
    rows = rows.filter(
        Q(version__effective_until_on=None) | Q(version__effective_until_on__gt=version.effective_from_on)
    )
    if version.effective_until_on is not None:
        rows = rows.filter(version__effective_from_on__lt=version.effective_until_on)
    held = list(
        rows.select_related("service", "version__contract__owner").order_by(
            "version__contract__reference", "pk"
        )
    )
    effective = effective_spans({row.version.contract_id for row in held})
    own = [(version.effective_from_on, version.effective_until_on)]
    others = [row for row in held if last_common_day(own, effective.get(row.version_id, ())) != date.min]
    if not others:
        return
    tops = roots([contract, *(row.version.contract for row in others)])
    for number, clause in enumerate(terms.commitments):
        mine = Promise(terms, clause)
        said: dict[str, str] = {}
        family = False
        for row in others:
            theirs = promise_of(row)
            if row.service.code not in clause.services or not same_promise(mine, theirs):
                continue
            other = row.version.contract
            differ = differences_of(mine, theirs)
            related = tops[contract.pk] == tops[other.pk]
            family |= related
            if differ:
                fields = ", ".join(field_words(one["field"]) for one in differ)
                said.setdefault(
                    other.reference, f"{other.reference} ({_owner(other.owner)}) says otherwise: {fields}"
                )
            elif related:
                said.setdefault(
                    other.reference, f"{other.reference} ({_owner(other.owner)}) promises the very same"
                )
        if said:
            until_then = "what both would pay cannot become final" if family else "each of them pays"
            yield Standing(
                "PROMISES_CONFLICT",
                f"commitments.{number}",
                f"for the same service and figure, {'; '.join(said.values())}; without a decision, {until_then}",
                "Make the texts agree, or accept it; once it is signed, legal decides which of them gives way.",
                acceptable=True,
            )


def _against_objectives(version: ContractVersion, terms: Terms, codes: set[str]) -> Iterator[Standing]:
    objectives = list(
        ServiceLevelObjective.objects.filter(service__code__in=codes).select_related("service", "owner")
    )
    if not objectives:
        return
    counts = objective_spans(objectives)
    own = [(version.effective_from_on, version.effective_until_on)]
    for number, clause in enumerate(terms.commitments):
        said = []
        for objective in objectives:
            if objective.service.code not in clause.services or not counts.get(objective.pk):
                continue
            if last_common_day(own, counts[objective.pk]) == date.min:
                continue
            differ = reached(Promise(terms, clause), objective)
            if differ is not None:
                said.append(
                    f"the objective {objective.code} for {objective.service.name} ({_owner(objective.owner)}) is "
                    f"{differ['second']}, and {differ['first']} is promised"
                )
        if said:
            yield Standing(
                "PROMISE_NOT_BELOW_OBJECTIVE",
                f"commitments.{number}.target_percent",
                f"{'; '.join(said)}: the promise would be missed before, or as soon as, we notice",
                "Promise less, aim for more, or accept it with a reason; both owners are told once it is signed.",
                acceptable=True,
            )


def _owner(owner: User | None) -> str:
    return f"owner {owner.display_name}" if owner is not None else "without an owner"
