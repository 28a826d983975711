"""The demo's candidates: three texts that might follow the customer's, each kept by legal to be weighed on the past."""

from decimal import Decimal
from typing import Any

from audit.record import acting
from contracts import services as contracts
from contracts.models import Candidate
from demo.people import person
from demo.world import CUSTOMER_CONTRACT, contract
from reckoning.terms import parse_terms

# Label, target, and why it was written (all invented).
WEIGHED = (
    ("aspirational", "99.95", "What the customer asks for (invented)."),
    ("realistic", "99.7", "What the last two years bear out (invented)."),
    ("conservative", "99.5", "Where hardly any month would cost us anything (invented)."),
)


def ensure_candidates() -> None:
    """Keep the three candidates; what is kept already stays as it is."""
    mine = contract(CUSTOMER_CONTRACT)
    document = mine.versions.get(number=1).terms
    with acting(person("lena"), via="command", reason="the renewal is weighed"):
        for label, target, note in WEIGHED:
            if not Candidate.objects.filter(contract=mine, label=label).exists():
                contracts.keep_candidate(mine, label=label, terms=_with_target(document, target), note=note)


def _with_target(document: dict[str, Any], target: str) -> dict[str, Any]:
    """The same text with another target; its first tier ends at it."""
    plain = parse_terms(document).document()
    [clause] = plain["commitments"]
    before, clause["target_percent"] = clause["target_percent"], target
    for tier in clause["schedule"]["tiers"]:
        for edge in ("lower", "upper"):
            if tier.get(edge) is not None and Decimal(tier[edge]) == Decimal(before):
                tier[edge] = target
    return plain
