"""The executive's home: four numbers, each with one sentence, and the money by quarter. Sums only: no customer, no
component, no incident and no key of one is ever handed to this page."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import TruncQuarter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base import clock
from base.svg import Bar
from contracts.models import Contract
from credits.explained import money
from credits.models import Account, Assessment, ClaimStep, CreditMemo, MemoStep, OpenQuestion, Posting
from credits.reading import claims_with_state, latest_assessments
from pages.calendar import midnight
from pages.components import quarter_of
from pages.layout import viewing
from pages.pictures import Picture, bars_of

BY_US, TO_US = Contract.Direction.PROMISED_BY_US, Contract.Direction.PROMISED_TO_US
DIRECTION = "commitment__version__contract__direction"
YEAR = timedelta(days=365)
SOON = timedelta(days=30)
QUARTERS = 8


@dataclass(frozen=True)
class Number:
    """One number with its sentence."""

    title: str
    value: str
    sentence: str


@viewing("aggregate")
def home(request: HttpRequest) -> HttpResponse:
    """Promises kept, exposure, recovered, top risk, as of the page's day."""
    as_of = clock.as_of()
    context = {
        "numbers": (promises_kept(as_of), exposure(as_of), recovered(as_of), top_risk(as_of)),
        "pictures": _by_quarter(as_of),
    }
    return render(request, "pages/executive.html", context)


