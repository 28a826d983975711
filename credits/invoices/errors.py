"""The named errors of invoices."""

from collections.abc import Sequence

from base.csvio import Fault
from base.errors import Conflict


class InvoicesConflict(Conflict):
    """Rows that say something else than what was imported under the same external id (rule 17)."""

    code = "invoices_conflict"

    def __init__(self, name: str, faults: Sequence[Fault], total: int) -> None:
        self.name = name
        self.faults = list(faults)
        self.total = total
        shown = "; ".join(str(fault) for fault in self.faults[:3])
        super().__init__(f"{name}: {total} contradictions, nothing was kept: {shown}")
