"""From a draft to a version in force, as legal does it."""

from datetime import date

import pytest

from contracts.models import ContractVersion
from contracts.reading import commitments_in_effect, terms_of
from reckoning.terms import terms_sha256
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_second_partys_signature_puts_the_version_in_force():
    contract = factories.signed_contract()
    version = contract.versions.get()
    assert version.state == ContractVersion.State.SIGNED
    assert version.signed_on == date(2022, 1, 1)
    assert terms_sha256(terms_of(version)) == version.terms_sha256
    assert [row.service.code for row in commitments_in_effect(contract, date(2022, 1, 1))] == ["platform"]
    assert not commitments_in_effect(contract, date(2021, 12, 31))
