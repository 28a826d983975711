"""The demo's versions in review: what keeps each from being in force, once and not twice."""

import pytest

from contracts.models import ContractVersion
from contracts.review_checks import stands_against
from contracts.signers import missing_of
from demo.people import ensure_people
from demo.reviewing import RENEWAL, REWORK, ensure_reviews
from demo.world import ensure_world

pytestmark = pytest.mark.django_db


def test_one_is_signed_by_two_of_three_and_one_is_objected_to_and_half_checked(settings):
    settings.DEMO_MODE = True
    ensure_people()
    ensure_world()
    ensure_reviews()
    before = ContractVersion.objects.count()
    ensure_reviews()
    assert ContractVersion.objects.count() == before
    renewed = ContractVersion.objects.get(effective_from_on=RENEWAL, contract__reference="VND-2021-01")
    assert stands_against(renewed) == ()
    assert missing_of([renewed])[renewed.pk] == ("Emil Executive",)
    reworked = ContractVersion.objects.get(effective_from_on=REWORK, contract__reference="VND-2021-01")
    codes = [item.code for item in stands_against(reworked)]
    assert codes.count("OBJECTION_OPEN") == 1
    assert codes.count("CHECKLIST_UNANSWERED") == 8
    assert codes.count("GATE_NOT_CONSULTED") == 2
