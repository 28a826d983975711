"""Setting what vendors say against what was reckoned, and one of their lists against the other."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Q

from contracts.models import Commitment, Contract, ContractVersion
from contracts.reading import terms_of
from measurements.adapters.vendor_figures_csv import month_after
from measurements.models import IntervalObservation, ListedRow, SecondsObservation, Source, VendorFigure
from measurements.reading import clauses_of, inputs_of_clauses
from reckoning.assessment import reckon
from reckoning.terms import CommitmentTerms
from reckoning.terms.blocks import WindowTerms
from reckoning.terms.indicators import UptimeFromIntervals

TOLERANCE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Reconciled:
    """A vendor's figure for one month beside the level that its own data gives. Ratios; exact."""

    service: str
    month_on: date
    published: Decimal
    reckoned: Fraction | None
    unknown_seconds: Fraction

    @property
    def difference(self) -> Fraction | None:
        """Published minus reckoned; None where nothing could be reckoned."""
        return None if self.reckoned is None else Fraction(self.published) - self.reckoned

    @property
    def agrees(self) -> bool:
        """Whether the two differ by 1e-9 at most, and no time of the month is unknown."""
        difference = self.difference
        return difference is not None and abs(difference) <= TOLERANCE and not self.unknown_seconds


def reconcile_published(
    *,
    source: Source,
    contract: Contract,
    known_at: datetime,
    months: Collection[date] | None = None,
    services: Collection[str] | None = None,
) -> tuple[Reconciled, ...]:
    """Reckon each published month anew by the contract's own reading, as known at ``known_at`` (rule 6).

    ``source`` published the figures (calendar months in UTC); the contract's terms say which source measures
    and what a partial outage weighs, and only their window is replaced by the month. Figures of services that
    the contract promises nothing of are left out, and so is what ``months`` (their first days) and ``services``
    (their codes) do not name, where they are given. Ordered by service and month.

    Raises SourceUnbound, WrongShape.
    """
    figures = [
        one
        for one in _latest_figures(source, known_at)
        if (months is None or one.month_on in months) and (services is None or one.service.code in services)
    ]
    versions: dict[int, dict[str, Commitment]] = {}
    found: list[Reconciled] = []
    for month in sorted({figure.month_on for figure in figures}):
        version = contract.version_in_effect(month)
        if version is None:
            continue
        if version.pk not in versions:
            versions[version.pk] = {one.service.code: one for one in _weighted(version)}
        promised = versions[version.pk]
        wanted = [one for one in figures if one.month_on == month and one.service.code in promised]
        found.extend(_of_month(version, month, wanted, promised, known_at))
    return tuple(sorted(found, key=lambda one: (one.service, one.month_on)))


def _of_month(
    version: ContractVersion,
    month: date,
    figures: list[VendorFigure],
    promised: Mapping[str, Commitment],
    known_at: datetime,
) -> Iterator[Reconciled]:
    terms = terms_of(version)
    start, end = (datetime.combine(day, time(0), tzinfo=UTC) for day in (month, month_after(month)))
    clauses = clauses_of([promised[figure.service.code] for figure in figures])
    inputs = inputs_of_clauses(clauses, start, end, known_at)
    by_service = {clause.commitment.service.code: clause for clause in clauses}
    for figure in figures:
        clause = by_service[figure.service.code]
        result = reckon(
            _monthly(clause.terms),
            inputs[clause.commitment.pk],
            currency=terms.currency,
            terms_sha256=version.terms_sha256,
        )
        yield Reconciled(
            figure.service.code, month, figure.uptime_ratio, result.level, result.unknown_seconds
        )


def _monthly(terms: CommitmentTerms) -> CommitmentTerms:
    """The same reading over a month in UTC; other readings and money play no part."""
    window = WindowTerms(kind="calendar_month", zone="UTC")
    return terms.model_copy(update={"window": window, "readings": (), "caps": ()})


def _weighted(version: ContractVersion) -> list[Commitment]:
    """The version's commitments that are measured by daily seconds, one for each service."""
    rows = version.commitments.select_related("service", "version__contract")
    terms = terms_of(version)
    first: dict[str, Commitment] = {}
    for row in rows:
        if not isinstance(terms.commitment(row.key).indicator, UptimeFromIntervals):
            first.setdefault(row.service.code, row)
    return list(first.values())


def _latest_figures(source: Source, known_at: datetime) -> list[VendorFigure]:
    rows = VendorFigure.objects.filter(source=source, known_at__lte=known_at).select_related("service")
    return list(rows.order_by("service_id", "month_on", "-known_at").distinct("service_id", "month_on"))


@dataclass(frozen=True)
class OneSided:
    """Incidents that only one of a vendor's two lists knows, by external id, sorted."""

    only_in_intervals: tuple[str, ...]
    only_in_seconds: tuple[str, ...]


def one_sided_incidents(*, intervals_source: Source, seconds_source: Source, known_at: datetime) -> OneSided:
    """The incidents that stand in one list only, as known at ``known_at``.

    A listed row counts as known: the list names the incident even if nothing can be reckoned from it.
    """
    observed = IntervalObservation.objects.filter(source=intervals_source, known_at__lte=known_at)
    listed = ListedRow.objects.filter(
        payload__source=intervals_source, payload__known_at__lte=known_at
    ).exclude(external_id="")
    left = {*observed.values_list("external_id", flat=True), *listed.values_list("external_id", flat=True)}
    rows = SecondsObservation.objects.filter(source=seconds_source, known_at__lte=known_at)
    right = {
        name for names in rows.exclude(incidents=[]).values_list("incidents", flat=True) for name in names
    }
    return OneSided(tuple(sorted(left - right)), tuple(sorted(right - left)))


def listed_by_reason(*, source: Source, known_at: datetime) -> dict[str, int]:
    """How many incidents are listed for each reason; one with two reasons counts under both.

    An incident that several files repeat counts once.
    """
    rows = (
        ListedRow.objects.filter(payload__source=source, payload__known_at__lte=known_at)
        .order_by()
        .values("reason")
        .annotate(
            named=Count("external_id", distinct=True, filter=~Q(external_id="")),
            unnamed=Count("pk", filter=Q(external_id="")),
        )
    )
    counts = {row["reason"]: row["named"] + row["unnamed"] for row in rows}
    return {reason: counts.get(reason, 0) for reason in ListedRow.Reason.values}
