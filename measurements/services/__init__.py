"""What can be done with measurements. Each function is one act: one transaction, one audit event.

The actor is the one in force (``audit.record.acting``). Every refusal is a DomainError, and nothing is written.
Instants are aware; ``proposed_at``, ``decided_at`` and ``known_at`` are moments of knowledge, given by the caller.
"""

from measurements.services.exclusions import (
    DECIDERS,
    PROPOSERS,
    decide_exclusion,
    propose_exclusion,
    propose_maintenance_from_incidents,
)
from measurements.services.files import (
    import_daily_seconds_csv,
    import_intervals_csv,
    import_vendor_figures_csv,
    preview_daily_seconds_csv,
    preview_intervals_csv,
    preview_vendor_figures_csv,
)
from measurements.services.sources import KEEPERS, bind_source, create_source

__all__ = [
    "DECIDERS",
    "KEEPERS",
    "PROPOSERS",
    "bind_source",
    "create_source",
    "decide_exclusion",
    "import_daily_seconds_csv",
    "import_intervals_csv",
    "import_vendor_figures_csv",
    "preview_daily_seconds_csv",
    "preview_intervals_csv",
    "preview_vendor_figures_csv",
    "propose_exclusion",
    "propose_maintenance_from_incidents",
]
