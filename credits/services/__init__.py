"""What can be done with results, claims, memos and the ledger. Each function is one act.

One act is one transaction with one audit event of the actor in force (``audit.record.acting``), in which a
batch of acts records an event for each. Every refusal is a DomainError, and nothing is written. Days are
arguments: nothing here asks what day it is.
"""

from credits.services.assessing import (
    assess_window,
    assess_windows_of,
    finalise_window,
    finalise_windows_of,
)
from credits.services.claims import (
    acknowledge_claim,
    forfeit_overdue,
    receive_payment,
    record_customer_claim,
    refuse_claim,
    send_claim,
    waive_claim,
)
from credits.services.ledger import post_entry, reverse_entry
from credits.services.memos import (
    approve_memo,
    issue_memo,
    propose_memo,
    propose_memos_of,
    reverse_memo,
    review_memo,
)
from credits.services.periods import close_period, reopen_period

__all__ = [
    "acknowledge_claim",
    "approve_memo",
    "assess_window",
    "assess_windows_of",
    "close_period",
    "finalise_window",
    "finalise_windows_of",
    "forfeit_overdue",
    "issue_memo",
    "post_entry",
    "propose_memo",
    "propose_memos_of",
    "receive_payment",
    "record_customer_claim",
    "refuse_claim",
    "reopen_period",
    "reverse_entry",
    "reverse_memo",
    "review_memo",
    "send_claim",
    "waive_claim",
]
