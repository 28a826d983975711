"""The fee of a service over a window, from the lines of its invoices.

Lines whose period lies whole inside the window are summed. A line that straddles an edge is not prorated, and
lines that leave a day of the service's life uncovered are not taken for the whole: both are open questions for
finance, as is a fee that nobody invoiced (rule 21).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from contracts.models import Contract, Service
from credits.invoices.models import InvoiceLine
from reckoning.assessment import Fee
from reckoning.fields import zone_info


@dataclass(frozen=True)
class FeeAnswer:
    """A fee, or else the question that stands in its way: a code and a sentence."""

    fee: Fee | None
    question: tuple[str, str] | None = None


def fee_for(
    contract: Contract, service: Service, window_start: datetime, window_end: datetime, zone: str
) -> Fee | None:
    """The fee of one service under a contract over a window, or None where that is an open question.

    ``zone`` is the zone in whose days the window and the invoices' periods are told.
    """
    return fees_for(contract, [service], window_start, window_end, zone)[service.pk].fee


def fees_for(
    contract: Contract, services: Sequence[Service], window_start: datetime, window_end: datetime, zone: str
) -> dict[int, FeeAnswer]:
    """The fee of each of several services, by key, in one query."""
    book = FeeBook(contract, services, *_days(window_start, window_end, zone))
    return {service.pk: book.fee(service, window_start, window_end, zone) for service in services}


class FeeBook:
    """The invoice lines of some services under a contract, read once for as many windows as are asked for.

    ``first`` and ``until`` (excluded) are days; give :meth:`fee` windows inside of them only.
    """

    def __init__(self, contract: Contract, services: Sequence[Service], first: date, until: date) -> None:
        self.contract = contract
        self.lines: dict[int, list[InvoiceLine]] = defaultdict(list)
        touching = InvoiceLine.objects.filter(
            invoice__contract=contract,
            service__in=services,
            period_from_on__lt=until,
            period_until_on__gt=first,
        ).select_related("invoice")
        for line in touching.order_by("external_id"):
            self.lines[line.service_id].append(line)

    def fee(self, service: Service, window_start: datetime, window_end: datetime, zone: str) -> FeeAnswer:
        """The fee of a service over a window whose days are those of ``zone``."""
        first, until = _days(window_start, window_end, zone)
        told = self.lines.get(service.pk, ())
        lines = [line for line in told if line.period_from_on < until and line.period_until_on > first]
        return _answer(lines, *_life(service, first, until, zone), self.contract, (first, until))


def _days(window_start: datetime, window_end: datetime, zone: str) -> tuple[date, date]:
    """The first local day of a window and the one after its last."""
    local = zone_info(zone)
    last = (window_end - timedelta(microseconds=1)).astimezone(local).date()
    return window_start.astimezone(local).date(), last + timedelta(days=1)


def _life(service: Service, first: date, until: date, zone: str) -> tuple[date, date]:
    """The days of the window on which the service existed, whole or in part."""
    local = zone_info(zone)
    if service.existed_from:
        first = max(first, service.existed_from.astimezone(local).date())
    if service.existed_until:
        last = (service.existed_until - timedelta(microseconds=1)).astimezone(local).date()
        until = min(until, last + timedelta(days=1))
    return first, until


def _answer(
    lines: list[InvoiceLine], first: date, until: date, contract: Contract, window: tuple[date, date]
) -> FeeAnswer:
    if not lines:
        return FeeAnswer(None)
    for line in lines:
        if line.period_from_on < window[0] or line.period_until_on > window[1]:
            return FeeAnswer(
                None,
                (
                    "FEE_LINE_STRADDLES",
                    f"Line {line.external_id} covers {line.period_from_on} to {line.period_until_on} (excluded) "
                    "and reaches over the edge of the window; which part of it is the fee of the window?",
                ),
            )
        if line.invoice.currency != contract.currency:
            return FeeAnswer(
                None,
                (
                    "FEE_IN_OTHER_CURRENCY",
                    f"Line {line.external_id} is in {line.invoice.currency}, the contract in {contract.currency}; "
                    "at which rate and of which day is it converted?",
                ),
            )
    missing = _first_uncovered(((line.period_from_on, line.period_until_on) for line in lines), first, until)
    if missing:
        return FeeAnswer(
            None,
            (
                "FEE_HAS_GAP",
                f"No invoice line covers {missing}; is the fee of that day missing, or was it free?",
            ),
        )
    amount = sum((line.net_amount for line in lines), Decimal(0))
    return FeeAnswer(
        Fee(amount=amount, currency=contract.currency, lines=tuple(line.external_id for line in lines))
    )


def _first_uncovered(periods: Iterable[tuple[date, date]], first: date, until: date) -> date | None:
    """The first day of [first, until) that no period covers; None where they cover all."""
    reached = first
    for start, end in sorted(periods):
        if start > reached:
            break
        reached = max(reached, end)
    return reached if reached < until else None
