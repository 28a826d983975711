"""What is owed: results, claims, memos and the ledger."""

from credits.models.assessments import Assessment, Breach, Finalisation, OpenQuestion
from credits.models.claims import Claim, ClaimStep
from credits.models.ledger import Account, JournalEntry, Period, PeriodStep, Posting
from credits.models.memos import CreditMemo, MemoStep, NumberSeries

__all__ = [
    "Account",
    "Assessment",
    "Breach",
    "Claim",
    "ClaimStep",
    "CreditMemo",
    "Finalisation",
    "JournalEntry",
    "MemoStep",
    "NumberSeries",
    "OpenQuestion",
    "Period",
    "PeriodStep",
    "Posting",
]
