"""What can be done with results, claims, memos and the ledger. Each function is one act.

One act is one transaction with one audit event of the actor in force (``audit.record.acting``), in which a
batch of acts records an event for each. Every refusal is a DomainError, and nothing is written. Days are
arguments: nothing here asks what day it is.
"""

from credits.services.accruals import accrue, set_accrual_policy
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
from credits.services.closing import request_close
from credits.services.disputes import answer_dispute, open_dispute, resolve_dispute
from credits.services.goodwill import propose_goodwill, set_approval_rule
from credits.services.ledger import post_entry, reverse_entry
from credits.services.memos import (
    approve_memo,
    issue_memo,
    propose_memo,
    propose_memos_of,
    reverse_memo,
    review_memo,
)
from credits.services.periods import accept_finding, close_period, lock_period, reopen_period
from credits.services.rates import record_rate, revalue
from credits.services.restating import propose_difference, restate_window
from credits.services.uses import (
    apply_credit,
    decide_used_part,
    lapse_credits,
    pay_out,
    set_off,
    withdraw_credit,
)

__all__ = [
    "accept_finding",
    "accrue",
    "acknowledge_claim",
    "answer_dispute",
    "apply_credit",
    "approve_memo",
    "assess_window",
    "assess_windows_of",
    "close_period",
    "decide_used_part",
    "finalise_window",
    "finalise_windows_of",
    "forfeit_overdue",
    "issue_memo",
    "lapse_credits",
    "lock_period",
    "open_dispute",
    "pay_out",
    "post_entry",
    "propose_difference",
    "propose_goodwill",
    "propose_memo",
    "propose_memos_of",
    "receive_payment",
    "record_customer_claim",
    "record_rate",
    "refuse_claim",
    "reopen_period",
    "request_close",
    "resolve_dispute",
    "restate_window",
    "revalue",
    "reverse_entry",
    "reverse_memo",
    "review_memo",
    "send_claim",
    "set_accrual_policy",
    "set_approval_rule",
    "set_off",
    "waive_claim",
    "withdraw_credit",
]
