"""Reported against measured: what a vendor publishes, what its seconds give by our terms, what its incidents say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base import clock
from base.errors import DomainError
from base.svg import Pair
from contracts.models import Contract, Counterparty, Service
from contracts.visibility import visible_contracts, visible_counterparties
from credits.explained import duration
from measurements.models import SecondsObservation
from measurements.reconciliation.published import (
    Reconciled,
    listed_by_reason,
    one_sided_incidents,
    reconcile_published,
)
from measurements.visibility import visible_sources
from pages.layout import viewing
from pages.pictures import dumbbell_of
from vendors.comparing import (
    CAUSE_WORDS,
    Cause,
    DayPair,
    Lists,
    MonthPair,
    by_month,
    compare_days,
    known_time,
    lists_of,
)

PER_PAGE = 25
MICROSECOND = timedelta(microseconds=1)
RATIO_PLACES = 6


@dataclass(frozen=True)
class Month:
    """One month of a component: what was published, what our terms give, and both lists."""

    pair: MonthPair
    figure: Reconciled | None
    begins: date | None = None  # the component's first day, in the month in which it came to be

    @property
    def published(self) -> str:
        """The vendor's own percentage."""
        return percent(Fraction(self.figure.published)) if self.figure else "none"

    @property
    def reckoned(self) -> str:
        """What the contract's reading gives from the vendor's seconds."""
        if self.figure is None or self.figure.reckoned is None:
            return "open"
        return percent(self.figure.reckoned)

    @property
    def agrees(self) -> bool | None:
        """Whether the published figure is what the reading gives; None where there is no figure."""
        return None if self.figure is None else self.figure.agrees

    @property
    def reported_words(self) -> str:
        """The minutes that the seconds count."""
        return minutes(self.pair.reported)

    @property
    def listed_words(self) -> str:
        """The minutes that the incidents tell."""
        return "" if self.pair.listed is None else minutes(self.pair.listed)

    @property
    def causes_words(self) -> list[tuple[str, str]]:
        """Each cause of a difference with on how many days."""
        return [
            (CAUSE_WORDS[cause], f"{days} day{'' if days == 1 else 's'}") for cause, days in self.pair.causes
        ]


@require_safe
@viewing("figure", "observation")
def reported(request: HttpRequest) -> HttpResponse:
    """A year of one vendor: month by month for a component, and every difference of its two lists by cause."""
    as_of = clock.as_of()
    known_at = datetime.combine(as_of, time.max, tzinfo=UTC)
    vendors = list(visible_counterparties(request.user).filter(is_vendor=True).order_by("name")[:200])
    vendor = _chosen(vendors, request.GET.get("vendor", ""))
    context: dict[str, Any] = {
        "title": "Reported against measured",
        "vendors": vendors,
        "vendor": vendor,
        "as_of": as_of,
    }
    lists = lists_of(vendor) if vendor else None
    if vendor and lists and visible_sources(request.user).filter(pk=lists.seconds.pk).exists():
        context |= _of_vendor(request, vendor, lists, known_at)
    return render(request, "pages/vendors/reported.html", context)


def _chosen[Row: (Counterparty, Service)](rows: Sequence[Row], code: str) -> Row | None:
    """The row that was asked for, else the first. Raises Http404 for one that is not there."""
    if not code:
        return rows[0] if rows else None
    found = next((one for one in rows if one.code == code), None)
    if found is None:
        raise Http404("There is no such vendor or component that you may see.")
    return found


