"""The demo's conflicts: an order form against its master agreement, and one objective of two that a promise reaches."""

import pytest

from contracts.models import Conflict
from contracts.precedence_reading import latest_objectives, proposal_for
from demo.people import ensure_people
from demo.promising import MASTER, ORDER_FORM, ensure_conflicts
from demo.world import ensure_world

pytestmark = pytest.mark.django_db


def test_the_demos_conflicts_are_found_and_made_once():
    ensure_people()
    ensure_world()
    for _ in range(2):
        ensure_conflicts()
    documents = Conflict.objects.get(objective=None)
    assert (documents.first.reference, documents.second.reference) == (MASTER, ORDER_FORM)
    assert documents.is_family
    assert proposal_for(documents).sentence.startswith(f"{ORDER_FORM} prevails over {MASTER}")
    reached = Conflict.objects.exclude(objective=None).values_list("objective__code", flat=True)
    assert set(reached) == {"build-platform-floor"}
    agreed = {row.code: hasattr(row, "agreement") for row in latest_objectives()}
    assert agreed == {"build-platform-aim": True, "build-platform-floor": False}
