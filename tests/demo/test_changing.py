"""The demo's changes of its customer's contract: in force, ahead of its day, and with an effect that can be seen."""

from datetime import date

import pytest

from contracts.conformed import Chain
from contracts.models import Contract, ContractVersion, RenewalTerms
from demo.changing import HIGHER, MOVE, ensure_changes
from demo.people import ensure_people
from demo.world import CUSTOMER_CONTRACT, ensure_world

pytestmark = pytest.mark.django_db


def test_the_demos_changes_are_in_force_each_at_its_time_and_made_once():
    ensure_people()
    ensure_world()
    for _ in range(2):
        ensure_changes()
    contract = Contract.objects.get(reference=CUSTOMER_CONTRACT)
    assert [row.state for row in contract.versions.order_by("number")] == ["signed"] * 3
    told = [
        (stretch.from_on, str(stretch.terms.commitments[0].target_percent), stretch.version.number)
        for stretch in Chain(contract).stretches
    ]
    assert told == [
        (date(2022, 1, 1), "99.9", 1),
        (MOVE[0], "99", 2),
        (MOVE[1], "99.9", 1),
        (HIGHER, "99.9", 3),
    ]
    assert ContractVersion.objects.get(contract=contract, number=3).kind == "amendment"
    assert RenewalTerms.objects.count() == 2