def _of_vendor(
    request: HttpRequest, vendor: Counterparty, lists: Lists, known_at: datetime
) -> dict[str, Any]:
    services = list(Service.objects.filter(pk__in=lists.seconds.seconds.values("service")).order_by("name"))
    service = _chosen(services, request.GET.get("service", ""))
    span = SecondsObservation.objects.filter(source=lists.seconds).aggregate(
        first=Min("day"), last=Max("day")
    )
    if service is None or span["first"] is None:
        return {}
    years = list(range(span["last"].year, span["first"].year - 1, -1))
    year = _year(request, years)
    pairs = compare_days(lists, first=date(year, 1, 1), until=date(year + 1, 1, 1), known_at=known_at)
    months = _months(vendor, service, lists, pairs, year, span, known_at, request)
    causes = Counter(one.cause for one in pairs if one.cause)
    cause = request.GET.get("cause", "")
    if cause and cause not in CAUSE_WORDS:
        raise Http404("There is no such cause.")
    differing = [one for one in pairs if one.cause and (not cause or one.cause == cause)]
    names = {one.code: one.name for one in services}
    return {
        "lists": lists,
        "services": services,
        "service": service,
        "years": years,
        "year": year,
        "months": months,
        "picture": _picture(service, year, months),
        "causes": [(one, CAUSE_WORDS[one], causes[one], _sum(pairs, one)) for one in Cause if causes[one]],
        "cause": cause,
        "cause_words": CAUSE_WORDS[Cause(cause)] if cause else "",
        "differing": sum(causes.values()),
        "compared": sum(1 for one in pairs if one.listed is not None),
        "not_compared": sum(1 for one in pairs if one.listed is None),
        "page": Paginator([_row(one, names) for one in differing], PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "one_sided": one_sided_incidents(
            intervals_source=lists.intervals, seconds_source=lists.seconds, known_at=known_at
        ),
        "by_reason": listed_by_reason(source=lists.intervals, known_at=known_at),
        "list_begins": lists.intervals.covers_from,
    }


def _year(request: HttpRequest, years: list[int]) -> int:
    text = request.GET.get("year", "")
    if not text:
        return years[0]
    if not text.isdecimal() or int(text) not in years:
        raise Http404("There is nothing of that year.")
    return int(text)


def _months(
    vendor: Counterparty,
    service: Service,
    lists: Lists,
    pairs: list[DayPair],
    year: int,
    span: dict[str, date],
    known_at: datetime,
    request: HttpRequest,
) -> list[Month]:
    """The months of the year for which the seconds tell anything and in which the component existed."""
    wanted = [date(year, month, 1) for month in range(1, 13)]
    begins = (
        service.existed_from.date().replace(day=1) if service.existed_from else span["first"].replace(day=1)
    )
    wanted = [one for one in wanted if max(begins, span["first"].replace(day=1)) <= one <= span["last"]]
    figures: dict[date, Reconciled] = {}
    contracts = visible_contracts(request.user).filter(
        counterparty=vendor, direction=Contract.Direction.PROMISED_TO_US
    )
    for contract in contracts.order_by("reference"):
        try:
            found = reconcile_published(
                source=lists.seconds,
                contract=contract,
                known_at=known_at,
                months=wanted,
                services=[service.code],
            )
        except DomainError:
            continue  # the contract reads another source; then it says nothing about these figures
        for one in found:
            figures.setdefault(one.month_on, one)
    known = known_time(lists.intervals, known_at)
    launched = service.existed_from.date() if service.existed_from else None
    return [
        Month(
            one,
            figures.get(one.month),
            launched if launched and launched.replace(day=1) == one.month else None,
        )
        for one in by_month(pairs, service.code, wanted, known)
    ]


def _picture(service: Service, year: int, months: list[Month]) -> Any:
    if not months:
        return None
    rows = [
        Pair(
            f"{one.pair.month:%B}",
            Fraction(one.pair.reported // MICROSECOND, 60_000_000),
            None if one.pair.listed is None else Fraction(one.pair.listed // MICROSECOND, 60_000_000),
            minutes(one.pair.reported),
            "unknown" if one.pair.listed is None else minutes(one.pair.listed),
            one.pair.disputed,
        )
        for one in months
    ]
    disputed = sum(1 for one in months if one.pair.disputed)
    return dumbbell_of(
        rows,
        title=f"Minutes of outage of {service.name} in {year}: counted by the seconds, told by the incidents",
        desc=f"{len(rows)} months; in {disputed} of them some day differs by more than a minute. Where the list of "
        "incidents knows not the whole month, nothing is drawn for it.",
        id_prefix="reported",
        left_name="seconds",
        right_name="incidents",
    )


def _sum(pairs: list[DayPair], cause: Cause) -> str:
    """How many minutes the days of a cause differ by, without their sign."""
    found = [one.difference for one in pairs if one.cause == cause and one.difference is not None]
    return minutes(sum((abs(one) for one in found), timedelta(0)))


def _row(one: DayPair, names: dict[str, str]) -> dict[str, Any]:
    assert one.listed is not None
    assert one.difference is not None
    assert one.cause is not None
    return {
        "service": names.get(one.service, one.service),
        "code": one.service,
        "day": one.day,
        "reported": _classes(one),
        "listed": words(one.listed),
        "difference": words(one.difference),
        "cause": CAUSE_WORDS[one.cause],
        "incidents": _incidents(one),
    }


def _classes(one: DayPair) -> str:
    """What the seconds count, by class."""
    counted = [(one.partial, "partial"), (one.major, "major")]
    return ", ".join(f"{words(length)} {name}" for length, name in counted if length) or "nothing"


def _incidents(one: DayPair) -> list[tuple[str, str]]:
    """The incidents that either list names; once where both name the same."""
    named, told = ", ".join(sorted(one.named)), ", ".join(one.told)
    if named == told:
        return [("", named)] if named else []
    return [(where, names) for where, names in (("in the seconds:", named), ("in the list:", told)) if names]


def words(length: timedelta) -> str:
    """A length of time in words, exact."""
    return duration(Fraction(length // MICROSECOND, 1_000_000))


def minutes(length: timedelta) -> str:
    """Minutes with one decimal at most, for the eye."""
    value = Decimal(length // MICROSECOND) / 60_000_000
    shown = f"{value:,.1f}".removesuffix(".0")
    return f"{shown} min"


def percent(ratio: Fraction) -> str:
    """A ratio as a percentage with six places, for the eye; the comparison itself is exact."""
    value = Decimal(round(ratio * 100 * 10**RATIO_PLACES)).scaleb(-RATIO_PLACES)
    return f"{value:.{RATIO_PLACES}f} %"
