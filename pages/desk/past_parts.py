"""Terms laid on the past, as pages and files tell them: month by month, side by side, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from base.svg import Mark, Rows, Series, month_columns, month_table, step_curve
from contracts.attainment import LENIENT_SHARE, Attainment, attainments
from contracts.models import Contract
from credits.attained import duration, money
from credits.whatif import MONTHS, Month, WhatIf, what_if
from credits.whatif_curve import SHARES, Curve, back_test_figures, curves
from pages.pictures import Picture, drawn
from reckoning.assessment.result import percent_text
from reckoning.money import minor_digits, round_fraction
from reckoning.terms import Terms
from reckoning.terms.difference import diff

NO_WINDOW = "—"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Side:
    """One set of terms with what the past says of it."""

    name: str
    terms: Terms
    laid: WhatIf

    @property
    def figures(self) -> dict[str, Any]:
        """What a back-test of it would keep."""
        return back_test_figures(self.terms, self.laid)

    @property
    def attainments(self) -> list[Attainment]:
        """Each commitment's record."""
        return attainments(self.figures)


@dataclass(frozen=True)
class Cell:
    """One month of one side. ``tone`` colours the tag; ``outcome`` says the same in words."""

    tone: Literal["good", "bad", ""]
    outcome: str
    figure: str
    credit: str
    missing: tuple[str, ...]


def sides_of(contract: Contract, named: Sequence[tuple[str, Terms]], known_at: datetime) -> list[Side]:
    """Each of several terms on the contract's past; a fixed number of queries."""
    laid = what_if(contract, [terms for _, terms in named], known_at, months=MONTHS)
    return [Side(name, terms, one) for (name, terms), one in zip(named, laid, strict=True)]


def cell_of(month: Month, currency: str) -> Cell:
    """A month in words. What is not known is said to be unknown, never left to look good."""
    if not month.replays:
        return Cell("", NO_WINDOW, "", NO_WINDOW, ())
    outcome: tuple[Literal["good", "bad", ""], str] = ("", UNKNOWN)
    if month.outcome:
        outcome = ("good", "attained") if month.outcome == "met" else ("bad", "missed")
    credit = UNKNOWN if month.credit is None else money(month.credit, currency)
    return Cell(*outcome, _figure(month), credit, month.missing)


def _figure(month: Month) -> str:
    """The figure of the only window; of several, how many were missed and the lowest level."""
    if len(month.replays) == 1:
        return month.replays[0].figure[1]
    missed = sum(one.outcome == "breach" for one in month.replays)
    known = [one for one in month.replays if one.level is not None]
    said = f"{missed} of {len(month.replays)} missed"
    if unknown := sum(one.outcome is None for one in month.replays):
        said += f", {unknown} unknown"
    if known:
        worst = min(known, key=lambda one: one.level or 0)
        said += f"; lowest {percent_text(worst.level or Fraction(0))} % ({worst.service_name})"
    return said


def month_rows(sides: Sequence[Side]) -> list[tuple[str, list[Cell], str]]:
    """By month, oldest first: the cell of every side, and what the last one would have cost more than the first."""
    labels = sorted({month.label for side in sides for month in side.laid.months})
    rows = []
    for label in labels:
        told = [
            next((one for one in side.laid.months if one.label == label), Month(label, ())) for side in sides
        ]
        cells = [cell_of(month, side.laid.currency) for month, side in zip(told, sides, strict=True)]
        rows.append((label, cells, _difference(told, sides) if len(sides) > 1 else ""))
    return rows


def _difference(told: Sequence[Month], sides: Sequence[Side]) -> str:
    first, last = told[0].credit, told[-1].credit
    if not told[0].replays and not told[-1].replays:
        return NO_WINDOW
    if first is None or last is None or sides[0].laid.currency != sides[-1].laid.currency:
        return UNKNOWN
    return signed(last - first, sides[0].laid.currency)


