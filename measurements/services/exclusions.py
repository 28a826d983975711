"""Time that should not count: proposed by one, decided by another person, and on intervals only."""

import hashlib
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
    EvidenceMissing,
    EvidenceTooLate,
    ExclusionChanged,
    ExclusionNeedsIntervals,
    FieldRefused,
    WithdrawnByOther,
)
from measurements.models import Exclusion, ExclusionDecision, ExclusionEvidence, Source
from measurements.reading import known_intervals
from measurements.services.fields import check_fields
from reckoning.terms.indicators import UptimeFromIntervals

Verdict = ExclusionDecision.Verdict
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
    record("exclusion.propose", wanted, after=particulars(wanted))
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
    DecidedAlready, EvidenceMissing (any kind but planned maintenance is approved on a file or a link, not on words),
    FieldRefused, NotAllowed.
    """
    decider = require_person(*DECIDERS)
    exclusion = Exclusion.objects.select_related("proposed_by").get(pk=exclusion.pk)
    if exclusion.proposed_by_id == decider.pk:
        raise DecidedByProposer(
            f"actor: {decider.display_name} proposed this exclusion; somebody else must decide on it"
        )
    if verdict not in (Verdict.APPROVED, Verdict.REFUSED):
        raise FieldRefused(f"verdict: is {verdict[:20]!r}; approved or refused is expected")
    if not reason.strip():
        raise FieldRefused("reason: is empty; say why, in words that an auditor will understand")
    if decided_at.tzinfo is None or decided_at < exclusion.proposed_at:
        raise FieldRefused(
            f"decided_at: {decided_at.isoformat()} is naive or lies before the proposal at "
            f"{exclusion.proposed_at.isoformat()}; give an aware instant from then on"
        )
    there = _decided(exclusion, verdict)
    if there:
        return there
    if verdict == Verdict.APPROVED and exclusion.needs_evidence and not exclusion.evidence_items.exists():
        raise EvidenceMissing(
            f"evidence: {exclusion.get_kind_display().lower()} is approved on a file or a link with its hash, and "
            "there is none; add one first, or refuse the exclusion"
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
    record(verb, exclusion, before=particulars(exclusion), after={"verdict": verdict}, reason=reason.strip())
    return decision


@transaction.atomic
def withdraw_exclusion(*, exclusion: Exclusion, reason: str, withdrawn_at: datetime) -> ExclusionDecision:
    """Take back what one proposed oneself and nobody decided yet. Again is free; the time may be proposed anew.

    Raises WithdrawnByOther, DecidedAlready, FieldRefused, NotAllowed.
    """
    user = require_person(*PROPOSERS)
    exclusion = Exclusion.objects.select_related("proposed_by").get(pk=exclusion.pk)
    if exclusion.proposed_by_id != user.pk:
        raise WithdrawnByOther(
            f"actor: {exclusion.proposed_by.display_name} proposed this exclusion and may withdraw it; "
            "others approve or refuse it"
        )
    if not reason.strip():
        raise FieldRefused("reason: is empty; say why, in words that an auditor will understand")
    if withdrawn_at.tzinfo is None or withdrawn_at < exclusion.proposed_at:
        raise FieldRefused(
            f"withdrawn_at: {withdrawn_at.isoformat()} is naive or lies before the proposal at "
            f"{exclusion.proposed_at.isoformat()}; give an aware instant from then on"
        )
    there = _decided(exclusion, Verdict.WITHDRAWN)
    if there:
        return there
    decision = ExclusionDecision.objects.create(
        exclusion=exclusion,
        verdict=Verdict.WITHDRAWN,
        reason=reason.strip(),
        decided_by=user,
        decided_at=withdrawn_at,
    )
    record(
        "exclusion.withdraw",
        exclusion,
        before=particulars(exclusion),
        after={"verdict": Verdict.WITHDRAWN.value},
        reason=reason.strip(),
    )
    return decision


def _decided(exclusion: Exclusion, verdict: str) -> ExclusionDecision | None:
    """The decision that is there already, if it is this one. Raises DecidedAlready where it is another."""
    # The proposal is a fact that never changes; its contract is what two deciders queue at.
    Contract.objects.select_for_update(of=("self",)).get(pk=exclusion.contract_id)
    there = ExclusionDecision.objects.filter(exclusion=exclusion).select_related("decided_by").first()
    if there and there.verdict != verdict:
        raise DecidedAlready(
            f"exclusion: was {there.verdict} by {there.decided_by.display_name}; a decision is not changed, "
            "propose the time anew"
        )
    return there


@transaction.atomic
def add_exclusion_evidence(
    *,
    exclusion: Exclusion,
    name: str,
    added_at: datetime,
    content: bytes | None = None,
    link: str = "",
    sha256: str = "",
) -> ExclusionEvidence:
    """Add what shows that an exclusion is right: the bytes of a file, or a link with the SHA-256 of what stands there.

    The same again is free. Raises EvidenceTooLate once the exclusion is decided, FieldRefused, NotAllowed.
    """
    user = require_person(*PROPOSERS)
    Contract.objects.select_for_update(of=("self",)).get(pk=exclusion.contract_id)
    if (content is None) == (not link):
        raise FieldRefused("content: give the bytes of a file, or a link, and not both")
    if content is not None:
        sha256 = hashlib.sha256(content).hexdigest()
    row = ExclusionEvidence(
        exclusion=exclusion,
        kind=ExclusionEvidence.Kind.LINK if link else ExclusionEvidence.Kind.FILE,
        name=name.strip(),
        link=link,
        sha256=sha256.lower(),
        content=content,
        added_by=user,
        added_at=added_at,
    )
    there = ExclusionEvidence.objects.filter(exclusion=exclusion, sha256=row.sha256, link=link).first()
    if there:
        return there
    decision = ExclusionDecision.objects.filter(exclusion=exclusion).first()
    if decision:
        raise EvidenceTooLate(
            f"exclusion: was {decision.verdict} already; what it was decided on is not changed afterwards, "
            "propose the time anew"
        )
    check_fields(row)
    row.save(force_insert=True)
    record(
        "exclusion.add_evidence",
        exclusion,
        after={"name": row.name, "kind": row.kind, "link": row.link, "sha256": row.sha256},
    )
    return row


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


def particulars(exclusion: Exclusion) -> dict[str, Any]:
    """What an event says of a proposal."""
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
