"""Caps over several windows, from what the ledger says was granted under them (rule 13).

A window's room is what earlier windows of the same promise left. Earlier means earlier in time, whatever was
reckoned first: restating a month therefore moves the months after it, and never those before.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from contracts.reading import zone_of
from credits.models import Assessment, CapCut, ClaimStep, CreditMemo, Finalisation, MemoStep
from credits.reading import ZERO, counted
from credits.remedy import LongCap, Remedy, remedy_of
from reckoning.fields import zone_info
from reckoning.money import round_amount

Rule = CapCut.Rule


@dataclass(frozen=True)
class Cut:
    """What one cap takes: its limit, what earlier credits used, and how much of this one is over."""

    rule: str
    limit: Decimal
    used: Decimal
    amount: Decimal
    basis: tuple[dict[str, Any], ...]

    def row(self, assessment: Assessment, restatement: Any = None) -> CapCut:
        """The unsaved row."""
        return CapCut(
            assessment=assessment,
            restatement=restatement,
            rule=self.rule,
            limit_amount=self.limit,
            used_amount=self.used,
            cut_amount=self.amount,
            currency=assessment.currency,
            basis=list(self.basis),
        )


def cuts_of(assessment: Assessment, remedy: Remedy | None = None) -> list[Cut]:
    """What the caps over several windows, and the least payout, take from a result's credit, in their order.

    Half up to the currency's minor unit where a limit is a percentage. Empty where the terms have no such clause.
    """
    remedy = remedy_of(assessment.commitment) if remedy is None else remedy
    left = assessment.credit_amount or ZERO
    cuts: list[Cut] = []
    for cap in remedy.long_caps:
        if left <= 0:
            break
        cut = _cut(assessment, cap, left)
        if cut is not None:
            cuts.append(cut)
            left -= cut.amount
    least = remedy.minimum_amount
    if least is not None and left > ZERO and (left < least or (remedy.minimum_strict and left == least)):
        cuts.append(Cut(Rule.MINIMUM, least, ZERO, left, ()))
    return _merged(cuts)


def _merged(cuts: list[Cut]) -> list[Cut]:
    """One cut per rule: of two rolling caps the tighter one says why, and the amounts are summed."""
    found: dict[str, Cut] = {}
    for cut in cuts:
        there = found.get(cut.rule)
        found[cut.rule] = (
            cut if there is None else Cut(cut.rule, cut.limit, cut.used, there.amount + cut.amount, cut.basis)
        )
    return list(found.values())


def _cut(assessment: Assessment, cap: LongCap, left: Decimal) -> Cut | None:
    earlier = _earlier(assessment, cap.windows)
    granted = [(row, amount) for row, amount in ((row, granted_under(row)) for row in earlier) if amount]
    used = sum((amount for _, amount in granted), ZERO)
    limit = cap.value if cap.kind == "amount" else _share_of_fees(assessment, earlier, cap.value)
    over = used + left - limit
    if over <= 0:
        return None
    basis = tuple({"window": row.assessment.window_label, "amount": str(amount)} for row, amount in granted)
    return Cut(Rule.TERM if cap.windows is None else Rule.ROLLING, limit, used, min(over, left), basis)


def _earlier(assessment: Assessment, windows: int | None) -> list[Finalisation]:
    """The final results of the same promise and service in the windows before, as many as the cap reaches over."""
    rows = same_promise(assessment).filter(window_start__lt=assessment.window_start)
    rows = rows.select_related("assessment__commitment__version").order_by("-window_start")
    if windows is None:
        return list(rows)
    first = _month_before(assessment, windows - 1)
    return [row for row in rows if row.window_start >= first]


def same_promise(assessment: Assessment) -> QuerySet[Finalisation]:
    """The final results of the same clause and service of a contract, whichever version they were under."""
    commitment = assessment.commitment
    return Finalisation.objects.filter(
        commitment__key=commitment.key,
        commitment__service=commitment.service_id,
        commitment__version__contract=commitment.version.contract_id,
    )


def _month_before(assessment: Assessment, windows: int) -> Any:
    """The start of the window that lies so many windows before; windows are whole months of the terms' zone."""
    zone = zone_info(zone_of(assessment.commitment))
    start, end = (one.astimezone(zone) for one in (assessment.window_start, assessment.window_end))
    months = max(1, (end.year - start.year) * 12 + end.month - start.month)
    at = start.year * 12 + start.month - 1 - months * windows
    return start.replace(year=at // 12, month=at % 12 + 1, day=1)


def granted_under(row: Finalisation) -> Decimal:
    """What a window uses of a cap: what it pays, unless its claim was forfeited or its credit reversed."""
    forfeited = ClaimStep.objects.filter(
        claim__breach__assessment=row.assessment_id, kind=ClaimStep.Kind.FORFEITED
    )
    reversed_ = MemoStep.objects.filter(memo__assessment=row.assessment_id, state=CreditMemo.State.REVERSED)
    if forfeited.exists() or reversed_.exists():
        return ZERO
    return counted(row)[1]


def _share_of_fees(assessment: Assessment, earlier: list[Finalisation], percent: Decimal) -> Decimal:
    """A percentage of the fees of all windows that the cap reaches over, this one included."""
    results = [assessment, *(row.assessment for row in earlier)]
    fees = sum((Fraction(str(one.result.get("fee_amount") or 0)) for one in results), Fraction(0))
    return round_amount(fees * Fraction(percent) / 100, assessment.currency, "half_up")