def signed(amount: Decimal, currency: str) -> str:
    """An amount with its sign; nothing where there is no difference."""
    if not amount:
        return "none"
    return f"{'+' if amount > 0 else '−'}{money(abs(amount), currency)}"


def difference_of_totals(sides: Sequence[Side]) -> str:
    """What the last side would have cost more than the first, over the months of which both are known."""
    first, last = sides[0].laid, sides[-1].laid
    if first.currency != last.currency:
        return UNKNOWN
    by_label = {month.label: month.credit for month in first.priced}
    both = [(by_label[month.label], month.credit) for month in last.priced if month.label in by_label]
    if not both:
        return UNKNOWN
    total = sum(((after or Decimal(0)) - (before or Decimal(0)) for before, after in both), Decimal(0))
    return f"{signed(total, first.currency)} over {len(both)} months of which both are known"


def columns_of(sides: Sequence[Side], *, id_prefix: str, title: str, width: int = 760) -> Picture | None:
    """The picture of the amounts by month; None where nothing ended, or the currencies are several."""
    currencies = {side.laid.currency for side in sides}
    labels = sorted({month.label for side in sides for month in side.laid.months})
    if len(currencies) != 1 or not any(side.laid.ended for side in sides):
        return None
    series = [_series(side, labels) for side in sides]
    desc = (
        "One group of columns a month, one column for each set of terms, as high as the credit. A month whose amount "
        "is unknown is a full column, hatched across; a month in which no window ended has none."
    )
    [currency] = currencies
    svg = month_columns(
        labels, series, unit=currency, title=title, desc=desc, id_prefix=id_prefix, width=width
    )
    return drawn(title, svg, month_table(labels, series))


def _series(side: Side, labels: Sequence[str]) -> Series:
    by_label = {month.label: month for month in side.laid.months}
    values: list[Decimal | Literal["unknown"] | None] = []
    shown = []
    for label in labels:
        month = by_label.get(label, Month(label, ()))
        values.append(None if not month.replays else "unknown" if month.credit is None else month.credit)
        shown.append(cell_of(month, side.laid.currency).credit)
    return Series(side.name, tuple(values), tuple(shown))


def facts_of(side: Side) -> list[tuple[str, str]]:
    """The summary of a side: name and value, in the order of a reader's questions."""
    laid = side.laid
    ended, decided = len(laid.ended), len(laid.decided)
    share = f" ({_whole_percent(Fraction(laid.attained, decided))} %)" if decided else ""
    cost = laid.cost_of_a_year
    year = UNKNOWN
    if cost is not None:
        year = money(round_fraction(cost, minor_digits(laid.currency), "half_up"), laid.currency)
    return [
        ("Months attained", f"{laid.attained} of {decided}{share}"),
        ("Months with data", f"{decided} of {ended} in which a window ended" if ended else "no window ended"),
        ("Credits", f"{money(laid.total, laid.currency)} in {len(laid.priced)} months with an amount"),
        ("Months in which the other side is paid", str(laid.paid_months)),
        ("Cost of a year like these", year),
        ("Most that a month could cost under the caps", _at_caps(laid)),
        ("Worst month", _worst(laid)),
        ("Least room to the target", _room(laid)),
        ("Held back by caps or a minimum", money(laid.held_back, laid.currency)),
    ]


# What each fact is, for a reader who has not seen one before.
EXPLAINED = {
    "Months attained": "Every window that ended in the month was met; of the months of which that is known. Whole "
    "percent, rounded half up.",
    "Months with data": "Of which it is known whether they were met. The others count neither as kept nor as missed.",
    "Credits": "The sum over the months of which the whole amount is known, exact. Others are left out, not taken as "
    "nothing.",
    "Months in which the other side is paid": "Months with any credit above zero.",
    "Cost of a year like these": "Twelve times the mean of the months with an amount, rounded half up once.",
    "Most that a month could cost under the caps": "Every window of the last known month at the lowest cap on it, for "
    "the fee of that month, rounded half up.",
    "Worst month": "The dearest one; of equals, the one with the least room.",
    "Least room to the target": "Downtime that was left in the tightest window before its target was missed, or too "
    "much; in whole seconds, never rounded in favour.",
    "Held back by caps or a minimum": "What would have been paid without them, less what was.",
}


