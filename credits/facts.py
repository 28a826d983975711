"""What a commitment's window is reckoned from: measurements as they were known, and the fee."""

from collections.abc import Sequence
from datetime import datetime

from contracts.models import Commitment
from credits.caps import granted_facts
from credits.invoices.fees import fees_for
from measurements.reading import inputs_for_many
from reckoning.assessment import AssessmentInputs
from reckoning.timeline import Window

Facts = dict[int, tuple[AssessmentInputs, tuple[str, str] | None]]


def facts_of(commitments: Sequence[Commitment], window: Window, known_at: datetime) -> Facts:
    """Inputs with their fee, by the commitment's key, and the question that stands in the way of a fee.

    All commitments are of one contract. The number of queries does not grow with them. Fees are not dated
    with a moment of knowledge: an invoice counts from when it was imported, and an assessment keeps the one it
    was reckoned with.
    """
    measured = inputs_for_many(commitments, window.start, window.end, known_at)
    contract = commitments[0].version.contract
    services = [commitment.service for commitment in commitments]
    fees = fees_for(contract, services, window.start, window.end, window.zone)
    granted = granted_facts(commitments, window.start)
    found: Facts = {}
    for commitment in commitments:
        answer = fees[commitment.service_id]
        inputs = measured[commitment.pk]
        if answer.fee is not None:
            inputs = inputs.model_copy(update={"fee": answer.fee})
        if commitment.pk in granted:
            inputs = inputs.model_copy(update=granted[commitment.pk])
        found[commitment.pk] = (inputs, answer.question)
    return found
