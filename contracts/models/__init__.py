"""What was promised: our entities, the other side, services, contracts and the versions of their terms."""

from contracts.models.agreements import Commitment, Contract, ContractVersion
from contracts.models.coverage import CoverageEntry, CoverageList, CoveragePublication
from contracts.models.papers import ClausePassage, Paper, PaperPage
from contracts.models.parties import (
    Addressed,
    Counterparty,
    CounterpartyLogin,
    LegalEntity,
    Service,
    code_validator,
)
from contracts.models.renewals import CalendarAddress, CalendarRevocation, RenewalTerms
from contracts.models.signing import FindingAcceptance, ReadingChoice, Signature
from contracts.models.templates import TemplateSearch, TermsTemplate, TermsTemplateVersion

__all__ = [
    "Addressed",
    "CalendarAddress",
    "CalendarRevocation",
    "ClausePassage",
    "Commitment",
    "Contract",
    "ContractVersion",
    "Counterparty",
    "CounterpartyLogin",
    "CoverageEntry",
    "CoverageList",
    "CoveragePublication",
    "FindingAcceptance",
    "LegalEntity",
    "Paper",
    "PaperPage",
    "ReadingChoice",
    "RenewalTerms",
    "Service",
    "Signature",
    "TemplateSearch",
    "TermsTemplate",
    "TermsTemplateVersion",
    "code_validator",
]
