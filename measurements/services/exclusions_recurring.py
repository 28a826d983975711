"""Maintenance that recurs at the same local hours: agreed once, proposed day by day (rule 1)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.db import transaction

from audit.record import current_actor, record
from base.access import require_person
from contracts.models import Contract, Service
from measurements.errors import ExclusionChanged, FieldRefused
from measurements.models import Exclusion, RecurringMaintenance
from measurements.services.exclusions import PROPOSERS, propose_exclusion
from measurements.services.fields import check_fields
from reckoning.errors import ReckoningError
from reckoning.fields import zone_info
from reckoning.timeline.windows import local_window

MOST_DAYS = 400


@transaction.atomic
def propose_recurring_maintenance(
    *,
    contract: Contract,
    service: Service,
    code: str,
    zone: str,
    weekdays: Iterable[int],
    starts_local: time,
    ends_local: time,
    first_on: date,
    last_on: date,
    announced_at: datetime,
    evidence: str,
    proposed_at: datetime,
) -> RecurringMaintenance:
    """Propose an exclusion for every day from ``first_on`` to ``last_on`` (both included, of ``zone``) that is one of
    ``weekdays`` (1 is Monday). Its start and its end are each what the clocks of ``zone`` show: 02:30 to 04:00 on
    the day on which New York skips an hour is 03:30 to 04:00. A day whose window the change of clocks swallows
    whole is left out. Each occurrence is decided on its own.

    The same again is free. Raises ExclusionChanged where the code is taken by other hours, FieldRefused, NotAllowed,
    and what :func:`propose_exclusion` raises.
    """
    require_person(*PROPOSERS)
    days = sorted(set(weekdays))
    if not days or not set(days) <= set(range(1, 8)):
        raise FieldRefused(f"weekdays: are {days}; one or more of 1 (Monday) to 7 (Sunday) are expected")
    if last_on < first_on:
        raise FieldRefused(f"last_on: {last_on} lies before first_on, {first_on}")
    if (last_on - first_on).days >= MOST_DAYS:
        raise FieldRefused(
            f"last_on: {last_on} is {MOST_DAYS} days or more after {first_on}; agree on it anew"
        )
    if announced_at.tzinfo is None:
        raise FieldRefused(
            f"announced_at: {announced_at.isoformat()} has no time zone; give an aware instant"
        )
    try:
        zone_info(zone)
    except (ReckoningError, ValueError) as error:
        raise FieldRefused(f"zone: {error}") from None
    wanted = RecurringMaintenance(
        contract=contract,
        service=service,
        code=code,
        zone=zone,
        weekdays=days,
        starts_local=starts_local,
        ends_local=ends_local,
        first_on=first_on,
        last_on=last_on,
        announced_at=announced_at,
        evidence=evidence.strip(),
        proposed_by=current_actor().user,
        proposed_at=proposed_at,
    )
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    there = RecurringMaintenance.objects.filter(contract=contract, service=service, code=code).first()
    if there:
        return _same(there, wanted)
    check_fields(wanted)
    wanted.save(force_insert=True)
    proposed = [
        propose_exclusion(
            contract=contract,
            service=service,
            kind=Exclusion.Kind.PLANNED_MAINTENANCE,
            start=start,
            end=end,
            evidence=f"{wanted}: {wanted.evidence}",
            proposed_at=proposed_at,
            announced_at=announced_at,
            external_id=occurrence_id(wanted, day),
        )
        for day, start, end in occurrences(wanted)
    ]
    record(
        "exclusion.propose_recurring",
        wanted,
        after={
            "contract": contract.reference,
            "service": service.code,
            "hours": str(wanted),
            "weekdays": days,
            "first_on": first_on,
            "last_on": last_on,
            "occurrences": len(proposed),
        },
    )
    return wanted


def occurrences(recurring: RecurringMaintenance) -> Iterator[tuple[date, datetime, datetime]]:
    """Each local day with the instants (UTC) at which it starts and ends, empty ones left out."""
    day = recurring.first_on
    while day <= recurring.last_on:
        if day.isoweekday() in recurring.weekdays:
            start, end = local_window(day, recurring.starts_local, recurring.ends_local, recurring.zone)
            if start < end:
                yield day, start, end
        day += timedelta(days=1)


def occurrence_id(recurring: RecurringMaintenance, day: date) -> str:
    """Under which external id the exclusion of one day stands."""
    return f"{recurring.code}:{day.isoformat()}"


def _same(there: RecurringMaintenance, wanted: RecurringMaintenance) -> RecurringMaintenance:
    for name in (
        "zone",
        "weekdays",
        "starts_local",
        "ends_local",
        "first_on",
        "last_on",
        "announced_at",
        "evidence",
    ):
        if getattr(there, name) != getattr(wanted, name):
            raise ExclusionChanged(
                f"{name}: {there.code} was proposed with {getattr(there, name)} and not {getattr(wanted, name)}; "
                "propose the change under another code"
            )
    return there
