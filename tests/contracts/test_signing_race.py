"""Two changes of one contract that are signed at the same time: the second one sees the first."""

from datetime import date

import pytest
from django.db import transaction

from contracts import services
from contracts.checks import open_standings
from contracts.errors import OpenFindings
from contracts.models import ContractVersion
from tests import factories
from tests.contracts.test_amendments import APRIL, JUNE, MARCH, MAY, later_cut_off, signed, text, variation
from tests.credits.test_races import Task, somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
SIGNED_ON = date(2022, 2, 1)


def half_signed(version: ContractVersion) -> ContractVersion:
    """In review with everything answered, and signed by us."""
    with factories.legal():
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        for finding in open_standings(version):
            services.accept_finding(version, finding.code, finding.path, "a test says so")
    with factories.legal():
        services.record_signature(version, version.contract.legal_entity.name, "A. Signatory", SIGNED_ON)
    return version


def signed_by_them(version: ContractVersion) -> None:
    mine = ContractVersion.objects.get(pk=version.pk)
    with factories.legal():
        services.record_signature(mine, mine.contract.counterparty.name, "B. Signatory", SIGNED_ON)


@pytest.mark.parametrize("together", [True, False])
def test_two_variations_signed_at_once_meet_or_make_one_text(together):
    base = signed()
    first = half_signed(variation(base, text("97"), (MARCH, MAY)))
    other = later_cut_off() if together else text("98")
    second = half_signed(variation(base, other, (APRIL, JUNE)))
    with transaction.atomic():
        signed_by_them(first)
        task = Task(lambda: signed_by_them(second))
        assert somebody_waits()
    if together:
        task.done()
        conformed = base.contract.versions.get(kind="conformed")
        assert conformed.amendment["made_of"] == [1, first.number, second.number]
    else:
        with pytest.raises(OpenFindings, match=f"is changed by v{first.number} at the same time"):
            task.done()
