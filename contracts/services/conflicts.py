"""Conflicts of promises: found and found to be gone, decided by one person of legal and confirmed by another."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery

from audit.record import record
from base.access import acting_user, require_person
from base.dberrors import named_errors
from base.errors import NotAllowed
from contracts.conflicting import Found, conflicts_of_documents, conflicts_with_objectives
from contracts.errors import (
    PRECEDENCE_BY_CONSTRAINT,
    CircleOfDecisions,
    FieldsRefused,
    NotByYourself,
    WrongState,
)
from contracts.models import (
    Conflict,
    ConflictDecision,
    ConflictSide,
    ConflictStep,
    Contract,
    ContractVersion,
    DecisionConfirmation,
    PrecedenceOrder,
)
from contracts.precedence_reading import proposal_for
from contracts.services.common import require_reason

GivesWay = ConflictDecision.GivesWay


@transaction.atomic
def find_conflicts(*, on: date) -> list[Conflict]:
    """Look through everything that is signed, as of a day; a job does so every day. Returns those newly found.

    What was found before and stands is left alone: nobody is told twice. What stands no more is marked as gone.
    """
    actor = acting_user()
    if actor.is_person and not actor.has_role("legal"):
        raise NotAllowed("actor: conflicts are looked for by legal, or by a job", code="role_missing")
    return look_for_conflicts(on)


@named_errors(PRECEDENCE_BY_CONSTRAINT)
@transaction.atomic
def decide_conflict(
    conflict: Conflict,
    *,
    gives_way: str,
    from_on: date,
    reason: str,
    by_order: bool = False,
) -> ConflictDecision:
    """Propose which side gives way in windows that begin on ``from_on`` or later; a second person confirms it.

    ``by_order``: by the order of precedence, which must say so; else by legal, for the reason given. For a promise
    that reaches an objective, "neither" says that it stands as it is. Raises FieldsRefused, WrongState,
    ReasonMissing, CircleOfDecisions, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    take_turns(f"contracts.conflict:{conflict.pk}")
    if gives_way not in GivesWay.values:
        raise FieldsRefused({"gives_way": ["Say which side gives way, or that both stand."]})
    if conflict.kind == Conflict.Kind.OBJECTIVE and gives_way != GivesWay.NEITHER:
        raise FieldsRefused(
            {"gives_way": ["A promise does not give way to an objective; both stand, or either is changed."]}
        )
    order = _order_for(conflict, gives_way) if by_order else None
    _refuse_circles(conflict, gives_way, from_on)
    last = conflict.decisions.order_by("-number").first()
    same = (gives_way, order.pk if order else None, from_on, reason.strip())
    if last is not None and same == (last.gives_way, last.order_id, last.from_on, last.reason):
        return last
    decision = ConflictDecision.objects.create(
        conflict=conflict,
        number=last.number + 1 if last else 1,
        gives_way=gives_way,
        order=order,
        from_on=from_on,
        reason=reason.strip(),
        decided_by=actor,
    )
    record("conflict.decide", conflict, after=_told(decision), reason=reason)
    return decision


@named_errors(PRECEDENCE_BY_CONSTRAINT)
@transaction.atomic
def confirm_decision(decision: ConflictDecision) -> DecisionConfirmation:
    """Confirm a decision as a second person of legal. From then on it counts. Again is free.

    Raises NotByYourself for whoever made it, WrongState where a later one is there or the order of precedence that it
    rests on was replaced, FieldsRefused where the order says otherwise, CircleOfDecisions, NotAllowed.
    """
    actor = require_person("legal")
    take_turns("contracts.decisions")
    take_turns(f"contracts.conflict:{decision.conflict_id}")
    done = DecisionConfirmation.objects.filter(decision=decision).first()
    if done is not None:
        return done
    if actor.pk == decision.decided_by_id:
        raise NotByYourself(
            f"actor: {actor.display_name} made the decision; another person of legal confirms it"
        )
    conflict = decision.conflict
    if conflict.decisions.filter(number__gt=decision.number).exists():
        raise WrongState("decision: a later decision took the place of this one; confirm that one")
    if decision.order_id is not None and _order_for(conflict, decision.gives_way).pk != decision.order_id:
        raise WrongState("decision: the order of precedence has a later version; decide anew by that one")
    _refuse_circles(conflict, decision.gives_way, decision.from_on)
    confirmation = DecisionConfirmation.objects.create(decision=decision, confirmed_by=actor)
    record("conflict.confirm", conflict, after=_told(decision) | {"confirmed": True})
    return confirmation