def _whole_percent(share: Fraction) -> int:
    return int(round_fraction(share * 100, 0, "half_up"))


def _worst(laid: WhatIf) -> str:
    month = laid.worst
    if month is None:
        return UNKNOWN
    credit = UNKNOWN if month.credit is None else money(month.credit, laid.currency)
    return f"{month.label}: {credit}"


def _at_caps(laid: WhatIf) -> str:
    found = laid.at_caps
    if found is None:
        return "no cap on a window, or no fee known"
    month, amount = found
    return f"{money(round_fraction(amount, minor_digits(laid.currency), 'half_up'), laid.currency)} ({month.label})"


def _room(laid: WhatIf) -> str:
    room = laid.least_room
    if room is None:
        return "not a promise about time, or unknown"
    # Whole seconds, rounded so that less room is shown rather than more.
    seconds = room.numerator // room.denominator
    return f"{duration(abs(seconds))} of downtime {'too much' if seconds < 0 else 'left'}"


def flags_of(side: Side) -> list[tuple[str, str]]:
    """What the past says for or against the promise, as (tone of the tag, sentence)."""
    said = []
    share = f"{_whole_percent(LENIENT_SHARE)} %"
    for one in side.attainments:
        if one.is_rare:
            said.append(
                (
                    "bad",
                    f"{one.key} was attained in {one.attained_of_last} of the {one.decided_of_last} last months of "
                    f"which it is known: {one.percent_of_last} %. With a back-test on record, a draft that "
                    "says this cannot be signed until somebody accepts that with a reason.",
                )
            )
        if one.is_lenient:
            said.append(
                (
                    "warn",
                    f"{one.key} looks too lenient: it was attained in all {one.decided} months, and none used as much "
                    f"as {share} of the downtime that it allows. A month four times as bad as the worst would still "
                    "have kept it.",
                )
            )
    return said


# The curve -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DrawnCurve:
    """The attainment curve of a commitment: the picture, and the table of shares."""

    key: str
    picture: Picture
    at_target: str


def curves_of(side: Side, *, id_prefix: str) -> list[DrawnCurve]:
    """Which share of the months would have kept a promise of any level, exact from the months' levels."""
    found = []
    for number, curve in enumerate(curves(side.terms, side.laid)):
        title = f"{curve.key}: months attained, by target"
        count = len(curve.levels)
        desc = f"Steps from the {count} months of which the level is known; the upright line is the target."
        target = f"{percent_text(curve.target)} %"
        svg = step_curve(
            curve.levels,
            [Mark(curve.target, target)],
            title=title,
            desc=desc,
            id_prefix=f"{id_prefix}-{number}",
        )
        rows = tuple(
            (f"{_whole_percent(share)} %", f"{_down(curve.target_at(share))} %", _of(curve, share))
            for share in SHARES
        )
        table = Rows(("Share of the months", "Highest target that they keep", "Months"), rows)
        kept = curve.share_at(curve.target)
        said = f"At {target}: {kept * count} of {count} months, {_whole_percent(kept)} %."
        found.append(DrawnCurve(curve.key, drawn(title, svg, table), said))
    return found


def _of(curve: Curve, share: Fraction) -> str:
    target = curve.target_at(share)
    return f"{curve.share_at(target) * len(curve.levels)} of {len(curve.levels)}"


def _down(level: Fraction) -> str:
    """A level as a percentage, cut to six decimals: rounded up it would no longer be kept."""
    return str(round_fraction(level * 100, 6, "down"))


def changes_of(before: Terms, after: Terms) -> list[Any]:
    """The fields in which two texts differ."""
    return list(diff(before, after))
