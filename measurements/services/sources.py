"""Whoever measures, and which role they play for a contract."""

from datetime import datetime

from django.db import transaction

from audit.record import record
from base.access import require_role
from base.models import User
from contracts.models import Contract, Counterparty
from measurements.errors import FieldRefused, RoleTaken
from measurements.models import Source, SourceBinding
from measurements.models.sources import DAY_SECONDS
from measurements.services.fields import check_fields

KEEPERS = ("vendor_manager", "legal", "administrator")


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
    width_seconds: int | None = None,
    retention_days: int | None = None,
) -> Source:
    """Enter whoever measures. A source of intervals says from when its list is complete (``covers_from``).

    ``untracked_components`` are names that it reports and that nothing is promised for. ``width_seconds`` is the
    width of its buckets or histograms, which divides a day, or the time between two of its probes; its buckets and
    histograms may be dropped ``retention_days`` after their month. Raises FieldRefused, NotAllowed.
    """
    actor = require_role(*KEEPERS)
    if covers_from is not None and covers_from.tzinfo is None:
        raise FieldRefused(f"covers_from: {covers_from.isoformat()} has no time zone; give an aware instant")
    if (shape == Source.Shape.INTERVALS) != (covers_from is not None):
        raise FieldRefused(
            "covers_from: is needed for a source of intervals, because before it incidents are unknown and not "
            "absent; a source of daily seconds has none, because each of its rows says which day it knows"
        )
    on_a_grid = shape in (Source.Shape.BUCKETS, Source.Shape.SAMPLES, Source.Shape.HISTOGRAMS)
    if on_a_grid != (width_seconds is not None):
        raise FieldRefused(
            "width_seconds: is needed for a source of buckets, histograms or probes, and for no other; give the "
            "seconds of a bucket or between two probes"
        )
    if width_seconds is not None and not 1 <= width_seconds <= DAY_SECONDS:
        raise FieldRefused(f"width_seconds: is {width_seconds}; 1 to {DAY_SECONDS} are possible")
    if width_seconds is not None and shape != Source.Shape.SAMPLES and DAY_SECONDS % width_seconds:
        raise FieldRefused(f"width_seconds: {width_seconds} does not divide a day; 1, 60, 300 or 3600 do")
    source = Source(
        code=code,
        name=name,
        kind=kind,
        shape=shape,
        measurement_point=measurement_point,
        vendor=vendor,
        covers_from=covers_from,
        untracked_components=sorted(untracked_components),
        width_seconds=width_seconds,
        retention_days=retention_days,
    )
    check_fields(source)
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
        }
        | ({"width_seconds": width_seconds} if on_a_grid else {})
        | ({"retention_days": retention_days} if retention_days is not None else {}),
    )
    return source


@transaction.atomic
def bind_source(*, contract: Contract, role: str, source: Source, rank: int = 1) -> SourceBinding:
    """Say that ``source`` plays ``role`` for the contract. The same again is free.

    Rank 1 is the authoritative source. One of rank 2 and up stands in for windows in which all before it are
    silent; what it gives is marked as not contractual. Raises RoleTaken where another source has that rank, or this
    one another rank; FieldRefused, NotAllowed.
    """
    actor = require_role(*KEEPERS)
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    bindings = list(contract.source_bindings.filter(role=role).select_related("source"))
    for bound in bindings:
        if bound.source_id == source.pk and bound.rank == rank:
            return bound
        if bound.rank == rank:
            raise RoleTaken(
                f"role: {role!r} of {contract.reference} is played by {bound.source.code}; "
                "a source is not exchanged under results that were reckoned from it"
            )
        if bound.source_id == source.pk:
            raise RoleTaken(
                f"role: {source.code} plays {role!r} of {contract.reference} already, with rank {bound.rank}"
            )
    if rank > 1 and not any(bound.rank == rank - 1 for bound in bindings):
        raise FieldRefused(
            f"rank: nobody has rank {rank - 1} of {role!r}; a stand-in stands behind another source"
        )
    binding = SourceBinding(contract=contract, role=role, source=source, rank=rank)
    check_fields(binding)
    _save_tracked(binding, actor)
    record(
        "source.bind",
        binding,
        after={"contract": contract.reference, "role": role, "source": source.code}
        | ({"rank": rank} if rank > 1 else {}),
    )
    return binding


def _save_tracked(row: Source | SourceBinding, actor: User) -> None:
    row._history_user = actor  # type: ignore[union-attr]  # read by django-simple-history
    row.save()