def _moneys(sums: dict[str, Decimal], none: str = "nothing") -> str:
    """Amounts of several currencies side by side; they are never added."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(sums.items()) if amount) or none


def promises_kept(as_of: date) -> Number:
    """Final results of our promises to customers, of the last twelve months beside the twelve before."""
    year, before_that = midnight(as_of - YEAR), midnight(as_of - 2 * YEAR)
    recent, met = Q(window_end__gt=year), Q(outcome=Assessment.Outcome.MET)
    found = (
        Assessment.objects.exclude(finalisation=None)
        .filter(**{DIRECTION: BY_US}, window_end__gt=before_that, window_end__lte=midnight(as_of))
        .aggregate(
            every=Count("pk", filter=recent),
            kept=Count("pk", filter=recent & met),
            every_before=Count("pk", filter=~recent),
            kept_before=Count("pk", filter=~recent & met),
        )
    )
    every, kept, every_before, kept_before = (
        found[name] for name in ("every", "kept", "every_before", "kept_before")
    )
    if not every:
        return Number(
            "Promises kept", "none due", "No promise to a customer came due in the last twelve months."
        )
    before = (
        f"in the twelve months before it was {kept_before} of {every_before}"
        if every_before
        else "there is nothing before to compare it with"
    )
    sentence = f"Of {every} promises to customers that came due in the last twelve months, {kept} were kept; {before}."
    return Number("Promises kept", f"{kept} of {every}", sentence)


def exposure(as_of: date) -> Number:
    """What we would owe customers for windows that end in this quarter, as known today."""
    quarter = quarter_of(as_of)
    rows = latest_assessments().filter(
        **{DIRECTION: BY_US},
        window_end__gt=midnight(quarter.first),
        window_start__lte=midnight(as_of),
        credit_amount__gt=0,
    )
    found = (
        rows.order_by()
        .values("currency")
        .annotate(
            all=Sum("credit_amount"),
            provisional=Sum("credit_amount", filter=Q(finalisation=None), default=Decimal(0)),
        )
    )
    sums = {row["currency"]: row["all"] for row in found}
    provisional = {row["currency"]: row["provisional"] for row in found}
    sentence = (
        f"Earned by customers in {quarter.name} as far as is known today, {_moneys(provisional)} of it provisional"
        if sums
        else f"No customer has earned a service credit in {quarter.name} as far as is known today"
    )
    earlier = f"{_moneys(_unsettled(quarter.first))} of earlier windows may still have to be issued"
    return Number("Exposure this quarter", _moneys(sums), f"{sentence}; {earlier}.")


def _unsettled(before: date) -> dict[str, Decimal]:
    """What customers earned in windows that ended by a day and that neither was issued nor lapsed."""
    # By the window and not by the revision: the credit of a restated window was issued on the first result.
    issued = MemoStep.objects.filter(
        state=CreditMemo.State.ISSUED,
        memo__assessment__commitment=OuterRef("commitment"),
        memo__assessment__window_start=OuterRef("window_start"),
    )
    lapsed = ClaimStep.objects.filter(kind=ClaimStep.Kind.FORFEITED, claim__breach__assessment=OuterRef("pk"))
    rows = latest_assessments().filter(
        ~Exists(issued),
        ~Exists(lapsed),
        **{DIRECTION: BY_US},
        credit_amount__gt=0,
        window_end__lte=midnight(before),
    )
    found = rows.order_by().values("currency").annotate(all=Sum("credit_amount"))
    return {row["currency"]: row["all"] for row in found}


def recovered(as_of: date) -> Number:
    """What vendors granted, from the ledger: this year, and what they have not answered yet."""
    year = date(as_of.year, 1, 1)
    granted = _posted(Account.Purpose.RECOVERIES, "credit", year, as_of)
    waiting = _posted(Account.Purpose.CLAIMS_NOT_ACKNOWLEDGED, "debit", date.min, as_of)
    sentence = (
        f"Granted by vendors and posted since 1 January {as_of.year}; {_moneys(waiting)} more is "
        "claimed and not acknowledged yet."
    )
    return Number("Recovered from vendors", _moneys(granted), sentence)


def _posted(purpose: str, grows_on: str, first: date, last: date) -> dict[str, Decimal]:
    rows = (
        Posting.objects.filter(account__purpose=purpose, entry__effective_on__range=(first, last))
        .order_by()
        .values("currency")
        .annotate(
            more=Sum("amount", filter=Q(side=grows_on), default=Decimal(0)),
            less=Sum("amount", filter=~Q(side=grows_on), default=Decimal(0)),
        )
    )
    return {row["currency"]: row["more"] - row["less"] for row in rows}


def top_risk(as_of: date) -> Number:
    """The first of these that there is: money of vendors that lapses soon, results that nobody can tell, money of
    customers that waits to be settled."""
    lapsing = claims_with_state().filter(
        state=ClaimStep.Kind.FOUND,
        deadline_on__range=(as_of, as_of + SOON),
        breach__assessment__commitment__version__contract__direction=TO_US,
    )
    rows = lapsing.order_by("deadline_on").values_list(
        "deadline_on", "breach__assessment__currency", "breach__assessment__credit_amount"
    )
    sums: dict[str, Decimal] = {}
    first: date | None = None
    count = 0
    for deadline, currency, amount in rows:
        first, count = first or deadline, count + 1
        sums[currency] = sums.get(currency, Decimal(0)) + (amount or Decimal(0))
    if first is not None:
        left = (first - as_of).days
        claims = "1 claim" if count == 1 else f"{count} claims"
        sentence = (
            f"{claims} on vendors must be sent within {SOON.days} days or lapse; the first in {left} days."
        )
        return Number("Top risk", _moneys(sums, none=f"{count} claims"), sentence)
    unanswered = OpenQuestion.objects.filter(assessment__in=latest_assessments().values("pk"))
    windows = unanswered.aggregate(windows=Count("assessment", distinct=True))["windows"]
    if windows:
        return Number(
            "Top risk",
            f"{windows} open",
            "Results that nobody can tell until a person answers; none counts as zero.",
        )
    return Number("Top risk", "none", "No claim lapses soon, and no result waits for an answer.")


def _by_quarter(as_of: date) -> list[tuple[str, Picture]]:
    """The service credits of each quarter, for each direction and currency; what is provisional is hatched."""
    begin = quarter_of(as_of - timedelta(days=91 * (QUARTERS - 1))).first
    rows = (
        latest_assessments()
        .filter(credit_amount__gt=0, window_start__gte=midnight(begin), window_start__lte=midnight(as_of))
        .annotate(quarter=TruncQuarter("window_start"))
        .order_by()
        .values("quarter", "currency", DIRECTION)
        .annotate(
            final=Sum("credit_amount", filter=~Q(finalisation=None), default=Decimal(0)),
            provisional=Sum("credit_amount", filter=Q(finalisation=None), default=Decimal(0)),
        )
    )
    sums = {(row[DIRECTION], row["currency"], row["quarter"].date()): row for row in rows}
    quarters = []
    day = begin
    while day <= as_of:
        quarters.append(quarter_of(day))
        day = quarters[-1].last + timedelta(days=1)
    pictures = []
    for direction, words in ((BY_US, "Earned by customers"), (TO_US, "Earned from vendors")):
        for currency in sorted({key[1] for key in sums if key[0] == direction}):
            bars = []
            for quarter in quarters:
                row = sums.get(
                    (direction, currency, quarter.first), {"final": Decimal(0), "provisional": Decimal(0)}
                )
                bars.append(Bar(quarter.name, row["final"], money(row["final"], currency)))
                if row["provisional"]:
                    shown = money(row["provisional"], currency)
                    bars.append(Bar(f"{quarter.name}, provisional", row["provisional"], shown, "hatched"))
            title = f"{words}, {currency}"
            desc = "Service credits by the quarter in which their window began. Full bars are final, hatched ones not."
            prefix = f"q-{direction.replace('_', '-')}-{currency.lower()}"
            pictures.append((title, bars_of(bars, title=title, desc=desc, id_prefix=prefix)))
    return pictures
