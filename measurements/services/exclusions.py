"""Time that should not count: proposed by one, decided by another person, and on intervals only."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit.record import current_actor, record
from base.access import require_person, require_role
from contracts.models import Commitment, Contract, Service
from contracts.reading import commitment_terms
from measurements.errors import (
    DecidedAlready,
    DecidedByProposer,
    ExclusionChanged,
    ExclusionNeedsIntervals,
    FieldRefused,
)
from measurements.models import Exclusion, ExclusionDecision, Source
from measurements.reading import known_intervals
from measurements.services.fields import check_fields
from reckoning.terms.blocks import UptimeFromIntervals

PROPOSERS = ("vendor_manager", "customer_success", "finance", "legal")
DECIDERS = ("finance_approver", "legal")


@transaction.atomic
def propose_exclusion(
    *,
    contract: Contract,
    service: Service,
    kind: str,
    start: datetime,
    end: datetime,
    evidence: str,
    proposed_at: datetime,
    announced_at: datetime | None = None,
    external_id: str = "",
) -> Exclusion:
    """Say that [start, end) should not count for ``service``. It does nothing until somebody else approves it.

    With an ``external_id`` the same proposal again is free, and with other particulars ExclusionChanged.
    Raises ExclusionNeedsIntervals where the contract measures the service by daily seconds, FieldRefused,
    NotAllowed (a scheduled job may propose).
    """
    user = current_actor().user
    if user.is_person:
        require_role(*PROPOSERS)
    _check_exclusion_times(start, end, proposed_at, announced_at)
    _check_measured_by_intervals(contract, service)
    wanted = Exclusion(
        contract=contract,
        service=service,
        kind=kind,
        during=DateTimeTZRange(start, end, "[)"),
        announced_at=announced_at,
        external_id=external_id,
        evidence=evidence.strip(),
        proposed_by=user,
        proposed_at=proposed_at,
    )
    if external_id:
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        there = Exclusion.objects.filter(
            contract=contract, service=service, kind=kind, external_id=external_id
        ).first()
        if there:
            return _same_exclusion(there, wanted)
    check_fields(wanted)
    wanted.save(force_insert=True)
    record("exclusion.propose", wanted, after=_particulars(wanted))
    return wanted


@transaction.atomic
def decide_exclusion(
    *,
    exclusion: Exclusion,
    verdict: str,
    reason: str,
    decided_at: datetime,
    worth: Mapping[str, Any] | None = None,
) -> ExclusionDecision:
    """Approve or refuse an exclusion: a person, not its proposer. The same verdict again is free.

    ``worth`` is kept as it is: what the decider was shown that the exclusion changes. Raises DecidedByProposer,
    DecidedAlready, FieldRefused, NotAllowed.
    """
    decider = require_person(*DECIDERS)
    exclusion = Exclusion.objects.select_related("proposed_by").get(pk=exclusion.pk)
    if exclusion.proposed_by_id == decider.pk:
        raise DecidedByProposer(
            f"actor: {decider.display_name} proposed this exclusion; somebody else must decide on it"
        )
    if verdict not in ExclusionDecision.Verdict.values:
        raise FieldRefused(f"verdict: is {verdict[:20]!r}; approved or refused is expected")
    if not reason.strip():
        raise FieldRefused("reason: is empty; say why, in words that an auditor will understand")
    if decided_at.tzinfo is None or decided_at < exclusion.proposed_at:
        raise FieldRefused(
            f"decided_at: {decided_at.isoformat()} is naive or lies before the proposal at "
            f"{exclusion.proposed_at.isoformat()}; give an aware instant from then on"
        )
    # The proposal is a fact that never changes; its contract is what two deciders queue at.
    Contract.objects.select_for_update(of=("self",)).get(pk=exclusion.contract_id)
    there = ExclusionDecision.objects.filter(exclusion=exclusion).select_related("decided_by").first()
    if there:
        if there.verdict == verdict:
            return there
        raise DecidedAlready(
            f"exclusion: was {there.verdict} by {there.decided_by.display_name}; a decision is not changed, "
            "propose the time anew"
        )
    decision = ExclusionDecision.objects.create(
        exclusion=exclusion,
        verdict=verdict,
        reason=reason.strip(),
        decided_by=decider,
        decided_at=decided_at,
        worth=dict(worth) if worth is not None else None,
    )
    verb = "exclusion.approve" if verdict == ExclusionDecision.Verdict.APPROVED else "exclusion.refuse"
    record(verb, exclusion, before=_particulars(exclusion), after={"verdict": verdict}, reason=reason.strip())
    return decision


@transaction.atomic
def propose_maintenance_from_incidents(
    *,
    contract: Contract,
    service: Service,
    source: Source,
    known_at: datetime,
    announced: Mapping[str, datetime] | timedelta,
    severity: str = "maintenance",
) -> list[Exclusion]:
    """Propose each maintenance that ``source`` reports on what the service's promise depends on.

    ``announced`` gives by external id when each was announced to the other side (others are not proposed), or
    one length of notice for all. Known as of ``known_at``, which is also the moment of the proposals. Again is
    free. Raises what :func:`propose_exclusion` raises.
    """
    components: set[str] = set()
    for terms in _terms_of(contract, service):
        if isinstance(terms.indicator, UptimeFromIntervals):
            components |= set(terms.indicator.down_components) or {service.code}
    proposed = []
    for row in known_intervals(source, known_at).filter(
        severity=severity, components__overlap=sorted(components)
    ):
        if isinstance(announced, timedelta):
            announced_at: datetime | None = row.during.lower - announced
        else:
            announced_at = announced.get(row.external_id)
        if announced_at is None:
            continue
        proposed.append(
            propose_exclusion(
                contract=contract,
                service=service,
                kind=Exclusion.Kind.PLANNED_MAINTENANCE,
                start=row.during.lower,
                end=row.during.upper,
                evidence=f"{source.name}: {row.external_id} {row.title}".strip(),
                proposed_at=known_at,
                announced_at=announced_at,
                external_id=row.external_id,
            )
        )
    return proposed


def _terms_of(contract: Contract, service: Service) -> list[Any]:
    commitments = Commitment.objects.filter(version__contract=contract, service=service)
    return [commitment_terms(one) for one in commitments.select_related("version__contract")]


def _check_measured_by_intervals(contract: Contract, service: Service) -> None:
    found = _terms_of(contract, service)
    if not found:
        raise FieldRefused(
            f"service: no signed text of {contract.reference} promises anything of {service.code}; "
            "choose a service of that contract"
        )
    for terms in found:
        if not isinstance(terms.indicator, UptimeFromIntervals):
            raise ExclusionNeedsIntervals(
                f"service: {service.code} is measured by daily seconds in {contract.reference} ({terms.key}), "
                "which have no time of day; only time measured by intervals can be excluded"
            )


def _check_exclusion_times(
    start: datetime, end: datetime, proposed_at: datetime, announced_at: datetime | None
) -> None:
    for argument, value in (
        ("start", start),
        ("end", end),
        ("proposed_at", proposed_at),
        ("announced_at", announced_at),
    ):
        if value is not None and value.tzinfo is None:
            raise FieldRefused(f"{argument}: {value.isoformat()} has no time zone; give an aware instant")
    if end <= start:
        raise FieldRefused(
            f"end: {end.isoformat()} is not after start {start.isoformat()}; a length is needed"
        )


def _same_exclusion(there: Exclusion, wanted: Exclusion) -> Exclusion:
    """The stored one, if it says the same; who proposed it and when is not compared."""
    for name in ("during", "announced_at", "evidence"):
        if getattr(there, name) != getattr(wanted, name):
            raise ExclusionChanged(
                f"{name}: {there.external_id} was proposed with {getattr(there, name)} and not "
                f"{getattr(wanted, name)}; propose the change under another external_id"
            )
    return there


def _particulars(exclusion: Exclusion) -> dict[str, Any]:
    return {
        "contract": exclusion.contract.reference,
        "service": exclusion.service.code,
        "kind": exclusion.kind,
        "start": exclusion.during.lower,
        "end": exclusion.during.upper,
        "announced_at": exclusion.announced_at,
        "external_id": exclusion.external_id,
        "evidence": exclusion.evidence,
        "proposed_at": exclusion.proposed_at,
    }
