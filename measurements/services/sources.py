"""Whoever measures, and which role they play for a contract."""

from datetime import datetime

from django.db import transaction

from audit.record import record
from base.access import require_role
from base.models import User
from contracts.models import Contract, Counterparty
from measurements.errors import FieldRefused, RoleTaken
from measurements.models import Source, SourceBinding
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
    check_fields(binding)
    _save_tracked(binding, actor)
    record(
        "source.bind",
        binding,
        after={"contract": contract.reference, "role": role, "source": source.code},
    )
    return binding


def _save_tracked(row: Source | SourceBinding, actor: User) -> None:
    row._history_user = actor  # type: ignore[union-attr]  # read by django-simple-history
    row.save()
