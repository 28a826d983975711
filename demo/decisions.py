"""What people decided in the replayed history: fixed lists, so that every run decides the same."""

from decimal import Decimal

# Our claims on the vendor, by component and quarter. The others are acknowledged in full and paid.
MISSED = {("packages", "2022-Q2")}
REFUSED = {
    (
        "pages",
        "2022-Q1",
    ): "The vendor says that static pages were served from its cache meanwhile (invented).",
    ("pull-requests", "2022-Q4"): "The vendor says that its own count of failed minutes is lower (invented).",
    ("webhooks", "2023-Q3"): "The vendor says that late deliveries are not failed ones (invented).",
    ("copilot", "2024-Q1"): "The vendor says that this component was a preview (invented).",
}
ACKNOWLEDGED_IN_PART = {("actions", "2024-Q3"): Decimal("600.00")}
PARTLY = "The vendor says that some of the minutes were those of one region only (invented)."
UNANSWERED = {("copilot", "2024-Q4"), ("pull-requests", "2025-Q1")}
NOT_PAID_YET = {("issues", "2025-Q1")}

# The customer's claims on us, by month. The others arrive in time.
NEVER_CLAIMED = {"2024-02"}
WAIVED = {"2023-03": "A long month for the customer: given without waiting for the claim (invented)."}

# What finance says to findings of the close checklist that do not block.
ACCEPTED_AT_CLOSE = {
    "accruals": "small; the credits of the month are issued in the next one",
    "rates": "balances in dollars are settled within the quarter and not valued anew",
}
