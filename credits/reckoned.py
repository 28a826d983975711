"""Which windows have results already: a change of the terms that would split one of them comes too late."""

from collections.abc import Iterator
from datetime import datetime

from contracts.models import Contract
from credits.models import Assessment


def reckoned_windows(contract: Contract, inside: datetime, until: datetime) -> Iterator[str]:
    """The labels of windows of the contract with results that hold an instant inside, and begin before ``until``."""
    rows = Assessment.objects.filter(
        commitment__version__contract=contract, window_start__lt=inside, window_end__gt=inside
    )
    yield from (
        rows.filter(window_start__lt=until).order_by().values_list("window_label", flat=True).distinct()
    )
