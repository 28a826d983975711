"""What people say where it is argued about: whose an incident was, what was seen, how far two sources may differ, and
which figure is accepted. Each is appended and holds from its moment of knowledge."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction

from audit.record import record
from base.access import require_person
from contracts.models import Commitment, Contract
from measurements.errors import FieldRefused, NoSuchDifference
from measurements.models import (
    Attribution,
    DifferenceDecision,
    DifferenceTolerance,
    IncidentNote,
    IntervalObservation,
    Source,
)
from measurements.reconciliation.standing import Standing, standing_of
from measurements.services.fields import check_fields
from reckoning.money import round_fraction
from reckoning.timeline import Window

RECONCILERS = ("vendor_manager", "customer_success", "legal")
TOLERANCE_SETTERS = ("legal",)
NOTERS = ("vendor_manager", "customer_success", "finance", "legal")
MICRO_PLACES = 6


@transaction.atomic
def attribute_incident(
    *, source: Source, external_id: str, party: str, reason: str, decided_at: datetime
) -> Attribution:
    """Say whose an incident was. A later word holds from its own moment on; the same again is free.

    It moves our own figure (what we control) and no contractual one. Raises FieldRefused, NotAllowed.
    """
    user = require_person(*RECONCILERS)
    _require_reason(reason)
    _require_incident(source, external_id)
    _lock(source)
    last = Attribution.objects.filter(source=source, external_id=external_id).last()
    if last and (last.party, last.reason) == (party, reason.strip()):
        return last
    row = Attribution(
        source=source,
        external_id=external_id,
        party=party,
        reason=reason.strip(),
        decided_by=user,
        decided_at=decided_at,
    )
    check_fields(row)
    row.save(force_insert=True)
    record(
        "incident.attribute",
        row,
        before={"party": last.party if last else None},
        after={"source": source.code, "incident": external_id, "party": party},
        reason=reason.strip(),
    )
    return row


@transaction.atomic
def note_incident(
    *,
    source: Source,
    external_id: str,
    occurred_at: datetime,
    text: str,
    known_at: datetime,
    clock_skew_seconds: int = 0,
) -> IncidentNote:
    """Add to the timeline of an incident what was seen, by the clock that showed it.

    ``clock_skew_seconds``: how far that clock was ahead of UTC (negative: behind). Raises FieldRefused, NotAllowed.
    """
    user = require_person(*NOTERS)
    _require_incident(source, external_id)
    if occurred_at.tzinfo is None:
        raise FieldRefused(f"occurred_at: {occurred_at.isoformat()} has no time zone; give an aware instant")
    row = IncidentNote(
        source=source,
        external_id=external_id,
        occurred_at=occurred_at,
        clock_skew_seconds=clock_skew_seconds,
        text=text.strip(),
        author=user,
        known_at=known_at,
    )
    check_fields(row)
    row.save(force_insert=True)
    record(
        "incident.note",
        row,
        after={
            "source": source.code,
            "incident": external_id,
            "occurred_at": occurred_at,
            "clock_skew_seconds": clock_skew_seconds,
            "text": row.text,
        },
    )
    return row


@transaction.atomic
def set_difference_tolerance(
    *,
    contract: Contract,
    source: Source,
    seconds: int | None,
    windows_from: datetime,
    reason: str,
    set_at: datetime,
) -> DifferenceTolerance:
    """How many seconds of a window ``source`` may differ from the contract's own before somebody must explain it.

    None stops comparing. A later word holds from its own moment on; the same again is free. Raises FieldRefused,
    NotAllowed.
    """
    user = require_person(*TOLERANCE_SETTERS)
    _require_reason(reason)
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    last = DifferenceTolerance.objects.filter(contract=contract, source=source).last()
    if last and (last.seconds, last.windows_from, last.reason) == (seconds, windows_from, reason.strip()):
        return last
    row = DifferenceTolerance(
        contract=contract,
        source=source,
        seconds=seconds,
        windows_from=windows_from,
        reason=reason.strip(),
        set_by=user,
        set_at=set_at,
    )
    check_fields(row)
    row.save(force_insert=True)
    record(
        "difference.tolerate",
        row,
        before={"seconds": last.seconds if last else None},
        after={"contract": contract.reference, "source": source.code, "seconds": seconds},
        reason=reason.strip(),
    )
    return row


@transaction.atomic
def accept_figure(
    *,
    commitment: Commitment,
    window: Window,
    source: Source,
    line: str,
    accepted_seconds: Decimal | int,
    category: str,
    reason: str,
    decided_at: datetime,
) -> DifferenceDecision:
    """Say which figure is accepted on a line on which ``source`` and the contract's own differ, and why.

    ``line`` is a day of UTC (2023-03-10) or ``window``. What both said is stored with it: where the other says
    something else later, the line is open again. A figure that the contract's source does not give keeps the result
    from becoming final until it does. The same again is free. Raises NoSuchDifference, FieldRefused, NotAllowed.
    """
    user = require_person(*RECONCILERS)
    _require_reason(reason)
    standing = standing_of(commitment, window, decided_at, sources=[source])
    ours, theirs = _figures(standing, source, line)
    accepted = Decimal(accepted_seconds)
    if accepted < 0:
        raise FieldRefused(f"accepted_seconds: {accepted} is below zero; a length of time is expected")
    Contract.objects.select_for_update(of=("self",)).get(pk=commitment.version.contract_id)
    last = DifferenceDecision.objects.filter(
        commitment=commitment, window_start=window.start, source=source, line=line
    ).last()
    row = DifferenceDecision(
        commitment=commitment,
        window_start=window.start,
        source=source,
        line=line,
        contractual_seconds=_micro(ours),
        other_seconds=_micro(theirs),
        accepted_seconds=accepted,
        category=category,
        reason=reason.strip(),
        decided_by=user,
        decided_at=decided_at,
    )
    said = ("contractual_seconds", "other_seconds", "accepted_seconds", "category", "reason")
    if last and all(getattr(last, name) == getattr(row, name) for name in said):
        return last
    check_fields(row)
    row.save(force_insert=True)
    record(
        "difference.accept",
        row,
        after={
            "commitment": str(commitment),
            "window": window.label,
            "source": source.code,
            "line": line,
            "contractual_seconds": row.contractual_seconds,
            "other_seconds": row.other_seconds,
            "accepted_seconds": accepted,
            "category": category,
        },
        reason=reason.strip(),
    )
    return row


def _figures(standing: Standing, source: Source, line: str) -> tuple[Fraction, Fraction]:
    compared = standing.compared_with(source)
    if compared is None:
        raise NoSuchDifference(f"source: {source.code} says nothing about this window")
    if line == DifferenceDecision.WHOLE_WINDOW:
        return compared.contractual_seconds, compared.other_seconds
    found = next((one for one in compared.lines if one.key == line), None)
    if found is None or not found.difference:
        raise NoSuchDifference(f"line: the sources do not differ on {line[:40]!r}")
    return found.contractual_seconds, found.other_seconds


def _micro(seconds: Fraction) -> Decimal:
    """To the microsecond, half to even: only weighted seconds are finer."""
    return round_fraction(seconds, MICRO_PLACES, "half_even")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise FieldRefused("reason: is empty; say why, in words that an auditor will understand")


def _require_incident(source: Source, external_id: str) -> None:
    if not IntervalObservation.objects.filter(source=source, external_id=external_id).exists():
        raise FieldRefused(f"external_id: {source.code} reports no incident {external_id[:60]!r}")


def _lock(source: Source) -> None:
    Source.objects.select_for_update(of=("self",), no_key=True).get(pk=source.pk)
