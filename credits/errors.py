"""The named errors of this room, and which of them each constraint of the database stands for."""

from base.errors import Conflict, DomainError, NotAllowed


class NotAWindow(DomainError):
    """The commitment has no such window."""

    code = "not_a_window"


class NotTheVersionInEffect(DomainError):
    """The commitment's version was not in effect at the start of the window."""

    code = "not_the_version_in_effect"


class StaleKnowledge(DomainError):
    """A later revision exists: results are not reckoned anew as of an earlier knowledge."""

    code = "stale_knowledge"


class GivesWayToAnother(DomainError):
    """By decision of a conflict the commitment gives way to another document in this window, and is not reckoned."""

    code = "gives_way_to_another"


class ConflictUndecided(DomainError):
    """Another document promises the same; nobody decided which of the two pays, so that neither becomes final."""

    code = "conflict_undecided"


class TooEarlyToFinalise(DomainError):
    """Before the cut-off of the terms a result stays provisional (rule 14)."""

    code = "too_early_to_finalise"


class QuestionsOpen(DomainError):
    """A result with open questions is no final result (rule 21)."""

    code = "questions_open"


class AlreadyFinal(Conflict):
    """The window has another final result."""

    code = "already_final"


class NotFinal(DomainError):
    """Something was asked of a provisional result that a final one only may do."""

    code = "not_final"


class NothingToClaim(DomainError):
    """The result earns no credit."""

    code = "nothing_to_claim"


class NotEarned(DomainError):
    """The credit needs a claim in time, or a waiver, and there is none."""

    code = "not_earned"


class WrongStep(DomainError):
    """A memo, a claim or a period cannot go from the state that it is in to the one that was asked for."""

    code = "wrong_step"


class ClaimTooLate(DomainError):
    """The last day for the claim has passed."""

    code = "claim_too_late"


class MemoNotIssued(DomainError):
    """A claim is sent with the number of its memo, once that is issued."""

    code = "memo_not_issued"


class WrongAmount(DomainError):
    """An amount that is not above zero, above what may be, or finer than its currency."""

    code = "wrong_amount"


class HasAHandInIt(NotAllowed):
    """Rule 20: the memo rests on an act of the person who would approve it."""

    code = "has_a_hand_in_it"


class NotAnApprover(NotAllowed):
    """A memo is approved by a person with the role finance approver."""

    code = "not_an_approver"


class EntryNotBalanced(DomainError):
    """Debits and credits of an entry differ in some currency."""

    code = "entry_not_balanced"


class EntryIncomplete(DomainError):
    """An entry needs at least two postings, made with it at once."""

    code = "entry_incomplete"


class MemorandumMixed(DomainError):
    """Memorandum accounts balance among themselves."""

    code = "memorandum_mixed"


class WrongAccount(DomainError):
    """A posting in another currency or of another legal entity than its account."""

    code = "wrong_account"


class CannotReverse(DomainError):
    """A reversal is not reversed, and an entry is reversed once, whole."""

    code = "cannot_reverse"


class PeriodClosed(DomainError):
    """The month is closed; post into an open one, or have it reopened with a reason."""

    code = "period_closed"


class PeriodNotReady(DomainError):
    """Something of the month is unfinished, so that it cannot be closed."""

    code = "period_not_ready"


class CloserReopens(NotAllowed):
    """A period is reopened by somebody else than who closed it."""

    code = "closer_reopens"


class ReasonMissing(DomainError):
    """An act that needs a reason was given none."""

    code = "reason_missing"


class ResultAltered(DomainError):
    """A stored result is not what its inputs and terms give."""

    code = "result_altered"


class StatementRefused(DomainError):
    """A statement was asked for that cannot be made."""

    code = "statement_refused"


class NotIssued(DomainError):
    """Only a credit that is issued and stands can be used, disputed or taken back."""

    code = "not_issued"


class CreditUsed(DomainError):
    """An issued credit of which something was used is not voided: it is taken back by further entries (rule 15)."""

    code = "credit_used"


class InDispute(DomainError):
    """Nothing of a credit is used while it is in dispute."""

    code = "in_dispute"


class OutOfTime(DomainError):
    """A credit that lapsed, or one that did not lapse yet."""

    code = "out_of_time"


class OtherParties(DomainError):
    """A credit is used between the parties and in the currency of its own contract."""

    code = "other_parties"


class ApprovalsMissing(DomainError):
    """The approval matrix wants more persons for this amount."""

    code = "approvals_missing"


class SelfResolved(NotAllowed):
    """A dispute is resolved by somebody else than who opened it."""

    code = "self_resolved"


class PeriodLocked(NotAllowed):
    """A locked month takes entries of finance approvers only."""

    code = "period_locked"


class NothingRestated(DomainError):
    """What became known later changes nothing of the result."""

    code = "nothing_restated"


