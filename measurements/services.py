"""What can be done with measurements. Each function is one act: one transaction, one audit event.

The actor is the one in force (``audit.record.acting``). Every refusal is a DomainError, and nothing is written.
Instants are aware; ``proposed_at``, ``decided_at`` and ``known_at`` are moments of knowledge, given by the caller.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit.record import current_actor, record
from base.access import require_person, require_role
from base.models import User
from contracts.models import Commitment, Contract, Counterparty, Service
from contracts.reading import commitment_terms
from measurements.adapters import DAILY_SECONDS_CSV, INTERVALS_CSV, VENDOR_FIGURES_CSV
from measurements.errors import (
    DecidedAlready,
    DecidedByProposer,
    ExclusionChanged,
    ExclusionNeedsIntervals,
    FieldRefused,
    RoleTaken,
)
from measurements.importing import Preview, import_csv, preview_csv
from measurements.models import Exclusion, ExclusionDecision, Payload, Source, SourceBinding
from measurements.reading import known_intervals
from reckoning.terms.blocks import UptimeFromIntervals

KEEPERS = ("vendor_manager", "legal", "administrator")
PROPOSERS = ("vendor_manager", "customer_success", "finance", "legal")
DECIDERS = ("finance_approver", "legal")


# Sources -------------------------------------------------------------------------------------------------


@transaction.atomic
def create_source(
    *,
    code: str,
    name: str,
    kind: str,
    shape: str,
    measurement_point: str,
    vendor: Counterparty | None = None,
    covers_from: datetime | None = None,
    untracked_components: tuple[str, ...] | list[str] = (),
) -> Source:
    """Enter whoever measures. A source of intervals says from when its list is complete (``covers_from``).

    ``untracked_components`` are names that it reports and that nothing is promised for. Raises FieldRefused,
    NotAllowed.
    """
    actor = require_role(*KEEPERS)
    if covers_from is not None and covers_from.tzinfo is None:
        raise FieldRefused(f"covers_from: {covers_from.isoformat()} has no time zone; give an aware instant")
    if (shape == Source.Shape.INTERVALS) != (covers_from is not None):
        raise FieldRefused(
            "covers_from: is needed for a source of intervals, because before it incidents are unknown and not "
            "absent; a source of daily seconds has none, because each of its rows says which day it knows"
        )
    source = Source(
        code=code,
        name=name,
        kind=kind,
        shape=shape,
        measurement_point=measurement_point,
        vendor=vendor,
        covers_from=covers_from,
        untracked_components=sorted(untracked_components),
    )
    _check_fields(source)
    _save_tracked(source, actor)
    record(
        "source.create",
        source,
        after={
            "code": code,
            "kind": kind,
            "shape": shape,
            "vendor": vendor.code if vendor else None,
            "covers_from": covers_from,
            "untracked_components": source.untracked_components,
        },
    )
    return source


@transaction.atomic
def bind_source(*, contract: Contract, role: str, source: Source) -> SourceBinding:
    """Say that ``source`` plays ``role`` for the contract. The same again is free.

    Raises RoleTaken where another source plays it, FieldRefused, NotAllowed.
    """
    actor = require_role(*KEEPERS)
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    bound = contract.source_bindings.filter(role=role).select_related("source").first()
    if bound and bound.source_id == source.pk:
        return bound
    if bound:
        raise RoleTaken(
            f"role: {role!r} of {contract.reference} is played by {bound.source.code}; "
            "a source is not exchanged under results that were reckoned from it"
        )
    binding = SourceBinding(contract=contract, role=role, source=source)
    _check_fields(binding)
    _save_tracked(binding, actor)
    record(
        "source.bind",
        binding,
        after={"contract": contract.reference, "role": role, "source": source.code},
    )
    return binding


# Files ---------------------------------------------------------------------------------------------------


def import_intervals_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
    covers_until: datetime | None = None,
) -> Payload:
    """Import incidents with start and end; see :func:`measurements.importing.import_csv` for what it raises.

    ``covers_until``: the source had nothing else to report up to there. Without it the file adds incidents
    and no certainty about the time between them.
    """
    return import_csv(
        INTERVALS_CSV,
        source=source,
        name=name,
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        origin=origin,
        covers_until=covers_until,
    )


def import_daily_seconds_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
) -> Payload:
    """Import seconds of outage a day; see :func:`measurements.importing.import_csv` for what it raises."""
    return import_csv(
        DAILY_SECONDS_CSV,
        source=source,
        name=name,
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        origin=origin,
    )


def import_vendor_figures_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    retrieved_at: datetime,
    known_at: datetime,
    origin: str = "",
) -> Payload:
    """Import a vendor's published uptime as its claim; see :func:`measurements.importing.import_csv`."""
    return import_csv(
        VENDOR_FIGURES_CSV,
        source=source,
        name=name,
        content=content,
        retrieved_at=retrieved_at,
        known_at=known_at,
        origin=origin,
    )


def preview_intervals_csv(
    *,
    source: Source,
    name: str,
    content: bytes,
    known_at: datetime,
    covers_until: datetime | None = None,
) -> Preview:
    """What :func:`import_intervals_csv` would do. Writes nothing."""
    return preview_csv(
        INTERVALS_CSV,
        source=source,
        name=name,
        content=content,
        known_at=known_at,
        covers_until=covers_until,
    )


def preview_daily_seconds_csv(*, source: Source, name: str, content: bytes, known_at: datetime) -> Preview:
    """What :func:`import_daily_seconds_csv` would do. Writes nothing."""
    return preview_csv(DAILY_SECONDS_CSV, source=source, name=name, content=content, known_at=known_at)


def preview_vendor_figures_csv(*, source: Source, name: str, content: bytes, known_at: datetime) -> Preview:
    """What :func:`import_vendor_figures_csv` would do. Writes nothing."""
    return preview_csv(VENDOR_FIGURES_CSV, source=source, name=name, content=content, known_at=known_at)


# Exclusions ----------------------------------------------------------------------------------------------


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
    _check_fields(wanted)
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


# Below the acts ------------------------------------------------------------------------------------------


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


def _check_fields(row: Source | SourceBinding | Exclusion) -> None:
    try:
        row.full_clean(validate_constraints=True)
    except ValidationError as error:
        said = "; ".join(f"{name}: {' '.join(sentences)}" for name, sentences in error.message_dict.items())
        raise FieldRefused(said) from None


def _save_tracked(row: Source | SourceBinding, actor: User) -> None:
    row._history_user = actor  # type: ignore[union-attr]  # read by django-simple-history
    row.save()
