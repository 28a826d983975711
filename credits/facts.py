"""What a commitment's window is reckoned from: measurements as they were known, and the fee."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.models import Commitment
from credits.caps import granted_facts
from credits.invoices.fees import fees_for
from credits.windows import PartOfWindow
from measurements.reading import inputs_for_many
from reckoning.assessment import AssessmentInputs
from reckoning.money import allot
from reckoning.timeline import Window

Facts = dict[int, tuple[AssessmentInputs, tuple[str, str] | None]]


def facts_of(owned: Sequence[tuple[Commitment, Window]], known_at: datetime) -> Facts:
    """The inputs of each commitment over its window as known at ``known_at``, and why a fee is missing where it is.

    All commitments are of one contract, and their windows have the same edges or are parts of one window with the
    same edges. The number of queries does not grow with them. Fees are not dated with a moment of knowledge: an
    invoice counts from when it was imported, and an assessment keeps the one it was reckoned with. A part of a window
    is looked at from its start to its end, within the facts of the whole window, and pays its share of the whole
    window's fee by seconds (rule 10, rule 12).
    """
    commitments, window = [commitment for commitment, _ in owned], owned[0][1]
    whole = window.whole if isinstance(window, PartOfWindow) else window
    measured = inputs_for_many(commitments, whole.start, whole.end, known_at)
    contract = commitments[0].version.contract
    services = [commitment.service for commitment in commitments]
    fees = fees_for(contract, services, whole.start, whole.end, whole.zone)
    granted = granted_facts(commitments, window.start)
    found: Facts = {}
    for commitment, own in owned:
        answer = fees[commitment.service_id]
        inputs = measured[commitment.pk]
        if answer.fee is not None:
            inputs = inputs.model_copy(update={"fee": answer.fee})
        if commitment.pk in granted:
            inputs = inputs.model_copy(update=granted[commitment.pk])
        if isinstance(own, PartOfWindow):
            inputs = _part_of(inputs, own)
        found[commitment.pk] = (inputs, answer.question)
    return found


def _part_of(inputs: AssessmentInputs, part: PartOfWindow) -> AssessmentInputs:
    """The facts of one part: as if the service had begun with it and ended with it, for its share of the fee."""
    changes: dict[str, Any] = {
        "existed_from": max(part.start, inputs.existed_from or part.start),
        "existed_until": min(part.end, inputs.existed_until or part.end),
    }
    if inputs.fee is not None:
        shares = allot(inputs.fee.amount, list(part.seconds), inputs.fee.currency)
        changes["fee"] = inputs.fee.model_copy(update={"amount": shares[part.number]})
    return inputs.model_copy(update=changes)
