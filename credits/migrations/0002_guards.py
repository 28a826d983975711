"""Results, documents and the ledger are appended; no act without its event."""

from django.db import migrations

from base.sqlops import append_only, requires_event

APPEND_ONLY = (
    "credits_assessment",
    "credits_finalisation",
    "credits_openquestion",
    "credits_breach",
    "credits_claim",
    "credits_claimstep",
    "credits_creditmemo",
    "credits_memostep",
    "credits_account",
    "credits_journalentry",
    "credits_posting",
    "credits_period",
    "credits_periodstep",
)
NO_ACT_WITHOUT_EVENT = (
    "credits_assessment",
    "credits_finalisation",
    "credits_breach",
    "credits_claim",
    "credits_claimstep",
    "credits_creditmemo",
    "credits_memostep",
    "credits_account",
    "credits_journalentry",
    "credits_period",
    "credits_periodstep",
)


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_initial"), ("audit", "0002_guards")]
    operations = [
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
    ]