# Below the acts ------------------------------------------------------------------------------------------


def look_for_conflicts(
    on: date,
    *,
    counterparty_id: int | None = None,
    direction: str | None = None,
    service_id: int | None = None,
) -> list[Conflict]:
    """What :func:`find_conflicts` does, narrowed to what somebody just signed or entered; part of their act."""
    take_turns("contracts.conflicts")
    found: list[Found] = []
    if service_id is None:
        found += conflicts_of_documents(counterparty_id, direction)
    found += conflicts_with_objectives(on, service_id, counterparty_id)
    by_print = {one.fingerprint: one for one in found}
    there = {row.fingerprint: row for row in _with_last(Conflict.objects.filter(fingerprint__in=by_print))}
    new = []
    for fingerprint, one in by_print.items():
        row = there.get(fingerprint)
        if row is None:
            row = _keep(one)
        added = _add_sides(row, one)
        stands = one.ends_on is None or one.ends_on > on
        if stands and getattr(row, "last_kind", None) != ConflictStep.Kind.FOUND:
            _step(row, ConflictStep.Kind.FOUND, on)
            new.append(row)
        elif added:
            record("conflict.sides", row, after={"commitments": added})
    standing = {key for key, one in by_print.items() if one.ends_on is None or one.ends_on > on}
    for row in _looked_at(counterparty_id, direction, service_id).exclude(fingerprint__in=standing):
        _step(row, ConflictStep.Kind.GONE, on)
    return new


def find_conflicts_of(version: ContractVersion, signed_on: date) -> list[Conflict]:
    """What a version that was just signed is in conflict with, as of the day of its last signature; not before the last
    day as of which was looked, so that what is gone is not found again by a signature that is entered late."""
    contract = version.contract
    looked = ConflictStep.objects.aggregate(last=Max("as_of"))["last"]
    return look_for_conflicts(
        max(signed_on, looked or signed_on),
        counterparty_id=contract.counterparty_id,
        direction=contract.direction,
    )


