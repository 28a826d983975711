"""What can be done with measurements. Each function is one act: one transaction, one audit event.

The actor is the one in force (``audit.record.acting``). Every refusal is a DomainError, and nothing is written.
Instants are aware; ``proposed_at``, ``decided_at`` and ``known_at`` are moments of knowledge, given by the caller.
"""

from measurements.services.disputes import (
    NOTERS,
    RECONCILERS,
    TOLERANCE_SETTERS,
    accept_figure,
    attribute_incident,
    note_incident,
    set_difference_tolerance,
)
from measurements.services.exclusions import (
    DECIDERS,
    PROPOSERS,
    add_exclusion_evidence,
    decide_exclusion,
    propose_exclusion,
    propose_maintenance_from_incidents,
    withdraw_exclusion,
)
from measurements.services.exclusions_recurring import propose_recurring_maintenance
from measurements.services.feeds import (
    draft_upload,
    grant_push,
    import_draft,
    pull,
    push,
    set_feed,
    set_intake_policy,
)
from measurements.services.files import (
    import_daily_seconds_csv,
    import_intervals_csv,
    import_vendor_figures_csv,
    preview_daily_seconds_csv,
    preview_intervals_csv,
    preview_vendor_figures_csv,
)
from measurements.services.retention import REMOVERS, SEALERS, remove_payloads, seal_month
from measurements.services.sources import KEEPERS, bind_source, create_source

__all__ = [
    "DECIDERS",
    "KEEPERS",
    "NOTERS",
    "PROPOSERS",
    "RECONCILERS",
    "REMOVERS",
    "SEALERS",
    "TOLERANCE_SETTERS",
    "accept_figure",
    "add_exclusion_evidence",
    "attribute_incident",
    "bind_source",
    "create_source",
    "decide_exclusion",
    "draft_upload",
    "grant_push",
    "import_daily_seconds_csv",
    "import_draft",
    "import_intervals_csv",
    "import_vendor_figures_csv",
    "note_incident",
    "preview_daily_seconds_csv",
    "preview_intervals_csv",
    "preview_vendor_figures_csv",
    "propose_exclusion",
    "propose_maintenance_from_incidents",
    "propose_recurring_maintenance",
    "pull",
    "push",
    "remove_payloads",
    "seal_month",
    "set_difference_tolerance",
    "set_feed",
    "set_intake_policy",
    "withdraw_exclusion",
]
