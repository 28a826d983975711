"""Whether a source of events said anything at all: no ticket on its list, or no list."""

from datetime import datetime

from contracts.models import Commitment
from measurements.models import Payload


def listed_after(commitment: Commitment, role: str, window_end: datetime, known_at: datetime) -> bool:
    """Whether a source that plays the role delivered something after the window had ended, known by ``known_at``."""
    return Payload.objects.filter(
        source__bindings__contract=commitment.version.contract_id,
        source__bindings__role=role,
        retrieved_at__gte=window_end,
        known_at__lte=known_at,
    ).exists()
