"""What a test adds to the demo's world."""

from datetime import date

from audit.record import acting
from base.models import User
from contracts import services
from contracts.models import Contract, ContractVersion


def draft_that_needs_legal(by: User) -> ContractVersion:
    """A further version of the customer's contract, drafted and not signed."""
    contract = Contract.objects.get(reference="CUS-2021-07")
    with acting(by, via="command", reason="a test"):
        return services.draft_version(contract, contract.versions.get(number=1).terms, date(2026, 1, 1))
