"""What conflicts of promises do to results: who gives way is not reckoned, and what two would pay waits for a decision.

A past result stays. A provisional one of a commitment that gives way by a later decision is kept too, but counts
nowhere: see ``credits.reading.latest_assessments``.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.giving_way import local_day_of, overridden, sides_giving_way, undecided
from contracts.models import Commitment, Conflict, ConflictSide, ConflictStep, LegalEntity
from contracts.precedence_reading import open_conflicts
from credits.errors import GivesWayToAnother
from credits.models import Assessment, Finalisation
from credits.windows import first_day
from reckoning.fields import zone_info
from reckoning.timeline import Window


def require_computing(commitment: Commitment, window: Window) -> None:
    """Raises GivesWayToAnother where the commitment gives way to another in this window. One query."""
    found = overridden([commitment.pk], first_day(window)).get(commitment.pk)
    if found is not None:
        raise GivesWayToAnother(f"commitment: {commitment} {found.sentence}")


def waits_for_decision(results: Sequence[Assessment], window: Window) -> dict[int, Conflict]:
    """By commitment the conflict that keeps a result from becoming final: it would pay, or was missed, and another
    document of its family that is in effect promises the same. One query, none where nothing would be paid."""
    paying = [
        one.commitment_id
        for one in results
        if one.credit_amount or one.outcome in (Assessment.Outcome.BREACH, Assessment.Outcome.OPEN_QUESTION)
    ]
    return undecided(paying, first_day(window)) if paying else {}


def gives_way() -> Q:
    """Of results: their commitment gives way in their window, and the window is not final."""
    sides = sides_giving_way(OuterRef("commitment_id"), local_day_of(OuterRef("window_start")))
    final = Finalisation.objects.filter(
        commitment=OuterRef("commitment_id"), window_start=OuterRef("window_start")
    )
    return Q(Exists(sides)) & ~Q(Exists(final))


def why_it_gives_way(result: Assessment, *, short: bool = False) -> str:
    """Why a provisional result counts nowhere, in one sentence; empty where it counts. ``short``: for readers outside,
    without who decided and why."""
    if Finalisation.objects.filter(
        commitment=result.commitment_id, window_start=result.window_start
    ).exists():
        return ""
    side = ConflictSide.objects.filter(commitment=result.commitment_id).first()
    if side is None:
        return ""
    day = result.window_start.astimezone(zone_info(side.zone)).date()
    found = overridden([result.commitment_id], day).get(result.commitment_id)
    if found is None:
        return ""
    return found.short if short else found.sentence


def before_others(commitment: Commitment, on: date) -> list[str]:
    """Which commitments give way to this one in windows that begin on a day, each in one sentence."""
    facing = ConflictSide.objects.filter(against=commitment).values_list("commitment", flat=True)
    keys = list(facing.distinct())
    found = overridden(keys, on) if keys else {}
    mine = {key: one for key, one in found.items() if one.side.against_id == commitment.pk}
    rows = Commitment.objects.filter(pk__in=mine).select_related("version__contract").defer("version__terms")
    return [
        f"{row.version.contract.reference}, {row.key}, {mine[row.pk].short}" for row in rows.order_by("pk")
    ]


# The close checklist -------------------------------------------------------------------------------------


def _ending(legal_entity: LegalEntity, starts_on: date) -> QuerySet[Assessment]:
    from credits.close_items import ended_in
    from credits.reading import latest_assessments

    owed = Q(credit_amount__gt=0) | Q(outcome=Assessment.Outcome.BREACH)
    rows = latest_assessments().filter(
        owed, commitment__version__contract__legal_entity=legal_entity, finalisation=None
    )
    sides = ConflictSide.objects.filter(commitment=OuterRef("commitment_id"))
    rows = ended_in(rows, starts_on).filter(Exists(sides))
    return rows.select_related("commitment__service", "commitment__version__contract").defer(
        "inputs", "result"
    )


def undecided_results(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    """Results of a month that two documents would both pay, with the conflict that must be decided first."""
    found = []
    for row in _ending(legal_entity, starts_on).order_by("pk"):
        side = row.commitment.conflict_sides.first()
        day = row.window_start.astimezone(zone_info(side.zone)).date() if side else starts_on
        conflict = undecided([row.commitment_id], day).get(row.commitment_id)
        if conflict is not None:
            contract = row.commitment.version.contract.reference
            found.append(f"{contract}, {row.commitment.service.name}, {row.window_label}: {conflict}")
    return found


def open_disagreements(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    """Conflicts of documents of no family that nobody decided, where either would pay in this month."""
    contracts = {row.commitment.version.contract_id for row in _ending(legal_entity, starts_on)}
    if not contracts:
        return []
    rows = open_conflicts().filter(Q(first__in=contracts) | Q(second__in=contracts), is_family=False)
    rows = rows.exclude(kind=Conflict.Kind.OBJECTIVE).filter(last_kind=ConflictStep.Kind.FOUND)
    return [str(row) for row in rows.select_related("first", "second", "service").order_by("pk")]
