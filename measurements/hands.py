"""Acts that decide which figure of two sources counts, and recurring maintenance: what a result rests on besides
what was measured (rule 20)."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from contracts.models import Commitment
from measurements.models import DifferenceDecision, DifferenceTolerance, Exclusion, RecurringMaintenance
from measurements.reading import Act
from reckoning.assessment import AssessmentInputs


def acts_between_sources(commitment: Commitment, inputs: AssessmentInputs) -> list[Act]:
    """Who accepted a figure of the window, set a tolerance for it, or entered maintenance that recurs into it.

    Every word known at ``inputs.known_at`` counts, also one that a later word took over: it shaped what was asked.
    A word that begins later than the window, or ends the comparison, counts where an earlier one compared it.
    """
    return [
        *_accepted(commitment, inputs.window_start, inputs.known_at),
        *_tolerated(commitment, inputs.window_start, inputs.known_at),
        *_recurring(inputs),
    ]


def _accepted(commitment: Commitment, window_start: datetime, known_at: datetime) -> list[Act]:
    rows = DifferenceDecision.objects.filter(
        commitment=commitment, window_start=window_start, decided_at__lte=known_at
    ).select_related("source")
    return [
        Act(
            row.decided_by_id,
            f"accepted {row.accepted_seconds.normalize():f} s against {row.source.code}, {row.line}",
        )
        for row in rows.order_by("pk")
    ]


def _tolerated(commitment: Commitment, window_start: datetime, known_at: datetime) -> list[Act]:
    contract = commitment.version.contract_id
    known = DifferenceTolerance.objects.filter(contract=contract, set_at__lte=known_at)
    compares = known.filter(source=OuterRef("source"), windows_from__lte=window_start)
    rows = known.filter(Exists(compares)).select_related("source").order_by("pk")
    return [Act(row.set_by_id, f"set the tolerance to {row.source.code}") for row in rows]


def _recurring(inputs: AssessmentInputs) -> list[Act]:
    """An occurrence carries the code of its maintenance and its day, ``code:2023-03-20``."""
    if not inputs.exclusions:
        return []
    occurrences = Exclusion.objects.filter(
        pk__in=[int(one.id) for one in inputs.exclusions], external_id__contains=":"
    )
    found = {
        (row.contract_id, row.service_id, row.external_id.rpartition(":")[0])
        for row in occurrences.order_by("pk")
    }
    rows = RecurringMaintenance.objects.filter(code__in={code for _, _, code in found}).order_by("pk")
    return [
        Act(row.proposed_by_id, f"entered the recurring maintenance {row.code}")
        for row in rows
        if (row.contract_id, row.service_id, row.code) in found
    ]
