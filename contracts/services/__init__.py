"""What can be done with contracts. Each function is one act: one transaction, one audit event, legal's role.

The actor is the one in force (``audit.record.acting``). Every refusal is a DomainError, and nothing is written.
"""

from contracts.services.common import UNCHANGED, TermsLike, authors_of, difference
from contracts.services.parties import (
    change,
    create_contract,
    create_counterparty,
    create_legal_entity,
    create_service,
)
from contracts.services.signing import accept_finding, choose_reading, record_signature
from contracts.services.versions import (
    draft_version,
    edit_draft,
    return_to_draft,
    submit_for_review,
    withdraw,
)

__all__ = [
    "UNCHANGED",
    "TermsLike",
    "accept_finding",
    "authors_of",
    "change",
    "choose_reading",
    "create_contract",
    "create_counterparty",
    "create_legal_entity",
    "create_service",
    "difference",
    "draft_version",
    "edit_draft",
    "record_signature",
    "return_to_draft",
    "submit_for_review",
    "withdraw",
]