class RateMissing(DomainError):
    """No exchange rate is on record for the day or before it."""

    code = "rate_missing"


class NoPolicy(DomainError):
    """Nobody decided how expected credits are estimated."""

    code = "no_policy"


BY_CONSTRAINT: dict[str, type[DomainError]] = {
    "credits_assessment_once": StaleKnowledge,
    "credits_assessment_revision_next": StaleKnowledge,
    "credits_assessment_known_in_order": StaleKnowledge,
    "credits_assessment_one_window": NotAWindow,
    "credits_finalisation_once": AlreadyFinal,
    "credits_finalisation_of_its_window": NotAWindow,
    "credits_finalisation_answered": QuestionsOpen,
    "credits_finalisation_after_cut_off": TooEarlyToFinalise,
    "credits_finalisation_latest": StaleKnowledge,
    "credits_breach_of_a_final_result": NotFinal,
    "credits_claim_of_its_breach": NothingToClaim,
    "credits_claim_step_order": WrongStep,
    "credits_claim_step_number_once": WrongStep,
    "credits_claim_step_kind_once": WrongStep,
    "credits_claim_step_days_in_order": WrongStep,
    "credits_claim_step_in_time": ClaimTooLate,
    "credits_claim_step_not_forfeited": WrongStep,
    "credits_claim_step_memo_issued": MemoNotIssued,
    "credits_claim_step_amount": WrongAmount,
    "credits_claim_step_reason": ReasonMissing,
    "credits_memo_of_a_final_breach": NotFinal,
    "credits_memo_amount_of_result": WrongAmount,
    "credits_memo_earned": NotEarned,
    "credits_memo_step_order": WrongStep,
    "credits_memo_step_number_once": WrongStep,
    "credits_memo_step_state_once": WrongStep,
    "credits_memo_step_days_in_order": WrongStep,
    "credits_memo_approver": NotAnApprover,
    "credits_memo_approver_has_no_hand": HasAHandInIt,
    "credits_memo_goodwill_no_precedent": ReasonMissing,
    "credits_memo_approvals_enough": ApprovalsMissing,
    "credits_memo_approval_once": WrongStep,
    "credits_memo_not_used": CreditUsed,
    "credits_memo_use_of_an_issued_credit": NotIssued,
    "credits_memo_use_number_once": WrongStep,
    "credits_memo_use_reference_once": Conflict,
    "credits_memo_use_not_in_dispute": InDispute,
    "credits_memo_use_in_time": OutOfTime,
    "credits_memo_use_within_balance": WrongAmount,
    "credits_memo_use_same_parties": OtherParties,
    "credits_memo_use_positive": WrongAmount,
    "credits_memo_use_reason": ReasonMissing,
    "credits_dispute_one_at_a_time": InDispute,
    "credits_dispute_once": InDispute,
    "credits_dispute_step_order": WrongStep,
    "credits_dispute_step_once": WrongStep,
    "credits_dispute_step_four_eyes": SelfResolved,
    "credits_dispute_step_reason": ReasonMissing,
    "credits_restatement_order": StaleKnowledge,
    "credits_restatement_number_once": StaleKnowledge,
    "credits_restatement_of_a_final_result": NotFinal,
    "credits_restatement_by_a_revision": StaleKnowledge,
    "credits_restatement_period_open": PeriodClosed,
    "credits_restatement_reason": ReasonMissing,
    "credits_approval_rule_in_range": WrongAmount,
    "credits_approval_rule_reason": ReasonMissing,
    "credits_accrual_policy_once": Conflict,
    "credits_accrual_policy_ratio": WrongAmount,
    "credits_accrual_policy_reason": ReasonMissing,
    "credits_rate_positive": WrongAmount,
    "credits_revaluation_once": Conflict,
    "credits_checklist_note_reason": ReasonMissing,
    "credits_close_run_once": WrongStep,
    "credits_close_stage_once": WrongStep,
    "credits_entry_period_not_locked": PeriodLocked,
    "credits_entry_balanced": EntryNotBalanced,
    "credits_entry_has_postings": EntryIncomplete,
    "credits_entry_made_whole": EntryIncomplete,
    "credits_entry_memorandum_apart": MemorandumMixed,
    "credits_entry_period_open": PeriodClosed,
    "credits_journalentry_reference_key": Conflict,
    "credits_journalentry_reverses_id_key": CannotReverse,
    "credits_reversal_of_an_entry": CannotReverse,
    "credits_reversal_not_reversed": CannotReverse,
    "credits_reversal_same_entity": CannotReverse,
    "credits_reversal_mirrors": CannotReverse,
    "credits_posting_positive": WrongAmount,
    "credits_posting_account_currency": WrongAccount,
    "credits_posting_account_entity": WrongAccount,
    "credits_period_step_order": WrongStep,
    "credits_period_step_four_eyes": CloserReopens,
    "credits_period_step_reason": ReasonMissing,
}