def take_turns(what: str) -> None:
    """Be alone with something until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def _with_last(rows: QuerySet[Conflict]) -> QuerySet[Any]:
    steps = ConflictStep.objects.filter(conflict=OuterRef("pk")).order_by("-number")
    return rows.annotate(
        last_kind=Subquery(steps.values("kind")[:1]), last_number=Subquery(steps.values("number")[:1])
    )


def _looked_at(counterparty_id: int | None, direction: str | None, service_id: int | None) -> QuerySet[Any]:
    """The conflicts that stand, of those that were just looked for."""
    rows = _with_last(Conflict.objects.all()).filter(last_kind=ConflictStep.Kind.FOUND)
    if service_id is not None:
        rows = rows.filter(kind=Conflict.Kind.OBJECTIVE, service=service_id)
    if counterparty_id is not None:
        rows = rows.filter(first__counterparty=counterparty_id)
    if direction is not None:
        rows = rows.filter(first__direction=direction)
    return rows.order_by("pk")


def _keep(one: Found) -> Conflict:
    return Conflict.objects.create(
        kind=one.kind,
        service_id=one.service_id,
        figure=one.figure,
        first=one.first,
        second=one.second,
        objective=one.objective,
        is_family=one.is_family,
        differences=one.differences,
        fingerprint=one.fingerprint,
    )


def _add_sides(row: Conflict, one: Found) -> list[int]:
    """The pairs that are not there yet: of a conflict that is new, or that a later version repeats. Returns the
    commitments of those."""
    there = set(row.sides.values_list("commitment_id", "against_id"))
    rows = []
    for first, second in one.pairs:
        other = second.commitment_id if second else None
        if (first.commitment_id, other) in there:
            continue
        rows.append(_side(row, "first", first.commitment_id, other, first.zone))
        if second is not None:
            rows.append(_side(row, "second", other, first.commitment_id, second.zone))
    ConflictSide.objects.bulk_create(rows)
    return sorted({side.commitment_id for side in rows})


def _side(row: Conflict, side: str, commitment: int | None, against: int | None, zone: str) -> ConflictSide:
    assert commitment is not None
    return ConflictSide(conflict=row, side=side, commitment_id=commitment, against_id=against, zone=zone)


def _step(row: Conflict, kind: ConflictStep.Kind, on: date) -> None:
    number = (getattr(row, "last_number", None) or 0) + 1
    ConflictStep.objects.create(conflict=row, number=number, kind=kind, as_of=on)
    verb = "conflict.find" if kind == ConflictStep.Kind.FOUND else "conflict.gone"
    record(verb, row, after={"conflict": str(row), "as_of": on, "number": number})


def _order_for(conflict: Conflict, gives_way: str) -> PrecedenceOrder:
    proposal = proposal_for(conflict)
    if proposal.order is None or proposal.gives_way is None:
        raise WrongState(f"by_order: {proposal.sentence}; decide by a reason of your own")
    if proposal.gives_way != gives_way:
        raise FieldsRefused({"gives_way": [f"The order of precedence says otherwise: {proposal.sentence}."]})
    return proposal.order


def _refuse_circles(conflict: Conflict, gives_way: str, from_on: date) -> None:
    """From this day on no promise gives way to one that gives way to it, by whatever way round: nobody would pay."""
    if gives_way == GivesWay.NEITHER or conflict.second_id is None:
        return
    others = list(
        ConflictDecision.objects.exclude(conflict=conflict)
        .filter(
            confirmation__isnull=False,
            conflict__service=conflict.service_id,
            conflict__figure=conflict.figure,
            conflict__second__isnull=False,
        )
        .select_related("conflict")
        .order_by("number")
    )
    loser, winner = _way(conflict, gives_way)
    for day in sorted({from_on, *(row.from_on for row in others if row.from_on > from_on)}):
        if loser in _reached(winner, _who_gives_way(others, day)):
            names = dict(Contract.objects.filter(pk__in=[loser, winner]).values_list("pk", "reference"))
            raise CircleOfDecisions(
                f"gives_way: in windows that begin on {day.isoformat()} {names[winner]} gives way to {names[loser]} by "
                "decisions that stand, directly or by others; nobody would pay then"
            )


def _way(conflict: Conflict, gives_way: str) -> tuple[int, int]:
    """The contract that gives way, and the one that it gives way to."""
    assert conflict.second_id is not None
    pair = (conflict.first_id, conflict.second_id)
    return pair if gives_way == GivesWay.FIRST else (pair[1], pair[0])


def _who_gives_way(confirmed: Iterable[ConflictDecision], on: date) -> dict[int, set[int]]:
    """From each contract to those that it gives way to on a day, by the decisions (in order) that count on it."""
    counting = {row.conflict_id: row for row in confirmed if row.from_on <= on}
    found: dict[int, set[int]] = {}
    for row in counting.values():
        if row.gives_way != GivesWay.NEITHER:
            loser, winner = _way(row.conflict, row.gives_way)
            found.setdefault(loser, set()).add(winner)
    return found


def _reached(start: int, ways: Mapping[int, set[int]]) -> set[int]:
    seen, at = {start}, [start]
    while at:
        new = ways.get(at.pop(), set()) - seen
        seen |= new
        at += new
    return seen


def _told(decision: ConflictDecision) -> dict[str, object]:
    return {
        "decision": decision.number,
        "gives_way": decision.gives_way,
        "from_on": decision.from_on,
        "by_order": str(decision.order) if decision.order is not None else "",
        "reason": decision.reason,
    }
