"""What was promised: our entities, the other side, services, contracts and the versions of their terms."""

from contracts.models.agreements import Commitment, Contract, ContractVersion
from contracts.models.candidates import BackTest, Candidate, CandidateChoice
from contracts.models.coverage import CoverageEntry, CoverageList, CoveragePublication
from contracts.models.gates import (
    ChecklistAnswer,
    Consultation,
    ConsultationPolicy,
    StakeholderEntry,
)
from contracts.models.papers import ClausePassage, Paper, PaperPage
from contracts.models.parties import (
    Addressed,
    Counterparty,
    CounterpartyLogin,
    LegalEntity,
    Service,
    code_validator,
)
from contracts.models.portfolio import PortfolioImport, PortfolioRow
from contracts.models.precedence import (
    Conflict,
    ConflictDecision,
    ConflictSide,
    ConflictStep,
    DecisionConfirmation,
    Figure,
    ObjectiveAgreement,
    PrecedenceConfirmation,
    PrecedenceOrder,
    PrecedenceRank,
    ServiceLevelObjective,
)
from contracts.models.renewals import CalendarAddress, CalendarRevocation, RenewalTerms
from contracts.models.review import RemarkAnswer, ReviewRemark, ReviewRequest
from contracts.models.signing import (
    FindingAcceptance,
    NamedSigner,
    ReadingChoice,
    Signature,
    SignatureVoided,
    SignerStep,
)
from contracts.models.templates import TemplateSearch, TermsTemplate, TermsTemplateVersion
from contracts.models.working import WorkingCopy, WorkingStep

__all__ = [
    "Addressed",
    "BackTest",
    "CalendarAddress",
    "CalendarRevocation",
    "Candidate",
    "CandidateChoice",
    "ChecklistAnswer",
    "ClausePassage",
    "Commitment",
    "Conflict",
    "ConflictDecision",
    "ConflictSide",
    "ConflictStep",
    "Consultation",
    "ConsultationPolicy",
    "Contract",
    "ContractVersion",
    "Counterparty",
    "CounterpartyLogin",
    "CoverageEntry",
    "CoverageList",
    "CoveragePublication",
    "DecisionConfirmation",
    "Figure",
    "FindingAcceptance",
    "LegalEntity",
    "NamedSigner",
    "ObjectiveAgreement",
    "Paper",
    "PaperPage",
    "PortfolioImport",
    "PortfolioRow",
    "PrecedenceConfirmation",
    "PrecedenceOrder",
    "PrecedenceRank",
    "ReadingChoice",
    "RemarkAnswer",
    "RenewalTerms",
    "ReviewRemark",
    "ReviewRequest",
    "Service",
    "ServiceLevelObjective",
    "Signature",
    "SignatureVoided",
    "SignerStep",
    "StakeholderEntry",
    "TemplateSearch",
    "TermsTemplate",
    "TermsTemplateVersion",
    "WorkingCopy",
    "WorkingStep",
    "code_validator",
]
