"""What earlier windows used of an allowance that outlasts a window: the excess counts, whichever month it is in."""

from collections.abc import Sequence
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from contracts.models import Commitment
from contracts.reading import terms_of
from measurements.models import Exclusion, ExclusionDecision
from reckoning.assessment.exclusions import excluded_spans
from reckoning.assessment.inputs import ExcludedTime
from reckoning.fields import zone_info
from reckoning.terms import CommitmentTerms
from reckoning.terms.blocks import ExclusionTerms
from reckoning.timeline import Span, local_instant, to_us
from reckoning.timeline.spans import SECOND

MONTHS = {"month": 1, "quarter": 3, "calendar_year": 12}


def used_of_allowances(
    commitment: Commitment, terms: CommitmentTerms, window_start: datetime, known_at: datetime
) -> dict[str, int]:
    """Whole seconds by kind that were rightly excluded from the beginning of the allowance's period up to the window,
    as known at ``known_at``. Empty, and no query, where every allowance lasts for one window."""
    lasting = [clause for clause in terms.exclusions if _lasts(clause)]
    if not lasting:
        return {}
    zone = terms_of(commitment.version).zone_of(terms)
    found: dict[str, int] = {}
    for clause in lasting:
        begins = _begins(clause, window_start, zone)
        if begins < window_start:
            used = _used(commitment, clause, begins, window_start, known_at, zone)
            if used:
                found[clause.kind] = used
    return found


def used_from(
    terms: CommitmentTerms, zone: str, window_start: datetime, told: Sequence[ExcludedTime]
) -> dict[str, int]:
    """The same from exclusions that the caller read already: all that touch the time since
    :func:`begins_of_allowances`. ``zone`` is that of the clause's windows."""
    found: dict[str, int] = {}
    for clause in terms.exclusions:
        if not _lasts(clause):
            continue
        begins = _begins(clause, window_start, zone)
        rows = [
            one
            for one in told
            if one.approved and one.kind == clause.kind and one.start < window_start and one.end > begins
        ]
        if begins < window_start and (used := _granted(clause, rows, begins, window_start, zone)):
            found[clause.kind] = used
    return found


def begins_of_allowances(terms: CommitmentTerms, window_start: datetime, zone: str) -> datetime:
    """The instant since which exclusions matter to a window: its start, or the start of an allowance's period."""
    lasting = [clause for clause in terms.exclusions if _lasts(clause)]
    return min([window_start, *(_begins(clause, window_start, zone) for clause in lasting)])


def _lasts(clause: ExclusionTerms) -> bool:
    return clause.allowance_seconds is not None and clause.allowance_period in MONTHS


def _begins(clause: ExclusionTerms, window_start: datetime, zone: str) -> datetime:
    """The local midnight at which the allowance's period began that holds the window's first instant."""
    months = MONTHS[clause.allowance_period]
    local = window_start.astimezone(zone_info(zone))
    first = (local.month - 1) // months * months + 1
    return local_instant(local.date().replace(month=first, day=1), local.time().replace(0, 0, 0, 0), zone)


def _used(
    commitment: Commitment,
    clause: ExclusionTerms,
    begins: datetime,
    ends: datetime,
    known_at: datetime,
    zone: str,
) -> int:
    return _granted(clause, _wanted(commitment, clause, begins, ends, known_at), begins, ends, zone)


def _granted(
    clause: ExclusionTerms, wanted: Sequence[ExcludedTime], begins: datetime, ends: datetime, zone: str
) -> int:
    life = Span(to_us(begins), to_us(ends))
    result = excluded_spans((clause,), wanted, life, {}, zone)
    return sum(use.granted for use in result.uses) // SECOND


def _wanted(
    commitment: Commitment, clause: ExclusionTerms, begins: datetime, ends: datetime, known_at: datetime
) -> Sequence[ExcludedTime]:
    rows = Exclusion.objects.filter(
        contract=commitment.version.contract_id,
        service=commitment.service_id,
        kind=clause.kind,
        during__overlap=DateTimeTZRange(begins, ends, "[)"),
        decision__verdict=ExclusionDecision.Verdict.APPROVED,
        decision__decided_at__lte=known_at,
    )
    return [
        ExcludedTime(
            id=str(row.pk),
            kind=row.kind,
            start=row.during.lower,
            end=row.during.upper,
            announced_at=row.announced_at,
            approved=True,
        )
        for row in rows.order_by("during", "pk")
    ]
