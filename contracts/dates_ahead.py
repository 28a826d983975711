"""Dates that a contract brings: last days for notice, renewals, ends of variations, first days of texts, reviews.

All of them are whole days in the zone of the contract's terms. Nothing asks what day it is: the days between which
dates are wanted are arguments (rule 7).
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import QuerySet

from contracts.models import Contract, ContractVersion, RenewalTerms

AHEAD_DAYS = (90, 60, 30)
MOST_TERMS = 120
Kind = ContractVersion.Kind


@dataclass(frozen=True)
class Due:
    """One date. ``ident`` stays the same when its fact is corrected; ``sequence`` counts the corrections.

    ``stamped`` (aware) is when the fact was recorded; ``reference`` is the contract's, empty for what has none.
    """

    ident: str
    kind: str
    on: date
    title: str
    detail: str
    stamped: datetime
    sequence: int = 0
    reference: str = ""
    contract_id: int | None = None
    zone: str = ""


KINDS = {
    "notice": "Last day for notice",
    "ahead": "Days until a notice",
    "term": "Term ends or renews",
    "review": "To be looked at again",
    "variation_end": "Variation ends",
    "effective": "A text takes effect",
    "version_end": "A text ends",
    "template_review": "Template to be reviewed",
    "claim": "Last day for a claim",
}


def months_back(day: date, months: int) -> date:
    """The same day of the month so many months before (after it, below zero); the month's last where it has none."""
    at = day.year * 12 + day.month - 1 - months
    year, month = at // 12, at % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day_for_notice(row: RenewalTerms, term_ends_on: date) -> date | None:
    """The last day on which notice is in time for a term whose last day is ``term_ends_on``; None: any day is, or no
    period is on record.

    Counted back from the first day after the term: three months before the end of a year are full on 1 October, so
    that 30 September is the last day; a notice of 30 days has 30 whole days between it and that day.
    """
    if row.notice_at_any_time or (row.notice_months is None and row.notice_days is None):
        return None
    after = term_ends_on + timedelta(days=1)
    begins = (
        months_back(after, row.notice_months)
        if row.notice_months is not None
        else after - timedelta(days=row.notice_days or 0)
    )
    return begins - timedelta(days=1)


def term_ends(row: RenewalTerms, since: date, until: date) -> Iterator[date]:
    """The last days of terms within [since, until]: the one on record and, where it renews itself, those after it."""
    if row.term_ends_on is None:
        return
    after = row.term_ends_on + timedelta(days=1)
    months = (since.year - after.year) * 12 + since.month - after.month
    first = max(months // row.renews_months - 1, 0) if row.renews_months else 0
    for number in range(first, first + MOST_TERMS):
        end = months_back(after, -number * (row.renews_months or 0)) - timedelta(days=1)
        if since <= end <= until:
            yield end
        if end > until or row.renews_months is None:
            return


def latest_renewals(contracts: QuerySet[Contract]) -> list[RenewalTerms]:
    """The facts that count of each contract, in one query."""
    return list(
        RenewalTerms.objects.filter(contract__in=contracts)
        .select_related("contract__counterparty")
        .order_by("contract_id", "-number")
        .distinct("contract_id")
    )


def dates_of_contracts(contracts: QuerySet[Contract], since: date, until: date) -> list[Due]:
    """Every date of some contracts within [since, until], in order; a fixed number of queries."""
    zones = _zones(contracts)
    found = [
        due
        for row in latest_renewals(contracts)
        for due in _of_renewal(row, zones.get(row.contract_id, "UTC"), since, until)
    ]
    found += _of_versions(contracts, zones)
    return sorted((one for one in found if since <= one.on <= until), key=lambda one: (one.on, one.ident))


def _zones(contracts: QuerySet[Contract]) -> dict[int, str]:
    rows = ContractVersion.objects.filter(
        contract__in=contracts, state=ContractVersion.State.SIGNED, kind=Kind.WHOLE
    )
    return dict(rows.order_by("effective_from_on", "number").values_list("contract_id", "terms__zone"))


def _of_renewal(row: RenewalTerms, zone: str, since: date, until: date) -> Iterator[Due]:
    contract = row.contract

    def due(ident: str, kind: str, on: date, title: str, detail: str) -> Due:
        return Due(
            f"contract-{contract.pk}-{ident}",
            kind,
            on,
            f"{contract.reference}: {title}",
            detail,
            row.recorded_at.astimezone(UTC),
            row.number - 1,
            contract.reference,
            contract.pk,
            zone,
        )

    if row.review_on is not None:
        yield due("review", "review", row.review_on, "to be looked at again", row.clause)
    # A notice lies before the end of its term, so that terms are looked for beyond the last day that is wanted.
    for end in term_ends(row, since, until + timedelta(days=3700)):
        renews = row.renews_months is not None
        what = f"renews itself by {row.renews_months} months" if renews else "ends"
        last = last_day_for_notice(row, end)
        unknown = last is None and not row.notice_at_any_time
        detail = f"No period of notice is on record. {row.clause}".strip() if unknown else row.clause
        yield due(
            f"term-{end}", "term", end, f"the term ends and {what}" if renews else "the term ends", detail
        )
        if last is None:
            continue
        how = (
            f"{row.get_notice_form_display()}; it {row.get_notice_counts_display()} by this day. {row.clause}"
        )
        yield due(f"notice-{end}", "notice", last, f"last day for notice, else it {what}", how.strip())
        for days in AHEAD_DAYS:
            on = last - timedelta(days=days)
            yield due(
                f"notice-{end}-{days}",
                "ahead",
                on,
                f"{days} days until the last day for notice, {last}",
                how.strip(),
            )
        if last > until:
            return


def _of_versions(contracts: QuerySet[Contract], zones: dict[int, str]) -> Iterator[Due]:
    rows = (
        ContractVersion.objects.filter(contract__in=contracts, state=ContractVersion.State.SIGNED)
        .exclude(kind=Kind.CONFORMED)
        .select_related("contract__counterparty")
        .defer("terms")
        .order_by("pk")
    )
    for row in rows:
        title = (row.amendment or {}).get("title", "")
        name = f"v{row.number}{f', {title}' if title else ''}"
        ends = row.effective_until_on
        if row.kind == Kind.VARIATION and ends is not None:
            said = f"the variation {name} has ended by itself"
            detail = "The text of this day stands without it; amendments that took effect meanwhile stay."
            yield _of_version(row, "variation_end", ends, said, detail, zones)
        elif ends is not None:
            yield _of_version(row, "version_end", ends, f"{name} has ended", "", zones)
        what = {Kind.VARIATION: "the variation", Kind.AMENDMENT: "the amendment"}.get(
            Kind(row.kind), "the text"
        )
        said = f"{what} {name} takes effect"
        yield _of_version(row, "effective", row.effective_from_on, said, "", zones)


def _of_version(
    row: ContractVersion, kind: str, on: date, said: str, detail: str, zones: dict[int, str]
) -> Due:
    reference = row.contract.reference
    return Due(
        f"version-{row.pk}-{kind}",
        kind,
        on,
        f"{reference}: {said}",
        detail,
        row.recorded_at.astimezone(UTC),
        0,
        reference,
        row.contract_id,
        zones.get(row.contract_id, "UTC"),
    )


def in_order(dues: Iterable[Due]) -> list[Due]:
    """By day; what lies on one day by its name."""
    return sorted(dues, key=lambda one: (one.on, one.title, one.ident))
