"""What a token may be used for. A token never gives more than its owner's role: both are asked."""

SCOPES = {
    "read:contracts": "Counterparties, services, contracts, versions with their terms, commitments",
    "read:measurements": "Sources, files, observations, published figures, exclusions",
    "read:assessments": "Assessments with trace and other readings, open questions, breaches",
    "read:claims": "Claims in both directions, with their steps",
    "read:memos": "Credit memos, with their steps",
    "read:ledger": "Accounts, entries, trial balance",
    "read:invoices": "Invoices with their lines",
    "read:statements": "Statements in every form",
    "read:evidence": "Evidence of assessments in every form",
    "read:events": "The record of who did what",
    "write:observations": "Import observations of a source",
    "write:invoices": "Import invoices",
}
CHOICES = [(name, f"{name}: {meaning}") for name, meaning in SCOPES.items()]
