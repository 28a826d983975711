"""Where a batch stands against what the other side said of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from credits.exports.models import ExportBatch, ExportLine, ImportReportLine

ZERO = Decimal(0)
WORDS = {
    "accepted": "accepted",
    "rejected": "rejected",
    "amount_differs": "accepted with another amount",
    "missing": "not in any report",
}


@dataclass(frozen=True)
class LineStanding:
    """One line of a batch against the last that was reported of it."""

    external_id: str
    state: str
    currency: str
    amount: Decimal
    reported: Decimal | None
    reason: str

    @property
    def words(self) -> str:
        """The state in words."""
        return WORDS[self.state]

    @property
    def difference(self) -> Decimal:
        """Exported less what was taken; zero where they agree."""
        return self.amount - (self.reported or ZERO)


@dataclass(frozen=True)
class CurrencySum:
    """Exported, taken, and what is between them, in one currency."""

    currency: str
    exported: Decimal
    taken: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero where everything was taken as it was exported."""
        return self.exported - self.taken


@dataclass(frozen=True)
class Reconciliation:
    """A batch against all of its reports. ``unknown`` are ids that were reported and never exported."""

    lines: tuple[LineStanding, ...]
    unknown: tuple[ImportReportLine, ...]
    sums: tuple[CurrencySum, ...]
    reports: int

    @property
    def is_zero(self) -> bool:
        """Whether every line was taken with its amount, and nothing else was."""
        return not self.unknown and all(line.state == "accepted" for line in self.lines)

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are in each state."""
        counts: dict[str, int] = dict.fromkeys(WORDS, 0)
        for line in self.lines:
            counts[line.state] += 1
        return counts


def reconcile(batch: ExportBatch) -> Reconciliation:
    """What was exported against what was reported; the last report about an id counts. Three queries."""
    said: dict[str, ImportReportLine] = {}
    rows = ImportReportLine.objects.filter(report__batch=batch).order_by("report__number", "pk")
    for row in rows:
        said[row.external_id] = row
    lines = tuple(_standing(line, said.pop(line.external_id, None)) for line in batch.lines.order_by("pk"))
    unknown = tuple(said.values())
    return Reconciliation(lines, unknown, tuple(_sums(lines, unknown)), batch.reports.count())


def _standing(line: ExportLine, said: ImportReportLine | None) -> LineStanding:
    if said is None:
        state, reported, reason = "missing", None, ""
    elif said.outcome == ImportReportLine.Outcome.REJECTED:
        state, reported, reason = "rejected", None, said.reason
    elif said.currency != line.currency:
        state, reported = "amount_differs", None
        reason = f"taken as {said.amount} {said.currency}"
    elif said.amount != line.amount:
        state, reported, reason = "amount_differs", said.amount, said.reason
    else:
        state, reported, reason = "accepted", said.amount, said.reason
    return LineStanding(line.external_id, state, line.currency, line.amount, reported, reason)


def _sums(lines: Sequence[LineStanding], unknown: Sequence[ImportReportLine]) -> list[CurrencySum]:
    exported: dict[str, Decimal] = defaultdict(Decimal)
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        exported[line.currency] += line.amount
        taken[line.currency] += line.reported or ZERO
    for row in unknown:
        if row.amount is not None:
            taken[row.currency] += row.amount
    return [CurrencySum(one, exported[one], taken[one]) for one in sorted({*exported, *taken})]
