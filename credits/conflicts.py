"""What decisions about conflicts of promises do to results: who gives way is not reckoned.

A past result stays. A provisional one of a commitment that gives way by a later decision is kept too, but counts
nowhere: see ``credits.reading.latest_assessments``.
"""

from datetime import date

from django.db.models import Exists, OuterRef, Q

from contracts.giving_way import local_day_of, overridden, sides_giving_way
from contracts.models import Commitment, ConflictSide
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
