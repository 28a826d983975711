"""What is owed: results, claims, memos and the ledger."""

from credits.models.assessments import Assessment, Breach, Finalisation, OpenQuestion
from credits.models.claims import Claim, ClaimStep
from credits.models.closing import (
    AccrualPolicy,
    ChecklistNote,
    CloseRun,
    CloseStage,
    ExchangeRate,
    ProvisionMove,
    Revaluation,
)
from credits.models.ledger import Account, JournalEntry, Period, PeriodStep, Posting
from credits.models.life import (
    ApprovalRule,
    Dispute,
    DisputeStep,
    MemoApproval,
    MemoUse,
)
from credits.models.memos import CreditMemo, MemoStep, NumberSeries
from credits.models.restatements import Restatement

__all__ = [
    "Account",
    "AccrualPolicy",
    "ApprovalRule",
    "Assessment",
    "Breach",
    "ChecklistNote",
    "Claim",
    "ClaimStep",
    "CloseRun",
    "CloseStage",
    "CreditMemo",
    "Dispute",
    "DisputeStep",
    "ExchangeRate",
    "Finalisation",
    "JournalEntry",
    "MemoApproval",
    "MemoStep",
    "MemoUse",
    "NumberSeries",
    "OpenQuestion",
    "Period",
    "PeriodStep",
    "Posting",
    "ProvisionMove",
    "Restatement",
    "Revaluation",
]
