"""What can be done with contracts. Each function is one act: one transaction, one audit event, legal's role.

The actor is the one in force (``audit.record.acting``). Every refusal is a DomainError, and nothing is written.
"""

from contracts.services.amendments import draft_amendment, draft_from_document, draft_variation
from contracts.services.candidates import choose_candidate, keep_candidate, record_back_test
from contracts.services.checklist import Answered, answer_checklist
from contracts.services.common import UNCHANGED, TermsLike, authors_of, difference
from contracts.services.conflicts import confirm_decision, decide_conflict, find_conflicts
from contracts.services.consulting import (
    describe_stakeholder,
    record_consultation,
    set_consultation_policy,
)
from contracts.services.coverage import draft_coverage, publish_coverage
from contracts.services.objectives import agree_objective, set_objective
from contracts.services.papers import attach_paper, attach_passage, confirm_passages, take_passage_away
from contracts.services.parties import (
    change,
    create_contract,
    create_counterparty,
    create_legal_entity,
    create_service,
)
from contracts.services.portfolio import begin_portfolio, confirm_portfolio
from contracts.services.precedence import confirm_precedence, record_precedence
from contracts.services.renewals import make_calendar_address, record_renewal, revoke_calendar_address
from contracts.services.review import add_remark, answer_remark, ask_for_review
from contracts.services.same_signers import name_same_signers
from contracts.services.signers import ask_signer, decline_signature, name_signer, remove_signer, sign_by_name
from contracts.services.signing import accept_finding, choose_reading, record_signature
from contracts.services.templates import (
    change_template,
    create_template,
    inherit_template,
    load_templates,
    publish_template_version,
    review_template,
    start_from_template,
)
from contracts.services.versions import (
    draft_version,
    edit_draft,
    return_to_draft,
    submit_for_review,
    withdraw,
)

__all__ = [
    "UNCHANGED",
    "Answered",
    "TermsLike",
    "accept_finding",
    "add_remark",
    "agree_objective",
    "answer_checklist",
    "answer_remark",
    "ask_for_review",
    "ask_signer",
    "attach_paper",
    "attach_passage",
    "authors_of",
    "begin_portfolio",
    "change",
    "change_template",
    "choose_candidate",
    "choose_reading",
    "confirm_decision",
    "confirm_passages",
    "confirm_portfolio",
    "confirm_precedence",
    "create_contract",
    "create_counterparty",
    "create_legal_entity",
    "create_service",
    "create_template",
    "decide_conflict",
    "decline_signature",
    "describe_stakeholder",
    "difference",
    "draft_amendment",
    "draft_coverage",
    "draft_from_document",
    "draft_variation",
    "draft_version",
    "edit_draft",
    "find_conflicts",
    "inherit_template",
    "keep_candidate",
    "load_templates",
    "make_calendar_address",
    "name_same_signers",
    "name_signer",
    "publish_coverage",
    "publish_template_version",
    "record_back_test",
    "record_consultation",
    "record_precedence",
    "record_renewal",
    "record_signature",
    "remove_signer",
    "return_to_draft",
    "review_template",
    "revoke_calendar_address",
    "set_consultation_policy",
    "set_objective",
    "sign_by_name",
    "start_from_template",
    "submit_for_review",
    "take_passage_away",
    "withdraw",
]
