"""Which windows have results already: a text that would reckon one of them once more comes too late."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from contracts.models import Contract
from contracts.reckoned_before import Reckoned
from credits.models import Assessment, Finalisation


def reckoned_windows(contract: Contract, since: datetime) -> Iterator[Reckoned]:
    """The windows of the contract with results that end after an instant, in their order. One query."""
    final = Finalisation.objects.filter(
        commitment=OuterRef("commitment"), window_start=OuterRef("window_start")
    )
    rows = Assessment.objects.filter(commitment__version__contract=contract, window_end__gt=since)
    rows = rows.annotate(is_final=Exists(final)).order_by("window_start", "window_end", "commitment__key")
    columns = (
        "commitment__version_id",
        "commitment__key",
        "window_start",
        "window_end",
        "window_label",
        "is_final",
    )
    yield from (Reckoned(*row) for row in rows.values_list(*columns).distinct())
