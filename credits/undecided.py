"""What two documents would both pay: not final, or named on the checklist of the month, until it is decided."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Value

from contracts.giving_way import local_day_of, sides_giving_way, undecided
from contracts.models import ConflictSide, LegalEntity
from contracts.reading import zone_of
from credits.conflicts import require_computing
from credits.errors import ConflictUndecided
from credits.models import Assessment, ClaimStep, CreditMemo, Finalisation
from credits.reading import ZERO, counted, ended_in, latest_assessments
from credits.windows import first_day
from reckoning.fields import zone_info
from reckoning.timeline import Window


def require_alone(result: Assessment, window: Window, payable_before: Decimal) -> None:
    """Raises GivesWayToAnother or ConflictUndecided where a restated result would pay more than before, while another
    document prevails over it or would pay the same. What pays less is restated whatever was decided."""
    if (result.credit_amount or ZERO) <= payable_before:
        return
    require_computing(result.commitment, window)
    if (why := waits_for_decision([result], window).get(result.commitment_id)) is not None:
        raise ConflictUndecided(f"conflict: {why}")


def waits_for_decision(results: Sequence[Assessment], window: Window) -> dict[int, str]:
    """By commitment why a result cannot become final: it would pay, or was missed, and another document pays the same
    until somebody decides. Two queries, none where nothing would be paid."""
    paying = [
        one.commitment_id
        for one in results
        if one.credit_amount or one.outcome in (Assessment.Outcome.BREACH, Assessment.Outcome.OPEN_QUESTION)
    ]
    return _held(paying, first_day(window), window.start, window.end) if paying else {}


def _held(paying: Collection[int], on: date, start: datetime, end: datetime) -> dict[int, str]:
    """Of commitments that would pay in a window: those that wait for a decision, each with why."""
    waits = {
        key: f"{conflict} is not decided, and both would pay; legal decides which of the two gives way"
        for key, conflict in undecided(paying, on).items()
    }
    return _paid_by_the_other(paying, start, end) | waits


def _paid_by_the_other(paying: Collection[int], start: datetime, end: datetime) -> dict[int, str]:
    """Where the document that gives way was final, and paid, before it was decided: what prevails would pay again.

    A final result stays, so that people say what is to be: the decision counts from later on, both stand, or the
    credit that was paid is reversed.
    """
    rows = (
        Finalisation.objects.filter(
            commitment__conflict_sides__against__in=list(paying),
            window_start__lt=end,
            assessment__window_end__gt=start,
        )
        .exclude(assessment__breach__claim__steps__kind=ClaimStep.Kind.FORFEITED)
        .exclude(assessment__memo__steps__state=CreditMemo.State.REVERSED)
        .select_related("assessment__commitment__version__contract")
        .defer("assessment__inputs", "assessment__result", "assessment__commitment__version__terms")
        .distinct()
    )
    found: dict[int, str] = {}
    for row in rows:
        at = Value(row.window_start, output_field=DateTimeField())
        sides = sides_giving_way(row.commitment_id, local_day_of(at)).filter(against__in=list(paying))
        prevailing = list(sides.values_list("against", flat=True))
        if prevailing and counted(row)[1] > ZERO:
            said = (
                f"{row.assessment.commitment.version.contract.reference} gives way by decision, and its result of "
                f"{row.assessment.window_label} was final and pays; legal decides from a later day on or that both "
                "stand, or finance reverses that credit"
            )
            found |= dict.fromkeys(prevailing, said)
    return found


# The close checklist -------------------------------------------------------------------------------------


def _ending(legal_entity: LegalEntity, starts_on: date) -> QuerySet[Assessment]:
    owed = Q(credit_amount__gt=0) | Q(outcome=Assessment.Outcome.BREACH)
    rows = latest_assessments().filter(owed, commitment__version__contract__legal_entity=legal_entity)
    sides = ConflictSide.objects.filter(commitment=OuterRef("commitment_id"))
    rows = ended_in(rows, starts_on).filter(Exists(sides))
    return rows.select_related("commitment__service", "commitment__version__contract").defer(
        "inputs", "result"
    )


def undecided_results(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    """Results of a month that two documents would both pay, with what must be decided first."""
    return _told(
        _ending(legal_entity, starts_on).filter(finalisation=None),
        lambda paying, on, row: _held(paying, on, row.window_start, row.window_end),
    )


def open_disagreements(legal_entity: LegalEntity, starts_on: date) -> list[str]:
    """Results of a month, final ones too, that either of two documents of no family pays, while nobody decided between
    them."""
    return _told(
        _ending(legal_entity, starts_on),
        lambda paying, on, row: {
            key: str(conflict) for key, conflict in undecided(paying, on, is_family=False).items()
        },
    )


def _told(
    rows: Iterable[Assessment], why: Callable[[Collection[int], date, Assessment], Mapping[int, str]]
) -> list[str]:
    """A line for every result of which there is something to say; asked once for all results of the same window."""
    by_window: dict[tuple[date, datetime, datetime], list[Assessment]] = defaultdict(list)
    for row in rows:
        on = row.window_start.astimezone(zone_info(zone_of(row.commitment))).date()
        by_window[on, row.window_start, row.window_end].append(row)
    found = []
    for (on, _, _), told in by_window.items():
        said = why([row.commitment_id for row in told], on, told[0])
        found += [
            f"{row.commitment.version.contract.reference}, {row.commitment.service.name}, {row.window_label}: "
            f"{said[row.commitment_id]}"
            for row in told
            if row.commitment_id in said
        ]
    return found
