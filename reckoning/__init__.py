"""The pure reckoning: terms, time, and what the one owes for the other.

Nothing in this package reads a clock, a database or a setting. Whoever holds the same terms and the same
inputs gets the same bytes, on this system or on an auditor's laptop.
"""

ENGINE_VERSION = "sla-ledger-reckoning/1"
"""Named in every result. It changes when the same arguments may give other figures."""
