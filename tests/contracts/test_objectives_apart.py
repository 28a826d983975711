"""An objective of ours is another object than a promise: nothing that is assessed, owed or posted leads to one (A7)."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from contracts.models import Conflict, ServiceLevelObjective

ROOMS = ("credits", "invoices", "exports", "vendors")


def led_to(model: type[models.Model], seen: set[type[models.Model]]) -> Iterator[type[models.Model]]:
    """Every model that rows of one refer to, directly or by others."""
    for field in model._meta.concrete_fields:
        other = field.related_model
        if isinstance(other, type) and other not in seen:
            seen.add(other)
            yield other
            yield from led_to(other, seen)


@pytest.mark.parametrize(
    "model",
    [
        *(model for room in ROOMS for model in apps.get_app_config(room).get_models()),
        apps.get_model("contracts", "Commitment"),
    ],
    ids=lambda model: model.__name__,
)
def test_no_result_claim_memo_or_entry_leads_to_an_objective(model):
    found = set(led_to(model, set()))
    assert ServiceLevelObjective not in found
    assert Conflict not in found


def test_the_search_would_find_it():
    assert ServiceLevelObjective in set(led_to(Conflict, set()))
